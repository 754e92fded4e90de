"""Parts of documents that several documents have: each is read once, and what is asked about it is asked once.

A template says the same in most of its lines whatever the values are. So its text is taken apart where plain maps and lists
are, line by line without reading them, and a part whose text was there before is the very same object as before, in
however many documents it stands. No one changes the data of a document, so what was found out about a part holds in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from chartgen import lazy_regex
from chartgen.kubernetes.asked import Asked
from chartgen.render.document import data_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# characters of the parts that are kept, from which on all are forgotten
_MOST = 2_000_000
# characters of a part that is read as it is
_SHORT = 160
# a key that is plain text in any YAML, and what stands on its line
_KEY = lazy_regex.compile(
    r"( *)(?!(?i:null|true|false):)([A-Za-z_][\w./-]*):(?: +(?=\S)|(?= *\n)|$)", re.ASCII
)
# a block of text that keeps all breaks at its end, or of which nothing is seen yet
_KEEPS = lazy_regex.compile(r"[|>][0-9-]*(?:\+|\Z)")
_BLOCK = lazy_regex.compile(r"[|>]")
_FIRST = lazy_regex.compile(r"(?: *\n)*( *)(-(?=[ \n]|$))?")
# in place of data: there is none yet; no plain map or list
_NEW: Any = object()
_OTHER: Any = object()


class Parts(Asked):
    """The parts of documents that were read, by their text, and answers about them."""

    __slots__ = ("_held", "_read")

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, Any] = {}
        self._held = 0

    def read(self, text: str) -> Any:
        """The data of a document's text, without keys that hold null. Raises ValueError for what is no YAML."""
        # a text may be of several documents
        if "\n---" not in text and "\n..." not in text:
            try:
                return self._map(text, 0)
            except (ValueError, RecursionError):
                # not as plain as it looked, or no YAML: the whole text tells
                pass
        return data_of(text)

    def _once(self, read: Callable[[str, int], Any], piece: str, margin: int) -> Any:
        """What a piece that begins behind a margin holds, read once."""
        known = self._read.get(piece, _NEW)
        if known is _NEW:
            known = read(piece, margin)
            self._held += len(piece)
            if self._held > _MOST:
                self._read.clear()
                self._held = len(piece)
            self._read[piece] = known
        return known

    def _map(self, text: str, margin: int) -> dict[str, Any]:
        """A map whose keys stand behind a margin of so many blanks."""
        found = {}
        for piece in _pieces(_keys(margin), text):
            start = _KEY.match(piece)
            if start is None or len(start[1]) != margin or start[2] in found:
                raise ValueError(piece)
            found[start[2]] = self._once(self._value, piece, margin)
        return {key: item for key, item in found.items() if item is not None}

    def _value(self, piece: str, margin: int) -> Any:
        line, _, rest = piece.partition("\n")
        key, _, beside = line.lstrip(" ").partition(":")
        value = _OTHER
        if len(piece) > _SHORT and not beside.strip(" "):
            value = self._below(rest, margin)
        if value is _OTHER:
            data = data_of(_ended(piece))
            # of a key that holds null there is none
            if not isinstance(data, dict) or data.keys() - {key}:
                raise ValueError(piece)
            value = data.get(key)
        return value

    def _below(self, text: str, margin: int) -> Any:
        """What stands below a key or behind a dash, where it is a plain map or list."""
        first = _FIRST.match(text)
        assert first is not None
        own = len(first[1])
        if own and _before(own).search(f"\n{text}"):
            return _OTHER
        if first[2] and own >= margin:
            return [self._once(self._item, piece, own) for piece in _pieces(_dashes(own), text)]
        if not first[2] and own > margin and _KEY.match(text, first.start(1)):
            return self._map(text, own)
        return _OTHER

    def _item(self, piece: str, margin: int) -> Any:
        item = _OTHER
        if len(piece) > _SHORT and (start := _KEY.match(piece, margin + 2)) is not None and not start[1]:
            item = self._below(f"{' ' * margin}  {piece[margin + 2 :]}", margin)
        if item is _OTHER:
            data = data_of(_ended(piece))
            if not isinstance(data, list) or len(data) != 1:
                raise ValueError(piece)
            item = data[0]
        return item


def _ended(piece: str) -> str:
    """A piece without blank lines at its end, which mean nothing there. Raises ValueError where they may belong to text."""
    content = piece.rstrip(" \n")
    blank = piece[len(content) :]
    if blank.count("\n") < 2:
        return piece
    # a text that ends without a break has one to the reader of YAML
    if _KEEPS.search(content) or (blank[-1] == " " and _BLOCK.search(content)):
        raise ValueError(piece)
    return content + blank[: blank.index("\n") + 1]


@lru_cache(64)
def _keys(margin: int) -> re.Pattern[str]:
    """Before a line that begins with so many blanks and something that is no item of a list and no comment."""
    return re.compile(rf"\n(?= {{{margin}}}[^ \n#-])")


@lru_cache(64)
def _before(margin: int) -> re.Pattern[str]:
    """A line with something in fewer blanks."""
    return re.compile(rf"\n {{0,{margin - 1}}}[^ \n]")


@lru_cache(64)
def _dashes(margin: int) -> re.Pattern[str]:
    return re.compile(rf"\n(?= {{{margin}}}-(?:[ \n]|$))")


def _pieces(breaks: re.Pattern[str], text: str) -> list[str]:
    """A text from each line that begins a piece to the next. Raises ValueError where something stands before the first."""
    before, *pieces = breaks.split("\n" + text)
    if not pieces or before.strip(" \n"):
        raise ValueError(text)
    # a break at its end belongs to text in a block
    return [*[f"{piece}\n" for piece in pieces[:-1]], *pieces[-1:]]
