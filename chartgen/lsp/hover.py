"""What is shown over a key or a value: what it is, what it comes to and who set it, what it reaches."""

from __future__ import annotations

import textwrap

from chartgen import explain
from chartgen.diagnostics import Path, Span
from chartgen.explain import Setting
from chartgen.lsp.analysis import Analysis
from chartgen.values.source import Source

# how many objects are named
_OBJECTS = 12
# … and charts
_CHARTS = 6


def path_at(source: Source, line: int, column: int) -> tuple[Path, Span] | None:
    """The value whose key stands at a place, else the one that stands there itself, and its span."""
    found: tuple[Path, Span] | None = None
    for places in (source.spans, source.value_spans):
        for path, span in places.items():
            if span.line != line or not span.column <= column <= span.end_column or not path:
                continue
            # of an alias, what it brings has the places of the anchor's: that came first
            if found is None or span.end_column - span.column < found[1].end_column - found[1].column:
                found = (path, span)
        if found is not None:
            return found
    return None


def shown(analysis: Analysis, line: int, column: int) -> tuple[str, Span] | None:
    """The Markdown about what stands at a place, and the span that it is about; None where nothing is known."""
    if analysis.source is None or (met := path_at(analysis.source, line, column)) is None:
        return None
    path, span = met
    found = analysis.setting(path)
    if found is None:
        return None
    return _markdown(found, path, analysis), span


def _markdown(found: Setting, path: Path, analysis: Analysis) -> str:
    described = str(found.schema.get("markdownDescription") or found.schema.get("description", ""))
    paragraphs = [f"**{found.name}**", described]
    checked = analysis.checked
    if checked is not None and analysis.ours:
        for label, told in explain.current(found, checked):
            paragraphs.append(_row(label, told))
        paragraphs.append(_charts(analysis))
        if "properties" not in found.schema or "default" in found.schema:
            paragraphs.append(_objects(found, analysis))
    if analysis.is_build_file:
        paragraphs += [_row(label, told) for label, told in explain.facts(found) if label == "default"]
        return "\n\n".join(part for part in paragraphs if part)
    if about := [f"`{slug}`" for slug, _ in explain.rules_about(found.name)]:
        paragraphs.append(f"Rules about it: {', '.join(about)}")
    return "\n\n".join(part for part in paragraphs if part)


def _charts(analysis: Analysis) -> str:
    """The charts of the build file that the document is a layer of: only of one is said what the layers above set."""
    names = analysis.charts
    if len(names) < 2:
        return f"In the chart `{names[0]}`" if names else ""
    shown = ", ".join(f"`{name}`" for name in names[:_CHARTS]) + (", …" if len(names) > _CHARTS else "")
    return f"In {len(names)} charts, before what lies above this file: {shown}"


def _objects(found: Setting, analysis: Analysis) -> str:
    """The objects that a setting reaches, a line each."""
    if analysis.checked is None or analysis.reading.findings:
        return ""
    rows = [told for _, told in explain.reaches(found, analysis.checked)]
    lines = [f"- {'`' + row.replace('  ', '` ', 1) if '  ' in row else row}" for row in rows[:_OBJECTS]]
    more = len(rows) - _OBJECTS
    return "\n".join(["Reaches:", *lines, *([f"- and {more} more"] if more > 0 else [])])


def _row(label: str, told: str) -> str:
    head = f"{label[:1].upper()}{label[1:]}: " if label else ""
    value, line, origin = told.partition("\nset by: ")
    if not line:
        return f"{head}`{value}`" if "\n" not in value and value != "the default" else f"{head}{value}"
    if "\n" in value:
        return f"{head}set by {origin}\n```yaml\n{textwrap.dedent(value)}\n```"
    return f"{head}`{value}`, set by {origin}"
