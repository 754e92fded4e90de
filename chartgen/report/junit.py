"""Findings as JUnit XML, which every CI system shows."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report.finding import by_place, sentence


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """A failed test case for each error, a passed one with output for each warning."""
    from xml.sax.saxutils import escape, quoteattr

    errors = sum(finding.severity == "error" for finding in diagnostics)
    total = max(1, len(diagnostics))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{total}" failures="{errors}">',
        f'  <testsuite name="chartgen" tests="{total}" failures="{errors}">',
    ]
    for finding in by_place(diagnostics):
        place = str(finding.spans[0]) if finding.spans else "values"
        tag = "failure" if finding.severity == "error" else "system-out"
        attributes = (
            f" message={quoteattr(_xml(finding.message))} type={quoteattr(finding.code)}"
            if tag == "failure"
            else ""
        )
        lines.append(
            f"    <testcase classname={quoteattr(_xml(place))} name={quoteattr(_xml(finding.code))}>"
        )
        lines.append(f"      <{tag}{attributes}>{escape(_xml(sentence(finding)))}</{tag}>")
        lines.append("    </testcase>")
    if not diagnostics:
        lines.append('    <testcase classname="values" name="valid"/>')
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _xml(words: str) -> str:
    """The text without what XML cannot hold."""
    import re

    return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words)
