"""Places in a text: as chartgen counts them (lines and characters from 1), and as a language client does."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from lsprotocol import types as lsp

from chartgen.diagnostics import Span

# what ends a line for a language client, and for YAML
_ENDS = re.compile(r"\r\n|\n|\r")
_YAML_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_MARK = "\ufeff"


def _starts(text: str) -> list[int]:
    """Where each line begins."""
    if "\r" in text:
        return [0, *(match.end() for match in _ENDS.finditer(text))]
    *lines, _ = text.split("\n")
    return [0, *accumulate(len(line) + 1 for line in lines)]


class Text:
    """A document's text; `encoding` is the unit in which the client counts characters."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text, self.encoding = text, encoding
        self._starts = _starts(text)
        # a byte order mark is no character of the first line for chartgen
        self._mark = 1 if text.startswith(_MARK) else 0
        odd = any(end in text for end in "\x85\u2028\u2029")
        self._yaml = (
            [self._mark, *(match.end() for match in _YAML_ENDS.finditer(text))]
            if odd
            else [self._mark, *self._starts[1:]]
        )

    def lines(self) -> list[str]:
        """The client's lines, without their ends."""
        return _ENDS.split(self.text)

    def bounds(self) -> list[tuple[int, int]]:
        """Where each of the client's lines begins and the next one does; no line for an empty end."""
        stops = [*self._starts[1:], len(self.text)]
        return [(start, stop) for start, stop in zip(self._starts, stops, strict=True) if stop > start]

    def count(self) -> int:
        """How many lines chartgen counts."""
        return len(self._yaml)

    def end(self) -> str:
        """What ends a line here."""
        found = _ENDS.search(self.text)
        return found[0] if found else "\n"

    def position(self, offset: int) -> lsp.Position:
        """The client's place of a character."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        return lsp.Position(line, self._units(self.text[self._starts[line] : offset]))

    def offset(self, position: lsp.Position) -> int:
        """The character at a client's place; the nearest one where the text has no such place."""
        if position.line < 0:
            return 0
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        stop = self._starts[position.line + 1] if position.line + 1 < len(self._starts) else len(self.text)
        line = self.text[start:stop].rstrip("\r\n")
        if line.isascii():
            return start + min(max(position.character, 0), len(line))
        units = 0
        for place, character in enumerate(line):
            if units >= position.character:
                return start + place
            units += self._units(character)
        return start + len(line)

    def _units(self, piece: str) -> int:
        if piece.isascii() or self.encoding == "utf-32":
            return len(piece)
        if self.encoding == "utf-8":
            return len(piece.encode("utf-8", "surrogatepass"))
        return len(piece) + sum(character > "\uffff" for character in piece)

    def range(self, start: int, stop: int) -> lsp.Range:
        """The client's range between two characters."""
        return lsp.Range(self.position(start), self.position(stop))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column from 1, as chartgen counts them."""
        line = max(bisect_right(self._yaml, offset) - 1, 0)
        return line + 1, offset - self._yaml[line] + 1

    def index(self, line: int, column: int) -> int:
        """The character at a line and column of chartgen's."""
        if line < 1:
            return 0
        if line > len(self._yaml):
            return len(self.text)
        return min(self._yaml[line - 1] + max(column, 1) - 1, len(self.text))

    def of_span(self, span: Span) -> lsp.Range:
        """The client's range of a span; the start of the text for one of a source as a whole."""
        if not span.line:
            return self.range(0, 0)
        start = self.index(span.line, span.column)
        line = self._yaml[span.line] if span.line < len(self._yaml) else len(self.text)
        stop = min(self.index(span.line, span.end_column or span.column + 1), line)
        while stop > start and self.text[stop - 1] in "\r\n":
            stop -= 1
        return self.range(start, max(start, stop))

    def whole(self) -> lsp.Range:
        """The range of all of the text."""
        return self.range(0, len(self.text))
