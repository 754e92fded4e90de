"""Values that know who reads them: what rules, templates and conditions see.

A section is read key by key, and each value that is read (never the section on the way to it) is noted by its path. A
value that is itself a map or a list counts as one. What was found to be wrong stands aside: whoever reads it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, ItemsView, Iterator, Mapping

from chartgen.diagnostics import Path, dotted
from chartgen.values import tree
from chartgen.values.memo import NOTHING, Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# the sections that there are, each with those in it
Sections = Mapping[str, "Sections"]


class SetAside(Exception):
    """Somebody reads a value that is wrong and stands aside; `path` is the value's."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{dotted(path)} is set aside")
        self.path = path


class Reads:
    """Where the paths that are read are noted: one for all sections of one view."""

    __slots__ = ("paths",)

    def __init__(self) -> None:
        self.paths: set[Path] = set()

    def of(self, reader: Callable[[], T]) -> tuple[T, frozenset[Path]]:
        """What `reader` returns, and the paths that it read; they count for whoever asks, too."""
        outer, self.paths = self.paths, set()
        try:
            value = reader()
            return value, frozenset(self.paths)
        finally:
            outer |= self.paths
            self.paths = outer

    def taken(self) -> frozenset[Path]:
        """The paths noted since the last call."""
        taken = frozenset(self.paths)
        self.paths.clear()
        return taken


class _Aside:
    """In the place of a value that is wrong."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Aside) and self.path == other.path


# in the place of a value that is not there
_NONE = object()


class Section(Mapping[str, "Any"]):
    """A section of the values. Reading a value notes its path; reading one that stands aside raises SetAside."""

    __slots__ = ("_below", "_items", "_said", "path", "reads")

    def __init__(self, items: Mapping[str, Any], path: Path, reads: Reads) -> None:
        self._said: dict[Hashable, tuple[Any, frozenset[Path]]] | None = None
        self._items, self.path, self.reads = items, path, reads
        self._below = {key: (*path, key) for key in items}

    def __getitem__(self, key: str) -> Any:
        item = self._items[key]
        if type(item) is Section:
            return item
        self.reads.paths.add(self._below[key])
        if type(item) is _Aside:
            raise SetAside(item.path)
        return item

    def get(self, key: str, default: Any = None) -> Any:
        if key in self._items:
            return self[key]
        # that there is no such key is an answer too
        self.reads.paths.add((*self.path, key))
        return default

    def __contains__(self, key: object) -> bool:
        self.reads.paths.add((*self.path, str(key)))
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        # who goes through all there is gets what can be trusted
        self.reads.paths.add(self.path)
        return (key for key, item in self._items.items() if type(item) is not _Aside)

    def items(self) -> ItemsView[str, Any]:
        return _Items(self)

    def trusted(self) -> Iterator[tuple[str, Any]]:
        """All that can be trusted, each value of it read."""
        paths = self.reads.paths
        paths.add(self.path)
        for key, item in self._items.items():
            kind = type(item)
            if kind is not Section:
                if kind is _Aside:
                    continue
                paths.add(self._below[key])
            yield key, item

    def under(self, keys: Collection[str]) -> Iterator[tuple[str, Any]]:
        """The sections in it, and what stands under some keys and can be trusted, each value of that read."""
        for key, item in self._items.items():
            if type(item) is Section:
                yield key, item
            elif key in keys:
                self.reads.paths.add(self._below[key])
                if type(item) is not _Aside:
                    yield key, item

    def once(self, name: Hashable, reader: Callable[[], T]) -> T:
        """What a reader of nothing but this section returns, which is asked once; who asks has read what it was made from."""
        if self._said is None:
            self._said = {}
        said = self._said.get(name)
        if said is None:
            said = self._said[name] = self.reads.of(reader)
        else:
            self.reads.paths |= said[1]
        answer: T = said[0]
        return answer

    def __len__(self) -> int:
        self.reads.paths.add(self.path)
        return len(self._items)

    @property
    def known(self) -> Mapping[str, Any]:
        """The keys that there are, for those who only look whether one is there before they read it."""
        return self._items

    def __hash__(self) -> int:
        return id(self)

    def changed(self, other: Section) -> set[Path]:
        """The paths of the values that are others in the other section, or in one of the two alone; nothing is read."""
        others = other._items
        more = () if others.keys() == self._items.keys() else others.keys() - self._items.keys()
        found = {(*self.path, key) for key in more}
        for key, mine in self._items.items():
            theirs = others.get(key, _NONE)
            if mine is theirs:
                continue
            if type(mine) is Section and type(theirs) is Section:
                found |= mine.changed(theirs)
            elif not tree.same(mine, theirs):
                found.add((*self.path, key))
        return found

    def plain(self) -> dict[str, Any]:
        """The section's values as a dict, all of them read."""
        return {key: item.plain() if isinstance(item, Section) else item for key, item in self.items()}


class _Items(ItemsView[str, "Any"]):
    """What a section holds, gone through at once instead of key by key."""

    _mapping: Section

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self._mapping.trusted()


def view(
    values: Mapping[str, Any], sections: Sections, aside: Collection[Path] = (), memo: Memo = NOTHING
) -> Section:
    """The values as rules and templates see them; what stands at the paths `aside`, or has one below it, is set aside.

    `values` hold every key that there is (`schema.complete`); a section that is no map stands aside in any case. A section
    that holds what it held, in the view that the memo has, is that section: both note what is read in one place.
    """
    reads = memo.of("reads", Reads)
    return _section((), memo, values, sections, reads, frozenset(aside))


_NOWHERE: frozenset[Path] = frozenset()


def _section(
    path: Path,
    memo: Memo,
    values: Mapping[str, Any],
    sections: Sections,
    reads: Reads,
    aside: frozenset[Path],
) -> Section:
    items: dict[str, Any] = dict(values)
    for key in items if aside else sections.keys() & items.keys():
        item, here = items[key], (*path, key)
        below = frozenset(wrong for wrong in aside if wrong[: len(here)] == here) if aside else _NOWHERE
        if key in sections and isinstance(item, Mapping) and here not in below:
            # the view of what can be trusted is another than that of all there is
            stage = "trusted" if below else "view"
            items[key] = memo.at(stage, here, _section, item, sections[key], reads, below)
        else:
            items[key] = _Aside(here) if below or key in sections else item
    for wrong in aside:
        # a key that was meant and is not there
        if len(wrong) == len(path) + 1:
            items.setdefault(str(wrong[-1]), _Aside(wrong))
    return Section(items, path, reads)


def content_at(section: Section, path: Path) -> Any:
    """What stands at a path, as plain data, a section in a dict and what is no data in a tuple; nothing is read."""
    node: Any = section
    for depth, key in enumerate(path):
        if type(node) is not Section:
            return ("below a value", depth)
        node = node.known.get(str(key), _NONE)
    if node is _NONE:
        return ("nothing",)
    if type(node) is _Aside:
        return ("aside", node.path)
    if type(node) is Section:
        return {key: content_at(node, (key,)) for key in node.known}
    return (node,)


def touches(read: Path, changed: Path) -> bool:
    """True if a value at one of the paths is a part of the value at the other, or that itself."""
    shorter = min(len(read), len(changed))
    return read[:shorter] == changed[:shorter]


if TYPE_CHECKING:
    # to a type checker it is the property that it is to whoever asks
    fact = property
else:

    class fact(property):
        """A property of an object with a `values` section, computed once; who asks for it has read what it was made from."""

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, owner: Any, kind: type) -> Any:
            known = owner.facts.get(self._name)
            reads: Reads = owner.values.reads
            if known is None:
                known = owner.facts[self._name] = reads.of(lambda: self.fget(owner))
            else:
                reads.paths |= known[1]
            return known[0]
