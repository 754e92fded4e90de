"""Cross-field rules: each reads everything, changes nothing, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chartgen.diagnostics import Diagnostic
from chartgen.settings import Settings
from chartgen.source import Source


def check(
    values: Mapping[str, Any],
    settings: Settings,
    user: Mapping[str, Any],
    sources: Sequence[Source],
    *,
    strict: bool = True,
) -> list[Diagnostic]:
    """Every contradiction in the effective `values`, errors and warnings."""
    return []


def broken_sections(values: Mapping[str, Any], sources: Sequence[Source]) -> list[Diagnostic]:
    """The sections (maps that every template reads through) that are something other than a map."""
    return []
