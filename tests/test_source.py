"""YAML as Helm reads it, against Helm's own parser; places; what is refused."""

from __future__ import annotations

import json
from random import Random

import helm_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen.diagnostics import Rejected
from chartgen.values import source
from tests import yaml_texts

SCALARS = [
    "yes", "no", "on", "off", "y", "n", "True", "FALSE", "null", "~", "", "0755", "0o755", "0b101", "0x1F", "1_000",
    "12:30:45", "1e3", "1.5", "-3", "+4", "2024-01-02", ".5", "1.", "abc", "'yes'", '"012"', "1.2.3", "0", "-0", "08",
    "0x", "1e", "e3", "10Gi", "100m", "+", ".", "|\n  a\n  b", ">\n  a\n  b", "{a: 1}", "[1, x]",
]  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_scalar_as_helm(text: str) -> None:
    document = f"k: {text}\n"
    assert source.read_text(document, "v").data == helm_python.values_from_yaml(document)


# docs/deviations.md says why
OURS_ALONE = {"duplicate-key", "bad-tag", "bad-key", "several-documents", "byte-order-mark"}
PLAIN = st.text("abcxyz0123456789_.:+-eExXoO~", min_size=1, max_size=8)


@settings(max_examples=1200, deadline=None, derandomize=True)
@given(PLAIN, st.sampled_from(["", "!!int ", "!!float ", "!!bool ", "!!str ", "!!null ", "!!binary "]))
def test_any_plain_scalar_as_helm(text: str, tag: str) -> None:
    as_helm(f"k: {tag}{text}\n", OURS_ALONE)


@pytest.mark.parametrize("seed", range(5))
def test_any_document_as_helm(seed: int) -> None:
    random = Random(seed)
    for _ in range(800):
        as_helm(yaml_texts.document(random), OURS_ALONE)
    for _ in range(200):
        # nearly YAML: libyaml refuses a little more than Go's port of it
        as_helm(yaml_texts.damaged(yaml_texts.document(random), random), {*OURS_ALONE, "yaml-syntax"})


def as_helm(text: str, reasons: set[str]) -> None:
    """Both refuse `text`, or both read the same, or chartgen alone refuses, for one of `reasons`."""
    try:
        expected = helm_python.values_from_yaml(text) or {}
    except helm_python.HelmError:
        with pytest.raises(Rejected):
            source.read_text(text, "v")
        return
    try:
        found = source.read_text(text, "v").data
    except Rejected as rejected:
        assert {one.code for one in rejected.diagnostics} & reasons, text
        return
    # as JSON, so that 1 and true differ
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True), text


@pytest.mark.parametrize(
    "text",
    ["a: &x {b: 1}\nc: *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n", "a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n",
     "a: &x {b: 1}\nd: &y {b: 3, e: 4}\nc:\n  <<: [*x, *y]\n", "y: 1\n", "1: a\n", "true: b\n"],
)  # fmt: skip
def test_structure_as_helm(text: str) -> None:
    assert source.read_text(text, "v").data == helm_python.values_from_yaml(text)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\n~: 2\n", "bad-key", (2, 1)),
        ("1e6: a\n", "bad-key", (1, 1)),
        ("a: !vault x\n", "bad-tag", (1, 4)),
        ("a: !vault {x: 1}\n", "bad-tag", (1, 4)),
        ("a: !!timestamp 2001-01-01\n", "bad-tag", (1, 4)),
        ("a: .inf\n", "bad-number", (1, 4)),
        ("a: 1\n---\nb: 2\n", "several-documents", (2, 1)),
        ("a: 1\n...\nb: 2\n", "several-documents", (3, 1)),
        ("%YAML 1.2\n---\na: 1\n", "yaml-version", (1, 1)),
        ("a: &x {b: *x}\n", "unknown-anchor", (1, 11)),
        ("a: &x [1]\nb:\n  <<: *x\n", "bad-merge", (3, 7)),
        ("a: 1\n\ufeffb: 2\n", "byte-order-mark", (2, 1)),
        ("a: [http://x/?y=1]\n", "yaml-syntax", (1, 5)),
        ('a: "\\/"\n', "yaml-syntax", (1, 4)),
        ('a: "\ufdd0"\n', "noncharacter", (1, 4)),
        ("- a\n", "not-a-mapping", (1, 1)),
    ],
)
def test_what_would_be_read_otherwise_than_it_looks_is_refused(
    text: str, code: str, place: tuple[int, int]
) -> None:
    with pytest.raises(Rejected) as caught:
        source.read_text(text, "v.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.spans[0].line, found.spans[0].column) == (code, *place)


@pytest.mark.parametrize(
    ("text", "code", "data"),
    [
        ("a: 9007199254740993\n", "digits-lost", {"a": 9007199254740992}),
        ("on: 1\n", "key-read-as-boolean", {"true": 1}),
        ("a:\n  b: 1\n  <<: {b: 2}\n", "merge-after-key", {"a": {"b": 2}}),
    ],
)
def test_what_helm_changes_is_taken_with_a_warning(text: str, code: str, data: dict) -> None:
    read = source.read_text(text, "v.yaml")
    assert read.data == data == helm_python.values_from_yaml(text)
    assert [(one.code, one.severity) for one in read.warnings] == [(code, "warning")]


def test_a_document_may_end_twice() -> None:
    assert source.read_text("a: 1\n---\n# nothing\n...\n", "v").data == {"a": 1}


def test_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML without its C part refuses more (tabs, for one), and reads the rest the same."""
    import yaml

    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    random = Random(7)
    for _ in range(300):
        text = yaml_texts.document(random)
        if "\\ud83d" not in text:
            as_helm(text, {*OURS_ALONE, "yaml-syntax"})
    with pytest.raises(Rejected):
        source.read_text('a: "\\ud83d"', "v")


def test_python_data_as_helm() -> None:
    given = {"a": 2**53 + 1, "b": 3.0, True: 1e20, 5: (1, "x")}
    read = source.from_mapping(given)
    assert read.data == {"a": 2**53, "b": 3, "true": 10**20, "5": [1, "x"]}
    assert [one.code for one in read.warnings] == ["digits-lost"]
    for bad in ({None: 1}, {"a": float("nan")}, {"a": 10**400}, {"a": {1, 2}}, {"a": "\ud800"}):
        with pytest.raises(Rejected):
            source.from_mapping(bad)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
DEEP = "".join(f"a{n}: &a{n} {'[' * 90}{f'*a{n - 1}' if n else 'x'}{']' * 90}\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "alias-bomb"),
        (DEEP, "nesting-too-deep"),
        ("a: " + "[" * 10_000, "nesting-too-deep"),
        ("a: [" + "1," * 250_000 + "]", "too-many-values"),
        ("a: " + "x" * 11_000_000, "file-too-large"),
    ],
    ids=["bomb", "deep-aliases", "deep", "wide", "large"],
)
def test_size_is_bounded(text: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        source.read_text(text.encode(), "v.yaml")
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_places_through_aliases_and_merges() -> None:
    text = "x: &x\n  b: 1\n  c: [2]\nv:\n  <<: *x\n  d: 3\nz: *x\nw:\n  <<: [*x, {e: 4}]\n"
    spans = source.read_text(text, "v.yaml").spans
    lines = {path: span.line for path, span in spans.items()}
    assert (lines["v", "b"], lines["v", "d"], lines["v", "c", 0]) == (2, 6, 3)
    assert (lines["z",], lines["z", "b"]) == (7, 2)
    assert (lines["w", "b"], lines["w", "e"]) == (2, 9)


def test_places() -> None:
    read = source.read_text("a:\n  - b: 1\n    c: x\n", "v.yaml")
    span = read.spans[("a", 0, "c")]
    assert (span.source, span.line, span.column, span.text) == ("v.yaml", 3, 5, "    c: x")


def test_duplicate_key_shows_both() -> None:
    with pytest.raises(Rejected) as caught:
        source.read_text("a: 1\nb: 2\na: 3\n", "v.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, [one.line for one in found.spans]) == ("duplicate-key", [3, 1])
