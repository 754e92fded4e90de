"""Findings in reviewdog's format, which posts them to most places where code is reviewed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic, Span
from chartgen.report.finding import by_place, relative, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# reviewdog's own words
_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """One DiagnosticResult (reviewdog's proto/rdf) with a diagnostic for each finding."""
    result = {
        "source": {"name": "chartgen"},
        "diagnostics": [_diagnostic(finding) for finding in by_place(diagnostics)],
    }
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(finding: Diagnostic) -> dict[str, Any]:
    data: dict[str, Any] = {
        "message": sentence(finding),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code},
        "location": _location(finding.spans[0]) if finding.spans else {"path": "values"},
    }
    if finding.spans[1:]:
        data["relatedLocations"] = [{"location": _location(span)} for span in finding.spans[1:]]
    return data


def _location(span: Span) -> dict[str, Any]:
    place: dict[str, Any] = {"path": relative(span.source)}
    if span.line:
        place["range"] = {"start": _position(span, span.column)}
        if span.end_column > span.column:
            place["range"]["end"] = _position(span, span.end_column)
    return place


def _position(span: Span, column: int) -> dict[str, int]:
    """Columns are counted in bytes of UTF-8 there."""
    before = span.text[: column - 1]
    return {"line": span.line, "column": column + len(before.encode(errors="surrogatepass")) - len(before)}
