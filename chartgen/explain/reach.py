"""What reaches what: the documents that a value reaches, and the values that a document, or a field of one, came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chartgen import render, schema
from chartgen.chart import answers
from chartgen.diagnostics import Path, Rejected
from chartgen.late import LateBound
from chartgen.render import Rendered, document
from chartgen.render.document import Document
from chartgen.schema import snippets, suggest
from chartgen.settings import settings
from chartgen.values import tree

Identity = tuple[str, ...]


def reached(path: Path, effective: dict[str, Any], node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind/name, file) of each document that the value at `path`, or one below it, reaches with these values.

    `effective` are valid, `node` is the schema of the value. The release is called RELEASE. A document that another
    value would add is there too, as are those that it would take away.
    """
    late = LateBound()
    before = _documents(_rendered(effective, late))
    found = {
        key: document
        for key, document in before.items()
        if any(read[: len(path)] == path for read in document.reads)
    }
    for value in others(tree.at(effective, path), node):
        rendered = _rendered(tree.replaced(effective, path, value), late)
        if rendered is None:
            continue
        after = _documents(rendered)
        for key in before.keys() | after.keys():
            if key not in before or key not in after or before[key].data != after[key].data:
                found[key] = after.get(key) or before[key]
    rows = {
        (_named(document, late, effective), f"templates/{document.template}") for document in found.values()
    }
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _named(one: Document, late: LateBound, effective: Mapping[str, Any]) -> str:
    return f"{one.kind}/{document.resolved(one.name, late, answers.named(effective, 'RELEASE', 'NAMESPACE'))}"


def _rendered(effective: Mapping[str, Any], late: LateBound) -> Rendered | None:
    """What the values come to; None where they cannot be rendered."""
    view = schema.view(schema.complete(effective))
    try:
        return render.render(view, settings(view), late=late)
    except Rejected:
        return None


def _documents(rendered: Rendered | None) -> dict[Identity, Document]:
    return {document.identity: document for document in rendered.documents} if rendered is not None else {}


def others(value: Any, node: Mapping[str, Any]) -> Iterator[Any]:
    """A few values that the setting could have instead of this one; none for a section."""
    if "properties" in node and "default" not in node:
        return
    yield from [taken for taken in node.get("enum", ()) if taken != value and taken is not None][:3]
    yield from [taken for taken in node.get("examples", ()) if taken != value][:1]
    yield from snippets.values(node)[:1]
    kinds = node.get("type", ())
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1
    elif isinstance(value, str) and "enum" not in node:
        yield f"{value}x"
    elif isinstance(value, list) and value:
        yield []
    elif value is None:
        samples = {"string": "x", "integer": 1, "boolean": True, "object": {"x": "x"}, "array": ["x"]}
        yield from (sample for kind, sample in samples.items() if kind in kinds)


def node(path: Path) -> Mapping[str, Any]:
    """The schema of the value at a path, what it refers to folded in; {} where there is none."""
    whole: Mapping[str, Any] = schema.document()
    for key in path:
        whole = suggest.resolved(whole).get("properties", {}).get(key, {})
    return suggest.resolved(whole)
