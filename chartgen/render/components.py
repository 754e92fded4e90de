"""Components: the folders of `templates/`, and what each declares of itself in its `component.yaml`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache

from chartgen import paths
from chartgen.records import NamedTuple
from chartgen.render import scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# what a chart's texts find by name: the annotation with the name that the chart was compiled under, and the file with
# the values below `global`
NAMES = {"name_annotation": "chartgen/name", "global_file": "global.json"}
# the name of the template that decides which components are on
EXPRESSIONS = "components"
# what each declares of itself
_DECLARED = "component.yaml"


class Template(NamedTuple):
    """One Jinja file and the chart file it makes (its path below the chart's `templates/`)."""

    source: str
    output: str


class Component(NamedTuple):
    """A folder of templates and what it declares: when it is part of a chart, which Secrets its programs write, by name
    the conditions that only a part of it hangs on (Jinja expressions, all of them); and what it leaves dangling, as
    (chart file, what is not there)."""

    name: str
    when: str
    templates: tuple[Template, ...]
    secrets: str
    conditions: Mapping[str, str]
    dangling: tuple[tuple[str, str], ...]


@cache
def shipped() -> tuple[Component, ...]:
    """Every component that ships, read from the `component.yaml` of each folder in `templates/`."""
    folders = sorted(each.name for each in os.scandir(paths.TEMPLATES) if each.is_dir())
    held = {folder: os.listdir(f"{paths.TEMPLATES}/{folder}") for folder in folders}
    return tuple(_component(folder, files) for folder, files in held.items() if _DECLARED in files)


def _component(folder: str, files: Iterable[str]) -> Component:
    import yaml12

    with open(f"{paths.TEMPLATES}/{folder}/{_DECLARED}", "rb", buffering=0) as file:
        declared: Any = yaml12.parse_yaml(file.read().decode())
    names = declared.get("files", {})

    def output(stem: str) -> str:
        return str(names.get(stem, f"{folder}-{stem}.yaml"))

    return Component(
        name=folder,
        when=declared["when"],
        templates=tuple(
            Template(f"{folder}/{file}", output(file.removesuffix(".yaml.j2")))
            for file in sorted(files)
            if file.endswith(".yaml.j2")
        ),
        secrets=declared.get("secrets", "[]"),
        conditions=declared.get("conditions", {}),
        dangling=tuple((output(stem), what) for stem, what in declared.get("dangling", {}).items()),
    )


@cache
def texts() -> tuple[Template, ...]:
    """The templates of a chart's files that are no Kubernetes objects: those in no component's folder."""
    files = sorted(file for file in os.listdir(paths.TEMPLATES) if file.endswith(".j2"))
    return tuple(Template(file, file.removesuffix(".j2")) for file in files)


@cache
def chart() -> Mapping[str, Any]:
    """What every chart says of itself in its Chart.yaml: `templates/chart.yaml`."""
    import yaml12

    declared: Any = yaml12.parse_yaml((paths.TEMPLATES / "chart.yaml").read_text(encoding="utf-8"))
    return dict(declared)


def expressions(name: str) -> str | None:
    """What components declare, as one template: it is compiled once per machine, as the others are."""
    if name != EXPRESSIONS:
        return None
    tables = {
        # what is written before a call is read before it: each note has what its own condition read
        "when": {component.name: _noted(component.name, component.when) for component in shipped()},
        "conditions": {
            name: _noted(condition(component.name, name), text)
            for component in shipped()
            for name, text in component.conditions.items()
        },
        "secrets": {component.name: component.secrets for component in shipped()},
    }
    return "".join(
        f"{{% set {table} = {{"
        + ", ".join(f"{scalar.json_text(key)}: ({text.strip()})" for key, text in rows.items())
        + "} %}\n"
        for table, rows in tables.items()
    )


def condition(component: str, name: str) -> str:
    """What the reads of a component's condition are noted under."""
    return f"{component}: {name}"


def _noted(name: str, expression: str) -> str:
    return f"noted({scalar.json_text(name)}, ({expression.strip()}))"
