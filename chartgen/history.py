"""Values that earlier releases of the official chart had: what became of them (`schema/_removed.yaml`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chartgen import paths
from chartgen.diagnostics import Diagnostic, Mend, Path, Span, dotted


@dataclass(frozen=True, slots=True)
class Removed:
    """A value that is gone: the last release that had it, why, what to do now, the path that takes over."""

    entry: tuple[str, ...]
    last: str
    why: str
    today: str
    to: tuple[str, ...]


@cache
def entries() -> dict[tuple[str, ...], Removed]:
    """Every entry of `schema/removed.json` by its path."""
    found = {}
    for name, one in json.loads((paths.SCHEMA / "removed.json").read_bytes()).items():
        key, to = tuple(name.split(".")), str(one.get("to", ""))
        found[key] = Removed(
            key, one["last"], one["why"], one.get("today") or f"set {to}", tuple(to.split(".")) if to else ()
        )
    return found


def removed(path: Path) -> Removed | None:
    """What became of the value at `path`, by the longest entry at or above it; None if never removed."""
    names = tuple(str(part) for part in path)
    for length in range(len(names), 0, -1):
        if names[:length] in entries():
            return entries()[names[:length]]
    return None


def diagnostic(path: Path, spans: Sequence[Span]) -> Diagnostic:
    """The finding for a removed value, with a mend if it only moved. Raises KeyError for any other."""
    gone = removed(path)
    if gone is None:
        raise KeyError(dotted(path))
    target: Path = (*gone.to, *path[len(gone.entry) :])
    return Diagnostic(
        "removed-value",
        f"{dotted(path)} is gone since release {gone.last}: {gone.why}",
        path=path,
        spans=tuple(spans),
        found=dotted(path),
        hint=f"set {dotted(target)}" if gone.to else gone.today,
        mend=Mend("move", path, target) if gone.to else None,
    )


def build() -> str:
    """The text of `schema/removed.json`, made from `schema/_removed.yaml`."""
    from ruamel.yaml import YAML

    read = YAML(typ="safe").load(paths.SCHEMA / "_removed.yaml")
    return json.dumps(read, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    (paths.SCHEMA / "removed.json").write_text(build(), encoding="utf-8")
