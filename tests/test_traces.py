"""What is taken over from other values is what these would have come to: to the byte, whatever came before."""

from __future__ import annotations

import copy
import gc
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen import Rejected, compiler, schema
from chartgen.diagnostics import Diagnostic
from chartgen.values.inputs import Inputs, Read
from chartgen.values.reads import Section, SetAside, view
from chartgen.values.traces import Traces
from tests import fleets
from tests.compiled import EXAMPLES, ROOT, SETS

CASES = ROOT / "tests" / "cases"
OBSERVED = [
    *EXAMPLES,
    *SETS,
    *sorted((CASES / "accepted").glob("*.yaml")),
    *sorted((CASES / "rejected").glob("*/values.yaml")),
]
Result = tuple[tuple[Diagnostic, ...], bytes]


def result(given: Read, options: compiler.Options, memory: compiler.Memory | None = None) -> Result:
    """What a compilation says, and the archive that it makes."""
    try:
        chart = compiler.compile_sources(given, options, memory)
    except Rejected as rejected:
        return rejected.diagnostics, b""
    return chart.diagnostics, chart.archive()


def alike(all_files: Sequence[Sequence[str]], memory: compiler.Memory) -> int:
    """Compiles each set of files with the memory, and without; returns how many made a chart."""
    charts = 0
    for number, files in enumerate(all_files):
        options = compiler.Options(name=f"chart-{number}", strict=number % 3 > 0)
        given = Inputs(tuple(files)).read()
        with_memory = result(given, options, memory)
        assert with_memory == result(given, options), files
        charts += bool(with_memory[1])
    return charts


@pytest.mark.parametrize("seed", [1, 2])
def test_observed_sets_in_any_order(seed: int) -> None:
    shuffled = [[str(path)] for path in OBSERVED]
    random.Random(seed).shuffle(shuffled)
    defaults = copy.deepcopy(schema.defaults())
    assert alike(shuffled, compiler.Memory(Traces())) > 60
    # values hold the defaults themselves, which nobody may have changed
    assert schema.defaults() == defaults


def test_a_fleet(tmp_path: Path) -> None:
    layers = fleets.written(tmp_path, 60, mistakes=0.2)
    assert 30 < alike(layers, compiler.Memory(Traces())) < 60


def test_what_little_is_kept_is_right_too(tmp_path: Path) -> None:
    assert alike(fleets.written(tmp_path, 15, seed=3), compiler.Memory(Traces(most=1))) == 15


def test_each_option_has_answers_of_its_own() -> None:
    memory = compiler.Memory(Traces())
    for number, path in enumerate([*EXAMPLES, *EXAMPLES]):
        options = compiler.Options(kube_version=("1.30", None, "1.35")[number % 3])
        given = Inputs((str(path),)).read()
        assert result(given, options, memory) == result(given, options)


SECTIONS: dict[str, Any] = {"a": {"b": {}}}
LEAF = st.sampled_from(
    [0, 1, True, False, 1.0, 0.0, -0.0, "", "1", None, [], [1], [True], {}, {"x": 1}, {"x": True}]
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        # effective values have their keys in one order, whatever the order that they were written in
        "a": st.one_of(
            LEAF,
            st.fixed_dictionaries(
                {"c": LEAF},
                optional={"b": st.one_of(LEAF, st.fixed_dictionaries({}, optional={"d": LEAF, "e": LEAF}))},
            ),
        ),
        "f": LEAF,
    },
).map(lambda drawn: _in_order(drawn))
READERS: dict[str, Any] = {
    "a value": lambda values: values.get("f"),
    "a value below": lambda values: _step(_step(values.get("a"), "b"), "d"),
    "what there is": lambda values: [*values],
    "all there is below": lambda values: _all(values.get("a")),
    "one by another": lambda values: values.get("f") or _step(values.get("a"), "c"),
    "whether it is there": lambda values: ("f" in values, len(values)),
}


def _in_order(node: Any) -> Any:
    return {key: _in_order(node[key]) for key in sorted(node)} if isinstance(node, dict) else node


def _step(node: Any, key: str) -> Any:
    return node.get(key) if isinstance(node, Section) else ("no section", node)


def _all(node: Any) -> Any:
    return node.plain() if isinstance(node, Section) else ("no section", node)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=8))
def test_an_answer_is_what_the_reader_would_say(drawn: list[dict[str, Any]]) -> None:
    traces = Traces()
    for data in drawn:
        seen = view(data, SECTIONS)
        for name, reader in READERS.items():
            try:
                expected, paths = seen.reads.of(partial(reader, seen))
            except SetAside:
                # what cannot be read at all cannot be taken over either
                with pytest.raises(SetAside):
                    traces.of(name, seen, partial(reader, seen))
                continue
            said, read = traces.of(name, seen, partial(reader, seen))
            assert repr(said) == repr(expected)
            assert read == paths


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=8))
def test_what_others_say_together_is_what_each_would_say(drawn: list[dict[str, Any]]) -> None:
    traces = Traces()

    def together(seen: Section, names: Sequence[str]) -> list[str]:
        return [repr(traces.of(name, seen, partial(READERS[name], seen))[0]) for name in names]

    def one_by_one(seen: Section, names: Sequence[str]) -> list[str]:
        return [repr(READERS[name](seen)) for name in names]

    for data in drawn:
        seen = view(data, SECTIONS)
        for names in (["a value"], ["a value below", "one by another"], [*READERS]):
            said_by = partial(
                traces.unmoved, "together", seen, partial(together, seen, names), also=tuple(names)
            )
            try:
                expected, paths = seen.reads.of(partial(one_by_one, seen, names))
            except SetAside:
                with pytest.raises(SetAside):
                    said_by()
                continue
            said, read = seen.reads.of(said_by)
            assert said == expected
            assert read == paths


def test_what_was_said_together_is_not_asked_again() -> None:
    traces, asked = Traces(), []
    values = [schema.view(schema.complete({"global": {"datacenter": name}})) for name in ("a", "b")]

    def reader(seen: Section, key: str) -> None:
        asked.append(key)
        seen["global"][key]

    for seen in (*values, *values):
        for key in ("datacenter", "domain"):
            traces.unmoved(key, seen, partial(reader, seen, key))
    assert asked == ["datacenter", "domain", "datacenter", "datacenter"]


def test_what_is_kept_does_not_grow_with_what_decides_on_it() -> None:
    traces, values = Traces(most=3), schema.view(schema.complete(schema.defaults()))
    for number in range(20):
        also = frozenset([number])
        for _ in range(2):
            assert traces.of("it", values, lambda: values["global"]["name"], also=also)[0] is None
            assert traces.unmoved("all", values, lambda: values["global"]["domain"], also) == "consul"
    assert len(traces._of_first) == 2


def test_what_a_build_made_is_gone_with_it(tmp_path: Path) -> None:
    # to look for what only refers to itself takes longer than all that a file's rules take
    layers = fleets.written(tmp_path, 4)
    memory, before = compiler.Memory(Traces()), gc.isenabled()
    result(Inputs(layers[0]).read(), compiler.Options(), memory)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for files in layers[1:]:
            result(Inputs(files).read(), compiler.Options(), memory)
        gc.collect()
        left = {
            f"{each.__module__}.{each.__qualname__}" for each in gc.garbage if isinstance(each, FunctionType)
        }
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        if before:
            gc.enable()
    # templates that are not compiled ahead are Jinja's
    assert not {name for name in left if name.startswith("chartgen.")}


def test_what_fails_is_not_kept() -> None:
    traces, values = Traces(), schema.view(schema.complete(schema.defaults()))
    asked = []

    def fails() -> None:
        asked.append(1)
        raise ValueError("no answer")

    for _ in range(2):
        with pytest.raises(ValueError, match="no answer"):
            traces.of("it", values, fails)
    assert len(asked) == 2
    # and what is asked again is not asked of the reader
    traces.of("it", values, lambda: asked.append(2))
    traces.of("it", values, lambda: asked.append(3))
    assert asked == [1, 1, 2]
