"""What chartgen refuses of a patched object, the API server refuses; the like that chartgen takes, it admits."""

from __future__ import annotations

import pytest

import chartgen
from chartgen.alter import patches
from tests.cluster.api import Refusal
from tests.cluster.conftest import Cluster
from tests.test_patches import REFUSED, file_of, read


def refusals(cluster: Cluster, name: str, way: str) -> list[Refusal]:
    """What the server says of the patched objects; chartgen is not asked whether it takes them."""
    chart = chartgen.compile({})
    patched = patches.applied(chart.documents, (read(file_of(name, way)),), chart.late)
    assert not patched.findings
    objects = chart._replace(documents=patched.documents).objects("consul", "default")
    return [*cluster.asker.refusals((data for _, data in objects), "default")]


@pytest.mark.parametrize("name", REFUSED)
def test_refused(cluster: Cluster, name: str) -> None:
    assert refusals(cluster, name, "refused")


@pytest.mark.parametrize("name", REFUSED)
def test_admitted(cluster: Cluster, name: str) -> None:
    assert refusals(cluster, name, "admitted") == []
