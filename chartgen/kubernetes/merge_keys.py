"""How the API server merges lists of an object with those of a strategic-merge patch.

Source: `x-kubernetes-patch-merge-key` and `x-kubernetes-patch-strategy` of the API's OpenAPI document; a test holds this table
against the schemas of the newest Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping

from chartgen.diagnostics import Path

# by the name of the field: the key of its items
_KEYS: Mapping[str, str] = {
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "evictionResponders": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "matchConditions": "name",
    "ownerReferences": "uid",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "secrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "variables": "name",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "webhooks": "name",
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# lists of text of which both are kept
_JOINED = (("metadata", "finalizers"),)
# the groups of kinds that the API server knows itself; of all others it merges no lists
_GROUPS = frozenset(
    (
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling", "batch",
        "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "networking.k8s.io", "node.k8s.io",
        "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    )
)  # fmt: skip


def merges(api_version: str) -> bool:
    """Whether objects of this `apiVersion` have lists that are merged."""
    return (api_version.rpartition("/")[0] if "/" in api_version else "") in _GROUPS


def key(kind: str, path: Path) -> str | None:
    """The key by which the items of the list at a path of an object are told apart; None where the list is replaced."""
    field = path[-1]
    if field == "ports":
        if kind == "Service":
            return "port" if path == ("spec", "ports") else None
        # those of a container, and not of a NetworkPolicy
        return "containerPort" if len(path) > 2 and path[-3] in _CONTAINERS else None
    if field == "imagePullSecrets" and kind == "ServiceAccount":
        return None
    return _KEYS.get(str(field))


def is_joined(path: Path) -> bool:
    """Whether the texts of a list are added to those that are there."""
    return path[-2:] in _JOINED


def is_replaced(kind: str, path: Path) -> bool:
    """Whether a map is replaced as a whole, as no other is."""
    return kind == "PodDisruptionBudget" and path == ("spec", "selector")
