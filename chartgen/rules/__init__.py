"""Cross-field rules: each reads everything, changes nothing, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from chartgen.diagnostics import Diagnostic, Path, Severity, bounded
from chartgen.rules import agents, datacenters, images, keys, kubernetes, mesh, security, servers, unused
from chartgen.rules.clash import Clash, Rule, Weight, at, slug
from chartgen.settings import Settings

if TYPE_CHECKING:
    from chartgen.values.source import Source

RULES: tuple[tuple[Weight, Rule], ...] = (
    *keys.RULES, *servers.RULES, *agents.RULES, *security.RULES, *datacenters.RULES, *mesh.RULES,
    *kubernetes.RULES, *images.RULES, *unused.RULES,
)  # fmt: skip

# the one section whose name is that of an amount elsewhere
_REQUEST_LIMITS = ("server", "limits")
# maps that stand for one value, so that a null only means "none"
_VALUE_MAPS = frozenset(
    [
        "resources",
        "securityContext",
        "containerSecurityContext",
        "nodeMeta",
        "livenessProbe",
        "readinessProbe",
        "extraEnvironmentVars",
        "extraLabels",
        "initContainer",
    ]
)


@cache
def by_slug() -> dict[str, tuple[Weight, Rule]]:
    """Every rule by its slug."""
    return {slug(rule): (weight, rule) for weight, rule in RULES}


def check(
    values: Mapping[str, Any],
    settings: Settings,
    user: Mapping[str, Any],
    sources: Sequence[Source],
    *,
    strict: bool = True,
) -> list[Diagnostic]:
    """Every contradiction in the effective `values`.

    What the official chart refuses is an error; what it takes although the installation cannot work is one in
    strict mode only; what works and disappoints is a warning.
    """
    return bounded(_findings(values, settings, sources, strict))


def _findings(
    values: Mapping[str, Any], settings: Settings, sources: Sequence[Source], strict: bool
) -> Iterator[Diagnostic]:
    for weight, rule in RULES:
        for clash in _clashes(rule(values, settings)):
            refused = weight == "refused" or (strict and weight == "harmful" and not clash.doubtful)
            severity: Severity = "error" if refused else "warning"
            yield _diagnostic(slug(rule), clash, severity, sources)


def _clashes(result: Any) -> Iterator[Clash]:
    if isinstance(result, Clash):
        yield result
    elif result is not None:
        yield from result


def _diagnostic(code: str, clash: Clash, severity: Severity, sources: Sequence[Source]) -> Diagnostic:
    from chartgen import values

    paths: list[Path] = [tuple(path.split(".")) if isinstance(path, str) else path for path in clash.paths]
    spans = tuple(
        dict.fromkeys(span for path in paths for span in values.spans_of(path, sources, exact=True))
    )
    if not spans:
        spans = next((found for path in paths if (found := values.spans_of(path, sources))), ())
    if clash.inside:
        from chartgen.schema import embedded

        spans = embedded.inside(paths[0], clash.inside, sources) or spans
    return Diagnostic(
        code, clash.message, severity, paths[0], spans, expected=clash.expected, hint=clash.hint
    )


def broken_sections(values: Mapping[str, Any], sources: Sequence[Source]) -> list[Diagnostic]:
    """The sections (maps that rules and templates read through) that are something other than a map.

    The official chart refuses these too, wherever a component that is on reads the section.
    """
    from chartgen import schema
    from chartgen import values as merging

    findings: list[Diagnostic] = []

    def walk(node: Mapping[str, Any], standard: Mapping[str, Any], path: Path) -> None:
        for key, default in standard.items():
            value, here = node.get(key), (*path, key)
            one_value = key in _VALUE_MAPS and here != _REQUEST_LIMITS
            if not isinstance(default, dict) or not default or one_value:
                continue
            if isinstance(value, Mapping):
                walk(value, default, here)
                continue
            code = "section-set-to-null" if value is None else "section-not-a-map"
            name = ".".join(map(str, here))
            findings.append(
                Diagnostic(
                    code,
                    f"{name} is a section and holds values of its own",
                    path=here,
                    spans=merging.spans_of(here, sources),
                    expected="a map, or {} for the defaults",
                    hint=f"remove the line, or write {key}: {{}}",
                )
            )

    walk(values, schema.defaults(), ())
    return findings


__all__ = ["RULES", "at", "broken_sections", "by_slug", "check"]
