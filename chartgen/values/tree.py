"""Values as trees of maps and lists: what stands at a path, the same with something else there, copies, differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chartgen.diagnostics import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def at(data: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path; None where there is nothing."""
    for key in path:
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
            data = data[key]
        else:
            return None
    return data


def holds(data: Any, path: Sequence[str | int]) -> bool:
    """Whether maps lead to a key at the path, a null there included."""
    for key in path:
        if not isinstance(data, Mapping) or key not in data:
            return False
        data = data[key]
    return True


def replaced(data: Any, path: Path, value: Any) -> Any:
    """`data` with `value` at a path, on whose way maps are made where there are none; what is beside the way is shared."""
    if not path:
        return value
    copy: Any = list(data) if isinstance(data, list) else dict(data) if isinstance(data, Mapping) else {}
    key: Any = path[0]
    copy[key] = replaced(copy[key] if isinstance(copy, list) else copy.get(key), path[1:], value)
    return copy


def copied(data: Any) -> Any:
    """The same data in fresh maps and lists."""
    if isinstance(data, dict):
        # most of what there is, is no map
        return {key: copied(item) if isinstance(item, (dict, list)) else item for key, item in data.items()}
    if isinstance(data, list):
        return [copied(item) for item in data]
    return data


def same(left: Any, right: Any) -> bool:
    """True for equal data in which no boolean stands for a number, nor a fraction for a whole one, nor -0.0 for 0.0."""
    if left is right:
        return True
    if type(left) is type(right) and isinstance(left, (str, bool, int, type(None))):
        return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return repr(left) == repr(right)
    return type(left) is type(right) and bool(left == right)


def ordered(node: Any) -> Any:
    """The same data with the keys of each map in order."""
    if isinstance(node, Mapping):
        return {key: ordered(node[key]) for key in sorted(node, key=str)}
    return [ordered(item) for item in node] if isinstance(node, list) else node


def different(data: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    """What of `data` is other than in `standard`; None for what only `standard` has."""
    found: dict[str, Any] = {}
    for key in (*data, *(key for key in standard if key not in data)):
        value, other = data.get(key), standard.get(key)
        if value is other:
            continue
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            if below := different(value, other):
                found[key] = below
        elif not same(value, other):
            found[key] = value
    return found


def leaves(data: Any, path: Path = ()) -> Iterator[Path]:
    """The path of everything that is no map with keys."""
    if isinstance(data, Mapping) and data:
        for key, item in data.items():
            yield from leaves(item, (*path, key))
    else:
        yield path
