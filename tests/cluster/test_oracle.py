"""What strict mode accepts, the API server admits: values drawn from the schema, and what was found by drawing before.

The drawn sets are kept, and so the same in each run. `python -m tests.cluster draw` draws new ones for as long as one
likes, and collects what is refused; `python -m tests.cluster keep` replaces the kept ones.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import chartgen
from tests.cluster import drawing, oracle
from tests.cluster.conftest import PAIRS, Cluster
from tests.cluster.control_plane import HERE


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


DRAWN, FOUND = lines(oracle.DRAWN.name), lines("found.jsonl")


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_what_is_drawn_and_accepted_is_admitted(cluster: Cluster) -> None:
    accepted = 0
    for one in DRAWN:
        try:
            chart = chartgen.compile(drawing.of_json(one).values)
        except chartgen.Rejected:
            continue
        accepted += 1
        assert list(oracle.refusals(chart, cluster.asker)) == [], one
    # a set that is refused today says nothing: with too many of them, `keep` draws new ones
    assert accepted > len(DRAWN) * 3 / 4


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
@pytest.mark.parametrize("found", FOUND, ids=lambda one: one["message"][:60])
def test_what_was_refused_once_is_rejected_or_admitted(cluster: Cluster, found: dict[str, Any]) -> None:
    try:
        chart = chartgen.compile(drawing.of_json(found).values)
    except chartgen.Rejected:
        return
    assert list(oracle.refusals(chart, cluster.asker)) == []
