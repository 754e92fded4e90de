"""CRDs: the notation, the structural rules of Kubernetes, custom resources, what a set of values installs."""

from __future__ import annotations

import base64
import binascii
import copy
import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml12

import chartgen
from chartgen.render import crds
from chartgen.workshop import crd_expansion
from chartgen.workshop.crd_notation import Definition, NotationError, load

RESOURCES = Path(__file__).parent / "crds"
SOURCES = crd_expansion.sources()
DEFINITIONS = {source.stem: load(source) for source in SOURCES}
ALL = [one for found in DEFINITIONS.values() for one in found]


def schemas(definition: Definition) -> Iterator[tuple[str, dict[str, Any]]]:
    for version in definition.body["spec"]["versions"]:
        yield version["name"], version["schema"]["openAPIV3Schema"]


# ---------------------------------------------------------------- structural schemas
# The rules are those of the Kubernetes documentation, "Specifying a structural schema" and what follows it.

JUNCTORS = ("allOf", "anyOf", "oneOf")
FORBIDDEN = {
    "$ref", "definitions", "dependencies", "deprecated", "discriminator", "id", "patternProperties",
    "readOnly", "uniqueItems", "writeOnly", "xml",
}  # fmt: skip
OUTSIDE_JUNCTORS = {"description", "type", "default", "additionalProperties", "nullable"}
SCALARS = {"string", "integer", "number", "boolean"}


def flaws(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """What keeps `schema` from being structural, each with its place."""
    kind = schema.get("type")
    either = schema.get("x-kubernetes-int-or-string")
    open_ = schema.get("x-kubernetes-preserve-unknown-fields")
    if not kind and not either and not open_:
        yield f"{path}: no type"
    if kind and either:
        yield f"{path}: int-or-string has a type"
    if kind and kind not in SCALARS | {"object", "array"}:
        yield f"{path}: type {kind}"
    for keyword in FORBIDDEN & schema.keys():
        yield f"{path}: {keyword}"
    if open_ not in (None, True) or (open_ and kind not in (None, "object")):
        yield f"{path}: unknown fields can be preserved in objects only"
    if "properties" in schema and "additionalProperties" in schema:
        yield f"{path}: properties and additionalProperties"
    if schema.get("additionalProperties") is False:
        yield f"{path}: additionalProperties is false"
    if ("items" in schema) != (kind == "array"):
        yield f"{path}: items and type array go together"
    yield from _list_flaws(schema, path)
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            yield f"{path}: required {name} is no property"
    for rule in schema.get("x-kubernetes-validations", []):
        if not rule.get("rule"):
            yield f"{path}: a rule without expression"
    for junctor in JUNCTORS:
        for branch in schema.get(junctor, []):
            yield from _branch_flaws(branch, schema, f"{path}.{junctor}")
    if "not" in schema:
        yield from _branch_flaws(schema["not"], schema, f"{path}.not")
    for name, one in schema.get("properties", {}).items():
        yield from flaws(one, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from flaws(schema[keyword], f"{path}[]")
    if "default" in schema:
        value = schema["default"]
        if pruned(schema, value) != value:
            yield f"{path}: its default has unknown fields"
        for error in validator(schema).iter_errors(defaulted(schema, value)):
            yield f"{path}: its default is invalid: {error.message}"


def _list_flaws(schema: dict[str, Any], path: str) -> Iterator[str]:
    kind, how = schema.get("type"), schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys")
    if how and (kind != "array" or how not in ("atomic", "set", "map")):
        yield f"{path}: list type {how}"
    if (how == "map") != bool(keys):
        yield f"{path}: list type map and keys go together"
    map_type = schema.get("x-kubernetes-map-type")
    if map_type and (kind != "object" or map_type not in ("granular", "atomic")):
        yield f"{path}: map type {map_type}"
    if how == "map":
        items = schema["items"]
        for key in keys or []:
            one = items.get("properties", {}).get(key, {})
            if one.get("type") not in SCALARS:
                yield f"{path}: key {key} is no scalar"
            if key not in items.get("required", []) and "default" not in one:
                yield f"{path}: key {key} is neither required nor has a default"
    if how == "set":
        items = schema["items"]
        if items.get("type") not in SCALARS and "atomic" not in (
            items.get("x-kubernetes-list-type"),
            items.get("x-kubernetes-map-type"),
        ):
            yield f"{path}: a set of what is not atomic"


def _branch_flaws(branch: dict[str, Any], outside: dict[str, Any], path: str) -> Iterator[str]:
    """Inside a junctor nothing may be declared, only narrowed, but for the types of int-or-string."""
    types_only = outside.get("x-kubernetes-int-or-string") and branch in (
        {"type": "integer"},
        {"type": "string"},
    )
    for keyword in OUTSIDE_JUNCTORS & branch.keys():
        if not types_only:
            yield f"{path}: {keyword}"
    for name, one in branch.get("properties", {}).items():
        if name not in outside.get("properties", {}):
            yield f"{path}: {name} is not outside as well"
        else:
            yield from _branch_flaws(one, outside["properties"][name], f"{path}.{name}")


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.file)
def test_is_structural(definition: Definition) -> None:
    for version, schema in schemas(definition):
        assert not list(flaws(schema, version))
        assert schema["type"] == "object"
        assert schema["properties"]["metadata"] == {"type": "object"}


@pytest.mark.parametrize(
    ("schema", "flaw"),
    [
        ({}, ": no type"),
        ({"type": "object", "properties": {"a": {}}}, ".a: no type"),
        ({"type": "array"}, ": items and type array go together"),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": False}, ": uniqueItems"),
        ({"type": "object", "additionalProperties": False}, ": additionalProperties is false"),
        ({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}},
         ": properties and additionalProperties"),
        ({"type": "string", "anyOf": [{"type": "string"}]}, ".anyOf: type"),
        ({"type": "object", "not": {"properties": {"a": {}}}}, ".not: a is not outside as well"),
        ({"type": "object", "required": ["a"]}, ": required a is no property"),
        ({"type": "string", "default": 1}, ": its default is invalid: 1 is not of type 'string'"),
        ({"type": "object", "default": {"a": 1}}, ": its default has unknown fields"),
        ({"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}},
         ": list type map and keys go together"),
        ({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"],
          "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
         ": key a is neither required nor has a default"),
        ({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}},
         ": a set of what is not atomic"),
    ],
)  # fmt: skip
def test_checker_sees_flaws(schema: dict[str, Any], flaw: str) -> None:
    assert list(flaws(schema)) == [flaw]


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.file)
def test_document_suits_kubernetes(definition: Definition) -> None:
    text = definition.text(crds.LABELS_LINE).replace("@LABELS@", '{"component": "crd"}')
    document = yaml12.parse_yaml(text)
    kubernetes_validate.validate(document, "1.33", strict=True)
    assert document["metadata"]["name"] == definition.name
    stored = [version["name"] for version in document["spec"]["versions"] if version["storage"]]
    assert len(stored) == 1


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.file)
def test_every_field_is_described(definition: Definition) -> None:
    def silent(schema: dict[str, Any], path: str) -> Iterator[str]:
        for name, one in schema.get("properties", {}).items():
            if not one.get("description"):
                yield f"{path}.{name}"
            yield from silent(one, f"{path}.{name}")
        for keyword in ("items", "additionalProperties"):
            if keyword in schema:
                yield from silent(schema[keyword], f"{path}[]")

    for version, schema in schemas(definition):
        # of an object's metadata a definition may say nothing: Kubernetes describes that itself
        assert list(silent(schema, version)) == [f"{version}.metadata"]


# ---------------------------------------------------------------- custom resources


def pruned(schema: dict[str, Any], value: Any) -> Any:
    """`value` as the API server stores it: without fields that the schema does not know."""
    if isinstance(value, list):
        return [pruned(schema.get("items", {}), one) for one in value]
    if not isinstance(value, dict):
        return value
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    keep = schema.get("x-kubernetes-preserve-unknown-fields")
    return {
        name: pruned(known.get(name, rest or {}), one) if name in known or rest else one
        for name, one in value.items()
        if name in known or rest or keep
    }


def defaulted(schema: dict[str, Any], value: Any) -> Any:
    """`value` with the schema's defaults where a field is missing."""
    if isinstance(value, list):
        return [defaulted(schema.get("items", {}), one) for one in value]
    if not isinstance(value, dict):
        return value
    known, rest = schema.get("properties", {}), schema.get("additionalProperties") or {}
    missing = {
        name: copy.deepcopy(one["default"])
        for name, one in known.items()
        if "default" in one and name not in value
    }
    return {name: defaulted(known.get(name, rest), one) for name, one in (value | missing).items()}


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    """Go allows `(?i)` behind `^`, Python at the very start only."""
    if isinstance(value, str) and not re.search(re.sub(r"^\^\(\?i\)", "(?i)^", pattern), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _keys(validator: Any, keys: list[str], value: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    seen = [tuple(one.get(key) for key in keys) for one in value if isinstance(one, dict)]
    if len(set(seen)) < len(seen):
        yield jsonschema.ValidationError(f"two entries have the same {keys}")


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and bool(datetime.datetime.fromisoformat(value)))


@FORMATS.checks("byte", raises=binascii.Error)
def _byte(value: object) -> bool:
    return not isinstance(value, str) or base64.b64decode(value, validate=True) is not None


@FORMATS.checks("duration")
def _duration(value: object) -> bool:
    units = r"[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+|0"
    return not isinstance(value, str) or re.fullmatch(units, value) is not None


OpenAPI = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"pattern": _pattern, "x-kubernetes-list-map-keys": _keys}
)


def validator(schema: dict[str, Any]) -> Any:
    return OpenAPI(schema, format_checker=FORMATS)


def resources(file: str) -> list[Any]:
    """(manifest with its comment, schema) for each manifest and each version that it could be written in."""
    cases = []
    for source, found in DEFINITIONS.items():
        for number, text in enumerate((RESOURCES / source / file).read_text("utf-8").split("---\n"), 1):
            for definition in found:
                for version, schema in schemas(definition):
                    name = f"{definition.file}-{version}-{number}"
                    cases.append(pytest.param(text, schema, id=name))
    return cases


def wrong_places(schema: dict[str, Any], text: str) -> set[str]:
    stored = defaulted(schema, pruned(schema, yaml12.parse_yaml(text)))
    return {".".join(map(str, error.absolute_path)) for error in validator(schema).iter_errors(stored)}


@pytest.mark.parametrize(("text", "schema"), resources("valid.yaml"))
def test_valid_resource(text: str, schema: dict[str, Any]) -> None:
    assert not wrong_places(schema, text)
    manifest = yaml12.parse_yaml(text)
    assert pruned(schema, manifest)["spec"] == manifest["spec"], "a field is not known"


@pytest.mark.parametrize(("text", "schema"), resources("invalid.yaml"))
def test_invalid_resource(text: str, schema: dict[str, Any]) -> None:
    place = re.match(r"# wrong at (\S+):", text)
    assert place
    assert wrong_places(schema, text) == {place[1].replace("(top)", "")}


@pytest.mark.parametrize("source", sorted(DEFINITIONS))
def test_every_kind_has_resources(source: str) -> None:
    valid, invalid = (
        (RESOURCES / source / file).read_text("utf-8").split("---\n")
        for file in ("valid.yaml", "invalid.yaml")
    )
    assert len(valid) >= 2
    assert len(invalid) >= 4
    served = {
        (f"{one.body['spec']['group']}/{version}", one.kind)
        for one in DEFINITIONS[source]
        for version, _ in schemas(one)
    }
    for text in valid + invalid:
        manifest = yaml12.parse_yaml(text)
        assert (manifest["apiVersion"], manifest["kind"]) in served


# ---------------------------------------------------------------- the expansion that ships


def test_labels() -> None:
    for one in crds.expanded():
        assert one.text.count("@LABELS@") <= 1
        document = yaml12.parse_yaml(one.text.replace("@LABELS@", json.dumps(dict(one.labels))))
        assert document["metadata"]["labels"] == one.labels
        assert one.labels["component"] == "crd"
    fixed = [one.file for one in crds.expanded() if crds.LABELS_LINE not in one.text]
    assert fixed == ["crd-httproutes-external.yaml", "crd-referencegrants-external.yaml"]


def test_compact_lists_stay_compact() -> None:
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in crds.SOURCES.glob("*.yaml"))
    assert lines < 2500


# ---------------------------------------------------------------- what a set of values installs

INSTALLED = yaml12.parse_yaml((RESOURCES / "installed.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", INSTALLED, ids=lambda case: case["title"])
def test_installed(case: dict[str, Any]) -> None:
    chart = chartgen.compile(case["values"], strict=False)
    found = [one for one in chart.documents if one.kind == "CustomResourceDefinition"]
    assert [one.template for one in found] == [
        one.file for one in crds.expanded() if one.when in case["installs"]
    ]
    for one in found:
        # what identifies a definition is what its text says
        assert one.identity == one._replace(head=one.data, text="").identity


# ---------------------------------------------------------------- the notation

SHARED = """\
columns: {age: Age date .metadata.creationTimestamp}
annotations: {plain: {a: b}}
deprecation: "{version} of {kind} is old, use {stored}."
types: |
  Name string 1..8 /^[a-z]+$/  # A name.
"""
HEAD = """\
kind: Thing
about: A thing.
crds:
  - file: crd-things.yaml
    when: connect-inject
    name: things.example.com
    versions: {v1: stored}
    annotations: plain
"""


def compact(folder: Path, fields: str, more: str = "", head: str = HEAD) -> Definition:
    (folder / "_shared.yaml").write_text(SHARED)
    block = "".join(f"  {line}\n" for line in fields.splitlines())
    (folder / "things.yaml").write_text(f"{head}{more}fields: |\n{block}")
    (definition,) = load(folder / "things.yaml")
    return definition


def properties(folder: Path, fields: str, more: str = "") -> dict[str, Any]:
    (_, schema), *_ = schemas(compact(folder, fields, more))
    return {
        name: one
        for name, one in schema["properties"].items()
        if name not in ("apiVersion", "kind", "metadata")
    }


@pytest.mark.parametrize("case", yaml12.parse_yaml((RESOURCES / "notation.yaml").read_text("utf-8")),
                         ids=lambda case: case["line"].splitlines()[0])  # fmt: skip
def test_notation(tmp_path: Path, case: dict[str, Any]) -> None:
    (schema,) = properties(tmp_path, case["line"]).values()
    assert schema == case["schema"]


@pytest.mark.parametrize("case", yaml12.parse_yaml((RESOURCES / "unreadable.yaml").read_text("utf-8")),
                         ids=lambda case: case["says"])  # fmt: skip
def test_unreadable_notation(tmp_path: Path, case: dict[str, Any]) -> None:
    with pytest.raises(NotationError) as caught:
        compact(tmp_path, case["fields"], case.get("more", ""))
    assert str(caught.value) == case["says"]


def test_required_and_extended_types(tmp_path: Path) -> None:
    types = "types: |\n  Base object  # Base.\n    a! string\n    b integer\n"
    (extended,) = properties(tmp_path, "x [Base] # Both.\n  b! string\n  c boolean", types).values()
    assert extended["description"] == "Both."
    assert extended["items"]["required"] == ["a", "b"]
    assert [one["type"] for one in extended["items"]["properties"].values()] == [
        "string",
        "string",
        "boolean",
    ]


def test_named_defaults(tmp_path: Path) -> None:
    more = "defaults:\n  start: {size: 1}\n"
    fields = properties(tmp_path, "a object = $start\n  size integer\nb string = $group", more)
    assert fields["a"]["default"] == {"size": 1}
    assert fields["b"]["default"] == "example.com"


def test_versions_columns_and_names(tmp_path: Path) -> None:
    head = HEAD.replace("{v1: stored}", "{v1: stored, v1beta1: served deprecated, v1alpha1: unserved}")
    head = head.replace("crds:", "scope: Cluster\ncolumns: [age, Size integer .spec.size priority 1]\ncrds:")
    definition = compact(
        tmp_path, "spec object\nstatus object", "", head + "    short: [th]\n    singular: one\n"
    )
    spec = definition.body["spec"]
    assert spec["scope"] == "Cluster"
    assert spec["names"] == {
        "kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "one", "shortNames": ["th"],
    }  # fmt: skip
    v1, beta, alpha = spec["versions"]
    assert (v1["served"], v1["storage"], beta["served"], beta["storage"], alpha["served"]) == (
        True, True, True, False, False,
    )  # fmt: skip
    assert beta["deprecationWarning"] == "v1beta1 of Thing is old, use v1."
    assert v1["subresources"] == {"status": {}}
    assert v1["additionalPrinterColumns"][1] == {
        "name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1,
    }  # fmt: skip
