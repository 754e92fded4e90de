"""Writing charts: folder and archive together or not at all, whoever interrupts, whatever is there already."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

import chartgen
from tests.test_cli import run

VALUES = {"server": {"replicas": 3}}


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
        folder, archive = chart.publish(tmp_path)
        assert written(folder) == archived(archive)
        assert names(tmp_path) == {"consul", "consul-0.1.0.tgz"}
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
    folder, archive = chartgen.compile(VALUES).publish(tmp_path)
    before = written(folder), archive.read_bytes()
    real = Path.replace

    def fails(path: Path, target: Path) -> Path:
        if target == archive:
            raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        chartgen.compile({"server": {"replicas": 5}}).publish(tmp_path)
    assert (written(folder), archive.read_bytes()) == before
    archive.unlink()
    (folder / "Chart.yaml").rename(tmp_path / "kept")
    with pytest.raises(FileExistsError):
        chartgen.compile(VALUES).publish(tmp_path)


def test_interrupted_builds_leave_whole_charts(tmp_path: Path) -> None:
    """Ctrl-C and a termination at many points of a build: what is there is a whole chart, old or new."""
    values = tmp_path / "values.yaml"
    out = tmp_path / "out"
    whole: list[dict[str, bytes]] = []
    for replicas in (3, 5):
        values.write_text(f"server: {{replicas: {replicas}}}\n")
        assert run("build", "-f", str(values), "-o", str(out)).returncode == 0
        whole.append(archived(out / "consul-0.1.0.tgz"))
    started = time.monotonic()
    assert run("build", "-f", str(values), "-o", str(out)).returncode == 0
    length = time.monotonic() - started
    for step in range(8):
        values.write_text(f"server: {{replicas: {3 if step % 2 else 5}}}\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "chartgen", "build", "-f", str(values), "-o", str(out)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(length * (0.3 + 0.1 * step))
        process.send_signal(signal.SIGINT if step % 2 else signal.SIGTERM)
        told = process.communicate()[1].decode()
        assert "Traceback" not in told or process.returncode in (-signal.SIGINT, -signal.SIGTERM), told
        assert written(out / "consul/0.1.0") in whole
        assert archived(out / "consul-0.1.0.tgz") in whole


def test_builds_at_the_same_time_leave_one_whole_chart(tmp_path: Path) -> None:
    charts = [chartgen.compile({"server": {"replicas": number}}) for number in (1, 3, 5)]
    errors: list[BaseException] = []

    def publish(chart: chartgen.Chart) -> None:
        try:
            for _ in range(5):
                chart.publish(tmp_path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=publish, args=(chart,)) for chart in charts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert errors == []
    wanted = [{name: text.encode() for name, text in chart.files.items()} for chart in charts]
    assert written(tmp_path / "consul/0.1.0") in wanted
    assert archived(tmp_path / "consul-0.1.0.tgz") in wanted
    assert names(tmp_path) == {"consul", "consul-0.1.0.tgz"}


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
    assert names(tmp_path / "disk") == {"consul", "consul-0.1.0.tgz"}
