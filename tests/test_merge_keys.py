"""The table of merge keys against the schemas of Kubernetes itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes_validate

from chartgen.kubernetes import merge_keys

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
# kinds with parts that no chart of Consul has, or that nobody patches: status is the cluster's
KINDS = {
    "apps/v1": ("Deployment", "StatefulSet", "DaemonSet"),
    "batch/v1": ("Job", "CronJob"),
    "v1": ("Pod", "Service", "ServiceAccount", "ConfigMap", "Secret", "PersistentVolumeClaim", "Namespace"),
    "policy/v1": ("PodDisruptionBudget",),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "rbac.authorization.k8s.io/v1": ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
    "admissionregistration.k8s.io/v1": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    "storage.k8s.io/v1": ("StorageClass",),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
}


def newest() -> Path:
    folders = [path for path in SCHEMAS.iterdir() if path.name.endswith("-local")]
    return max(folders, key=lambda path: [int(part) for part in path.name[1:].split("-")[0].split(".")])


def lists(kind: str, definitions: dict[str, Any], node: Any, path: tuple[Any, ...], seen: tuple[str, ...]) -> Any:
    """(path, merge key, strategy) of each list of an object, and each map that is replaced."""
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in seen:
            return
        node, seen = {**definitions[name], **{key: node[key] for key in node if key != "$ref"}}, (*seen, name)
    if node.get("type") in ("array", ["array", "null"]):
        yield path, node.get("x-kubernetes-patch-merge-key"), node.get("x-kubernetes-patch-strategy", "")
        yield from lists(kind, definitions, node.get("items", {}), (*path, 0), seen)
    elif node.get("x-kubernetes-patch-strategy") == "replace":
        yield path, None, "replace"
    for key, below in node.get("properties", {}).items():
        if key != "status":
            yield from lists(kind, definitions, below, (*path, key), seen)


def test_every_list_of_every_kind() -> None:
    definitions = json.loads((newest() / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    count = 0
    for version, kinds in KINDS.items():
        assert merge_keys.merges(version)
        for kind in kinds:
            names = [
                name
                for name, node in definitions.items()
                for each in node.get("x-kubernetes-group-version-kind", ())
                if (each["kind"], f"{each['group']}/{each['version']}".lstrip("/")) == (kind, version)
            ]
            assert names, kind
            for path, key, strategy in lists(kind, definitions, definitions[names[0]], (), ()):
                count += 1
                if strategy == "replace":
                    assert merge_keys.is_replaced(kind, path), (kind, path)
                elif key is None:
                    assert merge_keys.is_joined(path) == ("merge" in strategy), (kind, path)
                    assert merge_keys.key(kind, path) is None, (kind, path)
                else:
                    assert merge_keys.key(kind, path) == key, (kind, path)
    assert count > 300


def test_custom_resources_have_no_keys() -> None:
    assert not merge_keys.merges("consul.hashicorp.com/v1alpha1")
    assert not merge_keys.merges("gateway.networking.k8s.io/v1")
