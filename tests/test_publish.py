"""Writing charts: folder and archive together or not at all, whoever interrupts, whatever is there already."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

import chartgen
from chartgen.chart import publish
from chartgen.values import source
from tests.test_cli import run

VALUES = {"server": {"replicas": 3}}
PUBLISHED = {"consul", "consul-0.1.0.tgz", "index.yaml"}


def archived(path: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
        return {one.name.partition("/")[2]: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_folder_and_archive_hold_the_same(tmp_path: Path) -> None:
    chart = chartgen.compile(VALUES)
    for _ in range(2):
        made = chart.publish(tmp_path)
        assert written(made.folder) == archived(made.archive)
        assert names(tmp_path) == PUBLISHED
        assert names(tmp_path / "consul") == {"0.1.0"}


@pytest.mark.parametrize("what", ["folder", "archive"])
def test_what_is_no_chart_is_not_overwritten(what: str, tmp_path: Path) -> None:
    chart = chartgen.compile(VALUES)
    taken = tmp_path / ("consul/0.1.0" if what == "folder" else "consul-0.1.0.tgz")
    taken.mkdir(parents=True)
    (taken / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError):
        chart.publish(tmp_path)
    if what == "folder":
        with pytest.raises(FileExistsError):
            chart.write(taken)
    assert names(taken) == {"thesis.tex"}
    assert {path.name for path in tmp_path.rglob("*") if path.name.startswith(".")} == set()


def test_a_failure_brings_the_old_chart_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = chartgen.compile(VALUES).publish(tmp_path)
    folder, archive = made.folder, made.archive
    before = written(folder), archive.read_bytes()
    # what is in no index is not published, and may be replaced
    (tmp_path / "index.yaml").unlink()
    real = Path.replace

    def fails(path: Path, target: Path) -> Path:
        if target == archive:
            raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        chartgen.compile({"server": {"replicas": 5}}).publish(tmp_path)
    assert (written(folder), archive.read_bytes()) == before
    assert not (tmp_path / "index.yaml").exists()
    archive.unlink()
    (folder / "Chart.yaml").rename(tmp_path / "kept")
    with pytest.raises(FileExistsError):
        chartgen.compile(VALUES).publish(tmp_path)


def agreeing(folder: Path) -> list[str]:
    """The versions in a folder's index, each of which has its folder and its archive, which hold the same."""
    if not (folder / "index.yaml").exists():
        return []
    entries = source.read_file(str(folder / "index.yaml")).data["entries"]["consul"]
    for one in entries:
        packed = folder / one["urls"][0]
        assert hashlib.sha256(packed.read_bytes()).hexdigest() == one["digest"]
        assert archived(packed) == written(folder / "consul" / one["version"])
    return [one["version"] for one in entries]


def build(values: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "chartgen", "build", "-f", str(values), "-o", str(out)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def finished(process: subprocess.Popen[bytes]) -> int:
    process.communicate()
    return process.returncode


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_builds_that_are_ended_leave_what_agrees(ending: str, tmp_path: Path) -> None:
    """At random moments: what the index names is there, and the next build goes on from it."""
    values, out = tmp_path / "values.yaml", tmp_path / "out"
    values.write_text("{}")
    started = time.monotonic()
    assert finished(build(values, out)) == 0
    length = time.monotonic() - started
    moments = random.Random(ending)
    for number in range(int(os.environ.get("CHARTGEN_KILLS", "7"))):
        values.write_text(f"server: {{replicas: {3 if number % 2 else 5}}}\n")
        process = build(values, out)
        # most of what is written is written at the end
        time.sleep(length * moments.choice((moments.random(), 0.7 + 0.5 * moments.random())))
        process.send_signal(getattr(signal, ending))
        told = process.communicate()[1].decode()
        # Python itself may be interrupted while it starts, and says so in its own way
        assert "/chartgen/" not in told.partition("Traceback")[2] or process.returncode < 0, told
        assert agreeing(out)
        assert ending == "SIGKILL" or not [name for name in names(out) if name.startswith(".")]
    assert finished(build(values, out)) == 0
    newest = agreeing(out)[0]
    assert {f"consul-{newest}.tgz", "index.yaml"} <= names(out)


def test_builds_at_the_same_time_are_all_published(tmp_path: Path) -> None:
    """Each under a version of its own, by itself."""
    processes = []
    for replicas in (1, 3, 5, 7):
        values = tmp_path / f"{replicas}.yaml"
        values.write_text(f"server: {{replicas: {replicas}}}\n")
        processes.append(build(values, tmp_path / "out"))
    assert [(one.communicate()[1], one.returncode) for one in processes] == [(b"", 0)] * 4
    assert len(agreeing(tmp_path / "out")) == 4
    assert names(tmp_path / "out" / "consul") == set(agreeing(tmp_path / "out"))


def test_threads_publish_one_version_once(tmp_path: Path) -> None:
    charts = [chartgen.compile({"server": {"replicas": number}}) for number in (1, 3, 5)]
    errors: list[BaseException] = []

    def publish(chart: chartgen.Chart) -> None:
        for _ in range(5):
            try:
                chart.publish(tmp_path)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=publish, args=(chart,)) for chart in charts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert agreeing(tmp_path) == ["0.1.0"]
    # those that came second, each time
    refused = [error for error in errors if isinstance(error, chartgen.Rejected)]
    assert [error.diagnostics[0].code for error in refused] == ["version-published"] * 10
    assert len(errors) == 10
    assert names(tmp_path) == PUBLISHED


def test_what_is_published_is_not_overwritten(tmp_path: Path) -> None:
    first = chartgen.compile(VALUES).publish(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = chartgen.compile(VALUES).publish(tmp_path)
    assert (first.written, again.written, again.digest) == (True, False, first.digest)
    other = chartgen.compile({"server": {"replicas": 5}})
    with pytest.raises(chartgen.Rejected) as refused:
        other.publish(tmp_path)
    told = refused.value.diagnostics[0]
    assert (told.code, told.expected) == ("version-published", f"sha256 {first.digest}")
    assert told.found == f"sha256 {hashlib.sha256(other.archive()).hexdigest()}"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_went_missing_of_a_published_chart_is_put_back(tmp_path: Path) -> None:
    made = chartgen.compile(VALUES).publish(tmp_path)
    (made.folder / "values.yaml").write_text("tampered: true\n")
    made.archive.unlink()
    assert chartgen.compile(VALUES).publish(tmp_path).written
    assert agreeing(tmp_path) == ["0.1.0"]


def test_what_killed_builds_left_is_swept_away_later(tmp_path: Path) -> None:
    for name, age in (("old", 7200), ("young", 60)):
        (tmp_path / f".chartgen-{name}").mkdir()
        then = time.time() - age
        os.utime(tmp_path / f".chartgen-{name}", (then, then))
    chartgen.compile(VALUES).publish(tmp_path)
    assert names(tmp_path) == {*PUBLISHED, ".chartgen-young"}


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("build", "-f", "-", "-o", "file", stdin="{}", cwd=tmp_path)
    assert (told.returncode, told.stderr.count("\n"), told.stderr.startswith("error: ")) == (2, 1, True)
    (tmp_path / "consul" / "0.1.0").mkdir(parents=True)
    (tmp_path / "consul" / "0.1.0" / "mine").write_text("")
    told = run("build", "-f", "-", "-o", ".", stdin="{}", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (2, "error: consul/0.1.0: holds something other than a chart\n")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_the_output_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "charts").symlink_to("disk")
    chartgen.compile(VALUES).publish(tmp_path / "charts")
    assert names(tmp_path / "disk") == PUBLISHED


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("consul/Chart.yaml", 0),
        ("c/" + "d" * 98, 1),
        ("c" * 60 + "/" + "d" * 60, 2**20),
        ("c/ä", 512),
        ("c/" + "d" * 97 + "ä", 9),
    ],
)
def test_headers_are_those_that_tarfile_writes(path: str, size: int) -> None:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o644
    header = publish._header(path, size)
    assert header == member.tobuf(tarfile.USTAR_FORMAT, "utf-8")
    assert gzip.decompress(publish._header_alone(header)) == header
