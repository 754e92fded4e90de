"""Mends keep what they do not touch; migration moves what can be moved and lists the rest."""

from __future__ import annotations

from pathlib import Path

from chartgen import fix, migrate, source, validation
from tests.test_cli import run

TEXT = """\
# our servers
server:
  replica: "3"   # three of them
  storage: 10Gi
client:
  # on every node
  enabled: "true"
"""


def mended(text: str) -> str:
    findings = validation.validate([source.read_text(text, "values.yaml")]).diagnostics
    return fix.apply(text, [one.mend for one in findings if one.mend is not None])


def test_certain_mends_keep_comments_and_order() -> None:
    once = mended(TEXT)
    assert "# our servers" in once
    assert "# three of them" in once
    assert "# on every node" in once
    assert "enabled: true" in once
    assert list(source.read_text(once, "v").data) == ["server", "client"]
    # the key first, then its value, which could not be judged under the wrong name
    assert source.read_text(mended(once), "v").data["server"]["replicas"] == 3


def test_valid_text_is_left_alone() -> None:
    text = "server:   {replicas: 3}  # odd spacing\n"
    assert mended(text) == text


def test_uncertain_is_not_touched() -> None:
    text = "server:\n  zzzzzz: 1\n"
    assert mended(text) == text


def test_diff_only_shows(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(TEXT)
    done = run("fix", "--diff", str(file))
    assert "+  replicas" in done.stdout
    assert file.read_text() == TEXT
    run("fix", str(file))
    assert "replicas:" in file.read_text()


def test_migrate_moves_and_lists() -> None:
    text = "# old\nglobal:\n  bootstrapACLs: true  # secure\nmeshGateway:\n  globalMode: local\n"
    after, done, left = migrate.migrate(text)
    data = source.read_text(after, "v").data
    assert "# old" in after
    moved = data["global"].get("acls", {}).get("manageSystemACLs") is True
    assert moved == any("bootstrapACLs" in one for one in done)
    assert {one.code for one in left} <= {"removed-value"}
    assert any(one.path == ("meshGateway", "globalMode") for one in left)
