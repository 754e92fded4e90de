"""A values file as it is while it is typed: what can be read of it, and what stands where nothing can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.lsp import outline
from chartgen.lsp.sections import Sections, starts
from chartgen.values import source, tree
from chartgen.values.source import Source

# how many lines of one section are tried before all of it is passed over
_ATTEMPTS = 10
# findings about a file as a whole: no line of it can be left out so that the rest reads
_WHOLE = frozenset(("byte-order-mark", "file-too-large", "unrendered-template"))
_SYNTAX = "yaml-syntax"
_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+")
_ANCHOR = re.compile(r"&([^\s\[\]{},]+)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a text, and the findings about the rest.

    `text` is the `whole` text with the lines blank that cannot be read, so that what is left parses; `unread` are the values that
    stand in them, None where nobody can tell.
    """

    source: Source | None
    whole: str
    text: str
    findings: tuple[Diagnostic, ...] = ()
    unread: frozenset[Path] | None = None


def read(text: str, name: str, known: Sections | None = None) -> Reading:
    """All of the text that can be read: a section that cannot hides no other.

    Sections that `known` has read before are taken from there.
    """
    if known is not None and (all_of_it := known.read(text, name)) is not None:
        return Reading(all_of_it, text, text)
    try:
        return Reading(source.read_text(text, name), text, text)
    except Rejected as rejected:
        findings = rejected.diagnostics
    if any(finding.code in _WHOLE for finding in findings):
        return Reading(None, text, text, findings)
    lines = split(text)
    known = known or Sections()
    blank, syntax = _unreadable(lines, name, known)
    stopping: list[Diagnostic] = []
    others: tuple[Diagnostic, ...] = ()
    for _ in range(_ATTEMPTS):
        mended = "".join(_blanked(line) if number in blank else line for number, line in enumerate(lines))
        part = known.read(mended, name)
        if part is None:
            part, others = source.read_partly(mended, name)
        if part is not None or not (stops := others[0].spans[:1]):
            break
        # it parses, and reading stops for what stands there
        row = stops[0].line - 1
        whole = next((part for part in _parts(lines) if part[0] <= row < part[1]), None)
        if whole is None or blank.issuperset(range(*whole)):
            break
        blank |= {*range(*whole)}
        stopping.append(others[0])
    if part is None:
        return Reading(None, text, text, findings)
    if not syntax and any(finding.code == _SYNTAX for finding in findings):
        # what no section shows by itself
        syntax = [finding for finding in findings if finding.code == _SYNTAX]
    gone = {name for number in blank for name in _ANCHOR.findall(lines[number])}
    others = tuple(finding for finding in others if not _names(finding, gone))
    told = (
        tuple(
            {(finding.code, finding.spans[:1]): finding for finding in (*syntax, *stopping, *others)}.values()
        )
        or findings
    )
    return Reading(part, text, mended, told, frozenset(_known(_unread(told, lines, blank, part))))


def remembered(read: Reading, before: Source | None) -> tuple[Source | None, frozenset[Path]]:
    """(what could be read, with what stood before where nothing can be read now; the paths of that).

    What is typed breaks a text for a moment: rules go on with the values that were there.
    """
    source = read.source
    if source is None or read.unread is None:
        return source, frozenset()
    gone, old = set(read.unread), before.data if before is not None else {}
    if _lost_a_section(read):
        # its key is on a line that cannot be read either
        gone |= {(key,) for key in old if key not in source.data}
    data, restored = source.data, set()
    for path in sorted(gone, key=len):
        # a map all of whose lines are blank, or that runs into the next one, is no other value for that
        above = next(
            (path[:n] for n in range(1, len(path)) if not isinstance(tree.at(data, path[:n]), dict)), ()
        )
        if above and any(isinstance(key, int) for key in above):
            continue
        target = above or path
        if any(target[:length] in restored for length in range(1, len(target) + 1)):
            continue
        if above or (_holds(old, path) and not _holds(data, path)):
            there = tree.at(old, target)
            data = tree.replaced(data, target, {} if above and not isinstance(there, dict) else there)
            restored.add(target)
    return source._replace(data=data), frozenset(restored)


def _holds(data: Any, path: Path) -> bool:
    parent = tree.at(data, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent


def _lost_a_section(read: Reading) -> bool:
    """Whether a line at the margin could not be read."""
    return any(
        not kept.strip() and whole[:1].strip() and whole[:1] != "#"
        for kept, whole in zip_longest(split(read.text), split(read.whole), fillvalue="")
    )


def split(text: str) -> list[str]:
    """The lines as YAML has them, with their ends."""
    return _LINE.findall(text)


def _blanked(line: str) -> str:
    """The line's end alone."""
    return line[len(line.rstrip("\r\n\x85\u2028\u2029")) :]


def _names(finding: Diagnostic, gone: set[str]) -> bool:
    """Whether a finding is about an alias whose anchor stands on a line that cannot be read."""
    return finding.code == "unknown-anchor" and any(f"*{name} has" in finding.message for name in gone)


def _parts(lines: Sequence[str]) -> list[tuple[int, int]]:
    """(first line, line behind the last) of each part of a text that begins at the margin, from 0."""
    rows = starts(lines)
    if not rows:
        return [(0, len(lines))] if lines else []
    if any(line.strip() and line.lstrip()[0] != "#" for line in lines[: rows[0]]):
        rows.insert(0, 0)
    rows[0] = 0
    return list(zip(rows, [*rows[1:], len(lines)], strict=True))


def _unreadable(lines: Sequence[str], name: str, known: Sections) -> tuple[set[int], list[Diagnostic]]:
    """The lines, from 0, without which every section parses, and what is wrong with them."""
    blank: set[int] = set()
    findings: list[Diagnostic] = []
    parts = _parts(lines)
    # a text that is indented as a whole has one part
    margin = 0 if len(parts) > 1 else source.MAX_BYTES
    for start, stop in parts:
        if known.holds("".join(lines[start:stop])) or _first_error(lines[start:stop], margin) is None:
            continue
        blank |= {start + number for number in _left_out(lines[start:stop], margin)}
        findings.append(_finding(lines, start, stop, name))
    return blank, findings


def _left_out(lines: Sequence[str], margin: int) -> set[int]:
    """The lines of a section without which it parses; all of them where a few do not do."""
    left: set[int] = set()
    current = list(lines)
    for _ in range(_ATTEMPTS):
        error = _first_error(current, margin)
        if error is None:
            return left
        candidates = [number for number in _suspects(current, error) if number not in left and number > 0]
        trials = []
        for number in candidates:
            trial = [*current]
            trial[number] = _blanked(trial[number])
            after = _first_error(trial, margin)
            # one behind the last line is where the parser misses something
            trials.append((len(lines) + 1 if after is None else max(after), number, trial))
            if after is None:
                break
        if not trials:
            break
        _, number, current = max(trials, key=lambda each: each[0])
        left.add(number)
    return left if _first_error(current, margin) is None else set(range(len(lines)))


def _suspects(lines: Sequence[str], error: tuple[int, ...]) -> Iterator[int]:
    """The lines that an error may come from: where it shows, those before that, where what is not closed begins."""
    for place in error:
        if place < len(lines):
            yield place
        before = (number for number in range(min(place, len(lines)) - 1, 0, -1) if lines[number].strip())
        yield from [number for number, _ in zip(before, range(1), strict=False)]


def _first_error(lines: Sequence[str], margin: int) -> tuple[int, ...] | None:
    """The lines, from 0, that the parser names where a section does not parse as a map at the `margin` or before; None if it does."""
    import yaml

    text = "".join(lines)
    try:
        parser = yaml.CBaseLoader(text) if yaml.__with_libyaml__ else yaml.BaseLoader(text)
        depth, first = 0, True
        while True:
            event = parser.get_event()
            kind = type(event).__name__
            if kind == "StreamEndEvent":
                return None
            if kind.endswith("StartEvent") or kind in ("ScalarEvent", "AliasEvent"):
                if kind not in ("StreamStartEvent", "DocumentStartEvent") and first:
                    first = False
                    if (kind != "MappingStartEvent" or event.start_mark.column > margin) and text.strip():
                        return (int(event.start_mark.line),)
                depth += 1
    except yaml.MarkedYAMLError as error:
        marks = (error.problem_mark, error.context_mark)
        return tuple(int(mark.line) for mark in marks if mark is not None) or (0,)
    except (yaml.YAMLError, ValueError):
        return (0,)


def _finding(lines: Sequence[str], start: int, stop: int, name: str) -> Diagnostic:
    """What is wrong in a section, in the words that its text alone gets, at its place in the whole."""
    try:
        source.read_text("".join(lines[start:stop]), name, any_shape=True)
    except Rejected as rejected:
        syntax = [finding for finding in rejected.diagnostics if finding.code == _SYNTAX]
        if syntax:
            return syntax[0]._replace(spans=tuple(_moved(span, start) for span in syntax[0].spans))
    first = next((number for number in range(start, stop) if lines[number].strip()), start)
    line = lines[first].rstrip("\r\n")
    return Diagnostic(
        _SYNTAX,
        "not YAML: this is no setting",
        spans=(Span(name, first + 1, 1, len(line) + 1, line),),
        expected="a key and a colon, such as `server:`",
    )


def _moved(span: Span, lines: int) -> Span:
    return span._replace(line=span.line + lines)


def _unread(
    told: Sequence[Diagnostic], lines: Sequence[str], blank: set[int], part: Source
) -> Iterator[Path]:
    """The values that stand where something is wrong, as far as the lines tell."""
    for number in blank:
        for column, key in outline.levels(lines[number]):
            if key is None or (parent := outline.above(lines, number, column)) is None:
                continue
            # what another line has is there
            if not _holds(part.data, (*parent, key)):
                yield (*parent, key)
    wrong = {span.line for finding in told if finding.code != _SYNTAX for span in finding.spans[:1]}
    for finding in told:
        if finding.path:
            yield finding.path
    for path, span in part.spans.items():
        if span.line in wrong:
            yield path


def _known(found: Iterable[Path]) -> Iterator[Path]:
    """The paths that there is a setting for: nobody reads any other."""
    from chartgen import explain

    return (path for path in found if explain.at(path) is not None)


def tokens(text: str) -> Iterator[Any]:
    """The tokens of a text that parses; those up to where it does not, of one that does not."""
    import yaml

    try:
        yield from yaml.scan(text, Loader=yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader)
    except (yaml.YAMLError, ValueError):
        return
