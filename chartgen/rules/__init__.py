"""Cross-field rules: each reads everything, changes nothing, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

from chartgen.diagnostics import Diagnostic, Path, Weight, bounded
from chartgen.records import NamedTuple
from chartgen.rules import agents, datacenters, images, keys, kubernetes, mesh, security, servers, unused
from chartgen.rules.clash import Clash, Rule, at, slug
from chartgen.settings import Settings
from chartgen.values.reads import Section, SetAside
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from chartgen.values.source import Source

RULES: tuple[tuple[Weight, Rule], ...] = (
    *keys.RULES, *servers.RULES, *agents.RULES, *security.RULES, *datacenters.RULES, *mesh.RULES,
    *kubernetes.RULES, *images.RULES, *unused.RULES,
)  # fmt: skip


@cache
def by_slug() -> dict[str, tuple[Weight, Rule]]:
    """Every rule by its slug."""
    return {slug(rule): (weight, rule) for weight, rule in RULES}


class Judged(NamedTuple):
    """What the rules found; what each of them read, by its slug; those that met a value set aside, by its path."""

    findings: tuple[Diagnostic, ...]
    reads: Mapping[str, frozenset[Path]]
    waiting: Mapping[Path, tuple[str, ...]]


@cache
def _sections() -> frozenset[Path]:
    from chartgen import schema

    def walk(below: Mapping[str, Any], path: Path) -> Iterator[Path]:
        for key, inner in below.items():
            yield (*path, key)
            yield from walk(inner, (*path, key))

    return frozenset(walk(schema.sections(), ()))


class _Waits:
    """What a rule came to that met a value set aside, by its path."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path


Said: TypeAlias = "tuple[list[Clash] | _Waits, frozenset[Path]]"


class Known:
    """What was said of a file's values when they were looked at last: by each rule, and what it read."""

    __slots__ = ("said", "values")

    def __init__(self) -> None:
        self.values: Section | None = None
        self.said: dict[str, Said] = {}

    def stale(self, values: Section) -> set[str]:
        """The rules that have to be asked again: those that read what is another now."""
        if self.values is None:
            return {*by_slug()}
        changed = self.values.changed(values)
        # who takes a section to read in it notes nothing, and stops at once where it is none
        if not changed.isdisjoint(_sections()):
            return {*by_slug()}
        # whoever reads a section as a whole has read what is in it
        above = {path[:length] for path in changed for length in range(len(path) + 1)}
        return {code for code, (_, read) in self.said.items() if not above.isdisjoint(read)}


def check(
    values: Section,
    settings: Settings,
    sources: Sequence[Source],
    known: Known | None = None,
    traces: Traces | None = None,
) -> Judged:
    """Every contradiction in the effective `values`.

    A rule that reads what is set aside waits: what it would say rests on a value that is wrong anyhow. A rule that read
    nothing that has changed since `known` was filled is not asked again; that is brought up to date. Traces know what a rule
    said of values of other files.
    """
    stale = known.stale(values) if known is not None else by_slug().keys()
    said: dict[str, Said] = dict(known.said) if known is not None else {}
    findings: list[Diagnostic] = []
    reads: dict[str, frozenset[Path]] = {}
    waiting: dict[Path, list[str]] = {}
    for code, (_, rule) in by_slug().items():
        if code in stale:
            reader = partial(_clashes, rule, values, settings)
            said[code] = traces.of(code, values, reader) if traces is not None else values.reads.of(reader)
    for code, (told, read) in said.items():
        if not told:
            reads[code] = read
        elif isinstance(told, _Waits):
            waiting.setdefault(told.path, []).append(code)
        else:
            reads[code] = read
            weight, _ = by_slug()[code]
            findings += [_diagnostic(code, clash, weight, sources) for clash in told]
    if known is not None:
        known.values, known.said = values, said
    return Judged(tuple(bounded(findings)), reads, {path: tuple(codes) for path, codes in waiting.items()})


def _clashes(rule: Rule, values: Section, settings: Settings) -> list[Clash] | _Waits:
    try:
        return [*each_clash(rule(values, settings))]
    except SetAside as stopped:
        return _Waits(stopped.path)


def each_clash(result: Any) -> Iterator[Clash]:
    """What a rule returned, one by one."""
    if isinstance(result, Clash):
        yield result
    elif result is not None:
        yield from result


def _weight(clash: Clash, weight: Weight) -> Weight:
    return "unwise" if clash.doubtful and weight == "harmful" else weight


def _diagnostic(code: str, clash: Clash, weight: Weight, sources: Sequence[Source]) -> Diagnostic:
    from chartgen import values

    paths: list[Path] = [tuple(path.split(".")) if isinstance(path, str) else path for path in clash.paths]
    spans = tuple(
        dict.fromkeys(span for path in paths for span in values.spans_of(path, sources, exact=True))
    )
    if not spans:
        spans = next((found for path in paths if (found := values.spans_of(path, sources))), ())
    if clash.inside is not None:
        from chartgen.schema import embedded

        spans = embedded.at_offset(paths[0], clash.inside, sources) or spans
    return Diagnostic(
        code, clash.message, _weight(clash, weight), paths[0], spans, expected=clash.expected, hint=clash.hint
    )


__all__ = ["RULES", "Judged", "at", "by_slug", "check"]
