"""Every value that a release had and the current one has not gets an answer."""

from pathlib import Path

import pytest

from chartgen import history, paths, schema

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data/values-history.tsv").read_text().splitlines()[1:]
]
GONE = [(tuple(path.split(".")), last) for path, _, last in ROWS if last != "2.0.3"]


def test_every_removed_value_has_an_answer() -> None:
    assert [path for path, _ in GONE if history.removed(path) is None] == []


def test_entries_name_the_last_release() -> None:
    last = dict(GONE)
    assert {one.entry: one.last for one in history.entries().values()} == {
        key: last[key] for key in history.entries()
    }


def test_replacements_exist() -> None:
    assert [one.to for one in history.entries().values() if one.to and one.to not in schema.leaves()] == []


def test_current_values_are_not_removed() -> None:
    current = [tuple(path.split(".")) for path, _, last in ROWS if last == "2.0.3"]
    assert [path for path in current if history.removed(path)] == []


def test_generated_file_is_current() -> None:
    assert (paths.SCHEMA / "removed.json").read_text(encoding="utf-8") == history.build()


def test_move_has_a_mend() -> None:
    found = history.diagnostic(("global", "bootstrapACLs"), ())
    assert found.code == "removed-value"
    assert found.mend is not None and found.mend.to == ("global", "acls", "manageSystemACLs")


def test_other_values_are_refused() -> None:
    with pytest.raises(KeyError):
        history.diagnostic(("server", "replicas"), ())
