"""What only newer versions of Kubernetes take: fields and values behind a feature gate that older versions have off.

The versions are those in which a gate is on by default, as `pkg/features/kube_features.go` of Kubernetes has them. Before
that, the API server refuses the value or drops the field without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chartgen.kube_version import MAINTAINED
from chartgen.kubernetes.asked import ANEW, Asked, Known
from chartgen.kubernetes.refusal import Refusal, below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ANY = object()
# (field, value): the minor version of Kubernetes 1 that takes it by default, and the name of the gate
_SINCE: Mapping[str, tuple[tuple[Any, int], ...]] = {
    # RestartAllContainersOnContainerExits
    "action": (("RestartAllContainers", 36),),
    # AppArmorFields
    "appArmorProfile": ((_ANY, 30),),
    # EnvFiles
    "fileKeyRef": ((_ANY, 35),),
    # MatchLabelKeysInPodAffinity; that of spreading is older
    "mismatchLabelKeys": ((_ANY, 31),),
    # NodeInclusionPolicyInPodTopologySpread
    "nodeAffinityPolicy": ((_ANY, 26),),
    "nodeTaintsPolicy": ((_ANY, 26),),
    # RecursiveReadOnlyMounts
    "recursiveReadOnly": ((_ANY, 31),),
    # InPlacePodVerticalScaling
    "resizePolicy": ((_ANY, 33),),
    # ContainerRestartRules
    "restartPolicyRules": ((_ANY, 35),),
    # SELinuxMount; SELinuxChangePolicy
    "seLinuxChangePolicy": (("MountOption", 37), (_ANY, 33)),
    # PodLifecycleSleepAction
    "sleep": ((_ANY, 30),),
    # SupplementalGroupsPolicy
    "supplementalGroupsPolicy": ((_ANY, 33),),
    # PreferSameTrafficDistribution; ServiceTrafficDistribution
    "trafficDistribution": (("PreferSameZone", 34), ("PreferSameNode", 34), (_ANY, 31)),
}


def refusals(node: Any, version: tuple[int, int] | None, asked: Asked = ANEW) -> Iterator[Refusal]:
    """What that version of Kubernetes (the oldest that is maintained, if None) does not take yet of a part of an object."""
    # hardly an object has such a field, which is asked first and costs next to nothing
    if _has_gated(node, asked.known("has gated"), asked):
        yield from _refusals(node, version)


def _has_gated(node: Any, known: Known, asked: Asked) -> bool:
    if isinstance(node, dict):
        if not _SINCE.keys().isdisjoint(node):
            return True
        node = node.values()
    elif not isinstance(node, list):
        return False
    for item in node:
        if (
            isinstance(item, (dict, list))
            and (known.get(id(item)) or asked.found("has gated", item, _has_gated, known, asked))[1]
        ):
            return True
    return False


def _refusals(node: Any, version: tuple[int, int] | None) -> Iterator[Refusal]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            if item is None:
                continue
            if key in _SINCE:
                yield from _too_new(key, item, version)
            if isinstance(item, (dict, list)):
                yield from below((key,), _refusals(item, version))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            if isinstance(item, (dict, list)):
                yield from below((number,), _refusals(item, version))


def _too_new(key: str, item: Any, version: tuple[int, int] | None) -> Iterator[Refusal]:
    for value, minor in _SINCE[key]:
        if value is not _ANY and value != item:
            continue
        if (version or MAINTAINED) < (1, minor):
            what = key if value is _ANY else str(item)
            kind = "field" if value is _ANY else "value"
            whose = f"yours is 1.{version[1]}" if version else f"1.{MAINTAINED[1]} is maintained, too"
            yield Refusal(
                (key,),
                f"{what} is for Kubernetes 1.{minor} and later, and {whose}",
                f"no such {kind}, or --kube-version 1.{minor} where all clusters have that",
            )
        return
