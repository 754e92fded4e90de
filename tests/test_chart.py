"""The chart as Helm and kubectl meet it: notes, order, frozen values, dependencies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import helm_python
import jsonschema_rs
import pytest
import yaml12

import chartgen
from chartgen import kube_version
from chartgen.chart import frozen
from chartgen.render import components, document
from chartgen.values import tree
from tests import compiled, engine
from tests.test_cli import run

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def notes(values: Any, folder: Path) -> str:
    out = engine.render(chartgen.compile(values).write(folder), release="mesh", namespace="net")
    return out["templates/NOTES.txt"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_notes_name_what_is_there(example: Path, tmp_path: Path) -> None:
    """Each object in a command of the notes is in the chart, or made by one of its jobs."""
    chart = compiled.chart(example)
    text = engine.render(chart.write(tmp_path / "c"), release="mesh", namespace="net")["templates/NOTES.txt"]
    found = {f"{one['kind']}/{one['metadata']['name']}".lower() for _, one in chart.objects("mesh", "net")}
    for kind, name in re.findall(r"(service|statefulset)[ /]([a-z0-9-]+)", text):
        if f"{kind}/{name}" not in found:
            assert f"kubectl get {kind}" not in text and f"{kind}/{name}" not in text, name
    assert "<no value>" not in text and "{{" not in text
    assert ("rollout status" in text) == any(one.startswith("statefulset/") for one in found)
    assert ("bootstrap token" in text) == any(one.endswith("-server-acl-init") for one in found)


def test_notes_say_how_to_reach_the_ui(tmp_path: Path) -> None:
    plain = notes({"server": {"replicas": 1}}, tmp_path / "a")
    assert "port-forward service/mesh-consul-ui 8500:80 --namespace net" in plain
    assert "helm upgrade mesh" in plain and "bootstrap" not in plain
    tls = {
        "global": {"tls": {"enabled": True}},
        "ui": {"service": {"type": "LoadBalancer", "port": {"https": 8443}}},
    }
    assert "https://ADDRESS:8443/ui/" in notes(tls, tmp_path / "b")
    hosts = {"ui": {"ingress": {"enabled": True, "hosts": [{"host": "consul.example.com", "paths": ["/"]}]}}}
    assert "consul.example.com" in notes(hosts, tmp_path / "c")
    assert "localhost" not in notes({"server": {"enabled": False}, "ui": {"enabled": False},
                                     "externalServers": {"enabled": True, "hosts": ["x"]}}, tmp_path / "d")  # fmt: skip


def test_notes_take_braces_as_data(tmp_path: Path) -> None:
    token = {"secretName": "my-{{ x }}", "secretKey": "key"}
    values = {"global": {"acls": {"manageSystemACLs": True, "bootstrapToken": token}}}
    chart = chartgen.compile(values, strict=False)
    text = engine.render(chart.write(tmp_path / "c"))["templates/NOTES.txt"]
    assert "my-{{ x }}" in text


def test_manifests_come_in_helms_order() -> None:
    done = run("render", "-f", str(ROOT / "examples/secure.yaml"), "--release", "mesh", "--namespace", "net")
    assert done.returncode == 0, done.stderr
    objects = [one for one in yaml12.parse_yaml(done.stdout, multi=True) if one]
    kinds = [one["kind"] for one in objects]
    hooks = [(one["metadata"].get("annotations") or {}).get("helm.sh/hook") for one in objects]
    release = [kind for kind, hook in zip(kinds, hooks, strict=True) if hook is None]
    for before, after in (
        ("ServiceAccount", "Deployment"), ("ConfigMap", "StatefulSet"), ("CustomResourceDefinition", "ClusterRole"),
        ("ClusterRole", "ClusterRoleBinding"), ("Service", "StatefulSet"), ("StatefulSet", "Job"),
        ("StatefulSet", "MutatingWebhookConfiguration"),
    ):  # fmt: skip
        last = max(index for index, kind in enumerate(release) if kind == before)
        assert last < release.index(after), (before, after)
    first, last = hooks.index(None), len(hooks) - 1 - hooks[::-1].index(None)
    assert all("pre-install" in str(hook) for hook in hooks[:first])
    assert all("post-install" in str(hook) for hook in hooks[last + 1 :])


def test_kubectl_gets_no_clean_up_jobs() -> None:
    """A job that runs before a deletion must not be applied beside what it deletes."""
    path = ROOT / "examples/secure.yaml"
    chart = compiled.chart(path)
    plain, everything = chart.manifests(), chart.manifests(every_hook=True)
    assert "pre-delete" not in plain and "pre-delete" in everything
    left_out = everything.count("\n---\n") - plain.count("\n---\n")
    hooks = [
        (one["metadata"].get("annotations") or {}).get("helm.sh/hook", "-install")
        for _, one in chart.objects()
    ]
    assert left_out == sum("-install" not in hook for hook in hooks) > 0


@pytest.mark.parametrize(
    "arguments", [["--release", "Bad_Name"], ["--namespace", "a.b"], ["--release", "x" * 54]]
)
def test_names_that_helm_refuses_are_refused(arguments: list[str]) -> None:
    assert run("render", *arguments).returncode == 2


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, dict) and node:
        for key, item in node.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, node


def with_changed(values: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    return {**values, path[0]: with_changed(values.get(path[0], {}), path[1:], value)}


def without(values: Any, path: tuple[str, ...]) -> Any:
    if len(path) == 1:
        return {key: item for key, item in values.items() if key != path[0]}
    return {**values, path[0]: without(values[path[0]], path[1:])}


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, list):
        return [*value, "x"]
    return {"x": 1} if isinstance(value, dict) else f"{value or ''}x"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_texts_of_values_tell_by_what_is_held_and_not_by_which_object_holds_it(example: Path) -> None:
    """What is the default's own object is not looked into; a copy of it reads the same."""
    chart = compiled.chart(example)
    copy = chart._replace(values=tree.copied(chart.values))
    assert copy.files == chart.files
    whole = document.block_yaml(document.pruned(chart.values), str)
    assert chart.files["values.yaml"].partition("\n")[2] == whole


def test_values_are_written_in_parts_as_in_one() -> None:
    odd = {"a b: c": {"on": "on"}, "x" * 200: ["y"], "none": None, "empty": {"deep": None}, "text": "1\n 2\n\n", "": [{}]}
    for values in ({"global": odd}, {"server": {"none": None}, "ui": odd}, {"client": {}, "a b": odd, "on": odd}):
        assert frozen.values_text(values).partition("\n")[2] == document.block_yaml(document.pruned(values), str)


def test_no_frozen_value_takes_another() -> None:
    chart = compiled.chart(ROOT / "examples/secure.yaml")
    validator = jsonschema_rs.Draft7Validator(json.loads(chart.files["values.schema.json"]))
    values = yaml12.parse_yaml(chart.files["values.yaml"])
    assert validator.is_valid(values)
    paths = {path: value for path, value in leaves(chart.values) if path[0] != "global"}
    assert len(paths) > 300
    for path, value in paths.items():
        assert not validator.is_valid(with_changed(values, path, other(value))), path
        assert value is None or not validator.is_valid(without(values, path)), path


@pytest.mark.parametrize("change", [other, lambda value: None], ids=["another", "none"])
def test_no_frozen_value_below_global_takes_another(change: Callable[[Any], Any], tmp_path: Path) -> None:
    """They are shared with a parent chart: the chart itself tells which of them would be another."""
    chart = compiled.chart(ROOT / "examples/secure.yaml")
    given: dict[str, Any] = {}
    changed = []
    for path, value in leaves(chart.values["global"], ("global",)):
        if change(value) != value:
            given = with_changed(given, path, change(value))
            changed.append(path)
    assert len(changed) > 80
    with pytest.raises(helm_python.HelmError) as refused:
        engine.render(chart.write(tmp_path / "consul"), values=given)
    told = set(re.findall(r"^  (\S+) would be", str(refused.value), re.MULTILINE))
    assert {path for path in changed if not any(".".join(path[:n]) in told for n in range(2, 9))} == set()


def test_the_engine_refuses_what_the_schema_refuses(tmp_path: Path) -> None:
    chart = compiled.chart(ROOT / "examples/secure.yaml")
    folder = chart.write(tmp_path / "consul")
    for path, value in list(leaves(chart.values))[::40]:
        for changed in (other(value), None):
            if changed != value:
                with pytest.raises(helm_python.HelmError, match=r"schema|frozen"):
                    engine.render(folder, values=with_changed({}, path, changed))


@pytest.mark.parametrize("section", ["server", "global"])
def test_no_section_is_taken_away(section: str, tmp_path: Path) -> None:
    folder = compiled.chart(ROOT / "examples/secure.yaml").write(tmp_path / "consul")
    with pytest.raises(helm_python.HelmError, match=f"missing property '{section}'"):
        engine.render(folder, values={section: None})


@pytest.mark.parametrize("path", [*EXAMPLES, *compiled.SETS], ids=lambda path: path.stem)
def test_a_chart_is_made_again_from_its_own_values(path: Path, tmp_path: Path) -> None:
    chart = compiled.chart(path)
    (tmp_path / "values.yaml").write_text(chart.files["values.yaml"], encoding="utf-8")
    assert chartgen.compile(tmp_path / "values.yaml").files == chart.files


def test_two_releases_in_one_cluster_share_nothing_but_crds() -> None:
    chart = chartgen.compile({"server": {"replicas": 3}, "client": {"enabled": True}})

    def identities(release: str, namespace: str) -> set[tuple[str, str, str]]:
        return {
            (one["kind"], one["metadata"].get("namespace") or "", one["metadata"]["name"])
            for _, one in chart.objects(release, namespace)
        }

    shared = identities("blue", "a") & identities("green", "b")
    assert {kind for kind, _, _ in shared} == {"CustomResourceDefinition"}, shared


def test_helm_refuses_the_clusters_that_a_build_refuses() -> None:
    major, minor = kube_version.OLDEST
    assert components.chart()["kubeVersion"] == f">={major}.{minor}.0-0"
