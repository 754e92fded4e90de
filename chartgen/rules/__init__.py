"""Cross-field rules: each reads everything, changes nothing, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chartgen.diagnostics import Diagnostic, Path, Weight, bounded
from chartgen.rules import agents, datacenters, images, keys, kubernetes, mesh, security, servers, unused
from chartgen.rules.clash import Clash, Rule, at, slug
from chartgen.settings import Settings
from chartgen.values.reads import Section, SetAside

if TYPE_CHECKING:
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


def check(values: Section, settings: Settings, sources: Sequence[Source]) -> Judged:
    """Every contradiction in the effective `values`.

    A rule that reads what is set aside waits: what it would say rests on a value that is wrong anyhow.
    """
    findings: list[Diagnostic] = []
    reads: dict[str, frozenset[Path]] = {}
    waiting: dict[Path, list[str]] = {}
    for weight, rule in RULES:
        code = slug(rule)
        try:
            clashes, reads[code] = values.reads.of(lambda rule=rule: [*each_clash(rule(values, settings))])  # type: ignore[misc]
        except SetAside as stopped:
            waiting.setdefault(stopped.path, []).append(code)
            continue
        findings += [_diagnostic(code, clash, weight, sources) for clash in clashes]
    return Judged(tuple(bounded(findings)), reads, {path: tuple(codes) for path, codes in waiting.items()})


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
