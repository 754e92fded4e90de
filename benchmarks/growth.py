"""How time and memory grow with gateways, namespaces and files of values: `make bench` draws docs/growth.svg.

Each point is a process of its own. What a single one costs is taken off; the exponent is the slope of what is left over the
number of further ones, in logarithms: 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

PICTURE = ROOT / "docs" / "growth.svg"
MOST = 1.05
RUNS = 3
# ru_maxrss is in kilobytes on Linux, in bytes on macOS
_UNIT = 1024 if sys.platform == "linux" else 1


@dataclass(frozen=True)
class Kind:
    """What there are more and more of, and the numbers that are measured."""

    name: str
    sizes: tuple[int, ...]


KINDS = {
    "gateways": Kind("ingress gateways", (1, 10, 30, 100, 300, 1000)),
    "namespaces": Kind("namespaces in lists", (1, 100, 300, 1000, 3000, 10_000)),
    "files": Kind("files of values", (1, 10, 50, 200, 1000, 5000)),
}


@dataclass(frozen=True)
class Point:
    """One measurement: how many there are, seconds of the processor, bytes of memory at most."""

    size: int
    seconds: float
    memory: int


def values_of(kind: str, size: int) -> dict[str, Any]:
    """Values with so many of a kind."""
    if kind == "gateways":
        gateways = [{"name": f"gateway-{number}"} for number in range(size)]
        return {"ingressGateways": {"enabled": True, "gateways": gateways}}
    names = [f"team-{number}" for number in range(size)]
    return {
        "connectInject": {
            "k8sAllowNamespaces": names,
            "k8sDenyNamespaces": [f"not-{name}" for name in names],
        },
        "syncCatalog": {"enabled": True, "k8sDenyNamespaces": names},
    }


def measured(kind: str, size: int) -> Point:
    """Compiles, in this process, values with so many of a kind into an archive."""
    import chartgen

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "chart.tgz"
        # imports and templates are there before the clock starts
        chartgen.compile(values_of(kind, 1)).write_archive(target)
        start = time.process_time()
        chartgen.compile(values_of(kind, size)).write_archive(target)
        seconds = time.process_time() - start
    return Point(size, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT)


def fleet(folder: Path, size: int) -> None:
    """A repository of so many charts: a base, ten regions, and a file for each cluster."""
    for name in ("regions", "clusters"):
        (folder / name).mkdir(parents=True)
    layers = "[base.yaml, 'regions/{region}.yaml', 'clusters/{region}-{cluster}.yaml']"
    text = f"charts: [{{name: 'consul-{{cluster}}', version: 0.1.0, values: {layers}}}]\n"
    (folder / "chartgen.yaml").write_text(text, "utf-8")
    (folder / "base.yaml").write_text((ROOT / "examples" / "secure.yaml").read_text("utf-8"), "utf-8")
    for region in range(min(10, size)):
        text = f"global: {{datacenter: region{region}}}\nserver: {{replicas: 5}}\n"
        (folder / "regions" / f"r{region}.yaml").write_text(text, "utf-8")
    for number in range(size):
        lines = [
            f"client: {{nodeMeta: {{cluster: c{number}}}}}",
            "server:",
            f"  storage: {10 + number % 50}Gi",
        ]
        (folder / "clusters" / f"r{number % 10}-c{number}.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def built(size: int) -> Point:
    """`chartgen build` of a repository with so many files, whole processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "fleet"
        fleet(folder, size)
        command = (sys.executable, "-m", "chartgen", "build")
        # what another run has made is none of this one's
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(Path(name) / "cache")}
        started = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise SystemExit(f"chartgen build of {size} files: exit code {started.returncode}")
    return Point(size, used.ru_utime + used.ru_stime, used.ru_maxrss * _UNIT)


def asked(kind: str, size: int) -> Point:
    """One point, in a process that does nothing else."""
    if kind == "files":
        return built(size)
    command = (sys.executable, __file__, "--point", kind, str(size))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Point(**json.loads(done.stdout))


def point(kind: str, size: int) -> Point:
    """The median time, and the least memory, of several runs; of what takes long, one is enough."""
    points = [asked(kind, size)]
    while len(points) < RUNS and points[0].seconds < 20:
        points.append(asked(kind, size))
    return Point(
        size, statistics.median(each.seconds for each in points), min(each.memory for each in points)
    )


def exponent(sizes: Sequence[int], amounts: Sequence[float]) -> float:
    """The slope, in logarithms, of what further ones add; the first amount is of one. Least squares.

    What adds less than a twentieth is left out: it hides in what is there anyway.
    """
    pairs = [
        (math.log(size - sizes[0]), math.log(amount - amounts[0]))
        for size, amount in zip(sizes, amounts, strict=True)
        if amount > 1.05 * amounts[0]
    ]
    if len(pairs) < 2:
        return 0.0
    x_mean, y_mean = (statistics.mean(column) for column in zip(*pairs, strict=True))
    return sum((x - x_mean) * (y - y_mean) for x, y in pairs) / sum((x - x_mean) ** 2 for x, _ in pairs)


def draw(curves: dict[str, list[Point]]) -> None:
    """Writes the picture: a panel for each kind, time on the left, memory on the right."""
    import matplotlib

    matplotlib.use("svg")
    # without these, no two pictures of the same figures are the same
    matplotlib.rcParams.update({"svg.hashsalt": "chartgen", "font.size": 8})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(curves), figsize=(11, 3.6), layout="constrained")
    for panel, (kind, points) in zip(panels, curves.items(), strict=True):
        sizes = [each.size for each in points]
        seconds = [each.seconds for each in points]
        memory = [each.memory / 2**20 for each in points]
        (left,) = panel.plot(
            sizes, seconds, "o-", color="#1f5fa8", label=f"time, exponent {exponent(sizes, seconds):.2f}"
        )
        panel.set(xscale="log", yscale="log", xlabel=KINDS[kind].name, ylabel="seconds of the processor")
        other = panel.twinx()
        (right,) = other.plot(
            sizes, memory, "s--", color="#c0561d", label=f"memory, exponent {exponent(sizes, memory):.2f}"
        )
        other.set(yscale="log", ylabel="peak memory, MiB")
        panel.legend(handles=[left, right], loc="upper left", frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", nargs=2, metavar=("KIND", "SIZE"), help="measures one point, as JSON")
    parser.add_argument("--only", choices=KINDS, help="one kind, without a picture")
    given = parser.parse_args()
    if given.point:
        kind, size = given.point
        print(json.dumps(vars(measured(kind, int(size)))))
        return 0
    curves: dict[str, list[Point]] = {}
    wrong = 0
    for name, kind in KINDS.items():
        if given.only in (None, name):
            curves[name] = [point(name, size) for size in kind.sizes]
            sizes = [each.size for each in curves[name]]
            for what, amounts in (
                ("time", [each.seconds for each in curves[name]]),
                ("memory", [float(each.memory) for each in curves[name]]),
            ):
                slope = exponent(sizes, amounts)
                wrong += slope > MOST
                print(f"{kind.name:<22} {what:<7} exponent {slope:5.2f}  at most {MOST}")
            for each in curves[name]:
                print(
                    f"  {each.size:>6} {each.seconds * 1000:10.1f} ms {each.memory / 2**20:8.1f} MiB",
                    flush=True,
                )
    if not given.only:
        draw(curves)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
