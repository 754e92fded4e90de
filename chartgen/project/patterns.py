"""Paths with variables and globs: `clusters/{region}/{cluster}.yaml`, `shared/*.yaml`.

`*`, `?`, `[a-z]` and `**` mean what they mean to a shell; a variable is a part of a name, of one character at least. What
begins with a dot is found only where the dot stands in the pattern.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

Variables = tuple[tuple[str, str], ...]
# not ${…} and {{ … }}, which are other tools'
VARIABLE = re.compile(r"(?<![{$])\{([A-Za-z][A-Za-z0-9_]*)\}(?!\})")
_GLOB = re.compile(r"[*?[]")


def variables(text: str) -> tuple[str, ...]:
    """The names of the variables in a text, each once, in their order."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


@cache
def is_glob(pattern: str) -> bool:
    """True if a pattern, variables aside, may find several files."""
    return _GLOB.search(pattern) is not None


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of its variables; what has no value stays."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def filled_path(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern with the values of its variables, which are no pattern themselves."""
    if not is_glob(pattern):
        return filled(pattern, values)
    return filled(pattern, {name: glob.escape(value) for name, value in values.items()})


def filled_in(data: Any, values: Mapping[str, str]) -> Any:
    """Data with the values of the variables in its texts; keys stay as they are."""
    if isinstance(data, str):
        return filled(data, values)
    if isinstance(data, dict):
        return {key: filled_in(item, values) for key, item in data.items()}
    return [filled_in(item, values) for item in data] if isinstance(data, list) else data


def as_glob(pattern: str) -> str:
    """The glob that finds what a pattern may find, and perhaps more."""
    return VARIABLE.sub("*", pattern)


@cache
def _expression(pattern: str, few: str) -> re.Pattern[str]:
    known: set[str] = set()
    parts = []
    steps = pattern.split("/")
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        if step == "**":
            parts.append(r"(?:(?!\.)[^/]+/)*" + (r"(?!\.)[^/]+" if last else ""))
            continue
        first = re.match(r"[*?[]|" + VARIABLE.pattern, step)
        parts.append((r"(?!\.)" if first else "") + _step(step, known, few) + ("" if last else "/"))
    return re.compile("".join(parts))


def _step(step: str, known: set[str], few: str) -> str:
    """What matches a part of a path between slashes."""
    out = ""
    place = 0
    while place < len(step):
        if found := VARIABLE.match(step, place):
            name = found[1]
            out += f"(?P={name})" if name in known else f"(?P<{name}>[^/]+{few})"
            known.add(name)
            place = found.end()
            continue
        char = step[place]
        end = step.find("]", place + 2) if char == "[" else -1
        if char in "*?":
            out += "[^/]*" if char == "*" else "[^/]"
        elif end > 0:
            inside = step[place + 1 : end]
            negated = "^" if inside[0] == "!" else ""
            out += f"(?!/)[{negated}{re.escape(inside.removeprefix('!')).replace(chr(92) + '-', '-')}]"
            place = end
        else:
            out += re.escape(char)
        place += 1
    return out


def matches(pattern: str, path: str) -> bool:
    """True if a pattern finds a path."""
    return _expression(pattern, "?").fullmatch(path) is not None


def bound(pattern: str, path: str) -> Variables | None:
    """What the variables of a pattern stand for in a path, in the order of their names; None where it does not find it."""
    found = _expression(pattern, "?").fullmatch(path)
    return None if found is None else tuple(sorted(found.groupdict().items()))


def is_clear(pattern: str, path: str) -> bool:
    """False for a path that a pattern finds in more ways than one, as `{a}-{b}` does `x-y-z`."""
    most = _expression(pattern, "").fullmatch(path)
    return most is None or tuple(sorted(most.groupdict().items())) == bound(pattern, path)
