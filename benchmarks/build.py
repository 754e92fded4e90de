"""chartgen side by side with the Helm engine on the chart it compiled, as ratios: `make bench`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import chartgen  # noqa: E402
from tests import engine  # noqa: E402

VALUES = ROOT / "examples" / "secure.yaml"


def median(action: Callable[[], object], runs: int = 7) -> float:
    """Seconds of the middle one of several runs, after one that does not count."""
    action()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def process(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        chart = chartgen.compile(VALUES).write(Path(folder) / "consul")
        bare = median(process("-c", "pass"))
        rows = [
            (
                "check, process / bare interpreter",
                median(process("-m", "chartgen", "check", str(VALUES))),
                bare,
            ),
            (
                "build, process / bare interpreter",
                median(process("-m", "chartgen", "build", "-f", str(VALUES), "-o", folder)),
                bare,
            ),
            (
                "compile and archive, warm / Helm engine rendering the result",
                median(lambda: chartgen.compile(VALUES).archive()),
                median(lambda: engine.render(chart)),
            ),
        ]
    for name, ours, other in rows:
        print(f"{name}: {ours / other:.2f}  ({ours * 1000:.1f} ms / {other * 1000:.1f} ms)")


if __name__ == "__main__":
    main()
