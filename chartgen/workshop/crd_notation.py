"""The notation of `templates/crds/*.yaml`: field lists in, CustomResourceDefinitions out (`docs/crds.md`)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen.render.document import manifest_text

Schema = dict[str, Any]


class NotationError(ValueError):
    """A compact file that cannot be read; the message names file, line and what is wrong there."""


_SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "number": {"type": "number"},
    "date-time": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "format": "duration"},
    "byte": {"type": "string", "format": "byte"},
    "object": {"type": "object"},
    "any": {"x-kubernetes-preserve-unknown-fields": True},
    "int-or-string": {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
}
_LIMITS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}
_NAME = re.compile(r"(\$?[A-Za-z_][\w.$/-]*)(!?)(?=\s|$)")
_WORD = re.compile(r'(?:"[^"]*"|[^\s\[\]{}|"#]+)(?:\|(?:"[^"]*"|[^\s\[\]{}|"#]+))*')
_RANGE = re.compile(r"(-?\d+)?\.\.(-?\d+)?(?=[\s\]}]|$)")
_PATTERN = re.compile(r"/(.*?)/(?=[\s\]}]|$)")
_FLAGS = re.compile(r"(atomic|set|keyed:[\w,]+|format:[\w-]+|open|nullable)(?=[\s\]}]|$)")
_BARE = re.compile(r"[^\s\]}]+")
_COLUMN = re.compile(r"(.+?) (string|integer|number|boolean|date) (\.\S.*?)(?: priority (\d+))?")
_KEYS = """
    description type format nullable enum default pattern minimum maximum minLength maxLength minItems
    maxItems minProperties maxProperties anyOf x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields
    x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations required
    properties additionalProperties items
"""
_ORDER = {key: place for place, key in enumerate(_KEYS.split())}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a field list with the lines that are indented below it."""

    where: str
    text: str
    children: tuple[_Line, ...]


class _Scope:
    """What a line may refer to: defaults and types; types are expanded where they are used."""

    def __init__(self, types: tuple[_Line, ...], defaults: Mapping[str, Any]) -> None:
        self.lines = {line.text.split()[0]: line for line in types}
        if len(self.lines) < len(types):
            names = [line.text.split()[0] for line in types]
            raise NotationError(f"there twice: type {max(names, key=names.count)}")
        self.defaults = defaults
        self.open: list[str] = []

    def schema(self, name: str, where: str) -> Schema:
        if name in self.open:
            raise NotationError(f"{where}: type {name} contains itself")
        if name not in self.lines:
            raise NotationError(f"{where}: there is no type {name}")
        self.open.append(name)
        _, _, schema = _field(self.lines[name], self)
        self.open.pop()
        return schema


class _Reader:
    """Reads the part of a line behind the field's name, from left to right."""

    def __init__(self, text: str, where: str, scope: _Scope) -> None:
        self.text, self.where, self.scope = text, where, scope
        self.place = 0

    def fail(self, wrong: str) -> NotationError:
        return NotationError(f"{self.where}: {wrong} in “{self.text.strip()}”")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.place)
        if found:
            self.place = found.end()
        return found

    def blank(self) -> None:
        while self.text[self.place : self.place + 1] == " ":
            self.place += 1

    def ends(self, closing: str) -> bool:
        self.blank()
        if self.place >= len(self.text) and not closing:
            return True
        if closing and self.text.startswith(closing, self.place):
            self.place += len(closing)
            return True
        return self.text.startswith("# ", self.place) and not closing

    def schema(self, closing: str = "") -> Schema:
        """A type and what narrows it, up to `closing` (or the description, or the end)."""
        self.blank()
        opening = self.text[self.place : self.place + 1]
        if opening == "[":
            self.place += 1
            schema: Schema = {"type": "array", "items": self.schema("]")}
        elif opening == "{":
            self.place += 1
            schema = {"type": "object", "additionalProperties": self.schema("}")}
        elif word := self.take(_WORD):
            schema = self.named(word[0])
        else:
            raise self.fail("no type")
        while not self.ends(closing):
            if self.place >= len(self.text):
                raise self.fail(f"no closing {closing}")
            self.narrow(schema)
        return schema

    def named(self, word: str) -> Schema:
        if "|" in word or word.startswith('"'):
            choices = [_bare(choice) for choice in re.findall(r'"[^"]*"|[^|"]+', word)]
            numeric = all(type(choice) is int for choice in choices)
            return {"type": "integer" if numeric else "string", "enum": choices}
        if word in _SCALARS:
            return copy.deepcopy(_SCALARS[word])
        return self.scope.schema(word, self.where)

    def narrow(self, schema: Schema) -> None:
        """One limit, pattern, default or flag."""
        kind = schema.get("type", "")
        if self.text.startswith("= ", self.place):
            self.place += 2
            schema["default"] = self.value()
        elif limits := self.take(_RANGE):
            if kind not in _LIMITS:
                raise self.fail(f"{limits[0]} limits nothing that has no type")
            for key, bound in zip(_LIMITS[kind], limits.groups(), strict=True):
                if bound is not None:
                    schema[key] = int(bound)
        elif pattern := self.take(_PATTERN):
            schema["pattern"] = pattern[1]
        elif flag := self.take(_FLAGS):
            schema |= _flag(flag[0], kind)
        else:
            raise self.fail(f"“{self.text[self.place :].split()[0]}” is not understood")

    def value(self) -> Any:
        """A default: JSON, a bare word, or `$name`: `$group` is the API group, others are in the file."""
        rest = self.text[self.place :]
        if rest[:1] in '{["':
            value, length = json.JSONDecoder().raw_decode(rest)
            self.place += length
            return value
        word = self.take(_BARE)
        if not word:
            raise self.fail("no default behind =")
        if not word[0].startswith("$"):
            return _bare(word[0])
        if word[0][1:] not in self.scope.defaults:
            raise self.fail(f"there is no default {word[0]}")
        return copy.deepcopy(self.scope.defaults[word[0][1:]])


def _bare(word: str) -> Any:
    """`true`, `12`, `"a b"` as JSON has them; any other word is a string."""
    return json.loads(word) if re.fullmatch(r'true|false|-?\d+(\.\d+)?|".*"', word) else word


def _flag(flag: str, kind: str) -> Schema:
    if flag == "open":
        return {"x-kubernetes-preserve-unknown-fields": True}
    if flag == "nullable":
        return {"nullable": True}
    if flag.startswith("format:"):
        return {"format": flag[7:]}
    if flag.startswith("keyed:"):
        return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": flag[6:].split(",")}
    return {"x-kubernetes-list-type" if kind == "array" else "x-kubernetes-map-type": flag}


def _lines(block: str, name: str, first: int = 1) -> tuple[_Line, ...]:
    """An indented block, whose first line is line `first` of the file, as a tree; two spaces a level."""
    rows = [
        (len(row) - len(row.lstrip(" ")), row.strip(), f"{name}:{number}")
        for number, row in enumerate(block.splitlines(), first)
        if row.strip() and not row.lstrip().startswith("# ")
    ]

    def level(start: int, end: int, indent: int) -> Iterator[_Line]:
        heads = [place for place in range(start, end) if rows[place][0] == indent]
        if start == end:
            return
        if not heads or heads[0] != start:
            raise NotationError(f"{rows[start][2]}: indented by {rows[start][0]} instead of {indent}")
        for place, after in zip(heads, [*heads[1:], end], strict=True):
            yield _Line(rows[place][2], rows[place][1], tuple(level(place + 1, after, indent + 2)))

    return tuple(level(0, len(rows), 0))


def _field(line: _Line, scope: _Scope) -> tuple[str, bool, Schema]:
    """(name, required, schema) of a line and what is below it."""
    head = _NAME.match(line.text)
    if not head:
        raise NotationError(f"{line.where}: no field name in “{line.text}”")
    reader = _Reader(line.text, line.where, scope)
    reader.place = head.end()
    schema = reader.schema()
    if reader.text.startswith("# ", reader.place):
        schema["description"] = reader.text[reader.place + 2 :].strip()
    fields = [child for child in line.children if not child.text.startswith("rule: ")]
    rules = [_rule(child) for child in line.children if child.text.startswith("rule: ")]
    if rules:
        schema["x-kubernetes-validations"] = rules
    if fields:
        inner = _innermost(schema)
        if inner.get("type") != "object":
            raise NotationError(f"{line.where}: {head[1]} is no object and has fields below it")
        added = _properties(fields, scope)
        inner["properties"] = inner.get("properties", {}) | added["properties"]
        if required := [*inner.get("required", []), *added.get("required", [])]:
            inner["required"] = list(dict.fromkeys(required))
    return head[1], bool(head[2]), schema


def _innermost(schema: Schema) -> Schema:
    """What the fields below `[object]` or `{object}` belong to: the object inside."""
    while inner := schema.get("items") or schema.get("additionalProperties"):
        schema = inner
    return schema


def _properties(lines: Sequence[_Line], scope: _Scope) -> Schema:
    properties: Schema = {}
    required = []
    for line in lines:
        name, needed, schema = _field(line, scope)
        if name in properties:
            raise NotationError(f"{line.where}: {name} is there twice")
        properties[name] = schema
        if needed:
            required.append(name)
    return {"properties": properties} | ({"required": required} if required else {})


def _rule(line: _Line) -> dict[str, str]:
    rule, _, message = line.text.removeprefix("rule: ").partition("  # ")
    return {"rule": rule.strip()} | ({"message": message.strip()} if message else {})


def _ordered(schema: Schema) -> Schema:
    """The schema with its keywords in the order of the notation, whatever way it was put together."""
    ordered = {key: schema[key] for key in sorted(schema, key=_ORDER.__getitem__)}
    for key in ("items", "additionalProperties"):
        if key in ordered:
            ordered[key] = _ordered(ordered[key])
    if "properties" in ordered:
        ordered["properties"] = {name: _ordered(entry) for name, entry in ordered["properties"].items()}
    return ordered


# ---------------------------------------------------------------- the definitions of a file

_FILE = {"kind", "about", "scope", "columns", "subresources", "crds", "defaults", "types", "fields"}
_ENTRY = {"file", "when", "name", "kind", "singular", "short", "categories", "versions", "annotations"}
_ENTRY |= {"labels", "chart-labels"}
# metadata is Kubernetes' own: an API server refuses a schema that says anything about it but its type
_FRAME = """\
apiVersion string  # Version of the API that this object is written in, as group/version.
kind string        # Name of the resource type; it cannot change.
metadata object"""


@dataclass(frozen=True, slots=True)
class Definition:
    """A CustomResourceDefinition as data, with what decides whether and how it is installed."""

    file: str
    when: str
    labels: Mapping[str, str]
    chart_labels: bool
    body: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def kind(self) -> str:
        return str(self.body["spec"]["names"]["kind"])

    def text(self, labels_line: str) -> str:
        """The document; `labels_line` stands for its labels, unless `labels` are all that it has."""
        body = self.body
        if not self.chart_labels:
            metadata = {"name": self.name, "labels": dict(self.labels)} | body["metadata"]
            return manifest_text(body | {"metadata": metadata})
        head, name, tail = manifest_text(body).partition(f"\n  name: {self.name}\n")
        return f"{head}{name}{labels_line}\n{tail}"


def load(source: Path) -> list[Definition]:
    """The definitions of one compact file; raises NotationError naming the place that cannot be read."""
    common = _compact(source.with_name("_shared.yaml"))
    given = _compact(source)
    types = common["types"] + given["types"]
    fields = _lines(_FRAME, "frame") + given["fields"]
    return [_definition(given, entry, fields, types, common) for entry in given["crds"]]


def _definition(
    file: Mapping[str, Any],
    entry: Mapping[str, Any],
    fields: tuple[_Line, ...],
    types: tuple[_Line, ...],
    common: Mapping[str, Any],
) -> Definition:
    """One entry of `crds`; what the file says above counts unless the entry says otherwise."""
    if unknown := (file.keys() - _FILE) | (entry.keys() - _ENTRY):
        raise NotationError(f"{entry.get('file')}: unknown key {min(unknown)}")
    given = {**file, **entry}
    plural, _, group = given["name"].partition(".")
    kind = given["kind"]
    scope = _Scope(types, given.get("defaults", {}) | {"group": group})
    schema = _ordered({"description": given["about"], "type": "object"} | _properties(fields, scope))
    columns = [_column(common["columns"].get(entry, entry)) for entry in given.get("columns", [])]
    subresources = given.get("subresources", {"status": {}} if "status" in schema["properties"] else None)
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": given.get("singular", kind.lower()),
        "shortNames": given.get("short"),
        "categories": given.get("categories"),
    }
    (stored,) = (version for version, state in given["versions"].items() if "stored" in state.split())
    every = (
        ({"additionalPrinterColumns": columns} if columns else {})
        | ({"subresources": subresources} if subresources is not None else {})
        | {"schema": {"openAPIV3Schema": schema}}
    )
    versions = []
    for version, state in given["versions"].items():
        served_version = {"name": version, "served": "unserved" not in state, "storage": version == stored}
        if "deprecated" in state:
            warning = common["deprecation"].format(version=version, kind=file["kind"], stored=stored)
            served_version |= {"deprecated": True, "deprecationWarning": warning}
        versions.append(served_version | every)
    spec = {
        "group": group,
        "names": {key: value for key, value in names.items() if value},
        "scope": given.get("scope", "Namespaced"),
        "versions": versions,
    }
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": given["name"], "annotations": common["annotations"][given["annotations"]]},
        "spec": spec,
    }
    labels = {"component": "crd"} | given.get("labels", {})
    return Definition(given["file"], given["when"], labels, given.get("chart-labels", True), body)


def _column(text: str) -> dict[str, Any]:
    found = _COLUMN.fullmatch(text)
    if not found:
        raise NotationError(f"a printer column is “Heading type .json.path [priority N]”, not “{text}”")
    column: dict[str, Any] = {"name": found[1], "type": found[2], "jsonPath": found[3]}
    return column | ({"priority": int(found[4])} if found[4] else {})


def _compact(path: Path) -> dict[str, Any]:
    """A compact file, its blocks as lines; its YAML reader is loaded here because a build never needs it."""
    import yaml12

    text = path.read_text("utf-8")
    try:
        loaded: Any = yaml12.parse_yaml(text)
    except ValueError as error:
        raise NotationError(f"{path.name}: {error}") from error
    if not isinstance(loaded, dict):
        raise NotationError(f"{path.name} is no map")
    rows = text.splitlines()
    blocks = {
        key: _lines(loaded[key], path.name, rows.index(f"{key}: |") + 2) if key in loaded else ()
        for key in ("types", "fields")
    }
    return loaded | blocks
