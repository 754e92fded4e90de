"""A fleet of charts in one `chartgen build`, side by side with a loop of `helm template` over its files: `make bench`.

    python benchmarks/fleet.py [FILES [PAIRS]]
    python benchmarks/fleet.py --scheduler [FILES [PAIRS]]

Ratios are of processor time (of whole processes, their workers and their kernel's), which other programs on the machine
lengthen less than the clock's, and of the clock, by which a shell's loop is held against a build that uses all processors.
`helm template` takes so long that it runs over a sample of the files, and its time is taken for all: each file costs it
the same. Runs are in turn; the ratios are shown with their spread. Where making a file takes long (some disks: 0.7 ms), a
TMPDIR in memory shows what the programs themselves take.

CONSUL_CHART names the official chart, which is given each cluster's three layers. Without it, a stand-in is compared with:
Helm renders the chart that chartgen compiled for the cluster, which has no values to merge and few templates to
decide. Without a `helm` in PATH, Helm's engine does so in a process of its own for all of them, without any start: both cost
less than the official chart does.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from chartgen.fleet import processes  # noqa: E402
from tests import fleets  # noqa: E402

FILES, PAIRS, SAMPLE = 500, 3, 40
# renders charts with the engine, once before the clock starts
_ENGINE = """
import sys, time
from pathlib import Path
from tests import engine
charts = [Path(name) for name in sys.argv[1:]]
engine.render(charts[0])
start = time.process_time()
for chart in charts:
    engine.render(chart)
print(time.process_time() - start)
"""

Layers = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Took:
    """Seconds of the processor, and of the clock."""

    processor: float
    clock: float


def took(action: Callable[[], object]) -> Took:
    """What an action takes that runs in processes of its own, with theirs."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    after, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return Took(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock)


def build(folder: Path, cache: Path, *options: str) -> None:
    """All charts of the build file in a folder, with a cache folder that may hold charts of before."""
    command = [sys.executable, "-m", "chartgen", "build", "--quiet", *options]
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)},
    )


def loop(helm: str, arguments: Sequence[Sequence[str]]) -> None:
    """`helm template` for each, one after the other."""
    for given in arguments:
        # a Helm that somebody built himself takes an old Kubernetes for granted
        command = [helm, "template", "consul", "--kube-version", "1.33.0", *given]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def engine(charts: Sequence[Path]) -> float:
    """Seconds of the processor in which the engine renders charts."""
    command = [sys.executable, "-c", _ENGINE, *map(str, charts)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return float(done.stdout)


def other(layers: Layers, charts: Path) -> tuple[str, Callable[[], Took]]:
    """What is compared with, and what it takes for a file."""
    sample = layers[:: max(1, len(layers) // SAMPLE)][:SAMPLE]
    official, helm = os.environ.get("CONSUL_CHART"), shutil.which("helm")
    compiled = [charts / f"consul-{Path(files[-1]).stem}" / "0.1.0" for files in sample]
    if not helm:
        name = "STAND-IN: Helm's engine, started, on the compiled chart"
        return name, lambda: a_file(Took(*[engine(compiled)] * 2), len(sample))
    if official:
        given = [[official, *(part for file in files for part in ("-f", file))] for files in sample]
        name = "helm template of the official chart"
    else:
        given = [[str(path)] for path in compiled]
        name = "STAND-IN: helm template of the compiled chart"
    return name, lambda: a_file(took(lambda: loop(helm, given)), len(sample))


def a_file(whole: Took, files: int) -> Took:
    return Took(whole.processor / files, whole.clock / files)


def row(name: str, ours: Sequence[Took], theirs: Sequence[Took]) -> str:
    """Medians of what both take for a file, and how many times longer the other one takes: by processor, by clock."""
    told = f"{name:<28}"
    for kind in ("processor", "clock"):
        pairs = [
            (getattr(mine, kind), getattr(other, kind)) for mine, other in zip(ours, theirs, strict=True)
        ]
        ratios = sorted(other / mine for mine, other in pairs)
        spread = f"({ratios[0]:.1f} to {ratios[-1]:.1f})"
        told += f" {statistics.median(mine for mine, _ in pairs) * 1000:8.2f} ms {statistics.median(ratios):6.1f} times {spread:<16}"
    return told.rstrip()


def main(files: int = FILES, pairs: int = PAIRS) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "fleet"
        layers = fleets.written(folder, files)
        charts = folder / "charts"
        cache = Path(name) / "cache"
        build(folder, cache)
        what, measured = other(layers, charts)
        theirs: list[Took] = []
        ours: dict[str, list[Took]] = {
            "archives and index": [],
            "folders, archives and index": [],
            "archives, made before": [],
            "again, with nothing changed": [],
        }
        said = folder / "chartgen.yaml"
        for _ in range(pairs):
            theirs.append(measured())
            ours["again, with nothing changed"].append(took(lambda: build(folder, cache)))
            kept = charts.rename(folder / "kept")
            # templates are compiled already, as an installation has them; charts are not there
            shutil.rmtree(cache / "chartgen" / "charts")
            ours["folders, archives and index"].append(took(lambda: build(folder, cache)))
            shutil.rmtree(charts)
            shutil.rmtree(cache / "chartgen" / "charts")
            said.write_text(fleets.BUILD_FILE + "    folder: false\n")
            ours["archives and index"].append(took(lambda: build(folder, cache)))
            shutil.rmtree(charts)
            ours["archives, made before"].append(took(lambda: build(folder, cache)))
            shutil.rmtree(charts)
            said.write_text(fleets.BUILD_FILE)
            kept.rename(charts)
            shutil.rmtree(cache / "chartgen" / "charts")
            build(folder, cache)
        print(f"{files} files on {processes.usable()} processors, against {what}")
        print(f"{'for a file':<28} {'of the processors':<38} of the clock")
        print(row("that", theirs, theirs))
        for title, runs in ours.items():
            print(row(title, [a_file(each, files) for each in runs], theirs))


@contextmanager
def workers(folder: Path, count: int) -> Iterator[str]:
    """The address of a scheduler on this machine with so many workers, which end with the block."""
    from distributed import Client

    told = folder / "scheduler.json"
    programs = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        *[["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * count,
    ]
    with ExitStack() as stack:
        for name, *options in programs:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    f"distributed.cli.dask_{name}",
                    *options,
                    "--scheduler-file",
                    str(told),
                ],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        while not told.exists() or not told.stat().st_size:
            time.sleep(0.1)
        with Client(scheduler_file=str(told), set_as_default=False) as client:
            client.wait_for_workers(count)
            address = str(client.scheduler.address)
        yield address


def main_scheduler(files: int = FILES, pairs: int = PAIRS) -> None:
    """Two workers of a scheduler on this machine, and one processor without any."""
    everywhere = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "fleet", Path(name) / "cache"
        fleets.written(folder, files)
        with workers(Path(name), 2) as address:

            def seconds(*options: str) -> float:
                shutil.rmtree(folder / "charts", ignore_errors=True)
                shutil.rmtree(cache / "chartgen" / "charts", ignore_errors=True)
                start = time.perf_counter()
                build(folder, cache, *options)
                return time.perf_counter() - start

            seconds("--scheduler", address)
            ours, alone = [], []
            for _ in range(pairs):
                os.sched_setaffinity(0, {min(everywhere)})
                alone.append(seconds())
                os.sched_setaffinity(0, everywhere)
                ours.append(seconds("--scheduler", address))
    ratios = sorted(mine / other for mine, other in zip(ours, alone, strict=True))
    print(
        f"{files} files: two workers on this machine, against one processor without a scheduler, by the clock"
    )
    print(
        f"{statistics.median(ours):.2f} s against {statistics.median(alone):.2f} s: "
        f"{statistics.median(ratios):.2f} times ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scheduler"]:
        main_scheduler(*map(int, sys.argv[2:]))
    else:
        main(*map(int, sys.argv[1:]))
