"""Patches of objects: strategic merges and JSON patches (RFC 6902), by kind and name, out of a file.

A patch that matches nothing, or changes nothing, is an error: it says something that is not so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from chartgen import values
from chartgen.alter.merge import GONE, Misfit, merged
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span
from chartgen.kubernetes import merge_keys
from chartgen.late import OPEN, TOKEN, LateBound, with_names
from chartgen.render.document import Document, Mark, pruned
from chartgen.values import source, tree
from chartgen.values.source import Source

KEY = "patches"
_KEYS = ("kind", "name", "namespace", "merge", "json")
_EXAMPLE = "such as {kind: StatefulSet, name: server, merge: {spec: …}}"
_IDENTITY: tuple[Path, ...] = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


class Patch(NamedTuple):
    """A patch of the objects of a kind and name, which may hold `*`; `body` is merged in, or is a list of operations. `path` is
    its place in the source."""

    kind: str
    name: str
    namespace: str | None
    body: Any
    is_json: bool
    path: Path
    source: Source

    @property
    def place(self) -> Path:
        """The path of the body in the source."""
        return (*self.path, "json" if self.is_json else "merge")

    def span(self, path: Path = ()) -> Span:
        """The place of a part of the body, or of the nearest that has one."""
        whole = (*self.place, *path)
        spans = self.source.spans
        return next(spans[whole[:length]] for length in range(len(whole), 0, -1) if whole[:length] in spans)


@dataclass(frozen=True, slots=True)
class Patches:
    """What a file has to patch, and its text."""

    patches: tuple[Patch, ...]
    text: str
    sha256: str


class Gone(NamedTuple):
    """An object that is no longer there: its place among those that there were, and who asked for that."""

    place: int
    document: Document
    mark: Mark


@dataclass(frozen=True, slots=True)
class Patched:
    """The objects with the patches, those that are gone, and what is wrong with the patches."""

    documents: tuple[Document, ...]
    gone: tuple[Gone, ...]
    findings: tuple[Diagnostic, ...]


def read(path: str) -> Patches:
    """The patches in a file, a list at its key `patches`. Raises Rejected with everything that is wrong in it."""
    data = source.read_bytes(path)
    return of(source.read_text(data, path), data.decode("utf-8-sig"))


def of(read: Source, text: str, at: Path = ()) -> Patches:
    """The patches in a source, a list at the key `patches` of the map at a path. Raises Rejected as `read` does."""
    found: list[Patch] = []
    wrong: list[Diagnostic] = []
    whole: Path = (*at, KEY)
    listed = tree.at(read.data, whole)
    others = [key for key in read.data if key != KEY] if not at else []
    for key in others:
        wrong.append(_wrong(read, (key,), f"there is no section {key}", expected=KEY))
    if not isinstance(listed, list) or not listed:
        wrong.append(_wrong(read, whole, f"{KEY} is a list of patches", expected=_EXAMPLE))
    else:
        for number, entry in enumerate(listed):
            path = (*whole, number)
            bad = [*_bad(read, path, entry)]
            wrong += bad
            if not bad:
                is_json = "json" in entry
                body = entry["json" if is_json else "merge"]
                found.append(
                    Patch(entry["kind"], entry["name"], entry.get("namespace"), body, is_json, path, read)
                )
    if wrong:
        raise Rejected(wrong)
    return Patches(tuple(found), text, hashlib.sha256(text.encode()).hexdigest())


def _wrong(read: Source, path: Path, message: str, **details: Any) -> Diagnostic:
    spans = values.value_spans_of(path, (read,)) if "found" in details else values.spans_of(path, (read,))
    return Diagnostic("bad-patch", message, path=path, spans=spans or (Span(read.name, 0, 0),), **details)


def _bad(read: Source, path: Path, entry: Any) -> Iterator[Diagnostic]:
    """What is wrong with the form of an entry."""
    if not isinstance(entry, dict):
        yield _wrong(read, path, "a patch is a map", expected=_EXAMPLE)
        return
    for key in entry:
        if key not in _KEYS:
            yield _wrong(read, (*path, key), f"a patch has no {key}", expected=", ".join(_KEYS))
    for key in ("kind", "name"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            yield _wrong(read, (*path, key), f"a patch has the {key} of its object", expected=_EXAMPLE)
    if not isinstance(entry.get("namespace", ""), str):
        yield _wrong(read, (*path, "namespace"), "a namespace is text", found=str(entry["namespace"]))
    if ("merge" in entry) == ("json" in entry):
        yield _wrong(read, path, "a patch has either a merge or json", expected=_EXAMPLE)
    elif "merge" in entry:
        if not isinstance(entry["merge"], dict) or not entry["merge"]:
            yield _wrong(read, (*path, "merge"), "merge is a part of an object", expected="a map with keys")
    elif not isinstance(entry["json"], list) or not entry["json"]:
        yield _wrong(
            read, (*path, "json"), "json is a list of operations", expected="such as [{op: add, path: /spec/x, value: 1}]"
        )  # fmt: skip
    else:
        yield from _bad_operations(read, (*path, "json"), entry["json"])


def _bad_operations(read: Source, path: Path, operations: list[Any]) -> Iterator[Diagnostic]:
    import jsonpatch
    import jsonpointer

    for number, operation in enumerate(operations):
        try:
            if not isinstance(operation, dict):
                raise jsonpatch.InvalidJsonPatch("an operation is a map")
            jsonpatch.JsonPatch([operation])
            jsonpointer.JsonPointer(operation["path"])
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as error:
            yield _wrong(
                read, (*path, number), f"this is no operation of a JSON patch: {error}",
                expected="op (add, remove, replace, move, copy, test), path, and what that needs",
            )  # fmt: skip


def applied(documents: Sequence[Document], files: Sequence[Patches], late: LateBound) -> Patched:
    """The objects with all patches, one after the other."""
    there: list[Document | None] = list(documents)
    gone: list[Gone] = []
    found: list[Diagnostic] = []
    for patch in (patch for each in files for patch in each.patches):
        chosen, wrong = _chosen(patch, there)
        if wrong is not None:
            found.append(wrong)
            continue
        changed, wrongs = 0, 0
        body = _with_names(patch.body, late)
        for place in chosen:
            document = there[place]
            assert document is not None
            try:
                after = _one(patch, body, document)
            except Rejected as rejected:
                found += rejected.diagnostics
                wrongs += 1
                continue
            if after is None:
                there[place] = None
                span = patch.span()
                gone.append(Gone(place, document, Mark((), f"{span.source}:{span.line}", span)))
                changed += 1
            elif after is not document:
                there[place] = after
                changed += 1
        if not changed and not wrongs:
            found.append(
                _told(
                    patch, "patch-changes-nothing", "this patch changes nothing: all of it is there already"
                )
            )
    last = _rolled(documents, there)
    return Patched(tuple(each for each in last if each is not None), tuple(sorted(gone)), tuple(found))


def _told(patch: Patch, code: str, message: str, path: Path = (), **details: Any) -> Diagnostic:
    return Diagnostic(code, message, spans=(patch.span(path),), **details)


def _with_names(node: Any, late: LateBound) -> Any:
    """What a patch says, with the names that an installation knows as they stand in the objects."""
    if isinstance(node, str):
        return with_names(node, late.token) if "{{" in node else node
    if isinstance(node, dict):
        return {_with_names(key, late): _with_names(item, late) for key, item in node.items()}
    return [_with_names(item, late) for item in node] if isinstance(node, list) else node


def _spellings(name: str) -> set[str]:
    """The names that an object goes by: with a release called RELEASE, with one called as the chart, and without it."""
    if OPEN not in name:
        return {name, name.removeprefix("consul-")}
    bare = TOKEN.sub("", name).strip("-")
    return {TOKEN.sub("RELEASE-consul", name), TOKEN.sub("consul", name), TOKEN.sub("RELEASE", name), bare}


def _readable(document: Document) -> str:
    return f"{document.kind}/{TOKEN.sub('RELEASE-consul', document.name)}"


def _chosen(patch: Patch, there: Sequence[Document | None]) -> tuple[list[int], Diagnostic | None]:
    """The places of the objects that a patch is of, or what to say where there are none, or too many."""
    of_kind = [
        (place, document)
        for place, document in enumerate(there)
        if document is not None and document.kind == patch.kind
    ]
    found = [
        (place, document)
        for place, document in of_kind
        if any(fnmatchcase(name, patch.name) for name in _spellings(document.name))
        and patch.namespace in (None, str(document.head["metadata"].get("namespace") or ""))
    ]
    exact = [each for each in found if each[1].name == patch.name]
    if len(found) > 1 and "*" not in patch.name:
        found = exact or found
    if not found:
        from chartgen.schema import suggest

        kinds = sorted({document.kind for document in there if document is not None})
        names = sorted({_readable(document).partition("/")[2] for _, document in of_kind})
        near = suggest.closest(patch.name, names) if names else suggest.closest(patch.kind, kinds)
        listed = (
            f"of this kind there are {', '.join(names)}"
            if names
            else f"kinds of its objects: {', '.join(kinds)}"
        )
        return [], Diagnostic(
            "patch-without-object",
            f"with these values the chart has no {patch.kind} {patch.name}",
            spans=(patch.source.spans.get((*patch.path, "name" if names else "kind"), patch.span()),),
            found=f"{patch.kind}/{patch.name}",
            hint=f"did you mean {near}?" if near else listed,
        )
    if len(found) > 1 and "*" not in patch.name:
        places = ", ".join(
            f"{_readable(document)} in {TOKEN.sub('the release’s namespace', str(document.head['metadata'].get('namespace')))}"
            for _, document in found
        )
        return [], Diagnostic(
            "patch-without-object",
            f"several objects are called {patch.name}",
            spans=(patch.source.spans.get((*patch.path, "name"), patch.span()),),
            found=places,
            hint="add the namespace, or write * for all of them",
        )
    return [place for place, _ in found], None


def _one(patch: Patch, body: Any, document: Document) -> Document | None:
    """The object with a patch, the same where it changes nothing; None where it is gone. Raises Rejected."""
    data = document.data
    after = _operated(patch, body, document) if patch.is_json else _merged(patch, body, document)
    if after is GONE:
        return None
    after = pruned(after) if isinstance(after, dict) else after
    if not isinstance(after, dict) or any(tree.at(after, path) != tree.at(data, path) for path in _IDENTITY):
        raise Rejected(
            [
                _told(
                    patch,
                    "patch-renames",
                    f"a patch does not change what {_readable(document)} is",
                    expected="apiVersion, kind, name and namespace as they are",
                )
            ]
        )
    if tree.same(after, data):
        return document
    marks = [
        Mark(path, f"{span.source}:{span.line}", span)
        for path in _different(data, after, ())
        for span in (patch.span(_origin(patch, body, after, path)),)
    ]
    earlier = [mark for mark in document.marks if not any(each.path == mark.path for each in marks)]
    return document._replace(head=after, text="", kept=None, marks=(*earlier, *marks))


def _merged(patch: Patch, body: Any, document: Document) -> Any:
    lists = merge_keys.merges(str(document.head.get("apiVersion")))
    try:
        return merged(document.data, body, document.kind, lists=lists)
    except Misfit as misfit:
        finding = _told(
            patch,
            "patch-fails",
            f"{_readable(document)}: {misfit.what}",
            misfit.path,
            expected=misfit.expected,
        )
        raise Rejected([finding]) from None


def _operated(patch: Patch, body: Any, document: Document) -> Any:
    import jsonpatch
    import jsonpointer

    data = tree.copied(document.data)
    for number, operation in enumerate(body):
        try:
            # what is put in is the object's own from here on
            data = jsonpatch.JsonPatch([tree.copied(operation)]).apply(data, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            there = jsonpointer.resolve_pointer(data, operation["path"], None)
            raise Rejected(
                [
                    _told(
                        patch, "patch-fails", f"{operation['path']} of {_readable(document)} is something else",
                        (number,), found=_short(there), expected=_short(operation.get("value")),
                    )
                ]
            ) from None  # fmt: skip
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError):
            where = str(operation.get("from") or operation["path"])
            raise Rejected(
                [
                    _told(
                        patch, "patch-fails", f"{_readable(document)} has no place {where} to {operation['op']}",
                        (number,), found=where, expected=_near(data, where),
                    )
                ]
            ) from None  # fmt: skip
    return data


def _near(data: Any, pointer: str) -> str:
    """What there is at the last place on the way that is there."""
    here, way = data, ""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        else:
            break
        way += f"/{step}"
    if isinstance(here, dict):
        return f"{way or 'the object'} has {', '.join(TOKEN.sub('…', str(key)) for key in here) or 'no keys'}"
    return f"{way} has {len(here)} items" if isinstance(here, list) else f"{way} is no map and no list"


def _short(value: Any) -> str:
    text = TOKEN.sub("…", json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 80 else text[:77] + "..."


def _different(old: Any, new: Any, path: Path) -> Iterator[Path]:
    """The paths at which something is another, the deepest that say so."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*new, *(key for key in old if key not in new)):
            if key not in old or key not in new:
                yield (*path, key)
            else:
                yield from _different(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) <= len(new):
        for number, item in enumerate(new):
            if number >= len(old):
                yield (*path, number)
            else:
                yield from _different(old[number], item, (*path, number))
    elif not tree.same(old, new):
        yield path


def _origin(patch: Patch, body: Any, after: Any, path: Path) -> Path:
    """The place in a patch that made a field of the object what it is."""
    if patch.is_json:
        wanted = [str(step) for step in path]
        for number in reversed(range(len(body))):
            steps = [
                step.replace("~1", "/").replace("~0", "~")
                for step in str(body[number]["path"]).split("/")[1:]
            ]
            if all(a == b or a == "-" for a, b in zip(steps, wanted, strict=False)):
                return (number,)
        return ()
    place: list[str | int] = []
    node, there = body, after
    for step in path:
        if isinstance(node, list) and isinstance(there, list) and isinstance(step, int) and step < len(there):
            item = there[step]
            at = next((at for at, each in enumerate(node) if _is_part(each, item)), None)
            if at is None:
                break
            place.append(at)
            node, there = node[at], item
        elif isinstance(node, dict) and step in node:
            place.append(step)
            node, there = node[step], tree.at(there, (step,))
        else:
            break
    return tuple(place)


def _is_part(part: Any, whole: Any) -> bool:
    """Whether an item of a patch is merged into an item of the object."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(whole.get(key) == item for key, item in part.items() if isinstance(item, (str, int)))
    return bool(part == whole)


def _rolled(before: Sequence[Document], after: Sequence[Document | None]) -> list[Document | None]:
    """Pods say by annotations what configuration they were made with, so that they are replaced when that is another: those
    that mount a patched one say so, too."""
    patched = {
        (new.kind, new.name): hashlib.sha256(json.dumps(new.data, sort_keys=True).encode()).hexdigest()
        for old, new in zip(before, after, strict=True)
        if new is not None and new is not old and new.kind in ("ConfigMap", "Secret")
    }
    if not patched:
        return list(after)
    return [_with_checksums(each, patched) if each is not None else None for each in after]


def _with_checksums(document: Document, patched: Mapping[tuple[str, str], str]) -> Document:
    place: Path = ("spec", "template", "metadata", "annotations")
    annotations = tree.at(document.head, place)
    sums = [key for key in annotations if "checksum" in key] if isinstance(annotations, dict) else []
    if not sums:
        return document
    text = json.dumps(tree.at(document.head, ("spec", "template", "spec")))
    mounted = [digest for (_, name), digest in patched.items() if json.dumps(name) in text]
    if not mounted:
        return document
    data: Any = document.head
    for key in sums:
        joined = "".join([str(annotations[key]), *mounted])
        data = tree.replaced(data, (*place, key), hashlib.sha256(joined.encode()).hexdigest())
    return document._replace(head=data, kept=None)
