"""What is another in one sequence of Kubernetes objects than in another, object by object and field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chartgen.compare import meaning
from chartgen.compare.stored import CLUSTER_WIDE, stored
from chartgen.diagnostics import Path, Span, dotted

What = Literal["added", "removed", "changed"]
# how much a difference is. meaning: something else is done. spelling: the same is done, but the API server stores
# something new, and a pod template with it is a new one. stored: the API server keeps the same.
Weight = Literal["meaning", "spelling", "stored"]


class Item(str):
    """A step of a path into a list: the name of the item, by which Kubernetes merges the list."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A value that makes a difference, such as `server.replicas`: what set it on the new side (on the old one, where the
    new one has the default), and its place."""

    path: Path
    set_by: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of an object that is another, or written otherwise: None stands for one that is not there."""

    path: Path
    old: Any
    new: Any
    weight: Weight = "meaning"
    causes: tuple[Cause, ...] = ()

    @property
    def meaning(self) -> bool:
        """Whether the object does something else because of it."""
        return self.weight == "meaning"

    @property
    def place(self) -> str:
        """The path as people write it: `spec.template.spec.containers[consul].image`."""
        out = ""
        for step in self.path:
            if isinstance(step, (Item, int)):
                out += f"[{step}]"
            else:
                out += dotted((step,)) if "." in step or not out else f".{step}"
        return out


@dataclass(frozen=True, slots=True)
class Change:
    """An object that comes, goes, or is another; `fields` are those that differ, in the order of the object.

    `causes` are the values for which it comes or goes. `beside` are all objects of the new side: what a change leads to depends on who reads the object.
    """

    what: What
    kind: str
    namespace: str
    name: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    fields: tuple[FieldChange, ...] = ()
    causes: tuple[Cause, ...] = ()
    beside: Sequence[Mapping[str, Any]] = field(default=(), repr=False, compare=False)

    @property
    def weight(self) -> Weight:
        """The gravest of its fields' weights."""
        found = {changed.weight for changed in self.fields}
        if self.what != "changed" or "meaning" in found:
            return "meaning"
        return "spelling" if "spelling" in found else "stored"

    @property
    def title(self) -> str:
        return f"{self.kind}/{self.name}"


Identity = tuple[str, str, str, str]


def identity(data: Mapping[str, Any], namespace: str = "") -> Identity:
    """What tells an object from all others: its group, kind, namespace and name; `namespace` is the release's."""
    kind = str(data.get("kind"))
    metadata = data.get("metadata") or {}
    group = str(data.get("apiVersion", "")).rpartition("/")[0]
    where = "" if kind in CLUSTER_WIDE else str(metadata.get("namespace") or namespace)
    return group, kind, where, str(metadata.get("name"))


def changes(
    old: Iterable[Mapping[str, Any]],
    new: Iterable[Mapping[str, Any]],
    namespace: str = "",
    *,
    beside: Iterable[Mapping[str, Any]] = (),
) -> tuple[Change, ...]:
    """What is another in the new objects, those that only differ in how they are written included; sorted by kind and
    name. Of objects that are there twice, the last one counts, as it does for the API server.

    `beside` are objects of the new side that are there, too, and are not compared.
    """
    before = {identity(object_, namespace): object_ for object_ in old}
    after = {identity(object_, namespace): object_ for object_ in new}
    known = tuple({**{identity(object_, namespace): object_ for object_ in beside}, **after}.values())
    found = []
    for key in sorted(before.keys() | after.keys(), key=lambda key: (key[1], key[2], key[3], key[0])):
        first, second = before.get(key), after.get(key)
        if first is not None and second is not None:
            different = fields(first, second) if first != second else ()
            if different:
                found.append(Change("changed", *key[1:], first, second, different, beside=known))
        else:
            found.append(
                Change("removed" if second is None else "added", *key[1:], first, second, beside=known)
            )
    return tuple(found)


def fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The fields in which two objects of a kind and name differ, each with how much that is."""
    kind = str(new.get("kind"))
    found = {changed.path: changed for changed in _walk(kind, stored(old), stored(new), ())}
    # what the API server stores alike shows only in what was written
    for changed in _walk(kind, old, new, ()):
        if not any(changed.path[:length] in found for length in range(len(changed.path) + 1)) and not any(
            path[: len(changed.path)] == changed.path for path in found
        ):
            found[changed.path] = FieldChange(changed.path, changed.old, changed.new, "stored")
    return tuple(found.values())


def means_the_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two objects of one kind and name do the same in a cluster, however they are written."""
    return not any(changed.meaning for changed in fields(old, new))


def is_stored_alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the API server, which has the old object, changes nothing when it is given the new one."""
    return all(changed.weight == "stored" for changed in fields(old, new))


def _walk(kind: str, old: Any, new: Any, path: Path) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in (*old, *(key for key in new if key not in old)):
            if key == "args" and "image" in old and "image" in new and meaning.same_arguments(old, new):
                if old.get(key) != new.get(key):
                    yield FieldChange((*path, key), old.get(key), new.get(key), "spelling")
            elif old.get(key) != new.get(key) or type(old.get(key)) is not type(new.get(key)):
                yield from _walk(kind, old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(kind, old, new, path)
    else:
        yield from _leaf(kind, old, new, path)


def _leaf(kind: str, old: Any, new: Any, path: Path) -> Iterator[FieldChange]:
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    if path == ("apiVersion",) or meaning.is_same_amount(path, old, new):
        yield FieldChange(path, old, new, "stored")
    elif meaning.is_same_text(kind, path, old, new):
        yield FieldChange(path, old, new, "spelling")
    else:
        yield FieldChange(path, old, new)


def _lists(kind: str, old: list[Any], new: list[Any], path: Path) -> Iterator[FieldChange]:
    if old == new:
        return
    last = str(path[-1]) if path else ""
    named = _named(last, old), _named(last, new)
    if named[0] is not None and named[1] is not None:
        yield from _named_items(kind, named[0], named[1], path)
        return
    if last in ("command", "args"):
        weight: Weight = "spelling" if meaning.same_command(last, old, new) else "meaning"
        yield FieldChange(path, old, new, weight)
        return
    if last == "rules" and kind in ("ClusterRole", "Role"):
        yield FieldChange(path, old, new, "spelling" if _permissions(old) == _permissions(new) else "meaning")
        return
    if len(old) == len(new) and not meaning.is_set(kind, last):
        for number, (first, second) in enumerate(zip(old, new, strict=True)):
            if first != second:
                yield from _walk(kind, first, second, (*path, number))
        return
    canonical = [sorted(_canonical(kind, item, path) for item in items) for items in (old, new)]
    same = meaning.is_set(kind, last) and canonical[0] == canonical[1]
    yield FieldChange(path, old, new, "spelling" if same else "meaning")


def _named(name: str, items: list[Any]) -> dict[str, Any] | None:
    """The items of a list by their names; None where they have none, or one name twice."""
    key = meaning.KEYED.get(name)
    if key is None or not all(isinstance(item, Mapping) for item in items):
        return None
    found = {key(item): item for item in items}
    return found if len(found) == len(items) else None


def _named_items(kind: str, old: dict[str, Any], new: dict[str, Any], path: Path) -> Iterator[FieldChange]:
    for name in (*old, *(name for name in new if name not in old)):
        if old.get(name) != new.get(name):
            yield from _walk(kind, old.get(name), new.get(name), (*path, Item(name)))
    order = [name for name in old if name in new], [name for name in new if name in old]
    if order[0] != order[1]:
        same = meaning.same_in_order(str(path[-1]), [*old.values()], [*new.values()])
        yield FieldChange(path, order[0], order[1], "spelling" if same else "meaning")


def _canonical(kind: str, item: Any, path: Path) -> str:
    """An item in one spelling: keys in order, what is a set sorted."""

    def ordered(node: Any, name: str) -> Any:
        if isinstance(node, Mapping):
            return {str(key): ordered(node[key], str(key)) for key in sorted(node, key=str)}
        if isinstance(node, list):
            items = [ordered(item, "") for item in node]
            return sorted(items, key=json.dumps) if meaning.is_set(kind, name) else items
        return node

    return json.dumps(ordered(item, str(path[-1]) if path else ""), sort_keys=True, default=str)


def _permissions(rules: list[Any]) -> frozenset[tuple[str, ...]]:
    """What the rules of a role allow, a verb on a thing each."""
    found: set[tuple[str, ...]] = set()
    for rule in rules:
        if not isinstance(rule, Mapping) or not all(isinstance(entry, list) for entry in rule.values()):
            # no rule that a server takes
            found.add((json.dumps(rule, sort_keys=True, default=str),))
            continue
        lists = {key: [str(entry) for entry in rule[key]] for key in rule}
        for verb in lists.get("verbs", ()):
            found |= {(verb, "url", url) for url in lists.get("nonResourceURLs", ())}
            found |= {
                (verb, group, resource, name)
                for group in lists.get("apiGroups", ())
                for resource in lists.get("resources", ())
                for name in lists.get("resourceNames") or ("",)
            }
    return frozenset(found)
