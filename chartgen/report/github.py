"""Findings as workflow commands that GitHub turns into annotations on the changed lines."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report.finding import by_place, is_file, relative, sentence

# where GitHub has another word than ours
_COMMANDS = {"note": "notice"}


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """A workflow command for each finding."""

    def data(value: str) -> str:
        return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def attribute(value: str) -> str:
        return data(value).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for finding in by_place(diagnostics):
        attributes = [f"title={attribute(finding.code)}"]
        if finding.spans and is_file(finding.spans[0]):
            span = finding.spans[0]
            columns = f"col={max(1, span.column)}"
            if span.end_column > span.column:
                # the last column that is meant, not the one after it
                columns += f",endColumn={span.end_column - 1}"
            attributes = [
                f"file={attribute(relative(span.source))}",
                f"line={max(1, span.line)}",
                columns,
                *attributes,
            ]
        lines.append(
            f"::{_COMMANDS.get(finding.severity, finding.severity)} {','.join(attributes)}::{data(sentence(finding))}"
        )
    return "".join(line + "\n" for line in lines)
