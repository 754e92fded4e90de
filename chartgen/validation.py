"""Sources in, effective values and every finding about them out: all that comes before rendering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chartgen import rules, schema, values
from chartgen.diagnostics import Diagnostic, Path, Rejected
from chartgen.schema import embedded, validator
from chartgen.settings import Settings, settings
from chartgen.values.source import Source

OLDEST_KUBE = (1, 22)


@dataclass(frozen=True, slots=True)
class Validated:
    """Effective values, the same with removed defaults as None, what follows from them, and the findings."""

    effective: dict[str, Any]
    complete: dict[str, Any]
    settings: Settings | None
    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]


def validate(sources: Sequence[Source], *, strict: bool = True, kube_version: str | None = None) -> Validated:
    """Merges the sources over the defaults and checks the result: names and shapes, then what contradicts what.

    Cross-field rules wait until names and shapes are right, so that one mistake is not told twice.
    """
    user = values.layer(sources)
    effective = values.effective(user, schema.defaults())
    findings = [
        *version_findings(kube_version),
        *(warning for source in sources for warning in source.warnings),
        *validator.check(effective, sources, strict=strict),
    ]
    if not strict:
        _bare_numbers(effective, findings)
    texts = embedded.opened(user, sources)
    if texts is not None:
        findings += embedded.check(texts, sources, strict=strict)
    complete = schema.complete(effective)
    if any(one.severity == "error" for one in findings):
        return Validated(effective, complete, None, tuple(sources), tuple(findings))
    broken = rules.broken_sections(complete, sources)
    if broken:
        return Validated(effective, complete, None, tuple(sources), (*findings, *broken))
    inside = texts.sources if texts is not None else ()
    try:
        facts = settings(complete)
        clashes = rules.check(complete, facts, user, [*sources, *inside], strict=strict)
    except (AttributeError, KeyError, TypeError, ValueError):
        # rules trust the forms of values, which are only warned of where `strict` is off
        if not (refused := misshapen(findings)):
            raise
        return Validated(effective, complete, None, tuple(sources), refused)
    # some rules refuse removed values whatever the mode; what they tell is told once
    removed = [one.path for one in clashes if one.code.startswith("removed-")]
    findings = [
        one
        for one in findings
        if one.code != "removed-value" or not any(one.path[: len(path)] == path for path in removed)
    ] + clashes
    return Validated(effective, complete, facts, tuple(sources), tuple(findings))


def misshapen(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings about the form of values, as errors: rules or templates could not read these values after all."""
    return tuple(replace(one, severity="error") for one in findings if one.code in ("wrong-type", "missing-key"))


def _bare_numbers(effective: dict[str, Any], findings: Iterable[Diagnostic]) -> None:
    """Numbers in quotes become numbers in `effective`, as they do where the official chart writes them down."""
    for mend in (one.mend for one in findings if one.mend):
        if mend.action == "replace" and type(mend.to) is int:
            node: Any = effective
            for key in mend.path[:-1]:
                node = node[key]
            node[mend.path[-1]] = mend.to


def version_pair(text: str | None) -> tuple[int, int] | None:
    """(major, minor) of a Kubernetes version such as `1.30`, `v1.30.4` or `1.30.4-gke.1`; None for none.

    Raises Rejected for text that is no version.
    """
    if text is None:
        return None
    match = re.match(r"v?(\d+)\.(\d+)(?:[.+-].*)?$", text.strip())
    if match is None:
        raise Rejected(
            [
                Diagnostic(
                    "bad-kube-version",
                    "not a Kubernetes version",
                    found=text,
                    expected="such as 1.30 or v1.30.4",
                )
            ]
        )
    return int(match[1]), int(match[2])


def version_findings(text: str | None) -> list[Diagnostic]:
    """The finding that the cluster is older than what the objects need, if it is."""
    pair = version_pair(text)
    if pair is None or pair >= OLDEST_KUBE:
        return []
    return [
        Diagnostic(
            "kubernetes-too-old",
            "Consul's objects use APIs that this Kubernetes does not have",
            found=text or "",
            expected="1.22 or newer",
            hint="upgrade the cluster first",
        )
    ]


def origins(validated: Validated) -> Iterator[tuple[Path, Any, str]]:
    """(path, value, what set it) for each effective leaf, items of lists too, in the order of the values.

    A default that a null took away comes as None, "removed by …".
    """
    sources = validated.sources

    def walk(node: Any, standard: Any, path: Path) -> Iterator[tuple[Path, Any, str]]:
        if isinstance(node, dict) and (node or isinstance(standard, dict)):
            below = standard if isinstance(standard, dict) else {}
            for key in dict.fromkeys((*below, *node)):
                if key in node:
                    yield from walk(node[key], below.get(key), (*path, key))
                elif below[key] is not None:
                    yield (*path, key), None, f"removed by {values.origin((*path, key), sources)}"
        elif isinstance(node, list) and node:
            for index, item in enumerate(node):
                yield from walk(item, None, (*path, index))
        else:
            yield path, node, origin(validated, path)

    yield from walk(validated.effective, schema.defaults(), ())


def origin(validated: Validated, path: Path) -> str:
    """What set the effective value at `path`: file and line, a flag, or "default"."""
    found = values.origin(path, validated.sources)
    return str(found) if found is not None and found.exact else "default"
