"""Which settings hold text, and whether a text that was put into one came out where it belongs.

A harmless marker is put into a setting first; the objects that the real Helm engine renders show where it goes. Any
other text must come out in the same places: as exactly that string, as exactly that argument of a shell command, as
exactly that string of embedded JSON or YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml12

from chartgen import schema
from tests import compiled

Place = tuple[str | int, ...]
# a step of a place that stands for the name of an entry of a free-form map
KEY = "<key>"
MARKER = re.compile(r"zq[0-9]+z|ZQ[0-9]+Z")
_DEEPEST = 14


def places(*, structures: bool = False) -> list[Place]:
    """Every setting that takes any text, items of lists and entries of free-form maps included.

    With `structures`, those that take a map or list, and text that holds one.
    """
    document = schema.document()
    return list(dict.fromkeys(_places(document, document["$defs"], (), (), structures)))


def _places(node: Any, shared: Any, place: Place, seen: tuple[str, ...], structures: bool) -> Iterator[Place]:
    if not isinstance(node, dict) or len(place) > _DEEPEST:
        return
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _places(shared[name], shared, place, (*seen, name), structures)
        return
    types = node.get("type", [])
    if "string" in types and "enum" not in node and structures == bool({"object", "array"} & set(types)):
        yield place
    for part in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(part, ()):
            yield from _places(branch, shared, place, seen, structures)
    for key, item in node.get("properties", {}).items():
        yield from _places(item, shared, (*place, key), seen, structures)
    free = (node.get("additionalProperties"), *node.get("patternProperties", {}).values())
    # what stands beside the sections is the users' own and reaches no object
    for item in free if place else ():
        if item and not structures:
            yield (*place, KEY)
        if item is True and not structures:
            yield (*place, _entry(place))
        elif item:
            yield from _places(item, shared, (*place, _entry(place)), seen, structures)
    if isinstance(node.get("items"), dict):
        yield from _places(node["items"], shared, (*place, 0), seen, structures)


def _entry(place: Place) -> str:
    """The name of an entry of a free-form map: different where maps are merged."""
    return f"note-{place[0]}-{len(place)}"


def put(values: dict[str, Any], place: Place, text: str | float) -> dict[str, Any]:
    """`values` with the text, or what stands in its stead, at a place; lists and maps on the way are made where they are not there."""
    done: dict[str, Any] = _put(values, place, text)
    return done


def _put(node: Any, place: Place, text: str | float) -> Any:
    if not place:
        return text
    step, rest = place[0], place[1:]
    if step == KEY:
        return {**(node if isinstance(node, dict) else {}), str(text): "entry"}
    if isinstance(step, int):
        items = list(node) if isinstance(node, list) and node else [None]
        return [_put(items[0], rest, text), *items[1:]]
    inner = node if isinstance(node, dict) else {}
    return {**inner, step: _put(inner.get(step), rest, text)}


Wrong = tuple[str, str, Any]


@dataclass(frozen=True)
class Text:
    """The text that stands where markers stood, but for those whose numbers are `kept`."""

    text: str
    kept: frozenset[int] = frozenset()

    def fill(self, marked: str) -> str:
        return MARKER.sub(self._one, marked)

    def _one(self, match: re.Match[str]) -> str:
        if int(match[0][2:-1]) in self.kept:
            return match[0]
        return self.text.upper() if match[0][0] == "Z" else self.text

    def quoted(self) -> Text:
        """The same as it stands between the quotes of a JSON, HCL or Go string."""
        return replace(self, text=json.dumps(self.text, ensure_ascii=False)[1:-1])


def markers(objects: Any) -> set[int]:
    """The numbers of all markers in objects."""
    return {int(one[2:-1]) for one in MARKER.findall(json.dumps(objects))}


def scripts(node: Any) -> Iterator[str]:
    """The shell scripts of all containers of an object."""
    for container in compiled.containers({"containers": [node]}):
        if _is_shell(container.get("command")):
            yield container["command"][-1]


def misplaced(marked: Any, actual: Any, text: Text) -> list[Wrong]:
    """(place, what stood there with markers, what stands there) wherever the text did not come out as it went in."""
    return list(_compare(marked, actual, text, "", False))


def _compare(marked: Any, actual: Any, text: Text, where: str, script: bool) -> Iterator[Wrong]:
    if isinstance(marked, dict) and isinstance(actual, dict):
        there = {str(key): item for key, item in actual.items()}
        names = [text.fill(str(key)) for key in marked]
        shell = _is_shell(marked.get("command"))
        for (key, item), name in zip(marked.items(), names, strict=True):
            if name not in there:
                yield where, str(key), list(actual)
            elif names.count(name) == 1:
                yield from _compare(item, there[name], text, f"{where}/{key}", shell and key == "command")
        for name in there.keys() - set(names):
            yield where, "", name
    elif isinstance(marked, list) and isinstance(actual, list):
        if len(marked) != len(actual):
            yield where, json.dumps(marked), actual
            return
        if where.endswith("/env"):
            # sorted by name where users name variables
            marked = sorted(marked, key=lambda one: text.fill(str(one.get("name"))))
            actual = sorted(actual, key=lambda one: str(one.get("name")))
        for number, (one, other) in enumerate(zip(marked, actual, strict=True)):
            yield from _compare(one, other, text, f"{where}/{number}", script)
    elif isinstance(marked, str) and MARKER.search(marked):
        if script and len(words(marked)) > 1:
            yield from _compare_scripts(marked, actual, text, where)
        else:
            yield from _compare_text(marked, actual, text, where)
    elif marked != actual and "checksum" not in where:
        yield where, str(marked), actual


def _is_shell(command: Any) -> bool:
    return isinstance(command, list) and bool(command) and str(command[0]).rpartition("/")[2] == "sh"


def _compare_scripts(marked: str, actual: str, text: Text, where: str) -> Iterator[Wrong]:
    expected, found = words(marked), words(actual)
    # the order of flags is that of names, which the text may be
    left = list(found)
    for one in expected:
        word = (text.quoted() if one.startswith("-hcl=") else text).fill(one)
        if word in left:
            left.remove(word)
        else:
            yield where, one, left
    if len(found) > len(expected):
        yield where, "", left


def _compare_text(marked: str, actual: str, text: Text, where: str) -> Iterator[Wrong]:
    read = _language(marked)
    if read is not None:
        try:
            found = read(actual)
        except ValueError:
            found = None
        yield from _compare(read(marked), found, text, where, False)
    elif "{{" in marked and "}}" in marked:
        # a template of Vault's agent, in which the text is part of a Go string, or a key
        if re.fullmatch(r"[A-Za-z_]\w*", text.text, re.ASCII) is None:
            fields = re.compile(rf"\.Data\.data\.({MARKER.pattern})")
            marked = fields.sub(lambda match: _entry_of(match[1], text), marked)
        if actual != text.quoted().fill(marked):
            yield where, marked, actual
    elif actual != text.fill(marked):
        yield where, marked, actual


def _entry_of(marker: str, text: Text) -> str:
    name = f".Data.data.{marker}"
    return name if text.fill(marker) == marker else f'index .Data.data "{marker}"'


def _language(text: str) -> Callable[[str], Any] | None:
    """What reads text that holds a JSON document, or YAML of several lines; None for other text."""
    stripped = text.strip()
    for read, looks in ((json.loads, stripped[:1] in ("{", "[")), (yaml12.parse_yaml, "\n" in text)):
        if looks:
            try:
                if isinstance(read(text), (dict, list)):
                    return read
            except ValueError:
                continue
    return None


def active(character: str) -> str:
    """What stands in `words` for a character that the shell acts on."""
    return chr(0xE000 + ord(character))


def words(script: str) -> list[str]:
    """A POSIX shell script as the words and operators that a shell reads; what would expand is `active`."""
    found: list[str] = []
    word: list[str] | None = None
    pending: list[str] = []
    position, size = 0, len(script)

    def end() -> None:
        nonlocal word
        if word is not None:
            found.append("".join(word))
            if len(found) > 1 and found[-2] == active("<") * 2:
                pending.append(found[-1])
        word = None

    while position < size:
        character = script[position]
        if character == "\\":
            if script[position + 1 : position + 2] != "\n":
                word = (word or []) + [script[position + 1 : position + 2]]
            position += 2
            continue
        if character == "'":
            closing = script.find("'", position + 1)
            word = (word or []) + [script[position + 1 : closing if closing >= 0 else size]]
            position = (closing if closing >= 0 else size) + 1
            continue
        if character == '"':
            position += 1
            word = word or []
            while position < size and script[position] != '"':
                if script[position] == "\\" and script[position + 1 : position + 2] in (
                    "$",
                    "`",
                    '"',
                    "\\",
                    "\n",
                ):
                    word.append(script[position + 1].replace("\n", ""))
                    position += 2
                    continue
                word.append(active(script[position]) if script[position] in "$`" else script[position])
                position += 1
            position += 1
            continue
        if character == "#" and word is None:
            line_end = script.find("\n", position)
            position = line_end if line_end >= 0 else size
            continue
        if character in " \t":
            end()
        elif character in "\n;&|<>()":
            end()
            operator = (
                script[position : position + 2]
                if script[position : position + 2] in ("<<", ">>", "&&", "||", ";;")
                else character
            )
            found.append("".join(active(one) for one in operator))
            position += len(operator)
            if character == "\n":
                for delimiter in pending:
                    closing = script.find(f"\n{delimiter}\n", position - 1)
                    closing = closing if closing >= 0 else size
                    found.append(
                        "".join(active(one) if one in "$`\\" else one for one in script[position:closing])
                    )
                    position = closing + 1
                pending = []
            continue
        else:
            word = (word or []) + [active(character) if character in "$`*?[~" else character]
        position += 1
    end()
    return found
