"""What `chartgen build` and `chartgen check` do without files: they go through the charts of `chartgen.yaml`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from chartgen import project
from chartgen.cli.exits import exit_code
from chartgen.cli.output import Output, counted, table
from chartgen.project import Project
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.alter import Adoption
    from chartgen.diagnostics import Diagnostic
    from chartgen.project.plan import Build, Builds
    from chartgen.publishing.stale import Compared
    from chartgen.publishing.version import Step, Told

# options of a command that say for every chart what the file says for each, and the field of a build that they are
_SAID = {
    "output_dir": "output",
    "version": "version",
    "validate": "validate",
    "kube_version": "kube_version",
    "strict": "strict",
    "sign_key": "sign_key",
    "mirror": "mirror",
    "digests": "digests",
}


class Chosen(NamedTuple):
    """Which charts of the build file a command line asks for; all of them where it says nothing."""

    names: tuple[str, ...] = ()
    since: str | None = None
    shard: tuple[int, int] | None = None


def _shard(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """(2, 4) for 2/4, the second of four parts."""
    import re

    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", value)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter(f"{value} is no part of a whole; expected such as 2/4, the second of four")
    return int(found[1]), int(found[2])


def chooses(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options that choose charts, and hands them to it as one `Chosen`."""

    @functools.wraps(command)
    def with_chosen(
        charts: tuple[str, ...], changed_since: str | None, shard: tuple[int, int] | None, **given: Any
    ) -> int:
        return command(chosen=Chosen(charts, changed_since, shard), **given)

    options = (
        click.option(
            "--chart", "charts", multiple=True, metavar="NAME",
            help="Only this chart of chartgen.yaml; a glob such as 'consul-eu-*'; repeat it for more.",
            shell_complete=names_that_begin,
        ),
        click.option(
            "--changed-since", metavar="REV",
            help="Only charts of chartgen.yaml that come to something else than at this revision of git's.",
        ),
        click.option(
            "--shard", callback=_shard, metavar="I/N",
            help="Only the I-th of N parts of the charts, such as 2/4, for workers that share them.",
        ),
    )  # fmt: skip
    decorated = with_chosen
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def names_that_begin(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The charts of the build file whose names begin like this, for the shell to complete."""
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


def planned(said: Project, chosen: Chosen, output: Output) -> Builds:
    """The builds that a command line asks for, with what it says over what the file says.

    Raises UsageError for a name that no chart has, and for a revision that is none.
    """
    from dataclasses import replace

    from chartgen.project.plan import plan

    whole = plan(said)
    chosen_of = whole._replace(builds=tuple(_chosen(whole, chosen)))
    if chosen.since is not None:
        chosen_of = _changed(chosen_of, whole, chosen.since, output)
    if chosen.shard is not None:
        part, parts = chosen.shard
        # neighbours are alike, and cost alike: each part gets some of all
        chosen_of = chosen_of._replace(builds=chosen_of.builds[part - 1 :: parts])
    over, patches = _said(), click.get_current_context().params.get("patches", ())
    if not over and not patches:
        return chosen_of
    return chosen_of._replace(
        builds=tuple(
            # those of a chart stay: nobody who adds a patch takes another one away
            replace(build, **over, patches=tuple(dict.fromkeys((*build.patches, *patches))))
            for build in chosen_of.builds
        )
    )


def chooses_single(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the option that names a chart of the build file in place of values."""
    return click.option(
        "--chart", "chart_name", metavar="NAME", help="The values and options of this chart of chartgen.yaml.",
        shell_complete=names_that_begin,
    )(command)  # fmt: skip


def single(said: Project, name: str, inputs: Inputs, output: Output, *, altered: bool = False) -> Build:
    """The build of the file that a command line names; `altered` where it says what to change in the chart, too.

    Raises UsageError where it names values as well, or none or several charts, Rejected for what is wrong with the file.
    """
    from chartgen.diagnostics import Rejected

    if altered:
        raise click.UsageError(
            "--mirror, --digests and --patches of a chart of chartgen.yaml are said there."
        )
    chosen = Chosen((name,))
    asked_for(said, inputs, chosen)
    plan = planned(said, chosen, output)
    if not plan.builds:
        raise Rejected(plan.findings)
    if len(plan.builds) > 1:
        names = ", ".join(build.name for build in plan.builds)
        raise click.BadParameter(f"{name} is of several charts: {names}", param_hint="--chart")
    return plan.builds[0]


def _changed(plan: Builds, whole: Builds, since: str, output: Output) -> Builds:
    from chartgen.project import revision

    try:
        found = revision.changed(plan, revision.Revision(since))
    except revision.NoRevision as error:
        raise click.BadParameter(str(error), param_hint="--changed-since") from None
    output.tell(f"since {since}: {len(found.builds)} of {len(plan.builds)} charts are other ones")
    there = {(build.output, build.name) for build in whole.builds}
    gone = [build.name for build in found.gone if (build.output, build.name) not in there]
    if gone:
        output.tell(f"since {since} no longer in {project.FILE}: {', '.join(gone)}")
    return plan._replace(builds=found.builds)


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
    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)
