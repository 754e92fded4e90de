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
    kube_version: str | None = None,
) -> list[Diagnostic]:
    """Every contradiction in the effective `values`, errors and warnings."""
    return []
