"""Which values make a difference: those that differ are tried one by one, and what each changes is looked at.

Templates say which values they read, so each trial renders only what reads the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chartgen import kube_version, names, render, schema, values
from chartgen.chart import answers
from chartgen.compare.changes import Cause, Change, FieldChange, Identity, Item, fields, identity
from chartgen.compare.meaning import KEYED
from chartgen.diagnostics import Path, Rejected
from chartgen.render import Rendered
from chartgen.render.document import Document, Mark, resolved
from chartgen.settings import settings
from chartgen.sides import carried
from chartgen.sides.side import Side, Target
from chartgen.values import tree
from chartgen.values.reads import SetAside, touches
from chartgen.values.source import Source

if TYPE_CHECKING:
    from chartgen.chart import Chart

# trying more values than this takes too long; then the values that a template reads have to do
_MOST_TRIED = 60
_KUBE_VERSION = "--kube-version"
_OF_IMAGES = ("--mirror", "--digests")


@dataclass(frozen=True, slots=True)
class _Trial:
    """What differs when one value is as on the other side: the fields of each object, or that it comes or goes."""

    path: Path
    fields: Mapping[Identity, Sequence[Path]]
    come_or_gone: frozenset[Identity]


def told(changes: tuple[Change, ...], old: Side, new: Side, target: Target) -> tuple[Change, ...]:
    """The changes with their causes: where it is known of what both sides are made, the values and flags that differ and make
    the difference; where only of the new one, the user's values that what is new comes from."""
    if not changes or new.flags is None or new.values is None:
        return changes
    versions = [_kube_version(side) for side in (old, new)]
    last = _rendered(new.values, versions[1])
    if last is None:
        return changes
    if old.flags is not None and old.values is not None:
        values_before, first = old.values, _rendered(old.values, versions[0], last)
        if first is None:
            return changes
        different = sorted(last.values.changed(first.values), key=str)
    else:
        # as if each of them were the default
        values_before, first = schema.defaults(), None
        different = [*tree.leaves(values.layer(new.sources))]
    after = _by_identity(last, new.values, target)
    trials = [
        trial
        for path in (different if len(different) <= _MOST_TRIED else ())
        if (trial := _tried(path, new.values, values_before, last, versions[1], after, target)) is not None
    ]
    documents, of_version = dict(after), None
    if first is not None:
        documents = _by_identity(first, values_before, target) | documents
        if versions[0] != versions[1] and (mixed := _rendered(new.values, versions[0])) is not None:
            of_version = _trial((), after, new.values, mixed, new.values, target)
    words = " → ".join(carried.pairs(side.flags or ()).get(_KUBE_VERSION, "none") for side in (old, new))
    of_flag = Cause((), f"{_KUBE_VERSION} {words}")
    sources = [_sources(side, old, new) for side in (old, new)]
    out = []
    for change in changes:
        document = documents.get(_key(change))
        reads = document.reads if document is not None and first is not None else frozenset()
        read = [path for path in different if any(touches(each, path) for each in reads)]
        asked = [mark.path for side in (new, old) for mark in side.marks.get(_key(change), ())]
        told = _with_causes(change, document is not None, trials, read, sources[0], sources[1], asked)
        out.append(_with_flag(told, of_version, of_flag) if of_version is not None else told)
    return tuple(out)


def _kube_version(side: Side) -> tuple[int, int] | None:
    return kube_version.parsed(carried.pairs(side.flags or ()).get(_KUBE_VERSION))


def _sources(side: Side, old: Side, new: Side) -> tuple[Source, ...]:
    """What may have set a value of a side; what both have by the same flags makes no difference between them."""
    return side.sources if made_alike(old, new, *_OF_IMAGES) else (*side.sources, *side.renamed)


def made_alike(old: Side, new: Side, *flags: str) -> bool:
    """Whether both sides were made with the same of some flags, as far as that is known of either."""
    first, second = (carried.pairs(side.flags or ()) for side in (old, new))
    return all(first.get(flag) == second.get(flag) for flag in flags)


def marks(chart: Chart, target: Target) -> dict[Identity, tuple[Mark, ...]]:
    """By object of a chart, the fields that were changed in it beyond what values say; of one that is gone, the whole."""
    if chart.done is None:
        return {}
    answer = answers.at_install(
        chart.values, target.release, target.namespace, upgrade=True, chart=chart.name, version=chart.version
    )
    asked = [(document, document.marks) for document in chart.documents]
    asked += [(each.document, (each.mark,)) for each in chart.done.gone]
    return {
        identity(resolved(document.head, chart.late, answer)): found for document, found in asked if found
    }


def altered(changes: tuple[Change, ...], old: Side, new: Side) -> tuple[Change, ...]:
    """The changes with who asked for them beyond what values say, where that made the difference."""
    if not old.marks and not new.marks:
        return changes
    out = []
    for change in changes:
        asked = [side.marks.get(_key(change), ()) for side in (new, old)]
        fields_ = tuple(
            replace(each, causes=_with(each.causes, _asked(asked, _plain(each, change))))
            for each in change.fields
        )
        # only an object that is gone was asked for as a whole
        whole = _with(change.causes, _asked([[mark for mark in side if not mark.path] for side in asked], ()))
        out.append(replace(change, fields=fields_, causes=whole))
    return tuple(out)


def _asked(marks: Sequence[Sequence[Mark]], path: Path) -> list[tuple[Cause, bool]]:
    """Who asked for a field, on the new side or else on the old one, each with whether both sides did."""
    touched = [[mark for mark in side if touches(mark.path, path)] for side in marks]
    found, other = next(((side, touched[side is touched[0]]) for side in touched if side), ((), ()))
    return [(Cause((), mark.by, mark.span), mark.by in {each.by for each in other}) for mark in found]


def _with(causes: tuple[Cause, ...], asked: Iterable[tuple[Cause, bool]]) -> tuple[Cause, ...]:
    """The values, and who asked for it where no value says so; what both sides asked for makes a difference only where no
    value does."""
    told = {cause.set_by for cause in causes}
    more = [cause for cause, both in asked if cause.set_by not in told and not (both and causes)]
    return (*causes, *dict.fromkeys(more))


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


def _key(change: Change) -> Identity:
    data: Mapping[str, Any] = change.new or change.old or {}
    return identity(data)


def _rendered(
    effective: Mapping[str, Any], version: tuple[int, int] | None, previous: Rendered | None = None
) -> Rendered | None:
    view = schema.view(schema.complete(effective))
    try:
        return render.render(view, settings(view), kube_version=version, previous=previous)
    except (Rejected, SetAside, AttributeError, KeyError, TypeError, ValueError):
        # a value that does not go with the others of the other side
        return None


def _by_identity(
    rendered: Rendered, effective: Mapping[str, Any], target: Target
) -> dict[Identity, Document]:
    answer = answers.named(effective, target.release, target.namespace)
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
    version: tuple[int, int] | None,
    before: Mapping[Identity, Document],
    target: Target,
) -> _Trial | None:
    """What is another when a value of the new side is what it was."""
    mixed = tree.replaced(own, path, tree.at(other, path))
    rendered = _rendered(mixed, version, last)
    return _trial(path, before, own, rendered, mixed, target) if rendered is not None else None


def _trial(
    path: Path,
    before: Mapping[Identity, Document],
    own: Mapping[str, Any],
    rendered: Rendered,
    mixed: Mapping[str, Any],
    target: Target,
) -> _Trial:
    """What is another in documents of other values, or of another version of Kubernetes."""
    after = _by_identity(rendered, mixed, target)
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


def _with_flag(change: Change, trial: _Trial, cause: Cause) -> Change:
    """A change with the flag that makes it, as far as a trial shows that it does."""
    key = _key(change)
    if change.what != "changed":
        return replace(change, causes=(*change.causes, cause)) if key in trial.come_or_gone else change
    there = trial.fields.get(key, ())
    return replace(
        change,
        fields=tuple(
            replace(each, causes=(*each.causes, cause)) if _about(each.path, there) else each
            for each in change.fields
        ),
    )


def _with_causes(
    change: Change,
    known: bool,
    trials: Iterable[_Trial],
    read: Sequence[Path],
    old: Sequence[Source],
    new: Sequence[Source],
    asked: Sequence[Path],
) -> Change:
    def causes(paths: Sequence[Path], place: Path = ()) -> tuple[Cause, ...]:
        # where no value does it alone, all that may have done it together, unless somebody asked for it beyond values
        guessed = () if _about(place, asked) else read
        return tuple(_cause(path, old, new) for path in paths or guessed)

    if not known:
        return change
    key = _key(change)
    if change.what != "changed":
        return replace(change, causes=causes([trial.path for trial in trials if key in trial.come_or_gone]))
    by_path = [(trial.path, trial.fields.get(key, ())) for trial in trials]
    return replace(
        change,
        fields=tuple(
            replace(
                each,
                causes=causes(
                    [path for path, there in by_path if _about(each.path, there)], _plain(each, change)
                ),
            )
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
