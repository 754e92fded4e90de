"""The verdict on upgrades is the cluster's: the API server refuses what is said to be refused and nothing else, and the
controllers make new revisions exactly where pods are said to restart.

Drawn pairs are few here; `python -m tests.cluster verdict COUNT` draws thousands.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from chartgen.compare.changes import Change
from tests import compiled
from tests.cluster import drawing, oracle, upgrades
from tests.cluster.conftest import PAIRS, Cluster
from tests.test_compare import CASES, objects

DRAWN = 40
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

    @seed(0)
    @settings(max_examples=DRAWN, database=None, deadline=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate])  # fmt: skip
    @given(drawing.pairs())
    def ask(pair: tuple[drawing.Drawn, drawing.Drawn]) -> None:
        charts = [chart for drawn in pair if (kept := oracle.accepted(drawn)) for _, chart in [kept]]
        if len(charts) == 2:
            found.extend(asked.disagreements(*charts))

    ask()
    assert [str(one) for one in found] == []
    assert asked.counts["changes"] > DRAWN / 2


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
