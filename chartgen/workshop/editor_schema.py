"""The schema in the form in which editors show it well: the same values are valid, hover and completion are better.

What is bent here, and why, was seen in yaml-language-server, which VS Code, Neovim and others run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chartgen.render import document
from chartgen.schema import EXPECTED, FOR_EDITORS
from chartgen.schema.kinds import enum_words
from chartgen.values import helm_scalar

Node = dict[str, Any]

TEMPLATED = "Text is evaluated as a Helm template."

_REF = "#/$defs/"
# a place to fill in, in a snippet
_TYPES = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object",
    type(None): "null",
}  # fmt: skip


# more keys than these are no choice of quick fixes for one that is not known
_FEW = 8


def for_editors(
    whole: Node,
    kind: Callable[[Node], str],
    gone: Mapping[str, str] = MappingProxyType({}),
    words: Mapping[str, str] = MappingProxyType({}),
) -> Node:
    """The schema `whole`, bent for editors; `kind` says in words what a node of it accepts.

    `gone` says of a dotted path that was a value once what became of it; `words` are keys that people write, with ours.
    """
    definitions: Mapping[str, Node] = whole["$defs"]

    def bent(given: Node, name: str) -> Node:
        """One schema; `name` is the value's path as people write it, or "" in a shared definition."""
        node = _inlined(_with_hover(given, name, kind(given)), definitions)
        for keyword in ("properties", "patternProperties"):
            if keyword in node:
                below = f"{name}." if name and keyword == "properties" else ""
                node[keyword] = {
                    key: bent(child, f"{below}{key}" if below else "") for key, child in node[keyword].items()
                }
        if isinstance(node.get("items"), dict):
            node["items"] = bent(node["items"], f"{name}[]" if name else "")
        if isinstance(node.get("additionalProperties"), dict):
            node["additionalProperties"] = bent(node["additionalProperties"], "")
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in node:
                node[keyword] = [bent(node_, "") for node_ in node[keyword]]
        node = _completed(_told(node))
        return _closed(node, name, gone, words) if name else node

    whole = _with_numbers_of_defaults(whole)
    bent_whole = {
        **whole,
        "properties": {key: bent(child, key) for key, child in whole["properties"].items()},
        "$defs": {key: bent(child, "") for key, child in definitions.items()},
    }
    return _closed(bent_whole, "", gone, {})


def _with_numbers_of_defaults(whole: Node) -> Node:
    """The schema in which an entry of a section's `gateways` proposes what the section's `defaults` have."""
    sections = dict(whole["properties"])
    for name, section in sections.items():
        match section.get("properties"):
            case {
                "defaults": {"properties": defaults},
                "gateways": {"items": {"properties": entry}} as gateways,
            }:
                filled = {
                    key: {"examples": [defaults[key]["default"]], **child}
                    if isinstance(defaults.get(key, {}).get("default"), int) and "default" not in child
                    else child
                    for key, child in entry.items()
                }
                items = {**gateways["items"], "properties": filled}
                properties = {**section["properties"], "gateways": {**gateways, "items": items}}
                sections[name] = {**section, "properties": properties}
    return {**whole, "properties": sections}


def _closed(node: Node, name: str, gone: Mapping[str, str], words: Mapping[str, str]) -> Node:
    """A section that says of a key which it has not what became of it, or what was meant, as far as that is known.

    The server offers every key of the section in place of an unknown one; where they are many it is to offer none. So
    other keys are refused by a part that names the section's in a pattern.
    """
    if node.get("additionalProperties") is not False or "properties" not in node:
        return node
    known = node["properties"]
    below = f"{name}." if name else ""
    removed = {
        key: told for path, told in gone.items() if path.startswith(below)
        for key in [path.removeprefix(below)] if "." not in key and key not in known
    }  # fmt: skip
    meant = {
        word: ours
        for word, ours in words.items()
        if ours in known and word not in known and word not in removed
    }
    if not removed and not meant and len(known) <= _FEW:
        return node
    # what is said of a key is said by its name; a value, wherever it is none, is refused in words that nobody chooses
    said = [
        *(({"const": key}, {"pattern": "^$", "errorMessage": told}) for key, told in removed.items()),
        *(({"const": word}, {"enum": [ours], "errorMessage": f"{word} is called {ours} here."})
          for word, ours in meant.items()),
    ]  # fmt: skip
    names = "|".join(map(re.escape, (*known, *removed, *meant)))
    part: Node = {
        FOR_EDITORS: {"additionalProperties": False},
        "patternProperties": {f"^({names})$": True, **dict.fromkeys(node.get("patternProperties", ()), True)},
        "additionalProperties": False,
    }
    if said:
        part["propertyNames"] = {"allOf": [{"if": key, "then": told} for key, told in said]}
    open_node = {keyword: value for keyword, value in node.items() if keyword != "additionalProperties"}
    return {**open_node, "allOf": [*node.get("allOf", ()), part]}


def _with_hover(given: Node, name: str, kind: str) -> Node:
    """A node with its path as heading and, below its description, what it accepts, its default and an example."""
    if not name and "$ref" in given:
        return given
    # what stands beside a reference does not count
    node: Node = {"allOf": [given]} if "$ref" in given else dict(given)
    if name:
        node["title"] = name
    if "description" not in node:
        return node
    paragraphs = [node["description"]]
    if node.get("x-templated"):
        paragraphs.append(TEMPLATED)
    section = "properties" in node and "default" not in node
    # the server itself lists the words of an enum
    facts = [] if section or not name or "`" in kind else [f"Type: {kind}"]
    if "default" in node:
        shown = json.dumps(node["default"], ensure_ascii=False)
        if len(shown) < 80:
            facts.append(f"{'default' if facts else 'Default'}: `{shown}`")
        else:
            paragraphs.append(_block("Default", node["default"]))
    if facts:
        paragraphs.insert(1, ", ".join(facts))
    paragraphs += [_block("Example", example) for example in node.get("examples", ())[:1] if _nested(example)]
    if "deprecationMessage" in node:
        paragraphs.append(f"**Deprecated:** {node['deprecationMessage']}")
    # where there is nothing to add, the plain description will do
    return {**node, "markdownDescription": "\n\n".join(paragraphs)} if len(paragraphs) > 1 else node


def _block(label: str, value: Any) -> str:
    text = value if isinstance(value, str) else document.block_yaml(value, str)
    return f"{label}:\n```yaml\n{text.rstrip()}\n```"


def _nested(value: Any) -> bool:
    return isinstance(value, (list, dict))


def _inlined(node: Node, definitions: Mapping[str, Node]) -> Node:
    """A definition with texts of its own as one node: what is inserted for a value depends on the node's own type.

    A definition with properties stays shared, unless text is the default.
    """
    match node.get("allOf"):
        case [{"$ref": reference}]:
            definition = definitions[reference.removeprefix(_REF)]
        case _:
            return node
    if "properties" in definition and not isinstance(node.get("default"), str):
        return node if "default" in node else {**node, "type": definition["type"]}
    whole = definition | {keyword: value for keyword, value in node.items() if keyword != "allOf"}
    for part in whole.get("allOf", ()):
        # a type that a part of the definition has too would be missed twice, in two orders of words
        if "$ref" in part and definitions[part["$ref"].removeprefix(_REF)].get("type") == whole.get("type"):
            whole.pop("type", None)
    return whole


def _told(node: Node) -> Node:
    """A node whose messages are sentences about the value."""
    if "patternErrorMessage" in node:
        node["patternErrorMessage"] = EXPECTED + node["patternErrorMessage"]
    if "enum" in node:
        node["errorMessage"] = EXPECTED + "one of " + ", ".join(map(json.dumps, enum_words(node["enum"])))
        # only text is quoted, where it must be
        node.setdefault("type", list(dict.fromkeys(_TYPES[type(choice)] for choice in node["enum"])))
    match node.get("not"):
        case {"pattern": str(pattern)} if re.fullmatch(r"\^[A-Za-z=]+", pattern):
            # for `not` the server has words of its own, which say nothing
            del node["not"]
            words = {"patternErrorMessage": node.pop("errorMessage")} if "errorMessage" in node else {}
            node["allOf"] = [*node.get("allOf", []), {"pattern": _not_begun(pattern[1:]), **words}]
    if node.get("type") in ("object", "array"):
        # a single type is told by the title, as if that were the type
        node["type"] = [node["type"]]
    return node


def _not_begun(text: str) -> str:
    """A pattern of what does not begin with the text, without the lookahead that Helm's engine refuses."""
    pattern = ""
    for char in reversed(text):
        pattern = f"($|[^{char}]|{char}{pattern})" if pattern else f"($|[^{char}])"
    return f"^{pattern}"


def _completed(node: Node) -> Node:
    """A node of which the server makes good insertions."""
    default = node.get("default")
    _propose(node)
    types = node.get("type", ())
    if _is_number(types) and not node.keys() & {"default", "examples", "enum", "anyOf"}:
        # for a number of which it knows nothing more the server writes 0, which is hardly ever meant
        del node["type"]
        return {**node, "anyOf": [{FOR_EDITORS: {"type": types}, "type": types}]}
    if isinstance(node.get("type"), list) and ("default" in node or "enum" in node):
        node["type"] = sorted(node["type"], key=lambda kind: kind != _first_type(node))
    if default is None or default == {}:
        return node
    if isinstance(default, list):
        if not default or "items" not in node:
            return node
        return _apart(node, ("items", "type"))
    # Completing a name writes the default only where that is all there is to propose, and completing the name of the
    # section writes every default whose type it sees. Text that has to be quoted must show its type.
    to_quote = (
        isinstance(default, str)
        and default
        and not re.search(r"[\n$]", default)
        and not helm_scalar.is_ordinary(default)
    )
    keywords = () if default == "" else ("examples", "enum")
    return _apart(node, keywords if to_quote else (*keywords, "type"))


def _is_number(types: str | Sequence[str]) -> bool:
    return ({types} if isinstance(types, str) else set(types)) - {"null"} in ({"integer"}, {"number"})


def _propose(node: Node) -> None:
    """Turns examples that hold lists or maps, which would be inserted as [object Object], into what is not."""
    nested = [proposal for proposal in node.get("examples", ()) if _nested(proposal)]
    snippets = list(node.get("defaultSnippets", ()))
    if nested:
        del node["examples"]
        entries = [entry for proposal in nested if isinstance(proposal, list) for entry in proposal]
        if entries and isinstance(node.get("items"), dict) and not any(map(_nested, entries)):
            node["items"] = {"examples": entries, **node["items"]}
        elif not snippets:
            snippets = [{"label": "example", "body": _snippet(proposal)} for proposal in nested]
    if isinstance(node.get("default"), list) and node["default"] and "items" in node and not snippets:
        snippets = [{"label": "default", "body": _snippet(node["default"])}]
    if snippets:
        node["defaultSnippets"] = [_of_an_entry(proposal) for proposal in snippets]


def _of_an_entry(snippet: Node) -> Node:
    """A snippet of a list as one of an entry, the richest: the server adds the dash where it is not there yet."""
    body = snippet["body"]
    if not isinstance(body, list) or not all(isinstance(line, dict) for line in body):
        return snippet
    return {**snippet, "type": "array", "body": max(body, key=len)}


def _first_type(node: Node) -> str:
    """The type by which values are written: text is quoted where it is the first, an empty list stays out where null is."""
    if "default" not in node:
        return "string"
    return "null" if node["default"] == [] and "null" in node["type"] else _TYPES[type(node["default"])]


def _apart(node: Node, keywords: Sequence[str]) -> Node:
    """The node with these keywords in an `allOf`, where they mean the same but are not looked for."""
    inner = {keyword: node.pop(keyword) for keyword in keywords if keyword in node}
    if "enum" in inner and "type" in node:
        inner["type"] = node["type"]
    if inner.keys() & {"enum", "type"} and "errorMessage" in node:
        # the same words where both refuse, so that they are shown once
        inner["errorMessage"] = node["errorMessage"]
    return {**node, "allOf": [*node.get("allOf", []), inner]} if inner else node


def _snippet(value: Any) -> Any:
    """A value as a snippet's body, in which text stands as it will be written."""
    if isinstance(value, dict):
        return {key: _snippet(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_snippet(item) for item in value]
    if not isinstance(value, str) or helm_scalar.is_ordinary(value):
        return value
    return re.sub(r"([\\$}])", r"\\\1", json.dumps(value, ensure_ascii=False))
