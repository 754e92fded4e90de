"""Patches of objects: what they make, by the real Helm engine, and what is told of those that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import compiler
from chartgen.alter import Alterations, patches
from chartgen.alter.images import Renaming
from chartgen.alter.merge import GONE, Misfit, merged
from chartgen.chart import Chart
from chartgen.diagnostics import Rejected
from chartgen.kubernetes import bounds
from chartgen.publishing import rebuild
from chartgen.values import source
from tests import compiled, engine
from tests.test_cli import run

EXAMPLE = Path(__file__).parent.parent / "examples" / "patches" / "patches.yaml"


def read(text: str, name: str = "patches.yaml") -> patches.Patches:
    return patches.of(source.read_text(text, name), text)


def built(text: str, values: Any = None, images: Renaming | None = None, **options: Any) -> Chart:
    alterations = Alterations(images, (read(text),))
    given = compiler.read(values or {})
    return compiler.compile_sources(given, compiler.Options(alterations=alterations, **options))


def installed(chart: Chart, folder: Path) -> dict[tuple[str, str], Any]:
    """The objects of a release called `mesh`, as Helm makes them."""
    made = engine.objects(chart.publish(folder).folder, release="mesh", namespace="consul")
    return {(data["kind"], data["metadata"]["name"]): data for data in made}


def codes(text: str, values: Any = None) -> list[tuple[str, int]]:
    """(code, line) of each finding about patches."""
    with pytest.raises(Rejected) as caught:
        built(text, values)
    return [(finding.code, finding.spans[0].line) for finding in caught.value.diagnostics]


def test_nothing_but_what_is_patched_changes(tmp_path: Path) -> None:
    before = installed(compiler.compile_sources(compiler.read({}), compiler.Options()), tmp_path / "a")
    after = installed(built(EXAMPLE.read_text()), tmp_path / "b")
    servers, injector = ("StatefulSet", "mesh-consul-server"), ("Deployment", "mesh-consul-connect-injector")
    assert {key for key in before if before[key] != after[key]} == {servers, injector}
    pod, old = (one[servers]["spec"]["template"]["spec"] for one in (after, before))
    assert pod.pop("runtimeClassName") == "gvisor"
    assert pod["containers"][0]["env"].pop() == {"name": "GOMAXPROCS", "value": "2"}
    assert pod == old
    assert after[injector]["spec"]["template"]["metadata"]["annotations"].pop("team") == "platform"
    assert after[injector] == before[injector]


def test_what_an_installation_knows_stays(tmp_path: Path) -> None:
    text = """
patches:
  - kind: StatefulSet
    name: consul-server
    merge:
      metadata:
        labels: {team: "{{ .Release.Namespace }}-{{ .Release.Name }}"}
      spec:
        template:
          spec:
            containers:
              - name: consul
                envFrom:
                  - configMapRef: {name: '{{ include "consul.fullname" . }}-server-config'}
                command: ["{{ with secret \\"a\\" }}{{ .Data }}"]
"""
    servers = installed(built(text), tmp_path)[("StatefulSet", "mesh-consul-server")]
    assert servers["metadata"]["labels"]["team"] == "consul-mesh"
    assert servers["metadata"]["labels"]["release"] == "mesh"
    container = servers["spec"]["template"]["spec"]["containers"][0]
    assert container["envFrom"] == [{"configMapRef": {"name": "mesh-consul-server-config"}}]
    assert container["command"] == ['{{ with secret "a" }}{{ .Data }}']
    assert servers["spec"]["serviceName"] == "mesh-consul-server"


def test_a_chart_carries_its_patches_and_is_made_again(tmp_path: Path) -> None:
    chart = built(EXAMPLE.read_text(), images=Renaming("registry.example.com"))
    made = chart.publish(tmp_path)
    assert (made.folder / "patches" / "1.yaml").read_text() == EXAMPLE.read_text()
    assert rebuild.verified(str(made.archive)).findings == ()
    (made.folder / "patches" / "1.yaml").write_text(EXAMPLE.read_text().replace("gvisor", "kata"))
    files = {finding.spans[0].source for finding in rebuild.verified(str(made.folder)).findings}
    assert f"{made.folder}/templates/server-statefulset.yaml" in files


def test_several_files_come_one_after_the_other() -> None:
    first, second = (
        read(
            f"patches: [{{kind: StatefulSet, name: server, merge: {{spec: {{minReadySeconds: {number}}}}}}}]"
        )
        for number in (1, 2)
    )
    chart = compiler.compile_sources(
        compiler.read({}), compiler.Options(alterations=Alterations(patches=(first, second)))
    )
    (servers,) = (data for _, data in chart.objects() if data["kind"] == "StatefulSet")
    assert servers["spec"]["minReadySeconds"] == 2
    assert sorted(name for name in chart.files if name.startswith("patches/")) == [
        "patches/1.yaml",
        "patches/2.yaml",
    ]


def test_images_of_patches_get_their_names_too() -> None:
    text = (
        "patches: [{kind: StatefulSet, name: server, merge: {spec: {template: {spec: {containers: "
        "[{name: a, image: 'example/a:1.0.0'}]}}}}}]"
    )
    chart = built(text, images=Renaming("registry.example.com"))
    (servers,) = (data for _, data in chart.objects() if data["kind"] == "StatefulSet")
    assert (
        servers["spec"]["template"]["spec"]["containers"][-1]["image"]
        == "registry.example.com/example/a:1.0.0"
    )


def test_pods_are_replaced_for_their_patched_configuration(tmp_path: Path) -> None:
    text = "patches: [{kind: ConfigMap, name: server-config, merge: {data: {extra.json: '%s'}}}]"

    def checksums(chart: Chart) -> dict[str, str]:
        return {
            data["metadata"]["name"]: data["spec"]["template"]["metadata"]["annotations"][key]
            for _, data in chart.objects()
            if data["kind"] in ("StatefulSet", "Deployment")
            for key in data["spec"]["template"]["metadata"].get("annotations", {})
            if "checksum" in key
        }

    plain, first, second = (
        checksums(compiler.compile_sources(compiler.read({}), compiler.Options())),
        checksums(built(text % "{}")),
        checksums(built(text % '{"log_level": "WARN"}')),
    )
    servers = "consul-consul-server"
    assert len({plain[servers], first[servers], second[servers]}) == 3
    assert {name for name in plain if plain[name] != first[name]} == {servers}


def test_objects_that_are_taken_away(tmp_path: Path) -> None:
    text = "patches: [{kind: PodDisruptionBudget, name: server, merge: {$patch: delete}}]"
    assert ("PodDisruptionBudget", "mesh-consul-server") not in installed(built(text), tmp_path)
    needed = "patches:\n  - kind: ConfigMap\n    name: server-config\n    merge: {$patch: delete}\n"
    assert codes(needed) == [("dangling-reference", 4)]


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ("kind: StatefulSet\n    name: servers\n    merge: {spec: {replicas: 3}}", "patch-without-object"),
        ("kind: Statefulset\n    name: server\n    merge: {spec: {replicas: 3}}", "patch-without-object"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {replicas: 1}}", "patch-changes-nothing"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: remove, path: /spec/nothing}]", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: test, path: /spec/replicas, value: 7}]", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: replace, path: /spec/a/b, value: 7}]", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: move, path: /spec/a, from: /spec/b}]", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: text}", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {metadata: {name: b}}", "patch-renames"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: replace, path: '', value: 1}]", "patch-renames"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {$patch: remove}}", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {$setElementOrder/a: [b]}}", "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {template: {spec: {volumes: [{emptyDir: {}}]}}}}",
         "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {template: {spec: {tolerations: [{$patch: delete}]}}}}",
         "patch-fails"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {template: {spec: {nodeSelector: {a b: c}}}}}",
         "refused-by-kubernetes"),
        ("kind: StatefulSet\n    name: server\n    merge: {spec: {template: {spec: {serviceAccountName: nobody}}}}",
         "dangling-reference"),
        ("kind: StatefulSet\n    name: server", "bad-patch"),
        ("kind: StatefulSet\n    merge: {spec: {replicas: 3}}", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    merge: {}", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    json: {}", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: put, path: /spec}]", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    json: [{op: add, path: spec, value: 1}]", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    json: [text]", "bad-patch"),
        ("kind: StatefulSet\n    name: server\n    merge: {a: b}\n    path: x", "bad-patch"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_line(patch: str, found: str) -> None:
    for code, line in codes(f"# a comment\npatches:\n  - {patch}\n"):
        assert code == found
        assert 3 <= line <= 6


REFUSED: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "patched" / "refused.yaml").read_text(encoding="utf-8")
)


def file_of(name: str, way: str) -> str:
    """The file of patches of a case."""
    kind, of = REFUSED[name]["of"]
    body = REFUSED[name][way]
    patch = {"kind": kind, "name": of, "json" if isinstance(body, list) else "merge": body}
    return "# one\n" + yaml.safe_dump({"patches": [patch]})


def with_patch(name: str, way: str) -> Chart:
    return built(file_of(name, way), {})


@pytest.mark.parametrize("name", REFUSED)
def test_objects_that_a_patch_makes_no_objects(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        with_patch(name, "refused")
    errors = [finding for finding in caught.value.diagnostics if finding.severity == "error"]
    assert errors
    for finding in errors:
        assert finding.spans and finding.spans[0].source == "patches.yaml", finding
    assert "refused-by-kubernetes" in {finding.code for finding in errors}


@pytest.mark.parametrize("name", REFUSED)
def test_the_like_of_it_is_admitted(name: str) -> None:
    with_patch(name, "admitted")


@pytest.mark.parametrize("path", (*compiled.EXAMPLES, *compiled.SETS[::3]), ids=lambda path: path.stem)
def test_what_nobody_patched_is_within_all_bounds(path: Path) -> None:
    for file, data in compiled.objects(path):
        assert (file, [*bounds.refusals(data)]) == (file, [])


@pytest.mark.parametrize(
    "text", ["{}", "patches: {}", "patches: []", "patches: [1]", "patch: [{kind: a, name: b}]"]
)
def test_no_patches(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(text)
    assert {finding.code for finding in caught.value.diagnostics} == {"bad-patch"}


def test_all_findings_at_once() -> None:
    text = """\
patches:
  - {kind: StatefulSet, name: nobody, merge: {spec: {replicas: 2}}}
  - {kind: StatefulSet, name: server, merge: {spec: {replicas: 1}}}
  - {kind: StatefulSet, name: server, json: [{op: remove, path: /spec/x}]}
"""
    assert codes(text) == [("patch-without-object", 2), ("patch-changes-nothing", 3), ("patch-fails", 4)]


def test_names() -> None:
    for name in ("server", "consul-server", "RELEASE-consul-server", "ser*"):
        assert built(
            f"patches: [{{kind: StatefulSet, name: {name}, merge: {{spec: {{minReadySeconds: 5}}}}}}]"
        )
    everywhere = built("patches: [{kind: Deployment, name: '*', merge: {metadata: {labels: {team: a}}}}]")
    deployments = [data for _, data in everywhere.objects() if data["kind"] == "Deployment"]
    assert len(deployments) > 1
    assert all(data["metadata"]["labels"]["team"] == "a" for data in deployments)
    assert built(
        "patches: [{kind: StatefulSet, name: mesh-server, merge: {spec: {minReadySeconds: 5}}}]",
        {"global": {"name": "mesh"}},
    )


def test_objects_of_one_patch_share_nothing() -> None:
    text = """
patches:
  - kind: Deployment
    name: "*"
    json:
      - {op: add, path: /metadata/annotations, value: {}}
      - {op: copy, from: /metadata/name, path: /metadata/annotations/of}
"""
    for _, data in built(text).objects():
        if data["kind"] == "Deployment":
            assert data["metadata"]["annotations"] == {"of": data["metadata"]["name"]}


def test_difference_and_explanation_name_the_line(tmp_path: Path) -> None:
    (tmp_path / "patches.yaml").write_text(EXAMPLE.read_text())
    (tmp_path / "values.yaml").write_text("{}\n")
    assert run("build", "-q", "-f", "values.yaml", cwd=tmp_path).returncode == 0
    line = 1 + EXAMPLE.read_text().splitlines().index("            runtimeClassName: gvisor")
    told = run(
        "diff", "charts/consul-0.1.0.tgz", "values.yaml", "--patches", "patches.yaml", cwd=tmp_path
    ).stdout
    assert f"patches.yaml:{line}" in told
    told = run(
        "explain", "--patches", "patches.yaml", "StatefulSet/consul-server", "spec.template.spec.runtimeClassName",
        cwd=tmp_path,
    ).stdout  # fmt: skip
    assert f"patches.yaml:{line}" in told and "gvisor" in told


# (object, patch, result), after the examples of Kubernetes' documentation of strategic merge
POD = {"spec": {"containers": [{"name": "a", "image": "a:1", "args": ["x"]}], "tolerations": [{"key": "a"}]}}


@pytest.mark.parametrize(
    ("data", "patch", "result"),
    [
        ("{spec: {containers: [{name: a, image: 'a:1'}]}}", "{spec: {containers: [{name: b, image: 'b:1'}]}}",
         "{spec: {containers: [{name: a, image: 'a:1'}, {name: b, image: 'b:1'}]}}"),
        ("{spec: {containers: [{name: a, image: 'a:1', args: [x]}]}}", "{spec: {containers: [{name: a, args: [y]}]}}",
         "{spec: {containers: [{name: a, image: 'a:1', args: [y]}]}}"),
        ("{spec: {containers: [{name: a}, {name: b}]}}", "{spec: {containers: [{name: a, $patch: delete}]}}",
         "{spec: {containers: [{name: b}]}}"),
        ("{spec: {containers: [{name: a}, {name: b}]}}", "{spec: {containers: [{$patch: replace}, {name: c}]}}",
         "{spec: {containers: [{name: c}]}}"),
        ("{spec: {tolerations: [{key: a}]}}", "{spec: {tolerations: [{key: b}]}}", "{spec: {tolerations: [{key: b}]}}"),
        ("{spec: {a: {x: 1, y: 2}}}", "{spec: {a: {$patch: replace, z: 3}}}", "{spec: {a: {z: 3}}}"),
        ("{spec: {a: {x: 1}, b: 2}}", "{spec: {a: {$patch: delete}}}", "{spec: {b: 2}}"),
        ("{spec: {a: 1, b: 2}}", "{spec: {a: null}}", "{spec: {b: 2}}"),
        ("{spec: {a: 1}}", "{spec: {a: {b: {c: null, d: 1}}}}", "{spec: {a: {b: {d: 1}}}}"),
        ("{spec: {volumes: [{name: v, emptyDir: {}}]}}",
         "{spec: {volumes: [{name: v, configMap: {name: c}, $retainKeys: [name, configMap]}]}}",
         "{spec: {volumes: [{name: v, configMap: {name: c}}]}}"),
        ("{metadata: {finalizers: [a, b]}}", "{metadata: {finalizers: [c]}}", "{metadata: {finalizers: [a, b, c]}}"),
        ("{metadata: {finalizers: [a, b]}}", "{metadata: {$deleteFromPrimitiveList/finalizers: [a]}}",
         "{metadata: {finalizers: [b]}}"),
        ("{spec: {containers: [{name: a, ports: [{containerPort: 1}]}]}}",
         "{spec: {containers: [{name: a, ports: [{containerPort: 2}]}]}}",
         "{spec: {containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 2}]}]}}"),
    ],
)  # fmt: skip
def test_strategic_merge(data: str, patch: str, result: str) -> None:
    before = yaml.safe_load(data)
    assert merged(before, yaml.safe_load(patch), "Pod", lists=True) == yaml.safe_load(result)
    assert before == yaml.safe_load(data)


def test_custom_resources_merge_no_lists() -> None:
    data, patch = {"spec": {"containers": [{"name": "a"}]}}, {"spec": {"containers": [{"name": "b"}]}}
    assert merged(data, patch, "Mesh", lists=False) == patch


def test_a_whole_object_is_deleted() -> None:
    assert merged(POD, {"$patch": "delete"}, "Pod", lists=True) is GONE


def test_deleting_what_is_not_there() -> None:
    with pytest.raises(Misfit) as caught:
        merged(POD, {"spec": {"containers": [{"name": "b", "$patch": "delete"}]}}, "Pod", lists=True)
    assert caught.value.path == ("spec", "containers", 0)
    assert caught.value.expected == "a"
