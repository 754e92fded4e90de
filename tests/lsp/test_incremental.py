"""What was found out about a file's earlier states is taken over, and changes nothing of what is found."""

from __future__ import annotations

import random
import re

import pytest

from chartgen.diagnostics import Rejected
from chartgen.lsp import analysis
from chartgen.lsp.analysis import Wanted
from chartgen.lsp.sections import Sections
from chartgen.lsp.text import Text
from chartgen.values import source
from tests.lsp.test_reading import HERE
from tests.lsp.test_server import checked
from tests.lsp.test_session import LINES, START

VALUES = ["true", "false", "null", "1", "1.0", "'1'", '"true"', "2", "x", "[]", "{}", "[a]", "{a: 1}", "10Gi", "-", '"-"', "info",
          "|\n      a: b", "70000", "yes", "'{{ .Release.Name }}'", "1.10", "*a", "&b c"]  # fmt: skip
KEYS = [
    "replicas",
    "enabled",
    "image",
    "replicaz",
    "name",
    "logLevel",
    "resources",
    "tolerations",
    "extraConfig",
    "x",
]
LINE = re.compile(r"^( +)([\w-]+):(?: [^|\n{\[]*)?$", re.M)


def states(seed: int, count: int) -> list[str]:
    """A file's states, each an edit of the one before that leaves it readable."""
    draw, text = random.Random(seed), START
    found = []
    while len(found) < count:
        at = draw.choice([*LINE.finditer(text)])
        kind = draw.random()
        if kind < 0.55:
            new = f"{at[1]}{at[2]}: {draw.choice(VALUES)}"
        elif kind < 0.7:
            new = f"{at[1]}{draw.choice(KEYS)}:{at[0].partition(':')[2]}"
        elif kind < 0.85:
            new = at[0] + f"\n{at[1]}{draw.choice(KEYS)}: {draw.choice(VALUES)}"
        else:
            new = "\n" + at[0]
        after = text[: at.start()] + new + text[at.end() :]
        if kind > 0.95:
            after = draw.choice(LINES[3:5]) + after
        try:
            source.read_text(after, "values.yaml")
        except Rejected:
            continue
        # what is wrong is mended again after a while
        found.append(after)
        text = START if len(found) % 12 == 0 else after
    return found


@pytest.mark.parametrize("seed", range(2))
def test_what_is_taken_over_changes_nothing(seed: int) -> None:
    memory, before = analysis.Memory(), None
    for text in states(seed, 40):
        before = analysis.analysed(Text(text), HERE, Wanted(files="all"), before, memory)
        told = sorted(
            (one.code, one.spans[0].line if one.spans else 1, analysis.message(one))
            for one in before.findings
        )
        assert told == checked(text), text


@pytest.mark.parametrize(
    ("text", "by_section"),
    [
        ("# why\n\nserver:\n  replicas: 3\n# end\nclient: {}\n", True),
        ('server:\n  image: "a\n    b"\nclient: {}\n', True),
        ("server: &a\n  image: x\nclient:\n  image: y\n", True),
        ("server: &a\n  image: x\nclient: *a\n", False),
        ("server:\n  image: x\nserver:\n  image: y\n", False),
        ("<<: {server: {image: x}}\n", False),
        ("{server: {image: x}}\n", False),
        ("---\nserver: {}\n", False),
        ('server: "a\nclient: b"\n', False),
        ("server: [a,\nb: c]\n", False),
        ("server:\n- a\n- b\nclient: |\n\n  a\n\nui: 1", True),
        ("  server:\n    image: x\n", False),
        ("", False),
    ],
)  # fmt: skip
def test_sections_read_as_the_whole(text: str, by_section: bool) -> None:
    known = Sections()
    for moved in (text, text, f"# a line before\n{text}", text):
        read = known.read(moved, "values.yaml")
        if not by_section:
            assert read is None
            continue
        whole = source.read_text(moved, "values.yaml")
        assert read is not None
        assert (read.data, [*read.data]) == (whole.data, [*whole.data])
        assert (dict(read.spans), dict(read.value_spans)) == (whole.spans, whole.value_spans)
        assert (read.warnings, list(read.lines)) == (whole.warnings, list(whole.lines))
