"""What an unknown key was meant to be: a known one misspelt, or one of another place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from chartgen import schema
from chartgen.diagnostics import Diagnostic, Mend, Path, dotted, shortened

Node = Mapping[str, Any]

# how far a misspelt name may be from a known one, by the known one's length
_NEAR = ((3, 1), (8, 2), (1_000_000, 3))
# a name that begins like a known one (replicaCount for replicas), as Jaro and Winkler measure likeness
_ALIKE = 0.87
# what is no name at all is like none
_TOO_LONG = 200
# a name that more places than these have says nothing about the place that was meant
_TOO_COMMON = 12


def unknown_key(path: Path, properties: Mapping[str, Node], value: Any = None) -> Diagnostic:
    """The finding for a key that is none of `properties`, by `value` that stands at it: misspelt, misplaced or new."""
    key, parent = str(path[-1]), path[:-1]
    meant, node, certain = _meant(path, properties, value)
    hint = f"did you mean {dotted(_followed(meant, node, value))}?" if meant else ""
    if "." in key and meant == _nested(path):
        hint = f"dots do not nest in a file: write {meant[-1]} below {dotted(meant[:-1])}"
    if not hint and not _base(path):
        hint = _formerly(key)
    if not hint and not parent and key[:1] in ("_", "."):
        hint = f"a place for anchors begins with x-: x-{key.lstrip('_.')}"
    if not hint and 0 < len(properties) <= _TOO_COMMON:
        hint = "known here: " + ", ".join(properties)
    mend = None
    if certain:
        mend = Mend("rename", path, meant[-1]) if meant[:-1] == parent else Mend("move", path, meant)
    base = _base(path)
    if base:
        message = f"the Consul agent has no option {dotted(path[len(base) :])}"
        expected = (
            f"an option of its {dotted(parent[len(base) :])}" if parent != base else "an option of the agent"
        )
    else:
        message, expected = f"there is no value {dotted(path)}", "a key of " + (dotted(parent) or "the chart")
    return Diagnostic(
        "unknown-key",
        message,
        path=path,
        found=shortened(key),
        expected=expected,
        hint=hint,
        mend=mend,
        meant=() if base else meant,
    )


def _meant(path: Path, properties: Mapping[str, Node], value: Any) -> tuple[Path, Node, bool]:
    """(path, its schema, whether that is certain); an empty path when nothing is near."""
    key, parent = str(path[-1]), path[:-1]
    if len(key) > _TOO_LONG:
        return (), {}, False
    if "." in key:
        for known, node in _places(_base(path)).get(key.rpartition(".")[2], ()):
            if known == _nested(path):
                return known, node, True
    near = _misspelt(key, properties, value)
    places = _elsewhere(path, value)
    if near and near[0][0] == 1 and not (near[0][1] == _WRONG and places and places[0][1] != _WRONG):
        name = near[0][2]
        certain = near[0][1] != _WRONG and (len(near) == 1 or name.lower() == key.lower())
        return (*parent, name), properties[name], certain
    if places:
        meant, fit, node = places[0]
        return meant, node, len(places) == 1 and fit == _RIGHT and len(path) > 1
    name = near[0][2] if near else _alike(key, properties)
    if name:
        return (*parent, name), properties[name], False
    for name in _misspelt_elsewhere(path):
        places = _elsewhere((*parent, name), value)
        if places:
            return places[0][0], places[0][2], False
    return (), {}, False


def _formerly(key: str) -> str:
    """What became of the one removed value of this name, misplaced as it is; "" for a name that says less."""
    from chartgen.schema import removed

    gone = [one for path, one in removed.entries().items() if path[-1] == key]
    if len(gone) != 1 or key in _places(()):
        return ""
    instead = gone[0].today or f"set {dotted(gone[0].to)}"
    return f"{dotted(gone[0].entry)} was a value until {gone[0].last}: {instead}"


def _nested(path: Path) -> Path:
    """The path that a key with dots spells out."""
    return (*path[:-1], *str(path[-1]).split("."))


def _misspelt(key: str, properties: Mapping[str, Node], value: Any) -> list[tuple[int, int, str]]:
    """(letters apart, how the value fits, name) of the properties that `key` may be a slip of, nearest first."""
    found = []
    for name, apart in _near(key, properties, _NEAR[-1][1]):
        if apart <= _reach(name):
            fit = _fit(properties[name], value)
            found.append((apart + (fit == _WRONG and apart > 1), fit, abs(len(name) - len(key)), name))
    return [(apart, fit, name) for apart, fit, _, name in sorted(found)]


def _near(key: str, names: Iterable[str], most: int) -> list[tuple[str, int]]:
    """(name, letters apart) of the names that are at most so many letters apart; case alone counts as one."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    known = tuple(names)
    near = process.extract(key.lower(), _lowered(known), scorer=OSA.distance, score_cutoff=most, limit=None)
    return [(known[place], 0 if known[place] == key else int(apart) or 1) for _, apart, place in near]


@cache
def _lowered(names: tuple[str, ...]) -> list[str]:
    return [name.lower() for name in names]


def closest(key: str, names: Sequence[str]) -> str:
    """The name that `key` is most likely a slip of, or "" when none is near."""
    near = _misspelt(key, {name: {} for name in names}, None)
    return near[0][2] if near else ""


def _reach(name: str) -> int:
    return next(reach for length, reach in _NEAR if len(name) <= length)


def _alike(key: str, names: Mapping[str, Node]) -> str:
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    known = tuple(names)
    best = process.extractOne(
        key.lower(), _lowered(known), scorer=JaroWinkler.similarity, score_cutoff=_ALIKE
    )
    return known[best[2]] if best else ""


# how a value fits a schema: wholly, in kind, not at all
_RIGHT, _NEARLY, _WRONG = 0, 1, 2
_KINDS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def _fit(node: Node, value: Any) -> int:
    if value is None or not node:
        return _RIGHT
    node = resolved(node)
    if isinstance(value, Mapping):
        known = node.get("properties")
        if known is None:
            return _RIGHT if "object" in _types(node) else _WRONG
        closed = node.get("additionalProperties") is False and "patternProperties" not in node
        return _NEARLY if closed and not value.keys() <= known.keys() else _RIGHT
    if (
        isinstance(value, list)
        and value
        and isinstance(node.get("items"), Mapping)
        and "array" in _types(node)
    ):
        return _fit(node["items"], value[0])
    if "enum" in node:
        return _RIGHT if value in node["enum"] else _NEARLY
    kinds, kind = _types(node), _KINDS.get(type(value), "null")
    if not kinds or kind in kinds or (kind == "integer" and "number" in kinds):
        return _RIGHT
    return _NEARLY if kind == "string" and "object" not in kinds and "array" not in kinds else _WRONG


def resolved(node: Node) -> Node:
    """A node of the schema with what it refers to folded in."""
    for inner in node.get("allOf", ()):
        node = {**resolved(inner), **node}
    if "$ref" in node:
        return resolved(schema.document()["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    return node


def _types(node: Node) -> list[str]:
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _followed(path: Path, node: Node, value: Any) -> Path:
    """The path, and on below it while just one known key is set there: the whole path of the value in mind."""
    while isinstance(value, Mapping) and len(value) == 1:
        (key,) = value
        properties = resolved(node).get("properties", {})
        if key not in properties:
            return path
        path, node, value = (*path, key), properties[key], value[key]
    return path


@cache
def _places(base: Path) -> dict[str, list[tuple[Path, Node]]]:
    """Every path below `base`, sections included, by its last key."""
    found: dict[str, list[tuple[Path, Node]]] = {}

    def walk(node: Node, path: Path) -> None:
        # of the values, only what has a place of its own; shapes that many places share would be found everywhere
        node = resolved(node) if base else node
        for key, child in node.get("properties", {}).items():
            found.setdefault(key, []).append(((*path, key), child))
            walk(child, (*path, key))

    node = schema.document()
    for key in base:
        node = resolved(node)["properties"][key]
    walk(node, base)
    return found


def _base(path: Path) -> Path:
    """The value that holds a language of its own (an agent's configuration) and `path`; else the whole of the values."""
    node: Node = schema.document()
    for length, key in enumerate(path[:-1], 1):
        node = resolved(node).get("properties", {}).get(key, {})
        if "x-holds" in resolved(node):
            return path[:length]
    return ()


def _elsewhere(path: Path, value: Any) -> list[tuple[Path, int, Node]]:
    """(path, how the value fits, schema) where a key of this name does exist, the likeliest first."""
    from rapidfuzz.distance import OSA

    index = _places(_base(path))
    matches = [
        (known, _fit(node, value), node) for known, node in index.get(str(path[-1]), ()) if known != path
    ]
    parent = path[:-1]
    if len(matches) > (_TOO_COMMON if parent else 3):
        return []

    def likeness(match: tuple[Path, int, Node]) -> tuple[bool, int, int, int, int]:
        known, fit, _ = match
        shared = len(set(known[:-1]) & set(parent))
        # a level left out, as ingressGateways.replicas leaves out the defaults
        below = bool(parent) and known[:-2] == parent
        return not below, fit, -shared, int(OSA.distance(dotted(known[:-1]), dotted(parent))), len(known)

    return sorted(matches, key=likeness)


def _misspelt_elsewhere(path: Path) -> list[str]:
    """Names of other places that are one letter off, where the name is long enough for that to mean something."""
    key = str(path[-1])
    if len(key) <= 5:
        return []
    return [name for name, _ in _near(key, _places(_base(path)), 1) if len(name) > 6]
