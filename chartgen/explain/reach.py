"""Which documents of a chart a value reaches: those whose templates read it, and those that change with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chartgen import render
from chartgen.chart import answers_for
from chartgen.diagnostics import Path, Rejected
from chartgen.late import LateBound
from chartgen.render import components, document, environment
from chartgen.render.context import Context
from chartgen.render.document import Document
from chartgen.schema import snippets
from chartgen.settings import settings


class Recorder(dict[str, Any]):
    """A map of values that notes which paths are read."""

    def __init__(self, data: Mapping[str, Any], path: Path, log: set[Path]) -> None:
        super().__init__({key: _recorded(value, (*path, key), log) for key, value in data.items()})
        self.path, self.log = path, log

    def __getitem__(self, key: str) -> Any:
        self.log.add((*self.path, key))
        return super().__getitem__(key)


def _recorded(value: Any, path: Path, log: set[Path]) -> Any:
    return Recorder(value, path, log) if isinstance(value, Mapping) else value


def reached(path: Path, complete: dict[str, Any], node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind/name, file) of each document that the value at `path`, or one below it, reaches with these values.

    `complete` are valid effective values, `node` the schema of the value. The release is called RELEASE. A document
    that another value would add is there too, as are those that it would take away.
    """
    late = LateBound()
    before = _rendered(complete, late) or {}
    files = set(_readers(path, complete))
    found = {key: one for key, one in before.items() if one.template in files}
    for value in _others(_at(complete, path), node):
        after = _rendered(_with(complete, path, value), late)
        if after is None:
            continue
        for key in before.keys() | after.keys():
            if key not in before or key not in after or before[key].data != after[key].data:
                found[key] = after.get(key) or before[key]
    answers = answers_for(complete, "RELEASE", "NAMESPACE")
    rows = {
        (f"{one.kind}/{document.resolved(one.name, late, answers)}", f"templates/{one.template}")
        for one in found.values()
    }
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _rendered(values: dict[str, Any], late: LateBound) -> dict[tuple[str, ...], Document] | None:
    """Every document by its identity; None where the values cannot be rendered."""
    try:
        return {one.identity: one for one in render.render(values, settings(values), late)}
    except Rejected:
        return None


def _readers(path: Path, complete: dict[str, Any]) -> Iterator[str]:
    """The files of the templates that read the value, or one below it."""
    log: set[Path] = set()
    recorder = Recorder(complete, (), log)
    variables = Context(recorder, settings(complete), LateBound()).variables()
    on, _, _ = render.decided(variables)
    for component in components.shipped():
        if not on[component.name]:
            continue
        for template in component.templates:
            log.clear()
            environment.shared().get_template(template.source).render(variables)
            if any(one[: len(path)] == path for one in log):
                yield template.output


def _at(values: Any, path: Path) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _with(values: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    key, *rest = path
    below = values.get(str(key))
    inner = _with(below if isinstance(below, Mapping) else {}, tuple(rest), value) if rest else value
    return {**values, str(key): inner}


def _others(value: Any, node: Mapping[str, Any]) -> Iterator[Any]:
    """A few values that the setting could have instead of this one; none for a section."""
    if "properties" in node and "default" not in node:
        return
    yield from [one for one in node.get("enum", ()) if one != value and one is not None][:3]
    yield from [one for one in node.get("examples", ()) if one != value][:1]
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
