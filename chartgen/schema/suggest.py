"""What an unknown key was meant to be: a known one misspelt, or one of another place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from chartgen import bundle, schema
from chartgen.diagnostics import Diagnostic, Mend, Path, dotted, shortened
from chartgen.schema import fit
from chartgen.values import tree

Node = Mapping[str, Any]

# how far a misspelt name may be from a known one, by the known one's length
_NEAR = ((8, 1), (12, 2), (1_000_000, 3))
# a name that begins like a known one (replicaCount for replicas), as Jaro and Winkler measure likeness
_ALIKE = 0.87
# what is no name at all is like none
_TOO_LONG = 200
# a name that more places than these have says nothing about the place that was meant
_TOO_COMMON = 12
# … and one that a few have, of which one is in the same component, says which was meant
_FEW = 2


def unknown_key(
    path: Path, properties: Mapping[str, Node], value: Any = None, user: Mapping[str, Any] | None = None
) -> Diagnostic:
    """The finding for a key that is none of `properties`, by `value` that stands at it: misspelt, misplaced or new.

    What the `user` has set already is not named as what was meant.
    """
    key, parent = str(path[-1]), path[:-1]
    found = _meant(path, properties, value, user or {})
    meant = found[0].path if found else ()
    base = _base(path)
    hint = " or ".join(dotted(_followed(suggestion.path, suggestion.node, value)) for suggestion in found)
    hint = f"did you mean {hint}?" if hint else ""
    if "." in key and meant == _nested(path):
        hint = f"dots do not nest in a file: write {meant[-1]} below {dotted(meant[:-1])}"
    if not hint and not base:
        hint = _one_text(path, value) or _formerly(path)
    if not hint and not parent and key[:1] in ("_", "."):
        hint = f"a place for anchors begins with x-: x-{key.lstrip('_.')}"
    if not hint and 0 < len(properties) <= _TOO_COMMON:
        hint = "known here: " + ", ".join(properties)
    mend = None
    if len(found) == 1 and found[0].certain and not tree.holds(user or {}, meant) and _proved(meant, value):
        mend = Mend("rename", path, meant[-1]) if meant[:-1] == parent else Mend("move", path, meant)
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
        meant=() if base or len(found) != 1 else meant,
    )


class _Place(NamedTuple):
    """A path that may have been meant, its schema, how the value fits it, and whether nothing else can be meant."""

    path: Path
    node: Node
    fit: int
    certain: bool = False


def _meant(path: Path, properties: Mapping[str, Node], value: Any, user: Mapping[str, Any]) -> list[_Place]:
    """What was meant, or the two that may have been; nothing when nothing is near, or too much is."""
    key, parent = str(path[-1]), path[:-1]
    if len(key) > _TOO_LONG:
        return []
    if "." in key:
        for known, node in _places(_base(path)).get(key.rpartition(".")[2], ()):
            if known == _nested(path) and not _taken(user, known, value):
                return [_Place(known, node, _fit(node, value), certain=True)]
    if word := _word(path, properties, value, user):
        return [word]
    near = [
        place for place in _misspelt(key, properties, value) if not _taken(user, (*parent, place[2]), value)
    ]
    places = _elsewhere(path, value, user)
    if near and near[0][0] == 1 and not (near[0][1] == _WRONG and places):
        _, fits, name = near[0]
        certain = fits != _WRONG and (len(near) == 1 or name.lower() == key.lower())
        return [_Place((*parent, name), properties[name], fits, certain)]
    alike = near[0][2] if near else _alike(key, properties)
    alike_fits = bool(alike) and _fit(properties[alike], value) == _RIGHT
    if not alike_fits or _taken(user, (*parent, alike), value):
        alike = ""
    if places:
        # a name like it in the same section is as likely as the same name in another component
        far = alike and parent and len(places) == 1 and places[0].path[0] not in (parent[0], "global")
        beside = [_Place((*parent, alike), properties[alike], _NEARLY)] if far else []
        return [*beside, *(place._replace(certain=False) if beside else place for place in places)]
    # what is a word elsewhere is no slip of several letters
    if key in _places(_base(path)):
        return []
    if alike:
        return [_Place((*parent, alike), properties[alike], _NEARLY)]
    for name in _misspelt_elsewhere(path):
        places = [place for place in _elsewhere((*parent, name), value, user) if place.fit == _RIGHT]
        if places:
            return [place._replace(certain=False) for place in places]
    return []


def _taken(user: Any, path: Path, value: Any) -> bool:
    """Whether the value, moved to the path, would meet one that is set there already."""
    there = tree.at(user, path)
    if isinstance(value, Mapping):
        return there is not None and any(_taken(user, (*path, key), item) for key, item in value.items())
    return there is not None and not (value is None and isinstance(there, Mapping))


def _proved(path: Path, value: Any) -> bool:
    """Whether the value is right at the path, but for quotes around numbers and switches that can be taken away.

    What text holds, in place of a map or a list, is not known here.
    """
    if isinstance(value, str) and dotted(path) in schema.texts():
        return False
    node: Any = schema.shape()
    definitions = node["$defs"]
    for key in path:
        node = _shape_of(node, definitions).get("properties", {}).get(key)
        if node is None:
            return False
    return fit.fits(value, node, definitions) or fit.fits(_bare(value), node, definitions)


def _shape_of(node: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in node:
        return _shape_of(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    whole: dict[str, Any] = {}
    for inner in node.get("allOf", ()):
        whole |= _shape_of(inner, definitions)
    whole |= node
    return whole


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and re.fullmatch("-?[0-9]{1,18}", value) else value


@cache
def words() -> Mapping[str, Any]:
    """What `schema/_words.yaml` says."""
    loaded: dict[str, Any] = json.loads(bundle.read("schema/words.json"))
    return loaded


def _word(path: Path, properties: Mapping[str, Node], value: Any, user: Mapping[str, Any]) -> _Place | None:
    """What a word that people write stands for; None where it is none, or does not fit."""
    chain, item = [(path, value)], value
    while isinstance(item, Mapping) and len(item) == 1:
        ((key, item),) = item.items()
        chain.append(((*chain[-1][0], key), item))
    for here, held in reversed(chain):
        target = words()["paths"].get(dotted(here))
        node = _known(tuple(target.split("."))) if target else None
        if node is not None and _takes(node, held):
            known = tuple(target.split("."))
            return None if _taken(user, known, held) else _Place(known, node, _NEARLY)
    name = words()["names"].get(str(path[-1]))
    if name in properties and _takes(properties[name], value):
        known = (*path[:-1], name)
        return None if _taken(user, known, value) else _Place(known, properties[name], _NEARLY)
    return None


def _takes(node: Node, value: Any) -> bool:
    """Whether the value is something like what the setting takes, or an item of it."""
    return _fit(node, value) != _WRONG or (
        "array" in _types(resolved(node)) and _fit(node, [value]) == _RIGHT
    )


def _one_text(path: Path, value: Any) -> str:
    """The hint for an image in the parts that other charts have; "" for anything else."""
    target = words()["paths"].get(dotted(path), "")
    default = schema.leaves().get(tuple(target.split(".")))
    if (
        isinstance(value, Mapping)
        and isinstance(default, str)
        and {"repository", "tag", "registry"} & value.keys()
    ):
        return f"{target} is one text, such as {default}"
    return ""


def _known(path: Path) -> Node | None:
    """The schema of a path; None where there is no such path."""
    return next((node for known, node in _places(()).get(str(path[-1]), ()) if known == path), None)


def respelt(value: Any, allowed: Callable[[Any], bool]) -> list[Any]:
    """What text that does not fit was meant to say, as far as the words that people write tell; all of it `allowed`."""
    if not isinstance(value, str) or len(value) > _TOO_LONG:
        return []
    text = value.strip()
    meant: list[Any] = [word for word in (words()["values"].get(text.lower()),) if isinstance(word, str)]
    meant += [
        state == "true" for state in ("true", "false") if text.lower() in (state, *words()["values"][state])
    ]
    if amount := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", text):
        number, unit = amount.groups()
        meant += [number + other for other in words()["units"].get(unit, [unit] if " " in text else [])]
    if text != value:
        meant.append(text)
    return [word for word in meant if word != value and allowed(word)]


def inside(path: Path, value: Any) -> list[Path]:
    """The setting, or the two, of a section that a value was meant for which stands in place of the section."""
    node = resolved(_known(path) or {})
    known = {name: resolved(child) for name, child in node.get("properties", {}).items()}
    switch = respelt(value, lambda known: isinstance(known, bool))
    if isinstance(value, bool) or switch:
        names = [name for name in ("enabled", "defaultEnabled", "manageSystemACLs") if name in known]
    else:
        names = [
            name for name, child in known.items() if value in child.get("enum", ()) and value is not None
        ]
        names = names or [
            name for name, child in known.items() if _fit(child, value) == _RIGHT and _simple(child)
        ]
    return [(*path, name) for name in names] if len(names) <= 2 else []


def _simple(node: Node) -> bool:
    return not {"object", "array"} & set(_types(node))


def named(key: str) -> list[Path]:
    """The paths of the values of this name."""
    return [path for path, _ in _places(()).get(key, ())]


def _formerly(path: Path) -> str:
    """What became of the removed value of this name, misplaced as it is; "" for a name that says less."""
    from chartgen.schema import removed

    key = str(path[-1])
    gone = [entry for known, entry in removed.entries().items() if known[-1] == key]
    # of several, the one for all components
    gone = gone if len(gone) == 1 else [name for name in gone if name.entry[:-1] == ("global",)]
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


def _elsewhere(path: Path, value: Any, user: Mapping[str, Any]) -> list[_Place]:
    """Where a key of this name does exist, that was surely meant, or the two places that may have been."""
    from rapidfuzz.distance import OSA

    base, parent = _base(path), path[:-1]
    named = _places(base).get(str(path[-1]), ())
    fitting = [
        _Place(known, node, fits)
        for known, node in named
        if known != path and (fits := _fit(node, value)) != _WRONG and not _taken(user, known, value)
    ]
    if len(named) > (_TOO_COMMON if parent else 3) or not fitting:
        return []

    def likeness(place: _Place) -> tuple[bool, int, int]:
        # a level left out, as ingressGateways.replicas leaves out the defaults
        below = bool(parent) and place.path[:-2] == parent
        return not below, place.fit, -len(set(place.path[:-1]) & set(parent))

    def order(place: _Place) -> tuple[tuple[bool, int, int], int, int]:
        apart = int(OSA.distance(dotted(place.path[:-1]), dotted(parent)))
        return likeness(place), apart, len(place.path)

    ordered = sorted(fitting if base else _near_by(parent, fitting, len(named)), key=order)
    alike = [place for place in ordered if likeness(place) == likeness(ordered[0])]
    if base or len(alike) == 1:
        only = len(named) == 1 and ordered[:1] == fitting and fitting[0].fit == _RIGHT and len(path) > 1
        at_home = only and (base or ordered[0].path[0] in (parent[0], "global") or len(ordered[0].path) == 1)
        return [ordered[0]._replace(certain=bool(at_home))] if ordered else []
    return alike if len(alike) == 2 and parent else []


def _near_by(parent: Path, places: list[_Place], named: int) -> list[_Place]:
    """The places that may be meant from a section: a section as a whole, one of the same component, one for all.

    A setting of another component, or of another part of the same, that has the same name is hardly what was meant,
    unless it is the only one.
    """
    if whole := [place for place in places if len(place.path) == 1 and place.fit == _RIGHT]:
        return whole
    if same := [place for place in places if parent and place.path[0] == parent[0]]:
        return [place for place in same if named <= _FEW or _akin(parent, place.path)]
    wide = [
        place
        for place in places
        if place.path[0] == "global" and (len(place.path) == 2 or (len(place.path) == 3 and named == 1))
    ]
    if len(wide) == 1:
        return wide
    alone = places[0].fit == _RIGHT and (named == 1 or (len(places) == 1 and len(parent) == 1))
    return places if alone or not parent else []


def _akin(parent: Path, path: Path) -> bool:
    """Whether one is on the way to the other: a level too many, or one left out below a component, which is no `global`."""
    above = path[:-1]
    left_out = above[: len(parent)] == parent and parent != ("global",)
    return parent[: len(above)] == above or left_out or above[-1] == parent[-1]


def _misspelt_elsewhere(path: Path) -> list[str]:
    """Names of other places that are one letter off, where the name is long enough for that to mean something."""
    key = str(path[-1])
    if len(key) <= 5:
        return []
    return [name for name, _ in _near(key, _places(_base(path)), 1) if len(name) > 6]
