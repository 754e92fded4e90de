"""Applies mends to a values file, keeping comments, order and quotes."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from typing import Any

from chartgen.diagnostics import Mend


def apply(text: str, mends: Sequence[Mend]) -> str:
    """The YAML text with the mends applied; a mend whose place is gone, or whose target is taken, is left out."""
    if not mends:
        return text
    yaml = _round_trip()
    data = yaml.load(text)
    # deeper places first, so that a renamed parent does not hide its children
    for mend in sorted(mends, key=lambda one: -len(one.path)):
        parent = _node(data, mend.path[:-1])
        key = mend.path[-1]
        if parent is None or not _holds(parent, key):
            continue
        if mend.action == "replace":
            parent[key] = mend.to
        elif mend.action == "remove":
            del parent[key]
        elif mend.action == "rename" and isinstance(parent, dict) and mend.to not in parent:
            _rename(parent, key, str(mend.to))
        elif mend.action == "move":
            _move(data, parent, key, tuple(mend.to))
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def unified_diff(before: str, after: str, name: str) -> str:
    """What changed, as a unified diff; empty when nothing did."""
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))


def _round_trip() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    return yaml


def _node(data: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        if not _holds(data, key):
            return None
        data = data[key]
    return data


def _holds(node: Any, key: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(key, int) and key < len(node)
    return isinstance(node, dict) and key in node


def _rename(parent: Any, key: str | int, name: str) -> None:
    """The same entry in the same place under another name, its comments with it."""
    position = list(parent).index(key)
    comment = parent.ca.items.pop(key, None)
    value = parent.pop(key)
    parent.insert(position, name, value)
    if comment is not None:
        parent.ca.items[name] = comment


def _move(data: Any, parent: Any, key: str | int, target: tuple[str | int, ...]) -> None:
    """The value at another path, sections made on the way; nothing when something is there already."""
    node = data
    for step in target[:-1]:
        if step not in node or node[step] is None:
            node[step] = {}
        node = node[step]
        if not isinstance(node, dict):
            return
    if target[-1] in node:
        return
    node[target[-1]] = parent.pop(key)
