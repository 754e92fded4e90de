"""What there is to say about one document: its values, what was found, what a client shows of that."""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path as File
from typing import Any

from lsprotocol import types as lsp

from chartgen import compiler, explain, paths, project, rules, schema
from chartgen.compiler import Checked
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.explain import Setting
from chartgen.lsp import build_file, reading
from chartgen.lsp.reading import Reading
from chartgen.lsp.sections import Sections
from chartgen.lsp.text import Text
from chartgen.project import Project
from chartgen.project.plan import Build, Builds, plan
from chartgen.project.trees import Disk
from chartgen.report import finding
from chartgen.rules import unused
from chartgen.rules.clash import slug
from chartgen.schema import foreign
from chartgen.values import source
from chartgen.values.inputs import Read
from chartgen.values.source import Source

SOURCE = "chartgen"
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
# what does nothing where it stands, beside what the rules about unread values find
_DEAD = frozenset(("equals-default", "ignore-unused", "duplicate-key"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks of the server, by the names of its settings.

    `files` is `auto` (those that hold values of this chart) or `all` that are opened; `base` are files, from the project's
    folder, over which every other is laid.
    """

    files: str = "auto"
    strict: bool = True
    kube_version: str | None = None
    base: tuple[str, ...] = ()


def wanted(settings: Any) -> Wanted:
    """The settings in what a client sends, each in its place where it has the form that it should have."""
    given = settings.get("chartgen", settings) if isinstance(settings, dict) else {}
    given = given if isinstance(given, dict) else {}
    standard = Wanted()
    base, version = given.get("base"), given.get("kubeVersion")
    return Wanted(
        files="all" if given.get("files") == "all" else standard.files,
        strict=given["strict"] if isinstance(given.get("strict"), bool) else standard.strict,
        kube_version=version if isinstance(version, str) and version else None,
        base=tuple(layer for layer in base if isinstance(layer, str)) if isinstance(base, list) else (),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the project that a file is in, what its `chartgen.yaml` says, and the file's name from there.

    `builds` are the charts of the build file that the file is a layer of.
    """

    folder: File
    project: Project
    name: str
    builds: tuple[Build, ...] = ()


def place(file: File, roots: Sequence[File]) -> Place:
    """The nearest folder at or above the file's, within the roots, that has a `chartgen.yaml`; else the root.

    What is wrong in that file is told by the commands: here it counts as if it said nothing.
    """
    if file.name == project.FILE:
        return Place(file.parent, Project(), file.name)
    root = next((root for root in roots if file.is_relative_to(root)), file.parent)
    folder = next(
        (
            folder
            for folder in file.parents
            if folder.is_relative_to(root) and (folder / project.FILE).is_file()
        ),
        root,
    )
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)
    builds: tuple[Build, ...] = ()
    said = Project()
    try:
        if (folder / project.FILE).is_file():
            said, planned = _planned(folder, _state(folder / project.FILE))
            builds = tuple(build for build in planned.builds if name in build.files)
    except Rejected:
        pass
    return Place(folder, said, name, builds)


@lru_cache(maxsize=16)
def _planned(folder: File, _: tuple[int, int]) -> tuple[Project, Builds]:
    """What a folder's build file says, and the builds of it; asked again once the file is another one."""
    said = project.of(source.read_bytes(str(folder / project.FILE)))
    return said, plan(said, Disk(str(folder)))


def forget() -> None:
    """Has the files that build files name looked for again: some may be new, or gone."""
    _planned.cache_clear()


@dataclass(frozen=True, slots=True)
class Layers:
    """What a document lies over and what lies over it, each with its file, and what cannot be read of that."""

    below: tuple[tuple[File, Source], ...] = ()
    above: tuple[tuple[File, Source], ...] = ()
    missing: tuple[Diagnostic, ...] = ()


def layers(where: Place, asked: Wanted) -> Layers:
    """The layers of a file: those that the client names, else those of the build file.

    A file of one chart has all that chart's layers, one of several what they all have below it.
    """
    if asked.base:
        names = (
            () if where.folder / where.name in [where.folder / name for name in asked.base] else asked.base
        )
        return _read(where, names)
    if not where.builds:
        return Layers()
    orders = [build.files[: build.files.index(where.name)] for build in where.builds]
    # what is below the file in each of its charts, in the order of the first
    below = [name for name in orders[0] if all(name in order for order in orders)]
    if len(where.builds) > 1:
        return _read(where, below)
    (build,) = where.builds
    return _read(where, below, build.files[len(below) + 1 :], build.sets)


def _read(
    where: Place, below: Sequence[str], above: Sequence[str] = (), sets: Sequence[Source] = ()
) -> Layers:
    missing: list[Diagnostic] = []

    def read(names: Sequence[str]) -> Iterator[tuple[File, Source]]:
        for name in names:
            file = File(os.path.normpath(where.folder / name))
            shown = name if not File(name).is_absolute() else str(file)
            try:
                yield file, _layer(file, shown, _state(file))
            except Rejected as rejected:
                missing.extend(rejected.diagnostics)

    own = where.folder / project.FILE
    lower, upper = tuple(read(below)), (*read(above), *((own, each) for each in sets))
    return Layers(lower, upper, tuple(missing))


def _state(file: File) -> tuple[int, int]:
    """What is another once a file has other content; the same for all that are not there."""
    try:
        about = file.stat()
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=64)
def _layer(file: File, name: str, _: tuple[int, int]) -> Source:
    """The values of a layer, read again once the file is another one."""
    return source.read_text(source.read_bytes(str(file)), name)


def _options(where: Place, asked: Wanted) -> compiler.Options:
    """How a file is checked: as its charts are, where the client does not say otherwise."""
    versions = {build.kube_version for build in where.builds}
    of_charts = versions.pop() if len(versions) == 1 else None
    lenient = bool(where.builds) and not any(build.strict for build in where.builds)
    return compiler.Options(
        strict=asked.strict and not lenient,
        kube_version=asked.kube_version or of_charts,
        steering=where.project.steering,
    )


@dataclass(frozen=True, slots=True)
class Analysis:
    """A document's text, what could be read of it, and all that was found; `checked` is None where nothing could be.

    `charts` are those of the build file that the document is a layer of. `values` are what was read, with what stood before where nothing can be read for now. Unless it is `settled`, what only
    the chart's objects tell is still to be found out. `by_objects` is whether they had something to tell last.
    """

    name: str
    text: Text
    reading: Reading
    checked: Checked | None
    findings: tuple[Diagnostic, ...]
    layers: Layers = Layers()
    ours: bool = True
    values: Source | None = None
    settled: bool = True
    by_objects: bool = False
    charts: tuple[str, ...] = ()
    is_build_file: bool = False

    def setting(self, path: Path) -> Setting | None:
        """What there is at a path of the document's kind, with all of its keys for no path; None where there is nothing."""
        if self.is_build_file:
            return build_file.at(path)
        return explain.at(path) if path else Setting("", (), schema.document(), None)

    @property
    def source(self) -> Source | None:
        """The document's own values."""
        return self.reading.source

    @property
    def below(self) -> tuple[Source, ...]:
        """The values that the document's lie over."""
        return tuple(layer for _, layer in self.layers.below)

    def files(self) -> dict[str, tuple[File, Source]]:
        """The layers below and above this one, with their files, by the names that their places have."""
        return {layer.name: (file, layer) for file, layer in (*self.layers.below, *self.layers.above)}


class Memory:
    """What was found out about a document's earlier states: what is as it was is not looked at again."""

    def __init__(self) -> None:
        self.sections = Sections()
        self.checks = compiler.Memory()


def analysed(
    text: Text,
    where: Place,
    asked: Wanted,
    before: Analysis | None = None,
    memory: Memory | None = None,
    *,
    settled: bool = True,
) -> Analysis:
    """What there is to say about a text. A document that was this chart's stays so while it cannot be read.

    Unless it is to be `settled`, what only the chart's objects tell is left for later.
    """
    memory = memory or Memory()
    read = reading.read(text.text, where.name, memory.sections)
    if where.name == project.FILE:
        found = build_file.findings(text.text, where.name, where.folder)
        return Analysis(where.name, text, read, None, found, is_build_file=True)
    if not _is_ours(read, text, where, asked, before):
        return Analysis(where.name, text, read, None, (), ours=False)
    beside = layers(where, asked)
    below, above = ([layer for _, layer in side] for side in (beside.below, beside.above))
    own, restored = reading.remembered(read, before.values if before is not None else None)
    unread = read.unread
    if unread is not None:
        unread = frozenset(path for path in unread if not _is_below(path, restored))
    given = Read(
        (*below, own, *above) if own is not None else (*below, *above),
        (*beside.missing, *read.findings),
        unread if not beside.missing else None,
    )
    options = _options(where, asked)
    checked = compiler.check(given, options, memory.checks)
    unsettled, by_objects = compiler.to_try(checked, memory.checks), False
    if unsettled and settled:
        alone, checked, unsettled = checked, compiler.tried(checked, options, memory.checks), False
        by_objects = checked.diagnostics != alone.diagnostics
    elif unsettled:
        by_objects = before is not None and before.by_objects
    # what was there before is not there to be found fault with
    findings = tuple(finding for finding in checked.diagnostics if not _is_below(finding.path, restored))
    return Analysis(
        where.name,
        text,
        read,
        checked,
        findings,
        beside,
        values=own,
        settled=not unsettled,
        by_objects=by_objects,
        charts=tuple(build.name for build in where.builds),
    )


def prepare() -> None:
    """Loads what only wrong values need, before there are any: it takes as long as many looks."""
    read = source.read_text(
        "server: {replicaz: 1, replicas: '1', extraConfig: '{\"{{ x }}\": 1}'}", "values.yaml"
    )
    compiler.check(Read((read,)), compiler.Options())


def _is_below(path: Path, others: Collection[Path]) -> bool:
    """Whether a path is one of the others, or one below."""
    return any(path[:length] in others for length in range(1, len(path) + 1))


def _is_ours(read: Reading, text: Text, where: Place, asked: Wanted, before: Analysis | None) -> bool:
    if asked.files == "all":
        return True
    name = File(where.name).name
    if foreign.other_name(name):
        return False
    if read.source is None:
        return before.ours if before is not None else foreign.named_as_ours(name, text.text)
    if not read.source.data:
        return before is not None and before.ours
    if read.findings and foreign.named_as_ours(name, text.text):
        return True
    return not foreign.other_data(read.source.data)


def shown(analysis: Analysis, uri: str) -> list[lsp.Diagnostic]:
    """The findings that have a place in the document, or none anywhere, as a client shows them."""
    told = []
    for found in finding.by_place(analysis.findings):
        here = span_here(analysis, found)
        if here is None and found.spans and any(span.line for span in found.spans):
            continue
        told.append(_shown(analysis, uri, found, here))
    return [*told, *_deprecated_here(analysis)]


def _deprecated_here(analysis: Analysis) -> Iterator[lsp.Diagnostic]:
    """Hints, which are no findings, about settings that work and will be gone: a client strikes them through."""
    spans = (
        analysis.source.spans
        if analysis.source is not None and analysis.ours and not analysis.is_build_file
        else {}
    )
    for path, why in deprecated().items():
        if path in spans:
            yield lsp.Diagnostic(
                range=analysis.text.of_span(spans[path]),
                message=why,
                severity=lsp.DiagnosticSeverity.Hint,
                code="deprecated",
                source=SOURCE,
                tags=[lsp.DiagnosticTag.Deprecated],
            )


@cache
def deprecated() -> dict[Path, str]:
    """Why each setting that is deprecated is."""
    found: dict[Path, str] = {}

    def walk(node: Mapping[str, Any], path: Path) -> None:
        for key, child in node.get("properties", {}).items():
            if child.get("deprecated"):
                found[(*path, key)] = str(child.get("deprecationMessage", "it is deprecated"))
            walk(child, (*path, key))

    walk(schema.document(), ())
    return found


def span_here(analysis: Analysis, finding: Diagnostic) -> Span | None:
    """The first place of a finding in the document."""
    return next((span for span in finding.spans if span.source == analysis.name and span.line), None)


def _shown(analysis: Analysis, uri: str, finding: Diagnostic, here: Span | None) -> lsp.Diagnostic:
    link = _page(finding.code)
    related = [
        lsp.DiagnosticRelatedInformation(location, label)
        for span, label in _others(finding, here)
        if (location := location_of(analysis, uri, span)) is not None
    ]
    return lsp.Diagnostic(
        range=analysis.text.of_span(here) if here is not None else analysis.text.range(0, 0),
        message=message(finding),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=lsp.CodeDescription(link) if link else None,
        source=SOURCE,
        tags=_tags(finding) or None,
        related_information=related or None,
    )


def message(told: Diagnostic) -> str:
    """A finding as lines of text, without what stands in the document anyhow."""
    lines = [told.message]
    lines += [
        f"{label}: {text}" for label, text in (("expected", told.expected), ("hint", told.hint)) if text
    ]
    lines += [f"{label}: {text}" for label, text in finding.parts(told)]
    return "\n".join(lines)


def _others(finding: Diagnostic, here: Span | None) -> list[tuple[Span, str]]:
    role = "what is broken begins here" if finding.code == "yaml-syntax" else "contradicts this"
    others = [(span, role) for span in finding.spans if span != here]
    others += [(span, part.hint or part.message) for part in finding.parts for span in part.spans[:1]]
    return list(dict.fromkeys(others))


def location_of(analysis: Analysis, uri: str, span: Span) -> lsp.Location | None:
    """The client's place of a span in the document or a file below it; None for a place in neither."""
    if not span.line:
        return None
    if span.source == analysis.name:
        return lsp.Location(uri, analysis.text.of_span(span))
    known = analysis.files().get(span.source)
    if known is None:
        return None
    # its lines are all that is needed of it
    file, layer = known
    return lsp.Location(file.as_uri(), Text("\n".join(layer.lines), analysis.text.encoding).of_span(span))


def _tags(finding: Diagnostic) -> list[lsp.DiagnosticTag]:
    if (
        finding.code in _DEAD
        or finding.code in _unused()
        or (finding.weight == "unwise" and finding.code == "removed-value")
    ):
        return [lsp.DiagnosticTag.Unnecessary]
    return [lsp.DiagnosticTag.Deprecated] if finding.code.startswith("removed-") else []


@cache
def _unused() -> frozenset[str]:
    return frozenset(slug(rule) for _, rule in unused.RULES)


@cache
def _page(code: str) -> str:
    """The page about a finding of a rule, which comes with the program; "" for what has none."""
    file = paths.RULE_PAGES / f"{code}.md"
    return file.resolve().as_uri() if code in rules.by_slug() and file.is_file() else ""


@dataclass(slots=True)
class Open:
    """A document that is open: what was last said about it."""

    uri: str
    version: int | None = None
    analysis: Analysis | None = None
    current: bool = False
    memory: Memory = field(default_factory=Memory)
