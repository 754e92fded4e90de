"""What the API server refuses, as data, and how the functions of this package look at parts of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from chartgen.diagnostics import Path
from chartgen.kubernetes.asked import Asked
from chartgen.kubernetes.formats import Form, unknown
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias


class Refusal(NamedTuple):
    """One thing that the API server would refuse: where, what is wrong, what is taken there."""

    path: Path
    what: str
    expected: str = ""


# yields what is refused in a part of an object, whatever stands around it
Judge: TypeAlias = "Callable[[Any], Iterable[Refusal]]"


def items(node: Any, *keys: str) -> Iterator[tuple[Path, Any]]:
    """(path, item) of the list at `keys` below a node; nothing where there is no such list."""
    for key in keys:
        node = mapped(node).get(key)
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield (*keys, number), item


def mapped(node: Any) -> Mapping[str, Any]:
    """The node, if it is a map; an empty one for all else."""
    # asking for the type first is what makes it fast: nearly all are dicts, or not there
    if type(node) is dict:
        return node
    return node if node is not None and isinstance(node, Mapping) else {}


def part(node: Any, key: str) -> Mapping[str, Any]:
    """The map at `key`; an empty one where there is none."""
    return mapped(mapped(node).get(key))


def once(node: Any, what: str, *keys: str) -> Iterator[Refusal]:
    """The entries of a list that have the same keys as one before.

    Server-side apply, with which Helm 4 installs, refuses them (Kubernetes: Server-Side Apply, “Merge strategy”: lists
    of type map), and other ways of making an object drop all but one. `protocol` is TCP where it is not given.
    """
    if not isinstance(node, list):
        return
    # hardly a list has two of a name
    if len({name for entry in node if type(name := mapped(entry).get(keys[0])) is str}) == len(node):
        return
    seen: set[tuple[Any, ...]] = set()
    for path, entry in items(node):
        given = mapped(entry)
        key = tuple(given.get(name) or ("TCP" if name == "protocol" else None) for name in keys)
        if not all(isinstance(value, (str, int)) and not unknown(value) for value in key):
            continue
        if key in seen:
            yield Refusal((*path, keys[0]), f"{what} {key[0]} is there twice", "each of them once")
        seen.add(key)


def formed(value: Any, form: Form, path: Path, what: str) -> Iterator[Refusal]:
    """The refusal of text that has not the form; what is no text is left to others."""
    if isinstance(value, str) and (expected := form(value)):
        yield Refusal(path, f"{what}: {value}" if value else what, expected)


def below(path: Path, found: Iterable[Refusal]) -> Iterator[Refusal]:
    """The refusals of a part, at its place in the whole."""
    for refusal in found:
        yield Refusal((*path, *refusal.path), refusal.what, refusal.expected)


def judged(judge: Judge, node: Any, asked: Asked) -> tuple[Refusal, ...]:
    """What a judge refuses in a part of an object, of which it is `asked` once."""
    return asked.once(judge, node, _all_of, judge)


def _all_of(node: Any, judge: Judge) -> tuple[Refusal, ...]:
    return tuple(judge(node))


def in_fields(node: Mapping[str, Any], judges: Mapping[str, Judge], asked: Asked) -> Iterator[Refusal]:
    """What is refused in the fields of a map that have judges."""
    for name, judge in judges.items():
        value = node.get(name)
        if value is not None and (found := asked.once(judge, value, _all_of, judge)):
            yield from below((name,), found)


def in_items(node: Any, judge: Judge, asked: Asked) -> Iterator[Refusal]:
    """What a judge refuses in the items of a list; nothing where there is no list."""
    known = asked.known(judge)
    for number, item in enumerate(node) if isinstance(node, list) else ():
        if found := (known.get(id(item)) or asked.found(judge, item, _all_of, judge))[1]:
            yield from below((number,), found)
