"""`chartgen verify`: a chart is made again of what it carries."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import schema
from chartgen.chart import metadata
from chartgen.publishing import rebuild
from chartgen.publishing import version as versions
from chartgen.sides import charts
from chartgen.sides.side import Target
from chartgen.values import effective, tree
from chartgen.values.inputs import Inputs
from tests import compiled
from tests.test_cli import run


@pytest.mark.parametrize("example", (*compiled.EXAMPLES, *compiled.SETS), ids=lambda path: path.stem)
def test_every_example_is_made_again(example: Path, tmp_path: Path) -> None:
    made = compiled.chart(example).publish(tmp_path)
    assert rebuild.verified(str(made.archive)).findings == ()
    assert rebuild.verified(str(made.folder)).same


@pytest.mark.parametrize(
    "values",
    [
        {"server": {"resources": None, "storageClass": None}},
        {"server": {"extraLabels": {"a": "true", "b": "012"}, "annotations": "x: {{ .Release.Name }}\n"}},
        {"client": {"enabled": True, "tolerations": "- operator: Exists\n", "nodeMeta": {"a": "1.50"}}},
        {"global": {"name": None}, "server": {"extraConfig": '{"log_level": "WARN"}'}},
    ],
)
def test_odd_values_are_made_again(values: dict[str, object], tmp_path: Path) -> None:
    chart = chartgen.compile(values, strict=False, kube_version="1.33")
    assert rebuild.verified(str(chart.publish(tmp_path).archive)).findings == ()


_DATA = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 0.0, -0.0, 1.5, "", "x", 'é"\u2028', "a: b\n"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=2),
    max_leaves=6,
)
_PLACES = st.sampled_from([*schema.leaves(), ("other",), ("server", "other")])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(_PLACES, _DATA), max_size=4))
def test_what_it_is_made_of_has_one_digest(drawn: list[tuple[tuple[str, ...], Any]]) -> None:
    user: dict[str, Any] = {}
    for path, data in drawn:
        user = tree.replaced(user, path, data)
    settled = schema.settled(effective(user, schema.defaults()))
    whole = {"values": tree.ordered(metadata.own(settled)), "flags": ["--lenient"]}
    text = json.dumps(whole, ensure_ascii=False).replace("\u2028", "\\u2028")
    assert metadata.inputs_digest(settled, ["--lenient"]) == hashlib.sha256(text.encode()).hexdigest()


def test_with_the_changes_since_the_version_before(tmp_path: Path) -> None:
    versions.published(chartgen.compile({}), tmp_path)
    made = versions.published(chartgen.compile({"server": {"replicas": 5}}), tmp_path)
    assert made.decision.chart.changes
    assert rebuild.verified(str(made.published.archive)).same


def test_with_the_key_that_it_is_signed_with(tmp_path: Path) -> None:
    key = ("0123456789" * 4, "https://example.com/key.asc")
    chart = chartgen.compile({})._replace(sign_key=key)
    made = versions.published(chart, tmp_path)
    assert metadata.sign_key_in(made.decision.chart.chart_yaml["annotations"]) == key
    assert rebuild.verified(str(made.published.archive)).same
    # the chart is the same without it, and what is published stays
    again = versions.published(chartgen.compile({}), tmp_path)
    assert again.decision.unchanged and not again.published.written
    assert again.published.digest == made.published.digest
    # a key of the file's, as a mapping
    (tmp_path / "chartgen.yaml").write_text(
        f"charts:\n  - name: consul\n    signKey: {{fingerprint: '{key[0]}', url: '{key[1]}'}}\n"
    )
    done = run("build", "--bump", "patch", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert key[0] in (tmp_path / "charts" / "consul" / "0.0.1" / "Chart.yaml").read_text()


def test_what_was_changed_is_told_with_its_line(tmp_path: Path) -> None:
    folder = chartgen.compile({"server": {"replicas": 3}}).publish(tmp_path).folder
    service = folder / "templates" / "server-service.yaml"
    service.write_text(service.read_text().replace("port: 8500", "port: 8599"))
    (folder / "templates" / "extra.yaml").write_text("kind: Secret\n")
    (folder / "README.md").unlink()
    found = {
        one.spans[0].source.removeprefix(f"{folder}/"): one for one in rebuild.verified(str(folder)).findings
    }
    assert set(found) == {"templates/server-service.yaml", "templates/extra.yaml", "README.md"}
    told = found["templates/server-service.yaml"]
    assert (told.found, told.expected) == ("port: 8599", "port: 8500")
    assert service.read_text().splitlines()[told.spans[0].line - 1].strip() == "port: 8599"


def test_other_values_make_another_chart(tmp_path: Path) -> None:
    folder = chartgen.compile({"server": {"replicas": 3}}).publish(tmp_path).folder
    values = folder / "values.yaml"
    values.write_text(values.read_text().replace("replicas: 3", "replicas: 5", 1))
    files = {one.spans[0].source.rpartition("/")[2] for one in rebuild.verified(str(folder)).findings}
    assert {"Chart.yaml", "values.schema.json", "server-statefulset.yaml"} <= files


def test_an_archive_that_is_packed_otherwise_is_told(tmp_path: Path) -> None:
    archive = chartgen.compile({}).publish(tmp_path).archive
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()), 1))
    assert [one.code for one in rebuild.verified(str(archive)).findings] == ["chart-differs"]


def test_what_cannot_be_made_again_is_told(tmp_path: Path) -> None:
    folder = chartgen.compile({}).publish(tmp_path).folder
    about = folder / "Chart.yaml"
    whole = about.read_text()

    def code(path: Path) -> str:
        with pytest.raises(chartgen.Rejected) as refused:
            rebuild.verified(str(path))
        return refused.value.diagnostics[0].code

    about.write_text(whole.replace("chartgen/version: ", "chartgen/version: 0."))
    assert code(folder) == "made-by-another"
    about.write_text(whole.replace("chartgen/version: ", "other/version: "))
    assert code(folder) == "not-compiled"
    about.write_text(whole)
    (folder / "values.yaml").write_text("server: {replicas: many}\n")
    assert code(folder) == "cannot-be-rebuilt"
    (tmp_path / "zip.tgz").write_bytes(b"PK")
    assert code(tmp_path / "zip.tgz") == "no-chart"
    assert code(tmp_path) == "no-chart"


@pytest.mark.parametrize("part", range(1, 10))
def test_an_archive_that_is_damaged_is_no_chart(part: int, tmp_path: Path) -> None:
    archive = chartgen.compile({}).publish(tmp_path).archive
    data = bytearray(archive.read_bytes())
    at = len(data) * part // 10
    data[at : at + 64] = b"\xff" * 64
    archive.write_bytes(data)
    with pytest.raises(chartgen.Rejected) as caught:
        rebuild.verified(str(archive))
    assert caught.value.diagnostics[0].code in ("no-chart", "cannot-be-rebuilt", "not-utf-8", "yaml-syntax")
    # what stands before the damage may be read
    with contextlib.suppress(chartgen.Rejected):
        charts.side("damaged", str(archive), Inputs(), Inputs(), Target())


def test_an_archive_that_is_cut_off_is_no_chart(tmp_path: Path) -> None:
    """Between two of its members, too, where a file of the chart ends and decompressing it finds nothing wrong."""
    archive = chartgen.compile({}).publish(tmp_path).archive
    data = archive.read_bytes()
    ends, rest = [], data
    while rest:
        member = zlib.decompressobj(31)
        member.decompress(rest)
        rest = member.unused_data
        ends.append(len(data) - len(rest))
    assert len(ends) > 50
    for end in (*ends[:-1], 0, 5, ends[1] + 5, ends[-2] + 5):
        archive.write_bytes(data[:end])
        for read in (rebuild.verified, lambda path: charts.side("cut", path, Inputs(), Inputs(), Target())):
            with pytest.raises(chartgen.Rejected) as caught:
                read(str(archive))
            assert [found.code for found in caught.value.diagnostics] == ["no-chart"], end


def test_exit_codes(tmp_path: Path) -> None:
    archive = chartgen.compile({}).publish(tmp_path).archive
    good = run("verify", str(archive), "--format", "json")
    assert (good.returncode, json.loads(good.stdout)["verified"]["same"]) == (0, True)
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()), 1))
    bad = run("verify", str(archive))
    assert (bad.returncode, "error[chart-differs]" in bad.stderr) == (1, True)
    assert run("verify", "nowhere.tgz", cwd=tmp_path).returncode == 2
