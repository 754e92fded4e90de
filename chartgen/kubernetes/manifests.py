"""Manifests as text: the objects in it, without what a cluster wrote into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.kubernetes.refusal import part

_DOCUMENT = re.compile(r"^---(?=\s|$).*$", re.MULTILINE)
# what the API server, controllers, Helm and kubectl write into an object, and nobody asked for
_WRITTEN_BY_OTHERS = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generation", "managedFields",
    "ownerReferences", "resourceVersion", "selfLink", "uid",
)  # fmt: skip
_ANNOTATED_BY_OTHERS = (
    "deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
)  # fmt: skip
_ALLOCATED = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")


def if_any(name: str, data: bytes) -> list[Mapping[str, Any]]:
    """The objects in what may be manifests; none where it is something else. Raises as `objects` does."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return objects(name, text) if _looks_like_manifests(text) else []


def objects(name: str, text: str) -> list[Mapping[str, Any]]:
    """The objects in a text of manifests, those of lists singly; raises Rejected for what cannot be read."""
    from chartgen.values import source

    found: list[Mapping[str, Any]] = []
    for lines, piece in _documents(text):
        # empty lines before it, so that places are those of the whole file
        document = (
            source.read_text("\n" * lines + piece, name, any_shape=True).data if piece.strip() else None
        )
        found += _singly(name, document)
    return found


def _looks_like_manifests(text: str) -> bool:
    start = text[:1_000_000]
    # documents of JSON, too, of which there may be many
    if start.lstrip()[:1] == "{" or re.search(r"^\{", start, re.MULTILINE):
        return '"apiVersion"' in start and '"kind"' in start
    return bool(re.search(r"^apiVersion:", start, re.MULTILINE) and re.search(r"^kind:", start, re.MULTILINE))


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """(lines before it, text) of each YAML document."""
    start = 0
    for end in [*_DOCUMENT.finditer(text), None]:
        piece = text[start : end.start() if end else len(text)]
        if re.sub(r"(?m)^\s*(#.*)?$", "", piece).strip():
            yield text.count("\n", 0, start), piece
        start = end.end() if end else start


def _singly(name: str, data: Any) -> Iterator[Mapping[str, Any]]:
    if data is None:
        return
    if (
        isinstance(data, Mapping)
        and str(data.get("kind", "")).endswith("List")
        and isinstance(data.get("items"), list)
    ):
        for object_ in data["items"]:
            yield from _singly(name, object_)
        return
    if not isinstance(data, Mapping) or not data.get("kind") or not part(data, "metadata").get("name"):
        raise Rejected(
            [
                Diagnostic(
                    "no-object",
                    "a document among the manifests is no Kubernetes object",
                    spans=(Span(name, 0, 0),),
                    expected="apiVersion, kind and metadata.name",
                )
            ]
        )
    yield data


def as_asked_for_where_live(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object as it was asked for: one that a cluster printed without what the cluster wrote into it."""
    return as_asked_for(data) if _is_live(data) else data


def _is_live(data: Mapping[str, Any]) -> bool:
    """Whether a cluster printed the object."""
    return not part(data, "metadata").keys().isdisjoint(("uid", "resourceVersion"))


def as_asked_for(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object without what the cluster wrote into it, such as `kubectl get -o yaml` prints it."""
    metadata = part(data, "metadata")
    labels = {
        key: value
        for key, value in part(metadata, "labels").items()
        if (key, value) != ("app.kubernetes.io/managed-by", "Helm")
    }
    annotations = {
        key: value for key, value in part(metadata, "annotations").items() if key not in _ANNOTATED_BY_OTHERS
    }
    kept = {key: value for key, value in metadata.items() if key not in _WRITTEN_BY_OTHERS}
    for key, left in (("labels", labels), ("annotations", annotations)):
        kept.pop(key, None)
        if left:
            kept[key] = left
    out = {key: value for key, value in data.items() if key != "status"} | {"metadata": kept}
    if _is_live(data) and data.get("kind") == "Service":
        spec = part(data, "spec")
        headless = spec.get("clusterIP") == "None"
        out["spec"] = {
            key: value
            for key, value in spec.items()
            if key not in _ALLOCATED or (headless and key == "clusterIP")
        }
    return out
