"""An object as an API server would keep it: what is left out gets its default, what says nothing falls away.

Source of the defaults: the functions `SetDefaults_…` of Kubernetes' API packages (core/v1, apps/v1, batch/v1,
admissionregistration/v1, apiextensions/v1, storage/v1, scheduling/v1, rbac/v1, networking/v1), each of which the reference
of the API repeats beside its field.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

# kinds that live in no namespace
CLUSTER_WIDE = frozenset((
    "APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "GatewayClass",
    "GatewayClassConfig", "IngressClass", "MutatingWebhookConfiguration", "Namespace", "PersistentVolume",
    "PodSecurityPolicy", "PriorityClass", "RuntimeClass", "SecurityContextConstraints", "StorageClass",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
))  # fmt: skip
# maps with keys of anybody's: an entry is there or it is not, whatever its value
FREE_MAPS = frozenset((
    "annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "parameters", "stringData",
))  # fmt: skip
# maps and parts whose absence is the same as that they are empty; of all others an empty one says something
_SAME_AS_ABSENT = FREE_MAPS | {
    "hard", "limits", "metadata", "names", "requests", "resources", "status", "strategy", "template",
    "updateStrategy", "rollingUpdate",
}  # fmt: skip
# fields without a state of their own for what is not set: zero, false and "" are what they are then
_ZERO_IS_ABSENT = frozenset((
    "hostIPC", "hostNetwork", "hostPID", "hostPort", "initialDelaySeconds", "minReadySeconds", "nodePort",
    "publishNotReadyAddresses", "readOnly", "stdin", "stdinOnce", "tty", "preserveUnknownFields", "globalDefault",
    "priority",
))  # fmt: skip
# text of which an empty one says something
_EMPTY_TEXT_COUNTS = frozenset(
    ("storageClassName", "ingressClassName", "runtimeClassName", "loadBalancerClass")
)
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def stored(data: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its defaults, without what says nothing; the one that was given stays as it is.

    Custom resources keep all that they have but nulls: what they default to is their definition's.
    """
    kind = str(data.get("kind"))
    # of a definition's schema every part says something
    kept = _kept(data, known=_builtin(str(data.get("apiVersion"))) and kind != "CustomResourceDefinition")
    if kind in CLUSTER_WIDE and isinstance(kept.get("metadata"), dict):
        kept["metadata"].pop("namespace", None)
    fill = _FILLS.get(kind)
    if fill is not None:
        fill(kept)
    return kept


def _builtin(api_version: str) -> bool:
    group = api_version.rpartition("/")[0]
    return (
        "." not in group
        or (group.endswith(".k8s.io") and group != "k8s.cni.cncf.io")
        # OpenShift's own, in which an empty list of users is none, too
        or group == "security.openshift.io"
    )


def _kept(node: Mapping[str, Any], *, known: bool, free: bool = False) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, item in node.items():
        if item is None:
            continue
        if isinstance(item, Mapping):
            item = _kept(item, known=known, free=key in FREE_MAPS)
            if known and not free and not item and key in _SAME_AS_ABSENT:
                continue
        elif isinstance(item, list):
            item = [_kept(entry, known=known) if isinstance(entry, Mapping) else entry for entry in item]
            if known and not item:
                continue
        elif (
            known
            and not free
            and (
                (item == "" and isinstance(item, str) and key not in _EMPTY_TEXT_COUNTS)
                or (key in _ZERO_IS_ABSENT and not item)
            )
        ):
            continue
        out[key] = item
    return out


def _part(node: dict[str, Any], key: str) -> dict[str, Any]:
    found = node.setdefault(key, {})
    return found if isinstance(found, dict) else {}


def parts(node: Any, key: str) -> list[Any]:
    """The maps in the list at `key`; none where there is no such list."""
    found = node.get(key) if isinstance(node, Mapping) else None
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _defaults(node: dict[str, Any], **values: Any) -> None:
    for key, value in values.items():
        node.setdefault(key, value)


# ---------------------------------------------------------------- pods


def _pod(spec: dict[str, Any], *, template: bool = True) -> None:
    _defaults(
        spec, restartPolicy="Always", dnsPolicy="ClusterFirst", terminationGracePeriodSeconds=30,
        schedulerName="default-scheduler", securityContext={},
    )  # fmt: skip
    if not template:
        _defaults(spec, enableServiceLinks=True)
    # an old name of the same field
    if "serviceAccount" in spec:
        spec.setdefault("serviceAccountName", spec.pop("serviceAccount"))
    for kind in ("containers", "initContainers", "ephemeralContainers"):
        for container in parts(spec, kind):
            _container(container)
    for volume in parts(spec, "volumes"):
        _volume(volume)


def _container(container: dict[str, Any]) -> None:
    image = str(container.get("image", ""))
    name = image.partition("@")[0]
    tag = name.rpartition(":")[2] if ":" in name.rpartition("/")[2] else ""
    floating = "@" not in image and tag in ("", "latest")
    _defaults(
        container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File",
        imagePullPolicy="Always" if floating else "IfNotPresent",
    )  # fmt: skip
    for port in parts(container, "ports"):
        _defaults(port, protocol="TCP")
    for variable in parts(container, "env"):
        _field_reference(variable.get("valueFrom"))
    for probe in (container[key] for key in _PROBES if isinstance(container.get(key), dict)):
        _defaults(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
        _handler(probe)
    lifecycle = container.get("lifecycle")
    for handler in lifecycle.values() if isinstance(lifecycle, dict) else ():
        if isinstance(handler, dict):
            _handler(handler)


def _field_reference(node: Any) -> None:
    field = node.get("fieldRef") if isinstance(node, dict) else None
    if isinstance(field, dict):
        _defaults(field, apiVersion="v1")


def _handler(node: dict[str, Any]) -> None:
    call = node.get("httpGet")
    if isinstance(call, dict):
        _defaults(call, path="/", scheme="HTTP")
    call = node.get("grpc")
    if isinstance(call, dict):
        _defaults(call, service="")


def _volume(volume: dict[str, Any]) -> None:
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}
    for source in ("configMap", "secret", "downwardAPI", "projected"):
        if isinstance(volume.get(source), dict):
            _defaults(volume[source], defaultMode=420)
    if isinstance(volume.get("hostPath"), dict):
        # no type is the same as none given
        volume["hostPath"].setdefault("type", "")
    if isinstance(volume.get("downwardAPI"), dict):
        _downward(volume["downwardAPI"])
    for source_of in parts(volume.get("projected"), "sources"):
        if isinstance(source_of.get("serviceAccountToken"), dict):
            _defaults(source_of["serviceAccountToken"], expirationSeconds=3600)
        _downward(source_of.get("downwardAPI"))


def _downward(node: Any) -> None:
    for item in parts(node, "items"):
        _field_reference(item)


def _of_template(data: dict[str, Any]) -> dict[str, Any]:
    """Fills the pod template of a workload, and returns the workload's specification."""
    spec = _part(data, "spec")
    _pod(_part(_part(spec, "template"), "spec"))
    return spec


# ---------------------------------------------------------------- kinds


def _deployment(data: dict[str, Any]) -> None:
    spec = _of_template(data)
    _defaults(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _part(spec, "strategy")
    _defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _defaults(_part(strategy, "rollingUpdate"), maxSurge="25%", maxUnavailable="25%")


def _stateful_set(data: dict[str, Any]) -> None:
    spec = _of_template(data)
    _defaults(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    strategy = _part(spec, "updateStrategy")
    _defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _defaults(_part(strategy, "rollingUpdate"), partition=0)
    _defaults(_part(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain")
    for claim in parts(spec, "volumeClaimTemplates"):
        _defaults(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        _claim(claim)


def _daemon_set(data: dict[str, Any]) -> None:
    spec = _of_template(data)
    _defaults(spec, revisionHistoryLimit=10)
    strategy = _part(spec, "updateStrategy")
    _defaults(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _defaults(_part(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)


def _job(data: dict[str, Any]) -> None:
    spec = _of_template(data)
    if "completions" not in spec and "parallelism" not in spec:
        _defaults(spec, completions=1)
    _defaults(
        spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False,
        podReplacementPolicy="TerminatingOrFailed",
    )  # fmt: skip


def _single_pod(data: dict[str, Any]) -> None:
    _pod(_part(data, "spec"), template=False)


def _claim(data: dict[str, Any]) -> None:
    _defaults(_part(data, "spec"), volumeMode="Filesystem")


def _service(data: dict[str, Any]) -> None:
    spec = _part(data, "spec")
    _defaults(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        _defaults(_part(_part(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    for port in parts(spec, "ports"):
        _defaults(port, protocol="TCP")
        if spec["type"] != "ExternalName":
            _defaults(port, targetPort=port.get("port"))
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _defaults(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _defaults(spec, allocateLoadBalancerNodePorts=True)
    if spec["type"] != "ExternalName":
        _defaults(spec, internalTrafficPolicy="Cluster")


def _webhooks(data: dict[str, Any]) -> None:
    for hook in parts(data, "webhooks"):
        _defaults(
            hook, failurePolicy="Fail", matchPolicy="Equivalent", namespaceSelector={}, objectSelector={},
            timeoutSeconds=10,
        )  # fmt: skip
        if data.get("kind") == "MutatingWebhookConfiguration":
            _defaults(hook, reinvocationPolicy="Never")
        for rule in parts(hook, "rules"):
            _defaults(rule, scope="*")
        if isinstance(hook.get("clientConfig"), dict) and isinstance(
            hook["clientConfig"].get("service"), dict
        ):
            _defaults(hook["clientConfig"]["service"], port=443)


def _definition(data: dict[str, Any]) -> None:
    # what the controllers say of it, and when it was made, is no part of it
    data.pop("status", None)
    _part(data, "metadata").pop("creationTimestamp", None)
    spec = _part(data, "spec")
    if spec.get("preserveUnknownFields") is False:
        del spec["preserveUnknownFields"]
    _defaults(spec, conversion={"strategy": "None"})
    names = _part(spec, "names")
    kind = str(names.get("kind", ""))
    _defaults(names, singular=kind.lower(), listKind=f"{kind}List")


def _binding(data: dict[str, Any]) -> None:
    group = "rbac.authorization.k8s.io"
    _defaults(_part(data, "roleRef"), apiGroup=group)
    for subject in parts(data, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            _defaults(subject, apiGroup=group)


def _secret(data: dict[str, Any]) -> None:
    _defaults(data, type="Opaque")
    written = data.pop("stringData", None)
    if isinstance(written, dict):
        held = _part(data, "data")
        for key, text in written.items():
            held[key] = base64.b64encode(str(text).encode()).decode()


def _storage_class(data: dict[str, Any]) -> None:
    _defaults(data, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(data: dict[str, Any]) -> None:
    _defaults(data, preemptionPolicy="PreemptLowerPriority")


def _network_policy(data: dict[str, Any]) -> None:
    spec = _part(data, "spec")
    _defaults(spec, policyTypes=["Ingress", *(["Egress"] if "egress" in spec else [])])
    for rule in (*parts(spec, "ingress"), *parts(spec, "egress")):
        for port in parts(rule, "ports"):
            _defaults(port, protocol="TCP")


_FILLS = {
    "ClusterRoleBinding": _binding,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "MutatingWebhookConfiguration": _webhooks,
    "NetworkPolicy": _network_policy,
    "PersistentVolumeClaim": _claim,
    "Pod": _single_pod,
    "PriorityClass": _priority_class,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
    "StorageClass": _storage_class,
    "ValidatingWebhookConfiguration": _webhooks,
}
