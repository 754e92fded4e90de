"""YAML as Helm reads it, against Helm's own parser; places; what is refused."""

from __future__ import annotations

import helm_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen import schema, source, values
from chartgen.diagnostics import Rejected

SCALARS = [
    "yes", "no", "on", "off", "y", "n", "True", "FALSE", "null", "~", "", "0755", "0o755", "0b101", "0x1F", "1_000",
    "12:30:45", "1e3", "1.5", "-3", "+4", "2024-01-02", ".5", "1.", "abc", "'yes'", '"012"', "1.2.3", "0", "-0", "08",
    "0x", "1e", "e3", "10Gi", "100m", "+", ".", "|\n  a\n  b", ">\n  a\n  b", "{a: 1}", "[1, x]",
]  # fmt: skip


@pytest.mark.parametrize("text", SCALARS)
def test_scalar_as_helm(text: str) -> None:
    document = f"k: {text}\n"
    assert source.read_text(document, "v").data == helm_python.values_from_yaml(document)


PLAIN = st.text("abcxyz0123456789_.:+-eExXoO~", min_size=1, max_size=8).filter(
    lambda text: not text.startswith(("-", "._", "+._")) or text[1:].isdigit()
)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(PLAIN)
def test_any_plain_scalar_as_helm(text: str) -> None:
    document = f"k: {text}\n"
    try:
        expected = helm_python.values_from_yaml(document)
    except helm_python.HelmError:
        return
    try:
        found = source.read_text(document, "v").data
    except Rejected:
        return
    number = expected.get("k") if isinstance(expected, dict) else None
    if isinstance(number, (int, float)) and abs(number) >= 2**53:
        # Helm's numbers are floats from here on: docs/deviations.md
        return
    assert found == expected


@pytest.mark.parametrize(
    "text",
    ["a: &x {b: 1}\nc: *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n", "a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n",
     "a: &x {b: 1}\nd: &y {b: 3, e: 4}\nc:\n  <<: [*x, *y]\n", "y: 1\n", "1: a\n", "true: b\n"],
)  # fmt: skip
def test_structure_as_helm(text: str) -> None:
    assert source.read_text(text, "v").data == helm_python.values_from_yaml(text)


def test_places() -> None:
    read = source.read_text("a:\n  - b: 1\n    c: x\n", "v.yaml")
    span = read.spans[("a", 0, "c")]
    assert (span.source, span.line, span.column, span.text) == ("v.yaml", 3, 5, "    c: x")


def test_duplicate_key_shows_both() -> None:
    with pytest.raises(Rejected) as caught:
        source.read_text("a: 1\nb: 2\na: 3\n", "v.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, [one.line for one in found.spans]) == ("duplicate-key", [3, 1])


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.sampled_from(["", "x", "yes"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from("abc"), TREES, max_size=3)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(MAPS, MAPS, MAPS)
def test_merging_does_not_touch_its_inputs(base: dict, user: dict, over: dict) -> None:
    import copy

    before = copy.deepcopy((base, user, over))
    merged = values.effective(values.layer([source.from_mapping(user), source.from_mapping(over)]), base)
    assert (base, user, over) == before
    again = values.effective(values.layer([source.from_mapping(user), source.from_mapping(over)]), base)
    assert merged == again


def test_null_removes_a_default_and_lists_replace() -> None:
    base = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}
    assert values.effective({"a": None, "b": {"c": None}, "e": [9]}, base) == {"b": {"d": 3}, "e": [9]}


def test_defaults_are_valid() -> None:
    assert schema.check(schema.defaults(), [], strict=True) == []


FULL = st.recursive(
    st.booleans() | st.integers(-1000, 1000) | st.sampled_from(["", "x", "yes"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from("abc"), FULL, max_size=3), MAPS)
def test_merging_as_helm(base: dict, user: dict) -> None:
    """Maps merge, lists and scalars replace, null removes: what the engine makes of a chart's values and a user's."""
    import json
    import tempfile
    from pathlib import Path

    from helm_python.chart import Chart

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 0.1.0\n")
        (Path(folder) / "values.yaml").write_text(json.dumps(base))
        expected = Chart.load(folder).merge_values(user)
    assert values.effective(values.layer([source.from_mapping(user)]), base) == expected
