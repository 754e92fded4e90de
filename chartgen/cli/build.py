"""What `chartgen build` of named values does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chartgen.cli.exits import FINDINGS, exit_code
from chartgen.cli.output import Output, by_kind, described
from chartgen.diagnostics import Rejected
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.compiler import Options
    from chartgen.publishing.version import Step

# where charts go unless a command line says otherwise
OUTPUT_DIR = "charts"


def build(
    inputs: Inputs,
    options: Options,
    output: Output | None = None,
    output_dir: str = OUTPUT_DIR,
    version: str = "auto",
    step: Step | None = None,
    fail_on: str = "error",
) -> int:
    """Compiles values into a chart, publishes it, shows what became of it, and returns the exit code."""
    from chartgen import compiler
    from chartgen.publishing import version as versions

    output = output or Output()
    try:
        chart = compiler.compile_sources(inputs.read(), options)
        # a chart that has errors is none, whatever is to fail
        if fail_on == "warning" and exit_code(chart.diagnostics, "warning"):
            output.rejected(chart.diagnostics)
            output.tell("nothing is written, as warnings are to fail")
            return FINDINGS
        output.warn(chart.diagnostics if output.format != "json" else ())
        outcome = versions.published(chart, output_dir, version, step)
    except Rejected as rejected:
        output.rejected(rejected.diagnostics)
        return exit_code(rejected.diagnostics)
    decided, made = outcome.decision, outcome.published
    chart = decided.chart
    if output.format == "json":
        from chartgen.cli import charts

        output.data(chart.diagnostics, chart=charts.chart_data(versions.told(outcome)))
    elif output.format == "text" and not output.quiet:
        if not made.written:
            output.write(f"{chart.name} {chart.version} is published with this content; nothing is written\n")
        else:
            objects = chart.listed()
            why = f", {decided.step} after {decided.previous}" if decided.previous and decided.step else ""
            output.write(f"{chart.name} {chart.version}{why}: {len(objects)} objects in {made.folder}\n\n")
            rows = [(each["kind"], each["name"]) for each in objects]
            output.write(described(objects) if output.verbose else by_kind(rows, output.columns()))
            output.write("\n")
        output.write(f"\n  helm install consul {made.archive} --namespace consul --create-namespace\n")
    return 0
