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
    found = sorted((one for source in sources() for one in load(source)), key=lambda one: one.file)
    conditions = next(one.conditions for one in components.shipped() if one.name == crds.SOURCES.name)
    for one in found:
        if one.when not in conditions:
            raise NotationError(f"{one.file}: there is no condition “{one.when}”")
    index = [
        {"file": one.file, "name": one.name, "kind": one.kind, "when": one.when, "labels": dict(one.labels)}
        for one in found
    ]
    files = {one.file: one.text(crds.LABELS_LINE) for one in found}
    for name, text in files.items():
        if "{{" in text:
            raise NotationError(f"{name}: two opening braces would be read by Helm")
    return files | {"index.json": "[\n" + ",\n".join(json.dumps(one) for one in index) + "\n]\n"}


def outputs() -> dict[str, str]:
    """The text of each derived file, by its path below the root of the project."""
    return {f"templates/crds/_expanded/{name}": text for name, text in expansion().items()}
