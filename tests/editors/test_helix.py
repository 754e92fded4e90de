"""Helix in a terminal, with the settings that docs/editors.md gives, against `chartgen lsp`."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartgen import paths
from tests.terminal import Terminal

MISSING = [program for program in ("hx", "tmux") if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

WRONG = "server:\n  replics: 3\nglobal:\n  logLevel: warning\n"


@pytest.fixture
def helix(tmp_path: Path) -> Iterator[Terminal]:
    """Helix with a file of values; it shows that it knows what is wrong there."""
    documented = re.search(
        r"```toml\n(\[language-server\.chartgen\]\n.*?)```",
        (paths.ROOT / "docs" / "editors.md").read_text(),
        re.S,
    )
    assert documented is not None
    settings = tmp_path / "config" / "helix" / "languages.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(documented[1])
    (tmp_path / "chartgen.yaml").write_text("charts: []\n")
    (tmp_path / "values.yaml").write_text(WRONG)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(paths.ROOT),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TERM": "xterm-256color",
    }
    with Terminal("hx values.yaml", tmp_path, environment) as terminal:
        terminal.wait_for("8 rules wait")
        yield terminal


def test_a_finding_is_shown_where_the_cursor_stands(helix: Terminal) -> None:
    helix.press("j", "l", "l")
    screen = helix.wait_for("there is no value server.replics", "(unknown-key)")
    assert re.search(r"^●\s+2\s", screen, re.M) and re.search(r"^●\s+4\s", screen, re.M)


def test_hover_is_shown(helix: Terminal) -> None:
    helix.press("3", "j", "l", "l", "Space", "k")
    helix.wait_for("global.logLevel", "set by values.yaml:4")


def test_actions_mend(helix: Terminal, tmp_path: Path) -> None:
    helix.press("j", "l", "l", "Space", "a")
    helix.wait_for("Rename replics to replicas", "Ignore unknown-key here", "Fix all that is certain")
    helix.press("Enter")
    helix.wait_for("replicas: 3")
    helix.press("2", "j", "Space", "a")
    helix.wait_for("Write warn")
    helix.press("Enter")
    helix.wait_for("logLevel: warn\n")
    helix.write(":write")
    helix.press("Enter")
    helix.wait_for("written")
    assert (tmp_path / "values.yaml").read_text() == "server:\n  replicas: 3\nglobal:\n  logLevel: warn\n"


def test_keys_are_completed_with_their_default(helix: Terminal) -> None:
    helix.press("j", "o")
    helix.write("exposeG")
    helix.wait_for("exposeGossipAndRPCPorts")
    helix.press("Tab")
    helix.wait_for("exposeGossipAndRPCPorts: false")
