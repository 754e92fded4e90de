"""The chart as a part of another one, rendered by the real engine: names, conditions, and what a parent hands down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml12

import chartgen
from tests import compiled, engine

# without the mesh there are no definitions of custom resources, of which a cluster has one each
SERVERS: dict[str, Any] = {
    "connectInject": {"enabled": False},
    "client": {"enabled": True},
    "ui": {"enabled": True},
}
TWO = [
    {"name": "consul", "alias": "east", "condition": "east.enabled", "tags": ["mesh"]},
    {
        "name": "consul",
        "alias": "west",
        "condition": "west.enabled",
        "import-values": [{"child": "server", "parent": "imported"}],
    },
]


def umbrella(
    folder: Path, dependencies: list[dict[str, Any]], values: dict[str, Any], *charts: chartgen.Chart
) -> Path:
    """A chart with these dependencies and values of its own; it has one object, which says what its values are."""
    for one in charts:
        one.write(folder / "charts" / one.name)
    (folder / "templates").mkdir(parents=True)
    about = {"apiVersion": "v2", "name": "platform", "version": "1.0.0"}
    listed = [{"version": "0.1.0", "repository": "", **one} for one in dependencies]
    (folder / "Chart.yaml").write_text(
        yaml12.format_yaml({**about, "dependencies": listed}), encoding="utf-8"
    )
    (folder / "values.yaml").write_text(yaml12.format_yaml(values), encoding="utf-8")
    (folder / "templates" / "own.yaml").write_text(
        "kind: Own\nmetadata: {name: own}\ndata: {{ .Values | toJson }}\n", encoding="utf-8"
    )
    return folder


def made(folder: Path, **options: Any) -> list[dict[str, Any]]:
    objects = engine.objects(folder, release="r", namespace="net", **options)
    return [one for one in objects if one["kind"] != "Own"]


def identity(one: dict[str, Any]) -> tuple[str, str]:
    return one["kind"], one["metadata"]["name"]


def test_two_aliases_have_nothing_in_common(tmp_path: Path) -> None:
    folder = umbrella(tmp_path / "platform", TWO, {}, chartgen.compile(SERVERS))
    objects = made(folder)
    names = [identity(one) for one in objects]
    assert len(set(names)) == len(names) > 30
    assert {name.split("-")[1] for _, name in names} == {"east", "west"}
    pods = [
        (one["metadata"]["name"], one["spec"]["template"]["metadata"]["labels"])
        for one in objects
        if "template" in one.get("spec", {})
    ]
    chosen = 0
    for one in objects:
        if one["kind"] in ("Service", "PodDisruptionBudget"):
            selector = one["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            found = {name.split("-")[1] for name, labels in pods if selector.items() <= labels.items()}
            assert found <= {one["metadata"]["name"].split("-")[1]}
            chosen += len(found)
    assert chosen >= 4


def test_what_has_one_name_in_every_release_is_known(tmp_path: Path) -> None:
    """docs/dependency.md lists it."""
    values: Any = yaml12.parse_yaml(
        (compiled.ROOT / "tests" / "cases" / "compiled" / "policies-whole.yaml").read_text(encoding="utf-8")
    )
    del values["global"]["name"]
    folder = umbrella(tmp_path / "platform", TWO[:1], {}, chartgen.compile(values))
    fixed = {identity(one) for one in made(folder) if not identity(one)[1].startswith("r-east-")}
    assert {(kind, name) for kind, name in fixed if kind != "CustomResourceDefinition"} == {
        ("ConfigMap", "helm-values"),
        ("Service", "consul-telemetry-collector"),
        ("ServiceAccount", "consul-telemetry-collector"),
    }


def test_what_is_not_aliased_keeps_its_names(tmp_path: Path) -> None:
    chart = chartgen.compile(SERVERS, name="our-consul")
    folder = umbrella(tmp_path / "platform", [{"name": "our-consul"}], {}, chart)
    alone = engine.objects(folder / "charts" / "our-consul", release="r", namespace="net")
    assert made(folder) == alone
    assert ("StatefulSet", "r-consul-server") in [identity(one) for one in alone]


def test_charts_with_other_values_do_not_mix(tmp_path: Path) -> None:
    """Named templates are one for the whole release: those of one chart must serve the other."""
    charts = [
        chartgen.compile(SERVERS, name="first"),
        chartgen.compile({**SERVERS, "fullnameOverride": "second"}, name="second"),
        chartgen.compile({**SERVERS, "nameOverride": "third"}, name="third"),
    ]
    folder = umbrella(tmp_path / "platform", [{"name": one.name} for one in charts], {}, *charts)
    alone = [made(folder / "charts" / one.name) for one in charts]
    assert sorted(map(identity, made(folder))) == sorted(
        identity(one) for objects in alone for one in objects
    )
    prefixes = ["r-consul", "second", "r-third"]
    for prefix, objects in zip(prefixes, alone, strict=True):
        assert {name.startswith(prefix) for _, name in map(identity, objects)} == {True}


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ({"east": {"enabled": True}, "west": {"enabled": True}}, {"east", "west"}),
        ({"east": {"enabled": False}}, {"west"}),
        ({"east": {"enabled": True}, "west": {"enabled": False}, "tags": {"mesh": False}}, {"east"}),
        ({"tags": {"mesh": False}}, {"west"}),
    ],
    ids=lambda given: str(sorted(given)),
)
def test_conditions_and_tags(values: dict[str, Any], there: set[str], tmp_path: Path) -> None:
    folder = umbrella(tmp_path / "platform", TWO, values, chartgen.compile(SERVERS))
    assert {name.split("-")[1] for _, name in map(identity, made(folder))} == there


def test_a_parent_may_import_values(tmp_path: Path) -> None:
    folder = umbrella(
        tmp_path / "platform", TWO, {}, chartgen.compile({**SERVERS, "server": {"replicas": 3}})
    )
    own = next(one for one in engine.objects(folder) if one["kind"] == "Own")
    assert own["data"]["imported"]["replicas"] == 3


def test_what_a_parent_shares_is_none_of_the_chart_s_business(tmp_path: Path) -> None:
    shared = {"environment": "test", "storageClass": "fast", "tls": {"issuer": "ours"}, "datacenter": "dc1"}
    chart = chartgen.compile(SERVERS)
    folder = umbrella(tmp_path / "platform", TWO[:1], {"global": shared}, chart)
    assert made(folder) == made(umbrella(tmp_path / "plain", TWO[:1], {}, chart))


@pytest.mark.parametrize(
    ("shared", "told"),
    [
        (
            {"imagePullSecrets": [{"name": "registry"}]},
            'global.imagePullSecrets would be [{"name":"registry"}] and is [] in the chart',
        ),
        ({"tls": {"enabled": True}}, "global.tls.enabled would be true and is false in the chart"),
        ({"tls": True}, "global.tls would be true and holds settings in the chart"),
        ({"extraLabels": {"a": "b"}}, 'global.extraLabels would be {"a":"b"} and is {} in the chart'),
    ],
    ids=str,
)
def test_what_a_parent_shares_and_is_frozen_is_refused_in_words(
    shared: dict[str, Any], told: str, tmp_path: Path
) -> None:
    folder = umbrella(tmp_path / "platform", TWO[:1], {"global": shared}, chartgen.compile(SERVERS))
    with pytest.raises(helm_python.HelmError) as refused:
        made(folder)
    assert told in str(refused.value)
    assert "values of east are frozen" in str(refused.value)
    assert "A parent chart hands its global down to all its dependencies: leave these out" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"server": {"replicas": 5}}, "/server/replicas"),
        ({"server": {"replicas": None}}, "replicas"),
        ({"servers": {"replicas": 5}}, "servers"),
    ],
    ids=str,
)
def test_a_parent_changes_nothing_else(values: dict[str, Any], told: str, tmp_path: Path) -> None:
    folder = umbrella(tmp_path / "platform", TWO[:1], {}, chartgen.compile(SERVERS))
    with pytest.raises(helm_python.HelmError, match=told):
        made(folder, values={"east": values})


def test_alone_a_key_that_is_no_setting_is_a_mistake(tmp_path: Path) -> None:
    folder = compiled.chart(compiled.ROOT / "examples" / "secure.yaml").write(tmp_path / "consul")
    for values, told in (
        ({"tlss": {"enabled": True}}, "global.tlss is no setting"),
        ({"tls": {"enable": True}}, "global.tls.enable is no setting"),
    ):
        with pytest.raises(helm_python.HelmError, match=told):
            engine.objects(folder, values={"global": values})
