"""What is derived and committed is brought up to date, and what nothing makes any more goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartgen import paths
from chartgen.cli import commands
from chartgen.workshop import __main__ as workshop


def test_derived_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert workshop.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_and_surplus_files_are_told_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(workshop, "MAKERS", (lambda: {"docs/rules/one.md": "one\n", "docs/other.md": "two\n"},))
    monkeypatch.setattr(workshop, "_quickstart", dict)
    gone = tmp_path / "docs/rules/gone.md"
    gone.parent.mkdir(parents=True)
    gone.write_text("of a rule that is no more")
    (tmp_path / "docs/other.md").write_text("old")

    assert workshop.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert all(name in told for name in ("docs/rules/one.md", "docs/other.md", "docs/rules/gone.md"))
    assert gone.is_file()

    assert workshop.main([]) == 0
    assert (tmp_path / "docs/other.md").read_text() == "two\n"
    assert not gone.exists()
    assert workshop.main(["--check"]) == 0


def test_a_build_of_ones_own_makes_nothing_stale() -> None:
    """The folder that `build` writes to unasked is no derived one, and git does not see it."""
    folder = next(one.default for one in commands.cli.commands["build"].params if one.name == "output_dir")
    assert not [derived for derived in workshop.WHOLLY_DERIVED if f"{derived}/".startswith(f"{folder}/")]
    ignored = (paths.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"/{folder}/" in ignored
