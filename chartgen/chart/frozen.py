"""The values of a chart as Helm keeps them: `values.yaml`, and the schema that holds each of them constant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chartgen.render import document, scalar


def values_text(values: Mapping[str, Any]) -> str:
    """The text of `values.yaml` for effective values."""
    head = "# Frozen when this chart was compiled: to change one, compile again.\n"
    return head + document.block_yaml(document.pruned(dict(values)), str)


def schema_text(values: Mapping[str, Any]) -> str:
    """A draft-07 schema that holds each value constant, so that Helm refuses to change it at install time.

    As text, one value a line, so that two versions of a chart can be compared.
    """
    head = '"$schema": "http://json-schema.org/draft-07/schema#", '
    return "{" + head + _frozen(values, "", open_keys=("global",))[1:] + "\n"


def _frozen(value: Any, indent: str, open_keys: tuple[str, ...] = (), rest: str = "false") -> str:
    if not isinstance(value, Mapping) or not value:
        # Helm drops nulls that stand in lists of a chart's own values
        return '{"const": ' + scalar.json_text(document.pruned(value)) + "}"
    inner = indent + "  "
    entries = ",\n".join(
        # a parent chart adds keys of its own to `global` and may add `global` itself
        f"{inner}{scalar.json_text(key)}: {_frozen(item, inner, rest='true' if key in open_keys else 'false')}"
        for key, item in value.items()
    )
    return f'{{"type": "object", "additionalProperties": {rest}, "properties": {{\n{entries}\n{indent}}}}}'
