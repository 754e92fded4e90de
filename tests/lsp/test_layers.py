"""A document that is a layer of charts of the build file: what lies below and above it counts, and is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types as lsp

from tests.lsp.client import CURSOR, Client

BUILD_FILE = """\
defaults:
  values: [base.yaml]
charts:
  - name: c-{cluster}
    values:
      - regions/{region}.yaml
      - clusters/{region}/{cluster}.yaml
    set:
      global.datacenter: of-{cluster}
    kubeVersion: "1.34"
"""
FILES = {
    "chartgen.yaml": BUILD_FILE,
    "base.yaml": "server:\n  replicas: 3\n  storage: 10Gi\nglobal:\n  name: a\n",
    "regions/eu.yaml": "server:\n  storage: 20Gi\n",
    "regions/us.yaml": "server:\n  storageClass: gp3\n",
    "clusters/eu/one.yaml": "ui:\n  enabled: true\n",
    "clusters/us/two.yaml": "ui:\n  enabled: true\n",
    "clusters/us/three.yaml": "ui:\n  enabled: false\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def hovered(client: Client, text: str, name: str) -> str:
    return str(client.asked(lsp.TEXT_DOCUMENT_HOVER, text, name).contents.value)


def test_hover_says_what_set_it_in_the_layers(repository: Path) -> None:
    with Client(repository) as client:
        told = hovered(client, "server:\n  exposeService: {}\n  stor¦age:\n", "clusters/eu/one.yaml")
        assert "In the chart `c-one`" in told
        told = hovered(client, "ser¦ver: {}\n", "clusters/eu/one.yaml")
        assert "storage: 20Gi" in told or "regions/eu.yaml" in told
        # what lies above, the chart's `set` here, has the last word
        told = hovered(client, "global:\n  data¦center: mine\n", "clusters/eu/one.yaml")
        assert '`"of-one"`, set by chartgen.yaml:9' in told
        # a file of several charts is looked at without what lies above it
        told = hovered(client, "server:\n  storage¦Class: gp4\n", "regions/us.yaml")
        assert '`"gp4"`, set by regions/us.yaml:2' in told
        assert "In 2 charts, before what lies above this file: `c-three`, `c-two`" in told


def test_definition_leads_to_the_layer_below_that_sets_it(repository: Path) -> None:
    with Client(repository) as client:
        for text, file, line in (
            ("server:\n  stor¦age: 30Gi\n", "regions/eu.yaml", 1),
            ("server:\n  repli¦cas: 5\n", "base.yaml", 1),
            ("global:\n  na¦me: b\n", "base.yaml", 4),
        ):
            client.open(text.replace(CURSOR, ""), "clusters/eu/one.yaml")
            (found,) = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, text, "clusters/eu/one.yaml")
            assert (found.uri, found.range.start.line) == ((repository / file).as_uri(), line)
        assert not client.asked(lsp.TEXT_DOCUMENT_DEFINITION, "server:\n  repli¦cas: 5\n", "base.yaml")


def test_findings_are_those_of_the_chart(repository: Path) -> None:
    with Client(repository) as client:
        found = client.open("server:\n  bootstrapExpect: 5\n", "clusters/eu/one.yaml")
        (told,) = (each for each in found if each.code == "bootstrap-expect-above-replicas")
        related = [each.location.uri for each in told.related_information or ()]
        assert (repository / "base.yaml").as_uri() in related
        # the same file is one of no chart, and has no layers, once the build file says so
        (repository / "chartgen.yaml").write_text("charts: []\n")
        client.change(lsp.Position(1, 19), lsp.Position(1, 20), "3", "clusters/eu/one.yaml")
        (told,) = client.told("clusters/eu/one.yaml")
        assert "only 1 are started" in told.message and not told.related_information


def test_a_new_cluster_has_its_layers(repository: Path) -> None:
    with Client(repository) as client:
        client.open("ui:\n  enabled: true\n", "clusters/eu/one.yaml")
        (repository / "clusters/eu/new.yaml").write_text("{}\n")
        (found,) = client.asked(
            lsp.TEXT_DOCUMENT_DEFINITION, "server:\n  stor¦age: 30Gi\n", "clusters/eu/new.yaml"
        )
        assert found.uri == (repository / "regions/eu.yaml").as_uri()


def test_a_layer_that_cannot_be_read_leaves_the_rest(repository: Path) -> None:
    (repository / "regions/eu.yaml").write_text("server: {\n")
    with Client(repository) as client:
        assert [each.code for each in client.open("ui:\n  enable: true\n", "clusters/eu/one.yaml")] == [
            "unknown-key"
        ]
        text = "server:\n  repli¦cas: 5\n"
        (found,) = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, text, "clusters/eu/one.yaml")
        assert found.uri == (repository / "base.yaml").as_uri()


@pytest.mark.parametrize("said", ["charts: 3\n", "charts: [\n", BUILD_FILE.replace("base.yaml", "gone.yaml")])
def test_a_broken_build_file_is_no_reason_to_be_silent(repository: Path, said: str) -> None:
    (repository / "chartgen.yaml").write_text(said)
    with Client(repository) as client:
        found = client.open("ui:\n  enable: true\n", "clusters/eu/one.yaml")
        assert "unknown-key" in [each.code for each in found]


def test_the_clients_base_comes_before_the_build_file(repository: Path) -> None:
    (repository / "other.yaml").write_text("server:\n  replicas: 1\n")
    with Client(repository, {"base": ["other.yaml"]}) as client:
        text = "server:\n  repli¦cas: 5\n"
        (found,) = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, text, "clusters/eu/one.yaml")
        assert found.uri == (repository / "other.yaml").as_uri()
