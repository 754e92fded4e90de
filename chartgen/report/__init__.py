"""Findings as text, one format a module: FORMATS has them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report import github, json, junit, sarif, text

FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": text.written,
    "json": json.written,
    "github": github.written,
    "sarif": sarif.written,
    "junit": junit.written,
}
