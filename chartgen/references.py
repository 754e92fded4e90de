"""Do the documents of a chart hold together: one object per identity, references that lead somewhere, selectors that
match. Run on every build; what it finds is a mistake in a template, or in objects that a user's values name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chartgen.diagnostics import Diagnostic
from chartgen.document import Document
from chartgen.late import TOKEN

# the cluster's own CA, which Kubernetes puts into every namespace
_EVERYWHERE = "kube-root-ca.crt"
_WORKLOADS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Job"))
# Secrets that jobs and controllers of an installation write, by the end of their name (Consul on Kubernetes,
# "Helm chart reference" and "consul-k8s control plane commands")
_MADE_AT_RUN_TIME = (
    "-acl-token", "-ca-cert", "-ca-key", "-server-cert", "-gossip-encryption-key", "-federation",
    "-connect-inject-webhook-cert", "-auth-method", "-consul-ca-cert",
)  # fmt: skip
# an account that an installation with pod security policies binds and does not make (docs/deviations.md, "Kept")
_BOUND_TO_NOBODY = "-telemetry-collector"


def check(documents: Sequence[Document], values: Mapping[str, Any]) -> list[Diagnostic]:
    """Every identity used twice, reference that leads nowhere and selector that matches no pod of its own.

    Names that stand in the `values` belong to objects outside the chart, and are taken to exist.
    """
    found = [*_twice(documents), *_dangling(documents, frozenset(_strings(values))), *_selectors(documents)]
    return [replace(one, message=_readable(one.message), found=_readable(one.found)) for one in found]


def _readable(text: str) -> str:
    return TOKEN.sub("RELEASE", text)


def _twice(documents: Sequence[Document]) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, str, str, str], Document] = {}
    for one in documents:
        other = seen.setdefault(one.identity, one)
        if other is not one:
            yield Diagnostic(
                "object-twice",
                f"two templates make the {one.kind} {one.name}",
                found=f"{other.template} and {one.template}",
            )


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for item in node.values():
            yield from _strings(item)
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)


def _dangling(documents: Sequence[Document], outside: frozenset[str]) -> Iterator[Diagnostic]:
    there = {(one.kind, one.name) for one in documents}
    for one in documents:
        for kind, name, optional in _named(one):
            if (kind, name) in there or optional or name in outside or name == _EVERYWHERE:
                continue
            if kind == "Secret" and name.endswith(_MADE_AT_RUN_TIME):
                continue
            yield Diagnostic(
                "dangling-reference",
                f"the {one.kind} {one.name} refers to a {kind} that is not there",
                found=name,
                hint=f"it is made by {one.template}",
            )


def _named(one: Document) -> Iterator[tuple[str, str, bool]]:
    """(kind, name, optional) of every object in the release's namespace that a document refers to."""
    data = one.data
    if one.kind in ("RoleBinding", "ClusterRoleBinding"):
        role = data["roleRef"]
        # cluster roles of Kubernetes itself have a prefix; the auth method's reviewer is one of them
        if not role["name"].startswith("system:"):
            yield role["kind"], role["name"], False
        for subject in data.get("subjects", []):
            here = subject.get("namespace", data["metadata"].get("namespace")) == data["metadata"].get(
                "namespace"
            )
            if subject["kind"] == "ServiceAccount" and one.kind == "RoleBinding" and here:
                yield "ServiceAccount", subject["name"], subject["name"].endswith(_BOUND_TO_NOBODY)
    if one.kind not in _WORKLOADS:
        return
    spec = data["spec"]["template"]["spec"]
    if spec.get("serviceAccountName"):
        yield "ServiceAccount", spec["serviceAccountName"], False
    if one.kind == "StatefulSet":
        yield "Service", data["spec"]["serviceName"], False
    for volume in spec.get("volumes", []):
        for source in (volume, *volume.get("projected", {}).get("sources", [])):
            if "configMap" in source and source["configMap"].get("name"):
                yield "ConfigMap", source["configMap"]["name"], bool(source["configMap"].get("optional"))
            secret = source.get("secret")
            if secret and (secret.get("secretName") or secret.get("name")):
                yield "Secret", secret.get("secretName") or secret["name"], bool(secret.get("optional"))
    for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
        for variable in container.get("env") or []:
            source = variable.get("valueFrom") or {}
            for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if key in source:
                    yield kind, str(source[key].get("name")), bool(source[key].get("optional"))


def _selectors(documents: Sequence[Document]) -> Iterator[Diagnostic]:
    for one in documents:
        if one.kind not in _WORKLOADS or "selector" not in one.data["spec"]:
            continue
        wanted = one.data["spec"]["selector"].get("matchLabels", {})
        labels = one.data["spec"]["template"]["metadata"].get("labels", {})
        missing = {key: value for key, value in wanted.items() if labels.get(key) != value}
        if missing:
            yield Diagnostic(
                "selector-mismatch",
                f"the {one.kind} {one.name} does not select its own pods",
                found=str(labels),
                expected=str(missing),
            )
        volumes = {volume["name"] for volume in one.data["spec"]["template"]["spec"].get("volumes", [])}
        claims = {claim["metadata"]["name"] for claim in one.data["spec"].get("volumeClaimTemplates", [])}
        spec = one.data["spec"]["template"]["spec"]
        for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
            for mount in container.get("volumeMounts") or []:
                if mount["name"] not in volumes | claims:
                    yield Diagnostic(
                        "dangling-reference",
                        f"a container of {one.name} mounts a volume that is not there",
                        found=mount["name"],
                    )
