"""One build after the other, each as if it were alone, with what they have in common done once.

What is shared: layers that are read, whatever reads the same values (`values.traces`: rules, templates, documents with all
that was found out about them), what the indexes of the folders say. None of it makes a chart another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartgen import compiler
from chartgen.diagnostics import Diagnostic, Rejected, any_error, remembered
from chartgen.fleet import disk
from chartgen.project.plan import KEYS, Build
from chartgen.project.trees import Disk, Layers, normal
from chartgen.values.traces import Traces

if TYPE_CHECKING:
    from chartgen.chart.index import Index
    from chartgen.chart.publish import Content, Staged
    from chartgen.project.plan import Builds
    from chartgen.publishing.stale import Compared
    from chartgen.publishing.version import Step, Told


# what of a build has no say in its chart: the version is decided on later
_BESIDE = ("output", "span", "version")
_recipe = attrgetter(*(field for field in Build.__slots__ if field not in _BESIDE))
_NAMING_FILES = tuple(row.field for row in KEYS.values() if row.names_file)


class NoScheduler(Exception):
    """There is no scheduler, or none with workers that make what is made here; the message says what came of it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A build that is compiled: what was found, what is to be said of its chart (None where there is none), and the chart
    where it waits to be placed. `failed` is why it could not be written."""

    findings: tuple[Diagnostic, ...]
    told: Told | None = None
    staged: Staged | None = None
    failed: OSError | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A build whose chart is made, and not written yet."""

    findings: tuple[Diagnostic, ...]
    told: Told
    content: Content


class _Tree(Disk):
    """The files on the disk, and the digest of each as it was read last."""

    def __init__(self) -> None:
        super().__init__()
        self._digests: dict[str, str] = {}
        self._ahead: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        if (ahead := self._ahead.pop(path, None)) is not None:
            return ahead
        data = super().read(path)
        self._digests[path] = hashlib.sha256(data).hexdigest()
        return data

    def digest(self, path: str) -> str:
        if path not in self._digests:
            # whoever builds of it reads it next: these bytes, whatever becomes of the file meanwhile
            self._ahead[path] = self.read(path)
        return self._digests[path]


class Engine:
    """The builds of a plan, ready to be asked for by number; `stagings` are the folders in which charts wait, by the
    folder that they go to."""

    def __init__(
        self,
        plan: Builds,
        step: Step | None,
        fail_on: str,
        stagings: Mapping[str, Path],
        charts: disk.Charts | None = None,
    ) -> None:
        self.plan, self.step, self.fail_on = plan, step, fail_on
        self.stagings, self.charts = stagings, charts or disk.Charts()
        self._tree = _Tree()
        self._layers = Layers(self._tree)
        self._memory = compiler.Memory(Traces())
        self._indexes: dict[str, Index | Rejected] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        # a process that starts anew begins with nothing in mind
        return Engine, (self.plan, self.step, self.fail_on, self.stagings, self.charts)

    def check(self, number: int) -> tuple[Diagnostic, ...]:
        """All that a check finds in a build."""
        build = self.plan.builds[number]
        try:
            return compiler.verdict(
                build.read(self._layers), build.options(self.plan.steering), self._memory
            ).diagnostics
        except Rejected as rejected:
            return rejected.diagnostics

    def compared(self, number: int) -> Compared | OSError:
        """A build held against what is published in its folder, or why that cannot be read."""
        from chartgen.publishing import stale

        build = self.plan.builds[number]
        try:
            chart = compiler.compile_sources(
                build.read(self._layers), build.options(self.plan.steering), self._memory
            )
            return stale.held(chart, build, self._index(build.output))
        except Rejected as rejected:
            return stale.Compared(build, rejected.diagnostics, rejected=True)
        except OSError as error:
            return error

    def ready(self, number: int) -> Ready:
        """A build, compiled and written where it waits. Nothing is raised for what is wrong with it."""
        build = self.plan.builds[number]
        try:
            return self._ready(build)
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)

    def known(self, number: int) -> Ready | None:
        """A build whose chart was made before; None for others."""
        try:
            build = self.plan.builds[number]
            return self._known(build, self._key(build))
        except (Rejected, OSError):
            return None

    def compiled(self, number: int) -> Ready | Compiled:
        """A build, compiled and not written; as `ready`, where there is nothing to write."""
        try:
            return self._compiled(self.plan.builds[number])
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)

    def files(self, number: int) -> Mapping[str, bytes] | None:
        """The files that a build reads, by their paths from this folder: what it is made of, and the archives that it is
        compared with. None where they cannot be read, or are named by paths from somewhere else."""
        build = self.plan.builds[number]
        named = [getattr(build, field) for field in _NAMING_FILES]
        paths = [
            *build.files,
            *(path for each in named if each for path in ([each] if isinstance(each, str) else each)),
        ]
        if any(Path(path).is_absolute() for path in (*paths, build.output)):
            return None
        try:
            found = {normal(path): self._tree.read(path) for path in paths}
            known = self._index(build.output)
        except (Rejected, OSError):
            return None
        from chartgen.publishing import version as versions

        for entry in versions.compared_with(known, build.name, build.version):
            archive = Path(build.output) / f"{build.name}-{entry['version']}.tgz"
            if archive.is_file():
                found[normal(str(archive))] = archive.read_bytes()
        return found

    def indexes(self, numbers: Iterable[int]) -> Mapping[str, bytes]:
        """The index of each folder that some builds go to, by its path, with their charts alone."""
        from chartgen.chart.index import FILE

        names: dict[str, list[str]] = {}
        for number in numbers:
            build = self.plan.builds[number]
            names.setdefault(build.output, []).append(build.name)
        found = {}
        for output, own in names.items():
            known = self._index(output)
            if entries := {name: known.entries[name] for name in own if name in known.entries}:
                found[normal(f"{output}/{FILE}")] = known._replace(entries=entries).text().encode()
        return found

    def written(self, number: int, made: Compiled) -> Ready:
        """A build that was compiled, written where it waits. Nothing is raised for what is wrong with it."""
        try:
            build = self.plan.builds[number]
            return self._written(build, made, self._key(build))
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)

    def _ready(self, build: Build) -> Ready:
        key = self._key(build)
        if (known := self._known(build, key)) is not None:
            return known
        made = self._compiled(build)
        return made if isinstance(made, Ready) else self._written(build, made, key)

    def _compiled(self, build: Build) -> Ready | Compiled:
        from chartgen.chart.publish import Published
        from chartgen.publishing import version as versions

        chart = compiler.compile_sources(
            build.read(self._layers), build.options(self.plan.steering), self._memory
        )
        if fails(chart.diagnostics, self.fail_on):
            return Ready(chart.diagnostics)
        decision = versions.decided(chart, build.output, build.version, self.step, self._index(build.output))
        if decision.there is not None:
            return Ready(chart.diagnostics, versions.told(versions.Outcome(decision, decision.there)))
        made = decision.chart
        there = Published(
            Path(build.output, made.name, made.version),
            Path(build.output, f"{made.name}-{made.version}.tgz"),
            made.digest,
            written=True,
        )
        return Compiled(chart.diagnostics, versions.told(versions.Outcome(decision, there)), made.content)

    def _written(self, build: Build, made: Compiled, key: str | None) -> Ready:
        from chartgen.chart import publish

        told, content = made.told, made.content
        if not made.findings and key is not None:
            record = disk.Record(
                content.version, content.metadata, told.objects, told.published.digest, content.archive
            )
            self.charts.put(key, record)
        entry = self._index(build.output).entry(content.name, content.version)
        placed = publish.stage(
            content, entry, self.stagings[build.output], Path(build.output), folder=build.folder
        )
        if isinstance(placed, publish.Published):
            return Ready(made.findings, told._replace(published=placed))
        return Ready(made.findings, told, placed)

    def _key(self, build: Build) -> str | None:
        """What the chart of a build is made of, but for its version; None where that cannot be told.

        Its layers are those that were read, where they were."""
        if self.charts.folder is None or build.findings:
            return None
        # other files than layers are read where they are used: nobody could say of which bytes
        if any(getattr(build, field) for field in _NAMING_FILES):
            return None
        try:
            layers = [(path, self._tree.digest(path)) for path in build.files]
        except (Rejected, OSError):
            return None
        return disk.key(layers, (_recipe(build), self.plan.steering))

    def _known(self, build: Build, key: str | None) -> Ready | None:
        """A build whose chart was made before, where it would come to the same version; None for others."""
        from chartgen.chart import metadata, publish
        from chartgen.publishing import version as versions

        record = self.charts.get(key) if key is not None and self.step is None else None
        if record is None:
            return None
        index = self._index(build.output)
        changes = metadata.changes_in(record.metadata.get("annotations") or {})
        entry = index.entry(build.name, record.version)
        newest = next(iter(index.entries.get(build.name, ())), None)
        asked = record.version if build.version == versions.AUTO else build.version.removeprefix("v")
        if record.version != asked or (entry is not None and entry.get("digest") != record.digest):
            return None
        if build.version == versions.AUTO:
            fits = entry is newest if newest is not None else record.version == versions.FIRST and not changes
        else:
            fits = entry is not None or (newest is None and not changes)
        if not fits:
            return None
        root = Path(build.output)
        files = publish.texts(record.archive) if build.folder else {}
        content = publish.Content(
            build.name, record.version, files, record.metadata, record.archive, record.digest
        )
        placed = publish.stage(content, entry, self.stagings[build.output], root, folder=build.folder)
        staged = None if isinstance(placed, publish.Published) else placed
        there = publish.Published(
            root / build.name / record.version,
            root / f"{build.name}-{record.version}.tgz",
            record.digest,
            written=staged is not None,
        )
        previous = record.version if entry is not None and build.version == versions.AUTO else None
        told = versions.Told(build.name, record.version, previous, None, changes, record.objects, there)
        return Ready((), told, staged)

    def alone(self, number: int) -> Ready:
        """A build that another one came before, published by itself."""
        from chartgen.publishing import version as versions

        build = self.plan.builds[number]
        try:
            chart = compiler.compile_sources(
                build.read(self._layers), build.options(self.plan.steering), self._memory
            )
            outcome = versions.published(chart, build.output, build.version, self.step, folder=build.folder)
        except Rejected as rejected:
            return Ready(rejected.diagnostics)
        except OSError as error:
            return Ready((), failed=error)
        return Ready(chart.diagnostics, versions.told(outcome))

    def _index(self, output: str) -> Index:
        """What is published in a folder, as it was when the first build asked."""
        from chartgen.chart import index

        return remembered(self._indexes, output, lambda: index.read(Path(output)))


def fails(findings: tuple[Diagnostic, ...], fail_on: str) -> bool:
    """True if findings keep a chart from being published: errors always do."""
    return any_error(findings) or (
        fail_on == "warning" and any(each.severity == "warning" for each in findings)
    )
