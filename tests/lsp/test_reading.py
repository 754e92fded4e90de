"""A file that is broken in one section keeps what is found in the others."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chartgen import rules
from chartgen.diagnostics import Rejected
from chartgen.lsp import analysis, outline, reading
from chartgen.lsp.analysis import Analysis, Place, Wanted
from chartgen.lsp.text import Text
from chartgen.project import Project
from chartgen.values import source

ROOT = Path(__file__).parent.parent.parent
SEED, ROUNDS = 20, 100
HERE = Place(ROOT, Project(), "values.yaml")
# a section with findings of each kind: a name, a type, a word, a contradiction within, text with YAML in it
WRONG = """\
client:
  enabled: true
  replicas: 3
  nodeMeta:
    a: 1.10
  grpc: "yes"
  tolerations: |
    - keys: a
  resources:
    requests:
      memory: 200Mi
    limits:
      memory: 100Mi
"""
BROKEN = """\
connectInject:
  enabled: true
  # a comment
  default: false
  cni:
    enabled: true
    logLevel: "info"
  annotations: |
    a: b
  k8sAllowNamespaces: ["*", 'a']
"""
STROKES = ["\n", " ", "  ", ":", ": ", "-", "- ", '"', "'", "{", "}", "[", "]", "|", "|\n", "#", "&a ", "*a", "!", "%", "@", "`", ",", "\t",
           "x", "é", "😀", "?", "? ", "---", "...", "\n- ", "\n\n", "key", "<<: "]  # fmt: skip


def looked_at(text: str, before: Analysis | None = None) -> Analysis:
    return analysis.analysed(Text(text), HERE, Wanted(files="all"), before)


def found(known: Analysis) -> set[tuple[str, str, int]]:
    """(code, message, line from the end) of what is found in `client`, the last section."""
    text = known.text.text
    count = text.count("\n")
    start = text.rindex("client:\n")
    line = text.count("\n", 0, start) + 1
    return {
        (one.code, one.message, count - one.spans[0].line)
        for one in known.findings
        if one.spans and one.spans[0].line >= line
    }


def edited(text: str, draw: random.Random) -> str:
    """The text with a few characters typed into it, or taken away."""
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text))
        if draw.random() < 0.3:
            text = text[:place] + text[place + draw.randint(1, 12) :]
        else:
            text = text[:place] + draw.choice(STROKES) + text[place:]
    return text


def test_what_is_broken_hides_nothing_of_another_section() -> None:
    before = looked_at(BROKEN + WRONG)
    known = found(before)
    assert len({code for code, *_ in known}) >= 4
    draw, broken = random.Random(SEED), 0
    for _ in range(ROUNDS):
        # what is glued to the next section is that section's
        text = edited(BROKEN, draw).rstrip("\n") + "\n" + WRONG
        try:
            source.read_text(text, "values.yaml")
            continue
        except Rejected:
            broken += 1
        now = looked_at(text, before)
        elsewhere = [one for one in now.findings if one.path and one.path[0] != "client"]
        mistyped = [one for one in elsewhere if one.code != "yaml-syntax"]
        missing = known - found(now)
        if mistyped:
            # rules wait for what can be read and is wrong, as they do in `check`
            missing = {one for one in missing if one[0] not in rules.by_slug()}
        assert not missing, (text, missing)
    assert broken > ROUNDS / 3


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("server:\n  replicas: 3\n  foo bar\n  storage: 10Gi\n", [2]),
        ("server:\n  replicas: 3\n  image: 'a\n  storage: 10Gi\n", [2]),
        ("server:\n  replicas: [3\n  storage: 10Gi\nclient:\n  enabled: true\n", [1]),
        ("serv\nclient:\n  enabled: true\n", [0]),
        ("server:\n   replicas: 3\n  storage: 10Gi\nclient:\n  enabled: true\n", [2]),
    ],
)
def test_only_what_cannot_be_read_is_left_out(text: str, blank: list[int]) -> None:
    read = reading.read(text, "values.yaml")
    pairs = zip(text.splitlines(), read.text.splitlines(), strict=True)
    assert [number for number, (line, kept) in enumerate(pairs) if line != kept] == blank
    assert [one.code for one in read.findings] == ["yaml-syntax"]


def test_what_is_wrong_in_two_sections_is_told_of_both() -> None:
    read = reading.read("server:\n  a b\n  c: 1\nclient:\n  d: 'e\n", "values.yaml")
    assert [one.spans[0].line <= 3 for one in read.findings] == [True, False]


def test_rules_wait_for_what_cannot_be_read() -> None:
    text = "global:\n  tls:\n    enabled: 'tr\n    caCert:\n      secretName: a\nserver:\n  replicas: 2\n"
    known = analysis.analysed(Text(text), HERE, Wanted())
    codes = {one.code for one in known.findings}
    assert {"yaml-syntax", "rules-wait", "server-replicas-even"} <= codes
    # nobody knows whether TLS is on
    assert "tls-settings-unused" not in codes


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a:\n  b:\n    ¦", ("a", "b")),
        ("a:\n  b:\n  ¦", ("a",)),
        ("a:\n  - b: 1\n    ¦", ("a", 0)),
        ("a:\n- b: 1\n- c: 1\n  ¦", ("a", 1)),
        ("a:\n- b: 1\n¦", ()),
        ("a:\n  - - b\n    - ¦", ("a", 0, 1)),
        ("\"a b\":\n  'c''d': # why\n    ¦", ("a b", "c'd")),
        ("a:\n  b: 1\n\n  # why\n  ¦", ("a",)),
        ("a: |\n  ¦", None),
    ],
)
def test_where_a_line_stands(text: str, path: tuple[str, ...] | None) -> None:
    lines = text.replace("¦", "").split("\n")
    column = len(text.partition("¦")[0].rpartition("\n")[2])
    assert outline.above(lines, len(lines) - 1, column) == path
