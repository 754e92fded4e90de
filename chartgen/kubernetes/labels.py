"""Labels, annotations, and selectors of labels: what every kind of object has, judged in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chartgen.kubernetes import formats
from chartgen.kubernetes.refusal import Refusal, below, formed, items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def text_map(node: Any, what: str) -> Iterator[Refusal]:
    """A map of text to text, as labels, annotations and node selectors are."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if value is not None and not isinstance(value, str):
            yield Refusal((key,), f"the {what} {key} is no text", "text, in quotes")


def labels(node: Any, what: str = "label") -> Iterator[Refusal]:
    """Labels: keys, values, and that the values are text."""
    yield from text_map(node, what)
    for key, value in node.items() if isinstance(node, Mapping) else ():
        yield from formed(key, formats.qualified_name, (key,), f"no key of a {what}: {key}")
        yield from formed(value, formats.label_value, (key,), f"no value of a {what}: {value}")


def annotation_map(node: Any) -> Iterator[Refusal]:
    """Annotations: keys, that the values are text, and 256 KiB in all."""
    yield from text_map(node, "annotation")
    size = 0
    for key, value in node.items() if isinstance(node, Mapping) else ():
        yield from formed(key, formats.annotation_key, (key,), "no key of an annotation")
        size += len(str(key).encode(errors="replace")) + len(str(value).encode(errors="replace"))
    if size > 256 * 1024:
        yield Refusal((), f"{size} bytes of annotations", "at most 262144 bytes, keys included")


def label_selector(node: Any) -> Iterator[Refusal]:
    """`matchLabels` and `matchExpressions`."""
    if not isinstance(node, Mapping):
        return
    yield from below(("matchLabels",), labels(node.get("matchLabels")))
    for path, term in items(node, "matchExpressions"):
        yield from below(path, requirement(term, ("In", "NotIn"), ("Exists", "DoesNotExist")))
        for place, value in items(term, "values"):
            yield from formed(value, formats.label_value, (*path, *place), "no value of a label")


def requirement(term: Any, listing: tuple[str, ...], bare: tuple[str, ...]) -> Iterator[Refusal]:
    """`key`, `operator`, `values` of a selector: operators that list values need some, the bare ones have none."""
    if not isinstance(term, Mapping):
        return
    operator, values = term.get("operator"), term.get("values")
    yield from formed(term.get("key"), formats.qualified_name, ("key",), "no key of a label")
    if operator in listing and not values:
        yield Refusal(("values",), f"the operator {operator} compares with no value", "at least one value")
    if operator in bare and values:
        yield Refusal(("values",), f"the operator {operator} takes no values", "no values")
    for place, value in items(term, "values"):
        if not isinstance(value, str):
            yield Refusal(place, f"the value {value} is no text", "text, in quotes")
