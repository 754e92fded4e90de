"""What `chartgen build` and `chartgen check` do without files: they go through the charts of `chartgen.yaml`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from chartgen.cli.exits import exit_code
from chartgen.cli.output import Output, counted, table
from chartgen.diagnostics import Rejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.alter import Adoption
    from chartgen.diagnostics import Diagnostic
    from chartgen.project import Project
    from chartgen.project.plan import Build, Builds
    from chartgen.publishing.stale import Compared
    from chartgen.publishing.version import Step, Told


def build_all(said: Project, output: Output) -> int:
    """Builds all charts of the build file as it says, and returns the exit code."""
    from chartgen.project.plan import plan

    try:
        return build(plan(said), output, said.fail_on, None)
    except Rejected as rejected:
        output.rejected(rejected.diagnostics)
        return exit_code(rejected.diagnostics)


def check(plan: Builds, output: Output, fail_on: str) -> int:
    """Checks the builds of a plan, shows all that was found, and returns the exit code."""
    from chartgen import fleet

    found = []
    with _bar(len(plan.builds), "checking", output) as tick:
        for made in fleet.check(plan):
            output.detail(f"checked {made.build.name}: {counted(made.findings)}")
            found.append((made.build, made.findings))
            tick()
    findings = (*plan.findings, *fleet.together(found))
    output.report(findings)
    failed = [build.name for build, told in found if exit_code(told, fail_on)]
    if output.format == "text":
        counts = [("valid", len(found) - len(failed)), ("rejected", len(failed))]
        output.tell(summary(len(found), counts, failed))
    return exit_code(findings, fail_on)


def build(plan: Builds, output: Output, fail_on: str, step: Step | None, scheduler: str | None = None) -> int:
    """Builds the charts of a plan, by the workers of a scheduler where one is named, shows what became of them, and returns the
    exit code."""
    from chartgen import fleet

    rows, charts = [], []
    count = 0

    def done(build: Build) -> None:
        nonlocal count
        count += 1
        tick()

    with _bar(len(plan.builds), "building", output) as tick:
        try:
            all_made = fleet.build(plan, step=step, fail_on=fail_on, scheduler=scheduler, done=done)
        except fleet.NoScheduler as error:
            import click

            raise click.BadParameter(str(error), param_hint="--scheduler") from None
        except KeyboardInterrupt:
            output.tell(f"{count} of {len(plan.builds)} charts are done; what is published is whole")
            raise
    found = [(made.build, made.findings) for made in all_made]
    rejected = [made.build.name for made in all_made if made.told is None]
    written = 0
    for told in (made.told for made in all_made if made.told is not None):
        written += told.published.written
        if output.format == "json":
            charts.append(chart_data(told))
        elif told.published.written or output.verbose:
            rows.append(_row(told))
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
        output.tell(summary(len(found), counts, rejected))
    return exit_code(findings, fail_on)


def compared(plan: Builds, output: Output) -> Iterator[Compared]:
    """The builds of a plan, held against what is published, with a bar meanwhile."""
    from chartgen import fleet

    with _bar(len(plan.builds), "comparing", output) as tick:
        for each in fleet.compared(plan):
            yield each
            tick()


def show_stale(found: Iterable[Compared], more: Sequence[Diagnostic], output: Output, fail_on: str) -> int:
    """Shows which charts are not published as they would be now, and returns the exit code."""
    from chartgen import fleet

    held = list(found)
    stale = [each.build.name for each in held if each.stale]
    rejected = [each.build.name for each in held if each.rejected]
    findings = (*more, *fleet.together((each.build, each.findings) for each in held))
    if output.format == "json":
        output.data(findings, stale=stale, rejected=rejected)
        return exit_code(findings, fail_on)
    output.warn(findings)
    if output.format == "text":
        fresh = len(held) - len(stale) - len(rejected)
        counts = [("as published", fresh), ("stale", len(stale)), ("rejected", len(rejected))]
        output.tell(summary(len(held), counts, rejected))
        if stale:
            output.tell(f"stale: {', '.join(stale)}")
    return exit_code(findings, fail_on)


def summary(count: int, counts: Sequence[tuple[str, int]], failed: Sequence[str]) -> str:
    """How many charts there are and what became of them, and those that are rejected."""
    told = ", ".join(f"{number} {word}" for word, number in counts if number)
    line = f"{count} chart{'s' * (count != 1)}" + (f": {told}" if told else "")
    return line + (f"\nrejected: {', '.join(failed)}" if failed else "")


def _row(told: Told) -> tuple[str, str, str]:
    if not told.published.written:
        return told.name, told.version, "as published"
    why = f", {told.step} after {told.previous}" if told.previous and told.step else ""
    return told.name, told.version + why, f"{len(told.objects)} objects in {told.published.folder}"


def chart_data(told: Told) -> dict[str, Any]:
    """A published chart as `build --format json` shows it."""
    return {
        "name": told.name,
        "version": told.version,
        "previous": told.previous,
        "step": told.step,
        "written": told.published.written,
        "changes": [{"kind": kind, "description": text} for kind, text in told.changes],
        "folder": str(told.published.folder),
        "archive": str(told.published.archive),
        "digest": f"sha256:{told.published.digest}",
        "objects": [*told.objects],
        "adopted": _adopted(told.adoption),
    }


def _adopted(adoption: Adoption | None) -> dict[str, Any] | None:
    if adoption is None:
        return None
    return {"release": adoption.release, "namespace": adoption.namespace, "objects": adoption.count}


@contextmanager
def _bar(count: int, label: str, output: Output) -> Iterator[Callable[[], None]]:
    """A bar where somebody looks at a terminal; what it yields moves it by one."""
    if output.quiet or count < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    import click

    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)
