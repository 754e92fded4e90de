"""What the language server takes for a file of 500 lines, in a warm process: `make bench`.

Times are of the processor, which waiting does not count in. Each figure is the median, and the worst of all.
"""

from __future__ import annotations

import functools
import gc
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from chartgen import schema  # noqa: E402
from chartgen.lsp import analysis, completion, places  # noqa: E402
from chartgen.lsp.analysis import Analysis, Memory, Place, Wanted  # noqa: E402
from chartgen.lsp.text import Text  # noqa: E402
from chartgen.project import Project  # noqa: E402
from chartgen.render import document  # noqa: E402

HERE = Place(ROOT, Project(), "values.yaml")
LINES = 500
# what people have wrong: a name, a type, two settings that contradict each other
WRONG = (("replicas: 1\n", "replicaz: 1\n"), ("logLevel: info\n", "logLevel: warning\n"), ("enabled: false\n", "enabled: 1\n"))
# where somebody types, letter by letter
TYPED = (("datacenter: ", "dc23"), ("storage: ", "20Gi"), ("replicas: ", "35"), ("enabled: ", "true"), ("image: ", "a.io/b:1"))


def full_copy() -> str:
    """A copy of the defaults with all their sections, as most real files are, cut at a section near 500 lines."""
    text = ""
    for key, value in schema.defaults().items():
        section = document.block_yaml({key: value}, str)
        if text and text.count("\n") + section.count("\n") > LINES * 1.1:
            continue
        text += section if section.endswith("\n") else section + "\n"
    return text


def states(text: str) -> Iterator[str]:
    """The text with each letter typed in each of the places, one after the other."""
    for key, letters in TYPED:
        at = text.find(key)
        end = text.find("\n", at)
        for count in range(len(letters) + 1):
            yield f"{text[: at + len(key)]}{letters[:count]}{text[end:]}"


def took(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def row(name: str, most: float, times: list[float]) -> None:
    print(f"{name:<58} {statistics.median(times):7.2f} {max(times):7.2f}   at most {most:g}")


def looked(text: str, memory: Memory, before: Analysis | None = None, *, settled: bool = False) -> Analysis:
    known = analysis.analysed(Text(text), HERE, Wanted(), before, memory, settled=settled)
    analysis.shown(known, "file:///values.yaml")
    return known


def main() -> None:
    right = full_copy()
    wrong = right
    for old, new in WRONG:
        wrong = wrong.replace(old, new, 1)
    print(f"{right.count(chr(10))} lines; milliseconds: median, worst")
    for name, text in (("right", right), ("with findings", wrong)):
        looked(text, Memory(), settled=True)
        # as the server does once it has started
        analysis.prepare()
        gc.collect()
        gc.freeze()
        row(f"first look, {name}", 50, [took(lambda text=text: looked(text, Memory())) for _ in range(15)])
        memory = Memory()
        before = looked(text, memory)
        times = []
        for state in itertools.chain.from_iterable(itertools.repeat([*states(text)], 5)):
            start = time.process_time()
            before = looked(state, memory, before)
            times.append((time.process_time() - start) * 1000)
        row(f"a keystroke, {name}", 5, times)
        objects = [
            took(functools.partial(looked, state, memory, before, settled=True)) for state in [*states(text)] * 2
        ]
        row(f"… and at rest, with what only objects tell, {name}", 50, objects)
    offset = right.index("server:") + len("server:\n  ")
    row("completion", 50, [took(lambda: completion.proposed(before, offset)) for _ in range(10)])
    row("outline", 50, [took(lambda: places.symbols(before)) for _ in range(10)])


if __name__ == "__main__":
    main()
