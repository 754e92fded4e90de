"""Command lines as files: what each command says, to whom, and what it leaves behind.

A folder holds `command`, the files that it reads (`dot-gitignore` is one called .gitignore), perhaps `stdin`, and the
expected `output.txt` (CHARTGEN_UPDATE_CASES=1 rewrites it). The command runs in a copy of the folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from chartgen.cli import commands
from tests.test_cli import run

COMMANDS = sorted((Path(__file__).parent / "cases" / "commands").iterdir())


def told(folder: Path, there: Path) -> str:
    """All that the command of a case says and writes when it runs in the folder `there`."""
    shutil.copytree(folder, there, ignore=shutil.ignore_patterns("command", "stdin", "output.txt"))
    for file in there.glob("dot-*"):
        file.rename(there / f".{file.name.removeprefix('dot-')}")
    before = {path: path.read_bytes() for path in there.rglob("*") if path.is_file()}
    line = (folder / "command").read_text(encoding="utf-8").strip()
    stdin = folder / "stdin"
    done = run(*shlex.split(line), cwd=there, stdin=stdin.read_bytes() if stdin.exists() else "")
    written = [
        path.relative_to(there).as_posix()
        for path in sorted(there.rglob("*"))
        if path.is_file() and before.get(path) != path.read_bytes()
    ]
    # a chart's files are tested elsewhere
    written = list(dict.fromkeys("/".join(name.split("/")[:3]) for name in written))
    parts = [done.stdout]
    if done.stderr:
        parts.append(f"--- standard error\n{done.stderr}")
    if written:
        parts.append("--- files written\n" + "".join(f"{name}\n" for name in written))
    said = "".join([*parts, f"exit {done.returncode}\n"])
    # a chart's digest is another one whenever a template is
    return re.sub(r"(sha256[ :])[0-9a-f]{64}\b", r"\1<digest>", said)


@pytest.mark.parametrize("folder", COMMANDS, ids=lambda path: path.name)
def test_what_a_command_says(folder: Path, tmp_path: Path) -> None:
    said = told(folder, tmp_path / "there")
    assert "a bug in chartgen" not in said
    expected = folder / "output.txt"
    if os.environ.get("CHARTGEN_UPDATE_CASES"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_each_command_has_cases() -> None:
    lines = [(folder / "command").read_text(encoding="utf-8").split() for folder in COMMANDS]
    for name in commands.cli.commands:
        assert [name, "--help"] in lines
        assert any(line[0] == name and "--help" not in line for line in lines), name
