"""Which charts of a build file a command line chooses: by name, by what changed since a revision, by shard; and which of
them are published as they are made now."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chartgen import project
from chartgen.project.plan import plan
from chartgen.project.revision import NoRevision, Revision, changed
from chartgen.project.trees import Disk
from tests.test_cli import run

BUILD_FILE = """\
defaults:
  values: [../base.yaml]
charts:
  - name: c-{cluster}
    values:
      - regions/{region}.yaml
      - clusters/{region}/{cluster}.yaml
    set: {global.datacenter: dc}
  - name: alone
    values: ["shared/*.yaml"]
"""
FILES = {
    "base.yaml": "server: {replicas: 3}\n",
    "ours/chartgen.yaml": BUILD_FILE,
    "ours/regions/eu.yaml": "global: {logLevel: info}\n",
    "ours/regions/us.yaml": "global: {logLevel: warn}\n",
    "ours/clusters/eu/a.yaml": "ui: {enabled: true}\n",
    "ours/clusters/eu/b.yaml": "ui: {enabled: false}\n",
    "ours/clusters/us/c.yaml": "{}\n",
    "ours/shared/one.yaml": "client: {enabled: true}\n",
}


def git(*arguments: str) -> None:
    identity = (
        "-c",
        "user.name=nobody",
        "-c",
        "user.email=nobody@example.com",
        "-c",
        "init.defaultBranch=main",
    )
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose build file is in a folder of it, as it is committed; the current folder is that of the file."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    monkeypatch.chdir(tmp_path / "ours")
    return tmp_path


def since(revision: str = "HEAD") -> tuple[list[str], list[str]]:
    """The names of the charts that are other ones than at a revision, and of those that are gone."""
    found = changed(plan(project.read()), Revision(revision))
    return [build.name for build in found.builds], [build.name for build in found.gone]


ALL = ["c-a", "c-b", "c-c", "alone"]


@pytest.mark.parametrize(
    ("file", "text", "touched"),
    [
        ("base.yaml", "server: {replicas: 5}\n", ALL),
        # what means the same is no change
        ("base.yaml", "# a comment\nserver:\n  replicas: 3\n", []),
        ("ours/regions/eu.yaml", "global: {logLevel: debug}\n", ["c-a", "c-b"]),
        ("ours/clusters/us/c.yaml", "global: {logLevel: warn}\n", []),
        ("ours/clusters/us/c.yaml", "global: {logLevel: trace}\n", ["c-c"]),
        # three is not the text "3", nor true the number 1
        ("base.yaml", 'server: {replicas: "3"}\n', ALL),
        ("ours/clusters/eu/a.yaml", "ui: {enabled: 1}\n", ["c-a"]),
        ("ours/shared/two.yaml", "client: {grpc: false}\n", ["alone"]),
        ("ours/shared/two.yaml", "client: {enabled: true}\n", []),
        ("ours/clusters/eu/new.yaml", "{}\n", ["c-new"]),
        ("ours/clusters/eu/a.yaml", "ui: {enabled: true\n", ["c-a"]),
        # what is asked of findings changes what a check says
        ("ours/clusters/eu/a.yaml", "# chartgen: ignore-file[equals-default]\nui: {enabled: true}\n", ["c-a"]),
        ("ours/chartgen.yaml", BUILD_FILE.replace("datacenter: dc", "datacenter: dc1"), ["c-a", "c-b", "c-c"]),
        ("ours/chartgen.yaml", BUILD_FILE.replace("  - name: alone", "  - name: alone\n    strict: false"), ["alone"]),
        ("ours/chartgen.yaml", BUILD_FILE + "findings: {failOn: warning}\n", ALL),
        ("ours/chartgen.yaml", "# a comment\n" + BUILD_FILE, []),
    ],
)  # fmt: skip
def test_what_a_change_touches(repository: Path, file: str, text: str, touched: list[str]) -> None:
    assert since() == ([], [])
    (repository / file).write_text(text)
    assert sorted(since()[0]) == sorted(touched)
    # committed or not is the same
    git("-C", str(repository), "add", ".")
    git("-C", str(repository), "commit", "-m", "second")
    assert since() == ([], [])
    assert sorted(since("HEAD~1")[0]) == sorted(touched)


def test_charts_that_are_gone_are_told(repository: Path) -> None:
    Path("clusters/eu/b.yaml").unlink()
    assert since() == ([], ["c-b"])
    Path("clusters/eu/a.yaml").rename("clusters/us/a.yaml")
    # the same chart of other layers
    assert since() == (["c-a"], ["c-b"])


def test_a_revision_without_the_file_had_no_charts(repository: Path) -> None:
    git("rm", "-q", "--cached", "chartgen.yaml")
    git("commit", "-m", "none")
    assert since() == (ALL, [])
    Path("chartgen.yaml").write_text("charts: 3\n")
    git("add", ".")
    git("commit", "-m", "broken")
    Path("chartgen.yaml").write_text(BUILD_FILE)
    assert since() == (ALL, [])


def test_links_are_followed(repository: Path) -> None:
    Path("clusters/us/link.yaml").symlink_to("../eu/a.yaml")
    git("add", ".")
    git("commit", "-m", "a link")
    assert since() == ([], [])
    Path("clusters/eu/a.yaml").write_text("ui: {enabled: null}\n")
    assert since() == (["c-a", "c-link"], [])


def test_a_revision_finds_what_the_disk_does(repository: Path) -> None:
    for pattern in ("*.yaml", "**/*.yaml", "clusters/*/[!b]*.yaml", "shared/**", "clusters/eu", "../*.yaml"):
        assert list(Revision("HEAD").found(pattern)) == list(Disk().found(pattern)), pattern


def test_what_is_no_revision(repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    with pytest.raises(NoRevision, match="no revision never"):
        Revision("never")
    done = run("check", "--changed-since", "--output=x", cwd=Path())
    assert (done.returncode, "no revision" in done.stderr) == (2, True)
    monkeypatch.chdir(tmp_path_factory.mktemp("none"))
    with pytest.raises(NoRevision):
        Revision("HEAD")


def test_shards_are_parts_of_the_whole(repository: Path) -> None:
    for parts in (1, 2, 3, 4, 7):
        names: list[str] = []
        for part in range(1, parts + 1):
            done = run("build", "--shard", f"{part}/{parts}", "-o", f"out-{parts}-{part}", cwd=Path())
            assert done.returncode == 0, done.stderr
            names += [path.name.rpartition("-")[0] for path in Path(f"out-{parts}-{part}").glob("*.tgz")]
        assert sorted(names) == sorted(ALL)


def test_what_is_published_is_held_against_what_is_made(repository: Path) -> None:
    def told(*arguments: str) -> tuple[int, str]:
        done = run("build", "--check", *arguments, cwd=Path())
        return done.returncode, done.stderr

    code, words = told()
    assert code == 1 and "4 charts: 4 stale" in words and not Path("charts").exists()
    assert run("build", cwd=Path()).returncode == 0
    assert told() == (0, "4 charts: 4 as published\n")
    before = {path: path.read_bytes() for path in Path("charts").rglob("*") if path.is_file()}
    Path("clusters/eu/a.yaml").write_text("ui: {enabled: true, metrics: {enabled: false}}\n")
    Path("clusters/eu/b.yaml").write_text("server: {replica: 3}\n")
    code, words = told()
    assert (code, "stale: c-a" in words, "rejected: c-b" in words) == (1, True, True)
    assert "[chart-stale]: c-a is stale: 0.1.1" in words
    # and it wrote nothing
    assert before == {path: path.read_bytes() for path in Path("charts").rglob("*") if path.is_file()}
    assert told("--chart", "c-c")[0] == 0


@pytest.mark.parametrize("damage", ["edited", "removed", "added", "archive", "no-archive"])
def test_what_was_done_to_a_published_chart_is_stale(repository: Path, damage: str) -> None:
    assert run("build", "--chart", "alone", cwd=Path()).returncode == 0
    folder, archive = Path("charts/alone/0.1.0"), Path("charts/alone-0.1.0.tgz")
    if damage == "edited":
        (folder / "values.yaml").write_text("{}\n")
    elif damage == "removed":
        (folder / "values.yaml").unlink()
    elif damage == "added":
        (folder / "templates" / "own.yaml").write_text("{}\n")
    elif damage == "archive":
        archive.write_bytes(archive.read_bytes() + b"\0")
    else:
        archive.unlink()
    done = run("build", "--check", "--chart", "alone", cwd=Path())
    assert (done.returncode, "chart-stale" in done.stderr) == (1, True)
    shutil.rmtree("charts")
    assert run("build", "--check", "-f", "clusters/eu/a.yaml", cwd=Path()).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("values", "--changed", "--chart", "c-a"), "datacenter: dc"),
        (("values", "--provenance", "--chart", "alone"), "shared/one.yaml:1"),
        (("render", "--chart", "alone"), "kind: DaemonSet"),
        (("explain", "--chart", "c-b", "ui.enabled"), "clusters/eu/b.yaml:1"),
        (("images", "-q", "--chart", "c-c"), "hashicorp/consul:"),
        (("diff", "--chart", "c-a", "--chart", "c-c"), "global.logLevel (regions/us.yaml:1)"),
    ],
)
def test_a_chart_stands_for_its_values(repository: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments, cwd=repository / "ours")
    assert (done.returncode, told in done.stdout) == (0, True), done


def test_a_chart_is_compared_with_what_is_published_of_it(repository: Path) -> None:
    done = run("diff", "--chart", "c-a", cwd=repository / "ours")
    assert (done.returncode, "c-a is not in charts" in done.stderr) == (1, True), done
    assert run("build", "-q", "--chart", "c-a", cwd=repository / "ours").returncode == 0
    assert "nothing differs" in run("diff", "--chart", "c-a", cwd=repository / "ours").stdout
    (repository / "ours" / "clusters" / "eu" / "a.yaml").write_text("server: {replicas: 5}\n")
    done = run("diff", "--chart", "c-a", "--fail-on", "any", cwd=repository / "ours")
    assert done.returncode == 1
    assert "3 → 5  # server.replicas (clusters/eu/a.yaml:1)" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("values", "--chart", "c-*"),
        ("values", "--chart", "nobody"),
        ("values", "--chart", "c-a", "-f", "regions/eu.yaml"),
        ("render", "--chart", "c-a", "--mirror", "registry.example.com/m"),
        ("images", "--chart", "c-a", "charts/c-a-0.1.0.tgz"),
        ("diff", "--chart", "c-a", "regions/eu.yaml", "regions/us.yaml"),
        ("diff", "--chart", "c-a", "--chart", "c-b", "--chart", "c-c"),
        ("diff", "regions/eu.yaml"),
    ],
)
def test_what_is_no_single_chart(repository: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, cwd=repository / "ours")
    assert (done.returncode, done.stdout, "Error: " in done.stderr) == (2, "", True), done
