"""The schema of the values as data: defaults, the document that editors get, the shapes that decide."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from chartgen import bundle
from chartgen.diagnostics import Path, dotted
from chartgen.values import reads, tree
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.reads import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# the first word of what the schema tells editors about a pattern or an enum
EXPECTED = "Expected "
# a part of a node that is there for editors only; it holds what the node says in its place to everybody else
FOR_EDITORS = "x-for-editors"


@cache
def defaults() -> dict[str, Any]:
    """The default of every value, nested; shared, not to be changed."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/defaults.json"))
    return loaded


@cache
def sections() -> dict[str, Any]:
    """The sections that there are, each with those in it: all that is no value itself."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/sections.json"))
    return loaded


@cache
def document() -> dict[str, Any]:
    """The JSON Schema of the values (draft-07) with the texts that editors get, without what only they need."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/values.schema.json"), object_hook=_plain)
    return loaded


def _plain(node: dict[str, Any]) -> dict[str, Any]:
    for keyword in ("allOf", "anyOf"):
        parts = node.get(keyword)
        if isinstance(parts, list) and FOR_EDITORS in parts[-1]:
            node.update(parts.pop()[FOR_EDITORS])
            if not parts:
                del node[keyword]
    return node


@cache
def shape() -> dict[str, Any]:
    """The schema without its texts, which only readers need."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/shapes.json"))
    return loaded


@cache
def texts() -> dict[str, str]:
    """What each value holds that may be text in place of a map or list: `yaml` or `json`, by its dotted path."""
    loaded: dict[str, str] = json.loads(bundle.read("schema/texts.json"))
    return loaded


@cache
def texts_of(kind: str) -> tuple[str, ...]:
    """The dotted paths of the values whose text holds this, `yaml` or `json`."""
    return tuple(path for path, holds in texts().items() if holds == kind)


@cache
def below(section: str) -> tuple[str, ...]:
    """The dotted paths of the values in a section, and in the sections in it."""
    path = tuple(section.split("."))
    return tuple(
        dotted(place)
        for place, default in _walked(tree.at(defaults(), path), path)
        if not (isinstance(default, dict) and default)
    )


@cache
def referring(definition: str) -> tuple[str, ...]:
    """The dotted paths of the values that are what a shared definition of `schema/_defs.yaml` says."""
    reference = {"$ref": f"#/$defs/{definition}"}

    def walk(node: Mapping[str, Any], path: Path) -> Iterator[str]:
        if reference in (node, *node.get("allOf", ())):
            yield dotted(path)
        for key, below in node.get("properties", {}).items():
            yield from walk(below, (*path, key))

    return tuple(walk(shape(), ()))


def complete(effective: Mapping[str, Any], memo: Memo = NOTHING) -> dict[str, Any]:
    """Effective values in which a default that a null removed is there as None, for readers to ask about."""
    return _complete((), memo, effective, defaults())


def _complete(
    path: Path, memo: Memo, given: Mapping[str, Any], standard: Mapping[str, Any]
) -> dict[str, Any]:
    whole = dict(given)
    missing = False
    for key, default in standard.items():
        value = whole.get(key)
        if value is default and key in whole:
            continue
        if isinstance(default, dict) and isinstance(value, dict):
            whole[key] = memo.at("complete", (*path, key), _complete, value, default)
        elif key not in whole:
            missing = True
            # a section of unset values reads the same with its keys or without
            whole[key] = memo.at("unset", (*path, key), _unset, default)
    # whoever goes through a section meets the same values in the same order
    return {key: whole[key] for key in {**standard, **whole}} if missing else whole


def _unset(path: Path, memo: Memo, default: Any) -> dict[str, Any] | None:
    return _complete(path, memo, {}, default) if unset(default) else None


def settled(effective: Mapping[str, Any], memo: Memo = NOTHING) -> dict[str, Any]:
    """Effective values in the order of the defaults, with the settings that have none, whether a null removed them or not:
    nobody reads a difference there."""
    return _settled((), memo, effective, defaults())


def _settled(
    path: Path, memo: Memo, given: Mapping[str, Any], standard: Mapping[str, Any]
) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for key, default in standard.items():
        if key in given:
            value = given[key]
            both = value is not default and isinstance(default, dict) and isinstance(value, dict)
            whole[key] = memo.at("settled", (*path, key), _settled, value, default) if both else value
        elif default is None:
            whole[key] = None
    return {**whole, **{key: value for key, value in given.items() if key not in whole}}


def unset(default: Any) -> bool:
    """True for a section of values that all have no default."""
    return isinstance(default, dict) and bool(default) and all(value is None for value in default.values())


def view(complete: Mapping[str, Any], aside: Collection[Path] = (), memo: Memo = NOTHING) -> Section:
    """Complete values as rules and templates see them; what stands at the paths `aside`, or above one, is set aside."""
    return reads.view(complete, sections(), aside, memo)


@cache
def leaves() -> dict[Path, Any]:
    """Every known path below the top, sections included, with its default."""
    return dict(_walked(defaults(), ()))


def _walked(node: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in node.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from _walked(value, (*path, key))
