"""What an editor gets from the server: findings, hover, completion."""

from __future__ import annotations

import pytest
from lsprotocol import types as lsp

from chartgen import compiler, schema
from chartgen.lsp import analysis
from chartgen.values import source
from chartgen.values.inputs import Read
from tests.lsp.client import Client, position

WRONG = "server:\n  replicas: 2\n  replicaz: 4\nglobal:\n  tls:\n    caCert:\n      secretName: x\n"


def checked(text: str, name: str = "values.yaml") -> list[tuple[str, int, str]]:
    """(code, line, message) of what `check` finds in a text."""
    findings = compiler.verdict(Read((source.read_text(text, name),)), compiler.Options()).diagnostics
    return sorted(
        (one.code, one.spans[0].line if one.spans else 1, analysis.message(one)) for one in findings
    )


def told(diagnostics: list[lsp.Diagnostic]) -> list[tuple[str, int, str]]:
    """The same of what the server told, without the hints, which are no findings."""
    return sorted(
        (str(one.code), one.range.start.line + 1, one.message)
        for one in diagnostics
        if one.severity != lsp.DiagnosticSeverity.Hint
    )


def test_findings_are_those_of_check(client: Client) -> None:
    shown = client.open(WRONG)
    assert told(shown) == checked(WRONG)
    assert {one.code for one in shown} == {"server-replicas-even", "unknown-key", "tls-settings-unused"}


def test_a_finding_has_its_range_and_the_page_of_its_rule(client: Client) -> None:
    even = next(one for one in client.open(WRONG) if one.code == "server-replicas-even")
    assert even.range == lsp.Range(lsp.Position(1, 2), lsp.Position(1, 10))
    assert even.severity == lsp.DiagnosticSeverity.Warning
    assert even.code_description is not None
    assert even.code_description.href.endswith("/rules/server-replicas-even.md")


def test_what_does_nothing_is_tagged(client: Client) -> None:
    unused = next(one for one in client.open(WRONG) if one.code == "tls-settings-unused")
    assert unused.tags == (lsp.DiagnosticTag.Unnecessary,)


def test_the_other_place_of_a_finding(client: Client) -> None:
    text = "externalServers:\n  enabled: true\n  hosts: [a]\nserver:\n  enabled: true\n"
    both = next(one for one in client.open(text) if one.code == "both-own-and-external-servers")
    assert both.related_information
    lines = {both.range.start.line, *(one.location.range.start.line for one in both.related_information)}
    assert lines == {1, 4}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nserver: 1\n"),
        ("other.yaml", "replicaCount: 1\nimage:\n  tag: x\n"),
    ],
)
def test_other_files_are_left_alone(client: Client, name: str, text: str) -> None:
    assert client.open(text, name) == []


def test_a_file_that_is_closed_has_no_findings(client: Client) -> None:
    assert client.open(WRONG, "values-closed.yaml")
    assert client.close("values-closed.yaml") == []


def test_hover(client: Client) -> None:
    shown = client.asked(lsp.TEXT_DOCUMENT_HOVER, "server:\n  repl¦icas: 3\n")
    assert shown.range == lsp.Range(lsp.Position(1, 2), lsp.Position(1, 10))
    text = shown.contents.value
    assert schema.document()["properties"]["server"]["properties"]["replicas"]["description"] in text
    assert "default: `1`" in text
    assert "Value: `3`, set by values.yaml:2" in text
    assert "`StatefulSet/RELEASE-consul-server` templates/server-statefulset.yaml" in text
    assert "`server-replicas-even`" in text


def test_hover_of_what_is_no_setting(client: Client) -> None:
    assert client.asked(lsp.TEXT_DOCUMENT_HOVER, "ser¦vers:\n  replicas: 3\nserver: {}\n") is None


COMPLETED = [
    ("server:\n  ¦", "replicas", "replicas: ${1:1}"),
    ("server:\n  repl¦", "replicas", "replicas: ${1:1}"),
    ("server:\n  storage: 1Gi\n  repl¦\n  image: x\n", "replicas", "replicas: ${1:1}"),
    ("server:\n  ¦", "storage", "storage: ${1:10Gi}"),
    ("server:\n  ¦", "enabled", 'enabled: ${1:"-"}'),
    ("¦", "connectInject", "connectInject:\n  $0"),
    ("server:\n  tolerations:\n    - ¦", "key", "key: $0"),
    ("server:\n  tolerations:\n    - key: a\n      ¦", "effect", "effect: $0"),
    ("ingressGateways:\n  gateways:\n  - na¦", "name", "name: $0"),
    ("global:\n  logLevel: ¦", "debug", "debug"),
    ("global:\n  logLevel: de¦", "debug", "debug"),
    ("global:\n  tls:\n    enabled:¦", "true", " true"),
    ("server:\n  ¦", "replicaCount", "replicas: ${1:1}"),
    ("¦", "persistence.size", "server:\n  storage: ${1:10Gi}"),
    (
        "server:\n  ¦",
        "resources (requests and limits)",
        "resources:\n  requests:\n    memory: ${1:100Mi}\n    cpu: ${2:100m}\n"
        "  limits:\n    memory: ${3:100Mi}\n    cpu: ${4:100m}",
    ),
]


@pytest.mark.parametrize(("text", "label", "inserted"), COMPLETED)
def test_completion(client: Client, text: str, label: str, inserted: str) -> None:
    items = {one.label: one for one in client.asked(lsp.TEXT_DOCUMENT_COMPLETION, text).items}
    assert items[label].text_edit.new_text == inserted
    edited = items[label].text_edit.range
    assert edited.end == position(text.partition("¦")[0])


@pytest.mark.parametrize(
    "text", ["server:\n  # ¦", "server:\n  extraConfig: |\n    {¦\n", "server:\n  noSuchKey:\n    ¦"]
)
def test_nothing_is_proposed_in_comments_text_and_what_is_unknown(client: Client, text: str) -> None:
    assert not client.asked(lsp.TEXT_DOCUMENT_COMPLETION, text).items


def test_what_is_there_is_not_proposed_again(client: Client) -> None:
    items = client.asked(lsp.TEXT_DOCUMENT_COMPLETION, "server:\n  replicas: 3\n  ¦").items
    assert "replicas" not in {one.label for one in items}
