"""The entries for SchemaStore's catalogue: in its form, of these schemas, and for the files that are meant."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import jsonschema
import pytest

from chartgen import project
from chartgen.workshop import schema_build

ROOT = Path(__file__).parent.parent
ENTRY = json.loads((ROOT / "editors/schemastore/catalog-entry.json").read_text(encoding="utf-8"))
BUILD_FILE = json.loads((ROOT / "editors/schemastore/build-file-entry.json").read_text(encoding="utf-8"))
ADDRESS = {"type": "string", "pattern": "^https://"}
# what the catalogue asks of an entry
FORM = {
    "type": "object",
    "required": ["name", "url", "description"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "fileMatch": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        "url": ADDRESS,
        "versions": {"type": "object", "additionalProperties": ADDRESS},
    },
}


@pytest.mark.parametrize(
    ("entry", "address", "schema"),
    [
        (ENTRY, schema_build.ADDRESS, "values.schema.json"),
        (BUILD_FILE, schema_build.BUILD_FILE_ADDRESS, "chartgen.schema.json"),
    ],
    ids=["values", "build file"],
)
def test_an_entry_names_its_schema_by_its_id(entry: dict[str, object], address: str, schema: str) -> None:
    jsonschema.Draft7Validator(FORM).validate(entry)
    assert entry["url"] == address
    assert json.loads((ROOT / "schema" / schema).read_bytes())["$id"] == entry["url"]


def test_the_build_file_has_one_name() -> None:
    assert BUILD_FILE["fileMatch"] == [project.FILE]


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("consul-values.yaml", True),
        ("deploy/consul-values-production.yaml", True),
        ("clusters/consul/values.yaml", True),
        ("clusters/consul/values-dc2.yaml", True),
        ("values.yaml", False),
        ("vault/values.yaml", False),
        ("consul/templates/deployment.yaml", False),
    ],
)
def test_it_is_for_the_files_that_are_meant(path: str, ours: bool) -> None:
    named = [pattern.removeprefix("**/") for pattern in ENTRY["fileMatch"]]
    assert any(PurePosixPath(path).match(pattern) for pattern in named) is ours
