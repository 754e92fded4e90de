"""Many builds at once come to what each alone comes to, to the byte, whatever happens meanwhile."""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

import chartgen
from chartgen import Rejected, compiler, fleet
from chartgen.chart import index
from chartgen.diagnostics import Diagnostic
from chartgen.fleet import processes
from chartgen.project.plan import Build, Builds
from chartgen.publishing import stale
from chartgen.publishing import version as versions
from chartgen.values.inputs import Inputs
from tests import fleets
from tests.test_publish import names, written
from tests.test_traces import OBSERVED


def plan(layers: Sequence[tuple[str, ...]], output: Path, *, folder: bool = True) -> Builds:
    return Builds(
        tuple(
            Build(
                name=f"chart-{number}", files=files, output=str(output), strict=number % 4 > 0, folder=folder
            )
            for number, files in enumerate(layers)
        )
    )


def one_at_a_time(builds: Builds, output: Path) -> list[tuple[Diagnostic, ...]]:
    """What `chartgen build` says of each and writes, one after the other, each compiled from its files alone."""
    findings = []
    for build in builds.builds:
        try:
            chart = compiler.compile_sources(Inputs(build.files).read(), build.options(builds.steering))
        except Rejected as rejected:
            findings.append(rejected.diagnostics)
        else:
            versions.published(chart, output)
            findings.append(chart.diagnostics)
    return findings


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    return fleets.written(tmp_path_factory.mktemp("fleet") / "values", 24, seed=5, mistakes=0.2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fleet_is_what_its_builds_are(workers: int, layers: list[tuple[str, ...]], tmp_path: Path) -> None:
    together, alone = plan(layers, tmp_path / "together"), tmp_path / "alone"
    made = fleet.build(together, workers=workers)
    assert [each.findings for each in made] == one_at_a_time(together, alone)
    assert written(tmp_path / "together") == written(alone)
    assert 12 < len([each for each in made if each.told is not None]) < 24
    # a second time there is nothing to write
    again = fleet.build(together, workers=workers)
    assert not any(each.told.published.written for each in again if each.told is not None)
    assert written(tmp_path / "together") == written(alone)
    assert [each.findings for each in fleet.check(together, workers=workers)] == [
        each.findings for each in made
    ]


def test_observed_sets_are_what_each_alone_is(tmp_path: Path) -> None:
    drawn = random.Random(7).sample(OBSERVED, 40)
    together, alone = plan([(str(path),) for path in drawn], tmp_path / "together"), tmp_path / "alone"
    made = fleet.build(together, workers=2)
    assert [each.findings for each in made] == one_at_a_time(together, alone)
    assert written(tmp_path / "together") == written(alone)


def test_archives_alone_are_the_same_archives(layers: list[tuple[str, ...]], tmp_path: Path) -> None:
    some = layers[:6]
    fleet.build(plan(some, tmp_path / "whole"), workers=1)
    fleet.build(plan(some, tmp_path / "packed", folder=False), workers=1)
    whole = written(tmp_path / "whole")
    assert written(tmp_path / "packed") == {name: data for name, data in whole.items() if "/" not in name}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_leaves_whole_charts(
    workers: int, layers: list[tuple[str, ...]], tmp_path: Path
) -> None:
    count = 0

    def done(build: Build) -> None:
        nonlocal count
        count += 1
        if count == 9:
            raise KeyboardInterrupt

    whole = plan(layers, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fleet.build(whole, workers=workers, done=done)
    published = index.read(tmp_path).entries
    assert 0 < len(published) <= 9
    assert names(tmp_path) == {"index.yaml", *published, *(f"{name}-0.1.0.tgz" for name in published)}
    for build in whole.named(published):
        fresh = compiler.compile_sources(Inputs(build.files).read(), build.options(whole.steering))
        assert written(tmp_path / build.name / "0.1.0") == {
            path: text.encode() for path, text in fresh.files.items()
        }


def test_what_is_no_chart_stops_no_other(layers: list[tuple[str, ...]], tmp_path: Path) -> None:
    (tmp_path / "chart-1" / "0.1.0").mkdir(parents=True)
    (tmp_path / "chart-1" / "0.1.0" / "thesis.tex").write_text("years of work")
    two = [layer for layer in layers if layer][:1] * 3
    with pytest.raises(FileExistsError):
        fleet.build(plan(two, tmp_path), workers=1)
    assert names(tmp_path / "chart-1" / "0.1.0") == {"thesis.tex"}
    assert set(index.read(tmp_path).entries) == {"chart-0", "chart-2"}
    assert names(tmp_path) == {
        "chart-0", "chart-1", "chart-2", "chart-0-0.1.0.tgz", "chart-2-0.1.0.tgz", "index.yaml",
    }  # fmt: skip


def test_a_version_that_is_taken_meanwhile_is_not_overwritten(
    layers: list[tuple[str, ...]], tmp_path: Path
) -> None:
    def done(build: Build) -> None:
        if build.name == "chart-1":
            chartgen.compile({"server": {"replicas": 5}}, name="chart-1").publish(tmp_path)

    made = fleet.build(plan(layers[:1] * 3, tmp_path), workers=1, done=done)
    told = [each.told.version for each in made if each.told is not None]
    assert told[0] == told[2] == "0.1.0"
    assert told[1] != "0.1.0"
    assert {entry["version"] for entry in index.read(tmp_path).entries["chart-1"]} == {"0.1.0", told[1]}


def test_an_index_that_cannot_be_read_is_told(layers: list[tuple[str, ...]], tmp_path: Path) -> None:
    (tmp_path / "index.yaml").write_text("entries: 5\n")
    made = fleet.build(plan(layers[:2], tmp_path), workers=1)
    assert [each.findings[-1].code for each in made] == ["bad-index", "bad-index"]


def _doubled(number: int) -> tuple[int, int]:
    return number * 2, os.getpid()


def test_all_workers_are_done_at_nearly_the_same_time() -> None:
    for count, workers in ((500, 2), (499, 8), (7, 3), (0, 2), (3, 16)):
        portions = processes._portions(range(count), workers)
        assert [*itertools.chain.from_iterable(portions)] == [*range(count)]
        sizes = [*map(len, portions)]
        assert sizes == sorted(sizes, reverse=True)
        # what the last ones of a worker take is little beside the whole
        assert all(size == 1 for size in sizes[-2 * workers :])


def test_work_is_spread() -> None:
    numbers = range(100)
    done = dict(processes.spread(_doubled, numbers, 2))
    assert {number: done[number][0] for number in numbers} == {number: 2 * number for number in numbers}
    workers = {pid for _, pid in done.values()}
    assert os.getpid() not in workers
    assert workers
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_work_is_spread_where_forking_is_not_safe() -> None:
    stop = threading.Event()
    beside = threading.Thread(target=stop.wait)
    beside.start()
    try:
        done = dict(processes.spread(_doubled, range(10), 2))
    finally:
        stop.set()
        beside.join()
    assert {number: doubled for number, (doubled, _) in done.items()} == {n: 2 * n for n in range(10)}


def test_builds_where_forking_is_not_safe(layers: list[tuple[str, ...]], tmp_path: Path) -> None:
    stop = threading.Event()
    beside = threading.Thread(target=stop.wait)
    beside.start()
    try:
        fleet.build(plan(layers[:18], tmp_path / "started"), workers=2)
    finally:
        stop.set()
        beside.join()
    fleet.build(plan(layers[:18], tmp_path / "here"), workers=1)
    assert written(tmp_path / "started") == written(tmp_path / "here")


def _ends(number: int) -> int:
    if number == 7:
        os._exit(9)
    return number


def _raises(number: int) -> int:
    raise ValueError(f"{number} is none")


def test_a_worker_that_ends_is_noticed() -> None:
    with pytest.raises(ChildProcessError):
        list(processes.spread(_ends, range(40), 2))


def test_what_goes_wrong_in_a_worker_is_told() -> None:
    with pytest.raises(RuntimeError, match="is none"):
        list(processes.spread(_raises, range(40), 2))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_stale_is_what_each_alone_says(
    workers: int, layers: list[tuple[str, ...]], tmp_path: Path
) -> None:
    whole = plan(layers, tmp_path)
    fleet.build(whole._replace(builds=whole.builds[::2]), workers=1)
    alone = []
    for build in whole.builds:
        try:
            chart = compiler.compile_sources(Inputs(build.files).read(), build.options(whole.steering))
            alone.append(stale.held(chart, build))
        except Rejected as rejected:
            alone.append(stale.Compared(build, rejected.diagnostics, rejected=True))
    assert list(fleet.compared(whole, workers=workers)) == alone
    kinds = {(each.stale, each.rejected) for each in alone}
    assert kinds == {(False, False), (True, False), (False, True)}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_published_and_cannot_be_read_is_told(
    workers: int, layers: list[tuple[str, ...]], tmp_path: Path
) -> None:
    whole = plan(layers, tmp_path)
    (tmp_path / "index.yaml").mkdir()
    with pytest.raises(IsADirectoryError):
        list(fleet.compared(whole, workers=workers))
