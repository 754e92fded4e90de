"""Where a line of a values file stands, read off its indentation: what works while the rest of the text does not parse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from chartgen.diagnostics import Path

_DASHES = re.compile(r" *(?:-(?: +|$))*")
_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>'"%@`\[\]{},:-](?:[^\s#:]|:(?!\s|$)|(?<!\s)\#|[ ](?=[^\s#:]))*)"""
    r"""\s*:(?=\s|$)"""
)
_BLOCK = re.compile(r":\s+(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$")


def above(lines: Sequence[str], row: int, column: int) -> Path | None:
    """The path of the map or list that a line from 0 is in, if what it holds begins at `column`; None inside block text."""
    path: list[str | int] = []
    limit, dashes = column, -1
    for number in range(row, -1, -1):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        for place, key in reversed([*levels(line)]):
            if key is None:
                if place < limit:
                    path.append(0)
                    limit = dashes = place
                elif place == dashes and path and isinstance(path[-1], int) and number < row:
                    path[-1] += 1
            elif number < row and (place < limit or (place == limit == dashes and _in_list(path))):
                if _BLOCK.search(line):
                    return None
                path.append(key)
                limit, dashes = place, -1
        if limit == 0 and not _in_list(path):
            break
    return tuple(reversed(path))


def _in_list(path: Sequence[str | int]) -> bool:
    return bool(path) and isinstance(path[-1], int)


def levels(line: str) -> Iterator[tuple[int, str | None]]:
    """(column from 0, None) of each dash before an item on the line, then (column, key) where it has a key."""
    match = _DASHES.match(line)
    start = match.end() if match else 0
    for place in range(start):
        if line[place] == "-":
            yield place, None
    if found := _KEY.match(line, start):
        yield start, _plain(found[1])


def _plain(key: str) -> str:
    if key[0] == "'":
        return key[1:-1].replace("''", "'")
    if key[0] == '"':
        try:
            return str(json.loads(key))
        except ValueError:
            return key[1:-1]
    return key
