"""A release of the official chart, as it was observed, is upgraded in place.

The observations are kept beside the project; without them there is nothing to take over.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import chartgen
from tests import compiled
from tests.cluster.conftest import PAIRS, Cluster
from tests.cluster.test_lifecycle import everything, kept, make_priorities, wipe

OBSERVED = compiled.ROOT.parent / "shared" / "conformance" / "data"
# set-ups that differ in what they run, and so in what could be lost
CASES = (
    "scenario/default",
    "scenario/secure-all-clients-sync",
    "scenario/all-gateways",
    "scenario/federation-primary",
    "scenario/vault-everything",
    "scenario/snapshot-agent-secure",
    "scenario/telemetry-collector",
    "scenario/openshift",
    "scenario/cni-multus",
    "scenario/datadog",
)
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")

pytestmark = pytest.mark.skipif(not OBSERVED.is_dir(), reason="the observed objects are not beside the project")


def lines(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((OBSERVED / file).read_bytes()).splitlines()]


Observed = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


def of_cases(names: Sequence[str]) -> Observed:
    """The values and the objects of each case."""
    cases = {case["id"]: case for case in lines("cases.jsonl.gz") if case["id"] in names}
    expected = {case["id"]: case["objects"] for case in lines("expected.jsonl.gz") if case["id"] in names}
    wanted = {key for objects in expected.values() for key, _ in objects}
    objects = {seen["hash"]: seen["object"] for seen in lines("objects.jsonl.gz") if seen["hash"] in wanted}
    return {name: (cases[name], [objects[key] for key, _ in expected[name]]) for name in names}


@pytest.fixture(scope="module")
def observed() -> Observed:
    return of_cases(CASES)


def as_chart(objects: list[dict[str, Any]], folder: Path) -> Path:
    """A chart that installs these very objects."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: consul\nversion: 2.0.3\n")
    for number, one in enumerate(objects):
        # what looks like a template's action in an object is text
        text = json.dumps(one, ensure_ascii=False).replace("{{", '{{ "{{" }}')
        (folder / "templates" / f"{number:03}.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
@pytest.mark.parametrize("case", CASES)
def test_upgrade_in_place(cluster: Cluster, case: str, observed: Observed, tmp_path: Path) -> None:
    told, objects = observed[case]
    release, namespace = told["release"], told["namespace"]
    chart = chartgen.compile(told["values"], strict=False)
    make_priorities(cluster.api, chart, namespace)
    before = everything(cluster.api, namespace)
    try:
        cluster.helm.install(release, as_chart(objects, tmp_path / "official"), namespace, wait=False)
        running = [one for one in objects if "helm.sh/hook" not in (one["metadata"].get("annotations") or {})]
        # a job that set the release up is gone by now: a hook deletes it
        lived = {_name(one): live for one in running if (live := cluster.api.live(one, namespace))}
        claims = _claims(cluster, namespace)
        cluster.helm.upgrade(release, chart.write_archive(tmp_path / "ours.tgz"), namespace, "--reset-values")
        kept(cluster, chart, namespace, "upgrade", release)
        for name, then in lived.items():
            now = cluster.api.live(then, namespace)
            assert now, f"{name} is gone"
            assert now["metadata"]["uid"] == then["metadata"]["uid"], f"{name} was replaced"
        assert _claims(cluster, namespace) == claims
        rolled = {name for name, then in lived.items() if _rolled(then, cluster.api.live(then, namespace))}
        assert rolled == _spelt_differently(running, chart, release, namespace)
    finally:
        wipe(cluster.api, namespace, before)


def _name(data: dict[str, Any]) -> tuple[str, str]:
    return data["kind"], data["metadata"]["name"]


def _claims(cluster: Cluster, namespace: str) -> list[Any]:
    """What the namespace's claims are, down to the last change."""
    claims = cluster.api.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims")["items"]
    return sorted((one["metadata"]["name"], one["metadata"]["uid"], str(one["spec"])) for one in claims)


def _rolled(then: dict[str, Any], now: dict[str, Any]) -> bool:
    return then["kind"] in WORKLOADS and then["spec"]["template"] != now["spec"]["template"]


def _spelt_differently(
    official: list[dict[str, Any]], chart: chartgen.Chart, release: str, namespace: str
) -> set[tuple[str, str]]:
    """The workloads whose pods are written in other words in the chart."""
    ours = {_name(data): data for _, data in chart.objects(release, namespace, upgrade=True)}
    return {
        _name(one)
        for one in official
        if one["kind"] in WORKLOADS and _said(one["spec"]["template"]) != _said(ours[_name(one)]["spec"]["template"])
    }


def _said(node: Any) -> Any:
    """A pod template without what says nothing."""
    if isinstance(node, dict):
        return {key: _said(item) for key, item in node.items() if item not in (None, "", [], {})}
    return [_said(item) for item in node] if isinstance(node, list) else node
