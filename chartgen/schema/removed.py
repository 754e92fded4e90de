"""Values that earlier releases of the official chart had: what became of them (`schema/_removed.yaml`)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

from chartgen import bundle, schema
from chartgen.diagnostics import Diagnostic, Mend, Path, Weight, dotted, single
from chartgen.records import NamedTuple
from chartgen.values import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.values.source import Source

# how many findings about removed values are told one by one, and how many settings are named where more are told together
_APART = 2
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_NAMED = 8


class Changed(NamedTuple):
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


class Removed(NamedTuple):
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
    asks: bool = False
    usual: str = ""
    switch: str = ""
    needs: Path = ()
    unless: Mapping[Path, Any] = {}


@cache
def entries() -> dict[Path, Removed]:
    """Every entry of `schema/removed.json` by its path."""
    found: dict[Path, Removed] = {}
    for name, entry in json.loads(bundle.read("schema/removed.json")).items():
        found[_path(name)] = Removed(
            _path(name),
            entry["last"],
            entry["why"],
            today=entry.get("today", ""),
            to=_path(entry["to"]) if "to" in entry else (),
            also=_pairs(entry.get("also", {})),
            list=entry.get("list", False),
            becomes=tuple((value, _pairs(news)) for value, news in entry.get("becomes", ())),
            idle=tuple(entry.get("idle", ())),
            drop=entry.get("drop", False),
            asks=entry.get("asks", False),
            usual=entry.get("usual", ""),
            switch=entry.get("switch", ""),
            needs=_path(entry["needs"]) if "needs" in entry else (),
            unless=dict(_pairs(entry.get("unless", {}))),
        )
    return found


def _pairs(news: Mapping[str, Any]) -> tuple[tuple[Path, Any], ...]:
    return tuple((_path(name), value) for name, value in news.items())


def told(name: str, entry: Mapping[str, Any]) -> str:
    """An entry of `schema/_removed.yaml` in one line."""
    return f"Release {entry['last']} was the last with {name}: {entry['why']}. Today: {entry.get('today') or 'set ' + entry['to']}."


def removed(path: Path) -> Removed | None:
    """What became of the value at `path`, by the longest entry at or above it; None if never removed."""
    for length in range(len(path), 0, -1):
        if path[:length] in entries():
            return entries()[path[:length]]
    return None


def findings(path: Path, effective: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What to say of a removed value of `effective`: one finding, whose `parts` are what has an answer of its own.

    It is a warning where nothing was asked for. Raises KeyError for a value that was never removed.
    """
    leaves = dict(_leaves(path, tree.at(effective, path)))
    parts: dict[Path, list[Path]] = {}
    for leaf in leaves:
        parts.setdefault(max(_entry(leaf).entry, path, key=len), []).append(leaf)
    if all(_lost(leaf, value, effective) for leaf, value in leaves.items()):
        parts = {path: list(leaves)}
    told: list[Diagnostic] = []
    for part, below in parts.items():
        whole = below == [leaf for leaf in leaves if leaf[: len(part)] == part]
        # what is left of a section, parts of which have answers of their own, is told value by value
        for place in [part] if whole else below:
            told.append(
                _finding(place, {leaf: leaves[leaf] for leaf in below if whole or leaf == place}, effective)
            )
    yield told[0] if len(told) == 1 else _section(path, told)


def _section(path: Path, parts: list[Diagnostic]) -> Diagnostic:
    """The finding for a section that is gone, of whose parts not all have the same answer."""
    gone = _entry(path)
    return Diagnostic(
        "removed-value",
        f"release {gone.last} was the last with {dotted(path)}: {gone.why}",
        "unwise" if all(part.weight == "unwise" for part in parts) else "harmful",
        path=path,
        found=dotted(path),
        hint=gone.today or f"set {dotted(gone.to)}",
        parts=tuple(parts),
    )


def gathered(found: Sequence[Diagnostic], sources: Sequence[Source]) -> list[Diagnostic]:
    """The findings, in which those about removed values say how many lines they are about.

    Where there are more than two of those, one finding tells all that asked for nothing, and one tells the others.
    """
    from chartgen import values

    gone = [_counted(finding, sources) for finding in found if _is_removed(finding)]
    told = [finding for finding in found if not _is_removed(finding)]
    if len(gone) <= _APART:
        return [*told, *gone]
    for idle in (True, False):
        group = [finding for finding in gone if (finding.weight == "unwise") == idle]
        if len(group) < 2:
            told += group
            continue
        lines = len({line for finding in group for line in values.lines_of(finding.path, sources)})
        weight: Weight
        if idle:
            message, weight, hint = "that asked for nothing", "unwise", "`chartgen fix` clears them away"
            names = [_named(finding) for finding in group]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            listed = f": {', '.join(names[:_NAMED])}{more}"
        else:
            message, listed = "that did something", ""
            weight = "refused" if any(finding.weight == "refused" for finding in group) else "harmful"
            mended = any(finding.mend for finding in single(group))
            hint = "`chartgen migrate` moves what can be moved without you" if mended else ""
        told.append(
            Diagnostic(
                "removed-value",
                f"{len(group)} settings {message} in older releases are gone",
                weight,
                path=group[0].path,
                spans=group[0].spans,
                found=f"{lines} lines" + listed,
                hint=hint,
                parts=tuple(group),
            )
        )
    return told


def _is_removed(finding: Diagnostic) -> bool:
    return finding.code.startswith("removed-")


def _counted(finding: Diagnostic, sources: Sequence[Source]) -> Diagnostic:
    from chartgen import values

    lines = len(values.lines_of(finding.path, sources))
    return finding._replace(found=f"{dotted(finding.path)}, {lines} lines") if lines > 1 else finding


def _named(finding: Diagnostic) -> str:
    return dotted(finding.path) + (
        f" (line {finding.spans[0].line})" if finding.spans and finding.spans[0].line else ""
    )


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
    idle = all(_idle(leaf, item, effective) for leaf, item in leaves.items())
    news = [news for old, news in gone.becomes if len(leaves) == 1 and _same(old, value)]
    if all(_lost(leaf, item, effective) for leaf, item in leaves.items()):
        said = {leaf: item for leaf, item in leaves.items() if item not in _NOTHING}
        moves = bool(said and gone.to) and all(
            _is_default(leaf, item, effective) for leaf, item in said.items()
        )
        mend = mend if moves else Mend("remove", path)
        hint = hint if moves else gone.today if gone.drop else "remove it: it changes nothing"
    elif news:
        mend = Mend("become", path, news[0])
        hint = "set " + " and ".join(f"{dotted(old)}: {json.dumps(new)}" for old, new in news[0])
    elif gone.list or gone.also:
        mend = Mend("become", path, ((gone.to, [value] if gone.list else value), *gone.also))
    return Diagnostic(
        "removed-value",
        f"release {gone.last} was the last with {dotted(path)}: {gone.why}",
        "unwise" if idle else "harmful",
        path=path,
        found=dotted(path),
        hint=hint,
        mend=mend,
        meant=target if gone.to else (),
    )


def _lost(path: Path, value: Any, effective: Mapping[str, Any]) -> bool:
    """Whether the value can go without anything being lost that there is today."""
    return _idle(path, value, effective) or (_entry(path).drop and not _unless(path, effective))


def _unless(path: Path, effective: Mapping[str, Any]) -> bool:
    return any(_same(tree.at(effective, place), other) for place, other in _entry(path).unless.items())


def _idle(path: Path, value: Any, effective: Mapping[str, Any]) -> bool:
    """Whether the value asked for nothing: it was the default, the same holds today, or what it was about is off."""
    gone = _entry(path)
    for length in range(1, len(path) + 1):
        above = entries().get(path[:length])
        if above and (_off(above, effective) or (above.needs and not _on(effective, above.needs))):
            return True
    if _unless(path, effective):
        return False
    if value in _NOTHING or any(_same(value, idle) for idle in gone.idle):
        return True
    if gone.usual and isinstance(value, str) and re.fullmatch(gone.usual, value):
        return True
    return _is_default(path, value, effective) or (gone.drop and not gone.asks)


def _off(gone: Removed, effective: Mapping[str, Any]) -> bool:
    """Whether the section's own switch is there and off."""
    section = tree.at(effective, gone.entry)
    switch = gone.switch and isinstance(section, Mapping) and gone.switch in section
    return bool(switch) and not _on(effective, (*gone.entry, gone.switch))


def _is_default(path: Path, value: Any, effective: Mapping[str, Any]) -> bool:
    """Whether the value is the default, and what is in force, where its place is today."""
    gone = _entry(path)
    target = (*gone.to, *path[len(gone.entry) :])
    if not gone.to or gone.list or gone.also or target not in schema.leaves():
        return False
    return _same(schema.leaves()[target], value) and _same(tree.at(effective, target), value)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


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
    for change in CHANGED:
        today = tree.at(effective, change.path)
        on = all(_on(effective, switch) for switch in change.switches)
        if (
            not on
            or tree.holds(user, change.path)
            or _same(today, change.was)
            or set(change.needed_by) & set(sections)
        ):
            continue
        name = dotted(change.path)
        yield Diagnostic(
            "default-changed",
            f"{name} is not set: older releases took {json.dumps(change.was)} then, today it is {json.dumps(today)}",
            weight="unwise",
            path=change.path,
            hint=f"write {name}: {json.dumps(change.was)} to keep it as it was",
        )


def _on(effective: Mapping[str, Any], switch: Path) -> bool:
    value = tree.at(effective, switch)
    return bool(tree.at(effective, ("global", "enabled")) if value == "-" else value)
