"""Parts of documents that several documents have: each is read once, and what is asked about it is asked once.

A template says the same in most of its lines whatever the values are. So its text is taken apart where plain maps and lists
are, line by line without reading them, and a part whose text was there before is the very same object as before, in
however many documents it stands. No one changes the data of a document, so what was found out about a part holds in all.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chartgen.kubernetes.asked import Asked
from chartgen.render.document import pruned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# from how many parts on all are forgotten
_MOST = 50_000
# characters of a part that is read as it is
_SHORT = 160
# a key that is plain text in any YAML, and what stands on its line
_KEY = re.compile(r"( *)(?!(?i:null|true|false):)([A-Za-z_][\w./-]*):(?: +(?=\S)|(?= *\n)|$)", re.ASCII)
# a block of text that keeps all breaks at its end, or of which nothing is seen yet
_KEEPS = re.compile(r"[|>][0-9-]*(?:\+|\Z)")
_BLOCK = re.compile(r"[|>]")
_FIRST = re.compile(r"(?: *\n)*( *)(-(?=[ \n]|$))?")


class Parts(Asked):
    """The parts of documents that were read, by their text, and answers about them."""

    __slots__ = ("_read",)

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, Any] = {}

    def read(self, text: str) -> Any:
        """The data of a document's text, without keys that hold null. Raises what the reader of YAML raises."""
        if len(self._read) > _MOST:
            self._read.clear()
        # a text may be of several documents
        if "\n---" not in text and "\n..." not in text:
            try:
                return self._map(text, 0)
            except Exception:
                # not as plain as it looked, or no YAML: the whole text tells
                pass
        return pruned(_parsed(text))

    def _map(self, text: str, margin: int) -> dict[str, Any]:
        """A map whose keys stand behind a margin of so many blanks."""
        found = {}
        for piece in _pieces(_keys(margin), text):
            start = _KEY.match(piece)
            if start is None or len(start[1]) != margin or start[2] in found:
                raise ValueError(piece)
            found[start[2]] = self._value(piece, start[2], start.end(), margin)
        return {key: item for key, item in found.items() if item is not None}

    def _value(self, piece: str, key: str, end: int, margin: int) -> Any:
        value = self._read.get(piece, self)
        if value is not self:
            return value
        value = self
        if len(piece) > _SHORT and (break_ := piece.find("\n", end)) >= 0 and not piece[end:break_].strip(" "):
            value = self._below(piece[break_ + 1 :], margin)
        if value is self:
            data = _parsed(_ended(piece))
            if data.keys() != {key}:
                raise ValueError(piece)
            value = pruned(data).get(key)
        self._read[piece] = value
        return value

    def _below(self, text: str, margin: int) -> Any:
        """What stands below a key; this object itself where it is no plain map or list."""
        first = _FIRST.match(text)
        assert first is not None
        own = len(first[1])
        if own and _before(own).search(f"\n{text}"):
            return self
        if first[2] and own >= margin:
            return [self._item(piece, own) for piece in _pieces(_dashes(own), text)]
        if not first[2] and own > margin and _KEY.match(text, first.start(1)):
            return self._map(text, own)
        return self

    def _item(self, piece: str, margin: int) -> Any:
        item = self._read.get(piece, self)
        if item is not self:
            return item
        if len(piece) > _SHORT and (start := _KEY.match(piece, margin + 2)) is not None and not start[1]:
            item = self._below(f"{' ' * margin}  {piece[margin + 2 :]}", margin)
        if item is self:
            (item,) = pruned(_parsed(_ended(piece)))
        self._read[piece] = item
        return item


def _parsed(text: str) -> Any:
    import yaml12

    return yaml12.parse_yaml(text)


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
