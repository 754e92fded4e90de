"""The definitions of custom resources, and resources of every kind, before the API server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml12

from tests.cluster.api import Answer
from tests.cluster.conftest import PAIRS, Cluster
from tests.cluster.kept import dropped
from tests.test_crd import ALL, DEFINITIONS, RESOURCES

DEFINED = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module")
def defined(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster that has every definition; charts bring their own, so they go afterwards."""
    answers = [cluster.api.request(f"{DEFINED}?fieldValidation=Strict", "POST", one.body) for one in ALL]
    try:
        assert [one.data["message"] for one in answers if not one.fine] == []
        for one in ALL:
            spec = one.body["spec"]
            for version in spec["versions"]:
                if version["served"]:
                    cluster.api.wait_for_kind(f"{spec['group']}/{version['name']}", one.kind)
        yield cluster
    finally:
        for one in ALL:
            cluster.api.request(f"{DEFINED}/{one.name}", "DELETE")
        while any(cluster.api.get(f"{DEFINED}/{one.name}") for one in ALL):
            time.sleep(0.2)


def resources(file: str) -> list[Any]:
    """(manifest with its comment) of each kind in each version that is served."""
    cases = []
    for source, found in DEFINITIONS.items():
        texts = (RESOURCES / source / file).read_text("utf-8").split("---\n")
        for definition in found:
            spec = definition.body["spec"]
            for version in (one["name"] for one in spec["versions"] if one["served"]):
                cases += [
                    pytest.param(text, f"{spec['group']}/{version}", definition.kind, id=f"{definition.name}-{version}-{number}")
                    for number, text in enumerate(texts)
                ]
    return cases


def ask(cluster: Cluster, text: str, api_version: str, kind: str, how: str) -> tuple[dict[str, Any], Answer]:
    """(the resource as this kind, what the server answers to a dry run); `how` unknown fields are taken."""
    data: Any = yaml12.parse_yaml(text)
    data = {**data, "apiVersion": api_version, "kind": kind}
    folder, path = cluster.api.paths(data, "default")
    query = f"?dryRun=All&fieldValidation={how}"
    if "status" not in data:
        return data, cluster.api.request(f"{folder}{query}", "POST", data)
    # a status is written by itself, to a resource that is there
    made = cluster.api.request(folder, "POST", {key: item for key, item in data.items() if key != "status"})
    assert made.fine, made.data["message"]
    try:
        return data, cluster.api.request(f"{path}/status{query}", "PUT", {**made.data, "status": data["status"]})
    finally:
        cluster.api.request(path, "DELETE")


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
@pytest.mark.parametrize(("text", "api_version", "kind"), resources("valid.yaml"))
def test_valid_resource_is_admitted(defined: Cluster, text: str, api_version: str, kind: str) -> None:
    data, answer = ask(defined, text, api_version, kind, "Strict")
    assert answer.fine, answer.data["message"]
    assert list(dropped(data, answer.data)) == []


@pytest.mark.parametrize("cluster", PAIRS, indirect=True)
@pytest.mark.parametrize(("text", "api_version", "kind"), resources("invalid.yaml"))
def test_invalid_field_is_named(defined: Cluster, text: str, api_version: str, kind: str) -> None:
    _, answer = ask(defined, text, api_version, kind, "Ignore")
    assert answer.status == 422, answer.data
    found = re.match(r"# wrong at (\S+):", text)
    assert found
    place = re.sub(r"\.(\d+)", r"[\1]", found[1])
    assert place == "(top)" or place in answer.data["message"]
