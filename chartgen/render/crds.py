"""Custom resource definitions: which of them a set of values installs, and their text.

`templates/crds/<kind>.yaml` is written by hand in the notation of `docs/crds.md`. `make generate` expands the lists into
`templates/crds/_expanded/<output file>` and an index; a build reads only those, so expansion costs it nothing.

Labels. Every definition carries the chart's own labels (`app`, `chart`, `heritage`, `release`) and
`component: crd`; those of the Gateway API carry a `name` label besides (TCPRoute in the group
gateway.networking.k8s.io does not). `global.extraLabels` does not reach them. Two definitions, of HTTPRoute
and ReferenceGrant in that group, have `component` and `name` alone. So an expanded text holds one line
`  labels: @LABELS@`, to be filled with the chart's labels plus `CrdFile.labels`; the two exceptions have
their labels written out and no such line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chartgen import paths

SOURCES = paths.TEMPLATES / "crds"
EXPANDED = SOURCES / "_expanded"
LABELS_LINE = "  labels: @LABELS@"


# ---------------------------------------------------------------- what a build installs


@dataclass(frozen=True, slots=True)
class CrdFile:
    """One definition, expanded: its output file, its text, the labels that it adds to the chart's own."""

    file: str
    name: str
    kind: str
    when: str
    text: str
    labels: Mapping[str, str]

    @property
    def component(self) -> str | None:
        """The `component` label, or None where the text already holds all labels."""
        return self.labels.get("component") if LABELS_LINE in self.text else None


def documents(values: Mapping[str, Any]) -> list[CrdFile]:
    """The definitions that `values` (effective values) install, sorted by file name."""
    wanted = {when for when, applies in CONDITIONS.items() if applies(values)}
    return [one for one in expanded() if one.when in wanted]


@cache
def expanded() -> tuple[CrdFile, ...]:
    """Every definition that ships, read once per process; no YAML is parsed."""
    index = json.loads((EXPANDED / "index.json").read_text("utf-8"))
    return tuple(CrdFile(text=(EXPANDED / one["file"]).read_text("utf-8"), **one) for one in index)


def _at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where something on the way is absent or no map."""
    found: Any = values
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _connect_inject(values: Mapping[str, Any]) -> bool:
    return bool(_at(values, "connectInject.enabled"))


def _peering(values: Mapping[str, Any]) -> bool:
    return _connect_inject(values) and bool(_at(values, "global.peering.enabled"))


def _gateways_managed(values: Mapping[str, Any]) -> bool:
    """Whether definitions for gateways are this chart's business at all."""
    switches = ("manageExternalCRDs", "manageNonStandardCRDs")
    return _connect_inject(values) and any(_at(values, f"connectInject.apiGateway.{one}") for one in switches)


def _on_openshift(values: Mapping[str, Any], *switches: str) -> bool:
    """True on OpenShift when one of these switches below `global.openshift` is set."""
    on = bool(_at(values, "global.openshift.enabled"))
    return on and any(_at(values, f"global.openshift.{one}") for one in switches)


def _gateway_api(values: Mapping[str, Any]) -> bool:
    """The Gateway API's own group; OpenShift from 4.19 on brings its definitions along."""
    wanted = _gateways_managed(values) and bool(_at(values, "global.installK8sNetworkingCRDs"))
    return wanted and not _on_openshift(values, "isOcpGreaterthan4_18")


def _gateway_api_tcp(values: Mapping[str, Any]) -> bool:
    """TCPRoute in that group has a switch of its own, another one on OpenShift."""
    where = "global.openshift" if _at(values, "global.openshift.enabled") else "global"
    return _gateway_api(values) and bool(_at(values, f"{where}.crds.enableTcpRoute"))


def _consul_api(values: Mapping[str, Any]) -> bool:
    """The same kinds in Consul's group. OpenShift from 4.19 on has no TCPRoute: who wants it gets these."""
    if not _gateways_managed(values):
        return False
    if not _at(values, "global.openshift.enabled"):
        return bool(_at(values, "global.crds.consulapi.enabled"))
    newer = _on_openshift(values, "isOcpGreaterthan4_18", "upgradeTo419From418")
    return _on_openshift(values, "crds.consulapi.enabled") or (
        newer and _on_openshift(values, "crds.enableTcpRoute")
    )


CONDITIONS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "connect-inject": _connect_inject,
    "peering": _peering,
    "gateway-api": _gateway_api,
    "gateway-api-tcp": _gateway_api_tcp,
    "consul-api": _consul_api,
}
