"""Which of the user's values a part of a document came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from chartgen import values
from chartgen.diagnostics import Path, Span
from chartgen.render.document import Document
from chartgen.values.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def of(template: str, path: Path, part: Any, sources: Sequence[Source]) -> Path:
    """The path of the user's value that most likely became `part` of an object at `path`; () for none.

    Of the values that hold the part, the one is taken that has most names in common with its place.
    """
    field = path[-1] if path else ""
    names = set(path)
    best: tuple[int, int, Path] = (-1, 0, ())
    for given, value in _nodes(values.layer(sources), ()):
        named = field == "name" and given[-1] == part
        if named or (_is_of(given[-1], field) and value == part) or _holds(value, field, part):
            component = re.sub(r"[A-Z]", lambda match: "-" + match[0].lower(), str(given[0]))
            alike = 2 * len(names.intersection(given)) + template.startswith(component)
            best = max(best, (alike, -len(given), given), key=lambda found: found[:2])
    return best[2]


def _is_of(key: str | int, field: str | int) -> bool:
    """True where a field has a value's name, or ends with it: `port` and `containerPort`."""
    return key == field or (isinstance(key, str) and str(field).lower().endswith(key.lower()))


def placed(
    document: Document, path: Path, part: Any, sources: Sequence[Source]
) -> tuple[Path, tuple[Span, ...]]:
    """The path of the user's value that most likely became a part of an object, and the place to show: that of a patch, where
    one has changed it."""
    marks = [
        mark
        for mark in document.marks
        if mark.span is not None and (path[: len(mark.path)] == mark.path or mark.path[: len(path)] == path)
    ]
    if marks:
        span = max(marks, key=lambda mark: len(mark.path)).span
        return (), (span,) if span is not None else ()
    place = of(document.template, path, part, sources)
    if not place and (nearest := _nearest(document, path)) is not None:
        # nothing is amiss in an object before it is patched
        return (), (nearest,)
    return place, values.value_spans_of(place, sources)


def _nearest(document: Document, path: Path) -> Span | None:
    """The place of the patch that has most of a path in common."""
    patched = [(mark.path, mark.span) for mark in document.marks if mark.span is not None]

    def shared(other: Path) -> int:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(path, other, strict=False)))

    return max(patched, key=lambda each: shared(each[0]), default=(path, None))[1]


def _holds(value: Any, field: str | int, part: Any) -> bool:
    """True if a value is the part, or text of YAML (or with template actions) that holds it."""
    if not isinstance(value, str):
        return isinstance(value, (dict, list)) and value == part
    if value == part or (isinstance(part, str) and len(part) > 3 and part.strip() in value):
        return True
    if ":" not in value:
        return False
    if "{{" in value:
        return str(field) in value
    import yaml12

    try:
        return any(node == part for _, node in _nodes(yaml12.parse_yaml(value), ("",)))
    except ValueError:
        return False


def _nodes(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, node
    if isinstance(node, dict):
        for key, item in node.items():
            yield from _nodes(item, (*path, key))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _nodes(item, (*path, number))
