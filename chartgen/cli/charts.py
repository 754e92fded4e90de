"""What `chartgen build` and `chartgen check` do without files: they go through the charts of `chartgen.yaml`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from chartgen import project
from chartgen.cli.exits import exit_code
from chartgen.cli.output import Output, counted, table
from chartgen.project import Project
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.fleet import Made
    from chartgen.project.plan import Builds
    from chartgen.publishing.version import Outcome, Step

# options of a command that say for every chart what the file says for each, and the field of a build that they are
_SAID = {
    "output_dir": "output",
    "version": "version",
    "validate": "validate",
    "kube_version": "kube_version",
    "strict": "strict",
}


class Chosen(NamedTuple):
    """Which charts of the build file a command line asks for; all of them where it says nothing."""

    names: tuple[str, ...] = ()


def chooses(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options that choose charts, and hands them to it as one `Chosen`."""

    @functools.wraps(command)
    def with_chosen(charts: tuple[str, ...], **given: Any) -> int:
        return command(chosen=Chosen(charts), **given)

    return click.option(
        "--chart", "charts", multiple=True, metavar="NAME",
        help="Only this chart of chartgen.yaml; a glob such as 'consul-eu-*'; repeat it for more.",
        shell_complete=_names_that_begin,
    )(with_chosen)  # fmt: skip


def _names_that_begin(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from chartgen.diagnostics import Rejected
    from chartgen.project.plan import plan

    try:
        return [build.name for build in plan(project.read()).builds if build.name.startswith(incomplete)]
    except Rejected:
        return []


def asked_for(said: Project, inputs: Inputs, chosen: Chosen, *, files: bool = False) -> bool:
    """True where a command line is about the charts of the build file. Raises UsageError for one that cannot be."""
    named = files or inputs != Inputs()
    if chosen != Chosen():
        if named:
            raise click.UsageError(
                "Charts of chartgen.yaml have their values there; name either files or charts."
            )
        if not said.has_charts:
            why = "lists no charts" if project.there() else "is not in this folder"
            raise click.UsageError(f"Charts are chosen among those of {project.FILE}, which {why}.")
    return said.has_charts and not named


def planned(said: Project, chosen: Chosen) -> Builds:
    """The builds that a command line asks for, with what it says over what the file says.

    Raises UsageError for a name that no chart has.
    """
    from dataclasses import replace

    from chartgen.project.plan import plan

    whole = plan(said)
    over = _said()
    return whole._replace(builds=tuple(replace(build, **over) for build in _chosen(whole, chosen)))


def _chosen(whole: Builds, chosen: Chosen) -> Sequence[Any]:
    from chartgen.schema import suggest

    for name in chosen.names:
        # what is wrong with an entry may be why its charts are not there
        if not whole.named([name]) and not whole.findings:
            near = suggest.closest(name, sorted({build.name for build in whole.builds}))
            way_out = f"; did you mean {near}?" if near else ""
            raise click.BadParameter(f"{project.FILE} has no chart {name}{way_out}", param_hint="--chart")
    return whole.named(chosen.names) if chosen.names else whole.builds


def _said() -> Mapping[str, Any]:
    """The fields of builds that the command line names."""
    context = click.get_current_context()
    return {field: context.params[option] for option, field in _SAID.items() if is_said(option)}


def is_said(option: str) -> bool:
    """True for an option that the command line names."""
    from click.core import ParameterSource

    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def check(plan: Builds, output: Output, fail_on: str) -> int:
    """Checks the builds of a plan, shows all that was found, and returns the exit code."""
    from chartgen import fleet

    found = []
    for made in _with_progress(fleet.check(plan), len(plan.builds), "checking", output):
        output.detail(f"checked {made.build.name}: {counted(made.findings)}")
        found.append((made.build, made.findings))
    findings = (*plan.findings, *fleet.together(found))
    output.report(findings)
    failed = [build.name for build, told in found if exit_code(told, fail_on)]
    if output.format == "text":
        counts = [("valid", len(found) - len(failed)), ("rejected", len(failed))]
        output.tell(_summary(len(found), counts, failed))
    return exit_code(findings, fail_on)


def build(plan: Builds, output: Output, fail_on: str, step: Step | None) -> int:
    """Builds the charts of a plan, shows what became of them, and returns the exit code."""
    from chartgen import fleet

    found, rows, charts = [], [], []
    rejected: list[str] = []
    written = 0
    running = fleet.build(plan, step=step, fail_on=fail_on)
    try:
        for made in _with_progress(running, len(plan.builds), "building", output):
            found.append((made.build, made.findings))
            if made.outcome is None:
                rejected.append(made.build.name)
                continue
            written += made.outcome.published.written
            if output.format == "json":
                charts.append(chart_data(made.outcome))
            elif made.outcome.published.written or output.verbose:
                rows.append(_row(made.outcome))
    except KeyboardInterrupt:
        output.tell(f"{len(found)} of {len(plan.builds)} charts are done; what is published is whole")
        raise
    findings = (*plan.findings, *fleet.together(found))
    if output.format == "json":
        output.data(findings, charts=charts, rejected=rejected)
        return exit_code(findings, fail_on)
    output.warn(findings)
    if output.format == "text":
        if rows and not output.quiet:
            output.write(table(("chart", "version", "is"), rows) + "\n\n")
        same = len(found) - written - len(rejected)
        counts = [("written", written), ("as published", same), ("rejected", len(rejected))]
        output.tell(_summary(len(found), counts, rejected))
    return exit_code(findings, fail_on)


def _summary(count: int, counts: Sequence[tuple[str, int]], failed: Sequence[str]) -> str:
    told = ", ".join(f"{number} {word}" for word, number in counts if number)
    line = f"{count} chart{'s' * (count != 1)}" + (f": {told}" if told else "")
    return line + (f"\nrejected: {', '.join(failed)}" if failed else "")


def _row(outcome: Outcome) -> tuple[str, str, str]:
    decided, made = outcome.decision, outcome.published
    chart = decided.chart
    if not made.written:
        return chart.name, chart.version, "as published"
    why = f", {decided.step} after {decided.previous}" if decided.previous and decided.step else ""
    return chart.name, chart.version + why, f"{len(chart.listed())} objects in {made.folder}"


def chart_data(outcome: Outcome) -> dict[str, Any]:
    """A published chart as `build --format json` shows it."""
    decided, made = outcome.decision, outcome.published
    chart = decided.chart
    return {
        "name": chart.name,
        "version": chart.version,
        "previous": decided.previous,
        "step": decided.step,
        "written": made.written,
        "changes": [{"kind": kind, "description": text} for kind, text in chart.changes],
        "folder": str(made.folder),
        "archive": str(made.archive),
        "digest": f"sha256:{made.digest}",
        "objects": chart.listed(),
    }


def _with_progress(running: Iterator[Made], count: int, label: str, output: Output) -> Iterator[Made]:
    """The same, with a bar where somebody looks at a terminal."""
    if output.quiet or count < 2 or not sys.stderr.isatty():
        yield from running
        return
    with click.progressbar(running, length=count, label=label, file=sys.stderr) as bar:
        yield from bar
