"""What was found out about a file's earlier states is taken over, and changes nothing of what is found."""

from __future__ import annotations

import copy
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartgen import schema
from chartgen.diagnostics import Rejected
from chartgen.lsp import analysis
from chartgen.lsp.analysis import Analysis, Place, Wanted
from chartgen.lsp.sections import Sections
from chartgen.lsp.text import Text
from chartgen.project import Project
from chartgen.render import document
from chartgen.values import source
from tests.lsp.test_reading import HERE, ROOT, STROKES, WRONG
from tests.lsp.test_server import checked
from tests.lsp.test_session import LINES, START

DEFAULTS = copy.deepcopy(schema.defaults())
FULL = document.block_yaml(schema.defaults(), str)
# a file in which much is wrong, in text and in sections that rules read
ODD = (
    WRONG
    + """\
server:
  replicas: 2
  replicaz: 3
  extraConfig: |
    {"log_level": "INFO", "ports": {"https": -1}}
  affinity: |
    podAntiAffinity:
      {{ if .Values.server.enabled }}a: b{{ end }}
  extraEnvironmentVars: {A: 010, B: yes}
  # chartgen: ignore[server-replicas-even] two
ui: true
x-a: &a {b: 1}
global:
  tls: {enabled: true, caCert: {secretName: x}}
  logLevel: warning
syncCatalog:
  toK8s: false
meshGateway: {enabled: true, tolerations: "- key: a"}
"""
)

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


def typed(text: str, seed: int, count: int) -> Iterator[str]:
    """A text's states while somebody types: letters, lines, whole sections that come and go, broken or not."""
    draw, start, known = random.Random(seed), text, [text]
    while len(known) < count:
        lines = text.splitlines(True)
        number, kind = draw.randrange(len(lines) + 1), draw.random()
        if kind < 0.4:
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice(STROKES) + text[at + draw.choice((0, 0, 1, 5)) :]
        elif kind < 0.6:
            text = "".join((*lines[:number], draw.choice((*LINES, *lines)), *lines[number:]))
        elif kind < 0.75:
            text = "".join((*lines[:number], *lines[number + draw.choice((1, 3, 20)) :]))
        elif kind < 0.9:
            # a slip that is taken back, or all of it
            text = draw.choice((known[-1], known[-1], draw.choice(known), start))
        else:
            text = re.sub(
                r"^(\w+):",
                lambda key: f"{key[1][: draw.randint(1, 9)]}:",
                text,
                count=draw.randint(0, 3),
                flags=re.M,
            )
        text = text or start
        known.append(text)
        yield text


def everything(known: Analysis) -> object:
    """All that is known of a document, in its order."""
    checked = known.checked
    return (
        known.findings,
        analysis.shown(known, "file:///values.yaml"),
        known.settled,
        known.reading,
        repr((known.source and known.source.data, known.values and known.values.data)),
        checked
        and (repr((checked.merged.user, checked.merged.effective, checked.view.plain())), checked.reads),
    )


LOADED = """\
import sys
from chartgen.lsp import analysis
from chartgen.lsp.text import Text
from tests.lsp.test_reading import HERE, WRONG
analysis.prepare()
before = {*sys.modules}
for text in (WRONG, WRONG + "replicaz: 1", "server: {enabled: 'a', affinity: '{{ if }}'}", "ui: 1", "client: {enterpriseLicense: {}}"):
    found = analysis.analysed(Text(text), HERE, analysis.Wanted(files="all"), settled=False)
    assert analysis.shown(found, "file:///values.yaml")
print(*sorted({*sys.modules} - before))
"""


def test_the_first_mistake_loads_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("base", [(), ("base.yaml", "region.yaml")], ids=["alone", "over layers"])
@pytest.mark.parametrize(
    ("text", "seed", "count"), [(START, 1, 60), (ODD, 2, 150), (FULL, 3, 20)], ids=["usual", "odd", "full"]
)
def test_typing_finds_what_a_first_look_finds(
    tmp_path: Path, text: str, seed: int, count: int, base: tuple[str, ...], settled: bool
) -> None:
    (tmp_path / "base.yaml").write_text(START)
    (tmp_path / "region.yaml").write_text(
        "server: {replicas: 5, extraVolumes: []}\nclient:\nui: {enabled: true}\n"
    )
    where, wanted = Place(tmp_path, Project(), "values.yaml"), Wanted(files="all", base=base)
    memory, before = analysis.Memory(), None
    for state in typed(text, seed, count):
        known = analysis.analysed(Text(state), where, wanted, before, memory, settled=settled)
        anew = analysis.analysed(Text(state), where, wanted, before, settled=settled)
        assert everything(known) == everything(anew), state
        before = known
        try:
            whole = source.read_text(state, "values.yaml")
        except Rejected:
            continue
        read = known.source
        assert read is not None
        assert repr((read.data, [*read.spans.items()], [*read.value_spans.items()])) == repr(
            (whole.data, [*whole.spans.items()], [*whole.value_spans.items()])
        )
        assert read.warnings == whole.warnings
    assert schema.defaults() == DEFAULTS


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
        ("# why\n--- # values\n\nserver: {}\nui: {}\n", True),
        ("---\nserver: {}\n---\n", False),
        ("---\n---\nserver: {}\n", False),
        ("--- {a: 1}\n", False),
        ("%YAML 1.1\n---\nserver: {}\n", False),
        ("---\n", False),
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
