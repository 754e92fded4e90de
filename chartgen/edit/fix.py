"""Applies mends to the text of a values file: only the lines that a mend is about change.

Comments, order, quotes, indentation, line ends and a byte order mark stay as they are. Each mend is proved: the
text that it makes must read as the values that it promises, or it is left out.
"""

from __future__ import annotations

import copy
import difflib
import json
import re
import sys
from collections.abc import Collection, Sequence
from typing import Any

from chartgen.diagnostics import Diagnostic, Mend, Path, Rejected, single
from chartgen.values import helm_scalar, source, tree
from chartgen.values.source import Source

# a mend may bring to light what the next one is about: a key under its right name, the value below it
_PASSES = 5

_COMMENT = re.compile(r"[ \t]*#")


def read(path: str) -> str:
    """The text of a values file, or of standard input for `-`, as it stands: line ends and byte order mark included.

    Raises Rejected for what cannot be read.
    """
    raw = sys.stdin.buffer.read() if path == "-" else source.read_bytes(path)
    source.read_text(raw, "<stdin>" if path == "-" else path)
    return raw.decode("utf-8")


def fixed(
    text: str, name: str, codes: Collection[str] = ()
) -> tuple[str, list[Diagnostic], tuple[Diagnostic, ...]]:
    """(the mended text, what was mended, what a check says of it then); `codes` limits the mends to those findings.

    Raises Rejected for text that cannot be read.
    """
    done: list[Diagnostic] = []
    told = findings(text, name)
    for _ in range(_PASSES):
        certain = [
            finding for finding in single(told) if finding.mend and (not codes or finding.code in codes)
        ]
        after = apply(text, [finding.mend for finding in certain if finding.mend])
        if after == text:
            break
        text, told = after, findings(after, name)
        left = {(finding.code, finding.path) for finding in single(told)}
        done += [finding for finding in certain if (finding.code, finding.path) not in left]
    return text, done, told


def findings(text: str, name: str, below: Sequence[Source] = ()) -> tuple[Diagnostic, ...]:
    """What a check says of the text, laid over the sources below."""
    from chartgen import compiler
    from chartgen.values.inputs import Read

    return compiler.check(Read((*below, source.read_text(text, name))), compiler.Options()).diagnostics


def apply(text: str, mends: Sequence[Mend]) -> str:
    """The YAML text with the mends applied; one whose place is gone, or whose target is taken, is left out."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    # deeper places first, so that a renamed parent does not hide its children
    for mend in sorted(mends, key=lambda mend: -len(mend.path)):
        text = _mended(text, mend)
    return mark + text


def unified_diff(before: str, after: str, name: str) -> str:
    """What changed, as a unified diff; empty when nothing did."""
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))


def _mended(text: str, mend: Mend) -> str:
    """The text with one mend applied, or as it was where that cannot be done with certainty."""
    from yaml.error import YAMLError

    try:
        data = source.read_text(text, "").data
        if not _change(wanted := copy.deepcopy(data), mend):
            return text
        after = _edited(text, mend)
        return after if source.read_text(after, "").data == wanted else text
    except (Rejected, YAMLError, NotEditable):
        return text


class NotEditable(Exception):
    """The text is written in a way that these edits do not reach, an alias or a `- key:` for instance."""


# What a mend does to the values ------------------------------------------------------------------------------


def _change(data: Any, mend: Mend) -> bool:
    """Applies the mend to plain values; False when its place is gone or its target is taken."""
    parent = tree.at(data, mend.path[:-1])
    key = mend.path[-1]
    if not _holds(parent, key):
        return False
    if mend.action == "replace":
        parent[key] = mend.to
    elif mend.action == "rename":
        if not isinstance(parent, dict) or mend.to in parent:
            return False
        parent[mend.to] = parent.pop(key)
    elif mend.action == "move":
        if mend.to[: len(mend.path)] == mend.path:
            return False
        return _set(data, mend.to, parent[key]) and _remove(data, mend.path)
    elif mend.action == "remove":
        return _remove(data, mend.path)
    else:
        return all(_set(data, path, value) for path, value in mend.to) and _remove(data, mend.path)
    return True


def _holds(node: Any, key: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(key, int) and key < len(node)
    return isinstance(node, dict) and key in node


def _set(data: Any, path: Path, value: Any) -> bool:
    for key in path[:-1]:
        if data.get(key) is None:
            data[key] = {}
        data = data[key]
        if not isinstance(data, dict):
            return False
    return bool(data.setdefault(path[-1], value) == value)


def _remove(data: Any, path: Path) -> bool:
    """Without the entry; a section that it leaves empty goes too, as a null one would remove its defaults."""
    parents = [data]
    for key in path[:-1]:
        parents.append(parents[-1][key])
    for parent, key in zip(reversed(parents), reversed(path), strict=True):
        if not isinstance(parent, dict):
            return False
        del parent[key]
        if parent:
            break
    return True


# What it does to the text ------------------------------------------------------------------------------------


def _edited(text: str, mend: Mend) -> str:
    key, value, _ = entry(composed(text), mend.path)
    if mend.action == "rename":
        return _spliced(text, key.start_mark.index, key.end_mark.index, _scalar(mend.to))
    if mend.action == "replace":
        if value.id != "scalar" or value.style in ("|", ">"):
            raise NotEditable
        return _spliced(text, value.start_mark.index, end_of(text, key, value), inline(mend.to))
    if mend.action == "move":
        text = _added(text, mend.to, _taken(text, mend.path, mend.to[-1]), mend.path)
    elif mend.action == "become":
        for target, item in mend.to:
            text = _added(text, target, [f"{_scalar(target[-1])}: {inline(item)}\n"], mend.path)
    return _without(text, mend.path)


def _spliced(text: str, start: int, stop: int, new: str) -> str:
    return text[:start] + new + text[stop:]


def composed(text: str) -> Any:
    import yaml

    return yaml.compose(text, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)


def entry(root: Any, path: Path) -> tuple[Any, Any, Any]:
    """The nodes of the key and the value at a path, and of the collection that holds them."""
    key, value, parent = None, root, None
    for step in path:
        parent = value
        if parent.id == "sequence" and isinstance(step, int):
            key = value = parent.value[step]
            continue
        found = [pair for pair in parent.value if pair[0].value == step] if parent.id == "mapping" else []
        if not found:
            raise NotEditable
        key, value = found[-1]
    return key, value, parent


def end_of(text: str, key: Any, value: Any) -> int:
    """Where the value ends, without the comments and blank lines that follow it."""
    if value is not key and value.start_mark.index < key.end_mark.index:
        raise NotEditable  # an alias: the node is that of the anchor
    if value.id == "scalar":
        if value.start_mark.index == value.end_mark.index:
            return text.index(":", key.end_mark.index) + 1
        return (
            len(text[: value.end_mark.index].rstrip()) if value.style in ("|", ">") else value.end_mark.index
        )
    if value.flow_style:
        return int(value.end_mark.index)
    last = value.value[-1]
    if value.id == "mapping":
        return end_of(text, *last)
    if last.start_mark.index < value.start_mark.index:
        raise NotEditable
    return end_of(text, last, last)


def _line(text: str, index: int) -> int:
    """Where the line begins that holds the character at `index`."""
    return text.rfind("\n", 0, index) + 1


def _after(text: str, index: int) -> int:
    """Where the next line begins."""
    newline = text.find("\n", index)
    return len(text) if newline < 0 else newline + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def lines_of(text: str, key: Any, value: Any) -> tuple[int, int]:
    """The lines of an entry in block style, with the comments directly above it and those indented below it."""
    start = _line(text, key.start_mark.index)
    column = key.start_mark.index - start
    if text[start : key.start_mark.index].strip(" "):
        raise NotEditable
    stop = _after(text, max(end_of(text, key, value), key.end_mark.index))
    while stop < len(text):
        line = text[stop : _after(text, stop)]
        if not _COMMENT.match(line) or _indent(line) <= column:
            break
        stop = _after(text, stop)
    above = start
    while above > 0:
        line = text[_line(text, above - 1) : above]
        if not _COMMENT.match(line) or _indent(line) != column:
            return above, stop
        above = _line(text, above - 1)
    # what opens the file is about the whole of it
    return start, stop


def _taken(text: str, path: Path, name: str) -> list[str]:
    """The lines of an entry as they will stand at another place: under another name, not indented."""
    key, value, parent = entry(composed(text), path)
    if parent.flow_style:
        return [f"{_scalar(name)}: {text[value.start_mark.index : end_of(text, key, value)]}\n"]
    start, stop = lines_of(text, key, value)
    column = key.start_mark.index - _line(text, key.start_mark.index)
    named = text[start : key.start_mark.index] + _scalar(name) + text[key.end_mark.index : stop]
    lines = named.splitlines(keepends=True)
    return [line[min(column, _indent(line)) :] for line in lines]


def _added(text: str, target: Path, moved: list[str], near: Path) -> str:
    """The text with the entry at its target: beside `near` when they share a section, else at the section's end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    root = composed(text)
    node, key, depth = root, None, 0
    while depth < len(target) and node is not None and node.id == "mapping":
        found = [pair for pair in node.value if pair[0].value == target[depth]]
        if not found:
            break
        key, node = found[-1]
        depth += 1
    rest = target[depth:]
    if not rest:
        return text  # it is there already, with the same value
    step = _step(root)
    if node.id == "mapping" and node.flow_style:
        if len(moved) > 1:
            raise NotEditable
        inner = moved[0].partition(":")[2].strip()
        for name in reversed(rest[1:]):
            inner = f"{{{_scalar(name)}: {inner}}}"
        close = int(node.end_mark.index) - 1
        at = len(text[:close].rstrip(" "))
        return _spliced(text, at, at, f"{', ' if node.value else ''}{_scalar(rest[0])}: {inner}")
    if node.id == "mapping":
        first = node.value[0][0].start_mark.index
        column = first - _line(text, first)
        shared = depth < len(near) and near[:depth] == target[:depth]
        if shared:
            at = lines_of(text, *entry(root, near[: depth + 1])[:2])[0]
        else:
            at = lines_of(text, *node.value[-1])[1]
    elif node.id == "scalar" and not node.value.strip("~nulNUL") and key is not None:
        # a section that holds nothing yet
        column = key.start_mark.index - _line(text, key.start_mark.index) + step
        stop = end_of(text, key, node)
        text = _spliced(text, text.index(":", key.end_mark.index) + 1, stop, "")
        at = _after(text, key.end_mark.index)
    else:
        raise NotEditable
    lines = []
    for name in rest[:-1]:
        lines.append(" " * column + f"{_scalar(name)}:\n")
        column += step
    lines += [" " * column + line if line.strip() else line for line in moved]
    new = "".join(line.rstrip("\r\n") + newline for line in lines)
    if at and text[at - 1] != "\n":
        new = newline + new
    return _spliced(text, at, at, new)


def _without(text: str, path: Path) -> str:
    """The text without the entry, and without the sections that it leaves empty."""
    root = composed(text)
    key, value, parent = entry(root, path)
    while len(path) > 1 and len(parent.value) == 1:
        path = path[:-1]
        key, value, parent = entry(root, path)
    if parent.flow_style:
        place = [pair[0] for pair in parent.value].index(key)
        if place + 1 < len(parent.value):
            return _spliced(text, key.start_mark.index, parent.value[place + 1][0].start_mark.index, "")
        start = end_of(text, *parent.value[place - 1]) if place else key.start_mark.index
        return _spliced(text, start, end_of(text, key, value), "")
    start, stop = lines_of(text, key, value)
    return cut(text, start, stop)


def cut(text: str, start: int, stop: int) -> str:
    """The text without these lines."""
    before, after = text[:start], text[stop:]
    # of the blank lines on both sides those on one side are enough
    if (not after.strip() or after[:1] in "\r\n") and before.endswith(("\n\n", "\n\r\n")):
        before = before[: _line(before, len(before) - 1)]
    return before + after


def _step(root: Any) -> int:
    """How far the file indents its sections."""
    for key, value in root.value if root is not None and root.id == "mapping" else ():
        if value.id == "mapping" and not value.flow_style and value.start_mark.index > key.end_mark.index:
            return int(value.start_mark.column - key.start_mark.column)
    return 2


def _scalar(value: Any) -> str:
    """A scalar in one line: plain where every reader takes it as the text that it is."""
    if isinstance(value, str) and helm_scalar.is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def inline(value: Any) -> str:
    """A value of one line as a mend writes it."""
    return f"[{', '.join(map(_scalar, value))}]" if isinstance(value, list) else _scalar(value)
