"""chartgen side by side with what its users would run instead, as ratios: `make bench`.

Each figure is the median of pairs of runs, one of ours and one of the other's, in turn, so that a busy machine slows
both. Times are of the processor (a process's own and its kernel's), which waiting does not count in. Processes find byte code
and compiled templates in place, as an installation has them.
"""

from __future__ import annotations

import compileall
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import chartgen  # noqa: E402
from chartgen import compiler  # noqa: E402
from chartgen.workshop import compiled_templates  # noqa: E402
from tests import engine  # noqa: E402

VALUES = ROOT / "examples" / "secure.yaml"
LONG = ROOT / "benchmarks" / "values.yaml"
RUNS = 9

Timed = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One figure: what is compared, the most that the ratio may be, and seconds of both."""

    name: str
    target: str
    ours: float
    other: float

    def __str__(self) -> str:
        ratio = self.ours / self.other
        return (
            f"{self.name:<86} {ratio:7.2f}  {self.target:<8} {self.ours * 1000:8.1f} {self.other * 1000:8.1f}"
        )


def process(*command: str) -> Timed:
    """Processor time of a whole process, in seconds."""

    def run() -> float:
        started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {started.returncode}")
        return used.ru_utime + used.ru_stime

    return run


def inside(action: Callable[[], object]) -> Timed:
    """Processor time of a call in this process, in seconds."""

    def run() -> float:
        start = time.process_time()
        action()
        return time.process_time() - start

    return run


def archived_alone(values: compiler.Values) -> bytes:
    """The archive of a chart that has nothing in common with those before, as far as the process knows."""
    return compiler.compile_sources(compiler.read(values), compiler.Options()).archive()


def each_other(values: Path) -> Timed:
    """Compiles and archives a file for one cluster after another, each with its datacenter and a number of servers."""
    numbers = itertools.count()

    def action() -> object:
        number = next(numbers)
        own = {"global": {"datacenter": f"dc{number}"}, "server": {"replicas": 3 + number % 3 * 2}}
        return chartgen.compile([values, own]).archive()

    return inside(action)


def compare(name: str, target: str, ours: Timed, other: Timed, runs: int = RUNS) -> Row:
    """The medians of runs in turn, after one of each that does not count."""
    ours(), other()
    pairs = [(ours(), other()) for _ in range(runs)]
    return Row(name, target, *(statistics.median(column) for column in zip(*pairs, strict=True)))


def peak(*command: str) -> float:
    """The most memory that a process held at once, in MB."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


def gateways(number: int) -> dict[str, object]:
    named = [{"name": f"gateway-{one}"} for one in range(number)]
    return {"connectInject": {"enabled": True}, "ingressGateways": {"enabled": True, "gateways": named}}


def joined(number: int) -> dict[str, object]:
    return {"client": {"enabled": True, "join": [f"10.0.{one // 250}.{one % 250}" for one in range(number)]}}


def denied(number: int) -> dict[str, object]:
    return {"syncCatalog": {"enabled": True, "k8sDenyNamespaces": [f"team-{one}" for one in range(number)]}}


def installed() -> None:
    """Brings templates and modules to what they are in an installation: compiled, whatever has changed since."""
    compiled_templates.write()
    for folder in ("chartgen", "templates"):
        compileall.compile_dir(ROOT / folder, quiet=1)


def rows(folder: Path) -> Sequence[Row]:
    installed()
    program = [sys.executable, "-m", "chartgen"]
    chart = chartgen.compile(VALUES).write(folder / "consul")
    bare = process(sys.executable, "-c", "pass")
    build = process(*program, "build", "-f", str(VALUES), "-o", str(folder / "out"))
    ways: list[tuple[str, Timed]] = [
        ("a first time", inside(partial(archived_alone, str(VALUES)))),
        ("other values than before", each_other(VALUES)),
        ("the same values again", inside(lambda: chartgen.compile(VALUES).archive())),
    ]
    found = [
        compare("check of 100 lines, process / bare interpreter", "<= 5", process(*program, "check", str(LONG)), bare),
        compare(
            "check -f of 100 lines, process / bare interpreter", "<= 5",
            process(*program, "check", "-f", str(LONG)), bare,
        ),
        compare("build, process / bare interpreter", "<= 10", build, bare),
    ]  # fmt: skip
    official = os.environ.get("CONSUL_CHART")
    rendered, target = ("the official chart", "<= 0.2") if official else ("the result", "")
    rendering = inside(lambda: engine.render(Path(official or chart)))
    for way, ours in ways:
        name = f"compile and archive, warm, {way} / Helm's engine on {rendered}"
        found.append(compare(name, target, ours, rendering))
    helm = shutil.which("helm")
    if helm:
        other = process(
            helm,
            "template",
            "consul",
            "--kube-version",
            "1.33.0",
            official or str(chart),
            *(["-f", str(VALUES)] if official else []),
        )
        name = "the official chart" if official else "the result"
        found.append(
            compare(f"build, process / helm template of {name}", "<= 1" if official else "", build, other)
        )
    for name, made in (("gateways", gateways), ("addresses to join", joined), ("namespaces", denied)):
        found.append(
            compare(
                f"compile with 400 {name} / with 100", "<= 4",
                inside(partial(archived_alone, made(400))), inside(partial(archived_alone, made(100))), runs=3,
            )
        )  # fmt: skip
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'':<86} {'ratio':>7}  {'target':<8} {'ours ms':>8} {'other ms':>8}")
        for row in rows(folder):
            print(row)
        memory = peak(sys.executable, "-m", "chartgen", "build", "-f", str(VALUES), "-o", str(folder / "out"))
        print(f"peak memory of a build: {memory:.0f} MB (at most 120)")


if __name__ == "__main__":
    main()
