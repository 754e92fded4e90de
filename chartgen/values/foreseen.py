"""What a reader of the values may read and may do with it, on any branch: what its syntax tree is read into.

A recording (`values.reads`) has what was read in one run; this has what any run can read. `"*"` in a path stands for a
key that only a run knows, or for any item of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chartgen.diagnostics import Path

# printed: its text is written. passed: it goes into a function or another text. decided: something depends on what it is
# (truth, comparison, iteration, arithmetic).
Use = Literal["printed", "passed", "decided"]
ANY = "*"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an expression: the places in the values that it may be, and the values that went into it."""

    places: frozenset[Path] = frozenset()
    made_from: frozenset[Path] = frozenset()

    def below(self, key: str) -> Known:
        """What stands at a key of it."""
        return Known(frozenset((*place, key) for place in self.places), self.made_from)

    def also(self, *others: Known) -> Known:
        """What is known of something that may be this or one of the others."""
        return Known(
            self.places.union(*(other.places for other in others)),
            self.made_from.union(*(other.made_from for other in others)),
        )

    def as_made(self) -> Known:
        """What is known of something that it went into."""
        return Known(frozenset(), self.made_from | self.places)


NOTHING = Known()


@dataclass(slots=True)
class Foreseen:
    """The values that may be read, by path, with what may be done with each."""

    uses: dict[Path, set[Use]] = field(default_factory=dict)
    _covered: dict[Path, bool] = field(default_factory=dict, compare=False, repr=False)

    def note(self, known: Known, use: Use) -> None:
        """Whoever does this with the expression reads all that it may be and was made from."""
        for path in known.places | known.made_from:
            self.uses.setdefault(path, set()).add(use)

    def add(self, other: Foreseen) -> None:
        """What another reader does counts for this one, too."""
        for path, uses in other.uses.items():
            self.uses.setdefault(path, set()).update(uses)

    def covers(self, path: Path) -> bool:
        """True if a read of the value at `path` was foreseen."""
        if path not in self._covered:
            self._covered[path] = any(matches(pattern, path) for pattern in self.uses)
        return self._covered[path]

    def may_decide(self, path: Path) -> bool:
        """True if something may depend on what the value at `path`, or a part of it, is."""
        return any("decided" in uses and matches(pattern, path) for pattern, uses in self.uses.items())


def matches(pattern: Path, path: Path) -> bool:
    """True if one of the two is at or above the other, with `"*"` in the pattern for any key."""
    return all(wanted in (ANY, key) for wanted, key in zip(pattern, path, strict=False))


def together(several: Iterable[Foreseen]) -> Foreseen:
    """What readers may read and do between them."""
    whole = Foreseen()
    for operand in several:
        whole.add(operand)
    return whole


Facts = Mapping[str, Foreseen]
