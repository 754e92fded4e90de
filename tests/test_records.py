"""Records are what `typing.NamedTuple` would make of the same class bodies; patterns what `re.compile` would make of them."""

from __future__ import annotations

import importlib
import pickle
import re
import typing

import pytest

from chartgen import lazy_regex, records
from tests.test_imports import MODULES


class Place(records.NamedTuple):
    """A line of a file."""

    file: str
    line: int = 0
    words: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """True where the line is."""
        return self.line > 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Same(typing.NamedTuple):
    """A line of a file."""

    file: str
    line: int = 0
    words: tuple[str, ...] = ()


def test_a_record_is_a_named_tuple() -> None:
    place = Place("a", 2)
    assert place == ("a", 2, ()) == Same("a", 2)
    assert (Place._fields, Place._field_defaults, Place.__match_args__) == (
        Same._fields,
        Same._field_defaults,
        Same.__match_args__,
    )
    assert (Place.__name__, Place.__doc__, Place.__module__) == ("Place", "A line of a file.", __name__)
    assert (str(place), place.is_known, repr(place)) == ("a:2", True, "Place(file='a', line=2, words=())")
    assert place._replace(line=3) == Place("a", 3)
    assert pickle.loads(pickle.dumps(place)) == place
    assert not hasattr(place, "__dict__")
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]


def test_a_pattern_matches_as_re_has_it() -> None:
    lazy, at_once = lazy_regex.compile("(a)|B", re.IGNORECASE), re.compile("(a)|B", re.IGNORECASE)
    for text in ("xab", "A", "", "bb"):
        assert str(lazy.search(text)) == str(at_once.search(text))
        assert str(lazy.match(text)) == str(at_once.match(text))
        assert str(lazy.fullmatch(text)) == str(at_once.fullmatch(text))
        assert lazy.sub("-", text) == at_once.sub("-", text)
        assert lazy.split(text) == at_once.split(text)
        assert [each.span() for each in lazy.finditer(text)] == [each.span() for each in at_once.finditer(text)]
    assert (lazy.pattern, lazy.flags) == (at_once.pattern, at_once.flags)


def test_every_pattern_is_one() -> None:
    """One that is wrong would show only to whose file needs it."""
    kind = type(lazy_regex.compile(""))
    names = [f"chartgen.{name}" for name in MODULES if name != "__main__" and not name.endswith("__main__")]
    found = [
        value
        for name in names
        if not name.endswith("__init__")
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, kind)
    ]
    assert len(found) > 20
    for pattern in found:
        assert pattern.pattern
