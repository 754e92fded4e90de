"""Values that earlier releases of the official chart had: what became of them (`schema/_removed.yaml`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chartgen import bundle
from chartgen.diagnostics import Diagnostic, Mend, Path, dotted


@dataclass(frozen=True, slots=True)
class Changed:
    """A value whose default is another today: what it was before 1.0, and the switches without which it is idle.

    `needed_by` are sections of that time which need today's default.
    """

    path: Path
    was: Any
    switches: tuple[Path, ...]
    needed_by: tuple[str, ...] = ()


def _changed(name: str, was: Any, *switches: str, needed_by: tuple[str, ...] = ()) -> Changed:
    return Changed(_path(name), was, tuple(map(_path, switches)), needed_by)


def _path(name: str) -> Path:
    return tuple(name.split("."))


# whoever left these out had other defaults in mind
CHANGED = (
    _changed("server.replicas", 3, "server.enabled"),
    _changed("client.enabled", "-", "global.enabled"),
    _changed("connectInject.enabled", False, "connectInject.enabled", needed_by=("controller", "apiGateway")),
    _changed("connectInject.replicas", 2, "connectInject.enabled"),
    _changed("meshGateway.replicas", 2, "meshGateway.enabled"),
    _changed("ingressGateways.defaults.replicas", 2, "ingressGateways.enabled"),
    _changed("terminatingGateways.defaults.replicas", 2, "terminatingGateways.enabled"),
    _changed(
        "connectInject.consulNamespaces.mirroringK8S",
        False,
        "connectInject.enabled",
        "global.enableConsulNamespaces",
    ),
    _changed(
        "syncCatalog.consulNamespaces.mirroringK8S",
        False,
        "syncCatalog.enabled",
        "global.enableConsulNamespaces",
    ),
)


@dataclass(frozen=True, slots=True)
class Removed:
    """A value that is gone, with the keys of `schema/_removed.yaml`; `entry` is its path."""

    entry: Path
    last: str
    why: str
    today: str = ""
    to: Path = ()
    also: tuple[tuple[Path, Any], ...] = ()
    list: bool = False
    becomes: tuple[tuple[Any, tuple[tuple[Path, Any], ...]], ...] = ()
    idle: tuple[Any, ...] = ()
    drop: bool = False
    unless: Mapping[Path, Any] = field(default_factory=dict)


@cache
def entries() -> dict[Path, Removed]:
    """Every entry of `schema/removed.json` by its path."""
    found: dict[Path, Removed] = {}
    for name, one in json.loads(bundle.read("schema/removed.json")).items():
        found[_path(name)] = Removed(
            _path(name),
            one["last"],
            one["why"],
            today=one.get("today", ""),
            to=_path(one["to"]) if "to" in one else (),
            also=_pairs(one.get("also", {})),
            list=one.get("list", False),
            becomes=tuple((value, _pairs(news)) for value, news in one.get("becomes", ())),
            idle=tuple(one.get("idle", ())),
            drop=one.get("drop", False),
            unless=dict(_pairs(one.get("unless", {}))),
        )
    return found


def _pairs(news: Mapping[str, Any]) -> tuple[tuple[Path, Any], ...]:
    return tuple((_path(name), value) for name, value in news.items())


def removed(path: Path) -> Removed | None:
    """What became of the value at `path`, by the longest entry at or above it; None if never removed."""
    for length in range(len(path), 0, -1):
        if path[:length] in entries():
            return entries()[path[:length]]
    return None


def findings(path: Path, effective: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What to say of a removed value of `effective`: one finding for all of it, or one for each part of it.

    A part is what an entry of its own answers. Raises KeyError for a value that was never removed.
    """
    leaves = dict(_leaves(path, at(effective, path)))
    parts: dict[Path, list[Path]] = {}
    for leaf in leaves:
        parts.setdefault(max(_entry(leaf).entry, path, key=len), []).append(leaf)
    if all(_lost(leaf, value, effective) for leaf, value in leaves.items()):
        parts = {path: list(leaves)}
    for part, below in parts.items():
        whole = below == [leaf for leaf in leaves if leaf[: len(part)] == part]
        # what is left of a section, parts of which have answers of their own, is told value by value
        for place in [part] if whole else below:
            yield _finding(place, {leaf: leaves[leaf] for leaf in below if whole or leaf == place}, effective)


def _entry(path: Path) -> Removed:
    gone = removed(path)
    if gone is None:
        raise KeyError(dotted(path))
    return gone


def _finding(path: Path, leaves: Mapping[Path, Any], effective: Mapping[str, Any]) -> Diagnostic:
    gone = _entry(path)
    target: Path = (*gone.to, *path[len(gone.entry) :])
    hint = f"set {dotted(target)}" if gone.to else gone.today
    mend = Mend("move", path, target) if gone.to else None
    value = next(iter(leaves.values()))
    news = [news for old, news in gone.becomes if len(leaves) == 1 and _same(old, value)]
    if all(_lost(leaf, item, effective) for leaf, item in leaves.items()):
        mend = Mend("remove", path)
        hint = gone.today if gone.drop else "remove it: it changes nothing"
    elif news:
        mend = Mend("become", path, news[0])
        hint = "set " + " and ".join(f"{dotted(one)}: {json.dumps(new)}" for one, new in news[0])
    elif gone.list or gone.also:
        mend = Mend("become", path, ((gone.to, [value] if gone.list else value), *gone.also))
    return Diagnostic(
        "removed-value",
        f"release {gone.last} was the last with {dotted(path)}: {gone.why}",
        path=path,
        found=dotted(path),
        hint=hint,
        mend=mend,
        meant=target if gone.to else (),
    )


def _lost(path: Path, value: Any, effective: Mapping[str, Any]) -> bool:
    """Whether the value can go without anything being lost."""
    gone = _entry(path)
    if any(_same(at(effective, path), other) for path, other in gone.unless.items()):
        return False
    return gone.drop or value in (None, "", [], {}) or any(_same(value, one) for one in gone.idle)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def at(values: Any, path: Path) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    else:
        yield path, value


def changed(
    user: Mapping[str, Any], effective: Mapping[str, Any], sections: Collection[str]
) -> Iterator[Diagnostic]:
    """A warning for each default that has changed since 1.0 and that these values rely on.

    `sections` are those in which the values, before they were migrated, held what is gone today.
    """
    for one in CHANGED:
        today = at(effective, one.path)
        on = all(_on(effective, switch) for switch in one.switches)
        if not on or _holds(user, one.path) or _same(today, one.was) or set(one.needed_by) & set(sections):
            continue
        name = dotted(one.path)
        yield Diagnostic(
            "default-changed",
            f"{name} is not set: older releases took {json.dumps(one.was)} then, today it is {json.dumps(today)}",
            weight="unwise",
            path=one.path,
            hint=f"write {name}: {json.dumps(one.was)} to keep it as it was",
        )


def _on(effective: Mapping[str, Any], switch: Path) -> bool:
    value = at(effective, switch)
    return bool(at(effective, ("global", "enabled")) if value == "-" else value)


def _holds(user: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(user, Mapping) or key not in user:
            return False
        user = user[key]
    return True
