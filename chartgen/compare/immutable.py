"""What an API server refuses to change in an object that exists, kind by kind.

Each fact names its source: a page of Kubernetes' documentation, or the validation of updates in Kubernetes' own code where
no page says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chartgen.compare.changes import Change, FieldChange
from chartgen.compare.stored import parts, stored
from chartgen.diagnostics import Path
from chartgen.kubernetes.formats import amount
from chartgen.kubernetes.refusal import mapped, part

RECREATE = "delete the object and let the upgrade make it anew"


@dataclass(frozen=True, slots=True)
class Immutable:
    """A field that cannot be what it is to be: where, why, what to do instead, and the document that says so."""

    path: Path
    reason: str
    way: str
    source: str


def refusals(change: Change) -> Iterator[Immutable]:
    """What the API server refuses of an object that is changed; nothing for one that comes or goes."""
    judge = _JUDGES.get(change.kind)
    if change.old is None or change.new is None or judge is None:
        return
    told = set()
    for refusal in judge(change):
        # a list that is refused as a whole is told once
        if (key := (refusal.reason, refusal.path[:2])) not in told:
            told.add(key)
            yield refusal


def _changed(change: Change, *below: str) -> Iterator[FieldChange]:
    """The fields at or below a path that the server would store otherwise."""
    for changed in change.fields:
        if changed.weight != "stored" and (
            changed.path[: len(below)] == below or below[: len(changed.path)] == changed.path
        ):
            yield changed


# ---------------------------------------------------------------- workloads

_STATEFUL_SET = "Kubernetes: StatefulSets, “Limitations”; validation of apps/v1 StatefulSet updates"
_MUTABLE_OF_SET = frozenset((
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
    "persistentVolumeClaimRetentionPolicy",
))  # fmt: skip


def _stateful_set(change: Change) -> Iterator[Immutable]:
    yield from _selected(change)
    yield from _left_over(change, "updateStrategy", ("maxUnavailable", "partition"))
    for changed in _changed(change, "spec"):
        field = str(changed.path[1]) if len(changed.path) > 1 else ""
        if field in _MUTABLE_OF_SET or field == "selector":
            continue
        orphan = (
            f"kubectl delete statefulset {change.name} --cascade=orphan, then upgrade: the pods go on running"
        )
        if field == "volumeClaimTemplates":
            if changed.path[-1] == "storage":
                way = (
                    "raise the size in each PersistentVolumeClaim of the set, where its StorageClass lets volumes grow; "
                    f"then {orphan}, and the claims stay"
                )
            else:
                way = f"{orphan}; the claims that there are stay as they are, and only new pods get new ones"
            reason = "the claims that a StatefulSet makes cannot be changed"
        else:
            reason, way = f"{field} of a StatefulSet cannot be changed", orphan
        yield Immutable(changed.path, reason, way, _STATEFUL_SET)


def _deployment(change: Change) -> Iterator[Immutable]:
    yield from _selected(change)
    yield from _left_over(change, "strategy", ("maxSurge", "maxUnavailable"))


def _left_over(change: Change, field: str, defaulted: tuple[str, ...]) -> Iterator[Immutable]:
    """What the server has filled in for a rolling update stays there, and contradicts any other strategy."""
    old, new = (part(spec, field) for spec in _specs(change))
    if old.get("type") != "RollingUpdate" or new.get("type") == "RollingUpdate":
        return
    asked_for = part(part(part(change.old, "spec"), field), "rollingUpdate")
    if not set(defaulted) <= asked_for.keys():
        kind, strategy = change.kind.lower(), new.get("type")
        patch = f'{{"spec":{{"{field}":{{"type":"{strategy}","rollingUpdate":null}}}}}}'
        yield Immutable(
            ("spec", field),
            f"the numbers of the rolling update that the server has filled in stay, and {strategy} does not take them",
            f"kubectl patch {kind} {change.name} --type merge --patch '{patch}', then upgrade",
            "Kubernetes: Server-Side Apply, “Field management”; validation of apps/v1 updates",
        )


def _selected(change: Change) -> Iterator[Immutable]:
    for changed in _changed(change, "spec", "selector"):
        yield Immutable(
            changed.path,
            f"the selector of a {change.kind} cannot be changed",
            f"kubectl delete {change.kind.lower()} {change.name} (with --cascade=orphan its pods stay, and nothing owns "
            "them any more), then upgrade",
            "Kubernetes: Deployments, “Label selector updates”; validation of apps/v1 updates",
        )


def _job(change: Change) -> Iterator[Immutable]:
    for field in (
        "template", "selector", "completions", "completionMode", "podFailurePolicy", "backoffLimitPerIndex",
        "managedBy", "successPolicy",
    ):  # fmt: skip
        for changed in _changed(change, "spec", field):
            yield Immutable(
                changed.path,
                f"{field} of a Job cannot be changed",
                f"kubectl delete job {change.name}, then upgrade: it runs anew",
                "Kubernetes: validation of batch/v1 Job updates",
            )


def _holds(items: Any, others: Any) -> bool:
    return isinstance(items, list) and all(other in items for other in others or ())


def _pod(change: Change) -> Iterator[Immutable]:
    for changed in _changed(change, "spec"):
        if changed.path[-1] == "image" or changed.path[1:] == ("activeDeadlineSeconds",):
            continue
        # only what is tolerated besides may be added
        if changed.path[1:] == ("tolerations",) and _holds(changed.new, changed.old):
            continue
        yield Immutable(
            changed.path,
            "of a Pod that exists hardly more than its images can be changed",
            f"kubectl delete pod {change.name}, then upgrade",
            "Kubernetes: Pods, “Pod update and replacement”",
        )


# ---------------------------------------------------------------- the rest


def _binding(change: Change) -> Iterator[Immutable]:
    for changed in _changed(change, "roleRef"):
        yield Immutable(
            changed.path,
            "the role that a binding gives cannot be changed",
            f"kubectl delete {change.kind.lower()} {change.name}, then upgrade",
            "Kubernetes: Using RBAC Authorization, “RoleBinding and ClusterRoleBinding”",
        )


_SERVICE = "Kubernetes: Service, and the validation of core/v1 Service updates"


def _service(change: Change) -> Iterator[Immutable]:
    old, new = _specs(change)
    anew = f"kubectl delete service {change.name}, then upgrade: it gets a new address"
    if "ExternalName" not in (old.get("type"), new.get("type")):
        first, second = old.get("clusterIP"), new.get("clusterIP")
        # left out, the server keeps what there is; what it had given itself nobody knows here
        if second is not None and first != second:
            yield Immutable(("spec", "clusterIP"), "a Service keeps its cluster address", anew, _SERVICE)
        families = [side.get("ipFamilies") for side in (old, new)]
        first, second = (side[0] if isinstance(side, list) and side else None for side in families)
        if first and second and first != second:
            yield Immutable(
                ("spec", "ipFamilies"), "a Service keeps its first family of addresses", anew, _SERVICE
            )
    if old.get("type") == new.get("type") == "LoadBalancer" and old.get("loadBalancerClass") != new.get(
        "loadBalancerClass"
    ):
        yield Immutable(
            ("spec", "loadBalancerClass"), "the class of a load balancer cannot be changed", anew, _SERVICE
        )
    node_port = old.get("healthCheckNodePort"), new.get("healthCheckNodePort")
    if node_port[0] and node_port[1] and node_port[0] != node_port[1]:
        yield Immutable(
            ("spec", "healthCheckNodePort"), "the port of health checks cannot be changed", anew, _SERVICE
        )


def keeps(change: Change, changed: FieldChange) -> bool:
    """Whether the server keeps what there is, in silence, where a field is no longer asked for."""
    if change.kind != "Service" or changed.new is not None or len(changed.path) < 2:
        return False
    types = {spec.get("type") for spec in _specs(change)}
    if changed.path[-1] in ("nodePort", "healthCheckNodePort"):
        return types <= {"NodePort", "LoadBalancer"}
    return changed.path[1] in ("clusterIP", "clusterIPs", "ipFamilies") and "ExternalName" not in types


def _claim(change: Change) -> Iterator[Immutable]:
    for changed in _changed(change, "spec"):
        # a class may be given where none was asked for
        if changed.path[1:] == ("volumeAttributesClassName",) or (
            changed.path[-1] == "storageClassName" and changed.old is None
        ):
            continue
        size = amount(changed.old), amount(changed.new)
        if (
            changed.path[-1] == "storage"
            and size[0] is not None
            and size[1] is not None
            and size[0] < size[1]
        ):
            # whether a class lets volumes grow is the cluster's to know
            continue
        reason = (
            "a volume cannot become smaller" if changed.path[-1] == "storage" else "a claim cannot be changed"
        )
        yield Immutable(
            changed.path,
            reason,
            "make another claim, copy the data, and let the pods use that one",
            "Kubernetes: Persistent Volumes, “Expanding Persistent Volumes Claims”; validation of claims",
        )


def _sealed(change: Change) -> Iterator[Immutable]:
    """ConfigMaps and Secrets that are marked so."""
    source = (
        f"Kubernetes: {'ConfigMaps' if change.kind == 'ConfigMap' else 'Secrets'}, “Immutable {change.kind}s”"
    )
    if change.kind == "Secret":
        for changed in _changed(change, "type"):
            yield Immutable(changed.path, "the type of a Secret cannot be changed", RECREATE, source)
    if mapped(change.old).get("immutable") is True:
        for changed in change.fields:
            if changed.weight != "stored" and changed.path[0] in (
                "data",
                "binaryData",
                "immutable",
                "stringData",
            ):
                yield Immutable(changed.path, f"this {change.kind} is marked immutable", RECREATE, source)


def _frozen(source: str, *fields: str) -> Callable[[Change], Iterator[Immutable]]:
    """A judge of kinds with fields of which each stays as it is."""

    def judge(change: Change) -> Iterator[Immutable]:
        for field in fields:
            for changed in _changed(change, *field.split(".")):
                told = field.rpartition(".")[2]
                yield Immutable(
                    changed.path, f"{told} of a {change.kind} cannot be changed", RECREATE, source
                )

    return judge


def _definition(change: Change) -> Iterator[Immutable]:
    source = "Kubernetes: Versions in CustomResourceDefinitions; validation of apiextensions/v1 updates"
    export = "export its objects, delete the definition (they go with it), upgrade, and create them again"
    for field in ("group", "scope", "names.kind", "names.plural"):
        for changed in _changed(change, "spec", *field.split(".")):
            yield Immutable(changed.path, f"{field} of a definition cannot be changed", export, source)
    old, new = _specs(change)
    held = {str(version.get("name")) for version in parts(old, "versions") if version.get("storage")}
    kept = {str(version.get("name")) for version in parts(new, "versions")}
    for version in sorted(held - kept):
        yield Immutable(
            ("spec", "versions"),
            f"objects are stored as {version}, which is to go",
            f"keep {version} (not served, if you like), move what is stored to another version, take {version} out of "
            "status.storedVersions, and drop it then",
            source,
        )


def _specs(change: Change) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return part(stored(mapped(change.old)), "spec"), part(stored(mapped(change.new)), "spec")


_JUDGES: Mapping[str, Callable[[Change], Iterator[Immutable]]] = {
    "ClusterRoleBinding": _binding,
    "ConfigMap": _sealed,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _selected,
    "Deployment": _deployment,
    "IngressClass": _frozen("Kubernetes: validation of networking.k8s.io/v1 IngressClass updates", "spec.controller"),
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "PriorityClass": _frozen(
        "Kubernetes: validation of scheduling.k8s.io/v1 updates", "value", "preemptionPolicy"
    ),
    "ResourceQuota": _frozen("Kubernetes: validation of core/v1 ResourceQuota updates", "spec.scopes"),
    "RoleBinding": _binding,
    "RuntimeClass": _frozen("Kubernetes: validation of node.k8s.io/v1 updates", "handler"),
    "Secret": _sealed,
    "Service": _service,
    "StatefulSet": _stateful_set,
    "StorageClass": _frozen(
        "Kubernetes: validation of storage.k8s.io/v1 updates",
        "parameters", "provisioner", "reclaimPolicy", "volumeBindingMode",
    ),
}  # fmt: skip
