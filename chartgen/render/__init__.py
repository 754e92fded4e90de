"""Jinja templates and values in, documents out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chartgen import paths
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.late import LateBound
from chartgen.render import components, crds, environment, scalar
from chartgen.render.components import Template
from chartgen.render.context import Context, WrongForm
from chartgen.render.document import Document, pruned
from chartgen.settings import Settings

_ONLY_IF = re.compile(r"^#\s*helm-if:\s*(.+?)\s*$", re.MULTILINE)
_SEPARATOR = re.compile(r"^---\s*$", re.MULTILINE)


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
    on, _, conditions = decided(variables)
    documents: list[Document] = []
    for component in components.shipped():
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
    if on["crds"]:
        labels = variables["labels"]("crd")
        documents += [
            crds.document(one, labels) for one in crds.expanded() if conditions[one.when] and only in one.file
        ]
    return documents


def decided(
    variables: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, list[str]], dict[str, Any]]:
    """By the name of each component: whether it is on, and the ends of the names of the Secrets that it writes; by the
    name of each condition: whether it holds."""
    module: Any = environment.shared().get_template(components.EXPRESSIONS).make_module(dict(variables))
    return module.when, module.secrets, module.conditions


def made_secrets(values: dict[str, Any], settings: Settings, late: LateBound) -> set[str]:
    """The names of the Secrets that jobs and controllers of a release write once it runs."""
    variables = Context(values, settings, late).variables()
    _, secrets, _ = decided(variables)
    return {variables["name"](suffix) for suffixes in secrets.values() for suffix in suffixes}


def texts(
    values: dict[str, Any], settings: Settings, late: LateBound, documents: Sequence[Document]
) -> dict[str, str]:
    """The files below a chart's `templates/` that are no objects, path → text; they may say what `documents` there are.

    Raises Rejected when one cannot hold a value.
    """
    variables = Context(values, settings, late).variables()
    variables |= {"chart": components.chart(), "files": {one.template for one in documents}}
    made, findings = {}, []
    for template in components.texts():
        try:
            made[template.output] = environment.plain().get_template(template.source).render(variables)
        except Exception as error:
            findings.append(_failure(template, error))
    if findings:
        raise Rejected(findings)
    return made


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


def _documents(template: Template, variables: Mapping[str, Any]) -> list[Document]:
    import yaml12

    text = environment.shared().get_template(template.source).render(variables)
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
