"""What is passed over, and what never is. How it is asked for is in tests/cases/commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartgen import Rejected, compiler
from chartgen.compiler import Options
from chartgen.diagnostics import Diagnostic
from chartgen.steering import Steering
from chartgen.values import source
from chartgen.values.inputs import Read

REJECTED = sorted(path for path in (Path(__file__).parent / "cases" / "rejected").iterdir() if path.is_dir())


def told(folder: Path, options: Options) -> tuple[Diagnostic, ...]:
    try:
        read = source.read_file(str(folder / "values.yaml"))
    except Rejected as rejected:
        return rejected.diagnostics
    return compiler.check(Read((read,)), options).diagnostics


@pytest.mark.parametrize("folder", REJECTED, ids=lambda path: path.name)
def test_whoever_ignores_all_is_told_what_nobody_takes(folder: Path) -> None:
    """As strict as may be, and all ignored: what is left is what lenient mode refuses, too."""
    left = told(folder, Options(steering=Steering(ignore=("*",))))
    assert {finding.weight for finding in left} <= {"refused"}
    refused = {finding.code for finding in told(folder, Options(strict=False)) if finding.severity == "error"}
    assert {finding.code for finding in left} == refused


@pytest.mark.parametrize("folder", REJECTED[::5], ids=lambda path: path.name)
def test_select_and_ignore_share_all_between_them(folder: Path) -> None:
    findings = told(folder, Options())
    # a note is about what else was found
    codes = tuple(sorted({one.code for one in findings if one.weight not in ("refused", "told")}))[:1]
    ours = {(finding.code, finding.path) for finding in told(folder, Options(steering=Steering(select=codes)))}
    assert {(finding.code, finding.path) for finding in findings if finding.code in codes} <= ours
    others = told(folder, Options(steering=Steering(ignore=codes)))
    assert not [finding for finding in others if finding.code in codes and finding.weight != "refused"]


def test_codes_by_file() -> None:
    folder = next(path for path in REJECTED if path.name == "server-replicas-even")
    name = str(folder / "values.yaml")
    there = Steering(files=((f"{folder.parent}/*/values.yaml", ("server-*",)),))
    elsewhere = Steering(files=(("other/*.yaml", ("server-*",)),))
    assert "server-replicas-even" not in {one.code for one in told(folder, Options(steering=there))}, name
    assert "server-replicas-even" in {one.code for one in told(folder, Options(steering=elsewhere))}, name
