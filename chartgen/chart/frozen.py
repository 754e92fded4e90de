"""The values of a chart as Helm keeps them: `values.yaml`, and what holds each of them constant.

That is the schema, and for what stands below `global` a template of the chart (`templates/frozen.yaml.j2`) that reads
`global.json`: a parent chart hands its own `global` down, and only a template can tell that apart, and say so in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from chartgen import schema
from chartgen.chart import kept
from chartgen.render import document, scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def values_text(values: Mapping[str, Any]) -> str:
    """The text of `values.yaml` for effective values."""
    head = "# Frozen when this chart was compiled: to change one, compile again.\n"
    given = {key: item for key, item in values.items() if item is not None}
    return head + ("".join(kept.text(_section_text, item, key) for key, item in given.items()) or "{}\n")


def schema_text(values: Mapping[str, Any]) -> str:
    """A draft-07 schema that holds each value constant, so that Helm refuses to change it at install time, or to remove it.

    As text, one value a line, so that two versions of a chart can be compared.
    """
    shapes = {key: kept.text(_constant, item, "  ") for key, item in values.items() if key != "global"}
    shapes["global"] = '{"type": "object"}'
    # the condition that a parent chart names (`consul.enabled`) comes along; a chart that is off is not rendered
    shapes.setdefault("enabled", '{"const": true}')
    return (
        '{"$schema": "http://json-schema.org/draft-07/schema#", '
        + _object(shapes, _present(values), "")[1:]
        + "\n"
    )


def global_text(values: Mapping[str, Any]) -> str:
    """The values below `global` as JSON, each in a list of one item, so that sections can be told from values."""
    given = values["global"]
    if not isinstance(given, dict) or not given:
        return scalar.json_text(_listed(given, schema.sections()["global"]), 2) + "\n"
    entries = [
        f"  {scalar.json_text(key)}: {kept.text(_below_global, given[key], key)}" for key in sorted(given)
    ]
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _below_global(value: Any, key: str) -> str:
    text = scalar.json_text(_listed(value, schema.sections()["global"].get(key)), 2)
    return text.replace("\n", "\n  ")


def _section_text(value: Any, key: str) -> str:
    given = {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else {}
    # most of what there is in a section that is another is as it was; a key that is known needs no quotes
    if not given or key not in schema.defaults():
        return document.block_yaml(document.pruned({key: value}), str)
    return f"{key}:\n" + "".join(kept.text(_entry_text, item, name) for name, item in given.items())


def _entry_text(value: Any, name: str) -> str:
    """What stands in a section under a name, as the lines below the section's key."""
    return document.block_yaml({"section": {name: document.pruned(value)}}, str).partition("\n")[2]


def _constant(value: Any, indent: str) -> str:
    if not isinstance(value, dict) or not value:
        # Helm drops nulls that stand in lists of a chart's own values
        return '{"const": ' + scalar.json_text(document.pruned(value)) + "}"
    deeper = indent + "  "
    # most sections in one that is another are as they were
    shapes = {
        key: kept.text(_constant, item, deeper) if isinstance(item, dict) else _constant(item, deeper)
        for key, item in value.items()
    }
    return _object(shapes, _present(value), indent)


def _object(shapes: Mapping[str, str], required: list[str], indent: str) -> str:
    entries = ",\n".join(f"{indent}  {scalar.json_text(key)}: {shape}" for key, shape in shapes.items())
    return (
        f'{{"type": "object", "additionalProperties": false, "required": {scalar.json_text(required)}, '
        f'"properties": {{\n{entries}\n{indent}}}}}'
    )


def _present(values: Mapping[str, Any]) -> list[str]:
    """The keys that are there when nobody takes one away."""
    return [key for key, item in values.items() if item is not None]


def _listed(value: Any, below: Mapping[str, Any] | None) -> Any:
    if below is None or not isinstance(value, Mapping):
        return [document.pruned(value)]
    return {key: _listed(item, below.get(key)) for key, item in sorted(value.items())}
