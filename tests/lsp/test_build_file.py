"""`chartgen.yaml` itself in an editor: the findings that `check` has of it, and what may be written where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from tests.lsp.client import CURSOR, Client
from tests.test_cli import run

NAME = "chartgen.yaml"
WRONG = {
    "a key": "charts:\n  - name: a\n    values: [base.yaml]\n    strickt: true\nfindings:\n  failOn: sometimes\n",
    "a file": "charts:\n  - name: a\n    values: [none.yaml]\n  - name: b-{cluster}\n    values: ['none/{cluster}.yaml']\n",
    "a name": "defaults:\n  values: [base.yaml]\ncharts:\n  - name: Loud\n  - name: b-{zone}\n",
    "a value": "charts:\n  - name: a\n    values: [base.yaml]\n    set: {server.replicas: '{cluster}'}\n",
    "a bracket": "charts:\n  - name: a\n    values: [x/{cluster}.yaml]\n",
    "a line": "charts:\n  - name: a\n   values: x\n",
}  # fmt: skip


def folder(client: Client, name: str) -> Path:
    """A folder of the client's workspace with a file of values."""
    here = client.workspace / name.replace(" ", "-")
    here.mkdir(exist_ok=True)
    (here / "base.yaml").write_text("server:\n  replicas: 3\n")
    return here


@pytest.mark.parametrize("what", WRONG)
def test_findings_are_those_of_check(client: Client, what: str) -> None:
    here, text = folder(client, what), WRONG[what]
    (here / NAME).write_text(text)
    answer = json.loads(run("check", "--format", "json", cwd=here).stdout)
    wanted = sorted(
        (one["code"], one["spans"][0]["line"], one["spans"][0]["column"]) for one in answer["diagnostics"]
    )
    told = client.open(text, f"{here.name}/{NAME}")
    assert wanted
    assert (
        sorted((one.code, one.range.start.line + 1, one.range.start.character + 1) for one in told) == wanted
    )


def test_findings_go_while_it_is_typed(client: Client) -> None:
    here = folder(client, "typed")
    name = f"{here.name}/{NAME}"
    assert client.open("charts:\n  - name: a\n    values: [bass.yaml]\n", name)
    client.change(lsp.Position(2, 16), lsp.Position(2, 17), "e", name)
    assert client.told(name) == []


def test_hover(client: Client) -> None:
    shown = client.asked(lsp.TEXT_DOCUMENT_HOVER, "findings:\n  fail¦On: never\n", NAME)
    assert shown.range == lsp.Range(lsp.Position(1, 2), lsp.Position(1, 8))
    assert "**findings.failOn**" in shown.contents.value and 'Default: `"error"`' in shown.contents.value


def test_hover_of_a_value_that_is_set(client: Client) -> None:
    place = "charts:\n  - name: a\n    set:\n      server.repl¦icas: 3\n"
    assert "**server.replicas**" in client.asked(lsp.TEXT_DOCUMENT_HOVER, place, NAME).contents.value


@pytest.mark.parametrize(
    ("place", "some"),
    [
        ("ch¦", {"charts", "defaults", "findings"}),
        ("charts:\n  - name: a\n    ¦", {"values", "set", "strict", "kubeVersion"}),
        ("charts:\n  - name: a\n    values:\n      - ¦", {"file", "optional"}),
        ("findings:\n  failOn: ¦", {"error", "warning", "never"}),
        ("defaults:\n  set:\n    server:\n      ¦", {"replicas", "storage"}),
        ("defaults:\n  set:\n    ¦", {"server", "global"}),
    ],
)
def test_completion(client: Client, place: str, some: set[str]) -> None:
    assert CURSOR in place
    labels = {one.label for one in client.asked(lsp.TEXT_DOCUMENT_COMPLETION, place, NAME).items}
    assert some <= labels
    # what other charts call a setting has no place here
    assert not {"replicaCount", "acl.enabled"} & labels


def test_outline(client: Client) -> None:
    client.open("charts:\n  - name: a\n    values: [a.yaml]\n", NAME)
    (charts,) = client.request(
        lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL,
        lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(client.uri(NAME))),
    )
    assert charts.name == "charts" and [one.name for one in charts.children] == ["name: a"]
