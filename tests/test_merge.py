"""What several workers built, brought together in one folder: the same as if one had built it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chartgen.chart import index
from chartgen.diagnostics import Rejected
from chartgen.publishing.merge import merge
from tests.test_cli import run

CHARTS = "charts: [{name: a}, {name: b, set: {ui.enabled: false}}, {name: c, set: {server.replicas: 5}}]\n"


def files(folder: str) -> dict[str, bytes]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All charts in `whole`, and two shards of them."""
    monkeypatch.chdir(tmp_path)
    Path("chartgen.yaml").write_text(CHARTS)
    assert run("build", "-o", "whole", cwd=tmp_path).returncode == 0
    for part in (1, 2):
        assert run("build", "--shard", f"{part}/2", "-o", f"shard-{part}", cwd=tmp_path).returncode == 0


def refused(*folders: str, into: str = "out") -> list[str]:
    before = files(into)
    with pytest.raises(Rejected) as caught:
        merge(folders, into)
    assert files(into) == before
    return [finding.code for finding in caught.value.diagnostics]


def test_shards_together_are_the_whole_to_the_byte() -> None:
    for order in (("shard-1", "shard-2"), ("shard-2", "shard-1")):
        shutil.rmtree("out", ignore_errors=True)
        merged = merge(order, "out")
        assert sorted(str(entry["name"]) for entry in merged.added) == ["a", "b", "c"]
        assert files("out") == files("whole")
        # again is no change
        assert merge(order, "out").added == ()
        assert files("out") == files("whole")


def test_into_one_of_them() -> None:
    merged = merge(["shard-1", "shard-2"], "shard-1")
    assert [entry["name"] for entry in merged.added] == ["b"]
    assert files("shard-1") == files("whole")


def test_what_was_published_before_stays() -> None:
    shutil.copytree("shard-1", "out")
    assert run("build", "-o", "out", "--name", "old", "--set", "ui.enabled=true", cwd=Path()).returncode == 0
    merge(["shard-1", "shard-2"], "out")
    assert sorted(index.read(Path("out")).entries) == ["a", "b", "c", "old"]
    assert files("out").items() >= {k: v for k, v in files("whole").items() if k != "index.yaml"}.items()


def test_archives_alone_are_enough() -> None:
    shutil.rmtree("shard-1/a")
    merge(["shard-1"], "out")
    assert "a-0.1.0.tgz" in files("out") and not Path("out/a").exists()


def test_one_version_with_two_contents_is_refused() -> None:
    assert run("build", "-o", "other", "--name", "a", "--set", "ui.enabled=true", cwd=Path()).returncode == 0
    assert refused("shard-1", "other") == ["version-published"]
    assert refused("other", into="whole") == ["version-published"]


def test_what_is_wrong_is_told_at_once() -> None:
    Path("none").mkdir()
    Path("shard-1/a-0.1.0.tgz").unlink()
    archive = Path("shard-2/b-0.1.0.tgz")
    archive.write_bytes(archive.read_bytes()[:-1])
    assert refused("none", "shard-1", "shard-2") == ["bad-index", "archive-missing", "archive-differs"]
    assert run("index", "merge", "none", cwd=Path()).returncode == 2


def test_an_entry_leads_nowhere_else() -> None:
    text = Path("shard-2/index.yaml").read_text()
    Path("shard-2/index.yaml").write_text(text.replace("name: b", "name: ../../b"))
    assert refused("shard-2") == ["bad-index"]
