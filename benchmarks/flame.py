"""Where a build's time goes, as a picture: `python benchmarks/flame.py docs/build.svg`, of `make bench` too.

Whole processes are sampled by the clock of their processor time (ITIMER_PROF), from the first import to the end, and the
samples of many runs are put together: as wide as a function is, so much of the time is spent in it and what it calls. Python's
own start, which comes before, is left out. The shares of the stages are printed.
"""

from __future__ import annotations

import collections
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent
VALUES = ROOT / "examples" / "secure.yaml"
RUNS = 60
# seconds of the processor between two samples; the system may take more
INTERVAL = 0.001
WIDE, HIGH, LEAST = 1200, 17, 0.004
# what is a stage of its own wherever it stands: what the last frame begins with that begins with any of them
STAGES = {
    "import jinja2": "imports: jinja2", "import yaml12": "imports: chartgen and what it needs", "import yaml": "imports: PyYAML", "import chartgen": "imports: chartgen and what it needs",
    "chartgen.values.inputs.Inputs.read": "read", "chartgen.compiler.check": "check", "chartgen.render.render": "render",
    "chartgen.verify.check": "verify", "chartgen.chart.Chart.files": "the chart's files", "chartgen.chart.publish.archive": "archive",
    "chartgen.chart.publish.publish": "publish: files, index, renames",
}  # fmt: skip
COLOURS = {"import": "#c9d3e6", "chartgen": "#f2b880", "jinja2": "#e6d38f", "templates": "#e6d38f"}
OTHER = "#dcd7cf"

Stack = tuple[str, ...]


def label(frame: FrameType) -> str:
    """What a frame is called in the picture; nothing for the import system's own."""
    module, name = str(frame.f_globals.get("__name__", "")), frame.f_code.co_qualname
    if "importlib" in module or module == "__main__":
        return ""
    if name == "<module>":
        return f"import {module}"
    if "template" in frame.f_globals and "lines" in frame.f_globals:
        # compiled ahead: see chartgen.render.runtime
        return f"templates/{frame.f_globals['template']}"
    return f"{module}.{name.replace('.<locals>', '')}"


def sample(into: str, arguments: Sequence[str]) -> None:
    """Runs a command of chartgen in this process, and writes the stacks that were seen, each with how often."""
    seen: collections.Counter[Stack] = collections.Counter()

    def note(_: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None:
            stack.append(label(frame))
            frame = frame.f_back
        seen[tuple(filter(None, reversed(stack)))] += 1

    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    sys.path.insert(0, str(ROOT))
    from chartgen.__main__ import main

    try:
        main(arguments)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(into).write_text(json.dumps([*seen.items()]), encoding="utf-8")


def gathered() -> collections.Counter[Stack]:
    """The samples of builds of the secure example, each a process that writes into a fresh folder."""
    seen: collections.Counter[Stack] = collections.Counter()
    # byte code and compiled templates in place, as an installation has them
    for made in (["chartgen.workshop.compiled_templates"], ["compileall", "-q", "chartgen", "templates"]):
        subprocess.run([sys.executable, "-m", *made], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as name:
        for run in range(RUNS + 1):
            command = [
                sys.executable,
                __file__,
                "--sample",
                f"{name}/seen",
                "build",
                "-f",
                str(VALUES),
                "-o",
                f"{name}/{run}",
            ]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
            # the first one may have to write byte code
            for stack, count in json.loads(Path(f"{name}/seen").read_text()) if run else ():
                seen[tuple(stack)] += count
    return seen


def stages(seen: collections.Counter[Stack]) -> list[tuple[str, float]]:
    """The share of each stage, of what is in no other stage further in."""
    total = sum(seen.values())
    shares: collections.Counter[str] = collections.Counter()
    for stack, count in seen.items():
        found = (name for call in reversed(stack) for start, name in STAGES.items() if call.startswith(start))
        shares[next(found, "all else")] += count
    return [(name, count / total) for name, count in shares.most_common()]


def picture(seen: collections.Counter[Stack]) -> str:
    """The flame graph as SVG: the first call below, what it calls above it, widest first."""
    total = sum(seen.values())
    boxes: list[tuple[int, float, float, str]] = []

    def draw(stacks: dict[Stack, int], depth: int, left: float) -> None:
        groups: dict[str, dict[Stack, int]] = {}
        for stack, count in stacks.items():
            if len(stack) > depth:
                groups.setdefault(stack[depth], {})[stack] = count
        for name, below in sorted(groups.items(), key=lambda group: -sum(group[1].values())):
            share = sum(below.values()) / total
            if share >= LEAST:
                boxes.append((depth, left, share, name))
                draw(below, depth + 1, left)
            left += share

    draw(dict(seen), 0, 0.0)
    high = (max(depth for depth, *_ in boxes) + 3) * HIGH
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" font-family="monospace" font-size="11">',
        f'<rect width="{WIDE}" height="{high}" fill="#fffdf8"/>',
        f'<text x="4" y="{HIGH - 4}">chartgen build -f examples/secure.yaml: {total} samples of {RUNS} processes, without '
        "Python's own start</text>",
    ]
    for depth, left, share, name in boxes:
        x, wide, y = left * WIDE, share * WIDE, high - (depth + 1) * HIGH
        colour = next((shade for start, shade in COLOURS.items() if name.startswith(start)), OTHER)
        letters = int(wide / 6.8)
        shown = name if len(name) <= letters else name[: letters - 1] + "…" if letters > 3 else ""
        lines.append(
            f'<g><title>{escape(name)}: {share:.1%}</title><rect x="{x:.1f}" y="{y}" width="{max(wide - 0.5, 0.5):.1f}" '
            f'height="{HIGH - 1}" fill="{colour}"/><text x="{x + 3:.1f}" y="{y + 12}">{escape(shown)}</text></g>'
        )
    return "\n".join([*lines, "</svg>", ""])


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--sample"]:
        sample(arguments[1], arguments[2:])
        return
    seen = gathered()
    for name, share in stages(seen):
        print(f"{name:<40} {share:6.1%}")
    if arguments:
        Path(arguments[0]).write_text(picture(seen), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
