"""What commands answer as JSON, held against the shapes that are published in schema/answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chartgen import paths
from chartgen.report import meanings
from tests.test_cli import run

SHAPES = ("build", "values", "images", "explain", "rules", "diff", "verify", "index", "push")
BAD = "server:\n  replica: 3\n"
# odd on purpose: a warning comes with the answer
GOOD = "server:\n  replicas: 2\n  extraLabels: null\n"


def strict(shape: Any) -> Any:
    """The shape, with no key but those that it describes."""
    if isinstance(shape, dict):
        closed = {key: strict(value) for key, value in shape.items()}
        if isinstance(shape.get("properties"), dict) and shape.get("type") == "object":
            closed.setdefault("additionalProperties", False)
        return closed
    return [strict(part) for part in shape] if isinstance(shape, list) else shape


def answer(name: str, *arguments: str, stdin: str = GOOD, cwd: Path) -> dict[str, Any]:
    done = run(name, *arguments, "--format", "json", stdin=stdin, cwd=cwd)
    assert done.stderr == ""
    data = shaped(name, done.stdout)
    assert done.returncode == (1 if data["errors"] else 0)
    return data


def shaped(name: str, text: str) -> dict[str, Any]:
    """What a command answered, which has its published shape."""
    data: dict[str, Any] = json.loads(text)
    shape = json.loads((paths.SCHEMA / "answers" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(shape)
    assert [error.message for error in jsonschema.Draft7Validator(strict(shape)).iter_errors(data)] == []
    return data


def test_findings_have_one_shape_in_all() -> None:
    report = json.loads((paths.SCHEMA / "report.schema.json").read_text(encoding="utf-8"))
    for name in SHAPES:
        shape = json.loads((paths.SCHEMA / "answers" / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert shape["$defs"] == report["$defs"]
        assert {key: shape["properties"][key] for key in report["properties"]} == report["properties"]


def test_build(tmp_path: Path) -> None:
    data = answer("build", "-f", "-", "-o", "out", cwd=tmp_path)
    assert (data["errors"], data["warnings"]) == (0, 1)
    chart = data["chart"]
    assert (tmp_path / chart["folder"] / "Chart.yaml").is_file() and (tmp_path / chart["archive"]).is_file()
    assert all((tmp_path / chart["folder"] / each["file"]).is_file() for each in chart["objects"])
    assert "StatefulSet" in {each["kind"] for each in chart["objects"]}
    assert "chart" not in answer("build", "-f", "-", stdin=BAD, cwd=tmp_path)


def test_build_of_all_charts(tmp_path: Path) -> None:
    (tmp_path / "chartgen.yaml").write_text(
        "defaults: {values: [base.yaml]}\ncharts: [{name: a}, {name: b, values: [bad.yaml]}, {name: c}]\n"
    )
    (tmp_path / "base.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    data = answer("build", cwd=tmp_path)
    assert [chart["name"] for chart in data["charts"]] == ["a", "c"] and data["rejected"] == ["b"]
    assert all((tmp_path / chart["folder"] / "Chart.yaml").is_file() for chart in data["charts"])
    reached = {finding["code"]: finding["charts"] for finding in data["diagnostics"]}
    assert reached["server-replicas-even"] == ["a", "b", "c"] and reached["unknown-key"] == ["b"]


def test_verify(tmp_path: Path) -> None:
    archive = tmp_path / answer("build", "-f", "-", cwd=tmp_path)["chart"]["archive"]
    assert answer("verify", str(archive), cwd=tmp_path)["verified"]["same"]
    folder = tmp_path / "charts" / "consul" / "0.1.0"
    (folder / "README.md").write_text("")
    data = answer("verify", str(folder), cwd=tmp_path)
    assert (data["verified"]["same"], [one["code"] for one in data["diagnostics"]]) == (False, ["chart-differs"])
    assert "verified" not in answer("verify", str(tmp_path), cwd=tmp_path)


def test_index_merge(tmp_path: Path) -> None:
    for name in ("a", "b"):
        answer("build", "-f", "-", "--name", name, "-o", name, cwd=tmp_path)
    data = answer("index", "merge", "a", "b", cwd=tmp_path)
    assert data["merged"]["added"] == [{"name": name, "version": "0.1.0"} for name in ("a", "b")]
    assert (tmp_path / data["merged"]["index"]).is_file()
    (tmp_path / "a" / "a-0.1.0.tgz").write_bytes(b"")
    assert "merged" not in answer("index", "merge", "a", "-o", "other", cwd=tmp_path)


def test_values(tmp_path: Path) -> None:
    whole = answer("values", "-f", "-", cwd=tmp_path)
    changed = answer("values", "-f", "-", "--changed", "--provenance", cwd=tmp_path)
    assert whole["values"]["server"]["replicas"] == 2 and "client" in whole["values"]
    assert changed["values"] == {"server": {"replicas": 2}}
    assert changed["origins"] == [{"path": "server.replicas", "value": 2, "setBy": "<stdin>:2"}]
    assert "values" not in answer("values", "-f", "-", stdin=BAD, cwd=tmp_path)


def test_images(tmp_path: Path) -> None:
    data = answer("images", "-f", "-", cwd=tmp_path)
    named = {each["image"].partition(":")[0]: each["objects"] for each in data["images"]}
    assert "StatefulSet/RELEASE-consul-server" in named["hashicorp/consul"]
    # the image of sidecars stands in a flag of the injector
    assert "Deployment/RELEASE-consul-connect-injector" in named["hashicorp/consul-dataplane"]
    assert "images" not in answer("images", "-f", "-", stdin=BAD, cwd=tmp_path)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("", "sections"),
        ("dns", "section"),
        ("server.replicas", "setting"),
        ("ingressGateways.gateways", "setting"),
        ("ingressGateways.gateways[].service", "section"),
        ("replicas", "candidates"),
        ("global.bootstrapACLs", "removed"),
        ("server-replicas-even", "finding"),
        ("unknown-key", "finding"),
    ],
)
def test_explain(what: str, kind: str, tmp_path: Path) -> None:
    data = answer("explain", "-f", "-", what, cwd=tmp_path)
    assert data["explained"]["kind"] == kind
    if what == "server.replicas":
        assert (data["explained"]["value"], data["explained"]["setBy"]) == (2, "<stdin>:2")
        assert any(each["object"].startswith("StatefulSet/") for each in data["explained"]["reaches"])


def test_explain_of_nothing(tmp_path: Path) -> None:
    assert "explained" not in answer("explain", "server.replica", cwd=tmp_path)


def test_rules(tmp_path: Path) -> None:
    data = answer("rules", cwd=tmp_path)
    assert [each["code"] for each in data["rules"]] == meanings.codes()
    assert {each["severity"] for each in data["rules"]} == {"error", "warning", "note"}


def test_diff(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("server: {replicas: 3}\n")
    data = answer("diff", "old.yaml", "-", cwd=tmp_path)
    found = data["difference"]
    assert (found["consequence"], found["bump"]) == ("restarts", "patch")
    (servers,) = (one for one in found["changes"] if one["kind"] == "StatefulSet")
    assert servers["fields"][0] == {
        "path": "spec.replicas",
        "old": 3,
        "new": 2,
        "weight": "meaning",
        "causes": [{"path": "server.replicas", "setBy": "<stdin>:2"}],
    }
    (tmp_path / "old.yaml").write_text("server: {storage: 1Gi}\n")
    assert answer("diff", "old.yaml", "-", cwd=tmp_path)["difference"]["consequence"] == "refused"
    assert "difference" not in answer("diff", "old.yaml", "-", stdin=BAD, cwd=tmp_path)
