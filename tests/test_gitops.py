"""The objects on the pages about Argo CD and Flux: valid, of one release, and about the chart that is built."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import chartgen

ROOT = Path(__file__).parent.parent
# where the definitions of their kinds lie, as modules of Go that the tests of a developer may have fetched
DEFINITIONS = {
    "Application": ("github.com/argoproj/argo-cd/v3@v3.2.0", "manifests/crds/application-crd.yaml"),
    "OCIRepository": (
        "github.com/fluxcd/source-controller@v1.10.1",
        "config/crd/bases/source.toolkit.fluxcd.io_ocirepositories.yaml",
    ),
    "HelmRepository": (
        "github.com/fluxcd/source-controller@v1.10.1",
        "config/crd/bases/source.toolkit.fluxcd.io_helmrepositories.yaml",
    ),
}


def objects(page: str) -> list[dict[str, Any]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    return [one for block in blocks for one in yaml.safe_load_all(block) if "kind" in one]


ALL = [*objects("argocd.md"), *objects("flux.md")]
BY_KIND = {one["kind"]: one for one in ALL}


@cache
def modules() -> Path | None:
    if shutil.which("go") is None:
        return None
    done = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def closed(node: Any) -> Any:
    """A structural schema in which a field that it does not name is an error, as `kubectl apply` has it."""
    if not isinstance(node, dict):
        return node
    made = {key: closed(value) if isinstance(value, dict) else value for key, value in node.items()}
    if "properties" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        made["properties"] = {key: closed(value) for key, value in node["properties"].items()}
        made["additionalProperties"] = False
    return made


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_an_object_has_the_form_of_its_definition(kind: str) -> None:
    module, file = DEFINITIONS[kind]
    root = modules()
    path = root / module / file if root else None
    if path is None or not path.is_file():
        pytest.skip(f"the module {module} is not here: `go mod download {module}` fetches it")
    definition = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = BY_KIND[kind]
    group, _, version = given["apiVersion"].partition("/")
    assert definition["spec"]["group"] == group
    (served,) = (one for one in definition["spec"]["versions"] if one["name"] == version)
    assert served["served"]
    form = served["schema"]["openAPIV3Schema"]
    # metadata is Kubernetes' own
    shape = closed({**form, "properties": {**form["properties"], "metadata": {"type": "object"}}})
    assert [error.message for error in jsonschema_rs.validator_for(shape).iter_errors(given)] == []


def test_they_are_about_the_chart_that_is_built() -> None:
    chart = chartgen.compile({"global": {"argocd": {"enabled": True}, "acls": {"manageSystemACLs": True},
                                         "tls": {"enabled": True}}})  # fmt: skip
    source = BY_KIND["Application"]["spec"]["source"]
    assert source["chart"] == chart.name == BY_KIND["OCIRepository"]["spec"]["url"].rpartition("/")[2]
    # an OCI registry is named without its scheme there, and no values are handed to what has its own
    assert "://" not in source["repoURL"] and source["helm"].keys() == {"releaseName"}
    release = BY_KIND["HelmRelease"]["spec"]
    assert not release.keys() & {"values", "valuesFrom", "chart"}
    assert release["chartRef"]["name"] == BY_KIND["OCIRepository"]["metadata"]["name"]
    assert release["releaseName"] == source["helm"]["releaseName"]
    made = [data for _, data in chart.objects("consul", "consul", upgrade=False)]
    hooks = [
        one["metadata"]["name"] for one in made
        if "argocd.argoproj.io/hook" in one["metadata"].get("annotations", {})
    ]  # fmt: skip
    assert [name.endswith("-server-acl-init") for name in hooks] == [True]


def test_what_they_are_to_leave_alone_is_what_the_chart_leaves_open() -> None:
    """The CA of the webhooks, which what runs writes: each kind is named for Argo CD, and no CA is in the chart."""
    made = chartgen.compile({"connectInject": {"enabled": True}})
    webhooks = [data for _, data in made.objects("consul", "consul", upgrade=False) if "webhooks" in data]
    assert webhooks
    told = {one["kind"] for one in BY_KIND["Application"]["spec"]["ignoreDifferences"]}
    assert {one["kind"] for one in webhooks} <= told
    assert [one for data in webhooks for one in data["webhooks"] if "caBundle" in one["clientConfig"]] == []
