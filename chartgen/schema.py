"""The values' schema: defaults, and validation that explains itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from chartgen import paths
from chartgen.diagnostics import Diagnostic

if TYPE_CHECKING:
    from chartgen.source import Source



@cache
def defaults() -> dict[str, Any]:
    """The default of every value, nested; shared, not to be changed."""
    loaded: dict[str, Any] = json.loads((paths.SCHEMA / "defaults.json").read_bytes())
    return loaded


def complete(effective: Mapping[str, Any]) -> dict[str, Any]:
    """Effective values in which a default that a null removed is there as None, for readers to ask about."""
    return _complete(effective, defaults())


def _complete(given: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(given)
    for key, default in standard.items():
        value = whole.get(key)
        if isinstance(default, dict) and isinstance(value, dict):
            whole[key] = _complete(value, default)
        elif key not in whole:
            whole[key] = None
    return whole


def check(
    effective: Mapping[str, Any], user: Mapping[str, Any], sources: Sequence[Source], *, strict: bool
) -> list[Diagnostic]:
    """What is wrong with the values' names and shapes."""
    return []
