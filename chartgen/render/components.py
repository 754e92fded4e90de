"""Components: the folders of `templates/`, and what each declares of itself in its `component.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chartgen import paths
from chartgen.render import scalar

# the name of the template that decides which components are on
EXPRESSIONS = "components"


@dataclass(frozen=True, slots=True)
class Template:
    """One Jinja file and the chart file it makes (its path below the chart's `templates/`)."""

    source: str
    output: str


@dataclass(frozen=True, slots=True)
class Component:
    """A folder of templates, and Jinja expressions: when it is part of a chart, which Secrets its programs write, and
    by name those that only a part of it hangs on."""

    name: str
    when: str
    templates: tuple[Template, ...]
    secrets: str
    conditions: Mapping[str, str]


@cache
def shipped() -> tuple[Component, ...]:
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
        found.append(
            Component(
                folder,
                declared["when"],
                templates,
                declared.get("secrets", "[]"),
                declared.get("conditions", {}),
            )
        )
    return tuple(found)


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
        "when": {one.name: one.when for one in shipped()},
        "secrets": {one.name: one.secrets for one in shipped()},
        "conditions": {name: text for one in shipped() for name, text in one.conditions.items()},
    }
    return "".join(
        f"{{% set {table} = {{"
        + ", ".join(f"{scalar.json_text(key)}: ({text.strip()})" for key, text in rows.items())
        + "} %}\n"
        for table, rows in tables.items()
    )
