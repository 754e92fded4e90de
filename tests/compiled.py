"""Values that the tests compile as a whole: every example, and the sets in tests/cases/compiled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import chartgen

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SETS = sorted((ROOT / "tests" / "cases" / "compiled").glob("*.yaml"))


@cache
def chart(path: Path) -> chartgen.Chart:
    """The chart that a set compiles to, made once."""
    return chartgen.compile(path)


def objects(path: Path) -> list[tuple[str, Any]]:
    """(output file, object) of a set, installed as release `mesh` in namespace `consul`."""
    return list(chart(path).objects("mesh", "consul", upgrade=True))


def containers(node: Any) -> Iterator[dict[str, Any]]:
    """Every container of an object, wherever it stands."""
    if isinstance(node, dict):
        for key, item in node.items():
            if key in ("containers", "initContainers") and isinstance(item, list):
                yield from item
            yield from containers(item)
    elif isinstance(node, list):
        for item in node:
            yield from containers(item)
