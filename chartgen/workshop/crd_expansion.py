"""Expands `templates/crds/<kind>.yaml` into the definitions that builds read."""

from __future__ import annotations

import json
from pathlib import Path

from chartgen.render import components, crds
from chartgen.workshop.crd_notation import NotationError, load


def sources() -> list[Path]:
    """The files of field lists, one a kind."""
    apart = ("_shared.yaml", "component.yaml")
    return sorted(path for path in crds.SOURCES.glob("*.yaml") if path.name not in apart)


def expansion() -> dict[str, str]:
    """What `_expanded/` must hold: file name → text; raises NotationError for a list that cannot be read."""
    found = sorted(
        (definition for source in sources() for definition in load(source)),
        key=lambda definition: definition.file,
    )
    conditions = next(
        component.conditions for component in components.shipped() if component.name == crds.SOURCES.name
    )
    for definition in found:
        if definition.when not in conditions:
            raise NotationError(f"{definition.file}: there is no condition “{definition.when}”")
    index = [
        {
            "file": definition.file,
            "name": definition.name,
            "kind": definition.kind,
            "when": definition.when,
            "labels": dict(definition.labels),
        }
        for definition in found
    ]
    files = {definition.file: definition.text(crds.LABELS_LINE) for definition in found}
    for name, text in files.items():
        if "{{" in text:
            raise NotationError(f"{name}: two opening braces would be read by Helm")
    return files | {
        "index.json": "[\n" + ",\n".join(json.dumps(definition) for definition in index) + "\n]\n"
    }


def outputs() -> dict[str, str]:
    """The text of each derived file, by its path below the root of the project."""
    return {f"templates/crds/_expanded/{name}": text for name, text in expansion().items()}
