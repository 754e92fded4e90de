"""Which charts of `chartgen.yaml` a command line asks for, and what it says over what is said there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from chartgen import project
from chartgen.cli.output import Output
from chartgen.project import Project
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.project.plan import Build, Builds

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
