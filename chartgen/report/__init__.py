"""Diagnostics as text, json, github annotations, sarif and junit: one function a format, FORMATS at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from chartgen import __version__
from chartgen.diagnostics import Diagnostic, Span, dotted

JSON_VERSION = 1


def by_place(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order in which a reader meets their places; those without a place come first."""

    def place(one: Diagnostic) -> tuple[str, int, int, str]:
        span = one.spans[0] if one.spans else Span("", 0, 0)
        return span.source, span.line, span.column, one.code

    return sorted(diagnostics, key=place)


def text(diagnostics: Sequence[Diagnostic], *, colour: bool = False, width: int = 120) -> str:
    """For people: each finding with its source line underlined, cut to `width` columns; a count at the end."""
    paint = _paint if colour else _plain
    blocks = []
    for one in by_place(diagnostics):
        tone = "31;1" if one.severity == "error" else "33;1"
        lines = [f"{paint(one.severity, tone)}[{one.code}]: {paint(_visible(one.message), '1')}"]
        gutter = max((len(str(span.line)) for span in one.spans), default=1)
        margin = " " * gutter
        for span in one.spans:
            lines.append(f"{margin}{paint('-->', '34')} {_visible(str(span))}")
            if span.text:
                lines.extend(_excerpt(span, gutter, width, tone, paint))
        for label, detail in (("found", one.found), ("expected", one.expected), ("hint", one.hint)):
            if detail:
                lines.append(f"{margin} {paint('= ' + label, '36')}: {_visible(detail)}")
        if not one.spans and one.path:
            lines.append(f"{margin} {paint('= at', '36')}: {_visible(dotted(one.path))}")
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, _count(diagnostics)]) + "\n" if diagnostics else ""


def _excerpt(span: Span, gutter: int, width: int, tone: str, paint: Callable[[str, str], str]) -> list[str]:
    """The source line, cut around the place where it is longer than the room for it, and the place underlined."""
    room = max(20, width - gutter - 3)
    first = span.column - 1
    length = max(1, span.end_column - span.column)
    # as much before the place as leaves room for it, or for the most of it where it is long
    marked = _fitting(_visible(span.text[first : first + min(length, room)]), room)
    before = room - min(_cells(marked), 2 * room // 3)
    lead = _visible(span.text[max(0, first - before) : first])
    while _cells(lead) > before:
        lead = lead[1:]
    shown = _fitting(lead + _visible(span.text[first : first + room]), room)
    marks = max(1, min(_cells(marked), room - _cells(lead)))
    bar = paint("|", "34")
    return [
        f"{' ' * gutter} {bar}",
        f"{paint(str(span.line).rjust(gutter), '34')} {bar} {shown}".rstrip(),
        f"{' ' * gutter} {bar} {' ' * _cells(lead)}{paint('^' * marks, tone)}",
    ]


def _fitting(text: str, room: int) -> str:
    """As much of the beginning of the text as `room` columns hold."""
    end = min(len(text), room)
    while _cells(text[:end]) > room:
        end -= 1
    return text[:end]


def _cells(text: str) -> int:
    """The columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _visible(text: str) -> str:
    """The text with everything that a terminal would obey, or that hides, replaced by one sign each."""
    return (
        text if text.isprintable() else "".join(char if char.isprintable() else _sign(char) for char in text)
    )


def _sign(char: str) -> str:
    return " " if char in "\t\u00a0\u3000" else "\ufffd"


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
                "line": max(1, span.line),
                "column": max(1, span.column),
                "endColumn": max(1, span.end_column, span.column),
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
        if one.spans and _is_file(one.spans[0]):
            span = one.spans[0]
            columns = f"col={max(1, span.column)}"
            if span.end_column > span.column:
                # the last column that is meant, not the one after it
                columns += f",endColumn={span.end_column - 1}"
            attributes = [
                f"file={attribute(_relative(span.source))}",
                f"line={max(1, span.line)}",
                columns,
                *attributes,
            ]
        lines.append(f"::{one.severity} {','.join(attributes)}::{data(_sentence(one))}")
    return "".join(line + "\n" for line in lines)


def _is_file(span: Span) -> bool:
    """False for a flag, standard input and a mapping, which no annotation can be put on."""
    return not span.source.startswith(("--", "<"))


def _relative(source: str) -> str:
    """The path of a file as tools want it: from the current folder where it is below, with forward slashes."""
    from pathlib import Path

    path = Path(source)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, as code scanning takes it: stable rule ids, relative paths, a fingerprint for each finding."""
    ordered = by_place(diagnostics)
    codes = sorted({one.code for one in ordered})
    driver = {
        "name": "chartgen",
        "semanticVersion": __version__,
        "rules": [_sarif_rule(code) for code in codes],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(one, codes.index(one.code)) for one in ordered],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_rule(code: str) -> dict[str, Any]:
    from chartgen.report import meanings

    meaning = meanings.of(code)
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "fullDescription": {"text": meaning},
        "help": {
            "text": f"{meaning} `chartgen explain {code}` says more.",
            "markdown": meanings.page(code),
        },
    }


def _sarif_result(one: Diagnostic, rule: int) -> dict[str, Any]:
    import hashlib

    name = dotted(one.path)
    known = f"{one.code}\0{name}\0{one.message}"
    places: list[dict[str, Any]] = [
        {"physicalLocation": _sarif_place(span)} for span in one.spans if _is_file(span)
    ]
    if name:
        places = places or [{}]
        places[0]["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "member"}]
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": one.severity,
        "message": {"text": _sentence(one)},
        "locations": places[:1],
        "relatedLocations": places[1:],
        "partialFingerprints": {"chartgen/v1": hashlib.sha256(known.encode()).hexdigest()[:32]},
    }


def _sarif_place(span: Span) -> dict[str, Any]:
    from pathlib import Path
    from urllib.parse import quote

    path = _relative(span.source)
    uri = Path(path).as_uri() if Path(path).is_absolute() else quote(path)
    region = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    if span.end_column > span.column:
        region["endColumn"] = span.end_column
    return {"artifactLocation": {"uri": uri}, "region": region}


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
        place = str(one.spans[0]) if one.spans else "values"
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
    """The text without what XML cannot hold."""
    import re

    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words)


def wants_colour(stream: Any = None) -> bool:
    """True if the stream (standard error when none is given) is a terminal and NO_COLOR is not set."""
    import os

    stream = stream or sys.stderr
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: Any = None) -> int:
    """The columns of the stream's terminal (standard error when none is given); 120 where it is none."""
    import os

    stream = stream or sys.stderr
    try:
        return os.get_terminal_size(stream.fileno()).columns or 120
    except (OSError, ValueError, AttributeError):
        return 120


FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
