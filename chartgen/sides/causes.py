"""Which values make a difference: those that differ are tried one by one, and what each changes is looked at.

Templates say which values they read, so each trial renders only what reads the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chartgen import names, render, schema, values
from chartgen.chart import answers
from chartgen.compare.changes import Cause, Change, FieldChange, Identity, Item, fields, identity
from chartgen.compare.meaning import KEYED
from chartgen.diagnostics import Path, Rejected
from chartgen.render import Rendered
from chartgen.render.document import Document, resolved
from chartgen.settings import settings
from chartgen.sides.side import Side, Target
from chartgen.values import tree
from chartgen.values.reads import SetAside, touches
from chartgen.values.source import Source

# trying more values than this takes too long; then the values that a template reads have to do
_MOST_TRIED = 60
_RELEASE, _NAMESPACE = "RELEASE", "NAMESPACE"


@dataclass(frozen=True, slots=True)
class _Trial:
    """What differs when one value is as on the other side: the fields of each object, or that it comes or goes."""

    path: Path
    fields: Mapping[Identity, Sequence[Path]]
    come_or_gone: frozenset[Identity]


def told(changes: tuple[Change, ...], old: Side, new: Side, target: Target) -> tuple[Change, ...]:
    """The changes with their causes: where both sides were compiled, the values that differ and make the difference; where
    only the new one was, the user's values that what is new comes from."""
    if not changes or not new.is_compiled or new.values is None:
        return changes
    last = _rendered(new.values)
    if last is None:
        return changes
    if old.is_compiled and old.values is not None:
        values_before, first = old.values, _rendered(old.values, last)
        if first is None:
            return changes
        different = sorted(last.values.changed(first.values), key=str)
    else:
        # as if each of them were the default
        values_before, first = schema.defaults(), None
        different = [*tree.leaves(values.layer(new.sources))]
    after = _by_identity(last, new.values)
    trials = [
        trial
        for path in (different if len(different) <= _MOST_TRIED else ())
        if (trial := _tried(path, new.values, values_before, last, after, target)) is not None
    ]
    places = _places(new, after)
    documents = dict(after)
    if first is not None:
        before = _by_identity(first, values_before)
        places = _places(old, before) | places
        documents = before | documents
    out = []
    for change in changes:
        key = places.get(_key(change))
        reads = documents[key].reads if key is not None and first is not None else frozenset()
        read = [path for path in different if any(touches(each, path) for each in reads)]
        out.append(_with_causes(change, key, trials, read, old.sources, new.sources))
    return tuple(out)


def altered(changes: tuple[Change, ...], old: Side, new: Side) -> tuple[Change, ...]:
    """The changes with who asked for them beyond what values say, where that made the difference."""
    asked = [_asked(side) for side in (new, old)]
    if not any(asked):
        return changes
    out = []
    for change in changes:
        marks = next((found for side in asked if (found := side.get(_key(change)))), [])
        fields_ = tuple(
            replace(
                each,
                causes=_with(
                    each.causes, [cause for path, cause in marks if touches(path, _plain(each, change))]
                ),
            )
            for each in change.fields
        )
        causes = _with(change.causes, [cause for path, cause in marks if not path])
        out.append(replace(change, fields=fields_, causes=causes))
    return tuple(out)


def _asked(side: Side) -> dict[Identity, list[tuple[Path, Cause]]]:
    """By object, the fields that were changed in it beyond what values say, and who asked for that."""
    found: dict[Identity, list[tuple[Path, Cause]]] = {}
    for data, marks in zip(side.objects, side.marks, strict=False):
        if marks:
            found[identity(data)] = [(mark.path, Cause((), mark.by, mark.span)) for mark in marks]
    return found


def _with(causes: tuple[Cause, ...], asked: Sequence[Cause]) -> tuple[Cause, ...]:
    """The values, and who asked for it where no value says so."""
    told = {cause.set_by for cause in causes}
    return (*causes, *(cause for cause in dict.fromkeys(asked) if cause.set_by not in told))


def _plain(field: FieldChange, change: Change) -> Path:
    """The path of a field as it stands in the object: names of items in lists as their numbers."""
    node: Any = change.new or change.old
    out: list[str | int] = []
    for step in field.path:
        if isinstance(step, Item) and isinstance(node, list):
            key = KEYED[str(out[-1])]
            step = next((number for number, item in enumerate(node) if key(item) == step), -1)
        out.append(step)
        node = tree.at(node, (step,))
    return tuple(out)


def _places(side: Side, documents: Mapping[Identity, Document]) -> dict[Identity, Identity]:
    """By the identity of each object of a side, that of the document that it is."""
    gone = {each.place for each in side.done.gone} if side.done is not None else ()
    there = [key for number, key in enumerate(documents) if number not in gone]
    return {identity(data): key for data, key in zip(side.objects, there, strict=False)}


def _key(change: Change) -> Identity:
    data: Mapping[str, Any] = change.new or change.old or {}
    return identity(data)


def _rendered(effective: Mapping[str, Any], previous: Rendered | None = None) -> Rendered | None:
    view = schema.view(schema.complete(effective))
    try:
        return render.render(view, settings(view), previous=previous)
    except (Rejected, SetAside, AttributeError, KeyError, TypeError, ValueError):
        # a value that does not go with the others of the other side
        return None


def _by_identity(rendered: Rendered, effective: Mapping[str, Any]) -> dict[Identity, Document]:
    answer = answers.named(effective, _RELEASE, _NAMESPACE)
    found = {}
    for document in rendered.documents:
        group, kind, namespace, name = identity(document.head)
        found[
            (group, kind, resolved(namespace, rendered.late, answer), resolved(name, rendered.late, answer))
        ] = document
    return found


def _tried(
    path: Path,
    own: Mapping[str, Any],
    other: Mapping[str, Any],
    last: Rendered,
    before: Mapping[Identity, Document],
    target: Target,
) -> _Trial | None:
    """What is another when a value of the new side is what it was."""
    mixed = tree.replaced(own, path, tree.at(other, path))
    rendered = _rendered(mixed, last)
    if rendered is None:
        return None
    after = _by_identity(rendered, mixed)
    answer = [
        answers.at_install(
            effective, target.release, target.namespace, upgrade=True, chart=names.CHART, version="0.1.0"
        )
        for effective in (own, mixed)
    ]

    def installed(document: Document, place: int) -> Any:
        return resolved(document.data, rendered.late, answer[place])

    found = {
        key: [each.path for each in fields(installed(before[key], 0), installed(document, 1))]
        for key, document in after.items()
        if key in before and before[key] is not document and before[key].data != document.data
    }
    return _Trial(path, found, frozenset(before.keys() ^ after.keys()))


def _with_causes(
    change: Change,
    key: Identity | None,
    trials: Iterable[_Trial],
    read: Sequence[Path],
    old: Sequence[Source],
    new: Sequence[Source],
) -> Change:
    def causes(paths: Sequence[Path]) -> tuple[Cause, ...]:
        return tuple(_cause(path, old, new) for path in paths or read)

    if key is None:
        return change
    if change.what != "changed":
        return replace(change, causes=causes([trial.path for trial in trials if key in trial.come_or_gone]))
    known = [(trial.path, trial.fields.get(key, ())) for trial in trials]
    return replace(
        change,
        fields=tuple(
            replace(each, causes=causes([path for path, there in known if _about(each.path, there)]))
            for each in change.fields
        ),
    )


def _about(path: Path, others: Iterable[Path]) -> bool:
    return any(touches(path, other) for other in others)


def _cause(path: Path, old: Sequence[Source], new: Sequence[Source]) -> Cause:
    for sources in (new, old):
        found = values.origin(path, sources)
        if found is not None:
            return Cause(path, str(found), found.span)
        # a part of it may be set
        if spans := values.spans_of(path, sources, exact=True):
            is_flag = spans[0].source.startswith("--")
            return Cause(path, spans[0].source + ("" if is_flag else f":{spans[0].line}"), spans[0])
    return Cause(path, "default")
