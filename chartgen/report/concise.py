"""Findings one a line, as compilers write them: for grep, quickfix lists and long logs."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report.finding import by_place, sentence
from chartgen.report.text import visible


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """`file:line:column: severity[code] what is wrong, found, expected and what to do`, a line for each."""
    lines = []
    for finding in by_place(diagnostics):
        place = f"{finding.spans[0]}: " if finding.spans else ""
        lines.append(visible(f"{place}{finding.severity}[{finding.code}] {sentence(finding)}"))
    return "".join(line + "\n" for line in lines)
