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
_EQUAL = frozenset((str, frozenset))


class Memo:
    """What functions came to last, by the name of each and of the part: the `most` answers to a name that were made last.

    Where a name is a tuple its end is the part: the key of a section, or a path.
    """

    __slots__ = ("_made", "_most", "_sections", "_seen")

    def __init__(self, most: int = 1) -> None:
        self._most = most
        # by what tells the given from all else: text by itself, and objects by their number, which is theirs while they are held
        self._made: dict[Hashable, dict[tuple[Hashable, ...], tuple[tuple[Any, ...], Any]]] = {}
        self._sections: frozenset[str] = frozenset()
        self._seen: dict[Hashable, dict[bytes, Any]] = {}

    def of(self, name: Hashable, make: Callable[..., T], *given: Any) -> T:
        """What `make` comes to for what is given; what it came to before where that was the very same.

        What it raises is raised, and not kept.
        """
        answers = self._made.get(name)
        mark = tuple([part if type(part) in _EQUAL else id(part) for part in given])
        if answers is None or (known := answers.get(mark)) is None:
            return self._kept(name, mark, given, make(*given))
        made: T = known[1]
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
        answers = self._made.get(name)
        mark = tuple([part if type(part) in _EQUAL else id(part) for part in given])
        if answers is None or (known := answers.get(mark)) is None:
            return self._kept(name, mark, given, make(path, self, *given))
        made: T = known[1]
        return made

    def _kept(self, name: Hashable, mark: tuple[Hashable, ...], given: tuple[Any, ...], made: T) -> T:
        answers = self._made.setdefault(name, {})
        answers[mark] = given, made
        self._bound(answers)
        return made

    def _bound(self, kept: dict[Any, Any]) -> None:
        if len(kept) > self._most:
            del kept[next(iter(kept))]

    def seen(self, name: Hashable, value: T) -> T:
        """The value; where it holds the same, in the same order, as what was seen before by this name, that: the very same."""
        kept = self._seen.setdefault(name, {})
        if kept and next(reversed(kept.values())) is value:
            return value
        # version 2 has no references, which would tell apart what is the same; marshal tells 1 from true and from 1.0
        data: Any = value
        held = marshal.dumps(data, 2)
        same: T = kept.setdefault(held, value)
        self._bound(kept)
        return same


def _section(part: Any) -> Any:
    return part[0] if isinstance(part, tuple) and part else part


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
