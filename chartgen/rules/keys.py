"""Rules about keys that are refused whatever the mode, and about templated text."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.diagnostics import dotted
from chartgen.rules.clash import Clash, Rule, Values, Weight, at
from chartgen.schema import templated
from chartgen.settings import Settings


def _gone(v: Values, path: str, hint: str) -> Clash | None:
    return Clash(f"{path} is gone", (path,), hint) if at(v, path) else None


def removed_lowercase_image_key(v: Values, s: Settings) -> Clash | None:
    """The last letter is a capital; spelt otherwise the image would stay the default one."""
    return _gone(v, "global.imageK8s", "write global.imageK8S")


def removed_api_gateway_stanza(v: Values, s: Settings) -> Clash | None:
    """The gateway controller of its own is gone; the injector runs API gateways."""
    return _gone(v, "apiGateway", "its settings are below connectInject.apiGateway")


def removed_server_license_key(v: Values, s: Settings) -> Clash | None:
    """All agents need the licence, so it is a global value."""
    return _gone(v, "server.enterpriseLicense", "write global.enterpriseLicense")


def removed_bootstrap_acls_key(v: Values, s: Settings) -> Clash | None:
    """Left in place, the old switch would leave the cluster open."""
    if s.server or s.external_servers:
        return _gone(v, "global.bootstrapACLs", "write global.acls.manageSystemACLs: true")
    return None


def removed_fsgroup_switch(v: Values, s: Settings) -> Clash | None:
    """Whether the group is set follows from global.openshift.enabled."""
    if s.server:
        return _gone(
            v, "server.disableFsGroupSecurityContext", "set global.openshift.enabled: true on OpenShift"
        )
    return None


def removed_lifecycle_sidecar(v: Values, s: Settings) -> Clash | None:
    """The lifecycle sidecar is gone; Consul Dataplane does its work."""
    if s.ingress_gateways:
        return _gone(v, "global.lifecycleSidecarContainer", "remove it")
    return None


def value_template_malformed(v: Values, s: Settings) -> Iterator[Clash]:
    """Helm expands these texts, and ends every installation at one that it cannot read or work out."""
    return _told(v, s, "malformed", "the template in {path} stops Helm: {message}")


def value_template_of_another_language(v: Values, s: Settings) -> Iterator[Clash]:
    """Actions for Vault's agent, Consul or another program have to reach it as text: Helm would expand them itself."""
    return _told(v, s, "other-language", "the template in {path} is not written for Helm: {message}")


def value_template_yields_no_yaml(v: Values, s: Settings) -> Iterator[Clash]:
    """What comes out stands in a manifest, which Helm then cannot read."""
    return _told(v, s, "no-yaml", "what the template in {path} yields is not YAML: {message}")


def value_template_leaves_gap(v: Values, s: Settings) -> Iterator[Clash]:
    """Helm writes nothing for a value that is not there, and says nothing."""
    return _told(v, s, "gap", "the template in {path} writes a value that is not there: {message}")


def _told(v: Values, s: Settings, kind: str, words: str) -> Iterator[Clash]:
    for path, text in templated.texts(v):
        if not templated.is_read(path, s):
            continue
        for problem in templated.problems(v, path, text):
            if problem.kind == kind:
                told = words.format(path=dotted(path), message=problem.message)
                yield Clash(told, (path,), problem.hint, inside=problem.at)


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", removed_lowercase_image_key),
    ("refused", removed_api_gateway_stanza),
    ("refused", removed_server_license_key),
    ("refused", removed_bootstrap_acls_key),
    ("refused", removed_fsgroup_switch),
    ("refused", removed_lifecycle_sidecar),
    ("refused", value_template_malformed),
    ("refused", value_template_yields_no_yaml),
    ("refused", value_template_of_another_language),
    ("harmful", value_template_leaves_gap),
)
