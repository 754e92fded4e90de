"""Where a command's words go: what it was asked for to standard output or a file, all else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Output(NamedTuple):
    """How a command line wants to be answered."""

    format: str = "text"
    file: str | None = None
    quiet: bool = False
    verbose: bool = False
    colour: str = "auto"

    def write(self, text: str) -> None:
        """What was asked for; raises OSError where it cannot be written."""
        if self.file is None:
            sys.stdout.write(text)
            return
        with open(self.file, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.write(text)

    def tell(self, text: str) -> None:
        """A line about what happens, unless only findings are wanted."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def detail(self, text: str) -> None:
        """A line for those who want to know more."""
        if self.verbose:
            print(text, file=sys.stderr)

    def report(self, findings: Sequence[Diagnostic]) -> None:
        """Findings as what was asked for: in any format, and also that there are none."""
        if findings or self.format != "text":
            self.write(self._reported(findings, None if self.file else sys.stdout))

    def warn(self, findings: Sequence[Diagnostic]) -> None:
        """Findings beside what was asked for. As text they are messages; in another format, they are asked for."""
        if self.format not in ("text", "json"):
            from chartgen.report.formats import FORMATS

            # one that a command has for what it was asked for, and nobody for findings, is no such format
            if self.format in FORMATS:
                self.report(findings)
                return
        if findings:
            sys.stderr.write(Output(colour=self.colour)._reported(findings, sys.stderr))

    def rejected(self, findings: Sequence[Diagnostic]) -> None:
        """Findings in place of what was asked for."""
        if self.format == "json":
            self.data(findings)
        else:
            self.warn(findings)

    def data(self, findings: Sequence[Diagnostic], **product: Any) -> None:
        """What was asked for as JSON, with the findings about it; a product that there is not is None."""
        from chartgen.report import json

        self.write(json.written(findings, **product))

    def wants_colour(self) -> bool:
        """True if what was asked for is to have colour."""
        from chartgen.report import terminal

        return self.file is None and terminal.wants_colour(sys.stdout, self.colour)

    def columns(self) -> int:
        """How wide what was asked for may be."""
        from chartgen.report import terminal

        return terminal.columns(sys.stdout)

    def _reported(self, findings: Sequence[Diagnostic], stream: Any) -> str:
        if self.format != "text":
            from chartgen.report.formats import FORMATS

            return FORMATS[self.format](findings)
        from chartgen.report import terminal, text

        colour = stream is not None and terminal.wants_colour(stream, self.colour)
        return text.written(findings, colour=colour, width=terminal.columns(stream))


def counted(findings: Sequence[Diagnostic]) -> str:
    """How many errors, warnings and notes there are; "nothing to say" for none."""
    from chartgen.report import text

    return text.count(findings) or "nothing to say"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Rows below their headings, in columns; cut to `width` where it is given.

    A cell far longer than most of its column takes what it needs without moving all others.
    """
    columns = list(zip(head, *rows, strict=True))[:-1]
    widths = [
        max(len(head[place]), min(max(map(len, cells)), 64 // (place + 1)))
        for place, cells in enumerate(columns)
    ]
    lines = []
    for row in (head, *rows):
        line = "  ".join(
            [*(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        lines.append(line if not width or len(line) <= width else line[: width - 1].rstrip() + "…")
    return "\n".join(lines)


def by_kind(objects: Sequence[tuple[str, str]], width: int) -> str:
    """(kind, name) of objects as a table: a line for each kind, most objects first."""
    names: dict[str, list[str]] = {}
    for kind, name in objects:
        names.setdefault(kind, []).append(name)
    ordered = sorted(names.items(), key=lambda row: (-len(row[1]), row[0]))
    rows = [(f"{len(found):>7}", kind, ", ".join(found)) for kind, found in ordered]
    return table(("objects", "kind", "names"), rows, width)


def described(objects: Sequence[Mapping[str, str]]) -> str:
    """Objects one a line, with the file that they are in."""
    return table(("object", "file"), [(f"{each['kind']}/{each['name']}", each["file"]) for each in objects])
