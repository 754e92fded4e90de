"""Components: the folders of `templates/`, and what each declares of itself in its `component.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

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
    return tuple(_component(path) for path in sorted(paths.TEMPLATES.glob("*/component.yaml")))


def _component(path: Path) -> Component:
    import yaml12

    declared: Any = yaml12.parse_yaml(path.read_text(encoding="utf-8"))
    folder, names = path.parent.name, declared.get("files", {})

    def output(stem: str) -> str:
        return str(names.get(stem, f"{folder}-{stem}.yaml"))

    return Component(
        name=folder,
        when=declared["when"],
        templates=tuple(
            Template(f"{folder}/{file.name}", output(file.name.removesuffix(".yaml.j2")))
            for file in sorted(path.parent.glob("*.yaml.j2"))
        ),
        secrets=declared.get("secrets", "[]"),
        conditions=declared.get("conditions", {}),
        dangling=tuple((output(stem), what) for stem, what in declared.get("dangling", {}).items()),
    )


@cache
def texts() -> tuple[Template, ...]:
    """The templates of a chart's files that are no Kubernetes objects: those in no component's folder."""
    return tuple(
        Template(path.name, path.name.removesuffix(".j2")) for path in sorted(paths.TEMPLATES.glob("*.j2"))
    )


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
