"""The verdict on upgrades is the cluster's: the API server refuses what is said to be refused and nothing else, and the
controllers make new revisions exactly where pods are said to restart.

The drawn pairs are kept, and so the same in each run; `python -m tests.cluster verdict COUNT` draws thousands.
"""

from __future__ import annotations

import json

import pytest

import chartgen
from chartgen.compare.changes import Change
from tests import compiled
from tests.cluster import drawing, upgrades
from tests.cluster.conftest import PAIRS, Cluster
from tests.test_compare import CASES, objects

KEPT = [json.loads(line) for line in upgrades.PAIRS.read_text("utf-8").splitlines()]
# whether a storage class lets its volumes grow
KNOWN_TO_THE_CLUSTER = ("claim-grows",)
EXAMPLES = [*zip(compiled.EXAMPLES, compiled.EXAMPLES[1:], strict=False)]


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_cases(cluster: Cluster) -> None:
    """Each case of tests/cases/compared that is about one object of a kind that the server knows."""
    asked = upgrades.Asked(cluster.api)
    found = [
        disagreement
        for folder in CASES
        if folder.name not in KNOWN_TO_THE_CLUSTER
        for change in upgrades.changed_objects(objects(folder / "old.yaml"), objects(folder / "new.yaml"))
        if (disagreement := asked.asked(change))
    ]
    assert [str(one) for one in found] == []
    assert asked.counts["refused"] > 15 and asked.counts["restarts"] > 15 and asked.counts["stored alike"] > 5


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_between_examples(cluster: Cluster) -> None:
    asked = upgrades.Asked(cluster.api)
    found = [
        one for old, new in EXAMPLES for one in asked.disagreements(compiled.chart(old), compiled.chart(new))
    ]
    assert [str(one) for one in found] == []


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_drawn_pairs(cluster: Cluster) -> None:
    asked = upgrades.Asked(cluster.api)
    found: list[upgrades.Disagreement] = []
    for line in KEPT:
        sets = [drawing.of_json({"base": line["base"], "changes": line[side]}) for side in ("old", "new")]
        try:
            old, new = (chartgen.compile(drawn.values) for drawn in sets)
        except chartgen.Rejected:
            continue
        found += asked.disagreements(old, new)
    assert [str(one) for one in found] == []
    # pairs that are rejected today say nothing: with too many of them, `verdict COUNT --keep` draws new ones
    assert asked.counts["pairs"] > len(KEPT) * 3 / 4 and asked.counts["changes"] > len(KEPT) / 2


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_controllers_make_revisions_where_pods_are_said_to_restart(cluster: Cluster) -> None:
    cases = [
        change
        for folder in CASES
        for change in upgrades.changed_objects(objects(folder / "old.yaml"), objects(folder / "new.yaml"))
        if change.kind in ("Deployment", "StatefulSet", "DaemonSet") and not upgrades.foreseen(change).refused
    ]
    said = {_name(one): upgrades.foreseen(one).restarts for one in cases}
    assert {_name(one): upgrades.rolls(cluster.api, one) for one in cases} == said
    assert True in said.values() and False in said.values()


def _name(change: Change) -> str:
    return f"{change.title} {', '.join(one.place for one in change.fields)}"
