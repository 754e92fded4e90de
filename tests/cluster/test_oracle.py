"""What strict mode accepts, the API server admits: values drawn from the schema, and what was found by drawing before.

`python -m tests.cluster draw` draws for as long as one likes, and collects.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, assume, given, settings

import chartgen
from tests.cluster import drawing, oracle
from tests.cluster.conftest import PAIRS, Cluster
from tests.cluster.control_plane import HERE

FOUND = [json.loads(line) for line in (HERE / "found.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
def test_what_is_drawn_and_accepted_is_admitted(cluster: Cluster) -> None:
    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(drawing.sets())
    def admitted(drawn: drawing.Drawn) -> None:
        found = oracle.accepted(drawn)
        assume(found)
        assert found
        assert list(oracle.refusals(found[1], cluster.asker)) == []

    admitted()


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
@pytest.mark.parametrize("found", FOUND, ids=lambda one: one["message"][:60])
def test_what_was_refused_once_is_rejected_or_admitted(cluster: Cluster, found: dict[str, object]) -> None:
    drawn = drawing.of_json(found)
    try:
        chart = chartgen.compile(drawn.values)
    except chartgen.Rejected:
        return
    assert list(oracle.refusals(chart, cluster.asker)) == []
