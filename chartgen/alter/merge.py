"""Strategic merge, as the API server does it: maps merge, lists do by their merge keys, directives replace and delete.

Source: "Update API Objects in Place Using kubectl patch" of Kubernetes' documentation, and "Strategic Merge Patch" of its
API conventions.
"""

from __future__ import annotations

from typing import Any

from chartgen.diagnostics import Path
from chartgen.kubernetes import merge_keys
from chartgen.values import tree

_DIRECTIVE, _RETAIN, _DELETE_FROM = "$patch", "$retainKeys", "$deleteFromPrimitiveList/"


class Misfit(Exception):
    """A patch that does not fit the object: `path` is the place in the patch, with what is wrong and what would be right."""

    def __init__(self, path: Path, what: str, expected: str = "") -> None:
        self.path, self.what, self.expected = path, what, expected
        super().__init__(what)


class _Gone:
    """What stands for something that is deleted."""


GONE: Any = _Gone()


def merged(data: Any, patch: Any, kind: str, *, lists: bool) -> Any:
    """The object with a patch merged in; `GONE` where the patch deletes it. `lists` says whether lists with keys merge.

    Raises Misfit.
    """
    return _merged(data, patch, (), (), kind if lists else "")


def _merged(data: Any, patch: Any, path: Path, place: Path, kind: str) -> Any:
    """`path` is the place in the object, `place` the one in the patch; without `kind` lists are replaced."""
    if isinstance(patch, dict):
        return _map(data if isinstance(data, dict) else {}, patch, path, place, kind)
    if isinstance(patch, list) and kind and path:
        return _list(data if isinstance(data, list) else [], patch, path, place, kind)
    return tree.copied(patch)


def _map(data: dict[Any, Any], patch: dict[Any, Any], path: Path, place: Path, kind: str) -> Any:
    directive = patch.get(_DIRECTIVE)
    if directive == "delete":
        return GONE
    if directive not in (None, "replace", "merge"):
        raise Misfit((*place, _DIRECTIVE), f"there is no directive {directive}", "replace, delete or merge")
    given = {key: item for key, item in patch.items() if not str(key).startswith("$")}
    _check_directives(patch, place, kind)
    if directive == "replace" or (kind and path and merge_keys.is_replaced(kind, path)):
        return tree.copied(given)
    out = dict(data)
    for key, item in given.items():
        if item is None:
            out.pop(key, None)
            continue
        result = _merged(out.get(key), item, (*path, key), (*place, key), kind)
        if result is GONE:
            out.pop(key, None)
        else:
            out[key] = result
    for key, items in patch.items():
        if str(key).startswith(_DELETE_FROM):
            field = key.removeprefix(_DELETE_FROM)
            if isinstance(out.get(field), list) and isinstance(items, list):
                out[field] = [item for item in out[field] if item not in items]
    if _RETAIN in patch:
        out = {key: item for key, item in out.items() if key in patch[_RETAIN]}
    return out


def _check_directives(patch: dict[Any, Any], place: Path, kind: str) -> None:
    for key, item in patch.items():
        if not str(key).startswith("$") or key == _DIRECTIVE:
            continue
        if key != _RETAIN and not str(key).startswith(_DELETE_FROM):
            raise Misfit(
                (*place, key),
                f"there is no directive {key}",
                f"{_DIRECTIVE}, {_RETAIN} or {_DELETE_FROM}FIELD",
            )
        if not isinstance(item, list):
            raise Misfit((*place, key), f"{key} has a list", "such as [name, emptyDir]")


def _list(data: list[Any], patch: list[Any], path: Path, place: Path, kind: str) -> list[Any]:
    # `- $patch: replace` has the list replaced by the other items
    if {_DIRECTIVE: "replace"} in patch:
        return [tree.copied(item) for item in patch if item != {_DIRECTIVE: "replace"}]
    if merge_keys.is_joined(path):
        return [*data, *(item for item in patch if item not in data)]
    key = merge_keys.key(kind, path)
    if key is None:
        for number, item in enumerate(patch):
            if isinstance(item, dict) and item.get(_DIRECTIVE) == "delete":
                raise Misfit(
                    (*place, number), f"{path[-1]} has no key to merge by, so none of it can be deleted",
                    "the whole list, or a patch as json",
                )  # fmt: skip
        return [tree.copied(item) for item in patch]
    out = list(data)
    for number, item in enumerate(patch):
        where = (*place, number)
        if not isinstance(item, dict) or item.get(key) is None:
            raise Misfit(where, f"items of {path[-1]} are told apart by {key}", f"an item with {key}")
        index = next(
            (at for at, known in enumerate(out) if isinstance(known, dict) and known.get(key) == item[key]),
            None,
        )
        before = out[index] if index is not None else {}
        result = _merged(before, item, (*path, len(out) if index is None else index), where, kind)
        if result is GONE:
            if index is None:
                raise Misfit(where, f"there is none with {key} {item[key]}", _known(out, key))
            del out[index]
        elif index is None:
            out.append(result)
        else:
            out[index] = result
    return out


def _known(items: list[Any], key: str) -> str:
    return ", ".join(str(item[key]) for item in items if isinstance(item, dict) and key in item) or "nothing"
