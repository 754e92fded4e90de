"""What is written: the same bytes for the same input, all or nothing, frozen for Helm, safe for any string."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import schema
from chartgen.chart.publish import gzipped
from tests import engine

BASE = {"global": {"name": "consul"}, "server": {"replicas": 3}, "client": {"enabled": True}}

# settings that hold any text, and where the text must come out
PLACES: list[tuple[tuple[str, ...], str, tuple[Any, ...]]] = [
    (
        ("server", "extraLabels", "note"),
        "StatefulSet/consul-server",
        ("spec", "template", "metadata", "labels", "note"),
    ),
    (("server", "extraEnvironmentVars", "NOTE"), "StatefulSet/consul-server", ("env", "NOTE")),
    (
        ("server", "priorityClassName"),
        "StatefulSet/consul-server",
        ("spec", "template", "spec", "priorityClassName"),
    ),
    (
        ("server", "storageClass"),
        "StatefulSet/consul-server",
        ("spec", "volumeClaimTemplates", 0, "spec", "storageClassName"),
    ),
    (("client", "extraEnvironmentVars", "NOTE"), "DaemonSet/consul-client", ("env", "NOTE")),
    (
        ("client", "priorityClassName"),
        "DaemonSet/consul-client",
        ("spec", "template", "spec", "priorityClassName"),
    ),
    (
        ("client", "extraLabels", "note"),
        "DaemonSet/consul-client",
        ("spec", "template", "metadata", "labels", "note"),
    ),
]
HOSTILE = ['"', "'", "a\nb", "{{", "}}", "{{ .Release.Name }}", "#", ": ", "a: b", "$", "$(X)", "`id`", "yes", "012",
           "1:30", "~", "é ☃", "\u2028", "\\", " lead", "trail ", "- x", "|", ">", "%", "@", "!", "&a", "*a", "\t"]  # fmt: skip


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    out: Any = value
    for key in reversed(path):
        out = {key: out}
    return dict(out)


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        out[key] = (
            overlaid(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
        )
    return out


def at(data: dict[str, Any], place: tuple[Any, ...]) -> Any:
    if place[0] == "env":
        containers = data["spec"]["template"]["spec"]["containers"]
        return next(one["value"] for one in containers[0]["env"] if one["name"] == place[1])
    node: Any = data
    for key in place:
        node = node[key]
    return node


def arrives(text: str, folder: Path) -> None:
    """Puts `text` in every place at once, has the real engine render the chart, and looks for it."""
    values = BASE
    for path, _, _ in PLACES:
        values = overlaid(values, nested(path, text))
    try:
        chart = chartgen.compile(values, strict=False)
    except chartgen.Rejected as rejected:
        assert rejected.diagnostics
        return
    objects = {f"{one['kind']}/{one['metadata']['name']}": one for one in engine.objects(chart.write(folder))}
    for path, name, place in PLACES:
        assert at(objects[name], place) == text, path


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_arrives(text: str, tmp_path: Path) -> None:
    arrives(text, tmp_path / "chart")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_text_arrives_or_is_refused(text: str, tmp_path: Path) -> None:
    arrives(text, tmp_path / "chart")


@pytest.mark.parametrize(
    "text", ["a b", "it's", 'say "hi"', "$HOME", "`id`", "$(id)", "{{ x }}", "a;b", "a|b", "é", "-x", "*"]
)
def test_shell_text_is_one_argument(text: str, tmp_path: Path) -> None:
    values = overlaid(BASE, {"client": {"join": [text]}})
    chart = chartgen.compile(values, strict=False)
    agent = next(one for one in engine.objects(chart.write(tmp_path / "c")) if one["kind"] == "DaemonSet")
    script = agent["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    start = script.index("exec /usr/local/bin/docker-entrypoint.sh")
    printed = subprocess.run(
        ["sh", "-c", script[start:].replace("exec /usr/local/bin/docker-entrypoint.sh", "printf '%s\\0'", 1)],
        capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"},
    ).stdout.decode().split("\0")  # fmt: skip
    assert f"-retry-join={text}" in printed


def test_line_break_in_shell_text_is_refused() -> None:
    with pytest.raises(chartgen.Rejected) as caught:
        chartgen.compile(overlaid(BASE, {"client": {"join": ["a\nb"]}}), strict=False)
    assert {one.code for one in caught.value.diagnostics if one.severity == "error"} == {"unwritable-value"}


@pytest.mark.parametrize("example", ["secure", "vault"])
def test_same_bytes_anywhere(example: str, tmp_path: Path) -> None:
    """Two machines that differ in all that they may: folder, locale, time zone, umask, hash seed, cache."""
    values = Path(__file__).parent.parent / "examples" / f"{example}.yaml"
    built = []
    for number, (seed, locale, zone, umask) in enumerate(
        [("0", "C", "UTC", 0o022), ("4242", "tr_TR.UTF-8", "Asia/Tokyo", 0o077)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-m", "chartgen", "build", "-f", str(values)],
            cwd=folder,
            check=True,
            umask=umask,
            env={
                **{"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PATH": "/usr/bin:/bin"},
                "XDG_CACHE_HOME": str(folder / "cache"),
            },
        )
        charts = folder / "charts"
        built.append(
            {
                path.relative_to(charts): path.read_bytes()
                for path in sorted(charts.rglob("*"))
                if path.is_file()
            }
        )
    assert built[0] == built[1]
    assert Path("consul-0.1.0.tgz") in built[0]


def test_helm_loads_the_archive(tmp_path: Path) -> None:
    """It is stored, not compressed, and yields what the folder yields."""
    chart = chartgen.compile(BASE)
    folder, archive = chart.write(tmp_path / "consul"), chart.write_archive(tmp_path / "consul.tgz")
    assert engine.objects(archive) == engine.objects(folder)


@pytest.mark.parametrize("size", [0, 1, 0xFFFF, 0x10000, 0x1FFFE, 200_000])
def test_stored_data_is_gzip(size: int) -> None:
    data = bytes(number * 7 % 251 for number in range(size))
    assert gzip.decompress(gzipped(data)) == data


def test_key_order_does_not_matter() -> None:
    one = {"server": {"replicas": 3, "storage": "5Gi"}, "client": {"enabled": True, "grpc": False}}
    other = {"client": {"grpc": False, "enabled": True}, "server": {"storage": "5Gi", "replicas": 3}}
    assert chartgen.compile(one).archive() == chartgen.compile(other).archive()


def test_archive_holds_the_folder(tmp_path: Path) -> None:
    chart = chartgen.compile(BASE)
    folder = chart.write(tmp_path / "consul")
    with tarfile.open(fileobj=io.BytesIO(chart.archive())) as tar:
        members = {one.name.partition("/")[2]: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]
    written = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert members == written


def test_writing_again_leaves_nothing_behind(tmp_path: Path) -> None:
    chartgen.compile(BASE).write(tmp_path / "consul")
    before = hashlib.sha256(b"".join(sorted(str(path).encode() for path in tmp_path.rglob("*")))).digest()
    chartgen.compile(BASE).write(tmp_path / "consul")
    after = hashlib.sha256(b"".join(sorted(str(path).encode() for path in tmp_path.rglob("*")))).digest()
    assert before == after
    assert [path.name for path in tmp_path.iterdir()] == ["consul"]


@pytest.mark.parametrize(
    "change", [{"server": {"replicas": 5}}, {"server": {"replica": 5}}, {"global": {"image": "x"}}]
)
def test_frozen_values_cannot_be_changed_at_install_time(change: dict[str, Any], tmp_path: Path) -> None:
    import helm_python

    folder = chartgen.compile(BASE).write(tmp_path / "consul")
    with pytest.raises(helm_python.HelmError):
        engine.render(folder, values=change)


def test_parent_charts_may_add_globals(tmp_path: Path) -> None:
    folder = chartgen.compile(BASE).write(tmp_path / "consul")
    assert engine.render(folder, values={"global": {"parentOnly": 1}})


@pytest.mark.parametrize("release", ["a", "r" * 53, "123", "true", "1e3"])
def test_any_release_name(release: str, tmp_path: Path) -> None:
    folder = chartgen.compile({"server": {"replicas": 3}}).write(tmp_path / "consul")
    service = next(one for one in engine.objects(folder, release=release) if one["kind"] == "StatefulSet")
    assert service["metadata"]["name"] == f"{release}-consul"[:63].removesuffix("-") + "-server"
    assert service["metadata"]["labels"]["release"] == release


def nulls(node: Any) -> Any:
    return {key: nulls(value) for key, value in node.items()} if isinstance(node, dict) and node else None


@pytest.mark.parametrize(
    "values",
    [
        {"global": {"name": None}},
        {"server": {"enabled": None}},
        {"server": {"limits": None}},
        *({section: nulls(standard)} for section, standard in schema.defaults().items()),
    ],
    ids=lambda values: ".".join([*values, *(next(iter(values.values())) if len(str(values)) < 40 else "*")]),
)
def test_a_null_removes_a_default_or_is_refused(values: dict[str, Any], tmp_path: Path) -> None:
    """As values files of people who keep all settings in them have it: `name: null`."""
    with contextlib.suppress(chartgen.Rejected):
        assert (chartgen.compile(values, strict=False).write(tmp_path) / "Chart.yaml").is_file()


def test_a_name_of_null_is_made_from_the_release(tmp_path: Path) -> None:
    objects = engine.objects(chartgen.compile({"global": {"name": None}}).write(tmp_path), release="blue")
    assert "blue-consul-server" in {one["metadata"]["name"] for one in objects}
