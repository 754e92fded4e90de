"""How long the names of objects may be, and which characters they may have.

A name is a DNS subdomain of 253 characters, unless more is made of it: Services are names in DNS, Jobs become a label of
their pods, and StatefulSets a label with a hash of eleven characters behind (`controller-revision-hash`), without which
their controller cannot make a pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chartgen.kubernetes.formats import LABEL_LENGTH, SUBDOMAIN_LENGTH
from chartgen.kubernetes.refusal import part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HASH = len("-5dfb647fd4")
_LONGEST = {
    "Service": LABEL_LENGTH,
    "Job": LABEL_LENGTH,
    "Pod": LABEL_LENGTH,
    "StatefulSet": LABEL_LENGTH - _HASH,
}
# kinds whose name has no dots
_LABELS = ("Service", "StatefulSet")
# kinds whose name may hold what Kubernetes' own roles have, such as colons
_FREE = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


def lengths(data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(text, the most characters) of an object's name, and of labels that may hold a name."""
    yield own(data)
    for each in labels(data):
        yield from in_labels(each)


def own(data: Mapping[str, Any]) -> tuple[str, int]:
    """An object's name, and the most characters of it."""
    name = str(part(data, "metadata").get("name"))
    return name, _LONGEST.get(str(data.get("kind")), SUBDOMAIN_LENGTH)


def labels(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The labels of an object, and of the pods that it makes."""
    template = part(part(data, "spec"), "template")
    return part(part(data, "metadata"), "labels"), part(part(template, "metadata"), "labels")


def in_labels(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(text, the most characters) of labels that may hold a name."""
    for value in node.values():
        if isinstance(value, str):
            yield value, LABEL_LENGTH


def is_label(data: Mapping[str, Any]) -> bool:
    """True if the object's name is a DNS label, without dots."""
    return str(data.get("kind")) in _LABELS


def is_service(data: Mapping[str, Any]) -> bool:
    """True if the object's name has to begin with a letter before Kubernetes 1.36."""
    return data.get("kind") == "Service"


def is_free(data: Mapping[str, Any]) -> bool:
    """True if nearly any text is the object's name."""
    return str(data.get("kind")) in _FREE
