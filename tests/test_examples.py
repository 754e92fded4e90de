"""Every example compiles, passes the real engine's lint and renders to the objects that chartgen lists."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml12

import chartgen
from tests import engine

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_no_finding(example: Path) -> None:
    assert [one for one in chartgen.compile(example).diagnostics if one.severity == "error"] == []


def test_lint(example: Path, tmp_path: Path) -> None:
    folder = chartgen.compile(example).write(tmp_path / "consul")
    assert engine.lint(folder) == []


def test_engine_renders_what_chartgen_says(example: Path, tmp_path: Path) -> None:
    chart = chartgen.compile(example)
    rendered = engine.objects(chart.write(tmp_path / "consul"), release="mesh", namespace="consul")
    plain = [
        data
        for data in yaml12.parse_yaml(chart.manifests("mesh", "consul", every_hook=True), multi=True)
        if data
    ]

    def by_identity(objects: list[dict]) -> dict:
        return {(one["kind"], one["metadata"]["name"]): one for one in objects}

    assert by_identity(rendered) == by_identity(plain)
    assert len(rendered) == len(plain)


def kinds(name: str) -> set[tuple[str, str]]:
    chart = chartgen.compile(ROOT / "examples" / f"{name}.yaml")
    return {(data["kind"], data["metadata"]["name"]) for _, data in chart.objects("r", "default")}


def test_default_is_three_servers_and_agents_everywhere() -> None:
    chart = chartgen.compile(ROOT / "examples" / "default.yaml")
    found = {data["kind"]: data for _, data in chart.objects("r", "default")}
    assert found["StatefulSet"]["spec"]["replicas"] == 3
    assert ("DaemonSet", "consul-client") in kinds("default")


def test_agents_alone_join_by_the_cloud() -> None:
    found = kinds("client-cloud-join")
    assert ("DaemonSet", "r-consul-client") in found
    assert not any(kind == "StatefulSet" for kind, _ in found)
    chart = chartgen.compile(ROOT / "examples" / "client-cloud-join.yaml")
    agent = next(data for _, data in chart.objects("r", "default") if data["kind"] == "DaemonSet")
    script = agent["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    assert "provider=aws tag_key=consul-join tag_value=production" in script


def test_workloads_use_the_annotation_that_the_injector_watches() -> None:
    chart = chartgen.compile(ROOT / "examples" / "connect-inject.yaml")
    injector = next(
        data
        for _, data in chart.objects("r", "default")
        if data["kind"] == "Deployment" and data["metadata"]["name"].endswith("-connect-injector")
    )
    script = injector["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    assert "-default-inject=false" in script
    for name in ("redis", "redis-ui"):
        objects = yaml12.parse_yaml(
            (ROOT / "examples" / "workloads" / f"{name}.yaml").read_text(), multi=True
        )
        deployment = next(one for one in objects if one["kind"] == "Deployment")
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        assert annotations["consul.hashicorp.com/connect-inject"] == "true"
        accounts = {one["metadata"]["name"] for one in objects if one["kind"] == "ServiceAccount"}
        assert deployment["spec"]["template"]["spec"]["serviceAccountName"] in accounts


def workload(name: str) -> dict[str, dict]:
    text = (ROOT / "examples" / "workloads" / f"{name}.yaml").read_text()
    return {one["kind"]: one for one in yaml12.parse_yaml(text, multi=True)}


def test_workloads_fit_together() -> None:
    """Services select their pods, the upstream is the other service, and its port is the one that the UI calls."""
    redis, ui = workload("redis"), workload("redis-ui")
    for one in (redis, ui):
        pod = one["Deployment"]["spec"]["template"]
        assert one["Service"]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ports = [port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]]
        assert one["Service"]["spec"]["ports"][0]["targetPort"] in ports
    template = ui["Deployment"]["spec"]["template"]
    upstreams = template["metadata"]["annotations"]["consul.hashicorp.com/connect-service-upstreams"]
    service, _, port = upstreams.partition(":")
    assert service == redis["Service"]["metadata"]["name"]
    assert template["spec"]["containers"][0]["env"][0]["value"].endswith(f"127.0.0.1:{port}")


def test_the_intention_is_one_that_the_cluster_takes() -> None:
    intention = workload("redis-intention")["ServiceIntentions"]
    spec = intention["spec"]
    assert spec["destination"]["name"] == workload("redis")["Service"]["metadata"]["name"]
    assert [one["name"] for one in spec["sources"]] == [workload("redis-ui")["Service"]["metadata"]["name"]]
    chart = chartgen.compile(ROOT / "examples" / "secure.yaml")
    texts = yaml12.parse_yaml(chart.manifests(), multi=True)
    (crd,) = [one for one in texts if one and one["metadata"]["name"].startswith("serviceintentions.")]
    version = next(one for one in crd["spec"]["versions"] if one["name"] == "v1alpha1")
    known = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert spec.keys() <= known.keys()
    assert spec["sources"][0].keys() <= known["sources"]["items"]["properties"].keys()
