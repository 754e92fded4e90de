"""What an upgrade restarts: pods whose configuration changed, and no others."""

from __future__ import annotations

from typing import Any

import pytest

import chartgen
from chartgen import values

BASE: dict[str, Any] = {
    "global": {"name": "consul", "metrics": {"enabled": True, "enableAgentMetrics": True}},
    "server": {"replicas": 3},
    "client": {"enabled": True},
}
WORKLOADS = ("StatefulSet", "DaemonSet", "Deployment")


def pods(given: dict[str, Any]) -> dict[str, Any]:
    """The pod template of each workload, by its name."""
    found = (data for _, data in chartgen.compile(given).objects("r"))
    return {one["metadata"]["name"]: one["spec"]["template"] for one in found if one["kind"] in WORKLOADS}


def restarted(change: dict[str, Any]) -> set[str]:
    before, after = pods(BASE), pods(values.effective(change, BASE))
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"server": {"extraConfig": '{"log_level": "debug"}'}}, {"consul-server"}),
        ({"server": {"logLevel": "debug"}}, {"consul-server"}),
        ({"client": {"extraConfig": '{"log_level": "debug"}'}}, {"consul-client"}),
        ({"global": {"metrics": {"agentMetricsRetentionTime": "2m"}}}, {"consul-server", "consul-client"}),
        (
            {"global": {"imageConsulDataplane": "registry.example.com/dataplane:1"}},
            {"consul-connect-injector"},
        ),
        # a workload of its own, beside those that are there
        ({"syncCatalog": {"enabled": True}}, set()),
        ({"server": {"disruptionBudget": {"enabled": False}}}, set()),
    ],
    ids=lambda one: str(sorted(one)) if isinstance(one, set) else str(one),
)
def test_only_what_changed(change: dict[str, Any], expected: set[str]) -> None:
    assert restarted(change) == expected
