"""Parts of documents that several documents have: each is read once, and what is asked about it is asked once.

A template says the same in most of its lines whatever the values are. So its text is taken apart where plain maps and lists
are, by the margins of its lines without reading them, and a part whose lines were there before is the very same object as
before, in however many documents it stands. No one changes the data of a document, so what was found out about a part holds
in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from chartgen import lazy_regex
from chartgen.kubernetes.asked import Asked
from chartgen.render.document import data_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Part: TypeAlias = "tuple[str, ...]"

# characters of parts from which on those are forgotten that were not looked at since as many before, and how many lines
_MOST, _MOST_LINES = 1_000_000, 50_000
# lines of a part that is read as it is
_SHORT = 5
# … and of a map or list that hardly two documents have, so that only its parts are kept
_LONG = 60
# a key that is plain text in any YAML, and what stands on its line
_KEY = lazy_regex.compile(r"(?!(?i:null|true|false):)([A-Za-z_][\w./-]*):(?: +(?=\S)|(?= *$))", re.ASCII)
# a block of text that keeps all breaks at its end, and in a last line one without text, which is not the same everywhere to
# the reader
_KEEPS = lazy_regex.compile(r"[|>][0-9-]*\+")
_EMPTY = lazy_regex.compile(r"[|>][0-9+-]*(?:[ \t]+#|\Z)")
_BLOCK = lazy_regex.compile(r"[|>]")
# in place of data: no plain map or list
_OTHER: Any = object()
# how a line begins: four times the number of its blanks, and which of these comes behind them
_NOTE, _DASH, _TEXT = range(3)
# that of a line with nothing else
_BLANK = 1 << 30


class _Beginnings(dict[str, int]):
    """How lines begin, each looked at once."""

    def __missing__(self, line: str) -> int:
        text = line.lstrip(" ")
        if not text:
            begins = _BLANK
        elif text[0] == "-":
            begins = 4 * (len(line) - len(text)) + (_DASH if text[:2] in ("-", "- ") else _NOTE)
        else:
            begins = 4 * (len(line) - len(text)) + (_NOTE if text[0] == "#" else _TEXT)
        self[line] = begins
        return begins


class Parts(Asked):
    """The parts of documents that were read, by their lines, and answers about them."""

    __slots__ = ("_begins", "_held", "_read", "_read_before")

    def __init__(self) -> None:
        super().__init__()
        # a key with what it holds, or an item alone
        self._read: dict[Part, tuple[Any, ...]] = {}
        # … and those that were not looked at since
        self._read_before: dict[Part, tuple[Any, ...]] = {}
        self._held = 0
        self._begins = _Beginnings()

    def read(self, text: str) -> Any:
        """The data of a document's text, without keys that hold null. Raises ValueError for what is no YAML."""
        # a text may be of several documents, and end within one of its own
        if text.endswith("\n") and "\n---" not in text and "\n..." not in text:
            lines = text.split("\n")[:-1]
            if len(self._begins) > _MOST_LINES:
                self._begins.clear()
            try:
                return self._map(lines, [*map(self._begins.__getitem__, lines)], 0)
            except (ValueError, RecursionError):
                # not as plain as it looked, or no YAML: the whole text tells
                pass
        return data_of(text)

    def _looked_at(
        self,
        read: Callable[[Part, Sequence[int], int], tuple[Any, ...]],
        part: Part,
        begins: Sequence[int],
        margin: int,
    ) -> tuple[Any, ...]:
        """What a part holds that begins behind a margin, read and kept."""
        known = self._read_before.pop(part, None) or read(part, begins, margin)
        if len(part) > _LONG and isinstance(known[-1], (dict, list)):
            return known
        self._held += sum(map(len, part))
        if self._held > _MOST:
            self._read_before, self._read = self._read, {}
            self._held = sum(map(len, part))
        self._read[part] = known
        return known

    def _map(self, lines: Sequence[str], begins: Sequence[int], margin: int) -> dict[str, Any]:
        """A map whose keys stand behind a margin of so many blanks."""
        entries = []
        for start, end in _pieces(begins, 4 * margin + _TEXT):
            part = (*lines[start:end],)
            entries.append(
                self._read.get(part) or self._looked_at(self._entry, part, begins[start:end], margin)
            )
        found = dict(entries)
        if len(found) != len(entries):
            raise ValueError(lines)
        return (
            found if None not in found.values() else {key: item for key, item in entries if item is not None}
        )

    def _list(self, lines: Sequence[str], begins: Sequence[int], margin: int) -> list[Any]:
        """A list whose dashes stand behind a margin of so many blanks."""
        items = []
        for start, end in _pieces(begins, 4 * margin + _DASH):
            part = (*lines[start:end],)
            known = self._read.get(part) or self._looked_at(self._item, part, begins[start:end], margin)
            items.append(known[0])
        return items

    def _entry(self, part: Part, begins: Sequence[int], margin: int) -> tuple[str, Any]:
        """A key and what it holds."""
        start = _KEY.match(part[0], margin)
        if start is None:
            raise ValueError(part)
        key, value = start[1], _OTHER
        if len(part) > _SHORT and not part[0][start.end() :].strip(" "):
            value = self._below(part[1:], begins[1:], margin)
        if value is _OTHER:
            data = data_of(_ended("\n".join(part) + "\n"))
            # of a key that holds null there is none
            if not isinstance(data, dict) or data.keys() - {key}:
                raise ValueError(part)
            value = data.get(key)
        return key, value

    def _item(self, part: Part, begins: Sequence[int], margin: int) -> tuple[Any]:
        """An item of a list, alone in a tuple."""
        item, below = _OTHER, margin + 2
        if len(part) > _SHORT and _KEY.match(part[0], below):
            first = " " * below + part[0][below:]
            item = self._below((first, *part[1:]), (4 * below + _TEXT, *begins[1:]), margin)
        if item is _OTHER:
            data = data_of(_ended("\n".join(part) + "\n"))
            if not isinstance(data, list) or len(data) != 1:
                raise ValueError(part)
            item = data[0]
        return (item,)

    def _below(self, lines: Sequence[str], begins: Sequence[int], margin: int) -> Any:
        """What stands below a key or behind a dash, where it is a plain map or list."""
        first = next((number for number, begin in enumerate(begins) if begin != _BLANK), None)
        if first is None:
            return _OTHER
        own, kind = divmod(begins[first], 4)
        if min(begins) < 4 * own:
            return _OTHER
        if kind == _DASH and own >= margin:
            return self._list(lines, begins, own)
        if kind == _TEXT and own > margin and _KEY.match(lines[first], own):
            return self._map(lines, begins, own)
        return _OTHER


def _pieces(begins: Sequence[int], which: int) -> Iterator[tuple[int, int]]:
    """From each line that begins so to the next. Raises ValueError where something stands before the first."""
    start = begins.index(which)
    if any(begin != _BLANK for begin in begins[:start]):
        raise ValueError(begins)
    for _ in range(begins.count(which) - 1):
        end = begins.index(which, start + 1)
        yield start, end
        start = end
    yield start, len(begins)


def _ended(piece: str) -> str:
    """A piece without blank lines at its end, which mean nothing there. Raises ValueError where they may belong to text."""
    content = piece.rstrip(" \n")
    blank = piece[len(content) :]
    if _EMPTY.search(content, content.rfind("\n") + 1):
        raise ValueError(piece)
    if blank.count("\n") < 2:
        return piece
    # blanks behind the margin of a block of text are a part of it
    if _KEEPS.search(content) or (" " in blank and _BLOCK.search(content)):
        raise ValueError(piece)
    return content + blank[: blank.index("\n") + 1]
