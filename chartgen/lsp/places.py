"""Where things are: anchors and their aliases, the other place of a finding, what sets a value below, the outline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp

from chartgen import values
from chartgen.diagnostics import Rejected
from chartgen.edit import fix
from chartgen.lsp import analysis, hover, reading
from chartgen.lsp.analysis import Analysis

# what libyaml takes for an anchor's name
_NAME = re.compile(r"[0-9A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Named:
    """An anchor or alias: its name, and where that stands without its sign. What is of one `group` is one thing."""

    name: str
    is_anchor: bool
    start: int
    stop: int
    group: int


def anchors(known: Analysis) -> list[Named]:
    """The anchors and aliases of a document in their order; an alias is of the last anchor of its name before it."""
    found: list[Named] = []
    groups: dict[str, int] = {}
    text = known.reading.text
    mark = len(text) - len(text.removeprefix("\ufeff"))
    for token in reading.tokens(text[mark:]):
        kind = type(token).__name__
        if kind not in ("AnchorToken", "AliasToken"):
            continue
        if kind == "AnchorToken":
            groups[token.value] = len(found)
        line, column = token.start_mark.line + 1, token.start_mark.column + 1
        start = known.text.index(line, column) + 1
        group = groups.get(token.value, -1)
        found.append(Named(token.value, kind == "AnchorToken", start, start + len(token.value), group))
    return found


def _named_at(known: Analysis, offset: int) -> Named | None:
    return next((named for named in anchors(known) if named.start - 1 <= offset <= named.stop), None)


def definition(known: Analysis, uri: str, offset: int) -> list[lsp.Location]:
    """Where what stands at a place comes from: an alias's anchor, a finding's other places, who sets the value below."""
    here = _named_at(known, offset)
    if here is not None and not here.is_anchor:
        return [
            _location(known, uri, named)
            for named in anchors(known)
            if named.is_anchor and named.group == here.group
        ]
    line, column = known.text.place(offset)
    found = []
    for finding in known.findings:
        places = [*finding.spans, *(span for part in finding.parts for span in part.spans)]
        if any(
            span.source == known.name and span.line == line and span.column <= column <= span.end_column
            for span in places
        ):
            others = [span for span in places if (span.source, span.line) != (known.name, line)]
            found += [
                place for span in others if (place := analysis.location_of(known, uri, span)) is not None
            ]
    return found or [*_below(known, uri, line, column)]


def _below(known: Analysis, uri: str, line: int, column: int) -> Iterator[lsp.Location]:
    """Where a file below sets the value whose key stands at a place."""
    if known.source is None or (met := hover.path_at(known.source, line, column)) is None:
        return
    origin = values.origin(met[0], known.below)
    if origin is not None and origin.span is not None:
        place = analysis.location_of(known, uri, origin.span)
        if place is not None:
            yield place


def references(known: Analysis, uri: str, offset: int, *, declared: bool = True) -> list[lsp.Location]:
    """Every place of an anchor and its aliases, with the anchor where it is `declared`; of a value, who sets it below."""
    here = _named_at(known, offset)
    if here is not None:
        return [
            _location(known, uri, named)
            for named in anchors(known)
            if named.group == here.group and (declared or not named.is_anchor)
        ]
    return [*_below(known, uri, *known.text.place(offset))]


def _location(known: Analysis, uri: str, named: Named) -> lsp.Location:
    return lsp.Location(uri, known.text.range(named.start, named.stop))


def renamed_at(known: Analysis, offset: int) -> tuple[lsp.Range, str] | None:
    """The name that can be changed at a place, and where it stands; None where there is none."""
    here = _named_at(known, offset)
    if here is None or here.group < 0:
        return None
    return known.text.range(here.start, here.stop), here.name


def rename(known: Analysis, uri: str, offset: int, new: str) -> lsp.WorkspaceEdit | str | None:
    """The edit that gives an anchor and its aliases a new name, or why that cannot be; None where there is no anchor."""
    here = _named_at(known, offset)
    if here is None or here.group < 0:
        return None
    if not _NAME.fullmatch(new):
        return "the name of an anchor has letters, digits, hyphens and underscores"
    every = anchors(known)
    if any(named.name == new and named.group != here.group for named in every):
        return f"there is an anchor {new} already"
    return lsp.WorkspaceEdit(
        changes={
            uri: [
                lsp.TextEdit(known.text.range(named.start, named.stop), new)
                for named in every
                if named.group == here.group
            ]
        }
    )


# The outline ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A key or item, where it begins and ends and its key ends, and what it holds; `kind` is of the value."""

    name: str
    detail: str
    kind: str
    start: int
    key_stop: int
    stop: int
    entries: tuple[Entry, ...]


def outline(known: Analysis) -> tuple[Entry, ...]:
    """The keys and items of a document, each with those in it; what an alias brings stands at its anchor only."""
    import yaml

    text = known.reading.text
    mark = len(text) - len(text.removeprefix("\ufeff"))
    try:
        root = fix.composed(text[mark:])
    except (yaml.YAMLError, ValueError, Rejected):
        return ()
    return tuple(_entries(known, text[mark:], root)) if root is not None else ()


def _entries(known: Analysis, text: str, node: Any) -> Iterator[Entry]:
    pairs: list[tuple[Any, Any]] = []
    if node.id == "mapping":
        pairs = [(key, value) for key, value in node.value if key.id == "scalar"]
    elif node.id == "sequence":
        pairs = [(item, item) for item in node.value]
    for number, (key, value) in enumerate(pairs):
        is_alias = value is not key and value.start_mark.index < key.end_mark.index
        if key.start_mark.index < node.start_mark.index:
            continue  # an item that is an alias, or a key that a merge brought
        first, last = key.start_mark, key.end_mark if is_alias else None
        end = last.index if last is not None else _stop(text, key, value)
        stop = _end(known, text, end)
        inner = () if is_alias or value.id == "scalar" else tuple(_entries(known, text, value))
        name = str(key.value) if node.id == "mapping" else _item_name(value, number)
        key_stop = known.text.index(key.end_mark.line + 1, key.end_mark.column + 1)
        start = known.text.index(first.line + 1, first.column + 1)
        detail = str(value.value)[:60].split("\n")[0] if value.id == "scalar" and node.id == "mapping" else ""
        yield Entry(
            name or "…",
            detail,
            "alias" if is_alias else value.id,
            start,
            min(key_stop, stop) if node.id == "mapping" else start,
            max(stop, start),
            inner,
        )


def _stop(text: str, key: Any, value: Any) -> int:
    """Where a value ends in the text that was composed, without the comments and blank lines that follow it."""
    try:
        return fix.end_of(text, key, value)
    except fix.NotEditable:
        # the last of it is an alias, and the node of that is the anchor's: what holds it ends where the next thing begins
        lines = text[: value.end_mark.index].split("\n")
        while len(lines) > 1 and lines[-1].lstrip()[:1] in ("", "#"):
            lines.pop()
        return len("\n".join(lines).rstrip())


def _end(known: Analysis, text: str, index: int) -> int:
    """The character of the document that `index` is of the text that was composed."""
    line = text.count("\n", 0, index)
    return known.text.index(line + 1, index - (text.rfind("\n", 0, index) + 1) + 1)


def _item_name(value: Any, number: int) -> str:
    if value.id == "scalar":
        return str(value.value)[:60].split("\n")[0]
    if value.id == "mapping":
        for key, item in value.value:
            if key.id == item.id == "scalar" and key.value in ("name", "key", "host"):
                return f"{key.value}: {item.value}"[:60]
    return f"[{number}]"


_KINDS = {
    "mapping": lsp.SymbolKind.Object,
    "sequence": lsp.SymbolKind.Array,
    "scalar": lsp.SymbolKind.Property,
    "alias": lsp.SymbolKind.Variable,
}


def symbols(known: Analysis) -> list[lsp.DocumentSymbol]:
    """The outline as a client shows it."""

    def made(entry: Entry) -> lsp.DocumentSymbol:
        return lsp.DocumentSymbol(
            name=entry.name,
            detail=entry.detail or None,
            kind=_KINDS[entry.kind],
            range=known.text.range(entry.start, entry.stop),
            selection_range=known.text.range(entry.start, entry.key_stop),
            children=[made(inner) for inner in entry.entries] or None,
        )

    return [made(entry) for entry in outline(known)]


def folds(known: Analysis) -> list[lsp.FoldingRange]:
    """What can be folded away: whatever has more than one line."""
    found: list[lsp.FoldingRange] = []

    def walk(entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            first, last = known.text.position(entry.start).line, known.text.position(entry.stop).line
            if last > first:
                found.append(lsp.FoldingRange(start_line=first, end_line=last))
            walk(entry.entries)

    walk(outline(known))
    return found
