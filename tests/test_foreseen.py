"""What was read in runs was foreseen: nothing that a rule, a template or a condition reads escapes its syntax tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from chartgen import compiler, render, rules, schema
from chartgen.render import components
from chartgen.render import foreseen as templates
from chartgen.rules import foreseen as functions
from chartgen.rules.clash import slug
from chartgen.values.foreseen import Foreseen, Known, matches
from tests import compiled

SETS = [*compiled.EXAMPLES, *compiled.SETS]
REJECTED = sorted((Path(__file__).parent / "cases" / "rejected").glob("*/values.yaml"))

# rules that look at settings of one kind wherever they stand, or at what a user's template reads: any value
GO_THROUGH_ALL = """
    acl-deny-without-tokens extra-config-moves-port extra-config-not-json extra-config-option-without-effect
    extra-config-repeats-debug extra-config-repeats-hide-hostname extra-config-repeats-host-metrics
    extra-config-repeats-prefix-filter extra-config-repeats-statsd-address extra-config-repeats-statsd-tags
    extra-config-same-node-name extra-config-undoes-chart memory-without-unit node-port-of-cluster-ip
    node-port-out-of-range node-port-repeated renamed-agent-option requests-above-limits
    token-in-extra-config value-template-leaves-gap value-template-malformed
    value-template-of-another-language value-template-yields-no-yaml
"""


@cache
def by_output() -> dict[str, Foreseen]:
    return dict(templates.of_document_templates())


@cache
def by_rule() -> dict[str, Foreseen]:
    return {slug(rule): functions.of_rule(rule) for _, rule in rules.RULES}


def checked(path: Path) -> compiler.Checked:
    return compiler.check(compiler.read(str(path)), compiler.Options(strict=False))


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_what_templates_read_was_foreseen(path: Path) -> None:
    found = checked(path)
    crds = templates.of_condition("crds")
    for document in render.render(found.view, found.settings).documents:
        foreseen = by_output().get(document.template, crds)
        assert [read for read in document.reads if not foreseen.covers(read)] == [], document.template


@pytest.mark.parametrize("path", [*SETS, *REJECTED], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_rules_read_was_foreseen(path: Path) -> None:
    for code, reads in checked(path).reads.items():
        assert [read for read in reads if not by_rule()[code].covers(read)] == [], code


def test_foreseeing_says_something() -> None:
    """An answer that covers all would pass the tests above."""
    values = set(schema.leaves())
    for output, foreseen in by_output().items():
        assert sum(map(foreseen.covers, values)) < len(values) / 2, output
    broad = {code for code, foreseen in by_rule().items() if sum(map(foreseen.covers, values)) >= 60}
    assert broad == set(GO_THROUGH_ALL.split())


@pytest.mark.parametrize(
    ("output", "path", "decides"),
    [
        ("server-statefulset.yaml", ("server", "affinity"), False),
        ("server-statefulset.yaml", ("server", "annotations"), True),
        ("server-statefulset.yaml", ("global", "tls", "enabled"), True),
        ("server-statefulset.yaml", ("server", "enabled"), True),
        # only where TLS is on
        ("server-config-configmap.yaml", ("global", "tls", "verify"), True),
    ],
)
def test_what_decides(output: str, path: tuple[str, ...], decides: bool) -> None:
    assert by_output()[output].covers(path)
    assert by_output()[output].may_decide(path) is decides


@pytest.mark.parametrize(
    ("text", "printed", "decided"),
    [
        ("{{ values.a.b }}", ["a.b"], []),
        ("{% if values.a.b %}{{ values.a.c }}{% endif %}", ["a.c"], ["a.b"]),
        ("{% set x = values.a %}{{ x.b }}", ["a.b"], []),
        ("{% for one in values.a %}{{ one.b }}{% endfor %}", ["a.*.b"], ["a"]),
        ("{% macro m(x) %}{% if x.on %}{{ x.text }}{% endif %}{% endmacro %}{{ m(values.a) }}", ["a.text"], ["a.on"]),
        ("{{ 'x' if values.a == 3 else values.b }}", ["b"], ["a"]),
        ("{% set x = [] %}{% do x.append(values.a) %}{% if x %}{% endif %}", [], ["a"]),
        ("{% call m() %}{{ values.a }}{% endcall %}{% macro m() %}{{ caller() }}{% endmacro %}", ["a"], []),
    ],
)
def test_what_is_read_off_a_tree(text: str, printed: list[str], decided: list[str]) -> None:
    found = templates.of_text(text)

    def used(use: str) -> list[str]:
        return sorted(".".join(map(str, path)) for path, uses in found.uses.items() if use in uses)

    assert set(printed) <= set(used("printed"))
    assert [path for path in used("decided") if path not in decided] == []
    assert set(decided) <= set(used("decided"))


def test_a_pattern_has_room_for_any_key() -> None:
    assert matches(("a", "*", "c"), ("a", "b", "c"))
    assert matches(("a", "*"), ("a", "b", "c"))
    assert matches(("a", "b", "c"), ("a",))
    assert not matches(("a", "*", "c"), ("a", "b", "d"))


def test_what_goes_into_something_is_known_of_it() -> None:
    known = Known(frozenset([("a",)])).below("b")
    assert known.as_made().made_from == {("a", "b")}
    assert components.shipped()
