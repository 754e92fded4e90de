"""Charts that are kept on disk: taken again where all that they were made of is the same, and never otherwise."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from chartgen import compiler, fleet
from chartgen.chart import index
from chartgen.chart.listing import Listing, listed
from chartgen.fleet import disk, engine
from chartgen.values.inputs import Inputs
from tests import fleets
from tests.test_fleet import plan
from tests.test_publish import written

Layers = list[tuple[str, ...]]
COUNT = 4


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layers:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return fleets.written(tmp_path / "values", COUNT, seed=9)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the charts that are compiled."""
    names: list[str] = []
    real = compiler.compile_sources

    def noted(given: Any, options: Any, memory: Any = None) -> Any:
        names.append(options.name)
        return real(given, options, memory)

    monkeypatch.setattr(compiler, "compile_sources", noted)
    return names


def build(layers: Layers, output: Path, **said: Any) -> list[str]:
    """Builds all, and returns the version of each."""
    made = fleet.build(plan(layers, output, **said), workers=1)
    assert all(each.findings == () for each in made)
    return [each.told.version for each in made if each.told is not None]


@pytest.mark.parametrize("folder", [True, False])
def test_what_was_made_is_not_made_again(
    folder: bool, layers: Layers, compiled: list[str], tmp_path: Path
) -> None:
    build(layers, tmp_path / "first", folder=folder)
    assert len(compiled) == COUNT
    # into another folder, and into the same one
    build(layers, tmp_path / "second", folder=folder)
    build(layers, tmp_path / "first", folder=folder)
    assert len(compiled) == COUNT
    assert written(tmp_path / "first") == written(tmp_path / "second")
    made = fleet.build(plan(layers, tmp_path / "first", folder=folder), workers=1)
    assert not any(each.told.published.written for each in made if each.told is not None)


def test_only_what_changed_is_made_again(layers: Layers, compiled: list[str], tmp_path: Path) -> None:
    build(layers, tmp_path / "out")
    compiled.clear()
    Path(layers[1][-1]).write_text("server: {replicas: 5}\n")
    assert build(layers, tmp_path / "out") == [
        "0.1.0",
        index.read(tmp_path / "out").entries["chart-1"][0]["version"],
        "0.1.0",
        "0.1.0",
    ]
    assert compiled == ["chart-1"]
    assert len(index.read(tmp_path / "out").entries["chart-1"]) == 2
    # and what it is now is kept, too
    assert build(layers, tmp_path / "out")[1] != "0.1.0"
    assert compiled == ["chart-1"]
    # in a folder where there is nothing before it, it is another chart
    assert build(layers, tmp_path / "new") == ["0.1.0"] * COUNT
    assert compiled == ["chart-1", "chart-1"]


def _cut(data: bytes) -> bytes:
    return data[:-1]


def _another_archive(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


def _another_version(data: bytes) -> bytes:
    return data.replace(b'"version": "0.1.0"', b'"version": "0.2.0"', 1)


def _another_object(data: bytes) -> bytes:
    return data.replace(b'["ServiceAccount", ', b'["Secret", ', 1)


@pytest.mark.parametrize(
    "poison",
    [_cut, _another_archive, _another_version, _another_object, lambda data: b"", lambda data: b"\n\n"],
)
def test_a_record_that_was_edited_is_none(
    poison: Callable[[bytes], bytes], layers: Layers, compiled: list[str], tmp_path: Path
) -> None:
    build(layers, tmp_path / "first")
    compiled.clear()
    for path in (tmp_path / "cache" / "chartgen" / "charts").iterdir():
        path.write_bytes(poison(path.read_bytes()))
    build(layers, tmp_path / "second")
    assert len(compiled) == COUNT
    assert written(tmp_path / "first") == written(tmp_path / "second")


def test_a_record_is_of_its_own_key(layers: Layers, compiled: list[str], tmp_path: Path) -> None:
    build(layers, tmp_path / "first")
    compiled.clear()
    records = sorted((tmp_path / "cache" / "chartgen" / "charts").iterdir())
    content = [path.read_bytes() for path in records]
    for path, other in zip(records, content[1:] + content[:1], strict=True):
        path.write_bytes(other)
    build(layers, tmp_path / "second")
    assert len(compiled) == COUNT
    assert written(tmp_path / "first") == written(tmp_path / "second")


@pytest.mark.parametrize("what", ["python", "chartgen", "library", "template"])
def test_what_something_else_made_is_made_again(
    what: str, layers: Layers, compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(layers, tmp_path / "first")
    compiled.clear()
    if what == "python":
        monkeypatch.setattr(sys, "version", "3.99.0 (another)")
    elif what == "chartgen":
        monkeypatch.setattr(disk, "__version__", "99.0.0")
    elif what == "library":
        (tmp_path / "libraries" / "Jinja2-99.0.dist-info").mkdir(parents=True)
        monkeypatch.syspath_prepend(str(tmp_path / "libraries"))
    else:
        templates = tmp_path / "templates"
        shutil.copytree(disk.paths.TEMPLATES, templates)
        with (templates / "server" / "service.yaml.j2").open("a") as file:
            file.write("{# another template #}\n")
        monkeypatch.setattr(disk.paths, "TEMPLATES", templates)
    disk.program.cache_clear()
    try:
        build(layers, tmp_path / "second")
    finally:
        disk.program.cache_clear()
    assert len(compiled) == COUNT
    assert written(tmp_path / "first") == written(tmp_path / "second")


def test_libraries_are_known_by_the_folders_that_installers_name() -> None:
    installed = {}
    for library in disk._LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[library] = metadata.version(library)
    assert disk._installed() == installed != {}


def test_a_record_is_of_the_bytes_that_its_chart_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.yaml"
    file.write_bytes(b"before")
    tree = engine._Tree()
    known = tree.digest("a.yaml")
    # somebody saves another one before the chart is made
    file.write_bytes(b"after")
    assert hashlib.sha256(tree.read("a.yaml")).hexdigest() == known == tree.digest("a.yaml")
    # whoever reads it anew gets what there is, and its digest
    assert tree.read("a.yaml") == b"after"
    assert tree.digest("a.yaml") == hashlib.sha256(b"after").hexdigest() != known


def test_a_listing_is_handed_on_whole() -> None:
    objects = [("Service", 'of "quotes"\nand lines', "templates/ü.yaml"), ("Secret", "b", "templates/b.yaml")]
    listing = Listing.of([listed(*each) for each in objects])
    handed_on = pickle.loads(pickle.dumps(listing))
    assert handed_on == listing
    assert hash(handed_on) == hash(listing)
    assert len(handed_on) == 2
    assert [tuple(each.values()) for each in handed_on] == objects
    assert handed_on[1] == {"kind": "Secret", "name": "b", "file": "templates/b.yaml"}
    assert "\n" not in listing.text
    assert Listing.of([]) != listing


def test_what_is_told_lists_what_the_chart_does(layers: Layers, tmp_path: Path) -> None:
    chart = compiler.compile_sources(Inputs(layers[0]).read(), compiler.Options(name="chart-0"))
    for _ in range(2):
        # made, and made before
        (made,) = fleet.build(plan(layers[:1], tmp_path), workers=1)
        assert made.told is not None
        assert made.told.objects == chart.listed()


def test_what_is_made_of_other_files_is_no_part_of_the_program(tmp_path: Path) -> None:
    for path in ("b/c.py", "a.py", "__pycache__/a.pyc", "b/__pycache__/c.pyc", "b/.hidden"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "round").symlink_to(tmp_path)
    assert [path.removeprefix(f"{tmp_path}/") for path in disk._files(str(tmp_path))] == [
        "a.py",
        "b/.hidden",
        "b/c.py",
    ]


def test_what_has_findings_is_told_each_time(layers: Layers, compiled: list[str], tmp_path: Path) -> None:
    Path(layers[0][-1]).write_text("connectInject: {replicas: 2}\n")
    for number in range(2):
        made = fleet.build(plan(layers[:1], tmp_path / str(number)), workers=1)
        assert made[0].findings
    assert compiled == ["chart-0"] * 2


def test_what_is_not_used_goes_first(tmp_path: Path) -> None:
    charts = disk.Charts(tmp_path)
    names = [disk.key([], number) for number in range(3)]
    for number, name in enumerate(names):
        archive = b"x" * 1000
        whole = disk.Record(
            "0.1.0", {"name": "consul"}, Listing.of([]), hashlib.sha256(archive).hexdigest(), archive
        )
        charts.put(name, whole)
        os.utime(tmp_path / name, (number, number))
    assert charts.get(names[0]) is not None
    charts.trim(3000)
    assert {path.name for path in tmp_path.iterdir()} == {names[0], names[2]}


def test_without_a_folder_nothing_is_kept(
    layers: Layers, compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for number in range(2):
        build(layers, tmp_path / str(number))
    assert len(compiled) == 2 * COUNT
