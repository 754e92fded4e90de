"""What CI systems are given: the action's steps and the pipeline's job, run as they stand, and the image's parts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_pre_commit import committed, git

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW, INCLUDE = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
WRONG = 'server:\n  replicas: "3"\n  replica: 3\n'
# GitHub's stand-in: says which comments there are, and keeps what it was asked
GH = """#!/usr/bin/env bash
all="$*"
printf '%s\\n' "$all" >> "$GH_CALLS"
case "$all" in *--jq*) cat "$GH_COMMENTS" ;; *) cp "${all##*body=@}" "$GH_BODY" ;; esac
"""


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script run as a runner of either system does it."""
    known = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env={**known, **environment}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a runner, in which the action's first step has installed chartgen."""
    folder = tmp_path_factory.mktemp("runner")
    done = bash(
        STEPS["Install chartgen"]["run"], folder, RUNNER_TEMP=str(folder), GITHUB_ACTION_PATH=str(ROOT)
    )
    assert done.returncode == 0, done.stderr
    return folder


def step(
    name: str, runner: Path, folder: Path, given: dict[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    """A step of the action, its inputs given or as they are by default."""
    inputs = {key: given.get(key, one["default"]) for key, one in ACTION["inputs"].items()}
    environment = {
        variable: inputs[match[1]]
        for variable, value in STEPS[name]["env"].items()
        if (match := re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value))
    }
    return bash(STEPS[name]["run"], folder, **environment, RUNNER_TEMP=str(runner), **more)


def test_findings_are_marked_and_written_as_sarif(runner: Path, tmp_path: Path) -> None:
    (tmp_path / "consul-values.yaml").write_text(WRONG)
    (tmp_path / "good values.yaml").write_text("server:\n  replicas: 3\n")
    given = {"files": "consul-values.yaml\ngood values.yaml\n", "sarif": "out.sarif"}
    done = step("Check values", runner, tmp_path, given)
    assert done.returncode == 1
    assert re.search(r"^::error file=consul-values\.yaml,line=3,.*there is no value server\.replica", done.stdout, re.M)
    results = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    assert {"unknown-key", "wrong-type"} <= {one["ruleId"] for one in results}
    assert step("Check values", runner, tmp_path, given | {"fail-on": "never"}).returncode == 0


def test_the_action_looks_through_the_folder_unless_told_otherwise(runner: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "values.yaml").write_text("server:\n  replicas: 2\n")
    (tmp_path / "base.yaml").write_text("server:\n  replicas: 2\n")
    done = step("Check values", runner, tmp_path, {"fail-on": "warning"})
    assert done.returncode == 1
    assert done.stdout.count("::warning file=") == 2
    ignored = {"fail-on": "warning", "arguments": "--ignore server-replicas-even"}
    assert step("Check values", runner, tmp_path, ignored).returncode == 0


def test_what_a_change_does_becomes_one_comment(runner: Path, tmp_path: Path) -> None:
    """Written at the first push, renewed at the next; only GitHub itself is a stand-in."""
    origin, checkout, bin_folder = (tmp_path / name for name in ("origin", "checkout", "bin"))
    for folder in (origin, bin_folder):
        folder.mkdir()
    (origin / "values.yaml").write_text("server:\n  replicas: 3\n")
    committed(origin)
    base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=origin, capture_output=True, text=True).stdout.strip()
    (origin / "values.yaml").write_text("server:\n  replicas: 5\n")
    git(origin, "commit", "--all", "--message", "more of them")
    git(tmp_path, "clone", "--quiet", "--depth=1", origin.as_uri(), str(checkout))
    (bin_folder / "gh").write_text(GH)
    (bin_folder / "gh").chmod(0o755)
    (tmp_path / "comments").write_text("")
    environment = {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "BASE": base, "NUMBER": "7",
        "GITHUB_REPOSITORY": "team/cluster", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GH_CALLS": str(tmp_path / "calls"), "GH_COMMENTS": str(tmp_path / "comments"), "GH_BODY": str(tmp_path / "body"),
    }  # fmt: skip
    for comments, asked in (
        ("", "--method POST repos/team/cluster/issues/7/comments"),
        ("42\n43\n", "--method PATCH repos/team/cluster/issues/comments/42"),
    ):
        (tmp_path / "comments").write_text(comments)
        done = step("Say what the change does", runner, checkout, {"diff": "values.yaml"}, **environment)
        assert done.returncode == 0, done.stderr
        assert asked in (tmp_path / "calls").read_text().splitlines()[-1]
        body = (tmp_path / "body").read_text()
        assert body.startswith("<!-- chartgen diff -->\n")
        assert "replicas" in body and "consul-server" in body
    assert (tmp_path / "summary").read_text().count("<!-- chartgen diff -->") == 2


def test_the_job_for_gitlab_runs(runner: Path, tmp_path: Path) -> None:
    options, jobs = yaml.safe_load_all((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
    (tmp_path / "consul-values.yaml").write_text(WRONG)
    given = {"files": "consul-values.yaml", "requirement": str(ROOT), "arguments": "--kube-version 1.33"}
    inputs = {key: given.get(key, one.get("default", "")) for key, one in options["spec"]["inputs"].items()}
    text = re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda match: inputs[match[1]], json.dumps(jobs))
    (job,) = json.loads(text).values()
    path = f"{runner / 'chartgen' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = bash("\n".join(job["script"]), tmp_path, PATH=path)
    assert done.returncode == 1
    assert "there is no value server.replica" in done.stdout
    report = json.loads((tmp_path / job["artifacts"]["reports"]["codequality"]).read_text())
    assert [one["location"]["path"] for one in report][:2] == ["consul-values.yaml"] * 2
    schema_of(json.loads(text), "vendor.gitlab-ci", tmp_path)


def schema_of(given: Any, name: str, folder: Path) -> None:
    """Holds a document against the schema of its system."""
    file = folder / "document.json"
    file.write_text(json.dumps(given))
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, str(file)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_files_have_the_form_of_their_systems(tmp_path: Path) -> None:
    schema_of(ACTION, "vendor.github-actions", tmp_path)
    # `on` is a word for true in YAML 1.1
    workflow = {"on" if key is True else key: value for key, value in yaml.safe_load(WORKFLOW).items()}
    schema_of(workflow, "vendor.github-workflows", tmp_path)
    used = workflow["jobs"]["values"]["steps"][1]["with"]
    assert used.keys() <= ACTION["inputs"].keys()
    included = yaml.safe_load(INCLUDE)["include"][0]
    options, _ = yaml.safe_load_all((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
    assert included["inputs"].keys() <= options["spec"]["inputs"].keys()
    assert included["remote"].endswith("/ci/gitlab.yml")


@pytest.mark.parametrize("name", STEPS)
def test_shellcheck_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    file = tmp_path / "step.sh"
    file.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{STEPS[name]['run']}")
    # variables come from the step's environment
    done = subprocess.run([SCRIPTS / "shellcheck", "--exclude", "SC2153,SC2154", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("go") is None, reason="actionlint comes as a module of Go, which is not here")
def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(WORKFLOW)
    done = subprocess.run(
        ["go", "run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12", "-no-color", str(file)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_given_what_a_build_needs(tmp_path: Path) -> None:
    """What the Dockerfile copies, through .dockerignore, and nothing else makes the whole wheel."""
    copied = re.findall(r"^COPY ((?:[\w./]+ )+)/source/", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
    names = [name for line in copied for name in line.split()]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [name for name in names if f"!{name}" not in ignored] == []
    for name in names:
        target = tmp_path / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-build-isolation", "--wheel-dir", str(tmp_path), str(tmp_path / "source")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
