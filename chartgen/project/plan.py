"""The builds of a project: its `charts:` with variables and globs made out. It reads which files there are, and none of
them.

The variables of a chart's paths are bound by the first layer that has all of them: each file that it finds, or each folder
where a glob finds several, is a chart. The other layers only read them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chartgen import compiler
from chartgen.baseline import kept
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span, any_error
from chartgen.project import FILE, Project, patterns
from chartgen.project.patterns import Variables
from chartgen.project.trees import Disk, Layers, Looked, Tree, normal
from chartgen.steering import Steering
from chartgen.values.inputs import Read
from chartgen.values.source import Source
from chartgen.values.tree import at

if TYPE_CHECKING:
    from chartgen.alter import Alterations, Baseline
    from chartgen.alter.patches import Patches

# a chart's name, as `build --name` takes it
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST_NAME = 63
# a key of `set` is cut at these dots, as one of --set is
_DOT = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class Build:
    """A chart to be built: its name, its layers of values, and what the file says about it.

    `sets` are the layers over its files, `variables` what those of its paths stand for, `span` is its place in the file.
    `findings` is what is wrong with it whatever its values are.
    """

    name: str
    files: tuple[str, ...] = ()
    sets: tuple[Source, ...] = ()
    variables: Variables = ()
    span: Span | None = None
    findings: tuple[Diagnostic, ...] = ()
    kube_version: str | None = None
    strict: bool = True
    validate: bool = False
    version: str = "auto"
    output: str = "charts"
    folder: bool = True
    registry: str | None = None
    mirror: str | None = None
    digests: str | None = None
    patches: tuple[str, ...] = ()
    sign_key: Mapping[str, str] | None = None
    baseline: str | None = None

    def options(self, steering: Steering) -> compiler.Options:
        """How its values are compiled. Raises Rejected for what is wrong with the files that say what is to be changed."""
        return compiler.Options(
            strict=self.strict, kube_version=self.kube_version, validate=self.validate, name=self.name,
            steering=steering, alterations=self._alterations(),
            sign_key=(self.sign_key["fingerprint"], self.sign_key["url"]) if self.sign_key else None,
        )  # fmt: skip

    def _alterations(self) -> Alterations | None:
        if not (self.mirror or self.digests or self.patches or self.baseline):
            return None
        from chartgen.alter import Alterations, images

        try:
            registry = images.mirror(self.mirror) if self.mirror else ""
        except ValueError as error:
            spans = (self.span,) if self.span is not None else ()
            found = Diagnostic(
                "bad-format", str(error), path=("mirror",), spans=spans, found=str(self.mirror)
            )
            raise Rejected([found]) from None
        digests = _digests(self.digests, _state(self.digests)) if self.digests else None
        renaming = images.Renaming(registry, digests) if registry or digests is not None else None
        runs = _baseline(self.baseline, _state(self.baseline)) if self.baseline else None
        return Alterations(renaming, tuple(_patches(path, _state(path)) for path in self.patches), runs)

    def read(self, layers: Layers) -> Read:
        """Its values, and what cannot be read of them."""
        sources: list[Source] = []
        findings: list[Diagnostic] = list(self.findings)
        for path in self.files:
            try:
                sources.append(layers.source(path))
            except Rejected as rejected:
                findings += rejected.diagnostics
        return Read((*sources, *self.sets), tuple(findings))


def _state(path: str) -> tuple[str, int, int]:
    """What is another once a file is another one, or has other content."""
    try:
        about = os.stat(path)
    except OSError:
        return "", 0, 0
    return os.path.abspath(path), about.st_mtime_ns, about.st_size


# most charts have the same files, which are read once
@lru_cache(maxsize=64)
def _patches(path: str, _: tuple[str, int, int]) -> Patches:
    from chartgen.alter import patches

    return patches.read(path)


@lru_cache(maxsize=4)
def _baseline(path: str, _: tuple[str, int, int]) -> Baseline:
    from chartgen import baseline

    return baseline.read(path)


@lru_cache(maxsize=64)
def _digests(path: str, _: tuple[str, int, int]) -> Any:
    from chartgen.alter import images

    return images.read_digests(path)


class Key(NamedTuple):
    """A key of a chart that is a field of its build; `names_file` where its text is the path of a file that is read."""

    field: str
    names_file: bool = False


# the keys that a chart has, or `defaults` have for it; another one is a row here, a field of Build, and its shape in
# schema/_chartgen.yaml. Texts in them may hold the variables of the paths.
KEYS: Mapping[str, Key] = {
    "kubeVersion": Key("kube_version"),
    "strict": Key("strict"),
    "validate": Key("validate"),
    "version": Key("version"),
    "output": Key("output"),
    "folder": Key("folder"),
    "registry": Key("registry"),
    "mirror": Key("mirror"),
    "digests": Key("digests", names_file=True),
    "patches": Key("patches", names_file=True),
    "signKey": Key("sign_key"),
    "baseline": Key("baseline", names_file=True),
}


class Builds(NamedTuple):
    """All charts of a project, in the order of the file; `findings` are about none of them alone."""

    builds: tuple[Build, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    steering: Steering = Steering()
    fail_on: str = "error"

    def named(self, names: Iterable[str]) -> tuple[Build, ...]:
        """The builds whose names one of these globs matches."""
        wanted = tuple(names)
        return tuple(
            build for build in self.builds if any(fnmatchcase(build.name, pattern) for pattern in wanted)
        )


def plan(project: Project, tree: Tree | None = None) -> Builds:
    """The builds that a project's file asks for, of the files of a tree; those on the disk unless one is given.

    What is wrong is told in `findings`, of a build or of the whole: nothing is raised.
    """
    tree = Looked(tree or Disk())
    findings: list[Diagnostic] = []
    builds: list[Build] = []
    sets = _Sets(project.said)
    for number, entry in enumerate(project.said.data.get("charts") or ()):
        made = _Entry(project.said, number, entry, tree, sets)
        builds += made.builds()
        findings += made.findings
    # what `defaults` have wrong, they have for each entry
    told = (*project.said.warnings, *dict.fromkeys(findings))
    return Builds(tuple(_apart(builds)), told, project.steering, project.fail_on)


@dataclass(frozen=True, slots=True)
class _Layer:
    pattern: str
    optional: bool
    path: Path


class _Entry:
    """An entry of `charts`, with what `defaults` say for it."""

    def __init__(self, said: Source, number: int, entry: Mapping[str, Any], tree: Tree, sets: _Sets) -> None:
        self.said, self.entry, self.tree, self.sets = said, entry, tree, sets
        self.path: Path = ("charts", number)
        self.defaults: Mapping[str, Any] = said.data.get("defaults") or {}
        self.layers = [*self._layers(self.defaults, ("defaults",)), *self._layers(entry, self.path)]
        self.names = dict.fromkeys(
            name for layer in self.layers for name in patterns.variables(layer.pattern)
        )
        # what is said of its charts, before variables are filled in
        self.given = {
            row.field: holder[key]
            for key, row in KEYS.items()
            for holder in (entry if entry.get(key) is not None else self.defaults,)
            if holder.get(key) is not None
        }
        self.findings: list[Diagnostic] = []

    def builds(self) -> Iterator[Build]:
        self.findings += self._unknown_variables()
        bindings = self._bindings()
        if any_error(self.findings):
            return
        for variables in bindings:
            yield self._build(variables)

    def _layers(self, holder: Mapping[str, Any], path: Path) -> Iterator[_Layer]:
        for number, item in enumerate(holder.get("values") or ()):
            here = (*path, "values", number)
            if isinstance(item, str):
                yield _Layer(normal(item), False, here)
            else:
                yield _Layer(normal(item["file"]), item.get("optional", False), (*here, "file"))

    def _told(self, code: str, path: Path, message: str, **details: Any) -> Diagnostic:
        places = (self.said.value_spans, self.said.spans)
        spans = next(((known[path],) for known in places if path in known), ())
        return Diagnostic(code, message, path=path, spans=spans, **details)

    def _bindings(self) -> list[Variables]:
        """What the variables stand for in each chart of the entry."""
        if not self.names:
            return [()]
        deciding = next(
            (layer for layer in self.layers if set(patterns.variables(layer.pattern)) == self.names.keys()),
            None,
        )
        if deciding is None:
            some = next(layer for layer in self.layers if patterns.variables(layer.pattern))
            self.findings.append(
                self._told(
                    "no-deciding-layer",
                    some.path,
                    "no path of this chart's values has all variables, so nothing says which charts there are",
                    found=", ".join(f"{{{name}}}" for name in self.names),
                    expected="a path with all of them, such as "
                    + "/".join(f"{{{name}}}" for name in self.names)
                    + ".yaml",
                )
            )
            return []
        found = [
            path
            for path in self._found(patterns.as_glob(deciding.pattern))
            if patterns.matches(deciding.pattern, path)
        ]
        for path in found:
            if not patterns.is_clear(deciding.pattern, path):
                self.findings.append(
                    self._told(
                        "ambiguous-path",
                        deciding.path,
                        f"what the variables stand for in {path} can be read in more ways than one",
                        hint="put a / between them, or another sign that no name has",
                    )
                )
        if not found and not deciding.optional:
            self.findings.append(self._nothing_found(deciding, deciding.pattern))
        return list(
            dict.fromkeys(
                variables
                for path in found
                if (variables := patterns.bound(deciding.pattern, path)) is not None
            )
        )

    def _found(self, pattern: str) -> list[str]:
        """The files of values that a glob finds; what is kept beside them is none."""
        return [normal(path) for path in self.tree.found(pattern) if not kept.is_kept(path)]

    def _nothing_found(self, layer: _Layer, pattern: str) -> Diagnostic:
        return self._told(
            "values-missing",
            layer.path,
            f"no file is found by {pattern}",
            hint=f"paths are from the folder of {FILE}; a layer that need not be there is written "
            f"{{file: {_quoted(layer.pattern)}, optional: true}}",
        )

    def _unknown_variables(self) -> Iterator[Diagnostic]:
        from chartgen.schema import suggest

        known = list(self.names)
        below = [(("name",), self.entry["name"]), (("set",), self.entry.get("set"))]
        below += [((key,), self.entry.get(key)) for key in KEYS]
        texts = [((*self.path, *path), value) for path, value in below]
        texts += [
            (("defaults", key), self.defaults.get(key))
            for key in ("set", *KEYS)
            if key == "set" or self.entry.get(key) is None
        ]
        for start, data in texts:
            for path, text in _texts(data, start):
                for name in patterns.variables(text):
                    if name in self.names:
                        continue
                    near = suggest.closest(name, known)
                    yield self._told(
                        "unknown-variable",
                        path,
                        f"no path of this chart's values has the variable {name}",
                        found=f"{{{name}}}",
                        expected=", ".join(f"{{{each}}}" for each in known) or "a text without variables",
                        hint=f"did you mean {{{near}}}?"
                        if near
                        else "a text that is to have braces stands in a file of values",
                    )

    def _build(self, variables: Variables) -> Build:
        values = dict(variables)
        findings: list[Diagnostic] = []
        files = list(self._files(values, findings))
        name = patterns.filled(self.entry["name"], values)
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            findings.append(
                self._told(
                    "bad-chart-name",
                    (*self.path, "name"),
                    f"{name} is no name of a chart",
                    found=name,
                    expected=f"at most {_LONGEST_NAME} lower-case letters, digits and hyphens",
                )
            )
        given = {field: _frozen(patterns.filled_in(value, values)) for field, value in self.given.items()}
        held = kept.beside(files)
        if held is not None and self.tree.has(held):
            given.setdefault("baseline", held)
        sets = (self.sets.layer(path, values, findings) for path in (("defaults",), self.path))
        return Build(
            name=name,
            files=tuple(files),
            sets=tuple(layer for layer in sets if layer is not None),
            variables=variables,
            span=self.said.value_spans.get((*self.path, "name")),
            findings=tuple(findings),
            **given,
        )

    def _files(self, values: Mapping[str, str], findings: list[Diagnostic]) -> Iterator[str]:
        for layer in self.layers:
            pattern = patterns.filled_path(layer.pattern, values)
            if patterns.is_glob(layer.pattern):
                found = self._found(pattern)
            else:
                found = [pattern] if self.tree.has(pattern) else []
            if not found and not layer.optional:
                findings.append(self._nothing_found(layer, pattern))
            yield from found


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _quoted(pattern: str) -> str:
    """A path as it stands between braces or brackets."""
    return f'"{pattern}"' if re.search(r"[][{},*?]", pattern) else pattern


def _texts(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, item in data.items():
            yield from _texts(item, (*path, key))
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from _texts(item, (*path, number))


class _Sets:
    """The layers that the `set` of a file's charts and defaults are: their keys are paths, and their places those in the
    file, which are sorted by what they belong to once."""

    def __init__(self, said: Source) -> None:
        self.said = said
        self.spans, self.value_spans = _by_holder(said.spans), _by_holder(said.value_spans)

    def layer(self, holder: Path, variables: Mapping[str, str], findings: list[Diagnostic]) -> Source | None:
        """The layer of a chart or of the defaults; None where they set nothing."""
        given = at(self.said.data, (*holder, "set"))
        if not given:
            return None
        data: dict[str, Any] = {}
        ways = {key: tuple(part.replace("\\.", ".") for part in _DOT.split(key)) for key in given}
        for key, value in given.items():
            if (other := _laid(data, ways[key], patterns.filled_in(value, variables))) is not None:
                findings.append(
                    Diagnostic(
                        "duplicate-key",
                        f"{'.'.join(other)} is set twice",
                        path=(*holder, "set", key),
                        spans=(self.spans[holder][(key,)],),
                        hint="keep one of the two",
                    )
                )
        spans: dict[Path, Span] = {}
        for place, span in self.spans[holder].items():
            way = ways[str(place[0])]
            for length in range(1, len(way)):
                spans.setdefault(way[:length], span)
            spans[(*way, *place[1:])] = span
        value_spans = {
            (*ways[str(place[0])], *place[1:]): span
            for place, span in self.value_spans.get(holder, {}).items()
        }
        return Source(self.said.name, data, spans, value_spans, lines=self.said.lines)


def _by_holder(places: Mapping[Path, Span]) -> dict[Path, dict[Path, Span]]:
    """The places of what stands below each `set`, by what has it."""
    found: dict[Path, dict[Path, Span]] = {}
    for path, span in places.items():
        depth = 1 if path[:1] == ("defaults",) else 2
        if len(path) > depth + 1 and path[depth] == "set":
            found.setdefault(path[:depth], {})[path[depth + 1 :]] = span
    return found


def _laid(data: dict[str, Any], way: tuple[str, ...], value: Any) -> tuple[str, ...] | None:
    """Puts a value at a path where nothing is, maps into maps; returns the path where something else is."""
    here = data
    for step, part in enumerate(way[:-1], 1):
        here = here.setdefault(part, {})
        if not isinstance(here, dict):
            return way[:step]
    last = way[-1]
    if last not in here:
        here[last] = value
        return None
    if not isinstance(here[last], dict) or not isinstance(value, dict):
        return way
    for key, item in value.items():
        if (other := _laid(here[last], (key,), item)) is not None:
            return (*way, *other)
    return None


def _apart(builds: Iterable[Build]) -> Iterator[Build]:
    """The builds, with a finding for each that would be published where another one is."""
    from dataclasses import replace

    known: dict[tuple[str, str], Build] = {}
    for build in builds:
        first = known.setdefault((normal(build.output), build.name), build)
        if first is build:
            yield build
            continue
        which = f" of {build.files[-1]}" if build.files else ""
        found = Diagnostic(
            "chart-twice",
            f"another chart in {build.output} is called {build.name}",
            spans=tuple(dict.fromkeys(span for span in (build.span, first.span) if span is not None)),
            found=build.name + which,
            expected="a name that no other chart there has",
            hint="put what sets them apart into the name, such as a variable of the paths, or into output",
        )
        yield replace(build, findings=(*build.findings, found))
