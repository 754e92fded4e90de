"""The options of a Consul agent (`schema/_agent.yaml`) as definitions of the values' schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Node = dict[str, Any]

_GONE = ", gone to "

# null leaves an option unset, whatever it takes
_KINDS: Mapping[str, Node] = {
    "any": {},
    "bool": {"type": ["boolean", "null"]},
    "int": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "text": {"type": ["string", "null"]},
    "duration": {"$ref": "#/$defs/duration"},
    "texts": {"type": ["array", "null"], "items": {"type": "string"}},
    "list": {"type": ["array", "null"]},
    # as the agent reads HCL, it takes a map, and a section, in a list of its own too
    "map": {"type": ["object", "array", "null"]},
}


def definitions(options: Mapping[str, Any]) -> dict[str, Node]:
    """A definition for the whole configuration (`agent`) and one for each section of it (`agent.acl.tokens`).

    Raises KeyError for a kind of value that there is not.
    """
    found: dict[str, Node] = {}

    def section(name: str, keys: Mapping[str, Any]) -> Node:
        properties = {key: option(f"{name}.{key}", kind) for key, kind in keys.items()}
        found[name] = {
            "type": ["object", "array", "null"],
            "properties": properties,
            "additionalProperties": False,
            "items": {"$ref": f"#/$defs/{name}"},
        }
        return {"$ref": f"#/$defs/{name}"}

    def option(name: str, kind: Any) -> Node:
        if isinstance(kind, dict):
            return section(name, kind)
        word, _, new = kind.partition(_GONE)
        if not new:
            return dict(_KINDS[word])
        # draft-07 reads nothing beside a reference
        node = {"allOf": [_KINDS[word]]} if "$ref" in _KINDS[word] else dict(_KINDS[word])
        return {**node, "deprecated": True, "deprecationMessage": f"use {new}"}

    section("agent", options)
    # the whole may be text that holds it
    found["agent"] = {**found["agent"], "type": ["object", "string"]}
    del found["agent"]["items"]
    return found


def renamed(options: Mapping[str, Any]) -> dict[str, str]:
    """The new name of each option that has one, by its old name."""
    found: dict[str, str] = {}

    def walk(keys: Mapping[str, Any], path: str) -> None:
        for key, kind in keys.items():
            if isinstance(kind, dict):
                walk(kind, f"{path}{key}.")
            elif _GONE in kind:
                found[path + key] = kind.partition(_GONE)[2]

    walk(options, "")
    return found
