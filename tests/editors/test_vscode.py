"""The packaged extension in VS Code itself, served to a browser, against `chartgen lsp`.

The folder is one that nobody trusts at first: the session goes on only once it has findings all the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chartgen import paths

HERE = Path(__file__).parent / "vscode"
SERVER = HERE / "node_modules" / "code-server" / "lib" / "vscode"
EXTENSION = paths.ROOT / "editors" / "vscode"
CHROMIUM = shutil.which("chromium")
MISSING = [
    name
    for name, there in (
        ("chromium", CHROMIUM),
        ("VS Code (make test-workbench)", (SERVER / "node_modules").is_dir()),
        ("the extension's packages (make test-vscode)", (EXTENSION / "node_modules").is_dir()),
    )
    if not there
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not here: {', '.join(MISSING)}")

WRONG = "server:\n  replics: 3\nglobal:\n  logLevel: warning\n"
SETTINGS = {
    "chartgen.command": [sys.executable, "-m", "chartgen", "lsp"],
    "editor.codeActionsOnSave": {"source.fixAll.chartgen": "explicit"},
    "workbench.startupEditor": "none",
}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a VS Code with the packaged extension, whose files are in `folder`."""
    package = folder / "chartgen.vsix"
    subprocess.run(
        ["npx", "vsce", "package", "--allow-missing-repository", "--out", package],
        cwd=EXTENSION, check=True, capture_output=True,
    )  # fmt: skip
    command = [
        "node", SERVER / "out" / "server-main.js", "--accept-server-license-terms", "--telemetry-level", "off",
        "--server-data-dir", folder / "server", "--user-data-dir", folder / "user", "--extensions-dir", folder / "extensions",
    ]  # fmt: skip
    subprocess.run([*command, "--install-extension", package], check=True, capture_output=True)
    with (folder / "log").open("w") as log, subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0", "--without-connection-token"],
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)}, stdout=subprocess.PIPE, stderr=log, text=True,
    ) as running:  # fmt: skip
        try:
            yield _address(running)
        finally:
            running.terminate()


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    for line in running.stdout:
        if port := re.fullmatch(r"Extension host agent listening on (\d+)\n", line):
            return f"http://127.0.0.1:{port[1]}"
    raise AssertionError("VS Code's server has ended")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the window showed after each step of the session."""
    folder = tmp_path_factory.mktemp("vscode")
    workspace = folder / "workspace"
    workspace.mkdir()
    (workspace / "chartgen.yaml").write_text("charts: []\n")
    (workspace / "values.yaml").write_text(WRONG)
    settings = folder / "user" / "Machine" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(SETTINGS))
    with served(folder) as address:
        done = subprocess.run(
            ["node", HERE / "session.js", address, workspace, settings],
            env={**os.environ, "CHROMIUM": str(CHROMIUM)}, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    assert done.returncode == 0, f"{done.stderr}{done.stdout}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_findings_are_in_the_problems_panel(said: dict[str, Any]) -> None:
    problems = "\n".join(said["problems"])
    assert "there is no value server.replics" in problems and "at line 2 and character 3" in problems
    assert "global.logLevel does not take this value" in problems and "at line 4 and character 13" in problems


def test_hover_is_shown(said: dict[str, Any]) -> None:
    assert "global.logLevel" in said["hover"] and "set by values.yaml:4" in said["hover"]


def test_quick_fixes_are_offered(said: dict[str, Any]) -> None:
    assert said["actions"] == ["Rename replics to replicas", "Ignore unknown-key here"]


def test_a_save_mends_the_rest(said: dict[str, Any]) -> None:
    assert said["saved"] == "server:\n  replicas: 3\nglobal:\n  logLevel: warn\n"


def test_keys_are_completed_with_their_default(said: dict[str, Any]) -> None:
    assert any(name.startswith("exposeGossipAndRPCPorts") for name in said["completed"])
    assert "  replicas: 3\n  exposeGossipAndRPCPorts: false\n" in said["written"]


def test_a_server_that_is_not_there_is_told_with_what_to_do(said: dict[str, Any]) -> None:
    assert "pip install 'chartgen[lsp]'" in said["told"] and "chartgen.command" in said["told"]
    assert "spawn no-such-chartgen" in said["told"]
