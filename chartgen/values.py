"""Merging as Helm merges, and who set what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chartgen import set_flag
from chartgen.diagnostics import Path, Span
from chartgen.source import Source


def layer(sources: Sequence[Source]) -> dict[str, Any]:
    """The users' sources merged, the last winning; a null stays, as it still has to remove a default."""
    merged: dict[str, Any] = {}
    for source in sources:
        if source.edits:
            merged = _copied(merged)
            for path, value in source.edits:
                set_flag.assign(merged, (path, _copied(value)))
        else:
            merged = _over(source.data, merged)
    return merged


def _over(upper: Mapping[str, Any], lower: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(lower)
    for key, value in upper.items():
        below = out.get(key)
        out[key] = _over(value, below) if isinstance(value, dict) and isinstance(below, dict) else value
    return out


def effective(user: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The user's values over the defaults: maps merge, lists and scalars replace, null removes.

    Known keys have the order of the defaults and others are sorted: the order in which users write them is no input.
    """
    out = {key: _copied(value) for key, value in defaults.items() if key not in user}
    for key, value in user.items():
        if value is None and key in defaults:
            continue
        standard = defaults.get(key)
        if isinstance(value, dict):
            out[key] = effective(value, standard if isinstance(standard, dict) else {})
        else:
            out[key] = _sorted(value)
    return {key: out[key] for key in (*defaults, *sorted(user, key=str)) if key in out}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


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


def texts(sources: Sequence[Source]) -> Iterator[tuple[Path, str]]:
    """(path, text) of every piece of text that the users' sources set, keys of maps included."""

    def walk(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            for key, item in node.items():
                yield (*path, key), str(key)
                yield from walk(item, (*path, key))
        elif isinstance(node, list):
            for number, item in enumerate(node):
                yield from walk(item, (*path, number))

    return walk(layer(sources), ())


def provenance(
    sources: Sequence[Source], defaults: Mapping[str, Any]
) -> dict[Path, tuple[Source, Span | None]]:
    """Which source set each path that the users' sources set; what is not in it is a default."""
    found: dict[Path, tuple[Source, Span | None]] = {}

    def walk(source: Source, node: Any, path: Path) -> None:
        if path:
            for known in [one for one in found if one[: len(path)] == path and not isinstance(node, dict)]:
                del found[known]
            found[path] = (source, source.spans.get(path))
        if isinstance(node, dict):
            for key, item in node.items():
                walk(source, item, (*path, key))

    for source in sources:
        walk(source, source.data, ())
    return found
