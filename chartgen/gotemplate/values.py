"""Go values as templates see them, as Python data: float for float64, int for Go's whole numbers, None for nil."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chartgen.values.helm_scalar import go_number

# what the text of something that is only known at install time begins with, see `chartgen.late`
_TOKEN = "\ufdd0"
# what Go prints for a value that is not there, and Helm takes away
NO_VALUE = "<no value>"


class Stops(ValueError):
    """Helm ends with an error at this place of the template."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Unknowable(ValueError):
    """What comes out is not known before the install, or not worked out here."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class PartlyKnown(dict[str, Any]):
    """What Helm gives every template, and each part of it of which only some entries are known here."""


class LooseText(str):
    """YAML that means what Helm's means, and may be spelt otherwise.

    `margin` is the number of spaces before its entries, which may be gone before the first.
    """

    def __new__(cls, text: str, margin: int = 0) -> LooseText:
        made = super().__new__(cls, text)
        made.margin = margin
        return made

    margin: int


def as_go_has_it(value: Any) -> Any:
    """Values as a template gets them: every number is a float64, a null has removed a default."""
    if isinstance(value, Mapping):
        return {key: as_go_has_it(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [as_go_has_it(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def is_late(value: Any) -> bool:
    """True if any text or entry in the value is not known yet, in whole or in part."""
    if isinstance(value, str):
        return _TOKEN in value
    if isinstance(value, PartlyKnown):
        return True
    if isinstance(value, dict):
        return any(is_late(key) or is_late(item) for key, item in value.items())
    return isinstance(value, list) and any(is_late(item) for item in value)


def keys_are_late(value: Mapping[str, Any]) -> bool:
    """True if there are keys in the map that are not known yet."""
    return isinstance(value, PartlyKnown) or is_late(list(value))


def weight(value: Any, most: int) -> int:
    """How many characters and values there are in a value, counted up to `most`."""
    counted = 0
    left = [value]
    while left and counted <= most:
        part = left.pop()
        # a value costs more than a character
        counted += 1 + len(part) if isinstance(part, str) else 20
        if isinstance(part, dict):
            left.extend(part)
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return counted


def truth(value: Any) -> bool:
    """What `if` makes of a value: nil, false, 0 and what is empty do not count."""
    return bool(value)


def shown(value: Any, at: int) -> str:
    """The text that Go prints for a value (the verb %v)."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return go_number(value)
    if isinstance(value, list):
        return "[" + " ".join(shown(item, at) for item in value) + "]"
    if isinstance(value, PartlyKnown):
        raise Unknowable("all that Helm knows is known to Helm alone", at)
    if keys_are_late(value):
        raise Unknowable("the order of its keys is not known", at)
    return "map[" + " ".join(f"{key}:{shown(value[key], at)}" for key in sorted(value)) + "]"
