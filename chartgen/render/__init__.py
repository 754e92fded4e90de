"""Jinja templates and values in, documents out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from chartgen import lazy_regex, paths
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.diagnostics import Path as ValuePath
from chartgen.kubernetes.asked import ANEW
from chartgen.late import LateBound
from chartgen.records import NamedTuple
from chartgen.render import components, crds, runtime, scalar
from chartgen.render.components import Component, Template
from chartgen.render.context import Context, WrongForm
from chartgen.render.document import Document, Documents, data_of
from chartgen.settings import Settings
from chartgen.values.reads import Reads, Section, touches
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from chartgen.render.forms import Filled, Forms
    from chartgen.render.parts import Parts

    T = TypeVar("T")


_ONLY_IF = lazy_regex.compile(r"^#\s*helm-if:\s*(.+?)\s*$", re.MULTILINE)
_SEPARATOR = lazy_regex.compile(r"^---\s*$", re.MULTILINE)


class Decided(NamedTuple):
    """By the name of each component: whether it is on and the values that this was decided by, and the ends of the names
    of the Secrets that its programs write; by the name of each condition: whether it holds."""

    on: Mapping[str, bool]
    reads: Mapping[str, frozenset[ValuePath]]
    secrets: Mapping[str, Sequence[str]]
    conditions: Mapping[str, bool]


class Rendered(NamedTuple):
    """What the values come to: documents, the late-bound text in them, the Secrets that jobs and controllers of a release
    write once it runs, and the files below a chart's `templates/` that are no objects, path → text."""

    documents: tuple[Document, ...]
    late: LateBound
    secrets: frozenset[str]
    texts: Mapping[str, str]
    # what it was rendered from, so that the next rendering can keep what did not change: the values, the version of
    # Kubernetes, and by the name of each template the documents that it made (with `traces`, of those that were asked)
    values: Section
    kube_version: tuple[int, int] | None
    made: Mapping[str, tuple[Document, ...]]


def render(
    values: Section,
    settings: Settings,
    only: str = "",
    kube_version: tuple[int, int] | None = None,
    late: LateBound | None = None,
    previous: Rendered | None = None,
    traces: Traces | None = None,
    parts: Parts | None = None,
    forms: Forms | None = None,
) -> Rendered:
    """What every component that is on comes to, its documents in the order of folders and files.

    A document of the `previous` rendering whose template reads nothing that has changed since is taken over as it is.

    With `traces`, whatever reads the same as it did for other values is taken from there; `late` is then the same for all.
    With `parts`, so are parts of documents that others had, and with `forms` documents that are another's but for a name.

    `only` keeps the templates whose output file name contains it, and leaves the texts out. Raises Rejected when a
    template cannot write a value (the diagnostic points at the template's line).
    """
    findings = [*_unfit_names(values)]
    if findings:
        raise Rejected(findings)
    if previous is not None and previous.kube_version != kube_version:
        previous = None
    late, reads = late or (previous.late if previous is not None else LateBound()), values.reads
    variables, everywhere = reads.of(Context(values, settings, late, kube_version, parts).variables)
    filled = forms.filled_from(values, late) if forms is not None else None
    holed: dict[str, Any] = {}
    if filled is not None:
        holed = Context(
            filled.values, Settings(filled.values), late, kube_version, parts, filled.sums
        ).variables()
    rendering = _Rendering(
        values,
        variables,
        everywhere,
        only,
        kube_version,
        traces,
        parts,
        filled,
        holed,
        _kept(previous, values),
        {},
    )
    try:
        return rendering.all(late)
    finally:
        # their functions refer to them: nobody has to look for what then is garbage
        variables.clear()
        holed.clear()


class _Rendering(NamedTuple):
    """One rendering: what templates see, the values that this read, what `render` was asked for, what fills forms and what
    templates see of these, and by the name of each template the documents that are kept of the rendering before and those
    that this one has made."""

    values: Section
    variables: Mapping[str, Any]
    everywhere: frozenset[ValuePath]
    only: str
    kube_version: tuple[int, int] | None
    traces: Traces | None
    parts: Parts | None
    filled: Filled | None
    holed: Mapping[str, Any]
    kept: Mapping[str, tuple[Document, ...]]
    made: dict[str, tuple[Document, ...]]

    def all(self, late: LateBound) -> Rendered:
        """What every component that is on comes to; raises Rejected as `render` does."""
        findings: list[Diagnostic] = []
        decided = self._answered(
            components.EXPRESSIONS, lambda: decide(self.variables, self.values.reads), self.everywhere
        )
        groups: list[tuple[Document, ...]] = []
        for component in components.shipped():
            if decided.on[component.name]:
                try:
                    groups.append(self._together(component, decided.reads[component.name]))
                except Rejected as rejected:
                    findings += rejected.diagnostics
        if decided.on["crds"]:
            groups.append(self._custom_resources(decided))
        documents, texts = Documents(groups), {}
        if not self.only and not findings:
            files = frozenset(document.template for document in documents)
            for template in components.texts():
                try:
                    texts[template.output] = self._answered(
                        template.source,
                        partial(_text, template, self.variables, files),
                        self.everywhere,
                        files,
                    )
                except Exception as error:
                    findings.append(_failure(template, error))
        if findings:
            raise Rejected(findings)
        name = self.variables["name"]
        secrets = frozenset(name(suffix) for suffixes in decided.secrets.values() for suffix in suffixes)
        return Rendered(documents, late, secrets, texts, self.values, self.kube_version, self.made)

    def _answered(
        self, name: str, reader: Callable[[], T], besides: frozenset[ValuePath], also: Hashable = None
    ) -> T:
        """What a reader returns, which is the same for all values that hold the same where it reads."""
        if self.traces is None:
            return reader()
        return self.traces.of(name, self.values, reader, besides, (self.kube_version, also))[0]

    def _together(self, component: Component, besides: frozenset[ValuePath]) -> tuple[Document, ...]:
        """A component's documents; most components read nothing that makes a cluster another one."""
        reader = partial(self._by_template, component, self.everywhere | besides)
        if self.traces is None:
            return reader()
        also = self.kube_version, self.only
        return self.traces.unmoved(("component", component.name), self.values, reader, also)

    def _by_template(self, component: Component, besides: frozenset[ValuePath]) -> tuple[Document, ...]:
        """A component's documents, template by template; raises Rejected where some cannot write them."""
        documents: list[Document] = []
        failures: list[Diagnostic] = []
        for template in component.templates:
            if self.only not in template.output:
                continue
            new = self.kept.get(template.source)
            if new is None:
                try:
                    new = self._answered(template.source, partial(self._read_by, template, besides), besides)
                except Exception as error:
                    # whatever goes wrong below a template is reported at the template's line, not as a traceback
                    failures.append(_failure(template, error))
                    continue
            self.made[template.source] = new
            documents += new
        if failures:
            raise Rejected(failures)
        return tuple(documents)

    def _read_by(self, template: Template, besides: frozenset[ValuePath]) -> tuple[Document, ...]:
        """A template's documents with all that it read, and with what was read `besides` for it."""
        made, read = self.values.reads.of(lambda: self._made(template))
        read |= besides
        return tuple(document._replace(reads=read) for document in made)

    def _made(self, template: Template) -> Sequence[Document]:
        if self.filled is not None:
            make = partial(_documents, template, self.holed, self.parts)
            filled = self.filled.documents(template.source, make, self.everywhere, self.kube_version)
            if filled is not None:
                return filled
        return _documents(template, self.variables, self.parts)

    def _custom_resources(self, decided: Decided) -> tuple[Document, ...]:
        """The definitions of custom resources that are wanted."""
        wanted = [
            definition
            for definition in crds.expanded()
            if decided.conditions[definition.when] and self.only in definition.file
        ]
        read = decided.reads["crds"].union(
            *(decided.reads[components.condition("crds", definition.when)] for definition in wanted)
        )
        made_of = tuple(definition.file for definition in wanted)
        reader = partial(_definitions, wanted, self.variables, read, self.parts)
        return self._answered("crds", reader, self.everywhere | read, made_of)


def _kept(previous: Rendered | None, values: Section) -> Mapping[str, tuple[Document, ...]]:
    """By the name of each template, the documents of the previous rendering that have read nothing that is another now.

    A template that made none is gone through again: what it read is not known.
    """
    if previous is None:
        return {}
    changed = previous.values.changed(values)
    return {
        source: documents
        for source, documents in previous.made.items()
        if documents and not any(touches(read, path) for read in documents[0].reads for path in changed)
    }


def decide(variables: Mapping[str, Any], reads: Reads) -> Decided:
    """Which components are on."""
    read: dict[str, frozenset[ValuePath]] = {}

    def noted(name: str, value: Any) -> Any:
        read[name] = reads.taken()
        return value

    def evaluated() -> Any:
        template = runtime.shared().get_template(components.EXPRESSIONS)
        return template.make_module({**variables, "noted": noted, "imports": None})

    module, last = reads.of(evaluated)
    # what was taken for each component counts for whoever asks, too
    reads.paths |= last.union(*read.values())
    return Decided(module.when, read, module.secrets, module.conditions)


def _text(template: Template, variables: Mapping[str, Any], files: Collection[str]) -> str:
    """A file below a chart's `templates/` that is no object; it may say which `files` with objects there are."""
    chart = {**components.chart(), **components.NAMES}
    seen = {**variables, "chart": chart, "files": files}
    text: str = runtime.plain().get_template(template.source).render(seen)
    return text


def _unfit_names(values: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Names that users' own templates include unquoted, and that no object of Kubernetes can have."""
    for path in (("nameOverride",), ("fullnameOverride",), ("global", "name")):
        name = (values["global"] if len(path) > 1 else values).get(path[-1])
        if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9._-]*", name) is None:
            yield Diagnostic(
                "unwritable-value",
                "the names of objects cannot hold this",
                path=path,
                found=scalar.json_text(name),
                expected='letters, digits, "-" and "."',
            )


def _definitions(
    definitions: Sequence[crds.CrdFile],
    variables: Mapping[str, Any],
    read: frozenset[ValuePath],
    parts: Parts | None,
) -> tuple[Document, ...]:
    labels, asked = variables["labels"]("crd"), ANEW if parts is None else parts
    return tuple(
        crds.document(definition, labels)._replace(reads=read, asked=asked) for definition in definitions
    )


def _documents(template: Template, variables: Mapping[str, Any], parts: Parts | None) -> list[Document]:
    text = variables["script"](template.source)
    documents = []
    for piece in _SEPARATOR.split(text) if "\n---" in text or text.startswith("---") else [text]:
        if not piece.strip():
            continue
        condition = _ONLY_IF.search(piece) if "helm-if" in piece else None
        data = data_of(piece) if parts is None else parts.read(piece)
        if isinstance(data, dict) and data:
            _check_form(data)
            documents.append(
                Document(
                    data,
                    template.output,
                    only_if=condition[1] if condition else "",
                    kept={},
                    asked=ANEW if parts is None else parts,
                )
            )
    return documents


def _check_form(data: Mapping[str, Any]) -> None:
    """Raises WrongForm for what is no object of Kubernetes whatever its kind: all that comes after counts on the form."""
    spec = data.get("spec")
    for holder in (data, spec.get("template") if isinstance(spec, Mapping) else None):
        metadata = holder.get("metadata") if isinstance(holder, Mapping) else None
        if not isinstance(metadata, Mapping):
            continue
        for key in ("annotations", "labels"):
            if not isinstance(metadata.get(key) or {}, Mapping):
                raise WrongForm(
                    f"the {key} of an object are a map, not {scalar.json_text(metadata[key])[:80]}"
                )


def _failure(template: Template, error: Exception) -> Diagnostic:
    line = 0
    traceback = error.__traceback__
    file = template.source
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        ahead = runtime.line_of(traceback.tb_frame.f_globals, traceback.tb_lineno)
        if ahead is not None:
            file, line = ahead
        elif name.startswith(str(paths.TEMPLATES)):
            file, line = Path(name).relative_to(paths.TEMPLATES).as_posix(), traceback.tb_lineno
        traceback = traceback.tb_next
    line = line or getattr(error, "lineno", 0) or 0
    path = paths.TEMPLATES / file
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    excerpt = lines[line - 1] if 0 < line <= len(lines) else ""
    if isinstance(error, scalar.Unwritable):
        code, hint = (
            "unwritable-value",
            "remove the character, or put the value into a file that the pod mounts",
        )
    elif isinstance(error, WrongForm):
        code, hint = "wrong-type", "write YAML in it, or the map or list itself in its place"
    else:
        code, hint = "template-error", "a template cannot use this value; please report it with your values"
    column = len(excerpt) - len(excerpt.lstrip()) + 1
    return Diagnostic(
        code=code,
        message=str(error).split("\n")[0] or type(error).__name__,
        hint=hint,
        found=error.text if isinstance(error, scalar.Unwritable) else "",
        spans=(Span(f"templates/{file}", line, column, len(excerpt) + 1, excerpt),),
    )
