"""Neovim's own language client, without a screen, against `chartgen lsp`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chartgen import paths

NVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NVIM is None, reason="Neovim (nvim) is not installed")

SESSION = Path(__file__).with_name("neovim.lua")
WRONG = "server:\n  replics: 3\nglobal:\n  logLevel: warning\n"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the client had after each step of the session."""
    folder = tmp_path_factory.mktemp("neovim")
    (folder / "chartgen.yaml").write_text("charts: []\n")
    (folder / "values.yaml").write_text(WRONG)
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "PYTHONPATH": str(paths.ROOT),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    done = subprocess.run(
        [str(NVIM), "--headless", "-u", "NONE", "-n", "-c", f"luafile {SESSION}"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (folder / "said.json").is_file(), done.stderr
    answer: dict[str, Any] = json.loads((folder / "said.json").read_text())
    return answer


def test_findings_are_shown(said: dict[str, Any]) -> None:
    assert [1, 2, "there is no value server.replics"] in said["findings"]
    assert [3, 12, "global.logLevel does not take this value"] in said["findings"]


def test_hover_is_shown(said: dict[str, Any]) -> None:
    assert "**global.logLevel**" in said["hover"] and "set by values.yaml:4" in said["hover"]


def test_actions_mend(said: dict[str, Any]) -> None:
    assert said["actions"] == ["Rename replics to replicas", "Write warn"]
    assert said["text"] == "server:\n  replicas: 3\nglobal:\n  logLevel: warn"
    assert said["left"] == 0


def test_keys_are_completed(said: dict[str, Any]) -> None:
    assert {"enabled", "service", "ingress"} <= {*said["completed"]}


def test_the_build_file_has_findings(said: dict[str, Any]) -> None:
    assert said["build_file"] == [[1, 0, "there is no key findngs"]]
