"""index.yaml: Helm's shape, the same for the same charts, what others wrote into it kept."""

from __future__ import annotations

from pathlib import Path

import helm_python
import pytest

import chartgen
from chartgen.chart import index
from chartgen.values import source
from tests import engine
from tests.test_cli import run


def published(folder: Path, *versions: str) -> str:
    for version in versions:
        chartgen.compile({}, version=version).publish(folder)
    return (folder / "index.yaml").read_text(encoding="utf-8")


def test_it_is_what_helm_makes_but_for_the_clock(tmp_path: Path) -> None:
    published(tmp_path, "0.1.0", "0.10.0", "0.9.0", "1.0.0-rc.1")
    ours = source.read_file(str(tmp_path / "index.yaml")).data
    (tmp_path / "index.yaml").unlink()
    helm_python.repo_index_generate(str(tmp_path))
    theirs = source.read_file(str(tmp_path / "index.yaml")).data
    assert theirs.pop("generated")
    assert all(one.pop("created") for one in theirs["entries"]["consul"])
    assert theirs == ours
    assert [one["version"] for one in ours["entries"]["consul"]] == ["1.0.0-rc.1", "0.10.0", "0.9.0", "0.1.0"]


def test_the_order_of_builds_does_not_show(tmp_path: Path) -> None:
    assert published(tmp_path / "a", "0.1.0", "0.2.0", "0.10.0") == published(
        tmp_path / "b", "0.10.0", "0.1.0", "0.2.0"
    )


def test_the_time_is_that_of_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "created" not in published(tmp_path, "0.1.0")
    monkeypatch.setenv(index.EPOCH, "1767225600")
    text = published(tmp_path, "0.2.0")
    assert text.count("created: ") == 1
    assert source.read_text(text, "index").data["generated"] == "2026-01-01T00:00:00Z"
    monkeypatch.setenv(index.EPOCH, "now")
    done = run("build", "-f", "-", stdin="{}", cwd=tmp_path)
    assert (done.returncode, "error[bad-epoch]" in done.stderr) == (2, True)


def test_what_others_wrote_is_kept(tmp_path: Path) -> None:
    other = (
        "vault:\n  - {name: vault, version: 1.0.0, digest: abc, created: '2020-01-01T00:00:00Z', urls: [u]}\n"
    )
    (tmp_path / "index.yaml").write_text(
        f"apiVersion: v1\nserverInfo: {{contextPath: /x}}\nentries:\n  {other}", encoding="utf-8"
    )
    text = published(tmp_path, "0.1.0")
    read = source.read_text(text, "index").data
    assert list(read["entries"]) == ["consul", "vault"]
    assert read["serverInfo"] == {"contextPath": "/x"}
    assert read["entries"]["vault"][0]["created"] == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ["entries: [a]", "entries: {consul: {}}", "entries: {consul: [{name: 1}]}"])
def test_what_is_no_index_is_told_and_left(text: str, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "index.yaml").write_text(text)
    done = run("build", "-f", "-", stdin="{}", cwd=tmp_path)
    assert (done.returncode, "error[bad-index]" in done.stderr) == (2, True)
    assert [path.name for path in (tmp_path / "charts").iterdir()] == ["index.yaml"]


def test_a_folder_of_very_many_versions(tmp_path: Path) -> None:
    published(tmp_path, "0.1.0")
    known = index.read(tmp_path)
    (first,) = known.entries["consul"]
    # more than a file of values may hold
    many = [{**first, "version": f"0.{minor}.{patch}"} for minor in range(50) for patch in range(100)]
    (tmp_path / "index.yaml").write_text(known.with_entries(many).text(), encoding="utf-8")
    published(tmp_path, "0.49.100")
    assert len(index.read(tmp_path).entries["consul"]) == 5001


@pytest.mark.parametrize(
    "text",
    [
        "entries: {}\n", "apiVersion: v1\nentries:\n  b:\n  - name: b\n    version: 1.0.0\nother:\n  x: 1\n",
        "a: 1\nentries:\n  a:\n  - {name: a, version: 1.0.0}\n  # c\n  \"b\":\n  - {name: b, version: '2'}\n",
        "a: 1\nentries:\n    a:\n    - {name: a, version: 1.0.0}\n", "entries:\n  a:\n  - {name: a, version: 1.0.0}\n",
        "a: 1\nentries:\n  a: &a\n  - {name: a, version: 1.0.0}\nb: *a\n", "a: !!str 1\nentries: {a: [{name: a, version: '1'}]}\n",
    ],
)  # fmt: skip
def test_it_is_read_as_values_are(text: str, tmp_path: Path) -> None:
    (tmp_path / "index.yaml").write_text(text)
    found, expected = index.read(tmp_path), source.read_text(text, "index").data
    assert {name: list(known) for name, known in found.entries.items()} == expected.pop("entries")
    assert found.other == expected


def test_a_chart_that_is_named_twice_is_told(tmp_path: Path) -> None:
    published(tmp_path, "0.1.0")
    text = (tmp_path / "index.yaml").read_text("utf-8")
    entries = text.partition("entries:\n")[2]
    (tmp_path / "index.yaml").write_text(text + entries)
    with pytest.raises(chartgen.Rejected) as rejected:
        index.read(tmp_path)
    assert [found.code for found in rejected.value.diagnostics] == ["duplicate-key"]


def test_a_chart_lints_clean_and_says_all_of_itself(tmp_path: Path) -> None:
    made = chartgen.compile({"server": {"replicas": 3}}, version="1.0.0-rc.1").publish(tmp_path)
    assert helm_python.lint(str(made.folder))["messages"] == []
    assert engine.lint(made.folder) == []
    says = source.read_file(str(made.folder / "Chart.yaml")).data
    assert says["icon"].startswith("data:image/svg+xml;base64,") and says["kubeVersion"]
    # Artifact Hub leaves out who has no address
    assert all("@" in maintainer["email"] for maintainer in says["maintainers"])
    annotations = says["annotations"]
    assert annotations["artifacthub.io/prerelease"] == "true"
    images = source.read_text(annotations["artifacthub.io/images"], "images", any_shape=True).data
    assert {one["name"] for one in images} >= {"consul", "consul-dataplane", "consul-k8s-control-plane"}
    assert annotations["chartgen/version"] == chartgen.__version__
    assert annotations["chartgen/inputs"].startswith("sha256:")
    assert {"LICENSE", ".helmignore"} <= {path.name for path in made.folder.iterdir()}


def test_the_digest_of_the_inputs_is_of_what_they_say() -> None:
    def digest(values: dict[str, object], **options: object) -> str:
        annotations = chartgen.compile(values, **options).chart_yaml["annotations"]  # type: ignore[arg-type]
        return str(annotations["chartgen/inputs"])

    base = digest({"server": {"replicas": 3}})
    assert base == digest({"client": {}, "server": {"storage": "10Gi", "replicas": 3}})
    assert len({base, digest({}), digest({"server": {"replicas": 3}}, strict=False)}) == 3
