"""All charts of a build file: checked or built, each by itself, so that a bad one stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chartgen import compiler
from chartgen.diagnostics import Diagnostic, Rejected, any_error
from chartgen.project.plan import Build, Builds
from chartgen.project.trees import Disk, Layers

if TYPE_CHECKING:
    from chartgen.publishing.version import Outcome, Step


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a build: what was found, and what is published; None where nothing is."""

    build: Build
    findings: tuple[Diagnostic, ...] = ()
    outcome: Outcome | None = None


def check(plan: Builds) -> Iterator[Made]:
    """Each build of a plan with all that a check finds in it, in the order of the plan."""
    layers = Layers(Disk())
    for build in plan.builds:
        found = compiler.verdict(build.read(layers), build.options(plan.steering)).diagnostics
        yield Made(build, found)


def build(plan: Builds, *, step: Step | None = None, fail_on: str = "error") -> Iterator[Made]:
    """Each build of a plan, compiled and published, in the order of the plan; a rejected one is published as nothing.

    Where warnings fail, what has any is not published either. Raises OSError for what cannot be written.
    """
    from chartgen.publishing import version as versions

    layers = Layers(Disk())
    for build in plan.builds:
        try:
            chart = compiler.compile_sources(build.read(layers), build.options(plan.steering))
            if fails(chart.diagnostics, fail_on):
                yield Made(build, chart.diagnostics)
                continue
            outcome = versions.published(chart, build.output, build.version, step)
        except Rejected as rejected:
            yield Made(build, rejected.diagnostics)
            continue
        yield Made(build, chart.diagnostics, outcome)


def fails(findings: Iterable[Diagnostic], fail_on: str) -> bool:
    """True if findings keep a chart from being published: errors always do."""
    told = tuple(findings)
    return any_error(told) or (fail_on == "warning" and any(each.severity == "warning" for each in told))


def together(made: Iterable[tuple[Build, Iterable[Diagnostic]]]) -> tuple[Diagnostic, ...]:
    """The findings of several builds, each told once with the charts that it reaches.

    That a comment ignores nothing is told where it does so in no chart of its file.
    """
    known: dict[str, tuple[Diagnostic, list[str]]] = {}
    readers: dict[str, int] = {}
    for build, findings in made:
        for path in build.files:
            readers[path] = readers.get(path, 0) + 1
        for finding in findings:
            known.setdefault(repr(finding), (finding, []))[1].append(build.name)
    return tuple(
        finding._replace(charts=tuple(names))
        for finding, names in known.values()
        if finding.code != "ignore-unused"
        or len(names) >= readers.get(finding.spans[0].source if finding.spans else "", 0)
    )
