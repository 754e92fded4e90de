"""What an upgrade does with each change: what Kubernetes and Helm make of it.

Facts about fields that cannot change are in `immutable`. Those here are of Kubernetes' pages about workloads (Deployments,
StatefulSets, DaemonSets: how pods are replaced; ConfigMaps: how files of a volume follow), of CustomResourceDefinitions
(deleting one deletes its objects) and of Helm's page about chart hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from chartgen.compare import consul, immutable
from chartgen.compare.changes import Change
from chartgen.compare.consequences import CONSEQUENCES, Consequence, gravest
from chartgen.compare.stored import parts, stored
from chartgen.diagnostics import Path
from chartgen.kubernetes.refusal import mapped, part

Bump = Literal["major", "minor", "patch"]
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")
_BEFORE_CREATION = "before-hook-creation"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a change leads to: why, the safe way round it where there is one, and the document that says so."""

    consequence: Consequence
    reason: str
    way: str = ""
    source: str = ""
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A change and what it leads to, the gravest first; at least one effect."""

    change: Change
    effects: tuple[Effect, ...]

    @property
    def consequence(self) -> Consequence:
        return self.effects[0].consequence


def judged(changes: Iterable[Change]) -> tuple[Judged, ...]:
    """Each change with its effects."""
    known = tuple(changes)
    return tuple(Judged(change, _sorted(effects(change, known))) for change in known)


def consequence(changes: Iterable[Change]) -> Consequence:
    """The gravest of what Kubernetes and Consul make of the changes; "nothing" where there are none."""
    known = tuple(changes)
    said = (said.consequence for said in consul.advice(known))
    return gravest([*(said.consequence for said in judged(known)), *said])


def bump(changes: Iterable[Change]) -> Bump | None:
    """By how much a chart's version has to grow for these changes: major for what is refused or loses data, minor for
    objects that come or go, patch for what else a cluster would store; None where it would store the same."""
    known = tuple(changes)
    if consequence(known) in ("refused", "loses-data"):
        return "major"
    if any(change.what != "changed" for change in known):
        return "minor"
    return "patch" if any(change.weight != "stored" for change in known) else None


def _sorted(found: Iterable[Effect]) -> tuple[Effect, ...]:
    sorted_ = sorted(found, key=lambda judged_: CONSEQUENCES.index(judged_.consequence))
    return tuple(sorted_) or (Effect("nothing", ""),)


def effects(change: Change, changes: Sequence[Change] = ()) -> Iterator[Effect]:
    """What a change among others leads to, in no order; nothing for one that leads to nothing."""
    if change.what == "added":
        yield from _added(change)
    elif change.what == "removed":
        yield from _removed(change, changes)
    elif change.weight == "stored":
        yield Effect("nothing", "the API server keeps the same")
    elif is_hook(change.old) or is_hook(change.new):
        yield from _hook(change)
    elif change.kind == "Job" and (cleaner := _cleaner(change)):
        yield Effect(
            "reloads",
            f"{cleaner} has deleted the Job of the last upgrade, and it runs anew as it is now",
            way=f"if that failed: kubectl delete job {change.name}",
        )
    else:
        yield from _updated(change, changes)


# ---------------------------------------------------------------- what is updated in place


def _updated(change: Change, changes: Sequence[Change]) -> Iterator[Effect]:
    refused = [*immutable.refusals(change)]
    if refused:
        # and nothing of the object is changed
        for why in refused:
            yield Effect("refused", why.reason, why.way, why.source, why.path)
        return
    if change.kind in WORKLOADS:
        yield from _workload(change, changes)
        return
    if change.kind in ("ConfigMap", "Secret"):
        yield _configuration(change, changes)
        return
    if change.kind == "CustomResourceDefinition":
        yield from _definition(change)
    kept = [field for field in change.fields if field.weight != "stored" and immutable.keeps(change, field)]
    for field in kept:
        yield Effect(
            "nothing",
            f"the Service keeps its {field.path[-1]} ({field.old}), as no other is asked for",
            f"if it is to be another: kubectl delete service {change.name}, then upgrade",
            "Kubernetes: Service, “Choosing your own IP address”; validation of core/v1 Service updates",
            field.path,
        )
    if all(field in kept or field.weight == "stored" for field in change.fields):
        return
    where = "" if change.weight == "meaning" else ": it says the same in other words"
    yield Effect("reloads", f"takes effect at once{where}")


def replaces_pods(change: Change) -> bool:
    """Whether the pods of a workload that is changed are made from another template than before."""
    return change.kind in WORKLOADS and any(
        field.weight != "stored" and field.path[:2] == ("spec", "template") for field in change.fields
    )


def _workload(change: Change, changes: Sequence[Change]) -> Iterator[Effect]:
    new = stored(mapped(change.new))
    spec = part(new, "spec")
    if replaces_pods(change):
        way = (
            ""
            if _has_reason(change, changes)
            else "keep the spelling that runs: nothing that the pods do differs"
        )
        read = _read_anew(change, changes)
        reason = how_pods_are_replaced(new) + (f"; {', '.join(read)} is read anew" if read else "")
        yield Effect("restarts", reason, way, _ROLLING[change.kind], ("spec", "template"))
    before = part(stored(mapped(change.old)), "spec")
    first, second = before.get("replicas"), spec.get("replicas")
    if isinstance(first, int) and isinstance(second, int) and first != second:
        yield from _scaled(change, spec, first, second)
    elif not replaces_pods(change):
        yield Effect("reloads", "takes effect at once")


def _has_reason(change: Change, changes: Sequence[Change]) -> bool:
    """Whether pods that are replaced do anything else than those before, or read something else."""
    if any(field.meaning and field.path[:2] == ("spec", "template") for field in change.fields):
        return True
    return bool(_read_anew(change, changes))


def _read_anew(change: Change, changes: Sequence[Change]) -> list[str]:
    """The ConfigMaps and Secrets that change with a workload that reads them."""
    return [
        other.title
        for other in changes
        if other.kind in _REFERENCES
        and other.weight == "meaning"
        and change.title in {*chain(*readers(other))}
    ]


_ROLLING = {
    "StatefulSet": "Kubernetes: StatefulSets, “Update strategies”",
    "Deployment": "Kubernetes: Deployments, “Updating a Deployment”, “Strategy”",
    "DaemonSet": "Kubernetes: Perform a Rolling Update on a DaemonSet",
}


def how_pods_are_replaced(data: Mapping[str, Any]) -> str:
    """In which order the controller of a workload, stored as given, replaces its pods, and how many at once."""
    spec, name = part(data, "spec"), part(data, "metadata").get("name")
    kind = data.get("kind")
    strategy = part(spec, "strategy" if kind == "Deployment" else "updateStrategy")
    if strategy.get("type") == "OnDelete":
        return "pods are made anew only when you delete them (OnDelete)"
    rolling = part(strategy, "rollingUpdate")
    if kind == "DaemonSet":
        if _is_some(rolling.get("maxSurge")):
            return f"its pod on every node is replaced, {rolling['maxSurge']} at once, the new one before the old one goes"
        return f"its pod on every node is replaced, {rolling.get('maxUnavailable')} at once"
    replicas = spec.get("replicas")
    if kind == "Deployment":
        if strategy.get("type") == "Recreate":
            return f"all {replicas} pods end before new ones start (Recreate)"
        return (
            f"{_pods(replicas)} replaced, at most {rolling.get('maxUnavailable')} missing and "
            f"{rolling.get('maxSurge')} besides at once"
        )
    partition = rolling.get("partition") or 0
    first = part(spec, "ordinals").get("start") or 0
    if not isinstance(replicas, int) or not isinstance(partition, int):
        return "its pods are replaced one after another, from the last to the first"
    last, least = first + replicas - 1, max(partition, first)
    if last < least:
        return f"no pod is replaced: all are below the partition {partition}"
    if last == least:
        kept = f"; those before it stay as they are (partition {partition})" if least > first else ""
        return f"{name}-{last} is replaced{kept}"
    kept = f"; those below {partition} stay as they are" if least > first else ""
    most = rolling.get("maxUnavailable")
    at_once = f"{most} at once" if most not in (None, 1) else "each ready before the next"
    return f"{last - least + 1} pods are replaced one after another, from {name}-{last} to {name}-{least}, {at_once}{kept}"


def _is_some(number: Any) -> bool:
    return number not in (None, 0, "0%", "0")


def _pods(count: Any) -> str:
    return "1 pod is" if count == 1 else f"{count} pods are"


def _scaled(change: Change, spec: Mapping[str, Any], first: int, second: int) -> Iterator[Effect]:
    more, name = second - first, change.name
    if more > 0 or change.kind != "StatefulSet":
        told = f"{abs(more)} more" if more > 0 else f"{abs(more)} fewer"
        yield Effect("reloads", f"{told} of its pods; the others go on running", path=("spec", "replicas"))
        return
    reason = f"the last {-more} of its pods end, {name}-{first - 1} first"
    if part(spec, "persistentVolumeClaimRetentionPolicy").get("whenScaled") == "Delete":
        yield Effect(
            "loses-data",
            f"{reason}, and their claims are deleted (persistentVolumeClaimRetentionPolicy.whenScaled)",
            "set whenScaled to Retain first",
            "Kubernetes: StatefulSets, “PersistentVolumeClaim retention”",
            ("spec", "replicas"),
        )
    else:
        yield Effect("reloads", f"{reason}; their claims stay", path=("spec", "replicas"))


def _configuration(change: Change, changes: Sequence[Change]) -> Effect:
    """What becomes of a ConfigMap's or Secret's new data: who reads it, and when."""
    source = "Kubernetes: ConfigMaps, “Mounted ConfigMaps are updated automatically”"
    if change.weight == "spelling":
        return Effect("reloads", "it holds the same data in other words", source=source)
    at_start, mounted = readers(change)
    restarted = {change.title for change in changes if replaces_pods(change)}
    told = []
    if anew := [change for change in (*mounted, *at_start) if change in restarted]:
        told.append(f"read by {', '.join(anew)} when the pods restart")
    if follow := [change for change in mounted if change not in restarted]:
        told.append(f"in the pods of {', '.join(follow)} its files follow within a minute or two")
    if late := [change for change in at_start if change not in restarted]:
        told.append(f"read by {', '.join(late)} only when the pods start the next time")
    return Effect("reloads", "; ".join(told) or "who reads it finds the new data", source=source)


def readers(change: Change) -> tuple[list[str], list[str]]:
    """The workloads that read a ConfigMap or Secret only at their start (variables, single files), and those in which its
    files follow."""
    at_start, mounted = [], []
    for data in change.beside:
        if data.get("kind") not in WORKLOADS:
            continue
        spec = part(part(part(data, "spec"), "template"), "spec")
        containers = [*parts(spec, "containers"), *parts(spec, "initContainers")]
        title = f"{data['kind']}/{part(data, 'metadata').get('name')}"
        volumes = [
            volume.get("name")
            for volume in parts(spec, "volumes")
            if _names(volume, change.kind, change.name)
        ]
        mounts = [
            mounted
            for each in containers
            for mounted in parts(each, "volumeMounts")
            if mounted.get("name") in volumes
        ]
        if any(not mount.get("subPath") for mount in mounts):
            mounted.append(title)
        elif mounts or any(
            _names([each.get("env"), each.get("envFrom")], change.kind, change.name) for each in containers
        ):
            at_start.append(title)
    return at_start, mounted


_REFERENCES = {
    "ConfigMap": ("configMap", "configMapRef", "configMapKeyRef"),
    "Secret": ("secret", "secretRef", "secretKeyRef"),
}


def _names(node: Any, kind: str, name: str) -> bool:
    """Whether a part of a pod names the object."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            named = key in _REFERENCES[kind] and isinstance(item, Mapping)
            if (named and name in (item.get("name"), item.get("secretName"))) or _names(item, kind, name):
                return True
        return False
    return isinstance(node, list) and any(_names(item, kind, name) for item in node)


def _definition(change: Change) -> Iterator[Effect]:
    old, new = (_versions(side) for side in (change.old, change.new))
    source = "Kubernetes: Versions in CustomResourceDefinitions"
    for name in sorted(old - new):
        yield Effect(
            "refused" if _stores(change.old, name) else "reloads",
            f"{name} is served no longer: who asks for it in this version gets none",
            source=source,
            path=("spec", "versions"),
        )


def _versions(data: Any) -> set[str]:
    return {
        str(version.get("name")) for version in parts(part(data, "spec"), "versions") if version.get("served")
    }


def _stores(data: Any, version: str) -> bool:
    return any(
        entry.get("name") == version and entry.get("storage")
        for entry in parts(part(data, "spec"), "versions")
    )


# ---------------------------------------------------------------- what comes and goes


def _added(change: Change) -> Iterator[Effect]:
    yield Effect("nothing", "it is created; nothing that runs is touched")


def _removed(change: Change, changes: Sequence[Change]) -> Iterator[Effect]:
    annotations = part(part(change.old, "metadata"), "annotations")
    if annotations.get("helm.sh/resource-policy") == "keep":
        yield Effect(
            "nothing",
            "Helm leaves it as it is (helm.sh/resource-policy: keep)",
            source="Helm: Chart Development Tips",
        )
        return
    if is_hook(change.old):
        yield Effect(
            "nothing", "Helm does not delete hooks: what is left of it stays", source="Helm: Chart Hooks"
        )
        return
    spec = part(change.old, "spec")
    if change.kind == "CustomResourceDefinition":
        yield Effect(
            "loses-data",
            f"with the definition all {part(spec, 'names').get('plural', 'objects')} of the cluster are deleted",
            "keep it: annotate the running one with helm.sh/resource-policy=keep, or export its objects before",
            "Kubernetes: Extend the Kubernetes API with CustomResourceDefinitions, “Delete a CustomResourceDefinition”",
        )
    elif change.kind == "PersistentVolumeClaim":
        yield Effect(
            "loses-data",
            "the claim is deleted, and with it its volume, where that is not to be retained",
            "annotate the running one with helm.sh/resource-policy=keep",
            "Kubernetes: Persistent Volumes, “Reclaiming”",
        )
    elif change.kind == "Namespace":
        yield Effect(
            "loses-data", "all that is in the namespace is deleted with it",
            "annotate the running one with helm.sh/resource-policy=keep", "Kubernetes: Namespaces",
        )  # fmt: skip
    elif change.kind == "StatefulSet" and spec.get("volumeClaimTemplates"):
        yield _left_alone(change, spec, changes)
    elif change.kind in WORKLOADS:
        yield Effect("restarts", "its pods end, and none takes their place")
    else:
        yield Effect("reloads", "it is deleted")


def _left_alone(change: Change, spec: Mapping[str, Any], changes: Sequence[Change]) -> Effect:
    """What becomes of the volumes of a StatefulSet that goes."""
    source = "Kubernetes: StatefulSets, “Stable Storage” and “PersistentVolumeClaim retention”"
    if part(spec, "persistentVolumeClaimRetentionPolicy").get("whenDeleted") == "Delete":
        return Effect(
            "loses-data",
            "its pods end, and their claims are deleted (persistentVolumeClaimRetentionPolicy.whenDeleted)",
            "set whenDeleted to Retain first, in an upgrade of its own", source,
        )  # fmt: skip
    taking = [change for change in changes if change.what == "added" and change.kind == "StatefulSet"]
    instead = f", and {taking[0].title} starts with empty ones" if taking else ""
    return Effect(
        "loses-data",
        f"its pods end; their volumes stay, and nobody uses them{instead}",
        "take a snapshot before (consul snapshot save), and restore it afterwards (consul snapshot restore)",
        source,
    )


# ---------------------------------------------------------------- hooks


def is_hook(data: Mapping[str, Any] | None) -> bool:
    """Whether Helm runs an object as a hook, apart from the release."""
    return bool(part(part(data, "metadata"), "annotations").get("helm.sh/hook"))


def _policies(data: Mapping[str, Any] | None) -> set[str]:
    """When Helm deletes a hook's object; without a word, before it makes the next one."""
    said = part(part(data, "metadata"), "annotations").get("helm.sh/hook-delete-policy")
    return {policy.strip() for policy in str(said).split(",")} if said else {_BEFORE_CREATION}


def _hook(change: Change) -> Iterator[Effect]:
    source = "Helm: Chart Hooks, “Hook deletion policies”"
    if is_hook(change.old) and is_hook(change.new):
        if change.kind == "PersistentVolumeClaim" and _BEFORE_CREATION in _policies(change.new):
            yield Effect(
                "nothing", "the claim is deleted and made anew at each upgrade, changed or not", source=source
            )
        else:
            yield Effect("nothing", "a hook: Helm makes it anew whenever it runs", source=source)
    elif is_hook(change.new):
        yield Effect(
            "refused" if _BEFORE_CREATION not in _policies(change.new) else "nothing",
            "a part of the release becomes a hook, and is deleted when the upgrade ends",
            "upgrade twice: the second time it is made again",
            source,
        )
    elif {"hook-succeeded"} <= _policies(change.old):
        yield Effect(
            "nothing",
            "a hook, which is deleted when it is done, becomes a part of the release",
            source=source,
        )
    else:
        yield Effect(
            "refused",
            "a hook's object is there, and Helm does not take for a part of the release what it did not make as one",
            f"kubectl delete {change.kind.lower()} {change.name}, then upgrade",
            "Helm: upgrade refuses objects without the release's annotations (meta.helm.sh/release-name)",
        )


def _cleaner(change: Change) -> str:
    """The hook that deletes a Job when it is done: the one that is called after it; "" where there is none."""
    for data in change.beside:
        name = str(part(data, "metadata").get("name"))
        if data.get("kind") == "Job" and is_hook(data) and name == f"{change.name}-cleanup":
            return f"Job/{name}"
    return ""
