"""Values know who reads them; what follows: rules that wait, documents that are kept, the way back from an object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartgen import Rejected, compiler, explain, render, schema
from chartgen.render import Rendered
from chartgen.schema import fit
from chartgen.settings import _HOLD_RESOURCES
from chartgen.settings import settings as facts
from chartgen.values import source
from chartgen.values.memo import Memo
from chartgen.values.reads import SetAside, touches, view
from tests.checked import checked

SECTIONS = {"a": {"b": {}}}


def values(given: dict[str, Any], previous: Rendered | None = None) -> Rendered:
    found = checked([source.from_mapping(given)], strict=False)
    return render.render(found.view, found.settings, previous=previous)


def test_a_value_is_noted_and_the_section_on_the_way_is_not() -> None:
    seen = view({"a": {"b": {"c": 1, "d": [2]}}}, SECTIONS)
    assert seen.reads.of(lambda: seen["a"]["b"]["c"]) == (1, {("a", "b", "c")})
    assert seen.reads.of(lambda: seen["a"]["b"]["d"][0]) == (2, {("a", "b", "d")})
    # that there is none is an answer, too
    assert seen.reads.of(lambda: seen["a"].get("x")) == (None, {("a", "x")})
    assert seen.reads.of(lambda: list(seen["a"]["b"]))[1] == {("a", "b")}


def test_a_fact_counts_for_whoever_asks() -> None:
    known = facts(schema.view(schema.complete(schema.defaults())))
    first = known.values.reads.of(lambda: known.tls_init)[1]
    assert ("global", "tls", "enabled") in first
    assert known.values.reads.of(lambda: known.tls_init)[1] == first


def test_what_is_wrong_stands_aside() -> None:
    seen = view({"a": {"b": {"c": 1, "d": 2}, "e": 3}}, SECTIONS, {("a", "b", "c", 0), ("a", "x")})
    assert seen["a"]["b"]["d"] == 2
    for read in (lambda: seen["a"]["b"]["c"], lambda: seen["a"]["x"]):
        with pytest.raises(SetAside):
            read()
    # who goes through all there is gets what can be trusted
    assert dict(seen["a"]["b"]) == {"d": 2}


@pytest.mark.parametrize(
    ("text", "found", "waiting"),
    [
        # a typo hides no contradiction
        ("server: {replicas: 2, replica: 3}\nui: {enbled: true}\nglobal: {peering: {enabled: true}}\n",
         {"unknown-key", "peering-without-mesh-gateway", "peering-without-tls"}, set()),
        # what was meant to be set is not judged by its default
        ("server: {bootstrapExpect: 3, replcias: 3}\n", {"unknown-key"}, {"bootstrap-expect-above-replicas"}),
        ("server: {bootstrapExpect: 3}\n", {"bootstrap-expect-above-replicas"}, set()),
        ("server: 3\nglobal: {peering: {enabled: true}}\n",
         {"section-not-a-map", "peering-without-tls"}, {"server-replicas-even"}),
    ],
)  # fmt: skip
def test_one_mistake_hides_no_other(text: str, found: set[str], waiting: set[str]) -> None:
    result = checked([source.read_text(text, "values.yaml")])
    told = {one.code for one in result.diagnostics}
    assert found <= told
    assert not waiting & told
    assert not waiting & result.reads.keys()
    assert "rules-wait" in told or not waiting


def test_what_waits_is_told_in_one_line() -> None:
    (note,) = [
        one
        for one in checked([source.from_mapping({"server": {"replicas": "x"}})]).diagnostics
        if one.severity == "note"
    ]
    assert "\n" not in note.message
    assert "server.replicas (" in note.message
    assert not note.spans


CHANGES = st.sampled_from(
    [
        ("server", "replicas", 5),
        ("ui", "enabled", False),
        ("client", "enabled", True),
        ("global", "datacenter", "dc7"),
        ("global", "logLevel", "debug"),
        ("syncCatalog", "enabled", True),
        ("connectInject", "logLevel", "warn"),
        ("global", "name", "other"),
        ("dns", "enabled", False),
        ("server", "affinity", None),
        ("server", "extraConfig", '{"log_level": "TRACE"}'),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CHANGES, max_size=4), min_size=2, max_size=4))
def test_what_is_kept_is_what_would_be_made(runs: list[list[tuple[str, str, Any]]]) -> None:
    """Rendering after rendering, each from the one before, comes to what each alone comes to."""
    previous: Rendered | None = None
    for run in runs:
        given: dict[str, Any] = {}
        for section, key, value in run:
            given.setdefault(section, {})[key] = value
        previous = values(given, previous)
        alone = render.render(previous.values, facts(previous.values), late=previous.late)
        assert [(one.template, one.data) for one in previous.documents] == [
            (one.template, one.data) for one in alone.documents
        ]
        assert previous.texts == alone.texts


def test_what_reads_nothing_that_changed_is_kept() -> None:
    before = values({})
    after = values({"server": {"replicas": 3}}, before)
    kept = {one.template for one in after.documents if any(one is other for other in before.documents)}
    assert "server-statefulset.yaml" not in kept
    assert {"ui-service.yaml", "connect-inject-deployment.yaml"} <= kept
    changed = ("server", "replicas")
    assert {
        one.template for one in before.documents if any(touches(read, changed) for read in one.reads)
    }.isdisjoint(kept)


def test_resources_are_looked_for_where_the_schema_lets_them_stand() -> None:
    whole = schema.shape()
    part = {"name": "a", "resources": {"limits": {"cpu": 1}}}
    held: set[str] = set()

    def walk(shape: Any, below: Any) -> None:
        for key, inner in shape["properties"].items():
            if key in below:
                walk(inner, below[key])
            elif key == "resources" or any(
                fit.fits(value, inner, whole["$defs"]) for value in (part, [part], {"resources": {}})
            ):
                held.add(key)

    walk(whole, schema.sections())
    # the rest is configuration of other programs
    assert {key for key in held if not key.endswith("Config")} == _HOLD_RESOURCES


def test_answers_are_kept_for_the_very_same() -> None:
    made: list[Any] = []
    memo = Memo(2)
    parts: list[dict[str, int]] = [{}, {}, {}]

    assert [memo.of(("stage", "part"), made.append, part) for part in (parts[0], parts[1], parts[0])] == [None] * 3
    assert [part is other for part, other in zip(made, parts, strict=False)] == [True, True]
    memo.of(("stage", "part"), made.append, parts[2])
    memo.of(("stage", "part"), made.append, parts[1])
    assert len(made) == 3
    memo.of(("stage", "part"), made.append, parts[0])
    assert len(made) == 4


def test_equal_parts_become_the_very_same() -> None:
    memo = Memo(2)
    first: dict[str, Any] = {"a": 1}
    assert memo.seen("part", first) is first
    assert memo.seen("part", {"a": True}) == {"a": True}
    assert memo.seen("part", {"a": 1}) is first
    other: dict[str, Any] = {"a": 1.0}
    assert memo.seen("part", other) is other


@pytest.mark.parametrize(
    ("what", "field", "lines"),
    [
        ("StatefulSet/consul-server", "", ["server.replicas  3  values.yaml:1"]),
        ("statefulset/RELEASE-consul-server", "spec.replicas", ["server.replicas  3     values.yaml:1", "global.enabled"]),
        ("Service/RELEASE-consul-ui", "spec.ports[0].port", ["ui.service.port.http"]),
    ],
)  # fmt: skip
def test_the_way_back(what: str, field: str, lines: list[str]) -> None:
    result = checked([source.read_text("server: {replicas: 3}\n", "values.yaml")], strict=False)
    told = explain.answer(what, result, field)
    assert [line for line in lines if line not in told] == []


@pytest.mark.parametrize(
    ("what", "field", "code"),
    [
        ("StatefulSet/nothing", "", "unknown-object"),
        ("Deployment/consul-server", "", "unknown-object"),
        ("StatefulSet/consul-server", "spec.nothing", "unknown-field"),
        ("server.replicas", "spec", "unknown-object"),
    ],
)
def test_what_is_not_there(what: str, field: str, code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        explain.answer(what, checked([]), field)
    assert [one.code for one in rejected.value.diagnostics] == [code]


def test_options_are_one_thing() -> None:
    """What was read once is compiled under any options."""
    read = compiler.read({"server": {"replicas": 3}, "nothing": 1})
    assert compiler.compile_sources(read, compiler.Options(strict=False, version="2.0.0")).version == "2.0.0"
    with pytest.raises(Rejected):
        compiler.compile_sources(read, compiler.Options())
