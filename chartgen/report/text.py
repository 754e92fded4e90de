"""Findings for people: each with its source line underlined, and a count at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chartgen.diagnostics import Diagnostic, Span, dotted
from chartgen.report.finding import by_place, charts, parts

# colours, as a terminal counts them
_TONES = {"error": "31;1", "warning": "33;1", "note": "36;1"}


def written(diagnostics: Sequence[Diagnostic], *, colour: bool = False, width: int = 120) -> str:
    """Each finding with its source line cut to `width` columns and underlined, and a count at the end."""
    paint = _paint if colour else _plain
    blocks = []
    for finding in by_place(diagnostics):
        tone = _TONES[finding.severity]
        lines = [f"{paint(finding.severity, tone)}[{finding.code}]: {paint(visible(finding.message), '1')}"]
        gutter = max((len(str(span.line)) for span in finding.spans), default=1)
        margin = " " * gutter
        for span in finding.spans:
            lines.append(f"{margin}{paint('-->', '34')} {visible(str(span))}")
            if span.text:
                lines.extend(_excerpt(span, gutter, width, tone, paint))
        for label, detail in (
            ("found", finding.found),
            ("expected", finding.expected),
            ("hint", finding.hint),
        ):
            if detail:
                lines.append(f"{margin} {paint('= ' + label, '36')}: {visible(detail)}")
        for label, detail in charts(finding):
            lines.append(f"{margin} {paint('= ' + label, '36')}: {visible(detail)}")
        for place, told in parts(finding):
            lines.append(f"{margin} {paint('=', '36')} {visible(place)}: {visible(told)}")
        if not finding.spans and finding.path:
            lines.append(f"{margin} {paint('= at', '36')}: {visible(dotted(finding.path))}")
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, count(diagnostics)]) + "\n" if diagnostics else ""


def _excerpt(span: Span, gutter: int, width: int, tone: str, paint: Callable[[str, str], str]) -> list[str]:
    """The source line, cut around the place where it is longer than the room for it, and the place underlined."""
    room = max(20, width - gutter - 3)
    first = span.column - 1
    length = max(1, span.end_column - span.column)
    # as much before the place as leaves room for it, or for the most of it where it is long
    marked = _fitting(visible(span.text[first : first + min(length, room)]), room)
    before = room - min(_cells(marked), 2 * room // 3)
    lead = visible(span.text[max(0, first - before) : first])
    while _cells(lead) > before:
        lead = lead[1:]
    shown = _fitting(lead + visible(span.text[first : first + room]), room)
    marks = max(1, min(_cells(marked), room - _cells(lead)))
    bar = paint("|", "34")
    return [
        f"{' ' * gutter} {bar}",
        f"{paint(str(span.line).rjust(gutter), '34')} {bar} {shown}".rstrip(),
        f"{' ' * gutter} {bar} {' ' * _cells(lead)}{paint('^' * marks, tone)}",
    ]


def _fitting(text: str, room: int) -> str:
    """As much of the beginning of the text as `room` columns hold."""
    end = min(len(text), room)
    while _cells(text[:end]) > room:
        end -= 1
    return text[:end]


def _cells(text: str) -> int:
    """The columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def visible(text: str) -> str:
    """The text with everything that a terminal would obey, or that hides, replaced by one sign each."""
    return (
        text if text.isprintable() else "".join(char if char.isprintable() else _sign(char) for char in text)
    )


def _sign(char: str) -> str:
    return " " if char in "\t\u00a0\u3000" else "\ufffd"


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """How many findings there are of each severity, in words; "" for none."""
    counted = [(sum(finding.severity == word for finding in diagnostics), word) for word in _TONES]
    return ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in counted if number)


def _paint(words: str, code: str) -> str:
    return f"\x1b[{code}m{words}\x1b[0m"


def _plain(words: str, code: str) -> str:
    return words
