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
    plain = [data for data in yaml12.parse_yaml(chart.manifests("mesh", "consul", every_hook=True), multi=True) if data]

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
