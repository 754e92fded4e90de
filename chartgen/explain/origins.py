"""The way back: the values that an object of the chart, or a field of one, came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chartgen import compiler, render, schema, values
from chartgen.chart import answers
from chartgen.compiler import Checked
from chartgen.diagnostics import Diagnostic, Path, Rejected, any_error, dotted
from chartgen.explain import reach
from chartgen.late import Expression, LateBound
from chartgen.render import Rendered
from chartgen.render.document import Document, resolved
from chartgen.settings import settings
from chartgen.values import tree
from chartgen.values.reads import touches

# an object as kubectl has it: StatefulSet/consul-server
OBJECT = re.compile(r"([A-Za-z]+)/([a-zA-Z0-9.-]+)")
_RELEASE = "RELEASE"


@dataclass(frozen=True, slots=True)
class Origins:
    """The values that an object, or the field of it at a path, comes from: (path, value, what set it) of each.

    Of an object these are the values that its template has read and that are not the defaults, of which there are
    `defaults` more; of a field those that change it when they are others. `altered` is what was changed in it beyond what
    values say: (field, value, who asked for it).
    """

    name: str
    file: str
    field: str
    values: tuple[tuple[Path, Any, str], ...]
    defaults: int = 0
    altered: tuple[tuple[Path, Any, str], ...] = ()


def origins(what: str, field: str, checked: Checked) -> Origins:
    """The origins of an object such as `StatefulSet/consul-server`, or of its field at a path such as `spec.replicas`.

    Raises Rejected when the values have errors, or when there is no such object or field.
    """
    if any_error(checked.diagnostics):
        raise Rejected(checked.diagnostics)
    effective, late = checked.merged.effective, LateBound()
    rendered = _rendered(effective, late)
    documents = rendered.documents
    document = _named(what, documents, late, effective)
    last, marks = _altered(documents.index(document), rendered, checked)
    name, file = f"{document.kind}/{_name(document, late, effective)}", f"templates/{document.template}"
    if not field:
        rows = [_row(path, checked) for path in sorted(document.reads)]
        own = tuple(row for row in rows if row[2] != "default")
        return Origins(name, file, "", own, len(rows) - len(own), marks)
    path = _field(field)
    if _at(last.data, path) is None:
        raise Rejected([_no_field(field, last, path)])
    changing = (read for read in sorted(document.reads) if _changes(read, document, path, effective, late))
    altered = tuple(mark for mark in marks if touches(mark[0], path))
    return Origins(name, file, field, tuple(_row(read, checked) for read in changing), altered=altered)


def _altered(
    place: int, rendered: Rendered, checked: Checked
) -> tuple[Document, tuple[tuple[Path, Any, str], ...]]:
    """A document as it is in the chart, and what was changed in it beyond what values say."""
    after, done, _ = compiler.altered_documents(rendered, checked)
    gone = done.gone if done is not None else ()
    if (by := next((each.mark.by for each in gone if each.place == place), None)) is not None:
        return rendered.documents[place], (((), None, by),)
    last = after.documents[place - sum(1 for each in gone if each.place < place)]
    return last, tuple(
        (mark.path, resolved(_at(last.data, mark.path), rendered.late, _readable), mark.by)
        for mark in last.marks
    )


def _readable(expression: Expression) -> str:
    return "{{ " + expression.text + " }}"


def text(found: Origins) -> str:
    """The origins as lines for a terminal."""
    rows = [(dotted(path), _short(value), by) for path, value, by in (*found.values, *found.altered)]
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    lines = [f"{found.name}  {found.file}" + (f"  {found.field}" if found.field else ""), ""]
    lines += [f"  {path:<{first}}  {value:<{second}}  {by}" for path, value, by in rows]
    if found.field and not rows:
        lines.append("  no value changes it")
    elif not found.field:
        lines.append(f"  {'and ' if rows else ''}{found.defaults} values that are the defaults")
    return "\n".join(lines) + "\n"


def data(found: Origins) -> dict[str, Any]:
    """The origins as data (the shape of schema/answers/explain.schema.json)."""
    return {
        "kind": "object",
        "object": found.name,
        "file": found.file,
        "field": found.field,
        "values": [{"path": dotted(path), "value": value, "setBy": by} for path, value, by in found.values],
        "defaults": found.defaults,
        "altered": [{"path": dotted(path), "value": value, "by": by} for path, value, by in found.altered],
    }


def _rendered(effective: Mapping[str, Any], late: LateBound, only: str = "") -> Rendered:
    view = schema.view(schema.complete(effective))
    return render.render(view, settings(view), only, late=late)


def _name(document: Document, late: LateBound, effective: Mapping[str, Any]) -> str:
    return str(resolved(document.name, late, answers.named(effective, _RELEASE, "NAMESPACE")))


def _named(
    what: str, documents: Sequence[Document], late: LateBound, effective: Mapping[str, Any]
) -> Document:
    """The object of that kind and name; the name may lack what the release puts before it."""
    kind, _, name = what.partition("/")
    of_kind = {
        _name(document, late, effective): document
        for document in documents
        if document.kind.lower() == kind.lower()
    }
    for known, document in of_kind.items():
        if known == name:
            return document
    alike = [document for known, document in of_kind.items() if known.endswith(f"-{name}")]
    without = name.removeprefix("consul-")
    alike = alike or [document for known, document in of_kind.items() if known.endswith(f"-{without}")]
    if len(alike) == 1:
        return alike[0]
    listed = ", ".join(f"{document.kind}/{known}" for known, document in of_kind.items())
    kinds = ", ".join(sorted({document.kind for document in documents}))
    raise Rejected(
        [
            Diagnostic(
                "unknown-object",
                f"with these values the chart has no object {what}",
                found=what,
                hint=f"of this kind there are {listed}" if of_kind else f"kinds of its objects: {kinds}",
            )
        ]
    )


def _field(text: str) -> Path:
    """`spec.containers[0].image` as a path."""
    parts: list[str | int] = []
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", text):
        parts.append(int(number) if number else name)
    return tuple(parts)


def _at(node: Any, path: Path) -> Any:
    for key in path:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _no_field(field: str, document: Document, path: Path) -> Diagnostic:
    known: Path = ()
    for length in range(1, len(path)):
        if _at(document.data, path[:length]) is None:
            break
        known = path[:length]
    there = _at(document.data, known)
    keys = (
        ", ".join(there)
        if isinstance(there, dict)
        else f"{len(there)} items"
        if isinstance(there, list)
        else ""
    )
    return Diagnostic(
        "unknown-field",
        f"the {document.kind} has no field {field}",
        found=field,
        hint=f"{dotted(known) or 'it'} has {keys}" if keys else "",
    )


def _changes(
    read: Path, document: Document, path: Path, effective: Mapping[str, Any], late: LateBound
) -> bool:
    """True if another value at the path `read` makes the field another, or takes it away."""
    before = _at(document.data, path)
    for other in reach.others(tree.at(effective, read), reach.node(read)):
        try:
            changed = _rendered(tree.replaced(effective, read, other), late, document.template).documents
        except Rejected:
            continue
        same = next(
            (change for change in changed if change.kind == document.kind and change.name == document.name),
            None,
        )
        renamed = same is None and len(changed) > 0
        if not renamed and (same is None or _at(same.data, path) != before):
            return True
    return False


def _row(path: Path, checked: Checked) -> tuple[Path, Any, str]:
    value = tree.at(checked.merged.effective, path)
    return path, value, _set_by(path, value, checked)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _set_by(path: Path, value: Any, checked: Checked) -> str:
    """What set the value, or the first thing in it that is not the default."""
    by = values.set_by(path, checked.merged.sources)
    if by == "default" and value != tree.at(schema.defaults(), path):
        spans = values.spans_of(path, checked.merged.sources, exact=True)
        return f"{spans[0].source}:{spans[0].line}" if spans else by
    return by
