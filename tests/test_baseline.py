"""A chart with the spelling of what runs: the same objects in their release, its own in any other, by the real Helm engine."""

from __future__ import annotations

import json
import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import Rejected, compiler
from chartgen.alter import Alterations, Baseline
from chartgen.baseline import kept
from chartgen.chart import Chart, packed
from chartgen.compare.changes import identity, means_the_same
from chartgen.publishing import rebuild
from tests import compiled, engine
from tests.respelled import respelled
from tests.test_cli import run
from tests.test_pre_commit import git

RELEASE, NAMESPACE = "mesh", "consul"
SECURE = compiled.ROOT / "examples" / "secure.yaml"
SERVERS, SETTINGS = "consul-server", "consul-server-config"
Objects = dict[tuple[str, ...], dict[str, Any]]


def by_identity(objects: Any) -> Objects:
    return {identity(data, NAMESPACE): data for data in objects}


def is_hook(data: dict[str, Any]) -> bool:
    return "helm.sh/hook" in (data["metadata"].get("annotations") or {})


def running(path: Path) -> list[dict[str, Any]]:
    """A release of the values in a file, as another chart has written it."""
    return [respelled(data) for _, data in compiled.objects(path) if not is_hook(data)]


def held(path: Path, runs: list[dict[str, Any]], *more: dict[str, Any]) -> Chart:
    """The chart of values, which holds to what runs."""
    alterations = Alterations(baseline=Baseline(RELEASE, NAMESPACE, tuple(runs)))
    return compiler.compile_sources(
        compiler.read([str(path), *more]), compiler.Options(alterations=alterations)
    )


def installed(chart: Chart, folder: Path, release: str = RELEASE, namespace: str = NAMESPACE) -> Objects:
    """What the real engine makes of it."""
    made = engine.objects(
        chart.write(folder / chart.version), release=release, namespace=namespace, upgrade=True
    )
    return by_identity(made)


def manifest(runs: list[dict[str, Any]], path: Path) -> Path:
    """What `helm get manifest` prints of a release."""
    path.write_text(
        "".join(f"---\n# Source: consul/templates/x.yaml\n{yaml.safe_dump(data)}" for data in runs)
    )
    return path


@pytest.mark.parametrize("path", [*compiled.EXAMPLES, *compiled.SETS], ids=lambda path: path.stem)
def test_what_runs_stays(path: Path, tmp_path: Path) -> None:
    runs = running(path)
    chart, own = held(path, runs), compiled.chart(path)
    made = installed(chart, tmp_path)
    for data in runs:
        if data["kind"] != "Secret":
            assert made[identity(data, NAMESPACE)] == data
    # the program says what Helm makes
    assert by_identity(data for _, data in chart.objects(RELEASE, NAMESPACE, upgrade=True)) == made
    for release, namespace in (("other", NAMESPACE), (RELEASE, "other")):
        plain = dict(own.objects(release, namespace, upgrade=True))
        assert dict(chart.objects(release, namespace, upgrade=True)) == plain
    assert engine.lint(chart.write(tmp_path / "linted")) == []


def test_another_release_has_its_own_spelling(tmp_path: Path) -> None:
    chart = held(SECURE, running(SECURE))
    for release, namespace in (("other", NAMESPACE), (RELEASE, "other")):
        own = installed(compiled.chart(SECURE), tmp_path / "own", release, namespace)
        assert installed(chart, tmp_path / "held", release, namespace) == own


def test_what_means_something_else_is_not_held(tmp_path: Path) -> None:
    runs = by_identity(running(SECURE))
    change = {"server": {"resources": {"requests": {"cpu": "57m"}}}}
    made = installed(held(SECURE, [*runs.values()], change), tmp_path)
    other = {key[3] for key, data in runs.items() if data["kind"] != "Secret" and made[key] != data}
    assert other == {SERVERS}
    own = by_identity(
        data for _, data in chartgen.compile([SECURE, change]).objects(RELEASE, NAMESPACE, upgrade=True)
    )
    assert all(made[key] == own[key] for key in made if key[3] == SERVERS)


def test_pods_that_read_other_settings_are_not_held(tmp_path: Path) -> None:
    runs = by_identity(running(SECURE))
    made = installed(held(SECURE, [*runs.values()], {"global": {"datacenter": "elsewhere"}}), tmp_path)
    servers = next(key for key in made if key[1:] == ("StatefulSet", NAMESPACE, SERVERS))
    config = next(key for key in made if key[1:] == ("ConfigMap", NAMESPACE, SETTINGS))
    assert not means_the_same(runs[config], made[config])
    checksum = "consul.hashicorp.com/config-checksum"
    sums = [data[servers]["spec"]["template"]["metadata"]["annotations"][checksum] for data in (runs, made)]
    assert set(sums[0]) == {"0"}
    assert sums[0] != sums[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(0, 200)))
def test_each_object_is_held_by_itself(left_out: set[int]) -> None:
    runs = [data for number, data in enumerate(running(SECURE)) if number not in left_out]
    there = by_identity(runs)
    made = by_identity(data for _, data in held(SECURE, runs).objects(RELEASE, NAMESPACE, upgrade=True))
    own = by_identity(data for _, data in compiled.objects(SECURE))
    config_maps = {key[3] for key in own if key[1] == "ConfigMap"} - {
        key[3] for key in there if key[1] == "ConfigMap"
    }
    for key, data in made.items():
        waits = data["kind"] in ("StatefulSet", "DaemonSet", "Deployment") and any(
            f'"{name}"' in json.dumps(data) for name in config_maps
        )
        is_held = key in there and data["kind"] != "Secret" and not is_hook(data) and not waits
        assert data == (there[key] if is_held else own[key])


# ---------------------------------------------------------------- the program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SECURE, tmp_path / "values.yaml")
    manifest(running(SECURE), tmp_path / "running.yaml")
    return tmp_path


def build(folder: Path, *options: str, stdin: str = "") -> dict[str, Any]:
    done = run("build", "-f", "values.yaml", "--format", "json", *options, cwd=folder, stdin=stdin)
    assert done.returncode == 0, done.stderr + done.stdout
    chart: dict[str, Any] = json.loads(done.stdout)["chart"]
    return chart


def test_later_builds_hold_to_it(folder: Path) -> None:
    first = build(folder, "--baseline", "running.yaml")
    assert (first["adopted"]["release"], first["adopted"]["namespace"]) == (RELEASE, NAMESPACE)
    (folder / "running.yaml").unlink()
    again = build(folder)
    assert (again["digest"], again["written"], again["adopted"]) == (first["digest"], False, first["adopted"])
    assert chartgen.compile(folder / "values.yaml").archive() == (folder / first["archive"]).read_bytes()
    (folder / "values.adopted.yaml").unlink()
    assert build(folder)["digest"] != first["digest"]


def test_from_standard_input_and_from_a_chart(folder: Path) -> None:
    first = build(folder, "--baseline", "-", stdin=(folder / "running.yaml").read_text())
    of_chart = build(
        folder, "--baseline", first["archive"], "--release", RELEASE, "--namespace", NAMESPACE, "-o", "second"
    )
    assert of_chart["digest"] == first["digest"]


def test_diff_and_render_hold_to_it(folder: Path) -> None:
    build(folder, "--baseline", "running.yaml")
    target = ("--release", RELEASE, "--namespace", NAMESPACE)
    done = run("diff", "running.yaml", "values.yaml", *target, "--fail-on", "restarts", cwd=folder)
    assert done.returncode == 0, done.stdout
    rendered = run("render", "-f", "values.yaml", *target, cwd=folder).stdout
    runs = next(
        data
        for data in running(SECURE)
        if data["metadata"]["name"] == SERVERS and data["kind"] == "StatefulSet"
    )
    assert runs in list(yaml.safe_load_all(rendered))


def test_it_can_be_made_again(folder: Path) -> None:
    archive = folder / build(folder, "--baseline", "running.yaml")["archive"]
    assert rebuild.verified(str(archive)).same
    with tarfile.open(archive) as there:
        there.extractall(folder / "out", filter="data")
    changed = folder / "out/consul/templates/server-statefulset.yaml"
    changed.write_text(changed.read_text().replace("as it was written before", "as it never was", 1))
    assert not rebuild.verified(str(folder / "out/consul")).same


def test_secrets_are_not_kept(folder: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "mesh-consul-key"},
        "stringData": {"key": "hush"},
    }
    manifest([*running(SECURE), secret], folder / "running.yaml")
    archive = folder / build(folder, "--baseline", "running.yaml")["archive"]
    assert "hush" not in (folder / "values.adopted.yaml").read_text()
    assert not any(b"hush" in data for data in packed.files(archive).values())


def test_a_refused_build_keeps_nothing(folder: Path) -> None:
    first = build(folder)
    done = run(
        "build", "-f", "values.yaml", "--baseline", "running.yaml", "--version", first["version"], cwd=folder
    )
    assert done.returncode == 1
    assert "version-published" in done.stderr
    assert not (folder / "values.adopted.yaml").exists()


def test_nothing_to_adopt_leaves_no_file(folder: Path) -> None:
    build(folder, "--baseline", "running.yaml")
    own = [data for _, data in compiled.objects(SECURE) if not is_hook(data)]
    manifest(own, folder / "own.yaml")
    assert build(folder, "--baseline", "own.yaml")["adopted"] is None
    assert not (folder / "values.adopted.yaml").exists()


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("server:\n  replicas: 3\n", (), "no-baseline"),
        ("release: mesh\nnamespace: consul\nobjects: [3]\n", (), "no-baseline"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n", (), "baseline-without-release"),
        ("apiVersion: v1\nkind: ConfigMap\n", (), "no-object"),
        ("a: [\n", (), "yaml-syntax"),
    ],
)
def test_what_is_no_baseline(folder: Path, text: str, options: tuple[str, ...], code: str) -> None:
    (folder / "running.yaml").write_text(text)
    done = run("build", "-f", "values.yaml", "--baseline", "running.yaml", *options, cwd=folder)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert not (folder / "charts").exists()
    # a file that is kept is looked at in the same way
    (folder / "values.adopted.yaml").write_text(text)
    done = run("build", "-f", "values.yaml", cwd=folder)
    assert (done.returncode, f"error[{code}]" in done.stderr) == (1, True)


def test_a_folder_that_is_no_chart(folder: Path) -> None:
    done = run("build", "-f", "values.yaml", "--baseline", ".", cwd=folder)
    assert (done.returncode, "error[no-chart]" in done.stderr) == (1, True), done.stderr


def test_a_wrong_command_line(folder: Path) -> None:
    for options, words in (
        (("-f", "-", "--baseline", "running.yaml"), "beside a file"),
        (("-f", "values.yaml", "--release", "mesh"), "--baseline"),
        (("-f", "values.yaml", "--baseline", "running.yaml", "--namespace", "No_"), "--namespace"),
    ):
        done = run("build", *options, cwd=folder)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


# ---------------------------------------------------------------- charts of a build file


def fleet(folder: Path) -> None:
    (folder / "clusters").mkdir()
    for name in ("north", "south"):
        shutil.copy(SECURE, folder / "clusters" / f"{name}.yaml")
    (folder / "chartgen.yaml").write_text(
        "charts:\n  - name: consul-{cluster}\n    values: ['clusters/{cluster}.yaml']\n"
    )


def adopt(folder: Path, name: str) -> None:
    runs = Baseline(RELEASE, NAMESPACE, tuple(running(SECURE)))
    adoption = held(SECURE, [*runs.objects]).done
    assert adoption is not None
    assert adoption.adoption is not None
    (folder / "clusters" / f"{name}.adopted.yaml").write_text(kept.text(adoption.adoption))


def test_what_is_kept_is_no_layer(tmp_path: Path) -> None:
    fleet(tmp_path)
    adopt(tmp_path, "north")
    done = run("build", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert [chart["name"] for chart in json.loads(done.stdout)["charts"]] == ["consul-north", "consul-south"]
    single = run("build", "-f", "clusters/north.yaml", "--name", "consul-north", "-o", "single", cwd=tmp_path)
    assert single.returncode == 0, single.stderr
    names = [f"{folder}/consul-north-0.1.0.tgz" for folder in ("charts", "single")]
    assert (tmp_path / names[0]).read_bytes() == (tmp_path / names[1]).read_bytes()
    checked = run("check", ".", "-v", cwd=tmp_path)
    assert "north.adopted.yaml: what a chart has adopted" in checked.stderr


def test_what_is_kept_makes_another_chart(tmp_path: Path) -> None:
    fleet(tmp_path)
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "two clusters")):
        git(tmp_path, *command)
    adopt(tmp_path, "south")
    done = run("build", "--changed-since", "HEAD", "--format", "json", cwd=tmp_path)
    assert [chart["name"] for chart in json.loads(done.stdout)["charts"]] == ["consul-south"]


def test_a_release_that_grows_too_large_is_told() -> None:
    """The second spelling is in the Secret in which Helm keeps a release, too."""
    noise = random.Random(3)
    runs = running(SECURE)
    for data in runs:
        if data["kind"] == "CustomResourceDefinition":
            for version in data["spec"]["versions"]:
                version["schema"]["openAPIV3Schema"]["description"] = noise.randbytes(25_000).hex()
    with pytest.raises(Rejected) as caught:
        held(SECURE, runs)
    assert [finding.code for finding in caught.value.diagnostics if finding.severity == "error"] == ["release-too-large"]
    assert "baseline" in caught.value.diagnostics[-1].hint
