"""What comments in a values file say to chartgen: `# chartgen: ignore[code] reason` on a line, or for the whole file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from chartgen.diagnostics import Diagnostic, Span
from chartgen.records import NamedTuple
from chartgen.values.source import Source

_MARK = "chartgen:"
# compiled where they are used, which is in few files
_COMMENT = r"(?:^|\s)(#\s*chartgen:\s*(.*?)\s*)$"
_IGNORE = r"(ignore|ignore-file)\[\s*([a-z0-9*-]+(?:\s*,\s*[a-z0-9*-]+)*)\s*\](?:\s.*)?"


class Ignore(NamedTuple):
    """Codes that a comment asks to pass over: on `line`, or in the whole file where that is 0. `span` is the comment's."""

    codes: tuple[str, ...]
    line: int
    span: Span


def ignores(source: Source) -> tuple[list[Ignore], list[Diagnostic]]:
    """What the comments of a source ask to ignore, and warnings about those that cannot be read.

    A comment on a line of its own is about the next line that holds anything else.
    """
    if _MARK not in "\n".join(source.lines):
        return [], []
    found: list[Ignore] = []
    unread: list[Diagnostic] = []
    below = _below(source.lines)
    for span, words in _comments(source):
        match = re.fullmatch(_IGNORE, words)
        if match is None:
            unread.append(
                Diagnostic(
                    "bad-ignore",
                    "a comment to chartgen that it does not understand",
                    weight="unwise",
                    spans=(span,),
                    found=words,
                    expected="ignore[code] or ignore-file[code], several codes with commas, and then the reason",
                )
            )
            continue
        own = bool(source.lines[span.line - 1][: span.column - 1].strip())
        about = span.line if own else below[span.line - 1]
        line = 0 if match[1] == "ignore-file" else about
        found.append(Ignore(tuple(code.strip() for code in match[2].split(",")), line, span))
    return found, unread


def _below(lines: Sequence[str]) -> list[int]:
    """For each line the number of the next one that holds more than a comment; the line's own where none does."""
    numbers, known = [], 0
    for number in range(len(lines), 0, -1):
        numbers.append(known or number)
        text = lines[number - 1].lstrip()
        if text and not text.startswith("#"):
            known = number
    return numbers[::-1]


def _comments(source: Source) -> Iterator[tuple[Span, str]]:
    """(place, words) of each comment to chartgen; what only looks like one stands inside text."""
    texts = list(_texts("\n".join(source.lines)))
    begins = [start for start, _ in texts]
    for number, line in enumerate(source.lines, 1):
        if _MARK not in line or (match := re.search(_COMMENT, line.rstrip("\r\n"))) is None:
            continue
        place = (number - 1, match.start(1))
        # those that begin at or before it; no two of them overlap
        before = bisect_right(begins, place)
        if not before or place >= texts[before - 1][1]:
            column = match.start(1) + 1
            yield Span(source.name, number, column, column + len(match[1]), line.rstrip("\r\n")), match[2]


def _texts(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where each scalar begins and ends, as line and column from 0."""
    import yaml

    loader = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
    for token in yaml.scan(text, Loader=loader):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark, token.end_mark
            begins = start.column
            if token.style in ("|", ">"):
                # what follows the sign on its line is no text yet
                yield (start.line + 1, 0), (end.line, end.column)
            else:
                yield (start.line, begins), (end.line, end.column)
