"""What chartgen refuses of values' parts, the API server refuses; the like that chartgen takes, it admits."""

from __future__ import annotations

from typing import Any

import pytest

import chartgen
from tests.cluster.api import Refusal
from tests.cluster.conftest import Cluster
from tests.test_refused import BASE, CASES


def refusals(cluster: Cluster, values: Any, *, strict: bool) -> list[Refusal]:
    chart = chartgen.compile([BASE, values], strict=strict)
    return [*cluster.asker.refusals((data for _, data in chart.objects("consul", "default")), "default")]


@pytest.mark.parametrize("name", CASES)
def test_refused(cluster: Cluster, name: str) -> None:
    minor = int(cluster.version.split(".")[1])
    taken = minor >= CASES[name].get("since", minor + 1) or minor <= CASES[name].get("until", 0)
    assert bool(refusals(cluster, CASES[name]["refused"], strict=False)) is not taken


@pytest.mark.parametrize("name", CASES)
def test_admitted(cluster: Cluster, name: str) -> None:
    assert refusals(cluster, CASES[name]["admitted"], strict=True) == []


@pytest.mark.parametrize("name", ["default", "all"])
def test_the_longest_name_of_a_release(cluster: Cluster, name: str) -> None:
    everything = {
        "global": {"tls": {"enabled": True}, "gossipEncryption": {"autoGenerate": True}},
        "meshGateway": {"enabled": True},
        "ingressGateways": {"enabled": True},
    }
    chart = chartgen.compile(everything if name == "all" else {})
    assert chart.release_name is not None

    def asked(release: str) -> list[Refusal]:
        return [*cluster.asker.refusals((data for _, data in chart.objects(release, "default")), "default")]

    assert asked("r" * chart.release_name.most) == []
    assert asked("r" * (chart.release_name.most + 1))
