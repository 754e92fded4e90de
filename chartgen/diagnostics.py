"""What chartgen says about its input: data only, no formatting (that is `chartgen.report`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias, TypeVar

    T = TypeVar("T")

# each finding costs time and memory, and nobody reads more at once
MAX_FINDINGS = 500

Path = tuple[str | int, ...]
Severity: TypeAlias = 'Literal["error", "warning", "note"]'
# what a finding weighs. refused: nobody takes it. harmful: the official chart takes it, and what it installs does not
# work. unwise: it works, and will disappoint. told: no finding, but what is to be known about the others.
Weight: TypeAlias = 'Literal["refused", "harmful", "unwise", "told"]'
_STRICT: dict[Weight, Severity] = {
    "refused": "error",
    "harmful": "error",
    "unwise": "warning",
    "told": "note",
}
_LENIENT: dict[Weight, Severity] = {**_STRICT, "harmful": "warning"}


class Span(NamedTuple):
    """A place in a source; `line` and `column` count from 1 (0 is the source as a whole), `text` is the whole line."""

    source: str
    line: int
    column: int
    end_column: int = 0
    text: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Mend(NamedTuple):
    """A change that certainly puts a finding right: rename the key at `path`, move it, replace its value, remove it.

    With `become` the entry goes and `to`, pairs of path and value, are set in its stead.
    """

    action: Literal["rename", "move", "replace", "remove", "become"]
    path: Path
    to: Any = None


class Diagnostic(NamedTuple):
    """One finding: `code` is a slug that `chartgen explain` knows, `path` the value it is about.

    `meant` is the value that was surely to be set instead; `parts` are findings that are told together in this one, and
    their mends are its mends. `charts` are those that it reaches, where a build file's are looked at. Findings are those of
    strict mode until `in_mode`.
    """

    code: str
    message: str
    weight: Weight = "refused"
    path: Path = ()
    spans: tuple[Span, ...] = ()
    found: str = ""
    expected: str = ""
    hint: str = ""
    mend: Mend | None = None
    meant: Path = ()
    lenient: bool = False
    parts: tuple[Diagnostic, ...] = ()
    charts: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """What the finding's weight comes to in its mode."""
        return (_LENIENT if self.lenient else _STRICT)[self.weight]


def in_mode(findings: Iterable[Diagnostic], *, strict: bool) -> tuple[Diagnostic, ...]:
    """The findings as they count in strict or in lenient mode."""
    if strict:
        return tuple(findings)
    return tuple(
        finding._replace(lenient=True, parts=in_mode(finding.parts, strict=False)) for finding in findings
    )


def single(findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Each finding that is told alone, and each of those that are told together."""
    for finding in findings:
        yield from single(finding.parts) if finding.parts else (finding,)


def any_error(findings: Iterable[Diagnostic]) -> bool:
    """True if one of the findings is an error, not only a warning."""
    return any(finding.severity == "error" for finding in findings)


def bounded(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings, or the first `MAX_FINDINGS` and one that says that there are more; no more are asked for."""
    first = list(islice(findings, MAX_FINDINGS + 1))
    if len(first) > MAX_FINDINGS:
        first[-1] = Diagnostic(
            "too-many-findings",
            f"there are more than {MAX_FINDINGS} findings; the others are not shown",
            "refused" if any_error(first) else "unwise",
            hint="most of them have one cause, such as an indentation that is off: mend the first ones",
        )
    return first


class Rejected(Exception):
    """The input cannot be compiled; `diagnostics` holds every finding of the stage that refused it."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "; ".join(f"{finding.code}: {finding.message}" for finding in self.diagnostics[:5])


def remembered(known: dict[str, T | Rejected], key: str, read: Callable[[], T]) -> T:
    """What `read` returned when the key was first asked for; what was rejected then is raised again."""
    if key not in known:
        try:
            known[key] = read()
        except Rejected as rejected:
            known[key] = rejected
    found = known[key]
    if isinstance(found, Rejected):
        raise found
    return found


def dotted(path: Path) -> str:
    """`("server", "ports", 0)` as people write it: `server.ports[0]`; a key with a dot is bracketed and quoted.

    A key that is longer than any name is cut.
    """
    out = ""
    for part in path:
        if isinstance(part, str):
            part = shortened(part)
        if isinstance(part, int):
            out += f"[{part}]"
        elif "." in part or not part:
            out += f'["{part}"]'
        else:
            out += f".{part}" if out else part
    return out


def shortened(text: str, most: int = 400) -> str:
    """`text`, or its beginning and an ellipsis if it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
