"""From install to uninstall, and again: every example and every compiled set, by the real Helm, on a real API server.

The names of ClusterRoles and definitions are one to a cluster, so the releases come one after another.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chartgen
from chartgen import names
from tests import compiled
from tests.cluster.api import GONE, NAMES, Api
from tests.cluster.conftest import PAIRS, Cluster
from tests.cluster.helm import Failed
from tests.cluster.kept import as_stored, dropped

RELEASE = "mesh"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
DOCUMENT = compiled.ROOT / "docs" / "uninstalling.md"
# each example on every pair of versions, the compiled sets dealt out
CASES = [
    pytest.param(pair, path, id=f"{path.stem}-{pair}")
    for turn, pair in enumerate(PAIRS)
    for number, path in enumerate((*compiled.EXAMPLES, *compiled.SETS))
    if path in compiled.EXAMPLES or number % len(PAIRS) == turn
]
Name = tuple[str, str]


@pytest.mark.parametrize(("cluster", "path"), CASES, indirect=["cluster"])
def test_from_install_to_uninstall(cluster: Cluster, path: Path, tmp_path: Path) -> None:
    chart = chartgen.compile(path)
    changed = chartgen.compile([path, {"global": {"logLevel": "warn"}}], version="0.2.0")
    first, second = chart.write_archive(tmp_path / "first.tgz"), changed.write_archive(tmp_path / "second.tgz")
    namespace = f"of-{path.stem}"
    if gone := {data["kind"] for _, data in chart.objects(RELEASE, namespace)} & GONE.keys():
        with pytest.raises(Failed, match="|".join(gone)):
            cluster.helm.install(RELEASE, first, namespace)
        return
    make_priorities(cluster.api, chart, namespace)
    before = everything(cluster.api, namespace)
    try:
        cluster.helm.install(RELEASE, first, namespace)
        kept(cluster, chart, namespace, "install")
        cluster.helm.upgrade(RELEASE, second, namespace)
        kept(cluster, changed, namespace, "upgrade")
        cluster.helm.rollback(RELEASE, 1, namespace)
        kept(cluster, chart, namespace, "rollback")
        cluster.helm.test(RELEASE, namespace)
        cluster.helm.uninstall(RELEASE, namespace)
        documented = said_to_stay(changed, namespace)
        left = settled(lambda: everything(cluster.api, namespace) - before, documented)
        assert left == documented
        cluster.helm.install(RELEASE, first, namespace)
    finally:
        wipe(cluster.api, namespace, before)


# ---------------------------------------------------------------- what is there


def make_priorities(api: Api, chart: chartgen.Chart, namespace: str) -> None:
    """The priority classes that the pods name: the cluster's, as a user of them has them, or no pod is made."""
    for _, data in chart.objects(RELEASE, namespace, upgrade=True):
        pod = data.get("spec", {}).get("template", {}).get("spec", {}) if data["kind"] in WORKLOADS else {}
        name = pod.get("priorityClassName") or ""
        if name and not name.startswith("system-"):
            metadata = {"name": name}
            api.apply({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata, "value": 1})


def kept(cluster: Cluster, chart: chartgen.Chart, namespace: str, moment: str, release: str = RELEASE) -> None:
    """Each object of the chart is on the server as it was written, and each hook of the moment ended well."""
    hooks = {f"pre-{moment}", f"post-{moment}"}
    expected_hooks = set()
    for file, data in chart.objects(release, namespace, upgrade=moment == "upgrade"):
        annotations = data["metadata"].get("annotations") or {}
        moments = {one.strip() for one in annotations.get("helm.sh/hook", "").split(",") if one.strip()}
        if moments & hooks:
            expected_hooks.add((data["kind"], data["metadata"]["name"]))
        if moments and (not moments & hooks or "hook-succeeded" in annotations.get("helm.sh/hook-delete-policy", "")):
            continue
        if moment == "rollback" and moments:
            continue
        live = cluster.api.live(data, namespace)
        name = f"{file}: {data['kind']} {data['metadata']['name']}"
        if not live and _ended_by_a_hook(data):
            continue
        assert live, name
        assert not list(dropped(as_stored(data), live)), name
    told = cluster.helm.status(release, namespace)
    ran = {
        (one["kind"], one["name"])
        for one in told.get("hooks", [])
        if set(one["events"]) & hooks and one["last_run"]["phase"] == "Succeeded"
    }
    assert moment == "rollback" or ran == expected_hooks
    assert told["info"]["status"] == "deployed"


def _ended_by_a_hook(data: dict[str, Any]) -> bool:
    return bool(data["kind"] == "Job")


def everything(api: Api, namespace: str) -> set[Name]:
    """(kind, name) of what is in the namespace, and of what is in none."""
    return {(kind, name) for kind, name, _ in _all(api, namespace)}


# made by Kubernetes itself, or kept up by controllers for what is counted anyway
_PASSING = {"Event", "Node", "Namespace", "APIService", "Lease", "FlowSchema", "PriorityLevelConfiguration", "IPAddress",
            "PersistentVolume", "ComponentStatus", "ServiceCIDR", "CSINode"}  # fmt: skip
_OWN = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}


def _all(api: Api, namespace: str) -> Iterator[tuple[str, str, str]]:
    """(kind, name, path) of what is in the namespace, and of what is in none."""
    for root in api.groups():
        for kind, (pattern, namespaced) in api.kinds(root).items():
            if kind in _PASSING:
                continue
            folder = pattern.format(f"namespaces/{namespace}/" if namespaced else "")
            for one in api.listed(folder, NAMES):
                name = one["metadata"]["name"]
                if (kind, name) not in _OWN:
                    yield kind, name, f"{folder}/{name}"


def settled(look: Callable[[], set[Name]], expected: set[Name]) -> set[Name]:
    """What is there once the garbage collector is done: as soon as it is what is expected, or after a while."""
    for _ in range(60):
        if (found := look()) == expected:
            break
        time.sleep(0.5)
    return found


def wipe(api: Api, namespace: str, before: set[Name]) -> None:
    """Removes what a release left, so that the next one is the first.

    What makes others goes first: a StatefulSet makes claims anew. What was made meanwhile goes the next time round.
    """
    for _ in range(60):
        left = [each for each in _all(api, namespace) if each[:2] not in before]
        if not left:
            break
        for _, _, path in sorted(left, key=lambda each: each[0] not in WORKLOADS):
            api.request(f"{path}?propagationPolicy=Background", "DELETE")
        time.sleep(0.5)
    api.request(f"/api/v1/namespaces/{namespace}", "DELETE")
    api.forget_namespaces()


# ---------------------------------------------------------------- what the documentation says


def documented() -> list[tuple[set[str], str]]:
    """(kinds, name) of each row of the page's first table."""
    rows = re.findall(r"^\| ([^|]*) \| `([^|`]*)` \|", DOCUMENT.read_text("utf-8"), re.M)
    return [(set(re.findall(r"`(\w+)`", kinds)), name) for kinds, name in rows]


def said_to_stay(chart: chartgen.Chart, namespace: str) -> set[Name]:
    """What the page says that this chart leaves behind."""
    full = names.full(chart.values, RELEASE)
    objects = [data for _, data in chart.objects(RELEASE, namespace, upgrade=True)]
    there = {(data["kind"], data["metadata"]["name"]) for data in objects}
    for data in objects:
        for claim in data.get("spec", {}).get("volumeClaimTemplates", []) if data["kind"] == "StatefulSet" else []:
            for number in range(data["spec"]["replicas"]):
                there.add(("PersistentVolumeClaim", f"{claim['metadata']['name']}-{data['metadata']['name']}-{number}"))
    stays = set()
    for kinds, pattern in documented():
        wanted = re.escape(pattern.replace("NAMESPACE", namespace[:58]).replace("NAME", full)).replace("NUMBER", r"\d+")
        stays |= {(kind, name) for kind, name in there if kind in kinds and re.fullmatch(wanted, name)}
    return stays
