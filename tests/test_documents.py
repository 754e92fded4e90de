"""Every compiled set: Helm lints it clean and renders the objects that chartgen lists; the order of keys changes nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml12

import chartgen
from chartgen.values import source
from tests import compiled, engine


@pytest.mark.parametrize("path", compiled.SETS, ids=lambda path: path.stem)
def test_helm_takes_the_chart(path: Path, tmp_path: Path) -> None:
    chart = compiled.chart(path)
    folder = chart.write(tmp_path / "consul")
    assert engine.lint(folder) == []
    rendered = engine.objects(folder, release="mesh", namespace="consul", upgrade=True)
    listed = [
        one
        for one in yaml12.parse_yaml(
            chart.manifests("mesh", "consul", upgrade=True, every_hook=True), multi=True
        )
        if one
    ]
    assert sorted(rendered, key=identity) == sorted(listed, key=identity)


def identity(data: dict[str, Any]) -> tuple[str, str]:
    return data["kind"], data["metadata"]["name"]


@pytest.mark.parametrize("path", [*compiled.EXAMPLES, *compiled.SETS], ids=lambda path: path.stem)
def test_the_order_of_keys_changes_nothing(path: Path) -> None:
    shuffled = mixed(source.read_file(str(path)).data, random.Random(path.stem))
    assert chartgen.compile(shuffled).files == compiled.chart(path).files


def mixed(node: Any, order: random.Random) -> Any:
    """The same data with the keys of every map in another order."""
    if isinstance(node, dict):
        keys = list(node)
        order.shuffle(keys)
        return {key: mixed(node[key], order) for key in keys}
    if isinstance(node, list):
        return [mixed(item, order) for item in node]
    return node


# what has pods ask for ports of their node
HOST_PORTS: dict[str, dict[str, Any]] = {
    "agents": {"client": {"enabled": True, "exposeGossipPorts": True}},
    "agents on the host's network": {
        "global": {"tls": {"enabled": True, "httpsOnly": False}},
        "client": {"enabled": True, "hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"},
    },
    "servers": {"server": {"exposeGossipAndRPCPorts": True, "ports": {"serflan": {"port": 9301}}}},
    "mesh gateway": {"meshGateway": {"enabled": True, "hostPort": 9443}},
    "mesh gateway on the host's network": {
        "meshGateway": {"enabled": True, "hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    },
}


@pytest.mark.parametrize("name", HOST_PORTS)
def test_a_policy_allows_the_host_ports_of_its_pods(name: str) -> None:
    values = HOST_PORTS[name]
    policies = {**values, "global": {**values.get("global", {}), "enablePodSecurityPolicies": True}}
    made = [one for _, one in chartgen.compile(policies).objects("mesh", "consul")]
    allowed = {one["metadata"]["name"]: one["spec"] for one in made if one["kind"] == "PodSecurityPolicy"}
    asked = []
    for one in made:
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        policy = allowed.get(pod.get("serviceAccountName"), {})
        on_host = pod.get("hostNetwork", False)
        assert policy.get("hostNetwork", False) or not on_host
        for port in [port for each in pod.get("containers", ()) for port in each.get("ports", ())]:
            number = port.get("hostPort") or (port["containerPort"] if on_host else None)
            if number is not None:
                asked.append(number)
                ranges = policy.get("hostPorts") or ()
                assert any(each["min"] <= number <= each["max"] for each in ranges), number
    assert asked
