"""What `chartgen check` does, and how findings are shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chartgen.diagnostics import Diagnostic, Rejected, any_error
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.compiler import Options


def check(
    groups: Sequence[Inputs],
    options: Options,
    *,
    format_: str = "text",
    exit_zero: bool = False,
) -> int:
    """Validates each group of inputs on its own, shows all that was found, and returns the exit code."""
    from chartgen import compiler

    findings: list[Diagnostic] = []
    for inputs in groups:
        try:
            findings += compiler.check(inputs.read(), options).diagnostics
        except Rejected as rejected:
            findings += rejected.diagnostics
    show(findings, format_, always=True)
    if not findings and format_ == "text":
        print("the values are valid", file=sys.stderr)
    return int(any_error(findings) and not exit_zero)


def show(findings: Sequence[Diagnostic], format_: str, *, always: bool = False) -> None:
    """Text goes to standard error, as messages do; the other formats are output, with `always` also for no findings."""
    if not findings and not (always and format_ != "text"):
        return
    from chartgen import report
    from chartgen.report import terminal

    if format_ == "text":
        sys.stderr.write(report.text.written(findings, colour=terminal.wants_colour(sys.stderr), width=terminal.columns(sys.stderr)))
    else:
        sys.stdout.write(report.FORMATS[format_](findings))
