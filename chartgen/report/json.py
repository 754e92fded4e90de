"""Findings for programs, in the shape of schema/report.schema.json."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic, dotted, single
from chartgen.report.finding import by_place
from chartgen.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1


def written(diagnostics: Sequence[Diagnostic], **product: Any) -> str:
    """`version`, `diagnostics`, how many there are of each severity, and what a command has to show besides."""
    errors = sum(finding.severity == "error" for finding in diagnostics)
    report = {
        "version": VERSION,
        "tool": f"chartgen {__version__}",
        "errors": errors,
        "warnings": sum(finding.severity == "warning" for finding in diagnostics),
        "diagnostics": [as_data(finding) for finding in by_place(diagnostics)],
        **product,
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def as_data(finding: Diagnostic) -> dict[str, Any]:
    """One finding as JSON data (the shape of schema/report.schema.json)."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "path": dotted(finding.path),
        "spans": [
            {
                "source": span.source,
                "line": max(1, span.line),
                "column": max(1, span.column),
                "endColumn": max(1, span.end_column, span.column),
            }
            for span in finding.spans
        ],
        "found": finding.found,
        "expected": finding.expected,
        "hint": finding.hint,
        "fixable": any(told.mend for told in single([finding])),
        "parts": [as_data(part) for part in finding.parts],
        "charts": list(finding.charts),
    }
