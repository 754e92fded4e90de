"""What was made of parts of the values, kept while they are the very same: a letter in one section costs that section.

Values are data that nobody changes once they are read, so the same object holds the same. A section that is as it was keeps
its object from stage to stage, and each stage takes what it made of that object before.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable

from chartgen.diagnostics import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# what counts as the very same where it is equal: text, and sets of paths
_EQUAL = (str, frozenset)


class Memo:
    """What functions came to last, by the name of each and of the part: one answer to a name.

    Where a name is a tuple its end is the part: the key of a section, or a path.
    """

    __slots__ = ("_made", "_sections", "_seen")

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}
        self._sections: frozenset[str] = frozenset()
        self._seen: dict[Hashable, tuple[Any, bytes]] = {}

    def of(self, name: Hashable, make: Callable[..., T], *given: Any) -> T:
        """What `make` comes to for what is given; what it came to last where that was the very same.

        What it raises is raised, and not kept.
        """
        known = self._made.get(name)
        if known is not None and len(known[0]) == len(given) and all(map(_is_same, known[0], given)):
            made: T = known[1]
            return made
        made = make(*given)
        self._made[name] = given, made
        return made

    def only(self, sections: frozenset[str]) -> None:
        """Forgets what there is of other sections, such as one whose name is being typed."""
        gone = self._sections - sections
        self._sections = sections
        for kept in (self._made, self._seen) if gone else ():
            for name in [name for name in kept if isinstance(name, tuple) and _section(name[-1]) in gone]:
                del kept[name]

    def at(self, stage: str, path: Path, make: Callable[..., T], *given: Any) -> T:
        """The same for the part of values at a path: what `make` comes to for the path, this memo and what is given."""
        name = stage, path
        known = self._made.get(name)
        if known is not None and all(map(_is_same, known[0], given)):
            made: T = known[1]
            return made
        made = make(path, self, *given)
        self._made[name] = given, made
        return made

    def seen(self, name: Hashable, value: T) -> T:
        """The value; where it holds the same, in the same order, as what was seen last by this name, that: the very same."""
        last = self._seen.get(name)
        if last is not None and last[0] is value:
            return value
        # version 2 has no references, which would tell apart what is the same; marshal tells 1 from true and from 1.0
        data: Any = value
        held = marshal.dumps(data, 2)
        if last is not None and last[1] == held:
            same: T = last[0]
            return same
        self._seen[name] = value, held
        return value


def _section(part: Any) -> Any:
    return part[0] if isinstance(part, tuple) and part else part


def _is_same(left: Any, right: Any) -> bool:
    return left is right or (type(left) is type(right) and type(left) in _EQUAL and bool(left == right))


class _Nothing(Memo):
    """Keeps nothing, for values that are looked at once."""

    __slots__ = ()

    def of(self, name: Hashable, make: Callable[..., T], *given: Any) -> T:
        return make(*given)

    def at(self, stage: str, path: Path, make: Callable[..., T], *given: Any) -> T:
        return make(path, self, *given)

    def only(self, sections: frozenset[str]) -> None:
        pass

    def seen(self, name: Hashable, value: T) -> T:
        return value


NOTHING: Memo = _Nothing()
