"""Whole objects: what the API server refuses in a document of any kind that Consul's charts have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from chartgen.kubernetes import formats, pods, services, since
from chartgen.kubernetes.asked import ANEW, Asked
from chartgen.kubernetes.formats import amount, percent, unknown
from chartgen.kubernetes.labels import annotation_map, label_selector, labels
from chartgen.kubernetes.refusal import (
    Judge,
    Refusal,
    below,
    formed,
    in_fields,
    in_items,
    items,
    mapped,
    part,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

# of ConfigMaps and Secrets; of all objects, by etcd's default for a request
LARGEST_DATA, LARGEST_OBJECT = 1024 * 1024, 1536 * 1024
PodJudge: TypeAlias = "Callable[[Mapping[str, Any], Asked], Iterator[Refusal]]"


def refusals(
    data: Mapping[str, Any], version: tuple[int, int] | None = None, asked: Asked = ANEW
) -> Iterator[Refusal]:
    """All that the API server of that version (of the oldest that is maintained, if None) would refuse in an object, types
    of fields and lengths of names left aside. Parts that were `asked` about before are not gone through again."""
    yield from below(("metadata",), in_fields(part(data, "metadata"), _METADATA, asked))
    kind = str(data.get("kind"))
    if kind in _JUDGES:
        yield from _JUDGES[kind](data)
    elif kind in _POD_JUDGES:
        yield from _POD_JUDGES[kind](data, asked)
    if kind == "Service" or kind in _POD_JUDGES:
        yield from below(("spec",), since.refusals(data.get("spec"), version, asked))


_METADATA: Mapping[str, Judge] = {"labels": labels, "annotations": annotation_map}


def text_size(node: Any) -> int:
    """The bytes of all text in a part of an object: what is stored is no smaller."""
    if isinstance(node, str):
        return len(node.encode(errors="replace"))
    if isinstance(node, Mapping):
        return sum(len(str(key)) + text_size(item) for key, item in node.items())
    return sum(map(text_size, node)) if isinstance(node, list) else 0


def _workload(data: Mapping[str, Any], asked: Asked) -> Iterator[Refusal]:
    spec = part(data, "spec")
    template = part(spec, "template")
    claims = [
        str(part(mapped(claim), "metadata").get("name")) for _, claim in items(spec, "volumeClaimTemplates")
    ]
    yield from below(
        ("spec", "template", "metadata"), in_fields(part(template, "metadata"), _METADATA, asked)
    )
    yield from below(("spec", "template", "spec"), pods.pod(template.get("spec"), claims, asked))
    replicas = spec.get("replicas")
    if isinstance(replicas, int) and not 0 <= replicas < 2**31:
        yield Refusal(("spec", "replicas"), f"{replicas} pods", "0 or more")
    if data.get("kind") == "DaemonSet":
        yield from below(("spec", "updateStrategy"), daemon_update(spec.get("updateStrategy")))
    yield from below(
        ("spec", "volumeClaimTemplates"), in_items(spec.get("volumeClaimTemplates"), _claim, asked)
    )


def _pod(data: Mapping[str, Any], asked: Asked) -> Iterator[Refusal]:
    return below(("spec",), pods.pod(data.get("spec"), asked=asked))


def _claim(data: Any) -> Iterator[Refusal]:
    return below(("spec",), claim_spec(mapped(data).get("spec")))


def claim_spec(spec: Any) -> Iterator[Refusal]:
    """The specification of a claim to a volume: some storage, and names that can be."""
    size = part(part(spec, "resources"), "requests").get("storage")
    where = ("resources", "requests", "storage")
    if size is None or (isinstance(size, str) and not size):
        yield Refusal(where, "no size of the volume", "an amount such as 10Gi")
    elif not unknown(size):
        number = amount(size)
        if number is None or number <= 0:
            yield Refusal(where, f"{size} is no size of a volume", "an amount such as 10Gi")
    name = spec.get("storageClassName") if isinstance(spec, Mapping) else None
    yield from formed(name or None, formats.dns_subdomain, ("storageClassName",), "no name of a StorageClass")


def daemon_update(node: Any) -> Iterator[Refusal]:
    """`updateStrategy` of a DaemonSet: pods go before others come, or others come before pods go."""
    if not isinstance(node, Mapping) or node.get("type") == "OnDelete":
        return
    pace = part(node, "rollingUpdate")
    down, more = pace.get("maxUnavailable", 1), pace.get("maxSurge", 0)
    for name, value in (("maxUnavailable", down), ("maxSurge", more)):
        yield from below(("rollingUpdate", name), pods_or_share(value))
    if unknown(down) or unknown(more):
        return
    some = [value not in (0, "0", "0%", None) for value in (down, more)]
    if all(some):
        yield Refusal(
            ("rollingUpdate", "maxSurge"),
            "pods in addition while others may be down",
            "maxUnavailable: 0 as well",
        )
    elif not any(some):
        yield Refusal(
            ("rollingUpdate", "maxUnavailable"),
            "no pod may be down and none in addition",
            "1 or more in one of the two",
        )


def pods_or_share(value: Any) -> Iterator[Refusal]:
    """A number of pods, or a share of at most 100 %."""
    if isinstance(value, bool) or unknown(value) or value is None:
        return
    if isinstance(value, int):
        if not 0 <= value < 2**31:
            yield Refusal((), f"{value} pods", "0 or more")
    elif percent(value) is None:
        yield Refusal((), f"{value} is no number of pods", "a number, or a share such as 25%")
    elif percent(value) > 100:  # type: ignore[operator]
        yield Refusal((), f"{value} of the pods", "at most 100%")


def _budget(data: Mapping[str, Any]) -> Iterator[Refusal]:
    spec = part(data, "spec")
    given = [name for name in ("minAvailable", "maxUnavailable") if spec.get(name) is not None]
    for name in given:
        yield from below(("spec", name), pods_or_share(spec[name]))
    if len(given) == 2:
        yield Refusal(
            ("spec", "maxUnavailable"),
            "pods that stay and pods that go",
            "one of minAvailable and maxUnavailable",
        )
    yield from below(("spec", "selector"), label_selector(spec.get("selector")))


_CONTENT = ("data", "binaryData", "stringData")


def _content(data: Mapping[str, Any]) -> Iterator[Refusal]:
    size = 0
    for group in _CONTENT:
        for key, value in part(data, group).items():
            yield from formed(key, formats.config_key, (group, key), "no key")
            size += len(str(value).encode(errors="replace"))
            if value is not None and not isinstance(value, str):
                yield Refusal((group, key), f"the content of {key} is no text", "text")
    if size > LARGEST_DATA:
        sizes = [
            (len(str(value)), (group, key)) for group in _CONTENT for key, value in part(data, group).items()
        ]
        yield Refusal(max(sizes)[1], f"{size} bytes in one object", f"at most {LARGEST_DATA} bytes in all")


def _quota(data: Mapping[str, Any]) -> Iterator[Refusal]:
    for name, size in part(part(data, "spec"), "hard").items():
        number = amount(size)
        if not unknown(size) and (number is None or number < 0):
            yield Refusal(("spec", "hard", name), f"{size} is no bound", "0 or more")
        elif number is not None and name == "pods" and not number.is_integer():
            yield Refusal(("spec", "hard", name), f"{size} pods", "a whole number")


def _service(data: Mapping[str, Any]) -> Iterator[Refusal]:
    yield from below(("spec",), services.service(data.get("spec")))


def _ingress(data: Mapping[str, Any]) -> Iterator[Refusal]:
    yield from below(("spec",), services.ingress(data.get("spec")))


def _webhooks(data: Mapping[str, Any]) -> Iterator[Refusal]:
    for path, hook in items(data, "webhooks"):
        for name in ("namespaceSelector", "objectSelector"):
            yield from below((*path, name), label_selector(mapped(hook).get(name)))
        seconds = mapped(hook).get("timeoutSeconds")
        if isinstance(seconds, int) and not 1 <= seconds <= 30:
            yield Refusal((*path, "timeoutSeconds"), f"{seconds} seconds", "1 to 30")


_JUDGES: dict[str, Judge] = {
    "ConfigMap": _content,
    "Ingress": _ingress,
    "MutatingWebhookConfiguration": _webhooks,
    "PersistentVolumeClaim": _claim,
    "PodDisruptionBudget": _budget,
    "ResourceQuota": _quota,
    "Secret": _content,
    "Service": _service,
    "ValidatingWebhookConfiguration": _webhooks,
}
_POD_JUDGES: dict[str, PodJudge] = {
    "DaemonSet": _workload,
    "Deployment": _workload,
    "Job": _workload,
    "Pod": _pod,
    "StatefulSet": _workload,
}
