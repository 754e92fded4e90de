"""Takes out of a values file what changes nothing: values that are what they would be without it.

By lines, as `fix` edits: a round trip through a YAML library would keep the comments, and move them to the end of the
section before. What stays is the same to the byte, but for the order of the sections where that is asked for. The
result is proved: it reads as the same values, over the defaults or over the files below.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chartgen import schema, values
from chartgen.diagnostics import Diagnostic, Mend, Path, Rejected
from chartgen.edit import fix
from chartgen.values import source, tree
from chartgen.values.source import Source

_ANCHOR = re.compile(r"(?:^|[\s\[{,:-])&([^\s\[\]{},]+)")


def tidied(
    text: str, name: str, below: Sequence[Source] = (), *, ordered: bool = False
) -> tuple[str, list[Diagnostic], tuple[Diagnostic, ...]]:
    """(the text without what changes nothing, what was taken out, what a check says of it then).

    `below` are the sources that the file is laid over. With `ordered`, its sections come in the order of the schema.
    Comments directly above what goes, and beside it, are about it and go as well; all others stay.
    Raises Rejected for text that cannot be read.
    """
    read = source.read_text(text, name)
    standard = values.effective(values.layer(below), schema.defaults())
    after, gone = _dropped(text, read.data, standard)
    done = [_told(section, number) for section, number in Counter(path[0] for path in gone).items()]
    if ordered:
        sorted_ = _in_order(after)
        if sorted_ != after:
            done.append(
                Diagnostic("equals-default", "the sections were not in the schema's order", hint="moved")
            )
        after = sorted_
    return after, done, fix.findings(after, name, below)


def _told(section: str | int, number: int) -> Diagnostic:
    what = (
        "one value is what it is without it"
        if number == 1
        else f"{number} values are what they are without it"
    )
    return Diagnostic("equals-default", f"{section}: {what}", weight="unwise", hint="dropped")


def _dropped(text: str, data: Any, standard: Mapping[str, Any]) -> tuple[str, list[Path]]:
    """The text without the values that are as they would be, and the paths of those that went."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    idle = list(_idle(data, standard, ()))
    wanted = _meaning(data, standard)
    after = _so_far_as(text, data, idle, lambda new: _reads_as(new, wanted, standard))
    left = set(tree.leaves(source.read_text(after, "").data))
    return mark + after, [path for path in idle if path not in left]


def _so_far_as(text: str, data: Any, idle: Sequence[Path], right: Callable[[str], bool]) -> str:
    """The text without as many of these values as it can do without: all, or what can go of each half."""
    whole = _without(text, _outermost(data, idle))
    if right(whole):
        return whole
    if len(idle) < 2:
        return text
    half = len(idle) // 2
    text = _so_far_as(text, data, idle[:half], right)
    return _so_far_as(text, source.read_text(text, "").data, idle[half:], right)


def _meaning(data: Any, standard: Mapping[str, Any]) -> dict[str, Any]:
    """What the values come to; a null in place of a default that is null is nothing."""
    users = {key: value for key, value in data.items() if not key.startswith("x-")}
    return schema.complete(values.effective(users, standard))


def _reads_as(text: str, wanted: Mapping[str, Any], standard: Mapping[str, Any]) -> bool:
    try:
        return tree.same(_meaning(source.read_text(text, "").data, standard), wanted)
    except Rejected:
        return False


def _idle(data: Mapping[str, Any], standard: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """The paths of the values that are the same in `standard`."""
    for key, value in data.items():
        here = (*path, key)
        if key not in standard:
            continue
        if isinstance(value, Mapping) and value and isinstance(standard[key], Mapping):
            yield from _idle(value, standard[key], here)
        elif tree.same(value, standard[key]) or (value == {} and isinstance(standard[key], Mapping)):
            yield here


def _outermost(data: Any, paths: Iterable[Path]) -> list[Path]:
    """The paths, and in place of all that a section holds the section."""
    gone = set(paths)

    def walk(node: Any, path: Path) -> Iterator[Path]:
        if path in gone or (path and isinstance(node, Mapping) and node and _all_gone(node, path)):
            yield path
        elif isinstance(node, Mapping):
            for key, item in node.items():
                yield from walk(item, (*path, key))

    def _all_gone(node: Mapping[str, Any], path: Path) -> bool:
        return all(
            (*path, key) in gone or (isinstance(item, Mapping) and item and _all_gone(item, (*path, key)))
            for key, item in node.items()
        )

    return list(walk(data, ()))


def _without(text: str, paths: Sequence[Path]) -> str:
    """The text without the entries at these paths, so far as they stand on lines of their own or can be cut out."""
    root = fix.composed(text)
    places: list[tuple[int, int]] = []
    inline: list[Path] = []
    for path in paths:
        try:
            key, value, parent = fix.entry(root, path)
            if parent.flow_style:
                inline.append(path)
                continue
            start, stop = fix.lines_of(text, key, value)
        except fix.NotEditable:
            continue
        if not _is_needed(text, start, stop):
            places.append((start, stop))
    # an entry in one line first: its line may be longer than the place of another
    for start, stop in sorted(places, reverse=True):
        text = fix.cut(text, start, stop)
    for path in inline:
        text = fix.apply(text, [Mend("remove", path)])
    return text


def _is_needed(text: str, start: int, stop: int) -> bool:
    """True if what stands there is named, and meant by that name elsewhere."""
    elsewhere = text[:start] + text[stop:]
    return any(f"*{name}" in elsewhere for name in _ANCHOR.findall(text[start:stop]))


def _in_order(text: str) -> str:
    """The text with its sections in the order of the schema, each with the comments above it; as it was where that
    cannot be done with certainty."""
    root = fix.composed(text)
    if root is None or root.id != "mapping" or root.flow_style or not root.value:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        places = [fix.lines_of(text, key, value) for key, value in root.value]
    except fix.NotEditable:
        return text
    head, tail = text[: places[0][0]], text[places[-1][1] :]
    starts = [places[0][0], *(stop for _, stop in places[:-1])]
    known = list(schema.document()["properties"])
    chunks = []
    for number, ((key, _), start, (_, stop)) in enumerate(zip(root.value, starts, places, strict=True)):
        # places for anchors before those who name them, what nobody knows last
        rank = (
            -1 if key.value.startswith("x-") else known.index(key.value) if key.value in known else len(known)
        )
        chunk = text[start:stop]
        chunks.append((rank, number, chunk if chunk.endswith("\n") else chunk + newline))
    if sorted(chunks) == chunks:
        return text
    apart = any(chunk.startswith(("\n", "\r\n")) for _, _, chunk in chunks[1:])
    parts = [chunk.lstrip("\r\n") for _, _, chunk in sorted(chunks)]
    # what opens the file is about the whole of it, and not about the section that comes first now
    between = newline if head.strip() and not head.endswith(("\n\n", "\n\r\n")) else ""
    moved = head + between + (newline if apart else "").join(parts) + tail
    try:
        same = source.read_text(moved, "").data == source.read_text(text, "").data
    except Rejected:
        return text
    return moved if same else text
