"""What stands in the way of a release is told, and what was done no longer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chartgen.workshop.release import obstacles
from tests.test_pre_commit import ROOT, committed, git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    for name in ("pyproject.toml", "CHANGELOG.md", "templates/chart.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return committed(tmp_path)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_each_step_that_was_not_done_is_told(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("## 7.1.0 (unreleased)\n\n## 7.0.0 (2026-01-31)\n")
    told = "\n".join(obstacles(checkout, "7.1.0"))
    assert "Source of [project.urls]" in told
    assert "templates/chart.yaml: authors@chartgen.example of maintainers" in told
    assert "the section 7.1.0 has no date" in told
    assert "1 files are not committed" in told
    assert "no section 7.2.0" in "\n".join(obstacles(checkout, "7.2.0"))
    git(checkout, "tag", "v7.1.0")
    assert "there is a tag v7.1.0 already" in obstacles(checkout, "7.1.0")


def test_nothing_is_left_when_all_is_done(checkout: Path) -> None:
    replaced(checkout / "pyproject.toml", "https://chartgen.example/", "https://code.example.com/")
    replaced(checkout / "templates" / "chart.yaml", "@chartgen.example", "@code.example.com")
    (checkout / "CHANGELOG.md").write_text("## 7.1.0 (2026-01-31)\n")
    git(checkout, "commit", "--all", "--message", "a release")
    assert obstacles(checkout, "7.1.0") == []
