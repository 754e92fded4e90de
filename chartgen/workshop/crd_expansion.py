"""Expands `templates/crds/<kind>.yaml` into the definitions that builds read."""

from __future__ import annotations

import json

from chartgen.render import crds
from chartgen.workshop.crd_notation import NotationError, load


def expansion() -> dict[str, str]:
    """What `_expanded/` must hold: file name → text; raises NotationError for a list that cannot be read."""
    sources = sorted(path for path in crds.SOURCES.glob("*.yaml") if not path.name.startswith("_"))
    found = sorted((one for source in sources for one in load(source)), key=lambda one: one.file)
    for one in found:
        if one.when not in crds.CONDITIONS:
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
