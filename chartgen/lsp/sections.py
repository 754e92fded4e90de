"""A values file in its sections: each is read by itself, and what was read of one that is as it was is taken over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.values import source
from chartgen.values.source import Source

# beyond this, limits for a file as a whole may count
_LARGE = 500_000
# lines that end a document, or say something about all of it
_OF_DOCUMENTS = ("---", "...", "%")
# what Python ends a line at, and YAML does not, or the other way round
_ODD = frozenset("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufeff")


def starts(lines: Sequence[str]) -> list[int]:
    """The lines, from 0, at which a part of a text may begin: those at the margin that are no comment and close nothing."""
    return [
        number
        for number, line in enumerate(lines)
        if line[:1] not in "# \t\r\n]}" and not (line[0] == "-" and line[1:2] in " \r\n")
    ]


@dataclass(slots=True)
class _Part:
    """A section that was read by itself, and its places where it stood last."""

    key: str
    value: Any
    source: Source
    row: int = 0
    spans: Any = None
    value_spans: Any = None
    warnings: tuple[Diagnostic, ...] = ()


class Sections:
    """What was read of a file's sections, by their text; what is no more in the file is forgotten."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def read(self, text: str, name: str) -> Source | None:
        """The same as `source.read_text`, read section by section; None for a text that has to be read as a whole."""
        if len(text) > _LARGE or not _ODD.isdisjoint(text):
            return None
        lines = text.splitlines(True)
        rows = starts(lines)
        if not rows or any(lines[row].startswith(_OF_DOCUMENTS) for row in rows):
            return None
        rows[0] = 0 if not any(line.strip() and line.lstrip()[0] != "#" for line in lines[: rows[0]]) else -1
        if rows[0] < 0:
            return None
        parts: dict[str, _Part] = {}
        data: dict[str, Any] = {}
        spans: dict[Path, Span] = {}
        value_spans: dict[Path, Span] = {}
        warnings: list[Diagnostic] = []
        for row, end in zip(rows, [*rows[1:], len(lines)], strict=True):
            piece = "".join(lines[row:end])
            part = self._parts.get(piece) or _read(piece, name)
            if part is None or part.key in data:
                return None
            if piece in parts:
                return None
            parts[piece] = _placed(part, row)
            data[part.key] = part.value
            spans |= part.spans
            value_spans |= part.value_spans if data.keys() == {part.key} else _inner(part.value_spans)
            warnings += part.warnings
        self._parts = parts
        return Source(
            name,
            data,
            spans,
            value_spans,
            warnings=tuple(warnings),
            lines=[line.rstrip("\r\n") for line in lines],
        )


def _inner(spans: dict[Path, Span]) -> dict[Path, Span]:
    return {path: span for path, span in spans.items() if path}


def _read(piece: str, name: str) -> _Part | None:
    """A section read by itself; None for one that is no key at the margin with its value, and all alone."""
    try:
        read = source.read_text(piece, name)
    except Rejected:
        return None
    if len(read.data) != 1:
        return None
    (key,) = read.data
    if (key,) not in read.spans or read.spans[(key,)].column != 1:
        return None
    return _Part(key, read.data[key], read)


def _placed(part: _Part, row: int) -> _Part:
    """The section with its places in a file in which it begins at a line, from 0."""
    if part.spans is None or part.row != row:
        part.row = row
        part.spans = _moved(part.source.spans, row)
        part.value_spans = _moved(part.source.value_spans, row)
        part.warnings = tuple(
            warning._replace(spans=tuple(span._replace(line=span.line + row) for span in warning.spans))
            for warning in part.source.warnings
        )
    return part


def _moved(spans: Any, row: int) -> Any:
    if not row:
        return spans
    return {
        path: Span(name, line + row, column, end, text)
        for path, (name, line, column, end, text) in spans.items()
    }
