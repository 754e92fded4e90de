"""What differs between two states of a release, what that means to a cluster, and what an upgrade does with it.

A folder of tests/cases/compared holds the objects `old.yaml` and `new.yaml` and, in `verdict.txt`, what is to be said of
them (CHARTGEN_UPDATE_CASES=1 rewrites it). That a real API server says the same: tests/cluster/test_verdict.py.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml12

import chartgen
from chartgen import compare
from chartgen.compare.consequences import CONSEQUENCES
from chartgen.diagnostics import dotted
from chartgen.report import difference
from tests import compiled

CASES = sorted((Path(__file__).parent / "cases" / "compared").iterdir())


def objects(file: Path) -> list[dict[str, Any]]:
    return [one for one in yaml12.parse_yaml(file.read_text(encoding="utf-8"), multi=True) if one]


def told(changes: tuple[compare.Change, ...]) -> str:
    """The verdict in short, for reviewing."""
    lines = [f"{compare.consequence(changes)}, bump: {compare.bump(changes)}"]
    for one in compare.judged(changes):
        lines.append(f"\n{one.change.what} {one.change.title}")
        lines += [f"  {each.weight}: {dotted(each.path)}" for each in one.change.fields]
        lines += [
            f"  → {each.consequence}: {each.reason}" + (f"\n    {each.way}" if each.way else "")
            for each in one.effects
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_verdict(folder: Path) -> None:
    said = told(compare.changes(objects(folder / "old.yaml"), objects(folder / "new.yaml"), "consul"))
    expected = folder / "verdict.txt"
    if os.environ.get("CHARTGEN_UPDATE_CASES"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_the_way_back_concerns_the_same_fields(folder: Path) -> None:
    old, new = objects(folder / "old.yaml"), objects(folder / "new.yaml")
    there, back = compare.changes(old, new, "consul"), compare.changes(new, old, "consul")
    assert [one.title for one in there] == [one.title for one in back]
    for one, other in zip(there, back, strict=True):
        assert {(each.path, each.weight) for each in one.fields} == {
            (each.path, each.weight) for each in other.fields
        }


@pytest.mark.parametrize("path", compiled.EXAMPLES, ids=lambda path: path.stem)
def test_nothing_differs_from_itself(path: Path) -> None:
    found = [data for _, data in compiled.objects(path)]
    assert compare.changes(found, list(reversed(found))) == ()
    assert compare.bump(()) is None and compare.consequence(()) == "nothing"


@pytest.mark.parametrize(("old", "new"), [*pairwise(compiled.EXAMPLES)], ids=lambda path: path.stem)
def test_every_change_between_examples_has_a_verdict(old: Path, new: Path) -> None:
    first, second = ([data for _, data in compiled.objects(path)] for path in (old, new))
    changes = compare.changes(first, second)
    assert changes
    for one in compare.judged(changes):
        assert list(one.effects) == sorted(one.effects, key=lambda each: CONSEQUENCES.index(each.consequence))
        assert all(each.reason for each in one.effects)
        assert all(each.way and each.source for each in one.effects if each.consequence == "refused")


def test_each_kind_of_a_chart_is_among_the_cases() -> None:
    made = {
        data["kind"] for path in (*compiled.EXAMPLES, *compiled.SETS) for _, data in compiled.objects(path)
    }
    compared = {data["kind"] for folder in CASES for data in objects(folder / "old.yaml")}
    assert made - compared == set()


def test_same_meaning_of_objects() -> None:
    old = [
        data
        for _, data in chartgen.compile({"server": {"resources": {"limits": {"cpu": "1000m"}}}}).objects()
    ]
    new = [data for _, data in chartgen.compile({"server": {"resources": {"limits": {"cpu": 1}}}}).objects()]
    assert old != new
    assert all(compare.is_stored_alike(*pair) for pair in zip(old, new, strict=True))
    assert all(compare.means_the_same(*pair) for pair in zip(old, new, strict=True))


# what may stand in an object that somebody wrote by hand
ODD = (None, "", 0, True, [], {}, "x", ["x"], [None], [{}], {"a": None}, [[]], 1.5, "a\nb", {"name": None})


def mutated(data: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """The object with something odd in a few places."""
    out = copy.deepcopy(data)
    for _ in range(draw.randint(1, 3)):
        places = [path for path in _paths(out, ()) if path and path not in (("kind",), ("metadata",), ("metadata", "name"))]
        if places:
            *above, last = draw.choice(places)
            node: Any = out
            for key in above:
                node = node[key]
            node[last] = copy.deepcopy(draw.choice(ODD))
    return out


def _paths(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, item in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _paths(item, (*path, key))


@pytest.mark.parametrize("number", range(8))
def test_odd_objects_are_compared_like_any_other(number: int) -> None:
    """Manifests may hold what no API server takes."""
    draw = random.Random(number)
    pool = [one for folder in CASES for one in objects(folder / "old.yaml")]
    pool += [data for _, data in compiled.objects(compiled.ROOT / "examples" / "federation-primary.yaml")]
    for _ in range(60):
        one = draw.choice(pool)
        old, new = mutated(one, draw), mutated(one, draw)
        changes = compare.changes([old], [new], "consul")
        found = difference.Difference("a", "b", compare.judged(changes), compare.advice(changes), compare.bump(changes))
        assert old != new or changes == ()
        assert difference.text(found, spelling=True) and difference.markdown(found, spelling=True)
        assert json.dumps(difference.data(found))
