"""Plain text is read without PyYAML to the same values, places and warnings as libyaml reads it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen.diagnostics import Rejected
from chartgen.late import OPEN
from chartgen.values import block_events, source

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in ("examples", "benchmarks", "tests/cases", "tests/data", "schema")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".yaml", ".json") and path.is_file()
)

KEYS = ("a", "b", "a.b/c", "x-y", "-z", "1", ".5", '"q"', "'s'", '"k: k"', "k k", "a:b", "<<", "yes", "é", "?", '"a\\n"')
VALUES = (
    "1", "x y", "-", "- x", "-5", "--f", "# c", "x # c", "x# c", '"q"', "'s'", '"q" # c', '"q"# c', "a: b", "a:", "a:b",
    "[]", "{}", "[ ]", "[a, b]", '[a, "b c", \'d\']', "[a,]", "[ a , b ] # c", "[a b]", "{a: b, c: {d: []}}", "{a:b}", "{a}",
    "[[a]]", "[a]]", '{"a":1}', "|", "|-", "|+", ">", "| # c", "|2", "*a", "&a x", "!t x", "~", "0x10", "'it''s'", '"a\\"b"',
    "%x", "@x", "http://x:80/p", "a?b", "? x", ":x", "(x)", "$(A)", "+1", "/p", "x #", "[", "}", "x\ty", "<x", "=", '"', '""',
    '"a" b', "[-a]", "...", "---", "{{ .x }}",
    "\ufdd00\ufdd1", '"a \ufdd012\ufdd1"', "a-\ufdd00\ufdd1", "[\ufdd00\ufdd1]",
)  # fmt: skip
PIECES = ("{", "}", "[", "]", ",", ":", ": ", " ", "\n", "\n  ", '"a"', '"b": ', "'q'", "1", "-1", "a b", "true", "# c", "-", "*a", "\\")


def parts() -> st.SearchStrategy[str]:
    """A line: how far it stands in, dashes, and a key, a value or both."""
    key, value = st.sampled_from(KEYS), st.sampled_from(VALUES)
    content = st.one_of(
        st.tuples(key, st.sampled_from((": ", ":  ", ":")), value).map("".join),
        st.tuples(key, st.sampled_from((":", ": ", ": # c"))).map("".join),
        value,
        st.sampled_from(("", "# c", "---", "--- x", "%YAML 1.1")),
    )
    indent = st.sampled_from((0, 0, 0, 1, 2, 2, 3, 4)).map(lambda wide: " " * wide)
    return st.tuples(indent, st.sampled_from(("", "", "", "- ", "- - ", "-  ")), content).map("".join)


BLOCKS = st.tuples(st.lists(parts(), max_size=6).map("\n".join), st.sampled_from(("\n", "", "\n\n"))).map("".join)
BRACKETS = st.tuples(
    st.sampled_from(("", "", "# c\n", "k: ", "- ", "---\n")),
    st.sampled_from("{["), st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
    st.sampled_from(("", "}", "]", "\n}\n")),
).map("".join)  # fmt: skip
JSON = st.recursive(
    st.sampled_from(("1", "-1.5", '"a b"', "true", "word", "'q'", '""')),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(st.sampled_from(('"a": ', '"b":', "c: ", '"d" :\n ')), inner).map("".join), max_size=3).map(
            lambda items: "{\n " + ",\n ".join(items) + "}"
        ),
    ),
)


def read(text: str) -> object:
    try:
        # text with a token in it is late's to say, as where a template asks
        late = (lambda word, style: f"{style}{word}") if OPEN in text else None
        return source.read_text(text, "x", any_shape=True, late=late)
    except Rejected as rejected:
        return rejected.diagnostics


def by_either_way(text: str) -> Iterator[object]:
    """What a text is read to, by its plain events where it has them, and by libyaml."""
    yield read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_events, "of", lambda _: None)
        yield read(text)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.one_of(BLOCKS, BRACKETS, JSON))
def test_drawn_text_is_read_as_libyaml_reads_it(text: str) -> None:
    plain, whole = by_either_way(text)
    assert plain == whole


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n- b\n", "a: |\nb: c\n", "a: |\n  b\n c: d\n", "a: |\n    b\n  # c\nd: 1\n", "a: |\n  b\n   \nc: 1\n", "a: |\n\n  b\n",
        "a:\n- |\n  b\n- c\n", "- |\nb\n", "- a: |\n  b\n", "a:\n  b: |-\n    c\n\n\nd: 1\n", "a: |\n  b\n c\n", "a: |", "a: |\n", "a: |\n# b\n",
        "a:\n- b\nc: d\n", "a:\n - b\n- c\n", "a:\n- b\n  c\n", "a: b\n c: d\n", "a:\n  b: 1\n c: 2\n", "- a: 1\n  b: 2\n- c\n", "a: 'b''c'", "[a: b]",
        "- - a\n  - b\n- c\n", "-\n- a\n", "-\n  a: b\n", "a: -", "a: - b", "# a\n---\n# b\na: 1\n", "---\n# a\n", "  a: 1\n b: 2\n", "{a: 1} b", "[]\n[]\n",
    ],
    ids=repr,
)  # fmt: skip
def test_close_calls_are_read_as_libyaml_reads_them(text: str) -> None:
    plain, whole = by_either_way(text)
    assert plain == whole


def test_files_are_read_as_libyaml_reads_them() -> None:
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in FILES]
    for text in texts:
        plain, whole = by_either_way(text)
        assert plain == whole
    # or nothing would be compared
    assert sum(block_events.of(text) is not None for text in texts) > len(texts) * 0.6


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &x 1", "an anchor"), ("a: *x", "an alias"), ("a: !!str 1", "a tag"), ('a: "\\n"', "an escape"), ("a: b\n  c", "two lines"),
        ("a: >\n  b\n", "a folded block"), ("a:\tb", "a tab"), ("a: |\n  b", "a block without a line break"), ("a: b\r\n", "a line break of Windows"),
        ("---\n", "nothing"), ("a: 1\n---\nb: 2\n", "two documents"), ("a: {b: 1}}", "a bracket too many"), ("a" * 2000 + ": 1", "a long key"),
    ],
    ids=lambda value: value if " " in value and "\n" not in value else "",
)  # fmt: skip
def test_what_is_left_to_libyaml(text: str, why: str) -> None:
    assert block_events.of(text) is None, why
