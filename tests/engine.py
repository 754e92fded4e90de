"""The real Helm engine, as tests use it: a chart folder in, objects out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import helm_python
from helm_python import _native
from helm_python.chart import Chart

_SEPARATOR = re.compile(r"(?:^|\n)---\s*")


def render(
    folder: Path,
    *,
    release: str = "consul",
    namespace: str = "default",
    upgrade: bool = False,
    values: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The text of each file that the engine renders, by its path in the chart; raises HelmError."""
    chart = Chart.load(str(folder))
    options = {"name": release, "namespace": namespace, "is_upgrade": upgrade, "is_install": not upgrade}
    out = json.loads(
        _native.call_string("helm_render", chart._raw(), json.dumps(values or {}), json.dumps(options))
    )
    return {path.partition("/")[2]: text for path, text in out.items()}


def objects(folder: Path, **options: Any) -> list[dict[str, Any]]:
    """Every object that the engine renders, parsed by Helm's own YAML parser."""
    found = []
    for path, text in sorted(render(folder, **options).items()):
        if path.endswith("NOTES.txt") or "/_" in path:
            continue
        for piece in _SEPARATOR.split(text):
            data = helm_python.values_from_yaml(piece) if piece.strip() else None
            if data:
                found.append(data)
    return found


def lint(folder: Path) -> list[str]:
    """The engine's errors and warnings about a chart folder."""
    result = helm_python.lint(str(folder))
    messages = result.get("messages", []) if isinstance(result, dict) else result
    return [str(one) for one in messages if _severity(one) >= 2]


def _severity(message: Any) -> int:
    """Helm's levels: 1 information, 2 warning, 3 error."""
    level = message.get("severity", 0) if isinstance(message, dict) else getattr(message, "severity", 0)
    if isinstance(level, str):
        return {"INFO": 1, "WARNING": 2, "ERROR": 3}.get(level.upper(), 0)
    return int(level)
