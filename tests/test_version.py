"""Which version a build gets, by what is published and by what is another in it."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import chartgen
from chartgen.chart import index
from chartgen.publishing import stale
from chartgen.publishing import version as versions
from tests.test_cli import run

BASE = {"server": {"replicas": 3}}
# what is another than BASE, and by how much the version grows
STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "0.1.0"),
    "a default that is spelt out": ({"server": {"replicas": 3, "storage": "10Gi"}}, "0.1.0"),
    "a configuration": ({"server": {"replicas": 3, "logLevel": "debug"}}, "0.1.1"),
    "objects that come": ({"server": {"replicas": 3}, "syncCatalog": {"enabled": True}}, "0.2.0"),
    "a volume of another size": ({"server": {"replicas": 3, "storage": "20Gi"}}, "1.0.0"),
}


def entries(folder: Path) -> list[str]:
    return [one["version"] for one in index.read(folder).entries["consul"]]


@pytest.mark.parametrize("name", STEPS)
def test_the_step_follows_from_the_change(name: str, tmp_path: Path) -> None:
    changed, version = STEPS[name]
    first = versions.published(chartgen.compile(BASE), tmp_path)
    assert (first.decision.chart.version, first.published.written) == ("0.1.0", True)
    second = versions.published(chartgen.compile({**BASE, **changed}), tmp_path)
    assert second.decision.chart.version == version
    assert second.published.written == (version != "0.1.0") == (not second.decision.unchanged)
    assert second.decision.previous == "0.1.0"


def test_the_changes_stand_in_the_chart(tmp_path: Path) -> None:
    versions.published(chartgen.compile(BASE), tmp_path)
    changed = chartgen.compile({"server": {"replicas": 5}, "syncCatalog": {"enabled": True}})
    made = versions.published(changed, tmp_path).decision.chart
    assert ("added", "Deployment/RELEASE-consul-sync-catalog") in made.changes
    assert ("changed", "StatefulSet/RELEASE-consul-server: spec.replicas from 3 to 5") in [
        (kind, text.partition(",")[0]) for kind, text in made.changes
    ]
    entry = index.read(tmp_path).entry("consul", "0.2.0")
    assert entry is not None and entry["annotations"]["artifacthub.io/changes"].startswith("- kind: ")


@pytest.mark.parametrize(
    ("there", "step", "version"),
    [
        ([], None, "0.1.0"),
        ([], "major", "1.0.0"),
        ([], "prerelease", "0.0.1-rc.1"),
        (["1.2.3"], "major", "2.0.0"),
        (["1.2.3"], "prerelease", "1.2.4-rc.1"),
        (["1.3.0-rc.1", "1.2.3"], "prerelease", "1.3.0-rc.2"),
        (["1.3.0-rc.1", "1.2.3"], "minor", "1.3.0"),
        # what is another since the last release has room in the pre-release
        (["1.3.0-rc.1", "1.2.3"], None, "1.3.0-rc.2"),
        # … and has none
        (["1.2.4-beta.3", "1.2.3"], None, "1.3.0-rc.1"),
        (["v1.2.3"], "patch", "1.2.4"),
        # the newest is found by number, not by text
        (["1.9.0", "1.10.0"], "patch", "1.10.1"),
    ],
)
def test_steps_as_semantic_versioning_has_them(
    there: list[str], step: versions.Step | None, version: str, tmp_path: Path
) -> None:
    old = chartgen.compile(BASE)
    for number in there:
        made = chartgen.compile(BASE, version=number)
        made.publish(tmp_path)
    changed = chartgen.compile({**BASE, "syncCatalog": {"enabled": True}}) if there else old
    assert versions.published(changed, tmp_path, step=step).decision.chart.version == version


@pytest.mark.parametrize("text", ["1.4", "latest", "01.2.3", "1.2.3-", "", "vv1.0.0"])
def test_what_is_no_version_is_refused(text: str, tmp_path: Path) -> None:
    done = run("build", "-f", "-", "--version", text, stdin="{}", cwd=tmp_path)
    assert (done.returncode, "error[bad-version]" in done.stderr) == (2, True)
    assert not (tmp_path / "charts").exists()


def test_a_v_before_a_version_is_no_part_of_it(tmp_path: Path) -> None:
    done = run("build", "-f", "-", "--version", "v1.4.0-rc.1+build.5", "-q", stdin="{}", cwd=tmp_path)
    assert done.returncode == 0
    assert entries(tmp_path / "charts") == ["1.4.0-rc.1+build.5"]


def test_a_published_version_is_built_again_as_it_was(tmp_path: Path) -> None:
    """Also when versions below it have come since, with which it would be compared now."""
    for values, number in (({}, "1.0.0"), ({"server": {"replicas": 3}}, "1.2.0"), (BASE, "1.1.0")):
        versions.published(chartgen.compile(values), tmp_path, number)
    again = versions.published(chartgen.compile({"server": {"replicas": 3}}), tmp_path, "1.2.0")
    assert not again.published.written


def test_another_chartgen_alone_makes_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions.published(chartgen.compile(BASE), tmp_path)
    monkeypatch.setattr("chartgen.chart.metadata.__version__", "9.9.9")
    again = versions.published(chartgen.compile(BASE), tmp_path)
    assert (again.decision.unchanged, entries(tmp_path)) == (True, ["0.1.0"])
    assert again.published.archive.is_file()


@pytest.mark.parametrize("folder", [True, False])
def test_another_packing_alone_makes_no_version(folder: bool, tmp_path: Path) -> None:
    """One member, as archives had at first, and as others pack charts."""
    made = versions.published(chartgen.compile(BASE), tmp_path, folder=folder).published
    one_member = gzip.compress(gzip.decompress(made.archive.read_bytes()), mtime=0)
    made.archive.write_bytes(one_member)
    known = (tmp_path / "index.yaml").read_text()
    (tmp_path / "index.yaml").write_text(known.replace(made.digest, hashlib.sha256(one_member).hexdigest()))
    again = versions.published(chartgen.compile(BASE), tmp_path, folder=folder)
    assert (again.decision.unchanged, again.published.written, entries(tmp_path)) == (True, False, ["0.1.0"])
    assert made.archive.read_bytes() == one_member
    assert stale.why(chartgen.compile(BASE), tmp_path) == ""
    # it is compared with as any other
    changed = versions.published(chartgen.compile({"server": {"replicas": 5}}), tmp_path, folder=folder)
    assert ("StatefulSet/RELEASE-consul-server: spec.replicas from 3 to 5") in dict(changed.decision.chart.changes).values()


def test_an_archive_that_is_gone_is_told(tmp_path: Path) -> None:
    for name, stdin, code in (("a", "{}", 0), ("b", "server: {replicas: 3}", 2)):
        done = run("build", "-f", "-", "-o", "out", stdin=stdin, cwd=tmp_path)
        assert done.returncode == code, name
        (tmp_path / "out" / "consul-0.1.0.tgz").unlink(missing_ok=True)
    assert "error[previous-missing]" in done.stderr


def test_a_build_says_what_it_decided(tmp_path: Path) -> None:
    told = []
    for stdin in ("{}", "{}", "server: {replicas: 3}"):
        done = run("build", "-f", "-", "--format", "json", stdin=stdin, cwd=tmp_path)
        told.append(json.loads(done.stdout)["chart"])
    assert [(one["version"], one["previous"], one["step"], one["written"]) for one in told] == [
        ("0.1.0", None, None, True),
        ("0.1.0", "0.1.0", None, False),
        ("0.1.1", "0.1.0", "patch", True),
    ]
    assert told[0]["digest"] == told[1]["digest"] != told[2]["digest"]
