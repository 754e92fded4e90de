"""Diagnostics as text, json, github annotations, sarif and junit: one function a format, FORMATS at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from chartgen import __version__
from chartgen.diagnostics import Diagnostic, Span, dotted

JSON_VERSION = 1
_SARIF_LEVEL = {"error": "error", "warning": "warning"}


def by_place(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order in which a reader meets their places; those without a place come first."""

    def place(one: Diagnostic) -> tuple[str, int, int, str]:
        span = one.spans[0] if one.spans else Span("", 0, 0)
        return span.source, span.line, span.column, one.code

    return sorted(diagnostics, key=place)


def text(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """For people: each finding with its source line underlined; a count at the end."""
    paint = _paint if colour else _plain
    blocks = []
    for one in by_place(diagnostics):
        tone = "31;1" if one.severity == "error" else "33;1"
        lines = [f"{paint(one.severity, tone)}[{one.code}]: {paint(one.message, '1')}"]
        width = max((len(str(span.line)) for span in one.spans), default=1)
        margin = " " * width
        for span in one.spans:
            lines.append(f"{margin}{paint('-->', '34')} {span.source}:{span.line}:{span.column}")
            if span.text:
                lines.extend(_excerpt(span, width, tone, paint))
        for label, detail in (("found", one.found), ("expected", one.expected), ("hint", one.hint)):
            if detail:
                lines.append(f"{margin} {paint('= ' + label, '36')}: {detail}")
        if not one.spans and one.path:
            lines.append(f"{margin} {paint('= at', '36')}: {dotted(one.path)}")
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, _count(diagnostics)]) + "\n" if diagnostics else ""


def _excerpt(span: Span, width: int, tone: str, paint: Callable[[str, str], str]) -> list[str]:
    # a very long line is shown around the place it is about
    start = max(0, span.column - 60) if len(span.text) > 120 else 0
    shown = span.text[start : start + 120].expandtabs(1)
    length = max(1, min(span.end_column or span.column + 1, start + 121) - span.column)
    bar = paint("|", "34")
    underline = " " * (span.column - 1 - start) + paint("^" * length, tone)
    return [
        f"{' ' * width} {bar}",
        f"{paint(str(span.line).rjust(width), '34')} {bar} {shown}",
        f"{' ' * width} {bar} {underline}",
    ]


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    errors = sum(one.severity == "error" for one in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [
        f"{number} {word}{'s' * (number != 1)}"
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    return ", ".join(parts)


def _paint(words: str, code: str) -> str:
    return f"\x1b[{code}m{words}\x1b[0m"


def _plain(words: str, code: str) -> str:
    return words


def as_data(one: Diagnostic) -> dict[str, Any]:
    """One finding as JSON data (the shape of schema/report.schema.json)."""
    return {
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "path": dotted(one.path),
        "spans": [
            {
                "source": span.source,
                "line": span.line,
                "column": span.column,
                "endColumn": span.end_column or span.column,
            }
            for span in one.spans
        ],
        "found": one.found,
        "expected": one.expected,
        "hint": one.hint,
        "fixable": one.mend is not None,
    }


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """For programs: `version`, `diagnostics` and the counts."""
    errors = sum(one.severity == "error" for one in diagnostics)
    report = {
        "version": JSON_VERSION,
        "tool": f"chartgen {__version__}",
        "errors": errors,
        "warnings": len(diagnostics) - errors,
        "diagnostics": [as_data(one) for one in by_place(diagnostics)],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _sentence(one: Diagnostic) -> str:
    details = (
        (label, detail)
        for label, detail in (("found", one.found), ("expected", one.expected), ("hint", one.hint))
    )
    return one.message + "".join(f"; {label}: {detail}" for label, detail in details if detail)


def github(diagnostics: Sequence[Diagnostic]) -> str:
    """Workflow commands that GitHub turns into annotations on the changed lines."""

    def data(value: str) -> str:
        return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(value: str) -> str:
        return data(value).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for one in by_place(diagnostics):
        attributes = [f"title={attribute(one.code)}"]
        if one.spans:
            span = one.spans[0]
            attributes = [
                f"file={attribute(span.source)}",
                f"line={span.line}",
                f"col={span.column}",
                *attributes,
            ]
        lines.append(f"::{one.severity} {','.join(attributes)}::{data(_sentence(one))}")
    return "".join(line + "\n" for line in lines)


def sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, as code scanning takes it: stable rule ids, relative paths, a fingerprint for each finding."""
    import hashlib

    ordered = by_place(diagnostics)
    rules = [
        {"id": code, "shortDescription": {"text": code}} for code in sorted({one.code for one in ordered})
    ]
    results = []
    for one in ordered:
        fingerprint = hashlib.sha256(f"{one.code}\0{dotted(one.path)}\0{one.message}".encode()).hexdigest()[
            :32
        ]
        results.append(
            {
                "ruleId": one.code,
                "level": _SARIF_LEVEL[one.severity],
                "message": {"text": _sentence(one)},
                "locations": [_sarif_location(span) for span in one.spans[:1]],
                "relatedLocations": [_sarif_location(span) for span in one.spans[1:]],
                "partialFingerprints": {"chartgen/v1": fingerprint},
            }
        )
    driver = {"name": "chartgen", "version": __version__, "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_location(span: Span) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    if span.end_column > span.column:
        region["endColumn"] = span.end_column
    return {"physicalLocation": {"artifactLocation": {"uri": quote(span.source)}, "region": region}}


def junit(diagnostics: Sequence[Diagnostic]) -> str:
    """JUnit XML: a failed test case for each error, a passed one with output for each warning."""
    from xml.sax.saxutils import escape, quoteattr

    errors = sum(one.severity == "error" for one in diagnostics)
    total = max(1, len(diagnostics))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{total}" failures="{errors}">',
        f'  <testsuite name="chartgen" tests="{total}" failures="{errors}">',
    ]
    for one in by_place(diagnostics):
        place = f"{one.spans[0].source}:{one.spans[0].line}:{one.spans[0].column}" if one.spans else "values"
        tag = "failure" if one.severity == "error" else "system-out"
        attributes = (
            f" message={quoteattr(_xml(one.message))} type={quoteattr(one.code)}" if tag == "failure" else ""
        )
        lines.append(f"    <testcase classname={quoteattr(_xml(place))} name={quoteattr(_xml(one.code))}>")
        lines.append(f"      <{tag}{attributes}>{escape(_xml(_sentence(one)))}</{tag}>")
        lines.append("    </testcase>")
    if not diagnostics:
        lines.append('    <testcase classname="values" name="valid"/>')
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _xml(words: str) -> str:
    return "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in words)


def wants_colour(stream: Any = None) -> bool:
    """True if the stream (standard error when none is given) is a terminal and NO_COLOR is not set."""
    import os

    stream = stream or sys.stderr
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
