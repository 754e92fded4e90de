"""What several formats say of a finding in the same way: their order, its sentence, its file."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic, Span, dotted

# how many parts of a finding are shown
_PARTS = 12
# … and how many of the charts that it reaches
_CHARTS = 6


def by_place(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order in which a reader meets their places; those without a place come first, and notes
    about the others last."""

    def place(finding: Diagnostic) -> tuple[bool, str, int, int, str]:
        span = finding.spans[0] if finding.spans else Span("", 0, 0)
        return finding.severity == "note", span.source, span.line, span.column, finding.code

    return sorted(diagnostics, key=place)


def sentence(finding: Diagnostic) -> str:
    """All of a finding but its place, in one line of text."""
    details = (
        (label, detail)
        for label, detail in (
            ("found", finding.found),
            ("expected", finding.expected),
            ("hint", finding.hint),
        )
    )
    told = [*((label, detail) for label, detail in details if detail), *parts(finding), *charts(finding)]
    return finding.message + "".join(f"; {label}: {detail}" for label, detail in told)


def parts(finding: Diagnostic) -> list[tuple[str, str]]:
    """(value and line, what to do) of each part of a finding that is not just to be removed; the first of many."""
    asking = [part for part in finding.parts if part.weight != "unwise"]
    told = [
        (dotted(part.path) + (f" (line {part.spans[0].line})" if part.spans else ""), part.hint)
        for part in asking[:_PARTS]
    ]
    more = len(asking) - _PARTS
    return [*told, (f"{more} more", "the JSON report has them")] if more > 0 else told


def charts(finding: Diagnostic) -> list[tuple[str, str]]:
    """(label, the charts that a finding reaches) where a build file's are looked at: how many, and the first of many."""
    names = finding.charts
    if not names:
        return []
    if len(names) == 1:
        return [("chart", names[0])]
    shown = ", ".join(names[:_CHARTS]) + (", …" if len(names) > _CHARTS else "")
    return [("reaches", f"{len(names)} charts: {shown}")]


def is_file(span: Span) -> bool:
    """False for a flag, standard input and a mapping, which no annotation can be put on."""
    return not span.source.startswith(("--", "<"))


def relative(source: str) -> str:
    """The path of a file as tools want it: from the current folder where it is below, with forward slashes."""
    from pathlib import Path

    path = Path(source)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def fingerprints(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """A name for each finding that stays when lines move, and that no other of these findings has."""
    import hashlib

    met: dict[str, int] = {}
    names = []
    for finding in diagnostics:
        known = f"{finding.code}\0{dotted(finding.path)}\0{finding.message}"
        number = met[known] = met.get(known, -1) + 1
        known += f"\0{number}" if number else ""
        names.append(hashlib.sha256(known.encode(errors="surrogatepass")).hexdigest()[:32])
    return names
