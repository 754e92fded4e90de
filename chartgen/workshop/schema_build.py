"""Makes what is derived from `schema/*.yaml`: `python -m chartgen.workshop.schema_build [--check]`.

The sources hold each value's type, default and description in one place. From them come the JSON Schema that
editors, Helm and chartgen read, the defaults, a values file with every default, and `docs/values.md`.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen import paths
from chartgen.schema import fit as fast
from chartgen.schema import removed
from chartgen.schema.kinds import kind
from chartgen.values import helm_scalar
from chartgen.workshop import agent_options
from chartgen.workshop.editor_schema import TEMPLATED, for_editors

Node = dict[str, Any]

# the schema's name for good, and where SchemaStore serves it (editors/schemastore); nobody fetches it to validate
ADDRESS = "https://json.schemastore.org/chartgen-consul-values.json"
# … and that of the schema of chartgen.yaml
BUILD_FILE_ADDRESS = "https://json.schemastore.org/chartgen.json"

_REF = "#/$defs/"
_WIDTH = 100
# the order in which the keywords of a node are written
_ORDER = (
    "$schema", "$id", "title", "description", "markdownDescription", "type", "enum", "const", "errorMessage",
    "default",
    "deprecated", "deprecationMessage", "examples", "allOf", "anyOf", "oneOf", "properties",
    "patternProperties", "propertyNames", "required", "additionalProperties", "items", "$defs",
)  # fmt: skip

# what the texts of a shared definition are about at the place that refers to it: `{subject}` in them
_SUBJECT = "x-subject"
# texts of a definition that each place which refers to it carries
_MOVED = ("description", "examples", "defaultSnippets")
# keywords that tell people something and decide nothing
_TEXTS = {
    "$id", "title", "description", "markdownDescription", "default", "examples", "defaultSnippets", "deprecated",
    "deprecationMessage", "patternErrorMessage", "enumDescriptions", "markdownEnumDescriptions", "errorMessage",
    "doNotSuggest", "x-templated", "x-holds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value with a default: its path, and the schema node that describes it."""

    path: tuple[str, ...]
    default: Any
    node: Node


def sources(folder: Path) -> dict[str, Node]:
    """The source files of `folder` by name (`_defs` among them), as plain data."""
    from ruamel.yaml import YAML

    reader = YAML(typ="safe")
    files = sorted(path for path in folder.glob("*.yaml") if path.name != "values.yaml")
    return {path.stem: reader.load(path) for path in files}


def schema(read: Mapping[str, Node]) -> Node:
    """The whole JSON Schema of the values (draft-07) from what `sources` read.

    Raises KeyError for a section or a definition that is not there.
    """
    definitions = {**read["_defs"], **agent_options.definitions(read["_agent"])}
    properties = {key: _built(read[key], definitions) for key in _sections(read)}
    properties |= {key: _built(node, definitions) for key, node in read["_top"]["properties"].items()}
    whole: Node = _ordered(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$id": ADDRESS,
            "title": "Values of Consul on Kubernetes",
            "description": "What chartgen compiles into a Helm chart that installs Consul.",
            "type": "object",
            "properties": properties,
            "patternProperties": {
                "^x-": {
                    "description": "A place of yours, for YAML anchors: no setting, and left out of the chart."
                }
            },
            "additionalProperties": False,
            "$defs": {name: _shape(_built(_about(definitions[name]), definitions)) for name in definitions},
        }
    )
    return whole


def build_file(read: Mapping[str, Node]) -> Node:
    """The JSON Schema of `chartgen.yaml`, which refers to nothing: its parts that are alike are written out."""
    whole: Node = _ordered(
        {"$schema": "http://json-schema.org/draft-07/schema#", "$id": BUILD_FILE_ADDRESS, **read["_chartgen"]}
    )
    return whole


def _sections(read: Mapping[str, Node]) -> list[str]:
    """The top-level keys that have a file, in the order in which people know them."""
    order = read["_top"]["order"]
    known = [key for key in read if not key.startswith("_")]
    return sorted(known, key=lambda key: (order.index(key) if key in order else len(order), key))


def _built(source: Node, definitions: Mapping[str, Node]) -> Node:
    """A source node as JSON Schema: references valid, sections closed, defaults handed down, descriptions."""
    node = dict(source)
    if "$ref" in node:
        node = _resolved(node, definitions)
        if "$ref" in node:
            return node
        if "allOf" in node:
            return _with_description(node, source, definitions)
    default = node.get("default")
    if "properties" in node:
        node.setdefault("type", "object")
        node.setdefault("additionalProperties", False)
        children = node["properties"]
        if isinstance(default, dict) and default:
            unknown = default.keys() - children.keys()
            if unknown:
                raise KeyError(f"defaults without a description: {sorted(unknown)}")
            children = {
                key: {**child, "default": default[key]} if key in default else child
                for key, child in children.items()
            }
            # the children carry it now
            del node["default"]
        node["properties"] = {key: _built(child, definitions) for key, child in children.items()}
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(keyword), dict):
            node[keyword] = _built(node[keyword], definitions)
    if "patternProperties" in node:
        patterns = node["patternProperties"].items()
        node["patternProperties"] = {pattern: _built(child, definitions) for pattern, child in patterns}
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in node:
            node[keyword] = [_built(item, definitions) for item in node[keyword]]
    return _with_description(node, node, definitions)


def _resolved(node: Node, definitions: Mapping[str, Node]) -> Node:
    """A reference with siblings in a form that draft-07 reads, which ignores what stands beside `$ref`.

    A definition with properties whose place has defaults or descriptions of its own is copied in; the rest is
    `allOf`. The definition's texts move to the place: an editor shows those of a referenced schema first.
    """
    definition = _about(definitions[node["$ref"].removeprefix(_REF)], node.get(_SUBJECT))
    texts = {keyword: definition[keyword] for keyword in _MOVED if keyword in definition}
    beside = texts | {keyword: value for keyword, value in node.items() if keyword not in ("$ref", _SUBJECT)}
    if not beside:
        return {"$ref": node["$ref"]}
    if "properties" in beside or (isinstance(beside.get("default"), dict) and beside["default"]):
        return _overlaid({key: value for key, value in definition.items() if key != "title"}, beside)
    return {"allOf": [{"$ref": node["$ref"]}], **beside}


def _about(definition: Node, subject: str | None = None) -> Node:
    """The definition with the subject of its place in its texts, or with its own."""
    subject = subject or definition.get(_SUBJECT)
    if subject is None:
        return definition

    def told(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: told(value) for key, value in part.items() if key != _SUBJECT}
        if isinstance(part, list):
            return [told(value) for value in part]
        return part.replace("{subject}", subject) if isinstance(part, str) else part

    filled: Node = told(definition)
    return filled


def _shape(definition: Node) -> Node:
    """A definition without the texts that its places carry."""
    dropped = {"title", "markdownDescription", *_MOVED}
    return {keyword: value for keyword, value in definition.items() if keyword not in dropped}


def _overlaid(base: Node, upper: Node) -> Node:
    """`base` with what `upper` says put over it, property by property."""
    whole = {**base, **upper}
    if "properties" in base and "properties" in upper:
        mine, theirs = base["properties"], upper["properties"]
        order = [*mine, *(key for key in theirs if key not in mine)]
        whole["properties"] = {key: _overlaid(mine.get(key, {}), theirs.get(key, {})) for key in order}
    return whole


def _with_description(node: Node, source: Node, definitions: Mapping[str, Node]) -> Node:
    text = _described(source, definitions)
    return {**node, "description": text} if text else node


def _described(node: Node, definitions: Mapping[str, Node]) -> str:
    own = node.get("description")
    if own is None and "$ref" in node:
        own = definitions[node["$ref"].removeprefix(_REF)].get("description")
    return " ".join(own.split()) if own else ""


def _ordered(node: Any, *, names: bool = False) -> Any:
    """The node with its keywords in one order everywhere; names of properties stay as they are."""
    if isinstance(node, list):
        return [_ordered(item) if isinstance(item, dict) else item for item in node]
    if names:
        return {key: _ordered(value) if isinstance(value, dict) else value for key, value in node.items()}
    rank = {keyword: place for place, keyword in enumerate(_ORDER)}
    # what is not listed stands between the text and the properties, in the order of the source
    middle = rank["allOf"] - 0.5
    done: Node = {}
    for keyword in sorted(node, key=lambda keyword: rank.get(keyword, middle)):
        value = node[keyword]
        if keyword in ("properties", "patternProperties", "$defs"):
            value = _ordered(value, names=True)
        elif keyword in ("items", "additionalProperties", "allOf", "anyOf", "oneOf") and not isinstance(
            value, bool
        ):
            value = _ordered(value)
        done[keyword] = value
    return done


def editor_form(
    whole: Node, gone: Mapping[str, Mapping[str, Any]] | None = None, words: Mapping[str, str] | None = None
) -> Node:
    """The schema as editors get it, its keywords in order, with what became of values and what words mean."""
    told = {path: removed.told(path, item) for path, item in (gone or {}).items()}
    ordered: Node = _ordered(for_editors(whole, lambda node: kind(node, whole["$defs"]), told, words or {}))
    return ordered


def shapes(whole: Node) -> Node:
    """The schema without its texts: what decides valid or invalid, a sixth of the size."""
    kept = {keyword: value for keyword, value in whole.items() if keyword not in _TEXTS}
    for keyword in ("properties", "patternProperties", "$defs"):
        if keyword in kept:
            kept[keyword] = {key: shapes(child) for key, child in kept[keyword].items()}
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(kept.get(keyword), dict):
            kept[keyword] = shapes(kept[keyword])
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in kept:
            kept[keyword] = [shapes(child) for child in kept[keyword]]
    return kept


def _shapes_file(whole: Node) -> str:
    kept = shapes(whole)
    if unread := fast.unread(kept):
        sys.exit(f"schema: chartgen/schema/fit.py has to learn {', '.join(sorted(unread))}")
    return json.dumps(kept, separators=(",", ":")) + "\n"


def leaves(whole: Node) -> Iterator[Leaf]:
    """Every value that has a default, in the order of the schema."""

    def walk(node: Node, path: tuple[str, ...]) -> Iterator[Leaf]:
        for key, child in node.get("properties", {}).items():
            here = (*path, key)
            if "default" in child:
                yield Leaf(here, child["default"], child)
            else:
                yield from walk(child, here)

    yield from walk(whole, ())


def defaults(whole: Node) -> Node:
    """The default of every value, nested; null where that is the default."""
    nested: Node = {}
    for leaf in leaves(whole):
        node = nested
        for key in leaf.path[:-1]:
            node = node.setdefault(key, {})
        node[leaf.path[-1]] = leaf.default
    return nested


def sections(whole: Node) -> Node:
    """The sections that there are, each with those in it: what holds values, and is none itself."""
    properties: Mapping[str, Node] = whole.get("properties", {})
    return {
        key: sections(child)
        for key, child in properties.items()
        # what may be null is a value of several parts, such as the resources of a container
        if child.get("type") == "object" and "default" not in child and any(leaves(child))
    }


def texts(whole: Node) -> dict[str, str]:
    """What each value holds that may be text in place of a map or list: `yaml` or `json`, by its dotted path.

    `[]` in a path stands for each item of a list.
    """
    return {
        path: node.get("x-holds", "yaml")
        for path, node in _whole_nodes(whole)
        if {"string"} < set(node.get("type", ())) & {"string", "object", "array"}
    }


def templated(whole: Node) -> list[str]:
    """The dotted paths of the values in whose text Helm expands templates."""
    return [path for path, node in _whole_nodes(whole) if node.get("x-templated")]


def _whole_nodes(whole: Node) -> Iterator[tuple[str, Node]]:
    """(dotted path, node with what it refers to) of each value and section outside of what Kubernetes defines."""
    definitions = whole["$defs"]

    def whole_node(node: Node) -> Node:
        for inner in (*node.get("allOf", ()), *([node] if "$ref" in node else [])):
            if "$ref" in inner:
                node = {**whole_node(definitions[inner["$ref"].removeprefix(_REF)]), **node}
        return node

    def walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
        node = whole_node(node)
        yield path, node
        if "x-holds" in node:
            return
        for key, child in node.get("properties", {}).items():
            yield from walk(child, f"{path}.{key}" if path else key)
        if isinstance(node.get("items"), dict):
            yield from walk(node["items"], f"{path}[]")

    for key, node in whole["properties"].items():
        yield from walk(node, key)


def values_file(whole: Node) -> str:
    """A values file with every default and, above each, what the value does."""
    lines = [
        "# Every value of Consul on Kubernetes with its default.",
        "# Keep only what you change: a value that is left out has the default written here.",
    ]

    def comment(text: str, indent: str) -> None:
        prefix = f"{indent}# "
        lines.extend(textwrap.wrap(text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix,
                                   break_long_words=False, break_on_hyphens=False))  # fmt: skip

    def walk(node: Node, depth: int) -> None:
        indent = "  " * depth
        for key, child in node["properties"].items():
            if "default" not in child and not any(leaves(child)):
                continue
            lines.append("")
            text = child.get("description", "")
            if child.get("x-templated"):
                text += f" {TEMPLATED}"
            comment(text, indent)
            if "default" in child:
                lines.extend(_entry(key, child["default"], indent))
            else:
                lines.append(f"{indent}{_scalar(key)}:")
                walk(child, depth + 1)

    walk(whole, 0)
    return "\n".join(lines) + "\n"


def _entry(key: str, value: Any, indent: str) -> list[str]:
    """The lines of one key: text of several lines as a block, all else on one line."""
    if isinstance(value, str) and "\n" in value.rstrip("\n") and value.endswith("\n"):
        block = (f"{indent}  {line}".rstrip() for line in value[:-1].split("\n"))
        return [f"{indent}{_scalar(key)}: |", *block]
    return [f"{indent}{_scalar(key)}: {_scalar(value)}"]


def _scalar(value: Any) -> str:
    """A value on one line as YAML 1.1 and 1.2 read alike."""
    if isinstance(value, str) and helm_scalar.is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def reference(whole: Node) -> str:
    """The reference of all values as Markdown, a table for each section."""
    definitions = whole["$defs"]
    lines = [
        "# Values",
        "",
        "<!-- made by `make generate` from schema/*.yaml: edit there -->",
        "",
        "Every value, what it may be, its default and what it does. `null` as a value removes a default.",
        "A map or list in the Kubernetes form may stand wherever text that holds YAML may.",
        "",
        *(f"- [`{key}`](#{key.lower()})" for key in whole["properties"]),
    ]

    def table(node: Node, path: str, level: int) -> None:
        plain, sections = _split(node)
        if plain:
            lines.extend(["", "| value | type | default | what it does |", "|---|---|---|---|"])
            lines.extend(_row(f"{path}.{key}", child, definitions) for key, child in plain)
        for key, child in sections:
            lines.extend(["", f"{'#' * min(level, 5)} {path}.{key}"])
            if child.get("description"):
                lines.extend(["", child["description"]])
            table(child, f"{path}.{key}", level + 1)

    for key, node in whole["properties"].items():
        lines.extend(["", f"## {key}", "", node.get("description", "")])
        table(node, key, 3)
    return "\n".join(lines) + "\n"


def _split(node: Node) -> tuple[list[tuple[str, Node]], list[tuple[str, Node]]]:
    """The plain values of a section, with those of small sections such as a secret's keys; and the rest."""
    plain: list[tuple[str, Node]] = []
    sections: list[tuple[str, Node]] = []
    for key, child in node.get("properties", {}).items():
        below = list(leaves(child))
        if "default" in child or not below:
            plain.append((key, child))
        elif len(below) <= 4 and all(len(leaf.path) <= 2 for leaf in below):
            plain.extend((".".join((key, *leaf.path)), leaf.node) for leaf in below)
        else:
            sections.append((key, child))
    return plain, sections


def _row(path: str, node: Node, definitions: Mapping[str, Node]) -> str:
    default = f"`{_shown(node['default'])}`" if "default" in node else ""
    text = [node.get("description", "")]
    if node.get("x-templated"):
        text.append(TEMPLATED)
    if node.get("deprecated"):
        text.append(f"**Deprecated:** {node.get('deprecationMessage', '')}".rstrip(": "))
    example = _example(node)
    if example:
        text.append(f"Example: `{example}`")
    cells = [f"`{path}`", kind(node, definitions), default, " ".join(text).replace("|", "\\|")]
    return "| " + " | ".join(cells) + " |"


def _example(node: Node) -> str:
    examples = node.get("examples", ())
    shown = json.dumps(examples[0], ensure_ascii=False) if examples else ""
    return shown if len(shown) <= 160 else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return (text if len(text) <= 60 else "(see schema/values.yaml)").replace("|", "\\|")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def outputs() -> dict[str, str]:
    """The text of each derived file, by its path below the root of the project."""
    read = sources(paths.SCHEMA)
    whole = schema(read)
    return {
        "schema/values.schema.json": _json(editor_form(whole, read["_removed"], read["_words"]["names"])),
        "schema/shapes.json": _shapes_file(whole),
        "schema/defaults.json": _json(defaults(whole)),
        "schema/sections.json": _json(sections(whole)),
        "schema/texts.json": _json(texts(whole)),
        "schema/templated.json": _json(templated(whole)),
        "schema/renamed_options.json": _json(agent_options.renamed(read["_agent"])),
        "schema/versions.json": _json(read["_versions"]),
        "schema/words.json": _json(read["_words"]),
        "schema/chartgen.schema.json": _json(build_file(read)),
        "schema/build_file.json": _shapes_file(build_file(read)),
        "schema/values.yaml": values_file(whole),
        "docs/values.md": reference(whole),
    }
