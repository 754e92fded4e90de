"""The hooks of `.pre-commit-hooks.yaml`, run by pre-commit as from a repository: it builds their environment itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# what a clone of the repository has that a build needs
PARTS = (
    ".pre-commit-hooks.yaml", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "chartgen", "templates", "schema", "docs/rules",
)  # fmt: skip
PATHS = ("consul-values.yaml", "clusters/consul/values-dc2.yml", "other/values.yaml")
WRONG = 'server:\n  # as the default\n  storage: 10Gi\n  replicas: "3"\n'


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all of it")
    return folder


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hooks, as people's configuration names it."""
    folder = tmp_path_factory.mktemp("hooks")
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return committed(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(WRONG)
    return committed(tmp_path)


def test_the_hooks_run(hooks: Path, project: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def tried() -> tuple[int, dict[str, str]]:
        """The exit code, and what each hook said, by its id."""
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "--all-files", "--verbose", "--color", "never"],
            cwd=project, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert "- hook id: " in done.stdout, done.stdout + done.stderr
        parts = re.split(r"^chartgen (check|fix|tidy)\.{3,}", done.stdout, flags=re.M)
        return done.returncode, dict(zip(parts[1::2], parts[2::2], strict=True))

    code, told = tried()
    assert code == 1
    for path in PATHS[:2]:
        assert f"--> {path}:4:13" in told["check"]
    # the values of something else
    assert PATHS[2] not in "".join(told.values())
    assert (project / PATHS[2]).read_text() == WRONG
    assert "files were modified by this hook" in told["fix"]
    assert "files were modified by this hook" in told["tidy"]
    assert [(project / path).read_text() for path in PATHS[:2]] == ["server:\n  replicas: 3\n"] * 2

    code, told = tried()
    assert code == 0
    assert {name: said.split()[0] for name, said in told.items()} == dict.fromkeys(("check", "fix", "tidy"), "Passed")
