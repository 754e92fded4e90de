"""One build after the other, each as if it were alone, with what they have in common done once.

What is shared: layers that are read, whatever reads the same values (`values.traces`: rules, templates, documents with all
that was found out about them), what the indexes of the folders say. None of it makes a chart another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartgen import compiler
from chartgen.diagnostics import Diagnostic, Rejected, any_error
from chartgen.project.trees import Disk, Layers
from chartgen.values.traces import Traces

if TYPE_CHECKING:
    from chartgen.chart.index import Index
    from chartgen.chart.publish import Staged
    from chartgen.project.plan import Build, Builds
    from chartgen.publishing.version import Step, Told


@dataclass(frozen=True, slots=True)
class Ready:
    """A build that is compiled: what was found, what is to be said of its chart (None where there is none), and the chart
    where it waits to be placed. `failed` is why it could not be written."""

    findings: tuple[Diagnostic, ...]
    told: Told | None = None
    staged: Staged | None = None
    failed: OSError | None = None


class Engine:
    """The builds of a plan, ready to be asked for by number; `stagings` are the folders in which charts wait, by the
    folder that they go to."""

    def __init__(self, plan: Builds, step: Step | None, fail_on: str, stagings: Mapping[str, Path]) -> None:
        self.plan, self.step, self.fail_on = plan, step, fail_on
        self.stagings = stagings
        self._layers = Layers(Disk())
        self._memory = compiler.Memory(Traces())
        self._indexes: dict[str, Index | Rejected] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        # a process that starts anew begins with nothing in mind
        return Engine, (self.plan, self.step, self.fail_on, self.stagings)

    def check(self, number: int) -> tuple[Diagnostic, ...]:
        """All that a check finds in a build."""
        build = self.plan.builds[number]
        try:
            return compiler.verdict(
                build.read(self._layers), build.options(self.plan.steering), self._memory
            ).diagnostics
        except Rejected as rejected:
            return rejected.diagnostics

    def ready(self, number: int) -> Ready:
        """A build, compiled and written where it waits. Nothing is raised for what is wrong with it."""
        build = self.plan.builds[number]
        try:
            return self._ready(build)
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)

    def _ready(self, build: Build) -> Ready:
        from chartgen.chart.publish import Published
        from chartgen.publishing import version as versions

        chart = compiler.compile_sources(
            build.read(self._layers), build.options(self.plan.steering), self._memory
        )
        if fails(chart.diagnostics, self.fail_on):
            return Ready(chart.diagnostics)
        index = self._index(build.output)
        decision = versions.decided(chart, build.output, build.version, self.step, index)
        if decision.there is not None:
            return Ready(chart.diagnostics, versions.told(versions.Outcome(decision, decision.there)))
        made, root = decision.chart, Path(build.output)
        placed = made.stage(
            root, self.stagings[build.output], index.entry(made.name, made.version), folder=build.folder
        )
        if isinstance(placed, Published):
            return Ready(chart.diagnostics, versions.told(versions.Outcome(decision, placed)))
        there = Published(
            root / made.name / made.version,
            root / f"{made.name}-{made.version}.tgz",
            str(placed.entry["digest"]),
            written=True,
        )
        return Ready(chart.diagnostics, versions.told(versions.Outcome(decision, there)), placed)

    def alone(self, number: int) -> Ready:
        """A build that another one came before, published by itself."""
        from chartgen.publishing import version as versions

        build = self.plan.builds[number]
        try:
            chart = compiler.compile_sources(
                build.read(self._layers), build.options(self.plan.steering), self._memory
            )
            outcome = versions.published(chart, build.output, build.version, self.step, folder=build.folder)
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)
        return Ready(chart.diagnostics, versions.told(outcome))

    def _index(self, output: str) -> Index:
        """What is published in a folder, as it was when the first build asked."""
        from chartgen.chart import index

        if output not in self._indexes:
            try:
                self._indexes[output] = index.read(Path(output))
            except Rejected as rejected:
                self._indexes[output] = rejected
        known = self._indexes[output]
        if isinstance(known, Rejected):
            raise known
        return known


def fails(findings: tuple[Diagnostic, ...], fail_on: str) -> bool:
    """True if findings keep a chart from being published: errors always do."""
    return any_error(findings) or (
        fail_on == "warning" and any(each.severity == "warning" for each in findings)
    )
