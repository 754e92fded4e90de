"""The entry for SchemaStore's catalogue: in its form, of this schema, and for the files that are meant."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import jsonschema
import pytest

from chartgen.workshop import schema_build

ROOT = Path(__file__).parent.parent
ENTRY = json.loads((ROOT / "editors/schemastore/catalog-entry.json").read_text(encoding="utf-8"))
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


def test_the_entry_has_the_catalogues_form() -> None:
    jsonschema.Draft7Validator(FORM).validate(ENTRY)


def test_it_names_the_schema_by_its_id() -> None:
    assert ENTRY["url"] == schema_build.ADDRESS
    assert json.loads((ROOT / "schema/values.schema.json").read_bytes())["$id"] == ENTRY["url"]


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
