"""Whether what is published is what the values make now: for `build --check`, which writes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chartgen.chart import Chart, index
from chartgen.chart.index import Index
from chartgen.diagnostics import Diagnostic, Span
from chartgen.project.plan import Build
from chartgen.publishing import version as versions


@dataclass(frozen=True, slots=True)
class Compared:
    """A build held against what is published: what was found, that it is stale (`chart-stale`) included."""

    build: Build
    findings: tuple[Diagnostic, ...] = ()
    stale: bool = False
    rejected: bool = False


def held(chart: Chart, build: Build, known: Index | None = None) -> Compared:
    """A build's chart held against what is published in its folder; `known` is what the folder's index says, where that was
    read. Raises Rejected as `why` does."""
    told = why(chart, build.output, build.version, known)
    if not told:
        return Compared(build, chart.diagnostics)
    found = Diagnostic(
        "chart-stale",
        f"{build.name} is stale: {told}",
        spans=(build.span or Span(f"{build.output}/{index.FILE}", 0, 0),),
        hint="`chartgen build` publishes it",
    )
    return Compared(build, (*chart.diagnostics, found), stale=True)


def why(
    chart: Chart,
    directory: str | os.PathLike[str],
    asked: str = versions.AUTO,
    known: Index | None = None,
) -> str:
    """What a build would have to write into a folder of charts; "" where it would write nothing.

    Raises Rejected where `versions.decided` does.
    """
    root = Path(directory)
    known = index.read(root) if known is None else known
    decision = versions.decided(chart, root, asked, known=known)
    if decision.there is not None:
        return ""
    wanted = decision.chart
    entry = known.entry(wanted.name, wanted.version)
    if entry is None:
        after = f", {decision.step} after {decision.previous}," if decision.previous and decision.step else ""
        return f"{wanted.version}{after} is not published"
    archive = root / f"{wanted.name}-{wanted.version}.tgz"
    content = wanted.archive()
    if not archive.is_file():
        return f"{archive} is not there"
    if archive.read_bytes() != content:
        return f"{archive} is not what these values make"
    folder = root / wanted.name / wanted.version
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(wanted.files.keys() | there.keys()):
        if name not in there:
            return f"{folder / name} is not there"
        if name not in wanted.files:
            return f"{folder / name} is no file of the chart"
        if there[name].read_bytes() != wanted.files[name].encode():
            return f"{folder / name} is not what these values make"
    return ""
