"""Command lines as files: `command` run in its folder, what it says in `output.txt` (CHARTGEN_UPDATE_CASES=1 rewrites)."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.test_cli import run

COMMANDS = sorted((Path(__file__).parent / "cases" / "commands").iterdir())


@pytest.mark.parametrize("folder", COMMANDS, ids=lambda path: path.name)
def test_what_a_command_says(folder: Path) -> None:
    done = run(*shlex.split((folder / "command").read_text(encoding="utf-8")), cwd=folder)
    said = f"{done.stdout}{done.stderr}exit {done.returncode}\n"
    expected = folder / "output.txt"
    if os.environ.get("CHARTGEN_UPDATE_CASES"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
