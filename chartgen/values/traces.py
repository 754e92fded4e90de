"""What readers of the values came to, kept by what they read: whoever reads nothing that is another comes to the same.

A template, a condition and a rule are functions of the values that they read (`values.reads` notes which). So an answer holds
for all values that hold the same in those places, of whatever file. Values are compared with those that were seen first: a
reader whose reads no difference touches gets the answer of those at the cost of two sets.
"""

from __future__ import annotations

import marshal
from collections import OrderedDict
from collections.abc import Callable, Hashable

from chartgen.diagnostics import Path
from chartgen.values.reads import Section, content_at, touches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

Read = frozenset[Path]
Key = tuple[tuple[Path, bytes], ...]
# of one reader; most values come to one of a few answers, and what each file makes another is not asked for again
_MOST = 24


class _Differences:
    """In what values differ from those that were seen first."""

    __slots__ = ("above", "content", "paths", "touched", "wide")

    def __init__(self, first: Section, values: Section) -> None:
        # each path with what stands there, as bytes that are the same for the same data alone
        self.content: list[tuple[Path, bytes]] = []
        self.above: dict[Path, list[int]] = {}
        # where a section stands in place of a value, or the other way round, and which: whoever reads below it is concerned,
        # too, and who would read below it notes nothing before that
        self.wide: dict[int, bytes] = {}
        for place, path in enumerate(sorted(first.changed(values), key=repr)):
            before, now = content_at(first, path), content_at(values, path)
            self.content.append((path, _bytes(now)))
            if isinstance(before, dict) or isinstance(now, dict):
                self.wide[place] = _bytes(isinstance(now, dict))
            for length in range(len(path) + 1):
                self.above.setdefault(path[:length], []).append(place)
        # beside another set, a set is gone through by the hashes that it has
        self.paths = frozenset(self.above)
        # who reads one of them and was asked about the first values; nothing is known of that where sections came or went
        self.touched: set[Hashable] | None = None

    def key(self, read: Read) -> Key:
        """What of them a reader sees that reads this."""
        above = self.above
        if not self.wide:
            if read.isdisjoint(self.paths):
                return ()
            met = self.paths & read
            if len(met) == 1:
                places = above[next(iter(met))]
                return tuple([self.content[place] for place in places])
        else:
            met = self.paths & read
        seen = {place for path in met for place in above[path]}
        seen |= {place for place in self.wide if any(touches(self.content[place][0], path) for path in read)}
        passed = [
            (self.content[place][0], is_section)
            for place, is_section in self.wide.items()
            if place not in seen
        ]
        return (*[self.content[place] for place in sorted(seen)], *passed)


def _bytes(content: Any) -> bytes:
    # version 2 has no references to what was written before, which would tell apart what is the same
    return marshal.dumps(content, 2)


class Traces:
    """The answers of readers, by the name of each. They hold for one version of all that is no value: templates, rules."""

    __slots__ = ("_answers", "_differences", "_first", "_of_first", "_readers", "_values", "most")

    def __init__(self, most: int = _MOST) -> None:
        self.most = most
        self._first: Section | None = None
        self._values: Section | None = None
        self._differences: _Differences | None = None
        self._answers: dict[Hashable, OrderedDict[Read, OrderedDict[tuple[Hashable, Key], Any]]] = {}
        # of each reader an answer to the first values, with what decided on it, too; and by each path who has read it for one
        self._of_first: dict[Hashable, tuple[Hashable, Any, Read]] = {}
        self._readers: dict[Path, set[Hashable]] = {}

    def _between(self, values: Section) -> _Differences:
        if self._first is None:
            self._first = values
        if self._differences is None or self._values is not values:
            between = _Differences(self._first, values)
            self._values, self._differences = values, between
            if not between.wide:
                known = self._readers
                between.touched = set().union(*(known[path] for path in between.paths & known.keys()))
        return self._differences

    def of(
        self,
        name: Hashable,
        values: Section,
        reader: Callable[[], T],
        besides: Read = frozenset(),
        also: Hashable = None,
    ) -> tuple[T, Read]:
        """What `reader` returns and the paths that it read, with those that were read `besides` for it; the answer to the
        same values where there was one. What is no value and decides on the answer, too, stands in `also`.

        The paths count for whoever asks, too. What `reader` raises is raised, and not kept.
        """
        between = self._between(values)
        # most readers read nothing that is another than in the first values
        first = self._to_first(name, also, between, values)
        if first is not None:
            return first
        answers = self._answers.get(name)
        if answers is None:
            answers = self._answers[name] = OrderedDict()
        for read, by_key in answers.items():
            key = also, between.key(read)
            answer = by_key.get(key, _NONE)
            if answer is not _NONE:
                if len(by_key) > 1:
                    by_key.move_to_end(key)
                if len(answers) > 1:
                    answers.move_to_end(read)
                values.reads.paths |= read
                return answer, read
        answer, read = values.reads.of(reader)
        if besides:
            read |= besides
            values.reads.paths |= besides
        if sum(map(len, answers.values())) >= self.most:
            oldest = next(iter(answers))
            answers[oldest].popitem(last=False)
            if not answers[oldest]:
                del answers[oldest]
        by_key = answers.setdefault(read, OrderedDict())
        differing = between.key(read)
        by_key[also, differing] = answer
        answers.move_to_end(read)
        if not differing:
            self._keep(name, also, answer, read)
        return answer, read

    def unmoved(self, name: Hashable, values: Section, reader: Callable[[], T], also: Hashable = None) -> T:
        """What `reader` returned for the values that were seen first, where it has read nothing that is another; else what it
        returns now, which is kept by those that it asks."""
        between = self._between(values)
        first = self._to_first(name, also, between, values)
        if first is not None:
            known: T = first[0]
            return known
        answer, read = values.reads.of(reader)
        if not between.key(read):
            self._keep(name, also, answer, read)
        return answer

    def _to_first(
        self, name: Hashable, also: Hashable, between: _Differences, values: Section
    ) -> tuple[Any, Read] | None:
        """The answer to the first values, where it is that to others, too; what it was made from counts as read."""
        if between.touched is None or name in between.touched:
            return None
        first = self._of_first.get(name)
        if first is None or first[0] != also:
            return None
        values.reads.paths |= first[2]
        return first[1:]

    def _keep(self, name: Hashable, also: Hashable, answer: Any, read: Read) -> None:
        # one of a reader, however many decide on its answers
        if name not in self._of_first:
            self._of_first[name] = also, answer, read
            for path in read:
                self._readers.setdefault(path, set()).add(name)


_NONE: Any = object()
