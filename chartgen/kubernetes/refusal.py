"""What the API server refuses, as data, and how the functions of this package look at parts of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chartgen.diagnostics import Path
from chartgen.kubernetes.formats import Form


class Refusal(NamedTuple):
    """One thing that the API server would refuse: where, what is wrong, what is taken there."""

    path: Path
    what: str
    expected: str = ""


def items(node: Any, *keys: str) -> Iterator[tuple[Path, Any]]:
    """(path, item) of the list at `keys` below a node; nothing where there is no such list."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield (*keys, number), item


def mapped(node: Any) -> Mapping[str, Any]:
    """The node, if it is a map; an empty one for all else."""
    # asking for the type first is what makes it fast: nearly all are dicts
    return node if type(node) is dict or isinstance(node, Mapping) else {}


def part(node: Any, key: str) -> Mapping[str, Any]:
    """The map at `key`; an empty one where there is none."""
    return mapped(mapped(node).get(key))


def formed(value: Any, form: Form, path: Path, what: str) -> Iterator[Refusal]:
    """The refusal of text that has not the form; what is no text is left to others."""
    if isinstance(value, str) and (expected := form(value)):
        yield Refusal(path, f"{what}: {value}" if value else what, expected)


def below(path: Path, found: Iterator[Refusal]) -> Iterator[Refusal]:
    """The refusals of a part, at its place in the whole."""
    for refusal in found:
        yield Refusal((*path, *refusal.path), refusal.what, refusal.expected)
