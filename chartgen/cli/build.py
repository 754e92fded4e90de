"""What `chartgen build` of named values does."""

from __future__ import annotations

from chartgen.cli.exits import FINDINGS, exit_code
from chartgen.cli.output import Output, by_kind, described
from chartgen.diagnostics import Rejected
from chartgen.records import NamedTuple
from chartgen.values.inputs import Inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from chartgen.alter import Adoption, Alterations
    from chartgen.compiler import Options
    from chartgen.publishing.version import Step

# where charts go unless a command line says otherwise
OUTPUT_DIR = "charts"


class Runs(NamedTuple):
    """What a command line says about the release that runs: where its objects are read, how it is called, where it is."""

    baseline: str
    release: str | None = None
    namespace: str | None = None


def held(inputs: Inputs, alterations: Alterations | None, runs: Runs | None = None) -> Alterations | None:
    """What is to be changed in a chart, with what it holds to of what runs: what the command line names, or what is kept
    beside the values. Raises Rejected for what cannot be read, UsageError where nothing can be kept."""
    from chartgen.baseline import kept

    if runs is None:
        return kept.held(inputs.files, alterations)
    from dataclasses import replace

    from chartgen import baseline
    from chartgen.alter import Alterations
    from chartgen.sides import charts

    if kept.beside(inputs.files) is None:
        import click

        raise click.UsageError("--baseline keeps what it adopts beside a file of values; name one with -f.")
    found = charts.as_it_runs(*runs) if charts.is_named(runs.baseline) else baseline.read(*runs)
    return replace(alterations or Alterations(), baseline=found)


def build(
    inputs: Inputs,
    options: Options,
    output: Output | None = None,
    output_dir: str = OUTPUT_DIR,
    version: str = "auto",
    step: Step | None = None,
    fail_on: str = "error",
    keep: str | None = None,
) -> int:
    """Compiles values into a chart, publishes it, shows what became of it, and returns the exit code. What it adopts is
    written to `keep`, or to no file."""
    from contextlib import nullcontext

    from chartgen import compiler
    from chartgen.baseline import kept
    from chartgen.publishing import version as versions

    output = output or Output()
    try:
        options = options._replace(alterations=kept.held(inputs.files, options.alterations))
        chart = compiler.compile_sources(inputs.read(), options)
        # a chart that has errors is none, whatever is to fail
        if fail_on == "warning" and exit_code(chart.diagnostics, "warning"):
            output.rejected(chart.diagnostics)
            output.tell("nothing is written, as warnings are to fail")
            return FINDINGS
        output.warn(chart.diagnostics if output.format != "json" else ())
        adoption = chart.done.adoption if chart.done is not None else None
        with kept.keeping(keep, adoption) if keep is not None else nullcontext():
            outcome = versions.published(chart, output_dir, version, step)
    except Rejected as rejected:
        output.rejected(rejected.diagnostics)
        return exit_code(rejected.diagnostics)
    decided, made = outcome.decision, outcome.published
    chart = decided.chart
    if output.format == "json":
        from chartgen.cli import fleet

        output.data(chart.diagnostics, chart=fleet.chart_data(versions.told(outcome)))
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
        if adoption is not None:
            output.write(f"\n{_adopted(adoption, keep)}\n")
        elif keep is not None:
            output.write("\nnothing of what runs is adopted: what means the same is spelt alike\n")
        output.write(f"\n  {_next(made.archive, adoption)}\n")
    return 0


def _next(archive: Path, adoption: Adoption | None) -> str:
    """The command that brings the chart to a cluster."""
    if adoption is None:
        return f"helm install consul {archive} --namespace consul --create-namespace"
    return f"helm upgrade {adoption.release} {archive} --namespace {adoption.namespace} --reset-values"


def _adopted(adoption: Adoption, keep: str | None) -> str:
    objects = "an object as it runs" if adoption.count == 1 else f"{adoption.count} objects as they run"
    where = f", which {keep} keeps" if keep is not None else ""
    release = f"as release {adoption.release} in namespace {adoption.namespace}"
    return f"{release} it has the spelling of {objects}{where}"
