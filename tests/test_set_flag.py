"""The --set family against the real Helm engine."""

from __future__ import annotations

import json
import re
from typing import Any

import helm_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen import Rejected, values
from chartgen.values import set_flag
from chartgen.values.source import Source

ENGINE = {
    "set": helm_python.parse_set_string,
    "set-string": helm_python.parse_set_string_values,
    "set-json": helm_python.parse_set_json,
    "set-literal": helm_python.parse_set_literal,
}

# Text made of what means something to the parser.
_TEXT = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            "1",
            "0",
            "true",
            "null",
            "[0]",
            "[1]",
            "[",
            "]",
            ".",
            "=",
            ",",
            "{",
            "}",
            "\\",
            " ",
            "-",
            "é",
            '"',
        ]
    ),
    max_size=14,
).map("".join)
_PATH = st.lists(st.sampled_from(["a", "b", "c\\.d"]), min_size=1, max_size=3).map(".".join)
_INDEXED = st.tuples(_PATH, st.sampled_from(["", "", "[0]", "[2]", "[1].x", "[0][1]"])).map("".join)
_VALUE = st.sampled_from(
    [
        "1",
        "",
        "0",
        "-5",
        "+7",
        "007",
        "1.5",
        "TRUE",
        "nUll",
        "text",
        "{1,2}",
        "{}",
        "{a\\,b,null}",
        "x\\,y",
        "a=b",
        "9223372036854775808",
    ]
)
_SETTINGS = st.lists(st.tuples(_INDEXED, _VALUE).map("=".join), min_size=1, max_size=4).map(",".join)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text("ab,é{}= ", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
).map(lambda one: json.dumps(one))
_JSON_SETTINGS = st.lists(st.tuples(_INDEXED, _JSON).map("=".join), min_size=1, max_size=3).map(",".join)


def _engine(kind: str, text: str) -> Any:
    try:
        return ENGINE[kind](text)
    except helm_python.HelmError:
        return "refused"


def _ours(kind: Any, text: str) -> Any:
    try:
        return values.layer([set_flag.parse(kind, text, {})])
    except Rejected as rejected:
        assert all(one.spans and one.message for one in rejected.diagnostics)
        return "refused"


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.sampled_from(["set", "set-string", "set-literal", "set-json"]), _TEXT)
def test_any_text_is_read_as_helm_reads_it_or_refused(kind: str, text: str) -> None:
    ours = _ours(kind, text)
    if ours != "refused" and not (kind == "set-json" and text.lstrip().startswith("{")):
        engine = _engine(kind, text)
        if engine != ours:  # the one value that Helm loses, at the end of the text (see below)
            assert re.search(r"\]\.[^,]*=$", text), (ours, engine)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.sampled_from(["set", "set-string"]), _SETTINGS)
def test_settings_are_read_as_helm_reads_them(kind: str, text: str) -> None:
    # Helm loses an empty value of a map in a list when nothing follows it: a[0].b=
    text += ",end=1"
    assert _ours(kind, text) == _engine(kind, text)


@settings(max_examples=800, deadline=None, derandomize=True)
@given(_JSON_SETTINGS)
def test_json_settings_are_read_as_helm_reads_them(text: str) -> None:
    assert _ours("set-json", text) == _engine("set-json", text)


@pytest.mark.parametrize("text", ["=1", ".a=1", "[0]=1", "a[0", "a[0]", "a[0].=1", "a={1}.b=2", "a={1,2}b=3"])
def test_what_helm_drops_in_silence_is_refused(text: str) -> None:
    assert _engine("set", text) != "refused"
    assert _ours("set", text) == "refused"


def test_flags_change_what_files_set() -> None:
    file = Source("values.yaml", {"a": {"list": [1, 2]}, "b": {"x": 1}})
    sources = [file]
    sources.append(set_flag.parse("set-json", 'a.list[3]=4,b={"y":2}', values.layer(sources)))
    sources.append(set_flag.parse("set-json", '{"b": {"z": 3}}', values.layer(sources)))
    assert values.layer(sources) == {"a": {"list": [1, 2, None, 4]}, "b": {"y": 2, "z": 3}}
    assert file.data == {"a": {"list": [1, 2]}, "b": {"x": 1}}


def test_the_place_of_an_error_is_in_the_flag() -> None:
    with pytest.raises(Rejected) as caught:
        set_flag.parse("set", "a=1,b.c[x]=2", {})
    (span,) = caught.value.diagnostics[0].spans
    assert (span.source, span.text[span.column - 1 : span.end_column - 1]) == ("--set a=1,b.c[x]=2", "x")


def test_a_scalar_of_a_file_is_not_entered() -> None:
    with pytest.raises(Rejected, match=r"server is not a map"):
        set_flag.parse("set", "server.replicas=3", {"server": 1})


def test_a_file_is_taken_as_it_is(tmp_path: Any) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(b"one, {two}\r\n")
    assert set_flag.parse("set-file", f"a.b={file}", {}).data == {"a": {"b": "one, {two}\r\n"}}
    for bad in (tmp_path, tmp_path / "none"):
        with pytest.raises(Rejected) as caught:
            set_flag.parse("set-file", f"a={bad}", {})
        assert caught.value.diagnostics[0].spans[0].column == 3


@pytest.mark.parametrize("text", ["a=9007199254740993", '{"a": 9007199254740993}'])
def test_json_numbers_that_lose_digits_are_told(text: str) -> None:
    read = set_flag.parse("set-json", text, {})
    assert values.layer([read]) == {"a": 9007199254740992} == helm_python.parse_set_json("a=9007199254740993")
    ((warning,), (span,)) = read.warnings, read.warnings[0].spans
    assert (warning.code, span.text[span.column - 1 : span.end_column - 1]) == (
        "digits-lost",
        "9007199254740993",
    )
