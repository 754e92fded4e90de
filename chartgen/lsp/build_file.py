"""What there is to say about `chartgen.yaml` itself: what `check` finds wrong in it, and what each of its keys is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

from chartgen import bundle, explain, project, schema
from chartgen.diagnostics import Diagnostic, Path, Rejected, dotted
from chartgen.explain import Setting
from chartgen.project.plan import plan
from chartgen.project.trees import Disk

# where values stand in it, which have keys of their own
_VALUES = "set"


def findings(text: str, name: str, folder: File) -> tuple[Diagnostic, ...]:
    """What is wrong with the text of a build file, and with the charts that it makes of the files in its folder."""
    try:
        said = project.of(text.encode("utf-8", "surrogatepass"), name)
    except Rejected as rejected:
        return rejected.diagnostics
    planned = plan(said, Disk(str(folder)))
    of_charts = [finding for build in planned.builds for finding in build.findings]
    # what many charts have in common is told once
    return tuple(dict.fromkeys((*planned.findings, *of_charts)))


def at(path: Path) -> Setting | None:
    """The key at a path, the file as a whole for none; None where there is no such key.

    What is below `set` is a setting of the values, whose keys may be paths with dots.
    """
    node: Any = _document()
    for place, key in enumerate(path):
        if isinstance(key, int):
            node = node.get("items")
        elif key in node.get("properties", {}):
            node = node["properties"][key]
        else:
            node = node.get("additionalProperties")
        if not isinstance(node, dict):
            return None
        node = _with_branches(node)
        if key == _VALUES and place and path[0] in ("charts", "defaults"):
            return _of_values(path[place + 1 :], node, path)
    return Setting(dotted(path), path, node, node.get("default"))


def _of_values(path: Path, node: Mapping[str, Any], whole: Path) -> Setting | None:
    if path:
        return explain.setting(".".join("[]" if isinstance(key, int) else key for key in path))
    return Setting(dotted(whole), whole, {**schema.document(), **node}, None)


def _with_branches(node: dict[str, Any]) -> dict[str, Any]:
    """A schema with the keys of those that it has to choose from."""
    keys: dict[str, Any] = {}
    for branch in node.get("anyOf", ()):
        keys |= branch.get("properties", {})
    return {**node, "properties": keys} if keys else node


@cache
def _document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(bundle.read("schema/chartgen.schema.json"))
    return loaded
