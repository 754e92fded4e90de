"""Every object of every example and compiled set is one that a strict Kubernetes takes; what it would not take is shown
where the user wrote it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml12

import chartgen
from chartgen import compiler
from chartgen.verify import admission
from tests import compiled

VERSIONS = [(1, 29), (1, 33), max(admission.versions())]
# kinds of others: OpenShift, Multus, and the policies that Kubernetes dropped in 1.25
FOREIGN = {"SecurityContextConstraints", "NetworkAttachmentDefinition", "PodSecurityPolicy"}


@pytest.mark.parametrize("path", [*compiled.EXAMPLES, *compiled.SETS], ids=lambda path: path.stem)
def test_every_object_is_valid(path: Path) -> None:
    for version in VERSIONS:
        for file, data in compiled.objects(path):
            assert admission.known(data, version) or data["kind"] in FOREIGN, data["kind"]
            assert list(admission.violations(data, version)) == [], (file, version)


def test_custom_resource_definitions_are_valid() -> None:
    path = compiled.ROOT / "tests" / "cases" / "compiled" / "api-gateway-tuned.yaml"
    definitions = [
        data
        for data in yaml12.parse_yaml(
            compiled.chart(path).manifests("mesh", "consul", every_hook=True), multi=True
        )
        if data and data["kind"] == "CustomResourceDefinition"
    ]
    assert len(definitions) > 25
    for version in VERSIONS:
        for data in definitions:
            assert list(admission.violations(data, version)) == [], (data["metadata"]["name"], version)


# (values, the line that is to blame, what is found there)
REFUSED = {
    "a misspelt field": (
        "server:\n  replicas: 3\n  affinity:\n    nodeAffinitty: {}\n",
        4,
        "spec.template.spec.affinity.nodeAffinitty: {}",
    ),
    "a missing field": (
        "server:\n  replicas: 3\n  topologySpreadConstraints: |\n    - maxSkew: 1\n      topologyKey: zone\n",
        3,
        'spec.template.spec.topologySpreadConstraints[0].whenUnsatisfiable: {"maxSkew": 1, "topologyKey": "zone"}',
    ),
    "text in place of a map": (
        "meshGateway:\n  enabled: true\n  affinity: nowhere\n",
        3,
        'spec.template.spec.affinity: "nowhere"',
    ),
    "a number in place of text": (
        "client:\n  enabled: true\n  nodeSelector:\n    zone: 4\n",
        4,
        "spec.template.spec.nodeSelector.zone: 4",
    ),
    "a field of a Service": (
        "dns:\n  additionalSpec: |\n    externalTraficPolicy: Local\n",
        2,
        'spec.externalTraficPolicy: "Local"',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_shown_where_it_was_written(name: str, tmp_path: Path) -> None:
    text, line, found = REFUSED[name]
    file = tmp_path / "values.yaml"
    file.write_text(text)
    read = compiler.read(str(file))
    chart = compiler.compile_sources(read, compiler.Options(strict=False))
    findings = admission.check(chart.documents, (1, 33), chart.late, read.sources)
    assert {one.code for one in findings} == {"invalid-object"}
    assert {(one.spans[0].line, one.found) for one in findings} == {(line, found)}


def test_what_only_helm_knows_is_left_unchecked() -> None:
    chart = chartgen.compile({"server": {"nodeSelector": "{{ if .Release.IsInstall }}a: b{{ end }}"}})
    assert admission.check(chart.documents, None, chart.late, []) == []


def test_versions_without_schemas() -> None:
    chart = chartgen.compile({})
    with pytest.raises(chartgen.Rejected) as caught:
        admission.check(chart.documents, (1, 22), chart.late, [])
    assert [one.code for one in caught.value.diagnostics] == ["kubernetes-schemas-missing"]
    # a version newer than all known is checked as the newest
    assert admission.check(chart.documents, (1, 99), chart.late, []) == []


def build(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chartgen", "build", *options], capture_output=True, text=True
    )


def test_build_validates_on_demand(tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    # a field that the next version but three has
    values.write_text(
        "server:\n  extraContainers:\n    - {name: a, image: b, restartPolicy: OnFailure, restartPolicyRules: [{action: Restart}]}\n"
    )
    command = ["-f", str(values), "-o", str(tmp_path / "charts"), "--validate", "--kube-version", "1.30"]
    # told without the schemas, too
    command += ["--ignore", "refused-by-kubernetes"]
    refused = build(*command)
    assert refused.returncode == 1
    assert "error[invalid-object]: Kubernetes 1.30 refuses the StatefulSet" in refused.stderr
    assert f"{values}:3:" in refused.stderr
    assert not (tmp_path / "charts").exists()
    warned = build(*command, "--lenient")
    assert warned.returncode == 0
    assert "warning[invalid-object]: Kubernetes 1.30 refuses the StatefulSet" in warned.stderr
