"""Do values have the shapes that the schema gives them? Yes or no, and fast: `validator` explains a no.

A reader of the JSON Schema keywords that `schema/` uses, because starting one of the general validators takes longer
than everything else that `chartgen check` does. Tests prove that it decides as jsonschema does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

LONGEST = 10_000

Shape: TypeAlias = "Mapping[str, Any] | bool"
# of these, two of one type that are equal are the same
_SIMPLE = (str, bool, int)

# no instance is known to fit: a value that no document holds
_UNKNOWN = object()


def fits(value: Any, shape: Shape, definitions: Mapping[str, Shape], known: Any = _UNKNOWN) -> bool:
    """True if `value` has the shape, in which `$ref` names one of the `definitions`.

    `known` is a value that has the shape for certain, such as the default: parts of `value` that are the very same
    objects are passed over.
    """
    if value is known:
        return True
    if isinstance(shape, bool):
        return shape
    if "$ref" in shape:
        # draft-07: what stands beside a reference does not count
        return fits(value, definitions[shape["$ref"].removeprefix("#/$defs/")], definitions, known)
    return all(
        _KEYWORDS[keyword](value, wanted, shape, definitions, known) for keyword, wanted in shape.items()
    )


def is_same(value: Any, known: Any) -> bool:
    """True for the very same object, and for a text, switch or whole number that is spelt out."""
    return value is known or (type(value) is type(known) and type(value) in _SIMPLE and bool(value == known))


def unread(shape: Shape) -> set[str]:
    """The keywords that a shape uses, itself and below, and that `fits` cannot read."""
    if isinstance(shape, bool):
        return set()
    found = set(shape) - _KEYWORDS.keys()
    for keyword, wanted in shape.items():
        if keyword in ("properties", "patternProperties", "$defs"):
            found.update(*map(unread, wanted.values()))
        elif keyword in ("allOf", "anyOf", "oneOf"):
            found.update(*map(unread, wanted))
        elif keyword in ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"):
            found |= unread(wanted)
    return found


def matches(pattern: str, text: str) -> bool:
    """True if the pattern is found in the text; its `$` is the very end, as for Helm and editors.

    Patterns are for names, amounts and the like: text of more than `LONGEST` characters matches none, as the memory
    that Python's matcher takes grows with it.
    """
    if len(text) > LONGEST:
        return False
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1] + r"\Z"
    return re.search(pattern, text) is not None


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _number,
    "integer": lambda value: _number(value) and (isinstance(value, int) or value.is_integer()),
}


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON has it: true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


Reader: TypeAlias = "Callable[[Any, Any, Mapping[str, Any], Mapping[str, Shape], Any], bool]"


def _type(value: Any, wanted: str | Sequence[str], *_: Any) -> bool:
    return any(_TYPES[kind](value) for kind in ([wanted] if isinstance(wanted, str) else wanted))


def _properties(
    value: Any, wanted: Mapping[str, Shape], _: Any, definitions: Mapping[str, Shape], known: Any
) -> bool:
    if not isinstance(value, dict):
        return True
    same = known if isinstance(known, dict) else {}
    for key, item in value.items():
        part = same.get(key, _UNKNOWN)
        # most values are defaults: no need to ask `fits` for those
        if is_same(item, part):
            continue
        if key in wanted and not fits(item, wanted[key], definitions, part):
            return False
    return True


def _pattern_properties(
    value: Any, wanted: Mapping[str, Shape], _: Any, definitions: Mapping[str, Shape], known: Any
) -> bool:
    return not isinstance(value, dict) or all(
        fits(item, shape, definitions, _part(known, key))
        for pattern, shape in wanted.items()
        for key, item in value.items()
        if matches(pattern, key)
    )


def _additional_properties(
    value: Any, wanted: Shape, beside: Mapping[str, Any], definitions: Mapping[str, Shape], known: Any
) -> bool:
    if not isinstance(value, dict) or wanted is True:
        return True
    named, patterns = beside.get("properties", {}), beside.get("patternProperties", {})
    return all(
        fits(item, wanted, definitions, _part(known, key))
        for key, item in value.items()
        if key not in named and not any(matches(pattern, key) for pattern in patterns)
    )


def _part(known: Any, key: str) -> Any:
    return known.get(key, _UNKNOWN) if isinstance(known, dict) else _UNKNOWN


def _items(value: Any, wanted: Shape, _: Any, definitions: Mapping[str, Shape], *__: Any) -> bool:
    return not isinstance(value, list) or all(fits(item, wanted, definitions) for item in value)


def _conditional(
    value: Any, test: Shape, shape: Mapping[str, Any], definitions: Mapping[str, Shape], _: Any
) -> bool:
    return fits(value, shape.get("then" if fits(value, test, definitions) else "else", True), definitions)


def _nothing(*_: Any) -> bool:
    """For what another keyword reads."""
    return True


_KEYWORDS: dict[str, Reader] = {
    "$defs": _nothing,
    "$ref": _nothing,
    "$schema": _nothing,
    "type": _type,
    "enum": lambda value, wanted, *_: any(_same(value, option) for option in wanted),
    "const": lambda value, wanted, *_: _same(value, wanted),
    "allOf": lambda value, wanted, _, definitions, known: all(
        fits(value, option, definitions, known) for option in wanted
    ),
    "anyOf": lambda value, wanted, _, definitions, *__: any(
        fits(value, option, definitions) for option in wanted
    ),
    "oneOf": lambda value, wanted, _, definitions, *__: (
        sum(fits(value, option, definitions) for option in wanted) == 1
    ),
    "not": lambda value, wanted, _, definitions, *__: not fits(value, wanted, definitions),
    "if": _conditional,
    "then": _nothing,
    "else": _nothing,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "required": lambda value, wanted, *_: not isinstance(value, dict) or all(key in value for key in wanted),
    "propertyNames": lambda value, wanted, _, definitions, *__: (
        not isinstance(value, dict) or all(fits(key, wanted, definitions) for key in value)
    ),
    "minProperties": lambda value, wanted, *_: not isinstance(value, dict) or len(value) >= wanted,
    "maxProperties": lambda value, wanted, *_: not isinstance(value, dict) or len(value) <= wanted,
    "items": _items,
    "minItems": lambda value, wanted, *_: not isinstance(value, list) or len(value) >= wanted,
    "maxItems": lambda value, wanted, *_: not isinstance(value, list) or len(value) <= wanted,
    "pattern": lambda value, wanted, *_: not isinstance(value, str) or matches(wanted, value),
    "minLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) >= wanted,
    "maxLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) <= wanted,
    "minimum": lambda value, wanted, *_: not _number(value) or value >= wanted,
    "maximum": lambda value, wanted, *_: not _number(value) or value <= wanted,
    "exclusiveMinimum": lambda value, wanted, *_: not _number(value) or value > wanted,
    "exclusiveMaximum": lambda value, wanted, *_: not _number(value) or value < wanted,
}
