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
from hypothesis import example, given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import schema
from chartgen.chart import definitions, publish
from chartgen.chart.publish import gzipped
from tests import engine

BASE = {"global": {"name": "consul"}, "server": {"replicas": 3}, "client": {"enabled": True}}


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
    """It yields what the folder yields."""
    chart = chartgen.compile(BASE)
    folder, archive = chart.write(tmp_path / "consul"), chart.write_archive(tmp_path / "consul.tgz")
    assert engine.objects(archive) == engine.objects(folder)


@pytest.mark.parametrize("size", [0, 1, 0xFFFF, 0x10000, 0x1FFFE, 200_000])
def test_compressed_data_is_gzip(size: int) -> None:
    data = bytes(number * 7 % 251 for number in range(size))
    assert gzip.decompress(gzipped(data)) == data


def test_the_compressor_is_the_pinned_one() -> None:
    """The digest of known input: a release of libdeflate that yields other bytes must not slip in unseen."""
    data = b"".join(f"{number % 97} consul {number * number % 1013}\n".encode() for number in range(20_000))
    assert hashlib.sha256(gzipped(data)).hexdigest() == "a2ccc7cc482b11eb29ccaa191e008f81615061e7be468221178d8edec15aa9f9"
    # no name, no time, the fastest way, an unknown operating system
    assert gzipped(data)[:10] == bytes.fromhex("1f8b08000000000004ff")


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


# every definition of a custom resource, those that were compressed ahead, and others, of another label
DEFINITIONS = {
    "global": {
        "peering": {"enabled": True},
        "tls": {"enabled": True},
        "crds": {"consulapi": {"enabled": True}},
    },
    "meshGateway": {"enabled": True},
}


@pytest.mark.parametrize(("named", "ahead"), [({}, 40), ({"nameOverride": "mesh"}, 2)])
def test_what_was_compressed_ahead_is_what_the_chart_holds(named: dict[str, str], ahead: int) -> None:
    chart = chartgen.compile({**DEFINITIONS, **named})
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in chart.files.items():
            member = tarfile.TarInfo(f"consul/{path}")
            member.size, member.mode = len(text.encode()), 0o644
            tar.addfile(member, io.BytesIO(text.encode()))
    held = gzip.decompress(chart.archive())
    # tarfile fills it up to twenty blocks
    assert (held, set(plain.getvalue()[len(held) :])) == (plain.getvalue()[: len(held)], {0})
    members = [definitions.member(path, text) for path, text in chart.files.items()]
    packed = [member.packed for member in members if member is not None]
    assert len(packed) == ahead
    assert all(member in chart.archive() for member in packed)


NAMES = st.text("abcé.-", min_size=1, max_size=40).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(PATHS, st.text(st.characters(codec="utf-8"), max_size=1100), max_size=6))
@example({"templates/" + "a" * 98: "long", "b": "", "c": "\0" * 512, "d": "é" * 512})
def test_what_is_packed_is_taken_apart_again(files: dict[str, str]) -> None:
    assert publish.texts(publish.archive("consul", files)) == files


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


@pytest.mark.parametrize("release", ["a", "r" * 33, "123", "true", "1e3"])
def test_any_release_name(release: str, tmp_path: Path) -> None:
    folder = chartgen.compile({"server": {"replicas": 3}}).write(tmp_path / "consul")
    service = next(one for one in engine.objects(folder, release=release) if one["kind"] == "StatefulSet")
    assert service["metadata"]["name"] == f"{release}-consul"[:63].removesuffix("-") + "-server"
    assert service["metadata"]["labels"]["release"] == release


def test_a_release_name_that_no_object_can_carry_is_refused_in_words(tmp_path: Path) -> None:
    import helm_python

    folder = chartgen.compile({"server": {"replicas": 3}}).write(tmp_path / "consul")
    with pytest.raises(helm_python.HelmError, match="at most 33 characters"):
        engine.objects(folder, release="r" * 34)


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
