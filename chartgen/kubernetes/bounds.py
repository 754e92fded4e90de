"""What an API server refuses of objects in which anything may have been changed: types and bounds of fields, fields that are
needed, parts that do not go together.

Values have a schema and templates are written once, so that neither makes such objects; a patch may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from chartgen.diagnostics import Path
from chartgen.kubernetes.formats import percent, unknown
from chartgen.kubernetes.refusal import Refusal, below, items, mapped, part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST = 2**31 - 1
_PORT = (1, 65535)
# fields that hold a whole number, and its bounds, wherever they are
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "activeDeadlineSeconds": (0, 2**63 - 1),
    "backoffLimit": (0, _MOST),
    "completions": (0, _MOST),
    "containerPort": _PORT,
    "defaultMode": (0, 0o777),
    "failureThreshold": (0, _MOST),
    "fsGroup": (0, _MOST),
    "healthCheckNodePort": (0, 65535),
    "hostPort": (0, 65535),
    "initialDelaySeconds": (0, _MOST),
    "minReadySeconds": (0, _MOST),
    "mode": (0, 0o777),
    "nodePort": (0, 65535),
    "parallelism": (0, _MOST),
    "partition": (0, _MOST),
    "periodSeconds": (0, _MOST),
    "progressDeadlineSeconds": (0, _MOST),
    "replicas": (0, _MOST),
    "revisionHistoryLimit": (0, _MOST),
    "runAsGroup": (0, _MOST),
    "runAsUser": (0, _MOST),
    "successThreshold": (0, _MOST),
    "terminationGracePeriodSeconds": (0, 2**63 - 1),
    "timeoutSeconds": (0, _MOST),
    "ttlSecondsAfterFinished": (0, _MOST),
}
# fields that hold one of a few words
_WORDS: Mapping[str, tuple[str, ...]] = {
    "concurrencyPolicy": ("Allow", "Forbid", "Replace"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "failurePolicy": ("Fail", "Ignore"),
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
    "matchPolicy": ("Equivalent", "Exact"),
    "mountPropagation": ("Bidirectional", "HostToContainer", "None"),
    "podManagementPolicy": ("OrderedReady", "Parallel"),
    "preemptionPolicy": ("Never", "PreemptLowerPriority"),
    "protocol": ("SCTP", "TCP", "UDP"),
    "reinvocationPolicy": ("IfNeeded", "Never"),
    "scheme": ("HTTP", "HTTPS"),
    "sessionAffinity": ("ClientIP", "None"),
    "sideEffects": ("None", "NoneOnDryRun"),
    "terminationMessagePolicy": ("FallbackToLogsOnError", "File"),
    "volumeMode": ("Block", "Filesystem"),
    "whenDeleted": ("Delete", "Retain"),
    "whenScaled": ("Delete", "Retain"),
}
_SWITCHES = frozenset(
    (
        "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "automountServiceAccountToken", "enableServiceLinks",
        "hostIPC", "hostNetwork", "hostPID", "immutable", "optional", "paused", "privileged", "publishNotReadyAddresses",
        "readOnly", "readOnlyRootFilesystem", "runAsNonRoot", "setHostnameAsFQDN", "shareProcessNamespace", "stdin",
        "stdinOnce", "suspend", "tty",
    )
)  # fmt: skip
_TEXTS = frozenset(
    (
        "clusterIP", "externalName", "image", "mountPath", "priorityClassName", "runtimeClassName", "schedulerName",
        "serviceAccountName", "serviceName", "storageClassName", "subPath", "workingDir",
    )
)  # fmt: skip
# lists of text
_LISTS = frozenset(
    ("accessModes", "admissionReviewVersions", "apiGroups", "args", "command", "externalIPs", "loadBalancerSourceRanges",
     "nonResourceURLs", "resourceNames", "resources", "verbs")
)  # fmt: skip
# fields that hold a map
_MAPS = frozenset(
    ("emptyDir", "lifecycle", "metadata", "rollingUpdate", "securityContext", "selector", "spec", "template")
)
# below these the keys are the user's own
_FREE = frozenset(("annotations", "binaryData", "data", "hard", "labels", "limits", "matchLabels", "nodeSelector", "requests", "stringData"))  # fmt: skip


def refusals(data: Mapping[str, Any]) -> Iterator[Refusal]:
    """All that the API server would refuse in an object beyond what `objects.refusals` tells; nothing of kinds that are not
    Kubernetes' own."""
    judge = _JUDGES.get(str(data.get("kind")))
    if judge is None:
        return
    yield from _fields(data, ())
    yield from judge(data)


def _fields(node: Any, path: Path) -> Iterator[Refusal]:
    """The fields below a node that have a type, bounds or words of their own."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _fields(item, (*path, number))
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        here = (*path, key)
        if value is None or unknown(value):
            continue
        if key in _MAPS and not isinstance(value, Mapping):
            yield Refusal(here, f"{key} is no map", "a map")
        elif key in _FREE:
            if not isinstance(value, Mapping):
                yield Refusal(here, f"{key} is no map", "a map")
        elif key in _NUMBERS and not isinstance(value, (Mapping, list)):
            yield from _number(value, here, *_NUMBERS[key])
        elif key in _WORDS and not isinstance(value, (Mapping, list)):
            if value not in _WORDS[key]:
                yield Refusal(here, f"{key} is {value}", f"one of {', '.join(_WORDS[key])}")
        elif key in _SWITCHES:
            if not isinstance(value, bool):
                yield Refusal(here, f"{key} is {value}", "true or false")
        elif key in _TEXTS and not isinstance(value, (Mapping, list)):
            if not isinstance(value, str):
                yield Refusal(here, f"{value} is no text", "text, in quotes")
        elif key in _LISTS and not isinstance(value, Mapping):
            yield from _texts(value, here)
        else:
            yield from _fields(value, here)


def _number(value: Any, path: Path, least: int, most: int) -> Iterator[Refusal]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield Refusal(path, f"{path[-1]} is {value}", "a whole number")
    elif not least <= value <= most:
        bounds = f"{least} or more" if most >= _MOST else f"{least} to {most}"
        yield Refusal(path, f"{path[-1]} is {value}", bounds)


def _texts(value: Any, path: Path) -> Iterator[Refusal]:
    if not isinstance(value, list):
        yield Refusal(path, f"{path[-1]} is no list", "a list of text")
        return
    for number, item in enumerate(value):
        if not isinstance(item, str):
            yield Refusal((*path, number), f"{item} is no text", "text, in quotes")


def _workload(data: Mapping[str, Any]) -> Iterator[Refusal]:
    spec, kind = part(data, "spec"), str(data.get("kind"))
    template = part(spec, "template")
    restarts = ("Never", "OnFailure") if kind == "Job" else ("Always",)
    yield from below(("spec", "template", "spec"), _pod(part(template, "spec"), restarts))
    if kind == "Job":
        return
    labels = part(part(template, "metadata"), "labels")
    wanted = part(part(spec, "selector"), "matchLabels")
    for key, value in wanted.items():
        if labels.get(key) != value:
            yield Refusal(
                ("spec", "template", "metadata", "labels", key),
                f"the {kind} looks for pods by the label {key}, of which its own have another",
                "the labels of its selector",
            )
    if not wanted and not _any(spec, "selector", "matchExpressions"):
        yield Refusal(("spec", "selector"), f"the {kind} selects no pods", "labels of its pods")
    yield from _pace(spec, kind)


def _any(node: Any, *keys: str) -> bool:
    """Whether there is something in the list at some keys below a node."""
    return next(items(node, *keys), None) is not None


def _pace(spec: Mapping[str, Any], kind: str) -> Iterator[Refusal]:
    """How pods are replaced."""
    name = "strategy" if kind == "Deployment" else "updateStrategy"
    other = "Recreate" if kind == "Deployment" else "OnDelete"
    strategy = part(spec, name)
    given = strategy.get("type")
    if given not in (None, "", "RollingUpdate", other):
        yield Refusal(("spec", name, "type"), f"there is no strategy {given}", f"RollingUpdate or {other}")
    if given == other and strategy.get("rollingUpdate") is not None:
        yield Refusal(
            ("spec", name, "rollingUpdate"),
            f"{other} replaces no pods one after the other",
            "type: RollingUpdate, or rollingUpdate: null",
        )
    if kind != "Deployment":
        return
    for field in ("maxSurge", "maxUnavailable"):
        value = part(strategy, "rollingUpdate").get(field)
        bad = isinstance(value, int) and value < 0
        if (
            value is not None
            and not unknown(value)
            and (bad or (not isinstance(value, int) and percent(value) is None))
        ):
            yield Refusal(("spec", name, "rollingUpdate", field), f"{value} is no number of pods", "a number, or a share such as 25%")  # fmt: skip
    rolling = part(strategy, "rollingUpdate")
    if all(rolling.get(field) in (0, "0%") for field in ("maxSurge", "maxUnavailable")):
        yield Refusal(("spec", name, "rollingUpdate", "maxUnavailable"), "no pod may be down and none in addition", "1 or more in one of the two")  # fmt: skip
    ready, patience = spec.get("minReadySeconds") or 0, spec.get("progressDeadlineSeconds", 600)
    if isinstance(ready, int) and isinstance(patience, int) and patience <= ready:
        yield Refusal(("spec", "progressDeadlineSeconds"), f"{patience} seconds", f"more than minReadySeconds, {ready}")  # fmt: skip


def _whole_pod(data: Mapping[str, Any]) -> Iterator[Refusal]:
    return below(("spec",), _pod(part(data, "spec"), ("Always", "Never", "OnFailure")))


def _pod(spec: Mapping[str, Any], restarts: tuple[str, ...]) -> Iterator[Refusal]:
    policy = spec.get("restartPolicy") or "Always"
    if policy not in restarts and not unknown(policy):
        yield Refusal(("restartPolicy",), f"restartPolicy is {policy}", " or ".join(restarts))
    if not _any(spec, "containers"):
        yield Refusal(("containers",), "the pod has no container", "one or more")
    for group in ("containers", "initContainers"):
        for path, entry in items(spec, group):
            if not mapped(entry).get("name"):
                yield Refusal((*path, "name"), "a container has no name", "a name")
            for place, mount in items(entry, "volumeMounts"):
                if not mapped(mount).get("mountPath"):
                    yield Refusal((*path, *place, "mountPath"), "no path", "a path in the container")
    for path, volume in items(spec, "volumes"):
        kinds = [key for key, value in mapped(volume).items() if key != "name" and value is not None]
        if not mapped(volume).get("name"):
            yield Refusal((*path, "name"), "a volume has no name", "a name")
        # one that says nothing is an empty folder
        if len(kinds) > 1:
            what = f"a volume with {' and '.join(kinds)} at once"
            yield Refusal((*path, kinds[-1]), what, "one of configMap, secret, emptyDir, …")


def _role(data: Mapping[str, Any]) -> Iterator[Refusal]:
    for path, rule in items(data, "rules"):
        given = mapped(rule)
        if not given.get("verbs"):
            yield Refusal((*path, "verbs"), "a rule allows nothing", "one verb or more")
        if given.get("nonResourceURLs"):
            if data.get("kind") == "Role":
                yield Refusal(
                    (*path, "nonResourceURLs"), "a Role is of a namespace, and URLs are not", "a ClusterRole"
                )
            elif given.get("resources"):
                yield Refusal((*path, "nonResourceURLs"), "resources and URLs in one rule", "a rule for each")
            continue
        for name in ("apiGroups", "resources"):
            if not given.get(name):
                yield Refusal((*path, name), f"a rule has no {name}", 'such as [""]' if name == "apiGroups" else "one or more")  # fmt: skip


def _binding(data: Mapping[str, Any]) -> Iterator[Refusal]:
    role = part(data, "roleRef")
    wide = data.get("kind") == "ClusterRoleBinding"
    kinds = ("ClusterRole",) if wide else ("ClusterRole", "Role")
    if role.get("kind") not in kinds:
        yield Refusal(("roleRef", "kind"), f"no {role.get('kind')} is bound", " or ".join(kinds))
    if role.get("apiGroup") not in (None, "", "rbac.authorization.k8s.io"):
        yield Refusal(("roleRef", "apiGroup"), "no group of roles", "rbac.authorization.k8s.io")
    if not role.get("name"):
        yield Refusal(("roleRef", "name"), "no role is named", "the name of a role")
    for path, subject in items(data, "subjects"):
        kind = mapped(subject).get("kind")
        if kind not in ("Group", "ServiceAccount", "User"):
            yield Refusal((*path, "kind"), f"nobody is a {kind}", "one of Group, ServiceAccount, User")
        elif wide and kind == "ServiceAccount" and not mapped(subject).get("namespace"):
            yield Refusal((*path, "namespace"), "a ServiceAccount is in a namespace", "its namespace")
        if not mapped(subject).get("name"):
            yield Refusal((*path, "name"), "nobody is named", "a name")


_EXPOSED = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def _service(data: Mapping[str, Any]) -> Iterator[Refusal]:
    spec = part(data, "spec")
    if spec.get("type") not in (None, "", *_EXPOSED) and not unknown(spec.get("type")):
        yield Refusal(
            ("spec", "type"), f"there is no Service {spec.get('type')}", f"one of {', '.join(_EXPOSED)}"
        )
    headless = spec.get("clusterIP") == "None"
    if not _any(spec, "ports") and not headless and spec.get("type") != "ExternalName":
        yield Refusal(("spec", "ports"), "the Service has no port", "one or more")
    for path, port in items(spec, "ports"):
        yield from _number(mapped(port).get("port"), ("spec", *path, "port"), *_PORT)


def _webhooks(data: Mapping[str, Any]) -> Iterator[Refusal]:
    for path, hook in items(data, "webhooks"):
        given = mapped(hook)
        for name, wanted in (("admissionReviewVersions", "[v1]"), ("sideEffects", "None or NoneOnDryRun")):
            if not given.get(name):
                yield Refusal((*path, name), f"the webhook has no {name}", wanted)
        address = part(hook, "clientConfig")
        if (address.get("url") is None) == (address.get("service") is None):
            yield Refusal((*path, "clientConfig"), "no one place of the webhook", "either url or service")


def _nothing(_: Mapping[str, Any]) -> Iterator[Refusal]:
    return iter(())


_JUDGES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Refusal]]] = {
    "ClusterRole": _role,
    "ClusterRoleBinding": _binding,
    "ConfigMap": _nothing,
    "DaemonSet": _workload,
    "Deployment": _workload,
    "Ingress": _nothing,
    "Job": _workload,
    "MutatingWebhookConfiguration": _webhooks,
    "PersistentVolumeClaim": _nothing,
    "Pod": _whole_pod,
    "PodDisruptionBudget": _nothing,
    "Role": _role,
    "RoleBinding": _binding,
    "Secret": _nothing,
    "Service": _service,
    "ServiceAccount": _nothing,
    "StatefulSet": _workload,
    "ValidatingWebhookConfiguration": _webhooks,
}
