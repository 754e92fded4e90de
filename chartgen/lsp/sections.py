"""A values file in its sections, and these in theirs: each is read by itself, and what was read of one that is as it was is
taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.values import helm_scalar, source
from chartgen.values.source import Source

# beyond this, limits for a file as a whole may count
_LARGE = 400_000
# of fewer lines a section is read at once
_SMALL = 8
# beyond so many levels in a part, limits for a file as a whole may count
_DEEP = 100
# lines that end a document, or say something about all of it
_OF_DOCUMENTS = ("---", "...", "%")
# … but for this at the beginning
_FIRST = re.compile(r"---[ ]*(?: #.*)?[\r\n]+")
# what Python ends a line at, and YAML does not, or the other way round
_ODD = tuple("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufeff")
# a line with a key whose value is below it
_HEAD = re.compile(r"( *)([A-Za-z][\w.-]*):[ ]*(?: #.*)?[\r\n]+")


def starts(lines: Sequence[str], margin: int = 0) -> list[int]:
    """The lines, from 0, at which a part of a text may begin: those at the margin that are no comment and close nothing."""
    indent = " " * margin
    return [
        number
        for number, line in enumerate(lines)
        if line.startswith(indent)
        and line[margin : margin + 1] not in "# \t\r\n]}"
        and not (line[margin] == "-" and line[margin + 1 : margin + 2] in " \r\n")
    ]


@dataclass(slots=True)
class _Part:
    """A section that was read by itself, with the places in it as they are where it stands alone, from its first line.

    One that is read in its own sections, `below`, has of its own only its `key`, the place of that and of the first in it.
    """

    key: str
    value: Any
    source: Source
    below: Mapping[str, tuple[int, _Part]] | None = None
    # where it stood last, and its places there
    at: tuple[int, Path] | None = None
    spans: dict[Path, Span] = field(default_factory=dict)
    value_spans: dict[Path, Span] = field(default_factory=dict)

    def warnings(self, row: int) -> tuple[Diagnostic, ...]:
        """What is taken, but not as it looks, where the section begins at a line, from 0."""
        return tuple(
            warning._replace(spans=tuple(span._replace(line=span.line + row) for span in warning.spans))
            for warning in self.source.warnings
        )

    def place(self, row: int, above: Path) -> tuple[Mapping[Path, Span], Mapping[Path, Span]]:
        """The places of keys and of values in a file in which the section begins at a line, from 0, below a path."""
        if self.at != (row, above):
            self.at = row, above
            self.spans = _moved(self.source.spans, row, above)
            self.value_spans = _moved(self.source.value_spans, row, above)
            for number, part in self.below.values() if self.below is not None else ():
                spans, value_spans = part.place(row + number, (*above, self.key))
                self.spans |= spans
                self.value_spans |= value_spans
        return self.spans, self.value_spans


class Sections:
    """What was read of a file's sections, by their text; what is no more in the file is forgotten."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def holds(self, piece: str) -> bool:
        """Whether a section of this text was read last."""
        return piece in self._parts

    def read(self, text: str, name: str) -> Source | None:
        """The same as `source.read_text`, read section by section; None for a text that has to be read as a whole."""
        if len(text) > _LARGE or any(odd in text for odd in _ODD):
            return None
        lines = text.splitlines(True)
        rows = starts(lines)
        if rows and _FIRST.fullmatch(lines[rows[0]]):
            del rows[0]
        if not rows or any(lines[row].startswith(_OF_DOCUMENTS) for row in rows):
            return None
        before = (line for line in lines[: rows[0]] if line.strip() and line.lstrip()[0] != "#")
        if any(not _FIRST.fullmatch(line) for line in before):
            return None
        rows[0] = 0
        parts: dict[str, _Part] = {}
        data: dict[str, Any] = {}
        spans: dict[Path, Span] = {}
        value_spans: dict[Path, Span] = {}
        warnings: list[Diagnostic] = []
        known = {part.key: part for part in self._parts.values()}
        for row, end in zip(rows, [*rows[1:], len(lines)], strict=True):
            piece = "".join(lines[row:end])
            part = self._parts.get(piece) or _read(lines[row:end], name, 0, known)
            if part is None or part.key in data:
                return None
            parts[piece] = part
            if not data:
                value_spans[()] = _top(part, row)
            inner = part.place(row, ())
            spans |= inner[0]
            value_spans |= inner[1]
            data[part.key] = part.value
            warnings += part.warnings(row)
        self._parts = parts
        return Source(
            name,
            data,
            spans,
            value_spans,
            warnings=tuple(warnings),
            lines=[line.rstrip("\r\n") for line in lines],
        )


def _top(part: _Part, row: int) -> Span:
    """The place of a map that begins with a section."""
    span = part.source.spans[(part.key,)]
    return Span(span.source, span.line + row, span.column, len(span.text) + 1, span.text)


def _read(lines: Sequence[str], name: str, margin: int, before: Mapping[str, _Part]) -> _Part | None:
    """A section read by itself; None for one that is no key at the margin with its value, and all alone.

    Of `before`, the sections that were read last by their keys, it takes what is in them as it was.
    """
    if len(lines) > _SMALL and (part := _by_parts(lines, name, margin, before)) is not None:
        return part
    try:
        read = source.read_text("".join(lines), name)
    except Rejected:
        return None
    if len(read.data) != 1:
        return None
    (key,) = read.data
    if (key,) not in read.spans or read.spans[(key,)].column != margin + 1:
        return None
    if margin and (read.warnings or any(len(path) > _DEEP for path in read.value_spans)):
        return None
    inner = {path: span for path, span in read.value_spans.items() if path}
    return _Part(key, read.data[key], read._replace(value_spans=inner, lines=()))


def _by_parts(lines: Sequence[str], name: str, margin: int, before: Mapping[str, _Part]) -> _Part | None:
    """A section read in its own sections; None for one that has to be read at once."""
    said = (number for number, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
    first, second = next(said, 0), next(said, 0)
    head = _HEAD.fullmatch(lines[first])
    if head is None or len(head[1]) != margin or not isinstance(helm_scalar.plain(head[2]), str):
        return None
    key = head[2]
    # a parser for each of many small parts is dear: only where something was typed is a section taken apart
    known = before.get(key)
    if known is None:
        return None
    deeper = len(lines[second]) - len(lines[second].lstrip(" "))
    rows = [number for number in starts(lines, deeper) if number > first] if deeper > margin else []
    if rows[:1] != [second]:
        return None
    old = known.below or {}
    by_key = {part.key: part for _, part in old.values()}
    below: dict[str, tuple[int, _Part]] = {}
    data: dict[str, Any] = {}
    for row, end in zip(rows, [*rows[1:], len(lines)], strict=True):
        piece = "".join(lines[row:end])
        part = old[piece][1] if piece in old else _read(lines[row:end], name, deeper, by_key)
        if part is None or part.key in data:
            return None
        below[piece] = row, part
        data[part.key] = part.value
    line, start = lines[first].rstrip("\r\n"), lines[rows[0]].rstrip("\r\n")
    own = Source(
        name,
        {},
        {(key,): Span(name, first + 1, margin + 1, margin + 1 + len(key), line)},
        {(key,): Span(name, rows[0] + 1, deeper + 1, len(start) + 1, start)},
    )
    return _Part(key, data, own, below)


def _moved(spans: Mapping[Path, Span], row: int, above: Path) -> dict[Path, Span]:
    return {
        (*above, *path): Span(name, line + row, column, end, text)
        for path, (name, line, column, end, text) in spans.items()
    }
