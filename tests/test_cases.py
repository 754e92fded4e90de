"""Rejected, accepted and migrated values as files.

`values.yaml` in, `report.txt` out (CHARTGEN_UPDATE_CASES=1 rewrites).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chartgen import Rejected, compile, report, rules
from chartgen.diagnostics import dotted
from chartgen.edit import fix, migrate
from chartgen.values import source
from tests import engine
from tests.checked import checked

CASES = Path(__file__).parent / "cases"
REJECTED = sorted(path for path in (CASES / "rejected").iterdir() if path.is_dir())
ACCEPTED = sorted((CASES / "accepted").iterdir())
MIGRATED = sorted((CASES / "migrated").iterdir())


def _beside(pattern: str) -> list[Path]:
    return sorted((CASES / "rejected").glob(f"*/{pattern}"))


UPDATE = bool(os.environ.get("CHARTGEN_UPDATE_CASES"))


def findings(folder: Path) -> str:
    """The text report of the folder's values, as a user in that folder sees it."""
    text = (folder / "values.yaml").read_bytes()
    try:
        read = source.read_text(text, "values.yaml")
        return report.text.written(checked([read]).diagnostics)
    except Rejected as rejected:
        return report.text.written(rejected.diagnostics)


@pytest.mark.parametrize("folder", REJECTED, ids=lambda path: path.name)
def test_report(folder: Path) -> None:
    told = findings(folder)
    expected = folder / "report.txt"
    if UPDATE:
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("slug", sorted(rules.by_slug()))
def test_every_rule_has_a_rejected_case(slug: str) -> None:
    """Lenient, as the schema may refuse the same values first: where it tells the same, it does so with the rule's weight."""
    weight, rule = rules.by_slug()[slug]
    read = source.read_text((CASES / "rejected" / slug / "values.yaml").read_bytes(), "values.yaml")
    result = checked([read], strict=False)
    found = {one.code: one.severity for one in result.diagnostics}
    if slug not in found:
        (clash, *_) = rules.each_clash(rule(result.view, result.settings))
        found[slug] = next(
            one.severity
            for one in result.diagnostics
            if dotted(one.path) == clash.paths[0] and one.code.startswith("bad-")
        )
    assert found[slug] == ("error" if weight == "refused" else "warning")


def test_near_misses_stand_beside_the_rule_that_they_miss() -> None:
    beside = {path.parent.name for path in _beside("near-miss*.yaml")}
    assert len(beside) > 50 and beside <= rules.by_slug().keys()


@pytest.mark.parametrize(
    "path", _beside("near-miss*.yaml"), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_near_miss(path: Path) -> None:
    """What only looks like the contradiction does not trip the rule, which was asked."""
    result = checked([source.read_text(path.read_bytes(), path.name)], strict=False)
    assert path.parent.name in result.reads
    assert path.parent.name not in {one.code for one in result.diagnostics}


@pytest.mark.parametrize(
    "path", _beside("doubtful*.yaml"), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_doubtful(path: Path) -> None:
    """A set-up in which what looks contradictory may be right is warned of, and compiled."""
    result = checked([source.read_text(path.read_bytes(), path.name)])
    assert {one.code: one.severity for one in result.diagnostics}[path.parent.name] == "warning"
    assert "error" not in {one.severity for one in result.diagnostics}


@pytest.mark.parametrize("folder", MIGRATED, ids=lambda path: path.name)
def test_migration(folder: Path) -> None:
    """Values of an earlier year become `migrated.yaml`; `report.txt` has what was done and what is left."""
    after, done, left = migrate.migrate(fix.read(str(folder / "values.yaml")), "values.yaml")
    told = "".join(f"done: {one.message}; {one.hint}\n" for one in done) + "\n" + report.text.written(left)
    for name, text in (("migrated.yaml", after), ("report.txt", told)):
        if UPDATE:
            (folder / name).write_text(text, encoding="utf-8")
        assert text == (folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", MIGRATED, ids=lambda path: path.name)
def test_what_is_migrated_is_done_with(folder: Path) -> None:
    """Another run changes nothing, and no comment is lost that was not about what went."""
    after = (folder / "migrated.yaml").read_text(encoding="utf-8")
    again, done, _ = migrate.migrate(after, "values.yaml")
    assert (again, done) == (after, [])


@pytest.mark.parametrize("file", ACCEPTED, ids=lambda path: path.stem)
def test_values_as_people_write_them_raise_no_alarm(file: Path, tmp_path: Path) -> None:
    """Not even a warning; and Helm installs what they compile to."""
    assert checked([source.read_file(str(file))]).diagnostics == ()
    assert engine.objects(compile(file).write(tmp_path))


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("client: {enabled: \"false\"}\n", ["bad-enum"], ["bad-enum"]),
        ("meshGateway: {enabled: true, wanAddress: {source: static}}\n", ["bad-enum"], ["bad-enum"]),
        ("server: {enterpriseLicense: null}\n", ["removed-value"], ["removed-value"]),
        ("server: {enterpriseLicense: {secretName: null}}\n", ["removed-server-license-key"], ["removed-server-license-key"]),
        ("global: {imagePullPolicy: Sometimes}\n", ["bad-enum"], ["bad-enum"]),
        ("other: {resources: {requests: x, limits: [1]}}\n", ["unknown-key"], ["unknown-key"]),
        ("\"\": 1\n", ["unknown-key"], ["unknown-key"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_and_alike_in_both_modes(
    text: str, strict: list[str], lenient: list[str]
) -> None:
    read = source.read_text(text, "values.yaml")
    for mode, expected in ((True, strict), (False, lenient)):
        told = [one for one in checked([read], strict=mode).diagnostics if one.severity != "note"]
        assert [one.code for one in told] == expected
