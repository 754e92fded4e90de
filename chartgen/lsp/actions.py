"""What can be done about a finding: its certain mends, and a comment that passes it over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from lsprotocol import types as lsp

from chartgen.diagnostics import Diagnostic, Mend, Span, dotted, shortened, single
from chartgen.edit import fix
from chartgen.lsp import analysis, edits, reading
from chartgen.lsp.analysis import Analysis

FIX_ALL = "source.fixAll.chartgen"
# a mend may bring to light what the next one is about
_PASSES = 5
_MARK = re.compile(r"(#\s*chartgen:\s*ignore\[)([^\]]*)\]")
# findings about comments to chartgen themselves
_OF_COMMENTS = frozenset(("ignore-unused", "bad-ignore"))

Again = Callable[[str], Analysis]


def offered(
    known: Analysis, uri: str, where: lsp.Range, only: Sequence[str], again: Again
) -> list[lsp.CodeAction]:
    """What can be done about the findings in a range, and about all; `again` looks at the document with another text."""
    actions: list[lsp.CodeAction] = []
    if _is_asked(lsp.CodeActionKind.QuickFix, only):
        for finding in known.findings:
            spans = [
                span
                for part in (finding, *finding.parts)
                for span in part.spans
                if _meets(known, span, where)
            ]
            if spans:
                actions += _mends(known, uri, finding)
                actions += _ignoring(known, uri, finding, again)
    if _is_asked(FIX_ALL, only) and (change := fixed_all(known, uri, again)) is not None:
        actions.append(lsp.CodeAction("Fix all that is certain", kind=FIX_ALL, edit=change))
    return actions


def _is_asked(kind: str, only: Sequence[str]) -> bool:
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in map(_value, only))


def _value(kind: object) -> str:
    return str(getattr(kind, "value", kind))


def _meets(known: Analysis, span: Span, where: lsp.Range) -> bool:
    if span.source != known.name or not span.line:
        return False
    # whoever has the cursor in a line means what is wrong with it
    line = known.text.of_span(span).start.line
    return where.start.line <= line <= where.end.line


def _mends(known: Analysis, uri: str, finding: Diagnostic) -> Iterator[lsp.CodeAction]:
    """The certain mends of a finding, each by itself."""
    certain = [part for part in single([finding]) if part.mend is not None]
    told = [lsp_one for lsp_one in analysis.shown(known, uri) if lsp_one.code == finding.code]
    for part in certain:
        assert part.mend is not None
        change = _change(known, uri, fix.apply(known.reading.text, [part.mend]))
        if change is not None:
            yield lsp.CodeAction(
                title(part.mend),
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=told or None,
                is_preferred=len(certain) == 1,
                edit=change,
            )


def title(mend: Mend) -> str:
    """What a mend does, as people choose it."""
    match mend.action:
        case "rename":
            return f"Rename {mend.path[-1]} to {mend.to}"
        case "move":
            return f"Move {dotted(mend.path)} to {dotted(mend.to)}"
        case "replace":
            return f"Write {shortened(fix.inline(mend.to), 60)}"
        case "remove":
            return f"Remove {dotted(mend.path)}"
        case "become":
            news = ", ".join(f"{dotted(path)}: {fix.inline(value)}" for path, value in mend.to)
            return f"Write {shortened(news, 80)} instead"


def _change(known: Analysis, uri: str, after: str) -> lsp.WorkspaceEdit | None:
    """The edit that makes `after` of what can be read of a document; None where nothing changes, or where lines that
    cannot be read are in the way."""
    before = known.reading.text
    pieces = [*edits.differences(before, after)]
    if not pieces:
        return None
    offset = 0
    if before != known.text.text:
        # the two differ where lines are blank that cannot be read
        moved = _moved(known, pieces)
        if moved is None:
            return None
        pieces = moved
    changes = [
        lsp.TextEdit(known.text.range(start + offset, stop + offset), new) for start, stop, new in pieces
    ]
    return lsp.WorkspaceEdit(changes={uri: changes})


def _moved(known: Analysis, pieces: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]] | None:
    """Pieces of the text that can be read, where they stand in the whole; None where one has lines that cannot."""
    read, whole = reading.split(known.reading.text), reading.split(known.text.text)
    starts, places = [0], [0]
    for line, other in zip_longest(read, whole, fillvalue=""):
        starts.append(starts[-1] + len(line))
        places.append(places[-1] + len(other))
    found = []
    for start, stop, new in pieces:
        first = max(number for number in range(len(read)) if starts[number] <= start)
        last = max(number for number in range(first, len(read)) if starts[number] <= max(stop - 1, start))
        if read[first : last + 1] != whole[first : last + 1]:
            return None
        shift = places[first] - starts[first]
        found.append((start + shift, stop + shift, new))
    return found


def _ignoring(known: Analysis, uri: str, finding: Diagnostic, again: Again) -> Iterator[lsp.CodeAction]:
    """Comments that pass a finding over, where one can be: beside it or above it, and for the whole file."""
    if (
        finding.weight in ("refused", "told")
        or finding.code in _OF_COMMENTS
        or known.text.text != known.reading.text
    ):
        return
    told = [each for each in analysis.shown(known, uri) if each.code == finding.code]
    for name, text in (
        (f"Ignore {finding.code} here", _beside(known, finding)),
        (f"Ignore {finding.code} here", _above(known, finding)),
        (f"Ignore {finding.code} in this file", _on_top(known, finding)),
    ):
        if text is None or not _is_gone(finding, again(text)):
            continue
        yield lsp.CodeAction(
            name,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=told or None,
            edit=lsp.WorkspaceEdit(changes={uri: edits.between(known.text, known.text.text, text)}),
        )
        return


def _is_gone(finding: Diagnostic, after: Analysis) -> bool:
    """Whether the finding is passed over, and the comment that asks for it is read as one."""
    codes = {each.code for each in after.findings}
    return not codes & _OF_COMMENTS and not any(
        (each.code, each.path, each.message) == (finding.code, finding.path, finding.message)
        for each in after.findings
    )


def _line(known: Analysis, finding: Diagnostic) -> int:
    """The line of the finding's key, or else the finding's own; 0 where it has none."""
    source = known.source
    if source is not None and finding.path in source.spans:
        return source.spans[finding.path].line
    here = analysis.span_here(known, finding)
    return here.line if here is not None else 0


def _beside(known: Analysis, finding: Diagnostic) -> str | None:
    number = _line(known, finding)
    if not number:
        return None
    stop = known.text.index(number + 1, 1) if number < known.text.count() else len(known.text.text)
    start = known.text.index(number, 1)
    line = known.text.text[start:stop]
    bare = line.rstrip("\r\n")
    match = _MARK.search(bare)
    if match:
        new = f"{bare[: match.end(2)]}, {finding.code}{bare[match.end(2) :]}"
    else:
        new = f"{bare.rstrip()}  # chartgen: ignore[{finding.code}]"
    return known.text.text[:start] + new + line[len(bare) :] + known.text.text[stop:]


def _above(known: Analysis, finding: Diagnostic) -> str | None:
    number = _line(known, finding)
    if not number:
        return None
    start = known.text.index(number, 1)
    margin = re.match(r" *", known.text.text[start:])
    assert margin is not None
    return f"{known.text.text[:start]}{margin[0]}# chartgen: ignore[{finding.code}]{known.text.end()}{known.text.text[start:]}"


def _on_top(known: Analysis, finding: Diagnostic) -> str:
    return f"# chartgen: ignore-file[{finding.code}]{known.text.end()}{known.text.text}"


def fixed_all(known: Analysis, uri: str, again: Again) -> lsp.WorkspaceEdit | None:
    """The edit that makes every certain mend of the findings that count; None where there is none."""
    if known.source is None:
        return None
    if known.text.text != known.reading.text:
        # what one mend brings to light waits until all can be read
        mends = [finding.mend for finding in single(known.findings) if finding.mend is not None]
        return _change(known, uri, fix.apply(known.reading.text, mends))
    now = known
    for _ in range(_PASSES):
        after = fix.apply(
            now.text.text, [finding.mend for finding in single(now.findings) if finding.mend is not None]
        )
        if after == now.text.text:
            break
        now = again(after)
    return _change(known, uri, now.text.text)
