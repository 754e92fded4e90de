"""Makes what derives from `schema/_removed.yaml`: its JSON, which runs read, and a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from chartgen import paths, schema
from chartgen.diagnostics import dotted
from chartgen.schema import removed
from chartgen.values import tree


def build() -> str:
    """The text of `schema/removed.json`, made from `schema/_removed.yaml`."""
    read = YAML(typ="safe").load(paths.SCHEMA / "_removed.yaml")
    return json.dumps(read, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def page(removed_values: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of `docs/removed.md`: what became of each value, a table for each section, and changed defaults."""
    defaults = schema.defaults()
    lines = [
        "# Values that are gone",
        "",
        "<!-- made by `make generate` from schema/_removed.yaml: edit there -->",
        "",
        "What earlier releases of the official chart had and 2.0.3 has not. `chartgen migrate values.yaml` carries out",
        "what is certain and lists the rest; an entry covers the values below it too.",
    ]
    section = ""
    for name, entry in removed_values.items():
        if name.split(".")[0] != section:
            section = name.split(".")[0]
            lines += [
                "",
                f"## {section}",
                "",
                "| value | last in | what became of it | today |",
                "|---|---|---|---|",
            ]
        today = entry.get("today") or f"set `{entry['to']}`"
        lines.append(f"| `{name}` | {entry['last']} | {entry['why']} | {today} |")
    lines += [
        "",
        "## Defaults that changed",
        "",
        "Releases before 1.0, or the earlier of them, had others. `chartgen migrate FILE` names those that an old file relies on.",
        "",
        "| value | then | today |",
        "|---|---|---|",
    ]
    for change in removed.CHANGED:
        was, today = (f"`{json.dumps(value)}`" for value in (change.was, tree.at(defaults, change.path)))
        lines.append(f"| `{dotted(change.path)}` | {was} | {today} |")
    return "\n".join(lines) + "\n"


def outputs() -> dict[str, str]:
    """The text of each derived file, by its path below the root of the project."""
    text = build()
    return {"schema/removed.json": text, "docs/removed.md": page(json.loads(text))}
