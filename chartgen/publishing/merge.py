"""Folders of charts that several workers built, brought together into one, with one index."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chartgen.chart import index, publish
from chartgen.chart.index import Entry
from chartgen.diagnostics import Diagnostic, Rejected, Span


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A chart that is published in another folder: its entry there, its archive, and its folder, where that is there."""

    entry: Entry
    archive: Path
    folder: Path | None = None

    def copied(self, staging: Path) -> publish.Staged:
        """The chart, copied below a folder from which it has only to be renamed."""
        own = Path(tempfile.mkdtemp(dir=staging))
        shutil.copyfile(self.archive, own / "chart.tgz")
        folder = None
        if self.folder is not None:
            folder = own / "chart"
            shutil.copytree(self.folder, folder)
        name, version = str(self.entry["name"]), str(self.entry["version"])
        return publish.Staged(name, version, self.entry, folder, own / "chart.tgz")


@dataclass(frozen=True, slots=True)
class Merged:
    """The index of a folder after a merge, and the charts that came to it."""

    index: index.Index
    added: tuple[Entry, ...]


def merge(folders: Sequence[str], into: str) -> Merged:
    """Publishes the charts of some folders in another one. What they have in common is one chart.

    Raises Rejected with all that is wrong, before anything is written: a folder without an index, an archive that is not
    there or not what its index says, a version that two folders have with other content.
    """
    findings: list[Diagnostic] = []
    found: dict[tuple[str, str], tuple[Elsewhere, Path]] = {}
    root = Path(into)
    there = index.read(root)
    for folder in map(Path, folders):
        if folder.resolve() == root.resolve():
            continue
        if not (folder / index.FILE).is_file():
            findings.append(
                Diagnostic(
                    "bad-index",
                    f"there is no {index.FILE} in {folder}",
                    spans=(Span(str(folder), 0, 0),),
                    hint="name folders that charts were built into",
                )
            )
            continue
        try:
            entries = [entry for each in index.read(folder).entries.values() for entry in each]
        except Rejected as rejected:
            findings += rejected.diagnostics
            continue
        for entry in entries:
            key = str(entry["name"]), str(entry["version"])
            known = there.entry(*key)
            first = found.get(key)
            for other, where in (
                (known, root),
                (first[0].entry if first else None, first[1] if first else root),
            ):
                if other is not None and other.get("digest") != entry.get("digest"):
                    findings.append(_twice(entry, folder, other, where))
                    break
            else:
                if known is None and first is None:
                    findings += _wrong(entry, folder)
                    found[key] = _elsewhere(entry, folder), folder
    if findings:
        raise Rejected(findings)
    added = [chart for chart, _ in found.values()]
    if added:
        _publish(added, root)
    return Merged(index.read(root), tuple(chart.entry for chart in added))


def _publish(charts: Sequence[Elsewhere], root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    with publish.staging_in(root) as staging:
        staging.mkdir(mode=0o700)
        for result in publish.place([chart.copied(staging) for chart in charts], root, staging):
            if isinstance(result, Exception):
                raise result


def _elsewhere(entry: Entry, folder: Path) -> Elsewhere:
    unpacked = folder / str(entry["name"]) / str(entry["version"])
    return Elsewhere(entry, _archive(entry, folder), unpacked if unpacked.is_dir() else None)


def _archive(entry: Entry, folder: Path) -> Path:
    return folder / f"{entry['name']}-{entry['version']}.tgz"


def _wrong(entry: Entry, folder: Path) -> Iterator[Diagnostic]:
    """What is wrong with the archive of an entry."""
    parts = (entry["name"], entry["version"])
    if any(Path(str(part)).name != part for part in parts):
        yield Diagnostic(
            "bad-index",
            f"an entry of {folder / index.FILE} is no chart's name and version",
            spans=(Span(str(folder / index.FILE), 0, 0),),
            found=" ".join(map(str, parts)),
        )
        return
    archive = _archive(entry, folder)
    called = f"{entry['name']} {entry['version']}"
    if not archive.is_file():
        yield Diagnostic(
            "archive-missing",
            f"{called} stands in {folder / index.FILE}, and its archive is not beside it",
            spans=(Span(str(archive), 0, 0),),
            hint="bring the archives along with the index",
        )
        return
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if entry.get("digest") != digest:
        yield Diagnostic(
            "archive-differs",
            f"the archive of {called} is not what {folder / index.FILE} says",
            spans=(Span(str(archive), 0, 0),),
            found=f"sha256 {digest}",
            expected=f"sha256 {entry.get('digest')}",
        )


def _twice(entry: Entry, folder: Path, other: Entry, where: Path) -> Diagnostic:
    return Diagnostic(
        "version-published",
        f"{entry['name']} {entry['version']} is published in two folders with other content",
        spans=(Span(str(folder / index.FILE), 0, 0), Span(str(where / index.FILE), 0, 0)),
        found=f"sha256 {entry.get('digest')}",
        expected=f"sha256 {other.get('digest')}",
        hint="each chart is built by one of the workers: give them the same commit and other shards",
    )
