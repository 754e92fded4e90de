"""Rules about keys that are refused whatever the mode, and about templated text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartgen.rules.clash import Clash, Rule, Values, Weight, at
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


# the values in which Helm expands templates, with the switch of the component that reads them
_TEMPLATED = {
    "server": (
        "affinity",
        "tolerations",
        "nodeSelector",
        "topologySpreadConstraints",
        "annotations",
        "extraConfig",
        "service.annotations",
        "exposeService.annotations",
        "serviceAccount.annotations",
    ),
    "client": (
        "affinity",
        "tolerations",
        "nodeSelector",
        "annotations",
        "extraConfig",
        "updateStrategy",
        "serviceAccount.annotations",
    ),
    "connect_inject": (
        "affinity",
        "tolerations",
        "nodeSelector",
        "annotations",
        "serviceAccount.annotations",
        "namespaceSelector",
    ),
    "sync_catalog": ("affinity", "tolerations", "nodeSelector", "annotations", "serviceAccount.annotations"),
    "mesh_gateway": (
        "affinity",
        "tolerations",
        "nodeSelector",
        "topologySpreadConstraints",
        "annotations",
        "service.annotations",
        "service.additionalSpec",
        "serviceAccount.annotations",
    ),
    "ui": ("service.annotations", "service.additionalSpec", "ingress.annotations"),
    "dns": ("annotations", "additionalSpec"),
}
_KEYS = {"connect_inject": "connectInject", "sync_catalog": "syncCatalog", "mesh_gateway": "meshGateway"}
_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_OPENS = re.compile(r"^-?\s*(if|range|with|define|block)\b")
_ENDS = re.compile(r"^-?\s*end\b")


def value_template_malformed(v: Values, s: Settings) -> Iterator[Clash]:
    """Helm expands these texts; an action left open stops every installation."""
    for switch, names in _TEMPLATED.items():
        if not getattr(s, switch):
            continue
        for name in names:
            path = f"{_KEYS.get(switch, switch)}.{name}"
            text = at(v, path)
            problem = _malformed(text) if isinstance(text, str) and "{{" in text else ""
            if problem:
                yield Clash(
                    f"the template in {path} is not well-formed: {problem}",
                    (path,),
                    "close each {{ with }}, and each if, range and with by an end",
                )


def _malformed(text: str) -> str:
    if "{{" in _ACTION.sub("", text):
        return "an action is not closed"
    depth = 0
    for action in _ACTION.findall(text):
        if not action.strip(" -\n\t"):
            return "an action is empty"
        if action.count('"') % 2 and "`" not in action:
            return "a quotation is not closed"
        depth += bool(_OPENS.match(action)) - bool(_ENDS.match(action))
        if depth < 0:
            return "an end closes nothing"
    return "a block has no end" if depth else ""


RULES: tuple[tuple[Weight, Rule], ...] = (
    ("refused", removed_lowercase_image_key),
    ("refused", removed_api_gateway_stanza),
    ("refused", removed_server_license_key),
    ("refused", removed_bootstrap_acls_key),
    ("refused", removed_fsgroup_switch),
    ("refused", removed_lifecycle_sidecar),
    ("refused", value_template_malformed),
)
