"""What the documents say: files and settings that are there, commands that run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import chartgen
from chartgen import explain
from tests.test_cli import run

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").glob("*.md"),
    ROOT / "examples" / "README.md",
]
# what stands for something of the reader's
PLACEHOLDERS = {"FILE": "values.yaml", "FILE...": "values.yaml", "[FILE]": "starter.yaml", "PATH": "server.replicas",
                "SETTING": "server.replicas", "SHELL": "bash", "CODE": "unknown-key", "RULE": "server-replicas-even",
                "OLD": "base.yaml", "NEW": "production.yaml", "CHART": "charts/consul-0.1.0.tgz",
                "FOLDER...": "examples/charts", "NAME": "consul-web"}  # fmt: skip


def commands() -> list[tuple[str, str]]:
    """(page, command line) of each call of chartgen in a shell block, or between backticks."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S)
        whole = [re.sub(r"\\\n\s*", "", block) for block in blocks]
        lines = [line.strip().removeprefix(".venv/bin/") for block in whole for line in block.splitlines()]
        inline = re.findall(r"`(?:\.venv/bin/)?(chartgen [^`]+)`", text)
        for line in [*lines, *inline]:
            if line.startswith("chartgen ") and "COMMAND" not in line:
                found.append((page.name, re.split(r"\s[|>#]", line)[0]))
    return list(dict.fromkeys(found))


# these need a registry: tests/registry runs them
PUSHES = list(dict.fromkeys(line for _, line in commands() if line.split()[1] == "push"))
HERE = [(page, line) for page, line in commands() if line not in PUSHES]


@pytest.mark.parametrize(("page", "line"), HERE, ids=lambda one: str(one).removeprefix("chartgen "))
def test_a_quoted_command_runs(page: str, line: str, tmp_path: Path) -> None:
    for name in ("values.yaml", "base.yaml", "production.yaml", "old.yaml", "new.yaml"):
        if not (line.startswith("chartgen init") and name in line):
            shutil.copy(ROOT / "examples" / "quickstart.yaml", tmp_path / name)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    if "running.yaml" in line:
        manifests = chartgen.compile(tmp_path / "values.yaml").manifests("consul", "consul")
        (tmp_path / "running.yaml").write_text(manifests, encoding="utf-8")
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line)[1:]]
    if page == "build-file.md" or "--chart" in words or words in (["check"], ["build"], ["build", "--check"]):
        # what reads a build file runs beside the example's, as it is committed and built
        tmp_path /= "examples/fleet"
        if "init" in words:
            (tmp_path / "chartgen.yaml").unlink()
        for folder in (word for word in words if word.startswith("shard-") and "merge" in words):
            assert run("build", "-q", "--shard", f"{folder[-1]}/2", "-o", folder, cwd=tmp_path).returncode == 0
        if "--check" in words or words[:2] == ["diff", "--chart"]:
            assert run("build", "-q", cwd=tmp_path).returncode == 0
        if "--changed-since" in words:
            git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
            for step in ("init", "add .", "commit -m all", "update-ref refs/remotes/origin/main HEAD"):
                subprocess.run([*git, *step.split()], cwd=tmp_path, check=True, capture_output=True)
    for version in re.findall(r"charts/consul-([0-9.]+)\.tgz", " ".join(words)):
        # the chart of an earlier day
        assert run("build", "-f", "values.yaml", "--version", version, "-q", cwd=tmp_path).returncode == 0
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0, (page, done.stderr)


def test_every_component_is_told() -> None:
    told = re.findall(
        r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "components.md").read_text(encoding="utf-8"), re.M
    )
    there = [path.name for path in (ROOT / "templates").iterdir() if path.name[0] != "_" and path.is_dir()]
    assert sorted(told) == sorted(there)


@pytest.mark.parametrize("name", ["components.md", "topology.md", "upgrading.md"])
def test_named_settings_are_there(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:global|server|client|ui|dns|connectInject|[a-z]+[A-Z]\w*)(?:\.\w+)+)`", text)
    assert named
    assert [one for one in named if explain.setting(one) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    own = [one for one in targets if "://" not in one]
    assert [one for one in own if not (page.parent / one).exists()] == []


def test_every_example_is_told() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for path in [*(ROOT / "examples").glob("*.yaml"), *(ROOT / "examples" / "workloads").glob("*.yaml")]:
        assert f"({path.relative_to(ROOT / 'examples').as_posix()})" in text, path


def test_each_library_is_told_with_its_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    rows = [
        row.split("|")[1:-1]
        for row in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
        if row.startswith("| ") and row.count("|") == 6
    ]
    told = {name: row[-1] for row in rows for name in re.findall(r"[a-z][\w.-]+", row[0].split("(")[0])}
    named = [
        re.fullmatch(r"([\w.-]+)(?:>=[\w.]+(?:,(<[\d.]+))?|(==[\d.]+))", line)
        for line in (
            *project["dependencies"],
            *extras["kubernetes"],
            *extras["helm"],
            *extras["lsp"],
            *extras["sbom"],
            *extras["dask"],
        )
    ]
    bounds = {match[1].lower(): match[2] or match[3] for match in named if match}
    assert len(bounds) == len(named) > 8
    assert bounds.keys() == told.keys() - {"library"}
    assert [name for name, bound in bounds.items() if bound and f"`{bound}`" not in told[name]] == []
    # nothing at run time is without a bound
    assert all(bounds[re.split("[>=]=", line)[0].lower()] for line in project["dependencies"])
