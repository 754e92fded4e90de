"""What an editor offers to do: mends, comments that ignore a finding, definitions, names of anchors, the outline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp

from chartgen.edit import fix
from tests.lsp.client import CURSOR, Client, position
from tests.lsp.test_server import told


def applied(text: str, change: lsp.WorkspaceEdit | None, uri: str) -> str:
    """The text with a client's edits."""
    assert change is not None and change.changes is not None and [*change.changes] == [uri]
    lines = text.splitlines(True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    pieces = sorted(
        ((starts[one.range.start.line] + one.range.start.character, starts[one.range.end.line] + one.range.end.character,
          one.new_text) for one in change.changes[uri]),
        reverse=True,
    )  # fmt: skip
    for start, stop, new in pieces:
        text = text[:start] + new + text[stop:]
    return text


def offered(client: Client, text: str, only: list[str] | None = None) -> list[lsp.CodeAction]:
    """What is offered at the cursor of a text, which is opened for it."""
    before, _, after = text.partition(CURSOR)
    client.open(before + after)
    at = position(before)
    return list(
        client.request(
            lsp.TEXT_DOCUMENT_CODE_ACTION,
            lsp.CodeActionParams(
                lsp.TextDocumentIdentifier(client.uri("values.yaml")),
                lsp.Range(at, at),
                lsp.CodeActionContext(diagnostics=[], only=only),
            ),
        )
    )


MENDED = [
    ("server:\n  replic¦s: 3\n", "Rename replics to replicas", "server:\n  replicas: 3\n"),
    ('server:\n  replicas: "3¦"\n', "Write 3", "server:\n  replicas: 3\n"),
    ("server:\r\n  # why\r\n  replic¦s: 3\r\n", "Rename replics to replicas", "server:\r\n  # why\r\n  replicas: 3\r\n"),
    ("global:\n  logLevel: warn¦ing # loud\n", "Write warn", "global:\n  logLevel: warn # loud\n"),
    ("ü: 1\nserver: {replic¦s: 3}\n", "Rename replics to replicas", "ü: 1\nserver: {replicas: 3}\n"),
    # what cannot be read stays as it is
    ("client:\n  enabled true\nserver:\n  replic¦s: 3\n", "Rename replics to replicas",
     "client:\n  enabled true\nserver:\n  replicas: 3\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "title", "after"), MENDED)
def test_a_certain_mend_is_offered(client: Client, text: str, title: str, after: str) -> None:
    action = next(one for one in offered(client, text) if one.title == title)
    assert action.kind == lsp.CodeActionKind.QuickFix
    assert action.is_preferred
    assert applied(text.replace(CURSOR, ""), action.edit, client.uri("values.yaml")) == after


IGNORED = [
    ("server:\n  replicas: ¦2\n", "server:\n  replicas: 2  # chartgen: ignore[server-replicas-even]\n"),
    ("server:\n  replicas: ¦2 # two\n",
     "server:\n  replicas: 2 # two  # chartgen: ignore[server-replicas-even]\n"),
    ("server: {replicas: ¦2}", "server: {replicas: 2}  # chartgen: ignore[server-replicas-even]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "after"), IGNORED)
def test_a_finding_can_be_ignored(client: Client, text: str, after: str) -> None:
    action = next(one for one in offered(client, text) if one.title == "Ignore server-replicas-even here")
    assert applied(text.replace(CURSOR, ""), action.edit, client.uri("values.yaml")) == after
    assert client.open(after) == []


def test_what_nobody_takes_cannot_be_ignored(client: Client) -> None:
    text = "global:\n  acls:\n    bootstrapToken:\n      secretName¦: a\n"
    codes = [one.code for one in client.open(text.replace(CURSOR, ""))]
    titles = [one.title for one in offered(client, text)]
    assert {"bootstrap-token-half-given", "acl-tokens-unused"} <= {*codes}
    assert titles == ["Ignore acl-tokens-unused here"]


def test_all_is_fixed_on_save(client: Client) -> None:
    text = 'server:\n  replics: "3"\n  storageClas: fast # why\nglobal:\n  logLevel: INFOS¦\n'
    (action,) = offered(client, text, ["source.fixAll"])
    assert action.kind == "source.fixAll.chartgen"
    bare = text.replace(CURSOR, "")
    after = applied(bare, action.edit, client.uri("values.yaml"))
    assert after == fix.fixed(bare, "values.yaml")[0] != bare
    assert offered(client, after + CURSOR, ["source.fixAll"]) == []


def test_only_what_is_asked_for_is_offered(client: Client) -> None:
    assert offered(client, "server:\n  replic¦s: 3\n", ["refactor"]) == []


ANCHORS = (
    "x-a: &small\n  cpu: 1\nserver:\n  resources: &small {limits: {cpu: 1}}\nclient:\n  resources: *sm¦all\n"
)


def test_an_alias_leads_to_its_anchor(client: Client) -> None:
    (found,) = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, ANCHORS)
    assert found.range == lsp.Range(lsp.Position(3, 14), lsp.Position(3, 19))


def test_every_place_of_an_anchor(client: Client) -> None:
    found = client.asked(
        lsp.TEXT_DOCUMENT_REFERENCES, ANCHORS, context=lsp.ReferenceContext(include_declaration=True)
    )
    assert [one.range.start.line for one in found] == [3, 5]


def test_an_anchor_and_its_aliases_are_renamed(client: Client) -> None:
    change = client.asked(lsp.TEXT_DOCUMENT_RENAME, ANCHORS, new_name="tiny")
    text = ANCHORS.replace(CURSOR, "")
    after = applied(text, change, client.uri("values.yaml"))
    assert after == "&tiny".join(text.replace("*small", "*tiny").rsplit("&small", 1))


@pytest.mark.parametrize("name", ["not a name", "", "x]"])
def test_a_name_that_no_anchor_can_have_is_refused(client: Client, name: str) -> None:
    with pytest.raises(Exception, match="the name of an anchor"):
        client.asked(lsp.TEXT_DOCUMENT_RENAME, ANCHORS, new_name=name)


def test_a_finding_leads_to_its_other_place(client: Client) -> None:
    text = "externalServers:\n  ena¦bled: true\n  hosts: [a]\nserver:\n  enabled: true\n"
    found = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, text)
    assert 4 in {one.range.start.line for one in found}


def outlined(symbols: Any) -> list[Any]:
    return [(one.name, outlined(one.children or ())) for one in symbols]


def test_the_outline(client: Client) -> None:
    text = "server:\n  replicas: 3\n  tolerations:\n    - key: a\n      effect: b\n    - c\nx-a: &n {b: 1}\ny: *n\n"
    client.open(text)
    document = lsp.TextDocumentIdentifier(client.uri("values.yaml"))
    symbols = client.request(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(document))
    tolerations = ("tolerations", [("key: a", [("key", []), ("effect", [])]), ("c", [])])
    assert outlined(symbols) == [
        ("server", [("replicas", []), tolerations]), ("x-a", [("b", [])]), ("y", [])
    ]  # fmt: skip
    folds = client.request(lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(document))
    assert [(one.start_line, one.end_line) for one in folds] == [(0, 5), (2, 5), (3, 4)]


def test_a_section_that_ends_with_an_alias_ends_there(client: Client) -> None:
    text = "x: &n {b: 1}\nserver:\n  k: 1\n  c: *n\n\n# below\nclient:\n  - d: 1\n  - *n\n# below\nui:\n  <<: *n\n"
    client.open(text)
    document = lsp.TextDocumentIdentifier(client.uri("values.yaml"))
    symbols = client.request(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(document))
    assert [(one.name, one.range.end.line) for one in symbols] == [("x", 0), ("server", 3), ("client", 8), ("ui", 11)]
    folds = client.request(lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(document))
    assert [(one.start_line, one.end_line) for one in folds] == [(1, 3), (6, 8), (10, 11)]


def test_a_file_below(tmp_path: Path) -> None:
    """The settings name a file over which every other is laid: what it sets counts, and is found."""
    (tmp_path / "base.yaml").write_text("# shared\nserver:\n  replicas: 2\nglobal:\n  name: a\n")
    with Client(tmp_path, {"base": ["base.yaml"]}) as client:
        text = "server:\n  replicas: 3\nglobal:\n  na¦me: b\n"
        assert client.open(text.replace(CURSOR, "")) == []
        (found,) = client.asked(lsp.TEXT_DOCUMENT_DEFINITION, text)
        assert found.uri == (tmp_path / "base.yaml").as_uri()
        assert found.range.start == lsp.Position(4, 2)
        hovered = client.asked(lsp.TEXT_DOCUMENT_HOVER, "global:\n  na¦me: b\n").contents.value
        assert "set by values.yaml:2" in hovered
        # what the file below has wrong is told in it, and what contradicts it here
        text = "server:\n  bootstrapExpect: 5\n"
        found = client.open(text)
        assert {one.code for one in found} >= {"bootstrap-expect-above-replicas"}
        related = [each.location.uri for one in found for each in one.related_information or ()]
        assert (tmp_path / "base.yaml").as_uri() in related


def test_what_the_project_says_counts(tmp_path: Path) -> None:
    (tmp_path / "chartgen.yaml").write_text("findings:\n  files:\n    'old/*': [server-replicas-even]\n")
    with Client(tmp_path) as client:
        text = "server:\n  replicas: 2\n"
        assert [code for code, *_ in told(client.open(text))] == ["server-replicas-even"]
        assert client.open(text, "old/values.yaml") == []


def test_every_file_where_that_is_asked_for(tmp_path: Path) -> None:
    with Client(tmp_path, {"files": "all"}) as client:
        assert [one.code for one in client.open("replicaCount: 1\n", "other.yaml")] == [
            "unknown-key",
            "rules-wait",
        ]
