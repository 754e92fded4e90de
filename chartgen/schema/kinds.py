"""What a value may be, in a few words for people: `integer`, `text or list of text`, `one`, `two`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_REF = "#/$defs/"
_WORDS = {
    "object": "map", "array": "list", "string": "text", "integer": "integer", "number": "number",
    "boolean": "boolean", "null": "null",
}  # fmt: skip


def kind(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What the values of a schema's node are; `definitions` are what its references name."""
    for inner in node.get("allOf", ()):
        return kind(inner, definitions)
    if "$ref" in node:
        if node["$ref"] == f"{_REF}quantity":
            return "quantity"
        return kind(definitions[node["$ref"].removeprefix(_REF)], definitions)
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(kind(choice, definitions) for choice in node["anyOf"]))
    if "enum" in node:
        texts = [
            word if word and isinstance(word, str) else json.dumps(word) for word in enum_words(node["enum"])
        ]
        return ", ".join(f"`{text}`" for text in texts)
    types = node.get("type", [])
    names = [_WORDS[name] for name in ([types] if isinstance(types, str) else types) if name != "null"]
    if names == ["list"] and isinstance(node.get("items"), dict):
        return f"list of {kind(node['items'], definitions)}s".replace("texts", "text")
    return " or ".join(names) or "any"


def enum_words(enum: Sequence[Any]) -> list[Any]:
    """What an enum takes, for people: without null, and without the capitals of what is there in small letters."""
    return [
        word
        for word in enum
        if word is not None and not (isinstance(word, str) and word.isupper() and word.lower() in enum)
    ]
