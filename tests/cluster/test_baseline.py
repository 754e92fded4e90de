"""A release of the official chart, as it was observed, is upgraded to a chart with its spelling: nothing is to change.

Then single values are changed, and only what they concern is to roll.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import chartgen
from tests.cluster.api import GONE, NAMES, Api
from tests.cluster.conftest import PAIRS, WHOLE, Cluster
from tests.cluster.test_lifecycle import everything, make_priorities, wipe
from tests.cluster.test_takeover import OBSERVED, WORKLOADS, Observed, as_chart, of_cases

# each template with pods that any of all these set-ups has is in one of the usual ones
USUAL = (
    "scenario/everything-on", "scenario/secure-all-clients-sync", "scenario/federation-primary",
    "scenario/vault-everything", "scenario/enterprise-license-job", "scenario/sync-catalog-cleanup",
    "scenario/fullname-override", "scenario/announcement-2018-clients-only",
)  # fmt: skip
# … and those that `make test-cluster-whole` has besides
MORE = (
    "scenario/default", "scenario/everything-on@consul-ns", "scenario/secure-all", "scenario/secure-gossip-auto",
    "scenario/all-gateways", "scenario/api-gateway-tuned", "scenario/federation-secondary", "scenario/vault",
    "scenario/partitions-server-secure", "scenario/namespaces-mirroring-prefix", "scenario/cni", "scenario/cni-multus",
    "scenario/metrics-everything", "scenario/datadog-tls-acls", "scenario/telemetry-collector-secure",
    "scenario/snapshot-agent-secure", "scenario/dns-proxy-secure", "scenario/external-servers-tls-acls",
    "scenario/trusted-cas", "scenario/extra-config", "scenario/scheduling-everything", "scenario/labels-everything",
)  # fmt: skip
CASES = USUAL + MORE if WHOLE else USUAL
# each case on one pair of versions
DEALT = [
    pytest.param(pair, case, id=f"{case.rpartition('/')[2]}-{pair}")
    for turn, pair in enumerate(PAIRS)
    for number, case in enumerate(CASES)
    if number % len(PAIRS) == turn
]
# a change of values, and the kind and the end of the name of the workload that it concerns
CHANGES = (
    ("connectInject.resources.requests.cpu=37m", "Deployment", "-connect-injector"),
    ('server.extraConfig={"log_level": "DEBUG"}'.replace(",", "\\,"), "StatefulSet", "-server"),
    ("client.resources.requests.cpu=37m", "DaemonSet", "-client"),
)

pytestmark = pytest.mark.skipif(
    not OBSERVED.is_dir(), reason="the observed objects are not beside the project"
)


@pytest.fixture(scope="module")
def observed() -> Observed:
    return of_cases(CASES)


class State(NamedTuple):
    """What a release is: the identity and generation of each of its objects, what definitions define, its pods."""

    objects: dict[tuple[str, str], tuple[str, int]]
    pods: dict[str, str]
    schemas: dict[str, Any]


def state(api: Api, objects: list[dict[str, Any]], namespace: str) -> tuple[State, bool]:
    """What a release is now, but for what definitions define, and whether controllers have seen all of it."""
    wanted = {api.paths(data, namespace)[1] for data in objects}
    kinds = {(data["kind"], api.paths(data, namespace)[0]) for data in objects}
    found, seen = {}, True
    for kind, folder in kinds:
        is_rolled = kind in WORKLOADS
        for data in api.listed(folder, "" if is_rolled else NAMES):
            metadata = data["metadata"]
            if f"{folder}/{metadata['name']}" in wanted:
                generation = metadata.get("generation", 0)
                found[kind, metadata["name"]] = metadata["uid"], generation
                seen &= not is_rolled or data["status"].get("observedGeneration") == generation
    pods = {
        pod["metadata"]["name"]: pod["metadata"]["uid"]
        for pod in api.listed(f"/api/v1/namespaces/{namespace}/pods")
        if pod["status"].get("phase") == "Running"
        and any(owner["kind"] != "Job" for owner in pod["metadata"].get("ownerReferences", []))
    }
    return State(found, pods, {}), seen


def at_rest(api: Api, objects: list[dict[str, Any]], namespace: str) -> State:
    """The state once nothing moves: the same in a row of looks, after controllers have seen it."""
    last, looks = None, 0
    for _ in range(240):
        now, seen = state(api, objects, namespace)
        last, looks = now, looks + 1 if seen and now == last else 0
        if looks == 5:
            return now._replace(schemas=schemas(api, objects, namespace))
        time.sleep(0.5)
    raise AssertionError("the release does not come to rest")


def schemas(api: Api, objects: list[dict[str, Any]], namespace: str) -> dict[str, Any]:
    definitions = [data for data in objects if data["kind"] == "CustomResourceDefinition"]
    return {data["metadata"]["name"]: api.live(data, namespace).get("spec") for data in definitions}


def built(values: Path, output: Path, *options: str) -> Path:
    """The archive of a chart, as a user builds it."""
    command = [sys.executable, "-m", "chartgen", "build", "-f", values.name, "--lenient", "-o", str(output)]
    done = subprocess.run(
        [*command, "--format", "json", *options],
        cwd=values.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return values.parent / json.loads(done.stdout)["chart"]["archive"]


def without_refused(
    objects: list[dict[str, Any]], release: str, folder: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """The objects that the server takes, and the flags with which a build makes none of the others: those of kinds that are
    gone, and an Ingress to nowhere."""
    gone = [data for data in objects if data["kind"] in GONE]
    nowhere = [data for data in objects if data["kind"] == "Ingress" and not data["spec"].get("rules")]
    flags = ["--set", "ui.ingress.enabled=false"] if nowhere else []
    if gone:
        patches = [
            {
                "kind": data["kind"],
                "name": data["metadata"]["name"].removeprefix(f"{release}-"),
                "merge": {"$patch": "delete"},
            }
            for data in gone
        ]
        (folder / "patches.yaml").write_text(json.dumps({"patches": patches}))
        flags += ["--patches", "patches.yaml"]
    return [data for data in objects if data not in gone + nowhere], flags


def test_the_usual_set_ups_have_all_templates_with_pods() -> None:
    made = {
        name: {
            file
            for file, data in chartgen.compile(told["values"], strict=False).objects(told["release"], told["namespace"])
            if data["kind"] in (*WORKLOADS, "Job")
        }
        for name, (told, _) in of_cases(USUAL + MORE).items()
    }
    usual = {file for name in USUAL for file in made[name]}
    assert {file for files in made.values() for file in files} == usual
    # one set-up alone has not all of them
    assert len(usual) > max(map(len, made.values()))


@pytest.mark.parametrize(("cluster", "case"), DEALT, indirect=["cluster"])
def test_nothing_rolls(cluster: Cluster, case: str, observed: Observed, tmp_path: Path) -> None:
    told, objects = observed[case]
    release, namespace = told["release"], told["namespace"]
    objects, flags = without_refused(objects, release, tmp_path)
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps(told["values"]))
    make_priorities(cluster.api, chartgen.compile(told["values"], strict=False), namespace)
    before = everything(cluster.api, namespace)
    try:
        cluster.helm.install(release, as_chart(objects, tmp_path / "official"), namespace, wait=False)
        manifest = tmp_path / "running.yaml"
        manifest.write_text(cluster.helm.run("get", "manifest", release, "--namespace", namespace))
        running = [
            data for data in objects if "helm.sh/hook" not in (data["metadata"].get("annotations") or {})
        ]
        # pods that the injector's webhook, behind which no program runs here, keeps from being made are not waited for
        then = at_rest(cluster.api, running, namespace)
        assert then.objects
        archive = built(values, tmp_path / "charts", *flags, "--baseline", manifest.name)
        cluster.helm.upgrade(release, archive, namespace, "--reset-values", wait=False)
        assert at_rest(cluster.api, running, namespace) == then
        for change, kind, ending in CHANGES:
            concerned = {name for name in then.objects if name[0] == kind and name[1].endswith(ending)}
            if not concerned:
                continue
            flags += ["--set", change]
            archive = built(values, tmp_path / "charts", *flags)
            cluster.helm.upgrade(release, archive, namespace, "--reset-values", wait=False)
            now = at_rest(cluster.api, running, namespace)
            moved = {name for name, known in now.objects.items() if known != then.objects.get(name)}
            assert moved == concerned
            assert now.schemas == then.schemas
            gone = then.pods.keys() - now.pods.keys() | {
                name for name in then.pods if now.pods.get(name, then.pods[name]) != then.pods[name]
            }
            # one that no node takes has no pod to lose
            ran = any(owner in pod for pod in then.pods for _, owner in concerned)
            assert bool(gone) == ran
            assert all(any(owner in name for _, owner in concerned) for name in gone)
            then = now
    finally:
        wipe(cluster.api, namespace, before)
