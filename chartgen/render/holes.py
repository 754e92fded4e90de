"""Holes: text in the place of names that each file of a fleet has for itself, and of checksums that depend on them.

A hole is text that no source may hold, as what only an install knows is (`chartgen.late`): joining, JSON and shell quoting work
on it unchanged. Whoever compares it, or makes something else of it than text with the whole hole in it, depends on the name.
"""

from __future__ import annotations

import hashlib

from chartgen import lazy_regex
from chartgen.diagnostics import Path
from chartgen.late import CLOSE, HOLE, OPEN, TOKEN

# the sections and keys of the names
_NAMES: tuple[tuple[str, str], ...] = (("global", "datacenter"),)


class NoForm(Exception):
    """Something depends on what is to be filled into a hole."""


class Hole(str):
    """A hole in the place of a name. To compare it with anything but no text raises NoForm."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, str) and (not other or str.__eq__(self, other)):
            return bool(other)
        raise NoForm(self)

    def __ne__(self, other: object) -> bool:
        return not self == other


# by where a name stands, its hole
HOLES = {place: Hole(f"{HOLE}{'.'.join(place)}{CLOSE}") for place in _NAMES}
# how that of a checksum begins, and any of them, whole
_SUM = f"{HOLE}sum."
_ANY = lazy_regex.compile(f"{_SUM}[0-9a-f]{{64}}{CLOSE}|{'|'.join(HOLES.values())}".replace(".", r"\."))


class Checksums:
    """Holes for the checksums of texts that have holes themselves, and these texts by them."""

    __slots__ = ("texts",)

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def hole(self, text: str) -> str:
        """The hole for the checksum of a text."""
        made = f"{_SUM}{hashlib.sha256(text.encode()).hexdigest()}{CLOSE}"
        self.texts[made] = text
        return made


def has_hole(text: str) -> bool:
    """Whether there are holes in a text; raises NoForm where something else was made of one."""
    rest = TOKEN.sub("", text)
    without = _ANY.sub("", rest)
    if OPEN in without or CLOSE in without:
        raise NoForm(text)
    return without != rest


def is_read(read: frozenset[Path]) -> bool:
    """Whether one of the paths is that of a name, or above it."""
    return any(place[:length] in read for place in HOLES for length in range(len(place) + 1))
