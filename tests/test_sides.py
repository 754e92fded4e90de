"""What is read of either side of a comparison, and the values that make a difference."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import chartgen
from chartgen import compare, compiler, sides
from chartgen.alter import Alterations, patches
from chartgen.alter.images import Renaming, read_digests
from chartgen.compare.changes import Change
from chartgen.diagnostics import Rejected, dotted
from chartgen.report import difference
from chartgen.sides.side import Side, Target
from chartgen.values.inputs import Inputs
from tests import compiled

TARGET = Target("mesh", "consul")
NOTHING = Inputs()


def read(old: object, new: object, around: Inputs = NOTHING) -> tuple[Side, Side]:
    return sides.read(str(old), str(new), around, compiler.Options(), TARGET)


def between(old: object, new: object, around: Inputs = NOTHING) -> tuple[Change, ...]:
    return sides.compared(*read(old, new, around), TARGET)


def codes(old: object, new: object) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        read(old, new)
    return [one.code for one in rejected.value.diagnostics if one.severity == "error"]


def causes(found: tuple[Change, ...]) -> dict[str, list[str]]:
    return {
        f"{one.title} {each.place}": [dotted(cause.path) for cause in each.causes]
        for one in found
        for each in one.fields
    }


@pytest.mark.parametrize("path", (*compiled.EXAMPLES, *compiled.SETS[::5]), ids=lambda path: path.stem)
def test_a_chart_is_worked_out_as_helm_does(path: Path, tmp_path: Path) -> None:
    """Folder and archive of our own charts without Helm, and by its engine: the same objects as the values."""
    chart = compiled.chart(path)
    expected = [data for _, data in compiled.objects(path)]
    folder, archive = read(chart.write(tmp_path / "chart"), chart.write_archive(tmp_path / "chart.tgz"))
    assert compare.changes(expected, folder.objects) == compare.changes(expected, archive.objects) == ()
    # an empty set of values leads through Helm's engine
    (tmp_path / "none.yaml").write_text("{}\n")
    rendered, _ = read(f"{tmp_path / 'chart'},{tmp_path / 'none.yaml'}", tmp_path / "chart")
    assert compare.changes(expected, rendered.objects) == ()


def test_any_chart_with_values(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("a: 1\n")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ quote .Values.a }}}\n"
    (tmp_path / "templates" / "map.yaml").write_text(text)
    (tmp_path / "two.yaml").write_text("a: 2\n")
    (change,) = between(tmp_path, f"{tmp_path},{tmp_path / 'two.yaml'}")
    assert (change.title, change.fields[0].old, change.fields[0].new) == ("ConfigMap/mesh", "1", "2")
    assert between(tmp_path, tmp_path, Inputs((), (("set", "a=3"),))) == ()
    (tmp_path / "templates" / "map.yaml").write_text('{{ fail "no" }}')
    assert codes(tmp_path, tmp_path) == ["helm-refuses"]


def test_without_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 1.0.0\n")
    monkeypatch.setitem(sys.modules, "helm_python", None)
    assert codes(tmp_path, tmp_path) == ["needs-helm-engine"]


def test_what_kubectl_prints_is_what_was_asked_for(tmp_path: Path) -> None:
    asked = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "consul"},
        "spec": {"ports": [{"port": 80}]},
    }  # fmt: skip
    live = {
        **asked,
        "metadata": {**asked["metadata"], "uid": "1", "resourceVersion": "5", "creationTimestamp": "2026-01-01T00:00:00Z"},  # type: ignore[dict-item]
        "spec": {
            "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
            "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "sessionAffinity": "None", "type": "ClusterIP",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    }  # fmt: skip
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    (tmp_path / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [live]}))
    found = between(tmp_path / "asked.json", tmp_path / "live.json")
    assert compare.bump(found) is None


def test_hooks_that_manifests_lack_are_not_missed_and_do_their_work(tmp_path: Path) -> None:
    """As `helm get manifest` prints a release: the job that a hook deletes is made anew, whatever it changes."""
    values, manifests = tmp_path / "values.yaml", tmp_path / "manifests.json"
    values.write_text("global: {acls: {manageSystemACLs: true}, tls: {enabled: true}}\n")
    compiled_side, _ = read(values, values)
    kept = [one for one in compiled_side.objects if "helm.sh/hook" not in one["metadata"].get("annotations", {})]
    assert len(kept) < len(compiled_side.objects)
    manifests.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": kept}))
    assert between(manifests, values) == between(values, manifests) == ()
    found = compare.judged(between(manifests, f"{values},global.logLevel=debug"))
    told = {one.change.title: one.consequence for one in found}
    assert told["Job/mesh-consul-server-acl-init"] == "reloads"
    assert "Job/mesh-consul-tls-init" not in told
    causes_of = {title: paths for title, paths in causes(tuple(one.change for one in found)).items() if paths}
    assert causes_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apiVersion: v1\nkind: Secret\n", ["no-object"]),
        ("apiVersion: v1\nkind: [\n", ["yaml-syntax"]),
        ("server: {replica: 1}\n", ["unknown-key"]),
        ("", []),
    ],
)
def test_what_is_no_side(text: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "side.yaml").write_text(text)
    (tmp_path / "values.yaml").write_text("server: {replicas: 3}\n")
    if not expected:
        assert between(tmp_path / "side.yaml", tmp_path / "values.yaml")
        return
    assert codes(tmp_path / "side.yaml", tmp_path / "values.yaml") == expected
    assert codes(tmp_path / "values.yaml", tmp_path / "side.yaml") == expected


def test_what_is_no_chart(tmp_path: Path) -> None:
    (tmp_path / "broken.tgz").write_bytes(b"no archive")
    assert codes(tmp_path, tmp_path / "broken.tgz") == ["no-chart", "no-chart"]
    assert codes(tmp_path / "missing.tgz", tmp_path / "missing.yaml") == ["file-not-found", "file-not-found"]
    assert codes("-", "-") == ["stdin-twice"]


def test_a_cause_is_what_changes_the_field_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("server:\n  replicas: 3\n")
    (tmp_path / "new.yaml").write_text(
        "server:\n  replicas: 5\n  logLevel: debug\nglobal:\n  datacenter: dc2\n"
    )
    found = causes(between(tmp_path / "old.yaml", tmp_path / "new.yaml"))
    assert found["StatefulSet/mesh-consul-server spec.replicas"] == ["server.replicas"]
    assert found["ConfigMap/mesh-consul-server-config data[\"server.json\"]"] == [
        "global.datacenter", "server.logLevel", "server.replicas",
    ]  # fmt: skip
    injector = "Deployment/mesh-consul-connect-injector spec.template.spec.containers[sidecar-injector].env"
    assert found[f"{injector}[CONSUL_DATACENTER].value"] == ["global.datacenter"]


def test_a_cause_has_its_place(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text("server:\n  replicas: 3\n")
    new.write_text("# nothing\n{}\n")
    (servers,) = (one for one in between(old, new) if one.kind == "StatefulSet")
    # it is the default again: the old side has the line
    assert [one.set_by for one in servers.fields[0].causes] == [f"{old}:2"]
    (servers,) = (one for one in between(new, f"{old},server.replicas=5") if one.kind == "StatefulSet")
    assert [one.set_by for one in servers.fields[0].causes] == ["--set server.replicas=5"]


# by name, the values, the flags and the patches of a chart
CHARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("server: {replicas: 3}", {}),
    "five": ("server:\n  replicas: 5\nui:\n  enabled: true\n", {}),
    "kept": ("server: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}", {"kube_version": "1.36"}),
    "old-cluster": (
        "server: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}", {"kube_version": "1.22"},
    ),
    "mirrored": ("server: {replicas: 3}", {"mirror": "registry.example.com/m"}),
    "mirrored-five": ("server: {replicas: 5}", {"mirror": "registry.example.com/m"}),
    "pinned": ("server: {replicas: 3}", {"digests": True}),
    "gvisor": (
        "server: {replicas: 3}",
        {"patches": "patches:\n- kind: StatefulSet\n  name: server\n"
         "  merge: {spec: {template: {spec: {runtimeClassName: gvisor}}}}\n"},
    ),
    "kata-five": (
        "server: {replicas: 5}",
        {"patches": "patches:\n- kind: StatefulSet\n  name: server\n  json:\n"
         "  - {op: add, path: /spec/template/spec/runtimeClassName, value: kata}\n"},
    ),
    "without-dns": (
        "server: {replicas: 3}",
        {"patches": "patches:\n- kind: Service\n  name: dns\n  merge:\n    $patch: delete\n"},
    ),
}  # fmt: skip


def published(name: str, folder: Path) -> Path:
    """The archive of one of the charts."""
    text, asked = CHARTS[name]
    file = folder / f"{name}.yaml"
    file.write_text(text)
    renaming = None
    if "mirror" in asked:
        renaming = Renaming(asked["mirror"])
    if "digests" in asked:
        (folder / "digests.yaml").write_text(f"hashicorp/consul:2.0.3: sha256:{'a' * 64}\n")
        renaming = Renaming("", read_digests(str(folder / "digests.yaml")))
    said = ()
    if "patches" in asked:
        (folder / f"{name}-patches.yaml").write_text(asked["patches"])
        said = (patches.read(str(folder / f"{name}-patches.yaml")),)
    options = compiler.Options(
        kube_version=asked.get("kube_version"), alterations=Alterations(renaming, said) if asked else None
    )
    chart = compiler.compile_sources(compiler.read(file), options)
    return chart.write_archive(folder / f"{name}.tgz")


SERVERS = "StatefulSet/mesh-consul-server"
IMAGE = f"{SERVERS} spec.template.spec.containers[consul].image"
RUNTIME = f"{SERVERS} spec.template.spec.runtimeClassName"


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("plain", "five", f"{SERVERS} spec.replicas", ["server.replicas {new}/values.yaml:138"]),
        # it is the default again, which nobody set
        ("five", "kept", f"{SERVERS} spec.replicas", ["server.replicas {old}/values.yaml:138"]),
        ("kept", "old-cluster", f"{SERVERS} spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
         [" --kube-version 1.36 → 1.22"]),
        ("plain", "mirrored", IMAGE, ["global.image --mirror registry.example.com/m"]),
        ("mirrored", "plain", IMAGE, ["global.image --mirror registry.example.com/m"]),
        ("mirrored", "mirrored-five", f"{SERVERS} spec.replicas", ["server.replicas {new}/values.yaml:138"]),
        ("plain", "pinned", IMAGE, ["global.image --digests sha256:"]),
        ("plain", "gvisor", RUNTIME, [" {new}/patches/1.yaml:4"]),
        ("gvisor", "plain", RUNTIME, [" {old}/patches/1.yaml:4"]),
        # both patch it, and the values that differ have no part in it
        ("gvisor", "kata-five", RUNTIME, [" {new}/patches/1.yaml:5"]),
        ("gvisor", "kata-five", f"{SERVERS} spec.replicas", ["server.replicas {new}/values.yaml:138"]),
        ("plain", "without-dns", "Service/mesh-consul-dns", [" {new}/patches/1.yaml:4"]),
        ("without-dns", "plain", "Service/mesh-consul-dns", [" {old}/patches/1.yaml:4"]),
    ],
)  # fmt: skip
def test_causes_between_two_charts(
    old: str, new: str, place: str, expected: list[str], tmp_path: Path
) -> None:
    sides = {"old": published(old, tmp_path), "new": published(new, tmp_path)}
    told = {}
    for one in between(sides["old"], sides["new"]):
        told[one.title] = one.causes
        told |= {f"{one.title} {each.place}": each.causes for each in one.fields}
    found = [f"{dotted(cause.path)} {cause.set_by}" for cause in told[place]]
    wanted = [text.format(**sides) for text in expected]
    assert len(found) == len(wanted)
    assert all(one.startswith(text) for one, text in zip(found, wanted, strict=True)), found


def test_patches_that_take_objects_away_are_named_for_values_and_folders_too(tmp_path: Path) -> None:
    old = published("plain", tmp_path)
    chart = compiler.compile_sources(
        compiler.read(tmp_path / "plain.yaml"),
        compiler.Options(alterations=Alterations(None, (patches.read(str(_without_dns(tmp_path))),))),
    )
    folder = chart.write(tmp_path / "folder")
    (change,) = between(old, folder)
    assert [one.set_by for one in change.causes] == [f"{folder}/patches/1.yaml:4"]
    options = compiler.Options(alterations=Alterations(None, (patches.read(str(_without_dns(tmp_path))),)))
    first, second = sides.read(str(old), str(tmp_path / "plain.yaml"), NOTHING, options, TARGET)
    (change,) = sides.compared(first, second, TARGET)
    assert [one.set_by for one in change.causes] == [f"{tmp_path / 'without.yaml'}:4"]


def _without_dns(folder: Path) -> Path:
    path = folder / "without.yaml"
    path.write_text(CHARTS["without-dns"][1]["patches"])
    return path


def test_flags_that_differ(tmp_path: Path) -> None:
    old, new = read(published("kept", tmp_path), published("mirrored", tmp_path))
    assert sides.flags_apart(old, new) == (
        ("--kube-version", "1.36", None), ("--mirror", None, "registry.example.com/m"),
    )  # fmt: skip
    assert sides.flags_apart(old, old) == ()
    lenient = chartgen.compile(tmp_path / "kept.yaml", strict=False).write_archive(tmp_path / "lenient.tgz")
    changes = sides.compared(*read(published("kept", tmp_path), lenient), TARGET)
    found = difference.Difference(
        "a", "b", compare.judged(changes), (), None, sides.flags_apart(*read(old.name, lenient))
    )
    assert difference.text(found).splitlines()[-2:] == [
        "nothing differs that a cluster would notice",
        "made with other flags: --kube-version 1.36 → none, --lenient no → yes",
    ]


def test_a_chart_of_which_none_can_be_made_again_is_compared_all_the_same(tmp_path: Path) -> None:
    chart = chartgen.compile({"server": {"replicas": 3}})
    chart.write(tmp_path / "old")
    folder = chart.write(tmp_path / "new")
    (folder / "values.yaml").write_text("server: {replicas: many}\n")
    text = (folder / "templates" / "server-statefulset.yaml").read_text()
    (folder / "templates" / "server-statefulset.yaml").write_text(text.replace("replicas: 3", "replicas: 4"))
    (change,) = between(tmp_path / "old", folder)
    assert (change.fields[0].new, change.fields[0].causes) == (4, ())


@pytest.mark.parametrize(
    ("path", "change", "about"),
    [
        ("default", "global.datacenter=dc2", {"datacenter": "loses-data"}),
        ("default", "global.domain=mesh", {"domain": "restarts"}),
        ("secure", "server.replicas=1", {"number of servers": "loses-data"}),
        ("secure", "server.replicas=2", {}),
        ("secure", "server.replicas=5", {}),
        ("default", "global.gossipEncryption.autoGenerate=true", {"gossip encryption": "restarts"}),
        ("default", "global.tls.enabled=true", {"TLS": "restarts"}),
        ("default", "global.acls.manageSystemACLs=true", {"ACLs": "restarts"}),
        ("secure", "global.tls.verify=false", {}),
        ("secure", "server.storageClass=fast", {"storage class": "refused"}),
        (
            "secure",
            "global.image=hashicorp/consul-enterprise:1.20.0-ent",
            {"version of Consul": "loses-data"},
        ),
        ("secure", "global.image=hashicorp/consul:2.0.3", {"edition of Consul": "loses-data"}),
        ("secure", "global.name=mesh", {"name of the servers": "loses-data"}),
        (
            "secure",
            "connectInject.consulNamespaces.consulDestinationNamespace=x",
            {"namespaces of the mesh": "restarts"},
        ),
        ("secure", "global.logLevel=debug", {}),
    ],
)
def test_what_consul_makes_of_it(path: str, change: str, about: dict[str, Any]) -> None:
    side = compiled.ROOT / "examples" / f"{path}.yaml"
    found = sides.read(str(side), f"{side},{change}", NOTHING, compiler.Options(strict=False), TARGET)
    told = compare.advice(sides.compared(*found, TARGET))
    assert {one.about: one.consequence for one in told} == about
    assert all(one.reason and one.source and one.steps for one in told)


def test_turning_back_is_told_too() -> None:
    """From secure to default, and from verified to not."""
    secure, default = (compiled.ROOT / "examples" / f"{name}.yaml" for name in ("secure", "default"))
    told = {one.about for one in compare.advice(between(secure, default))}
    assert told >= {"gossip encryption", "TLS", "ACLs"}
    assert {one.about for one in compare.advice(between(f"{secure},global.tls.verify=false", secure))} == {
        "verification of TLS"
    }


def test_the_primary_is_told_by_the_servers_configuration(tmp_path: Path) -> None:
    base = compiled.ROOT / "examples" / "federation-secondary.yaml"
    told = compare.advice(between(base, f"{base},global.federation.primaryDatacenter=dc9"))
    assert {one.about for one in told} == {"primary datacenter"}


UPGRADED = sorted((compiled.ROOT / "tests" / "cases" / "upgraded").iterdir())


def test_each_example_has_a_second_version() -> None:
    assert [folder.name for folder in UPGRADED] == sorted(path.stem for path in compiled.EXAMPLES)


@pytest.mark.parametrize("folder", UPGRADED, ids=lambda path: path.name)
def test_what_is_said_of_the_second_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`change.yaml` over the example, and in `difference.txt` what is said of it (CHARTGEN_UPDATE_CASES=1 rewrites it)."""
    monkeypatch.chdir(compiled.ROOT)
    example, change = f"examples/{folder.name}.yaml", f"tests/cases/upgraded/{folder.name}/change.yaml"
    found = between(example, f"{example},{change}")
    said = difference.text(
        difference.Difference("old", "new", compare.judged(found), compare.advice(found), compare.bump(found))
    )
    expected = folder / "difference.txt"
    if os.environ.get("CHARTGEN_UPDATE_CASES"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
