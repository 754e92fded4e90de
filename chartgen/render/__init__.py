"""Jinja templates and values in, documents out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import do as do_extension
from jinja2.runtime import markup_join
from markupsafe import Markup

from chartgen import paths
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.late import OPEN, LateBound, go_entry, go_quote
from chartgen.render import scalar
from chartgen.render.document import Document, block_yaml, pruned
from chartgen.settings import Settings

_ONLY_IF = re.compile(r"^#\s*helm-if:\s*(.+?)\s*$", re.MULTILINE)
_SEPARATOR = re.compile(r"^---\s*$", re.MULTILINE)


# the name of the template that decides which components are on
_EXPRESSIONS = "components"
# what templates call on free-form maps
_METHODS = frozenset(("get", "items", "keys", "values", "update", "pop"))


@dataclass(slots=True)
class _Imports:
    """The macro files that one rendering has imported, each made once for all templates."""

    variables: Mapping[str, Any]
    modules: dict[str | None, Any] = field(default_factory=dict)


class _Template(jinja2.Template):
    """A template that is imported once per rendering. Its macros see the rendering's variables, and nothing that
    the importing template sets."""

    def make_module(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> Any:
        imports = (vars or {}).get("imports")
        if not isinstance(imports, _Imports):
            return super().make_module(vars, shared, locals)
        made = imports.modules.get(self.name)
        if made is None:
            made = imports.modules[self.name] = super().make_module(dict(imports.variables))
        return made


class _Generator(CodeGenerator):
    """Joins text (`~`) so that a default that a null took away leaves nothing, as in Helm's templates, and not "None"."""

    def visit_Concat(self, node: jinja2.nodes.Concat, frame: Frame) -> None:
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class ValuesEnvironment(jinja2.Environment):
    """A Jinja environment in which `a.b` of a mapping is its entry `b`, even where dict has a method `b`."""

    template_class = _Template
    code_generator_class = _Generator

    @staticmethod
    def joined(parts: Iterable[Any]) -> str:
        """The text of `parts` one after the other; None has no text."""
        return markup_join("" if part is None else part for part in parts)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            return (
                getattr(obj, attribute) if attribute in _METHODS else self.undefined(obj=obj, name=attribute)
            )
        return super().getattr(obj, attribute)


class WrongForm(Exception):
    """Text in which YAML of another form was to be found."""


@dataclass(frozen=True, slots=True)
class Template:
    """One Jinja file and the chart file it makes (its path below the chart's `templates/`)."""

    source: str
    output: str


@dataclass(frozen=True, slots=True)
class Component:
    """A folder of templates, and Jinja expressions: when it is part of a chart, which Secrets its programs write."""

    name: str
    when: str
    templates: tuple[Template, ...]
    secrets: str


@cache
def environment() -> ValuesEnvironment:
    """The environment that all templates are compiled in, once per process."""
    env = ValuesEnvironment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(paths.TEMPLATES), jinja2.FunctionLoader(_expressions)]
        ),
        undefined=jinja2.StrictUndefined,
        finalize=scalar.finalize,
        # what finalize and macros return is markup and passes; nothing is ever HTML-escaped
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        # there are fewer templates than make a limit worth its cost
        cache_size=-1,
        bytecode_cache=_bytecode_cache(),
        extensions=[do_extension],
    )
    env.filters.update(
        json=lambda value, indent=None: Markup(scalar.json_text(value, indent)),
        sh=scalar.sh,
        sh_expand=scalar.sh_expand,
        sh_noglob=scalar.sh_noglob,
        sh_bare=scalar.sh_bare,
        bool_text=lambda value: "true" if value else "false",
        int=_integer,
        # what a macro returns is a value like any other then: it is quoted wherever it is written
        string=lambda value: "" if value is None else str(value),
        suffix=lambda value, ending: f"{value}{ending}",
    )
    return env


class _BytecodeCache(jinja2.FileSystemBytecodeCache):
    """A folder of compiled templates; when it is full or gone, they are compiled again next time."""

    def dump_bytecode(self, bucket: Any) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _bytecode_cache() -> jinja2.FileSystemBytecodeCache | None:
    """Compiled templates in the user's cache folder; None where that cannot be written.

    They are named by their content, and by that of this file, which says how they are compiled.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chartgen"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # RuntimeError: there is no home
        return None
    if not os.access(folder, os.W_OK):
        return None
    compiler = zlib.crc32(Path(__file__).read_bytes())
    return _BytecodeCache(str(folder), f"%s-{compiler:08x}.cache")


def _integer(value: Any) -> int:
    """`value` as Helm's `int` reads it: 0 for what is no number."""
    try:
        return int(float(value)) if value is not None else 0
    except (TypeError, ValueError):
        return 0


@cache
def components() -> tuple[Component, ...]:
    """Every component that ships, read from the `component.yaml` of each folder in `templates/`."""
    import yaml12

    found = []
    for path in sorted(paths.TEMPLATES.glob("*/component.yaml")):
        declared: Any = yaml12.parse_yaml(path.read_text(encoding="utf-8"))
        names = declared.get("files", {})
        folder = path.parent.name
        templates = tuple(
            Template(f"{folder}/{file.name}", names.get(stem, f"{folder}-{stem}.yaml"))
            for file in sorted(path.parent.glob("*.yaml.j2"))
            for stem in [file.name.removesuffix(".yaml.j2")]
        )
        found.append(Component(folder, declared["when"], templates, declared.get("secrets", "[]")))
    return tuple(found)


def decided(variables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """By the name of each component: whether it is on, and the ends of the names of the Secrets that it writes."""
    module: Any = environment().get_template(_EXPRESSIONS).make_module(dict(variables))
    return module.when, module.secrets


def _expressions(name: str) -> str | None:
    """What components declare, as one template: it is compiled once per machine, as the others are."""
    if name != _EXPRESSIONS:
        return None
    tables = {
        "when": {one.name: one.when for one in components()},
        "secrets": {one.name: one.secrets for one in components()},
    }
    return "".join(
        f"{{% set {table} = {{"
        + ", ".join(f"{scalar.json_text(key)}: ({text.strip()})" for key, text in rows.items())
        + "} %}\n"
        for table, rows in tables.items()
    )


@dataclass(slots=True)
class Context:
    """What templates see, as functions and data; one per compilation."""

    values: dict[str, Any]
    settings: Settings
    late: LateBound
    kube_version: tuple[int, int] | None = None

    def variables(self) -> dict[str, Any]:
        late = self.late
        world = self.values["global"]
        given = self.values.get("fullnameOverride") or world["name"]
        fullname = _short_name(given) if given else late.token('include "consul.fullname" .')
        chart_name = _short_name(self.values.get("nameOverride") or "consul")
        release = {
            "name": late.token(".Release.Name"),
            "namespace": late.token(".Release.Namespace"),
            # short enough for a name that begins with "data-"
            "short_namespace": late.token("trunc 58 .Release.Namespace"),
            "service": late.token(".Release.Service"),
        }

        def labels(component: str, **more: Any) -> dict[str, Any]:
            common = {
                "app": chart_name,
                "chart": "consul-helm",
                "heritage": release["service"],
                "release": release["name"],
                "component": component,
            }
            return {**common, **more}

        def checksum(*sources: str) -> str:
            """Of what these templates make: a pod that mounts it is replaced when it changes, and only then."""
            text = "".join(environment().get_template(source).render(variables) for source in sources)
            return hashlib.sha256(late.template(text).encode()).hexdigest()

        variables: dict[str, Any] = {
            "values": self.values,
            "global": world,
            "settings": self.settings,
            "release": release,
            "fullname": fullname,
            "app": chart_name,
            "name": lambda suffix: f"{fullname}-{suffix}",
            "labels": labels,
            "selector": lambda component, **more: {
                "app": chart_name,
                "release": release["name"],
                "component": component,
                **more,
            },
            "as_map": self.structure,
            "as_list": lambda value: self.structure(value, "fromYamlArray"),
            "as_text": self.text,
            "go_quote": go_quote,
            "go_entry": go_entry,
            "live": lambda expression: late.token(expression, plain=True),
            # a key whose default a null took away is no key
            "json_string": lambda value, indent=2: scalar.json_text(pruned(value), indent),
            "yaml_string": lambda value: block_yaml(value, str),
            "checksum": checksum,
            # without a target version, what the oldest maintained Kubernetes has is taken to be there
            "kube_at_least": lambda minor: self.kube_version is None or self.kube_version >= (1, minor),
            "merge": _merged,
            "refuse": _refuse,
        }
        return variables

    def structure(self, value: Any, reader: str = "fromYaml") -> Any:
        """A map or list that users may also write as a string of YAML in which Helm expands templates."""
        if not isinstance(value, str) or not value.strip():
            return value or None
        import yaml12

        text = self.late.live_yaml(value) if "{{" in value else value
        if text is None:
            return self.late.token(f"tpl {_quote(value)} . | {reader} | toJson", plain=True)
        return yaml12.parse_yaml(text)

    def text(self, value: Any) -> str:
        """A string in which Helm expands templates, its actions as tokens."""
        return self.late.live_text(value) if isinstance(value, str) else scalar.json_text(value)


def _quote(text: str) -> str:
    return scalar.json_text(text)


def _short_name(text: str) -> str:
    """A name as Kubernetes takes it: 63 characters, no hyphen at the end."""
    return str(text)[:63].removesuffix("-")


def _merged(*maps: Any) -> dict[Any, Any]:
    """The entries of all `maps`, the last winning; None and what is empty add nothing."""
    given = [one for one in maps if one]
    for one in given:
        if not isinstance(one, dict):
            raise WrongForm(f"text that holds a map is wanted, not {one!r}")
    return {key: item for one in given for key, item in one.items()}


def _refuse(message: str, text: str) -> None:
    raise scalar.Unwritable(message, text)


def render(
    values: dict[str, Any],
    settings: Settings,
    late: LateBound,
    only: str = "",
    kube_version: tuple[int, int] | None = None,
) -> list[Document]:
    """The documents of every component that is on, in the order of folders and files.

    `only` keeps the templates whose output file name contains it. Raises Rejected when a template cannot write a
    value (the diagnostic points at the template's line).
    """
    findings = [*_unfit_names(values)]
    if findings:
        raise Rejected(findings)
    variables = Context(values, settings, late, kube_version).variables()
    variables["imports"] = _Imports(variables)
    on, _ = decided(variables)
    documents: list[Document] = []
    for component in components():
        if only and not any(only in template.output for template in component.templates):
            continue
        if not on[component.name]:
            continue
        for template in component.templates:
            if only and only not in template.output:
                continue
            try:
                documents.extend(_documents(template, variables))
            except Exception as error:
                # whatever goes wrong below a template is reported at the template's line, not as a traceback
                findings.append(_failure(template, error))
    if findings:
        raise Rejected(findings)
    return documents


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


def made_secrets(values: dict[str, Any], settings: Settings, late: LateBound) -> set[str]:
    """The names of the Secrets that jobs and controllers of a release write once it runs."""
    variables = Context(values, settings, late).variables()
    _, secrets = decided(variables)
    return {variables["name"](suffix) for suffixes in secrets.values() for suffix in suffixes}


def _documents(template: Template, variables: Mapping[str, Any]) -> list[Document]:
    import yaml12

    text = environment().get_template(template.source).render(variables)
    documents = []
    for piece in _SEPARATOR.split(text) if "\n---" in text or text.startswith("---") else [text]:
        if not piece.strip():
            continue
        condition = _ONLY_IF.search(piece) if "helm-if" in piece else None
        data: Any = yaml12.parse_yaml(piece)
        if isinstance(data, dict) and data:
            documents.append(
                Document(pruned(data), template.output, only_if=condition[1] if condition else "")
            )
    return documents


def _failure(template: Template, error: Exception) -> Diagnostic:
    line = 0
    traceback = error.__traceback__
    file = template.source
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith(str(paths.TEMPLATES)):
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


def resolved(data: Any, late: LateBound, answers: Mapping[str, str]) -> Any:
    """`data` with each token replaced by its answer (expression → text); an expression without one stays live."""
    if isinstance(data, str):
        if OPEN not in data:
            return data
        out = data
        for number, expression in enumerate(late.expressions):
            token = f"\ufdd0{number}\ufdd1"
            if token in out:
                out = out.replace(token, answers.get(expression.text, "{{ " + expression.text + " }}"))
        return out
    if isinstance(data, dict):
        return {resolved(key, late, answers): resolved(item, late, answers) for key, item in data.items()}
    if isinstance(data, list):
        return [resolved(item, late, answers) for item in data]
    return data
