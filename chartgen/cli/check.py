"""What `chartgen check` does."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.cli.exits import exit_code
from chartgen.cli.output import Output, counted
from chartgen.diagnostics import Diagnostic
from chartgen.values.inputs import Inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chartgen.compiler import Options


def check(
    groups: Sequence[Inputs], options: Options, output: Output | None = None, fail_on: str = "error"
) -> int:
    """Checks each group of inputs on its own, shows all that was found, and returns the exit code."""
    from chartgen import compiler

    output = output or Output()
    findings: list[Diagnostic] = []
    for inputs in groups:
        found = compiler.verdict(inputs.read(), options).diagnostics
        if output.verbose:
            names = [*inputs.files, *(f"--{kind} {text}" for kind, text in inputs.flags)]
            output.detail(f"checked {', '.join(names)}: {counted(found)}")
        findings += found
    output.report(findings)
    if not findings and output.format == "text":
        output.tell("the values are valid")
    return exit_code(findings, fail_on)
