"""Parts of documents that several documents have: each is read once, and what is asked about it is asked once.

A template says the same in most of its lines whatever the values are. So its text is taken apart where plain maps and lists
are, by the margins of its lines without reading them, and a part whose lines were there before is the very same object as
before, in however many documents it stands. No one changes the data of a document, so what was found out about a part holds
in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from chartgen import lazy_regex
from chartgen.kubernetes.asked import Asked
from chartgen.render.document import data_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# characters of parts from which on those are forgotten that were not looked at since as many before, and how many lines
_MOST, _MOST_LINES = 1_000_000, 50_000
# lines of a part that is read as it is
_SHORT = 5
# … and of a map or list that hardly two documents have, so that only its parts are kept
_LONG = 60
# a key that is plain text in any YAML, with its line's end where nothing stands beside it
_KEY = lazy_regex.compile(r"(?!(?i:null|true|false):)([A-Za-z_][\w./-]*):(?: +(?=\S)|( *\n))", re.ASCII)
# a block of text that keeps all breaks at its end, and in a last line one without text, which is not the same everywhere to
# the reader
_KEEPS = lazy_regex.compile(r"[|>][0-9-]*\+")
_EMPTY = lazy_regex.compile(r"[|>][0-9+-]*(?:[ \t]+#|\Z)")
_BLOCK = lazy_regex.compile(r"[|>]")
# how a line begins: four times the number of its blanks, and which of these comes behind them
_NOTE, _DASH, _TEXT = range(3)
# that of a line with nothing else; there is no room for one that begins further in than 62 blanks
_BLANK = 255
_BEGINNINGS = bytes(range(_BLANK))


class _Beginnings(dict[str, int]):
    """How lines begin, each looked at once. Raises ValueError for what begins too far in, or a document of its own."""

    def __missing__(self, line: str) -> int:
        # a text may be of several documents, and end within one of its own
        if line.startswith(("---", "...")):
            raise ValueError(line)
        text = line.lstrip(" ")
        if not text:
            begins = _BLANK
        elif text[0] == "-":
            begins = 4 * (len(line) - len(text)) + (_DASH if text[:2] in ("-", "- ") else _NOTE)
        else:
            begins = 4 * (len(line) - len(text)) + (_NOTE if text[0] == "#" else _TEXT)
        if begins > _BLANK:
            raise ValueError(line)
        self[line] = begins
        return begins


class _Lines:
    """A text by its lines: how each of them begins, a byte for each, among which to look is cheap."""

    __slots__ = ("before", "begins", "text")

    def __init__(self, text: str, beginnings: _Beginnings) -> None:
        lines = text.split("\n")
        # it ends in a break
        lines.pop()
        self.text = text
        self.begins = bytes(map(beginnings.__getitem__, lines))
        # how long the lines before each line are, without their breaks, of which there are as many as lines
        self.before = [*accumulate(map(len, lines), initial=0)]

    def at(self, line: int, margin: int) -> int:
        """Where in the text that is."""
        return self.before[line] + line + margin

    def apart(self, which: int, start: int, end: int) -> list[bytes]:
        """Of each part, how the lines after its first begin: each line that begins so, and that at the start, is a first."""
        return self.begins[start + 1 : end].split(_BEGINNINGS[which : which + 1])

    def all_behind(self, margin: int, start: int, end: int) -> bool:
        """True if none of these lines begins before a margin."""
        begins = self.begins[start:end]
        return len(begins.translate(None, _BEGINNINGS[: 4 * margin])) == len(begins)


class Parts(Asked):
    """The parts of documents that were read, by their text, and answers about them."""

    __slots__ = ("_begins", "_held", "_read", "_read_before")

    def __init__(self) -> None:
        super().__init__()
        # a key with what it holds, or an item alone
        self._read: dict[str, tuple[Any, ...]] = {}
        # … and those that were not looked at since
        self._read_before: dict[str, tuple[Any, ...]] = {}
        self._held = 0
        self._begins = _Beginnings()

    def read(self, text: str) -> Any:
        """The data of a document's text, without keys that hold null. Raises ValueError for what is no YAML."""
        if text.endswith("\n"):
            if len(self._begins) > _MOST_LINES:
                self._begins.clear()
            try:
                lines = _Lines(text, self._begins)
                start = lines.begins.index(_TEXT)
                if lines.begins.count(_BLANK, 0, start) == start:
                    return self._map(lines, start, len(lines.begins), 0)
            except (ValueError, RecursionError):
                # not as plain as it looked, or no YAML: the whole text tells
                pass
        return data_of(text)

    def _map(self, lines: _Lines, start: int, end: int, margin: int, dash: bool = False) -> dict[str, Any]:
        """A map whose keys stand behind a margin of so many blanks, the first one behind a dash or in a line of its own."""
        text, before, entries = lines.text, lines.before, []
        for rest in lines.apart(4 * margin + _TEXT, start, end):
            after = start + 1 + len(rest)
            part = text[before[start] + start : before[after] + after] if after - start <= _LONG else ""
            if dash:
                # as the other entries stand there
                part, dash = part and " " * margin + part[margin:], False
            entries.append(
                self._read.get(part)
                or self._looked_at(self._entry, _entry_of, part, lines, start, after, margin)
            )
            start = after
        found = dict(entries)
        if len(found) != len(entries):
            raise ValueError(text)
        return (
            found if None not in found.values() else {key: item for key, item in entries if item is not None}
        )

    def _list(self, lines: _Lines, start: int, end: int, margin: int) -> list[Any]:
        """A list whose dashes stand behind a margin of so many blanks, one of them in the first line."""
        text, before, items = lines.text, lines.before, []
        for rest in lines.apart(4 * margin + _DASH, start, end):
            after = start + 1 + len(rest)
            part = text[before[start] + start : before[after] + after] if after - start <= _LONG else ""
            known = self._read.get(part) or self._looked_at(
                self._item, _item_of, part, lines, start, after, margin
            )
            items.append(known[0])
            start = after
        return items

    def _looked_at(
        self,
        plain: Callable[[_Lines, int, int, int], tuple[Any, ...] | None],
        other: Callable[[str, int], tuple[Any, ...]],
        part: str,
        lines: _Lines,
        start: int,
        end: int,
        margin: int,
    ) -> tuple[Any, ...]:
        """What a part holds that begins behind a margin, read and kept: by its lines where it is a plain map or list."""
        known = self._read_before.pop(part, None)
        if known is None and end - start > _SHORT:
            known = plain(lines, start, end, margin)
        if not part:
            # a long one
            if known is not None:
                return known
            part = " " * margin + lines.text[lines.at(start, margin) : lines.at(end, 0)]
            known = self._read.get(part) or self._read_before.pop(part, None)
        if known is None:
            known = other(part, margin)
        self._held += len(part)
        if self._held > _MOST:
            self._read_before, self._read = self._read, {}
            self._held = len(part)
        self._read[part] = known
        return known

    def _entry(self, lines: _Lines, start: int, end: int, margin: int) -> tuple[str, Any] | None:
        """A key and the plain map or list that it holds; None where it holds anything else."""
        found = _KEY.match(lines.text, lines.at(start, margin))
        if found is None or not found[2]:
            return None
        value = self._below(lines, start + 1, end, margin)
        return None if value is None else (found[1], value)

    def _item(self, lines: _Lines, start: int, end: int, margin: int) -> tuple[Any] | None:
        """An item of a list that is a plain map, alone in a tuple; None where it is anything else."""
        below = margin + 2
        if lines.all_behind(below, start + 1, end) and _KEY.match(lines.text, lines.at(start, below)):
            return (self._map(lines, start, end, below, dash=True),)
        return None

    def _below(self, lines: _Lines, start: int, end: int, margin: int) -> Any:
        """What stands below a key, where it is a plain map or list; else None."""
        begins = lines.begins
        while start < end and begins[start] == _BLANK:
            start += 1
        if start == end:
            return None
        own, kind = divmod(begins[start], 4)
        if not lines.all_behind(own, start, end):
            return None
        if kind == _DASH and own >= margin:
            return self._list(lines, start, end, own)
        if kind == _TEXT and own > margin and _KEY.match(lines.text, lines.at(start, own)):
            return self._map(lines, start, end, own)
        return None


def _entry_of(part: str, margin: int) -> tuple[str, Any]:
    """A key and what it holds, as YAML has it."""
    found = _KEY.match(part, margin)
    if found is None:
        raise ValueError(part)
    data = data_of(_ended(part))
    # of a key that holds null there is none
    if not isinstance(data, dict) or data.keys() - {found[1]}:
        raise ValueError(part)
    return found[1], data.get(found[1])


def _item_of(part: str, margin: int) -> tuple[Any]:
    """An item of a list as YAML has it, alone in a tuple."""
    data = data_of(_ended(part))
    if not isinstance(data, list) or len(data) != 1:
        raise ValueError(part)
    return (data[0],)


def _ended(piece: str) -> str:
    """A piece without blank lines at its end, which mean nothing there. Raises ValueError where they may belong to text."""
    content = piece.rstrip(" \n")
    blank = piece[len(content) :]
    last = content[content.rfind("\n") + 1 :]
    if ("|" in last or ">" in last) and _EMPTY.search(last):
        raise ValueError(piece)
    if blank.count("\n") < 2:
        return piece
    # blanks behind the margin of a block of text are a part of it
    if _KEEPS.search(content) or (" " in blank and _BLOCK.search(content)):
        raise ValueError(piece)
    return content + blank[: blank.index("\n") + 1]
