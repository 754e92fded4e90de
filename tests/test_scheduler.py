"""A fleet on the workers of a real Dask scheduler comes to what one process makes of it, to the byte, whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from chartgen.chart import index
from chartgen.fleet import remote
from tests import fleets
from tests.test_cli import ROOT, run
from tests.test_publish import written

# what answers later than this does not answer
PATIENCE = 120


@contextmanager
def program(*command: str, folder: Path, code: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A part of Dask, with the chartgen in a folder; gone at the end."""
    with (folder / f"{command[0]}-{time.monotonic_ns()}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{command[0]}", *command[1:]],
            cwd=folder, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(code)},
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Dask:
    """A scheduler on loopback, and its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._stack = ExitStack()
        told = folder / "scheduler.json"
        start = (
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
        )
        self._stack.enter_context(program(*start, folder=folder))
        for _ in range(PATIENCE * 10):
            if told.exists() and told.stat().st_size:
                break
            time.sleep(0.1)
        self.address = str(json.loads(told.read_text())["address"])

    def worker(self, code: Path = ROOT) -> None:
        own = self.folder / f"worker-{len(self.workers)}"
        start = (
            "worker",
            self.address,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--local-directory",
            str(own),
        )
        self.workers.append(self._stack.enter_context(program(*start, folder=self.folder, code=code)))

    def wait_for_workers(self, count: int) -> None:
        """Returns once it has so many; raises CalledProcessError where it has not in time."""
        asked = "import sys, distributed; distributed.Client(sys.argv[1]).wait_for_workers(*map(int, sys.argv[2:]))"
        subprocess.run([sys.executable, "-c", asked, self.address, str(count), str(PATIENCE)], check=True)

    def close(self) -> None:
        self._stack.close()


@pytest.fixture
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    started = Dask(tmp_path_factory.mktemp("dask"))
    try:
        for _ in range(2):
            started.worker()
        yield started
    finally:
        started.close()


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Path, Path]:
    """The same fleet in two folders, some of whose files have mistakes."""
    first, second = tmp_path / "here" / "fleet", tmp_path / "there" / "fleet"
    first.mkdir(parents=True)
    fleets.written(first, 60, seed=3, mistakes=0.1)
    # a layer beside the folder of the build file
    shutil.move(first / "base.yaml", first.parent / "base.yaml")
    build_file = (first / "chartgen.yaml").read_text()
    assert "base.yaml" in build_file
    (first / "chartgen.yaml").write_text(build_file.replace("base.yaml", "../base.yaml"))
    shutil.copytree(first.parent, second.parent)
    return first, second


def build(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the answer of a build that finds nothing that was made before."""
    os.environ["XDG_CACHE_HOME"] = str(folder.parent / "cache")
    try:
        done = run("build", "--format", "json", *options, cwd=folder)
    finally:
        del os.environ["XDG_CACHE_HOME"]
        shutil.rmtree(folder.parent / "cache", ignore_errors=True)
    return done.returncode, json.loads(done.stdout)


def test_it_is_what_one_process_makes(dask: Dask, twice: tuple[Path, Path]) -> None:
    here, there = twice
    assert build(there, "--scheduler", dask.address) == build(here)
    assert written(there) == written(here)
    assert len(index.read(here / "charts").entries) > 40
    # a change in some, compared with what is published
    for folder in twice:
        for path in sorted((folder / "clusters").rglob("*.yaml"))[::4]:
            path.write_text(path.read_text() + "\nsyncCatalog: {logLevel: debug}\n")
    code, answer = build(there, "--scheduler", dask.address)
    assert (code, answer) == build(here)
    assert written(there) == written(here)
    assert any(chart["step"] for chart in answer["charts"])


def test_a_worker_that_dies_costs_nothing(dask: Dask, twice: tuple[Path, Path]) -> None:
    here, there = twice
    process = started(there, dask.address)
    dask.workers[0].kill()
    assert process.wait(PATIENCE) == build(here)[0]
    assert written(there) == written(here)


def test_who_interrupts_finds_whole_charts(dask: Dask, twice: tuple[Path, Path]) -> None:
    _, there = twice
    process = started(there, dask.address)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    for name, (entry, *_) in index.read(there / "charts").entries.items():
        assert (there / "charts" / f"{name}-{entry['version']}.tgz").is_file()
    assert not list((there / "charts").glob(".chartgen-*"))


def started(folder: Path, address: str) -> subprocess.Popen[bytes]:
    """A build that has some charts, and not all of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chartgen", "build", "--quiet", "--scheduler", address],
        cwd=folder, stderr=subprocess.DEVNULL, env={**os.environ, "XDG_CACHE_HOME": str(folder.parent / "cache")},
        # a shell's background job ignores it, and hands that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    for _ in range(PATIENCE * 20):
        if list((folder / "charts").glob(".chartgen-*/*.tgz")):
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("no chart was ready, or all of them were at once")


def test_workers_that_would_make_other_bytes_are_refused(tmp_path: Path, twice: tuple[Path, Path]) -> None:
    _, there = twice
    other, none = tmp_path / "other", tmp_path / "none"
    for name in ("chartgen", "templates", "schema"):
        shutil.copytree(ROOT / name, other / name)
    shutil.copy(ROOT / "LICENSE", other)
    (other / "templates" / "client" / "more.j2").write_text("")
    # what hides the chartgen that an environment has
    (none / "chartgen").mkdir(parents=True)
    (none / "chartgen" / "__init__.py").write_text("")
    for code in (other, none):
        folder = tmp_path / f"dask-{code.name}"
        folder.mkdir()
        dask = Dask(folder)
        try:
            # one that is right does not help
            dask.worker()
            dask.worker(code)
            dask.wait_for_workers(2)
            done = run("build", "--scheduler", dask.address, cwd=there)
        finally:
            dask.close()
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "would make other bytes" in done.stderr and done.stderr.count("tcp://") == 1
        assert not list((there / "charts").rglob("*.tgz"))


def test_a_worker_asks_who_asks() -> None:
    with pytest.raises(remote.OtherProgram, match="Python"):
        remote.compiled("another", b"")


def test_nobody_is_there(twice: tuple[Path, Path]) -> None:
    here, _ = twice
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        done = run("build", "--scheduler", address, cwd=here)
        assert done.returncode == 2
        assert f"no scheduler answers at {address}" in done.stderr
        assert not (here / "charts").exists() or not list((here / "charts").iterdir())
    done = run("build", "-f", "base.yaml", "--scheduler", "tcp://127.0.0.1:1", cwd=here.parent)
    assert (done.returncode, "chartgen.yaml" in done.stderr) == (2, True)
    done = run("build", "--check", "--scheduler", "tcp://127.0.0.1:1", cwd=here)
    assert (done.returncode, "--check" in done.stderr) == (2, True)
