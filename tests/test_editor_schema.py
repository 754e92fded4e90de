"""The form of the schema that editors get: the same values are valid, and each value says what an editor shows of it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen import paths, schema
from chartgen.schema import snippets
from chartgen.workshop import schema_build

READ = schema_build.sources(paths.SCHEMA)
WHOLE = schema_build.schema(READ)
EDITORS = schema_build.editor_form(WHOLE, READ["_removed"], READ["_words"]["names"])
LEAVES = {leaf.path: leaf for leaf in schema_build.leaves(WHOLE)}
PLAIN, BENT = jsonschema_rs.Draft7Validator(WHOLE), jsonschema_rs.Draft7Validator(EDITORS)

# what people write into values files, right and wrong
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 3.5, 70000, "", "-", "true", "3", "info", "INFO", "10Gi", "1h", "a b", "x",
         "a: b", "{{ .Release.Name }}", "LoadBalancer", "hashicorp/consul:1", "10.0.0.0/8"]
    ),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(["name", "key", "type", "enabled", "requests", "limits", "memory", "secretName", "nodeAffinity"]),
        inner,
        max_size=3,
    ),
    max_leaves=4,
)  # fmt: skip


def at(path: tuple[str, ...]) -> dict[str, Any]:
    node = EDITORS
    for key in path:
        node = node["properties"][key]
    return node


@settings(max_examples=800, deadline=None, derandomize=True)
@given(path=st.sampled_from(sorted(LEAVES)), value=VALUES)
def test_the_same_values_are_valid(path: tuple[str, ...], value: Any) -> None:
    values = value
    for key in reversed(path):
        values = {key: values}
    assert BENT.is_valid(values) == PLAIN.is_valid(values), (path, value)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    path=st.sampled_from(sorted({leaf[:-1] for leaf in LEAVES})),
    key=st.sampled_from(
        [*READ["_words"]["names"], *(path.rpartition(".")[2] for path in READ["_removed"]), "x-mine", "enabled", "replicas"]
    ),
    value=VALUES,
)
def test_the_same_keys_are_known(path: tuple[str, ...], key: str, value: Any) -> None:
    """Words of other charts and what is gone are told in words of their own, and are as wrong as ever."""
    values = {key: value}
    for section in reversed(path):
        values = {section: values}
    assert BENT.is_valid(values) == PLAIN.is_valid(values), values


def test_everybody_else_gets_the_schema_without_what_is_for_editors() -> None:
    assert schema.FOR_EDITORS in json.dumps(EDITORS)
    document = schema.document()
    assert schema.FOR_EDITORS not in json.dumps(document)
    assert document["properties"]["server"]["additionalProperties"] is False
    assert document["$defs"]["toleration"]["properties"]["tolerationSeconds"]["type"] == "integer"
    assert document["$id"] == schema_build.ADDRESS


def test_each_value_has_its_path_text_and_default() -> None:
    for path, leaf in LEAVES.items():
        node = at(path)
        assert node["title"] == ".".join(path)
        assert node["description"] == leaf.node["description"]
        assert node["default"] == leaf.default and type(node["default"]) is type(leaf.default)
        assert node["markdownDescription"].startswith(leaf.node["description"])
        assert "efault:" in node["markdownDescription"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # completing the name writes the default: nothing else is proposed beside it
        ({"type": "integer", "default": 1, "examples": [3]},
         {"default": 1, "allOf": [{"examples": [3], "type": "integer"}]}),
        # text that must be quoted shows its type
        ({"enum": [True, "-"], "default": "-"},
         {"type": ["string", "boolean"], "default": "-"}),
        # null comes first where it is the default, so that it is what is written
        ({"type": ["string", "null"], "default": None}, {"type": ["null", "string"], "default": None}),
        # lists and maps become snippets
        ({"type": "array", "items": {}, "default": ["*"]},
         {"default": ["*"], "defaultSnippets": [{"label": "default", "body": ['"*"']}]}),
        # messages are sentences
        ({"pattern": "^a$", "patternErrorMessage": "an a"}, {"patternErrorMessage": "Expected an a"}),
        ({"enum": ["info", "INFO", None]}, {"errorMessage": 'Expected one of "info"'}),
    ],
    ids=["default", "quoted", "null", "snippet", "pattern", "enum"],
)  # fmt: skip
def test_what_is_bent(given: dict[str, Any], expected: dict[str, Any]) -> None:
    whole = {"properties": {"one": given}, "$defs": {}}
    node = schema_build.editor_form(whole)["properties"]["one"]
    assert {key: node.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("text", "valid"),
    [("provider=aws", False), ("provider=", False), ("provider", True), ("", True), ("a provider=", True),
     ("prov=", True), ("x", True)],
)  # fmt: skip
def test_not_is_written_as_a_pattern_with_words(text: str, valid: bool) -> None:
    given = {"type": "string", "not": {"pattern": "^provider="}, "errorMessage": "Expected an address"}
    node = schema_build.editor_form({"properties": {"one": given}, "$defs": {}})["properties"]["one"]
    assert "not" not in node and node["allOf"][-1]["patternErrorMessage"] == "Expected an address"
    assert jsonschema_rs.Draft7Validator(node).is_valid(text) is valid
    assert jsonschema_rs.Draft7Validator(given).is_valid(text) is valid


def test_snippets_write_what_they_were_made_from() -> None:
    for value in ([{"a": "x", "b": 3}], {"a": "*", "b": ["${HOSTNAME}", "10"]}, {"a": 'say "}"'}):
        whole = {"properties": {"one": {"items": {}, "examples": [value]}}, "$defs": {}}
        assert snippets.values(schema_build.editor_form(whole)["properties"]["one"]) == [value]
    written = {"defaultSnippets": [{"body": {"${1:key}": "${2|In,NotIn|}"}}]}
    assert snippets.values(written) == [{"key": "In"}]
