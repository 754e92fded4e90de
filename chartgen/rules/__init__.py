"""Cross-field rules: each reads everything, changes nothing, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

from chartgen.diagnostics import Diagnostic, Path, Weight, bounded
from chartgen.records import NamedTuple
from chartgen.rules import agents, datacenters, images, keys, kubernetes, mesh, security, servers, unused
from chartgen.rules.clash import Clash, Rule, at, slug
from chartgen.settings import Settings
from chartgen.values.reads import Section, SetAside, touches
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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


class Known:
    """What was said of a file's values when they were looked at last: by each rule that did not wait, and what it read."""

    __slots__ = ("said", "values")

    def __init__(self) -> None:
        self.values: Section | None = None
        self.said: dict[str, tuple[list[Clash], frozenset[Path]]] = {}

    def stale(self, values: Section) -> set[str]:
        """The rules that have to be asked again: those that read what is another now, and those that said nothing yet."""
        if self.values is None:
            return {slug(rule) for _, rule in RULES}
        changed = self.values.changed(values)
        # whoever reads a section as a whole has read what is in it
        above = {path[:length] for path in changed for length in range(len(path) + 1)}
        # … and of what is no section any more, or is one now, whoever reads something in it
        wide = [path for path in changed if path in _sections()]
        return {
            code
            for code in by_slug()
            if code not in self.said
            or not above.isdisjoint(self.said[code][1])
            or any(touches(read, path) for path in wide for read in self.said[code][1])
        }


def check(
    values: Section, settings: Settings, sources: Sequence[Source], known: Known | Traces | None = None
) -> Judged:
    """Every contradiction in the effective `values`.

    A rule that reads what is set aside waits: what it would say rests on a value that is wrong anyhow. A rule that read
    nothing that has changed since `known` was filled is not asked again; that is brought up to date. Traces are for values of
    many files.
    """
    traces, known = (known, None) if isinstance(known, Traces) else (None, known)
    stale = known.stale(values) if known is not None else None
    said: dict[str, tuple[list[Clash], frozenset[Path]]] = {}
    findings: list[Diagnostic] = []
    reads: dict[str, frozenset[Path]] = {}
    waiting: dict[Path, list[str]] = {}
    for weight, rule in RULES:
        code, reader = slug(rule), partial(_clashes, rule, values, settings)
        try:
            if traces is not None:
                said[code] = traces.of(code, values, reader)
            elif known is None or stale is None or code in stale:
                said[code] = values.reads.of(reader)
            else:
                said[code] = known.said[code]
        except SetAside as stopped:
            waiting.setdefault(stopped.path, []).append(code)
            continue
        clashes, reads[code] = said[code]
        findings += [_diagnostic(code, clash, weight, sources) for clash in clashes]
    if known is not None:
        known.values, known.said = values, said
    return Judged(tuple(bounded(findings)), reads, {path: tuple(codes) for path, codes in waiting.items()})


def _clashes(rule: Rule, values: Section, settings: Settings) -> list[Clash]:
    return [*each_clash(rule(values, settings))]


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
