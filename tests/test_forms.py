"""Documents whose form is another's with a name filled in are what rendering them yields, whatever the name is used for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from chartgen import Rejected, compiler, schema
from chartgen.late import OPEN, LateBound
from chartgen.render.context import checksum_of
from chartgen.render.document import Document
from chartgen.render.forms import Filled, Forms
from chartgen.render.holes import HOLES, Hole, NoForm
from chartgen.settings import Settings
from chartgen.values.reads import Section
from chartgen.values.traces import Traces
from tests.compiled import EXAMPLES, ROOT

EVERYTHING = yaml.safe_load((ROOT / "tests/data/everything-on.yaml").read_text())
SECURE = yaml.safe_load((ROOT / "examples/secure.yaml").read_text())
# as YAML, a shell and a program that counts may read them; the last are no plain names
NAMES = (
    "dc1",
    "east",
    "1234",
    "0x1f",
    "1e3",
    "yes",
    "null",
    "a_b-C",
    "dc-",
    "x" * 63,
    "a b",
    "ä",
    "",
    "a'b",
    "{{",
    "a.b",
    5,
    None,
)
# what uses the name, or has the same text
BESIDES: tuple[dict[str, Any], ...] = (
    {},
    {"global": {"federation": {"enabled": True, "primaryDatacenter": "dc1", "primaryGateways": ["a:443"]}}},
    {"server": {"extraLabels": {"cluster": "dc1", "dc1": "east"}}, "client": {"nodeMeta": {"pod-name": "dc1"}}},
    {"server": {"annotations": '"in": "{{ .Values.global.datacenter | upper }}"\n'}},
    {"server": {"annotations": '{{ if eq .Values.global.datacenter "dc1" }}"first": "1"{{ else }}"other": "1"{{ end }}\n'}},
    {"server": {"extraConfig": '{"node_meta": {"is": "{{ .Values.global | toJson | sha256sum }}"}}'}},
    {"client": {"extraConfig": '{"a": "{{ len .Values.global.datacenter }}"}'}},
    {"syncCatalog": {"enabled": True, "k8sPrefix": "dc1-"}, "ui": {"service": {"annotations": "in: dc1\n"}}},
    {"global": {"name": "dc1", "domain": "dc1"}, "meshGateway": {"consulServiceName": "dc1"}},
)  # fmt: skip


def outcome(values: dict[str, Any], memory: compiler.Memory | None = None) -> tuple[Any, ...]:
    """What is found in values, and the files that they come to."""
    try:
        chart = compiler.compile_sources(compiler.read(values), compiler.Options(strict=False), memory)
    except Rejected as rejected:
        return rejected.diagnostics, {}
    return chart.diagnostics, chart.files


def joined(one: Any, other: Any) -> Any:
    """One tree of values with another over it."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {**one, **{key: joined(one.get(key), item) for key, item in other.items()}}


@pytest.mark.parametrize("base", [SECURE, EVERYTHING, {}], ids=["secure", "everything", "defaults"])
def test_a_name_changes_what_it_changes_alone(base: dict[str, Any]) -> None:
    memory = compiler.Memory(Traces())
    for besides in BESIDES:
        for name in NAMES:
            values = joined(joined(base, besides), {"global": {"datacenter": name}})
            assert outcome(values, memory) == outcome(values), (besides, name)


def test_documents_are_filled() -> None:
    made: list[Any] = []
    memory = compiler.Memory(Traces())
    before = Filled._form

    def form(self: Filled, make: Callable[[], Any]) -> Any:
        made.append(make)
        return before(self, make)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Filled, "_form", form)
        for name in ("east", "west", "south"):
            outcome(joined(SECURE, {"global": {"datacenter": name}}), memory)
            made.append(None)
    of_each = [list(group) for group in _split(made)]
    assert len(of_each[0]) > 50
    assert of_each[1:] == [[], []]


def _split(made: list[Any]) -> list[list[Any]]:
    groups: list[list[Any]] = [[]]
    for each in made:
        if each is None:
            groups.append([])
        else:
            groups[-1].append(each)
    return groups[:-1]


@pytest.fixture
def filled() -> Filled:
    view = schema.view(schema.complete({"global": {"datacenter": "east"}}))
    made = Forms(4).filled_from(view, LateBound())
    assert made is not None
    return made


def made_of(filled: Filled, change: Callable[[Any], Any]) -> list[Any] | None:
    """What becomes of a document with what is made of the name."""

    def make() -> list[Document]:
        name = filled.values["global"]["datacenter"]
        return [Document({"kind": "ConfigMap", "data": change(name)}, "it.yaml")]

    documents = filled.documents("it", make)
    return None if documents is None else [document.data["data"] for document in documents]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda name: {"a": name}, {"a": "east"}),
        (
            lambda name: [f"-dc={name}", {"b": [f"{name}.{name}"]}, "c"],
            ["-dc=east", {"b": ["east.east"]}, "c"],
        ),
        (lambda name: {"a": name or "none", "b": name != ""}, {"a": "east", "b": True}),
        (lambda name: {"a": {"east": 1}}, {"a": {"east": 1}}),
    ],
)
def test_a_hole_is_filled(filled: Filled, change: Callable[[Any], Any], expected: Any) -> None:
    assert made_of(filled, change) == [expected]


def test_a_checksum_is_that_of_what_is_filled(filled: Filled) -> None:
    late = LateBound()

    def summed(name: str) -> Any:
        return {
            "a": filled.sums.hole(f"all of {filled.sums.hole(name)}"),
            "b": filled.sums.hole("of nothing else"),
        }

    inner = checksum_of("east", late)
    of_nothing = filled.sums.hole("of nothing else")
    assert made_of(filled, summed) == [
        {"a": checksum_of(f"all of {inner}", late), "b": checksum_of("of nothing else", late)}
    ]
    assert of_nothing.startswith(OPEN)


@pytest.mark.parametrize(
    "change",
    [
        lambda name: {"a": name == "east"},
        lambda name: {"a": name != "west"},
        lambda name: {"a": operator.eq("east", name)},
        lambda name: {"a": name in ("east", "west")},
        lambda name: {"a": name.upper()},
        lambda name: {"a": name[:3]},
        lambda name: {"a": name[3:]},
        lambda name: {"a": [*name]},
        lambda name: {name: "a"},
        lambda name: {"a": {f"x-{name}": "b"}},
        lambda name: {"a": 1 / 0},
    ],
)
def test_what_looks_at_a_name_has_no_form(filled: Filled, change: Callable[[Any], Any]) -> None:
    assert made_of(filled, change) is None


def test_what_a_checksum_is_of_has_whole_holes(filled: Filled) -> None:
    assert made_of(filled, lambda name: {"a": filled.sums.hole(name.upper())}) is None


def test_a_hole_is_no_text_of_a_source() -> None:
    for place, hole in HOLES.items():
        assert hole.startswith(OPEN)
        with pytest.raises(NoForm):
            assert hole == ".".join(place)
        assert hole == Hole(str(hole))


def test_what_depends_on_two_names_being_one_has_no_form() -> None:
    view = schema.view(
        schema.complete(
            {"global": {"datacenter": "a", "federation": {"enabled": True, "primaryDatacenter": "a"}}}
        )
    )
    filled = Forms(4).filled_from(view, LateBound())
    assert filled is not None
    with pytest.raises(NoForm):
        assert Settings(filled.values).federation_secondary


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_have_forms(path: Any) -> None:
    memory = compiler.Memory(Traces())
    values = yaml.safe_load(path.read_text())
    for name in ("dc1", "dc2"):
        given = joined(values, {"global": {"datacenter": name}})
        assert outcome(given, memory) == outcome(given)


def test_what_has_something_else_than_a_name_has_no_holes() -> None:
    for name in ("a b", "", None, 5, ["a"]):
        view = schema.view(schema.complete({"global": {"datacenter": name}}))
        assert isinstance(view, Section)
        assert Forms(4).filled_from(view, LateBound()) is None
