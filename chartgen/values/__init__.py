"""Merging as Helm merges, and who set what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, reduce

from chartgen.diagnostics import Path, Span
from chartgen.records import NamedTuple
from chartgen.values import set_flag, tree
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def layer(sources: Sequence[Source], memo: Memo = NOTHING) -> dict[str, Any]:
    """The users' sources merged, the last winning; a null stays, as it still has to remove a default.

    What begins with `x-` at the top is a place for YAML anchors, and left out. What only one source says is that source's own
    data, not to be changed.
    """
    if any(source.edits for source in sources):
        return _assigned(sources)
    named: dict[str, list[Any]] = {}
    for number, source in enumerate(sources):
        for key, value in source.data.items():
            if not key.startswith("x-"):
                named.setdefault(key, []).append(memo.seen(("source", number, key), value))
    return {
        key: said[0] if len(said) == 1 else memo.of(("layered", key), _layered, *said)
        for key, said in named.items()
    }


def _assigned(sources: Sequence[Source]) -> dict[str, Any]:
    """The sources merged, where some of them assign: what is assigned replaces, and does not merge."""
    merged: dict[str, Any] = {}
    for source in sources:
        if source.edits:
            for path, value in source.edits:
                set_flag.assign(merged, (path, tree.copied(value)))
        elif merged:
            merged = _merger().merge(merged, tree.copied(source.data))
        else:
            merged = tree.copied(source.data)
    return {key: value for key, value in merged.items() if not key.startswith("x-")}


def _layered(*said: Any) -> Any:
    """What several sources say of one section, the last winning. What only one says of a part is that source's own data."""
    return reduce(_merger().merge, said)


@cache
def _merger() -> Any:
    # most checks are of one file: what only several need is loaded for them
    from deepmerge import Merger

    # maps merge; of lists, scalars and different shapes the later one stays
    return Merger([(dict, _joined)], ["override"], ["override"])


def _joined(merger: Any, path: list[Any], first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Two maps as a fresh one that shares what is in one of them alone."""
    both = {
        key: merger.value_strategy([*path, key], first[key], value)
        for key, value in then.items()
        if key in first
    }
    return {**first, **then, **both}


def effective(user: Mapping[str, Any], defaults: Mapping[str, Any], memo: Memo = NOTHING) -> dict[str, Any]:
    """The user's values over the defaults: maps merge, lists and scalars replace, null removes.

    Known keys have the order of the defaults and others are sorted: the order in which users write them is no input.
    Where the user says nothing stand the defaults themselves, so that nobody has to look into what is the very same.
    """
    return _over((), memo, user, defaults)


def _over(path: Path, memo: Memo, user: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    if not user:
        return dict(standard)
    out: dict[str, Any] = {}
    for key, default in standard.items():
        if key not in user:
            out[key] = default
        elif isinstance(value := user[key], dict) and isinstance(default, dict):
            out[key] = memo.at("effective", (*path, key), _over, value, default)
        elif value is not None:
            out[key] = _sorted(value) if isinstance(value, (dict, list)) else value
    for key in sorted([key for key in user if key not in standard], key=str):
        out[key] = _sorted(user[key])
    return out


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def spans_of(path: Path, sources: Sequence[Source], *, exact: bool = False) -> tuple[Span, ...]:
    """Where `path` was set: its span in the last source that set it, or that of its nearest ancestor.

    With `exact`, only a source that has the path itself, or something below it, counts.
    """
    for length in range(len(path), 0, -1):
        part = path[:length]
        for source in reversed(sources):
            if part in source.spans:
                return (source.spans[part],)
        if exact:
            for source in reversed(sources):
                below = [span for known, span in source.spans.items() if known[:length] == part]
                if below:
                    return (below[0],)
            return ()
    return ()


def value_spans_of(path: Path, sources: Sequence[Source]) -> tuple[Span, ...]:
    """`spans_of`, but of the value where it stands on its key's line: what is wrong with a value is shown there."""
    for source in reversed(sources):
        key, value = source.spans.get(path), source.value_spans.get(path)
        if key is not None:
            return (value,) if value is not None and value.line == key.line else (key,)
    return spans_of(path, sources)


def lines_of(path: Path, sources: Sequence[Source]) -> set[tuple[str, int]]:
    """(source, line) of each line on which something stands that belongs to `path`."""
    return {
        (span.source, span.line)
        for source in sources
        for places in (source.spans, source.value_spans)
        for known, span in places.items()
        if known[: len(path)] == path and span.line
    }


def texts(sources: Sequence[Source]) -> Iterator[tuple[Path, str]]:
    """(path, text) of every piece of text that the users' sources set, keys of maps included."""
    return texts_in(layer(sources), ())


def texts_in(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """(path, text) of every piece of text in the data at `path`, keys of maps included."""
    found: list[tuple[Path, str]] = []
    _gather_texts(node, path, found)
    return iter(found)


def _gather_texts(node: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(node, str):
        found.append((path, node))
    elif isinstance(node, dict):
        for key, item in node.items():
            here = (*path, key)
            found.append((here, str(key)))
            if isinstance(item, (str, dict, list)):
                _gather_texts(item, here, found)
    elif isinstance(node, list):
        for number, item in enumerate(node):
            _gather_texts(item, (*path, number), found)


class Merged(NamedTuple):
    """The sources; the user's values that they come to; the effective ones, which are those over the defaults."""

    sources: tuple[Source, ...]
    user: Mapping[str, Any]
    effective: dict[str, Any]


def merge(sources: Sequence[Source], defaults: Mapping[str, Any], memo: Memo = NOTHING) -> Merged:
    """The sources merged over the defaults, by Helm's rules. Of sections that are as the memo has them nothing is made anew."""
    user = layer(sources, memo)
    return Merged(tuple(sources), user, effective(user, defaults, memo))


class Origin(NamedTuple):
    """The source that has the last word on a path, and where; `exact` unless that is a null above the path."""

    source: Source
    span: Span | None
    exact: bool

    def __str__(self) -> str:
        name = self.source.name
        return name if self.span is None or name.startswith("--") else f"{self.span.source}:{self.span.line}"


def origin(path: Path, sources: Sequence[Source]) -> Origin | None:
    """Who set what `path` holds once the sources are merged, or took it away; None for a default."""
    for source in reversed(sources):
        for target, data in reversed(source.edits or (((), source.data),)):
            if target != path[: len(target)]:
                continue
            steps, value = _walked(data, path[len(target) :])
            reached = path[: len(target) + steps]
            if len(reached) == len(path) or value is None:
                return Origin(source, _span(source, reached), len(reached) == len(path))
            # an assignment replaces, and so does what is no map: nothing below counts from here on
            if source.edits or not isinstance(value, dict):
                return _filler(path, sources)
    return _filler(path, sources)


def origins(merged: Merged, defaults: Mapping[str, Any]) -> Iterator[tuple[Path, Any, str]]:
    """(path, value, what set it) for each effective leaf, items of lists too, in the order of the values.

    A default that a null took away comes as None, "removed by …".
    """

    def walk(node: Any, standard: Any, path: Path) -> Iterator[tuple[Path, Any, str]]:
        if isinstance(node, dict) and (node or isinstance(standard, dict)):
            below = standard if isinstance(standard, dict) else {}
            for key in dict.fromkeys((*below, *node)):
                if key in node:
                    yield from walk(node[key], below.get(key), (*path, key))
                elif below[key] is not None:
                    yield (*path, key), None, f"removed by {origin((*path, key), merged.sources)}"
        elif isinstance(node, list) and node:
            for index, item in enumerate(node):
                yield from walk(item, None, (*path, index))
        else:
            yield path, node, set_by(path, merged.sources)

    yield from walk(merged.effective, defaults, ())


def set_by(path: Path, sources: Sequence[Source]) -> str:
    """What set the effective value at `path`: file and line, a flag, or "default"."""
    found = origin(path, sources)
    return str(found) if found is not None and found.exact else "default"


def _walked(data: Any, path: Path) -> tuple[int, Any]:
    """How many steps of `path` lead into the data, and what is there."""
    for step, key in enumerate(path):
        if isinstance(data, list):
            if not isinstance(key, int) or key >= len(data):
                return step, data
        elif not isinstance(data, dict) or key not in data:
            return step, data
        data = data[key]
    return len(path), data


def _span(source: Source, path: Path) -> Span | None:
    spans = (source.spans.get(path[:length]) for length in range(len(path), 0, -1))
    return next((span for span in spans if span is not None), None)


def _filler(path: Path, sources: Sequence[Source]) -> Origin | None:
    """The flag that made a list so long that it has this item, which is null."""
    if not path or not isinstance(path[-1], int):
        return None
    for source in sources:
        for target, _ in source.edits:
            beside = target[len(path) - 1 :][:1] if target[: len(path) - 1] == path[:-1] else ()
            if beside and isinstance(beside[0], int) and beside[0] > path[-1]:
                return Origin(source, None, True)
    return None
