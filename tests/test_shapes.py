"""Values of every odd shape in every place: a check keeps what it promises, and nothing trips over one."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import compiler, explain, schema
from chartgen.compiler import Options
from chartgen.diagnostics import Path as ValuePath
from chartgen.diagnostics import Rejected, any_error, dotted
from chartgen.values import source
from chartgen.values.inputs import Read

SHAPES: tuple[Any, ...] = (
    None, [], ["a", 1, None], {}, {"a": {"b": [1]}}, 0, -3, 2.5, "", "text", "a: b\n", True, False, [[["x"]]],
    {"": None}, "\x07", "two\nlines", "x" * 300, [{}], [{"name": None}], [{"a": 1}, "b"],
)  # fmt: skip
# nearly everything is on, so that nearly every value is read
EVERYTHING = yaml.safe_load((Path(__file__).parent / "data/everything-on.yaml").read_text())
PLACES = list(schema.leaves())


def drawn(seed: str, number: int) -> list[tuple[ValuePath, Any]]:
    pick = random.Random(seed)
    return [(pick.choice(PLACES), pick.choice(SHAPES)) for _ in range(number)]


def read(values: Any, path: ValuePath, value: Any) -> Read:
    whole = copy.deepcopy(values)
    node = whole
    for key in path[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[path[-1]] = value
    return Read((source.from_mapping(whole),))


def built(given: Read, options: Options) -> bool:
    """Whether a chart comes out, and manifests of it; anything but a rejection is a bug, and comes through."""
    try:
        compiler.compile_sources(given, options).manifests("consul", "default")
    except Rejected as rejected:
        assert any_error(rejected.diagnostics)
        return False
    return True


def test_what_the_odd_values_are_put_into_is_valid() -> None:
    given = Read((source.from_mapping(EVERYTHING),))
    assert not any_error(compiler.verdict(given, Options()).diagnostics)
    assert built(given, Options())


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize(("path", "value"), drawn("check", 60), ids=lambda one: str(one)[:40])
def test_what_a_check_lets_pass_is_built(path: ValuePath, value: Any, strict: bool) -> None:
    given, options = read(EVERYTHING, path, value), Options(strict=strict)
    assert any_error(compiler.verdict(given, options).diagnostics) != built(given, options)


@pytest.mark.parametrize(("path", "value"), drawn("explain", 15), ids=lambda one: str(one)[:40])
def test_explain_takes_whatever_a_file_holds(path: ValuePath, value: Any) -> None:
    checked = compiler.verdict(read({}, path, value), Options(strict=False))
    assert dotted(path) in explain.answer(dotted(path), checked)


# what was met with such values before
MET = [
    ({"podSecurityContext": "text", "server": {"extraContainers": "a: b\n"}, "image": {"tag": "x"}}, False),
    ({"ConsulDnsPort": 1, "extraEnv": "a", "connectInject": {"apiGateway": [{}]}}, False),
    ({"ui": {"service": {"annotations": ["a", 1, None]}}}, False),
    ({"server": {"extraLabels": [{"name": None}]}}, False),
    ({"connectInject": {"initContainer": ["a", 1, None]}}, False),
    ({"server": {"annotations": 3}}, False),
    ({"server": {"storageClass": "\x07"}}, True),
    ({"global": {"domain": "two\nlines"}}, True),
    ({"connectInject": {"apiGateway": {"managedGatewayClass": {"copyAnnotations": {"service": "x"}}}}}, True),
]


@pytest.mark.parametrize(("values", "strict"), MET, ids=str)
def test_check_and_build_agree(values: dict[str, Any], strict: bool) -> None:
    given, options = Read((source.from_mapping(values),)), Options(strict=strict)
    assert any_error(compiler.verdict(given, options).diagnostics) != built(given, options)


def test_sections_are_judged_one_by_one() -> None:
    """The schema asks for nothing between two sections, so that each can be judged by itself."""
    texts = {"$schema", "$id", "$defs", "title", "description"}
    assert schema.document().keys() - texts == {"type", "properties", "patternProperties", "additionalProperties"}
    assert schema.document()["additionalProperties"] is False
