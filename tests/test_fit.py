"""The fast answer to "do these values fit the schema" is that of the general validators, whatever the values and the shape."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartgen import schema, values
from chartgen.schema import fit, validator

DEFINITIONS = schema.shape()["$defs"]
LEAVES = [path for path, default in schema.leaves().items() if not isinstance(default, dict)]
SECTIONS = [path for path, default in schema.leaves().items() if isinstance(default, dict)]

# what people write, right and wrong, for settings of every kind
WRITTEN = [
    None, True, False, 0, 1, -1, 3, 3.0, 1.5, 65535, 65536, 1e20, 2**70, "", "-", "true", "yes", "3", "a", "a\n", "A b",
    "100m", "1Gi", "10 pounds", "30s", "1h30m", "10.0.0.0/8", "fe80::1", "example.com", "hashicorp/consul:1.22.0",
    "a: b\n", "- a\n", "{}", "Always", "IfNotPresent", "info", "LoadBalancer", "http", "x" * 300,
    [], [1], ["a"], [{"name": "a"}], [{"name": ""}], [{"name": "a", "replicas": "x"}], [{"port": 8080}], [None],
    {}, {"a": 1}, {"a": "b"}, {"name": "a"}, {"requests": {"cpu": "1", "memory": 2}}, {"limits": {"cpu": "x y"}},
    {"requests": None}, {"runAsUser": 0}, {"runAsUser": "0"}, {"enabled": 1}, {"unheard": {"of": True}},
]  # fmt: skip
JSON = st.recursive(
    st.sampled_from(WRITTEN) | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def nested(path: tuple[Any, ...], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


REFERENCE = jsonschema_rs.Draft7Validator(schema.document())


def agree(given_values: dict[str, Any]) -> bool:
    """Decides both ways; says what was decided."""
    general = bool(REFERENCE.is_valid(given_values))
    assert fit.fits(given_values, schema.shape(), DEFINITIONS) == general
    return general


def test_defaults_fit() -> None:
    """Each default fits at its own place, which is why a value that is its default need not be looked at."""
    assert fit.fits(schema.defaults(), schema.shape(), DEFINITIONS)


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_setting_is_decided_as_jsonschema_does(path: tuple[str, ...]) -> None:
    default = schema.leaves()[path]
    decided = {agree(nested(path, value)) for value in (*WRITTEN, default) if value is not None}
    assert False in decided


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(LEAVES + SECTIONS), value=JSON)
def test_any_value_is_decided_as_jsonschema_does(path: tuple[str, ...], value: Any) -> None:
    if value is not None:
        # over the defaults, too, where what is a default is not looked at
        assert agree(nested(path, value)) == validator.fits(
            values.effective(nested(path, value), schema.defaults())
        )
    agree(nested(path[:-1], {path[-1] + "x": value}))


@pytest.mark.parametrize("value", ["dc1", "dc 1", "dc1\n", "", 3])
def test_what_does_not_fit_is_explained(value: Any) -> None:
    """No value falls between the two: what the fast answer refuses, the slow one has words for."""
    effective = values.effective({"global": {"datacenter": value}}, schema.defaults())
    assert validator.fits(effective) == (validator.check(effective, []) == [])


NUMBERS = st.integers(0, 4)
SHAPES = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null", ["string", "null"]]),
            "enum": st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=4),
            "const": st.sampled_from(WRITTEN),
            "minimum": NUMBERS, "maximum": NUMBERS, "exclusiveMinimum": NUMBERS, "exclusiveMaximum": NUMBERS,
            "minLength": NUMBERS, "maxLength": NUMBERS, "minItems": NUMBERS, "maxItems": NUMBERS,
            "minProperties": NUMBERS, "maxProperties": NUMBERS,
            "pattern": st.sampled_from(["^a", "b$", "^[0-9]+$"]),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "$ref": st.just("#/$defs/some"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(["items", "additionalProperties", "propertyNames", "not", "if", "then", "else"], inner),
            **dict.fromkeys(["allOf", "anyOf", "oneOf"], st.lists(inner, min_size=1, max_size=3)),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$", "."]), inner, max_size=2),
        },
    ),
    max_leaves=6,
)  # fmt: skip
SMALL = st.recursive(
    st.sampled_from(WRITTEN), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "ab", "c"]), inner, max_size=3), max_leaves=5
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(shape=SHAPES, some=SHAPES.filter(lambda one: "$ref" not in json.dumps(one)), value=SMALL)
def test_any_shape_decides_as_jsonschema_does(shape: Any, some: Any, value: Any) -> None:
    assert fit.unread(shape) == set()
    whole = {"allOf": [shape], "$defs": {"some": some}}
    assert fit.fits(value, shape, {"some": some}) == jsonschema.Draft7Validator(whole).is_valid(value)


def test_what_is_not_read_is_named() -> None:
    shape = {"properties": {"a": {"items": {"format": "uri"}}, "b": {"anyOf": [{"contains": True}]}}}
    assert fit.unread(shape) == {"format", "contains"}
