"""Text inside values that holds YAML or JSON of its own: read, so that it is checked as what it stands for.

The official chart takes many maps and lists only as text, in which Helm expands templates: what is judged is what they
come out as. What only an installation knows stands for anything, and where it decides the whole the text is passed over.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from chartgen import late, schema, values
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span, dotted
from chartgen.records import NamedTuple
from chartgen.schema import validator
from chartgen.values import source, tree
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# patterns are compiled where text needs them: most values have none
# stands for each character of what only an installation knows; no text has it, as it is Unicode's private use
_ACTION = "\ue000"
_ACTED = f"{_ACTION}+"

Place = Callable[[int, int], Span]


class Opened(NamedTuple):
    """Values in which text is replaced by what it holds; `sources` place that, `findings` tell what cannot be read.

    `effective` are they over the defaults.
    """

    values: Mapping[str, Any]
    effective: Mapping[str, Any]
    paths: frozenset[Path]
    sources: tuple[Source, ...]
    findings: tuple[Diagnostic, ...]


def opened(
    user: Mapping[str, Any], effective: Mapping[str, Any], sources: Sequence[Source], memo: Memo = NOTHING
) -> Opened | None:
    """The user's values with every text opened; None when there is none. Templates in them see the effective values.

    Sections that are as the memo has them are not looked through again.
    """
    found = _texts((), memo, user, "")
    if not found:
        return None
    held: dict[Path, Any] = {}
    placed: list[Source] = []
    findings: list[Diagnostic] = []
    for path, text, kind in found:
        owner = _owner(path, sources)
        used = _used(path, text, kind, effective)
        if used is None:
            continue
        plain, origin = used
        place = _place(path, text, owner)
        if plain != text:
            place = _moved(place, text, plain, origin)
        try:
            data, spans, value_spans = _read(plain, kind)
        except Rejected as rejected:
            # a rule of its own tells what is no YAML once it is expanded
            if "{{" not in text or kind == "json":
                findings += [_inside(finding, path, place) for finding in rejected.diagnostics]
            continue
        if data is None:
            continue
        if not isinstance(data, (dict, list)) and kind == "yaml":
            findings.append(_scalar(path, data, place))
            continue
        held[path] = data
        placed.append(
            Source(
                owner.name if owner else "",
                {},
                {(*path, *inner): place(span.line, span.column) for inner, span in spans.items()},
                {
                    (*path, *inner): place(span.line, span.column)
                    for inner, span in value_spans.items()
                    if inner
                },
            )
        )
    whole = {**user, **dict(_holding(user, held, memo))}
    return Opened(
        whole, _over_defaults(whole, effective, held, memo), frozenset(held), tuple(placed), tuple(findings)
    )


def _holding(user: Mapping[str, Any], held: Mapping[Path, Any], memo: Memo) -> Iterator[tuple[str, Any]]:
    """(key, section) of each section with text, with what that holds in its place."""
    for key in dict.fromkeys(str(path[0]) for path in held):
        below = (part for path, data in held.items() if path[0] == key for part in (path, data))
        yield key, memo.of(("holding", key), _with, user[key], *below)


def _with(section: Any, *held: Any) -> Any:
    """A section with data in it: each of them follows its path."""
    for path, data in zip(held[::2], held[1::2], strict=True):
        section = tree.replaced(section, path[1:], data)
    return section


def _over_defaults(
    whole: Mapping[str, Any], effective: Mapping[str, Any], held: Iterable[Path], memo: Memo
) -> Mapping[str, Any]:
    """The effective values with those below the keys in which something was opened made anew; no text is a null."""
    keys = {str(path[0]) for path in held}
    if not keys:
        return effective
    defaults = schema.defaults()
    anew = values.effective(
        {key: whole[key] for key in keys}, {key: defaults[key] for key in keys if key in defaults}, memo
    )
    return {key: anew[key] if key in keys else item for key, item in effective.items()}


def check(texts: Opened, sources: Sequence[Source], memo: Memo = NOTHING) -> list[Diagnostic]:
    """What is wrong inside the texts, each finding where it stands; the memo is for `validator.check`."""
    findings = [finding._replace(weight="harmful") for finding in texts.findings]
    sections = {str(path[0]): texts.effective[str(path[0])] for path in texts.paths}
    errors = validator.errors_of(sections, memo)
    for finding in validator.check(texts.effective, [*sources, *texts.sources], memo, errors):
        inside = any(finding.path[:length] in texts.paths for length in range(1, len(finding.path) + 1))
        if inside and not any(map(_unknown, (*finding.path, tree.at(texts.effective, finding.path)))):
            # a mend is of the file's own keys
            told: dict[str, Any] = {
                name: re.sub(_ACTED, "{{ }}", getattr(finding, name)) for name in ("message", "found", "hint")
            }
            findings.append(finding._replace(**told, mend=None, weight="harmful"))
    return findings


def _unknown(node: Any) -> bool:
    """True for what a template action yields, in whole or in part."""
    return isinstance(node, str) and _ACTION in node


def at_offset(path: Path, offset: int, sources: Sequence[Source]) -> tuple[Span, ...]:
    """Where the character at an offset of the text at `path` stands; none when no source has it."""
    owner = _owner(path, sources)
    text = tree.at(owner.data, path) if owner else None
    if not isinstance(text, str):
        return ()
    before = text[:offset]
    return (_place(path, text, owner)(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1),)


def holds_lines(path: Path) -> bool:
    """Whether the value at the path may be text of several lines, which holds YAML or JSON."""
    name = "".join("[]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
    return name in schema.texts()


# where a text stands, it, and what it holds: `yaml` or `json`
_Text = tuple[Path, str, str]


def _texts(path: Path, memo: Memo, node: Mapping[str, Any], name: str) -> Sequence[_Text]:
    """Each value in a map that is text and stands for a map or list; `name` is the map's own, as the schema has it."""
    found: list[_Text] = []
    for key, item in node.items():
        here, called = (*path, key), f"{name}.{key}" if name else key
        if isinstance(item, dict):
            found += memo.at("texts", here, _texts, item, called)
        elif isinstance(item, (list, str)):
            found += _texts_of(here, item, called)
    return found


def _texts_of(path: Path, node: Any, name: str) -> Iterator[_Text]:
    if isinstance(node, dict):
        for key, item in node.items():
            yield from _texts_of((*path, key), item, f"{name}.{key}")
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from _texts_of((*path, place), item, f"{name}[]")
    elif isinstance(node, str) and name in schema.texts() and node.strip() not in _NO_TEXT:
        yield path, node, schema.texts()[name]


# text that there need not be, as the defaults have it
_NO_TEXT = ("", "{}", "[]")


def _used(
    path: Path, text: str, kind: str, effective: Mapping[str, Any]
) -> tuple[str, Callable[[int], int]] | None:
    """The text as the chart uses it, and where each character comes from; None where that is not known yet, or a
    rule of its own tells what is wrong."""
    if kind == "yaml" and "{{" not in text:
        return text, lambda offset: offset
    from chartgen.schema import templated

    bound = late.LateBound()
    if kind == "yaml" and templated.place(path) not in templated.paths():
        return text, lambda offset: offset
    used: tuple[str, Callable[[int], int]] | None = None
    try:
        if kind == "json":
            config = templated.config(effective, text, bound.token)
            used = (config.text, config.origin) if config is not None else None
        else:
            expansion = templated.expanded(text, templated.frozen_world(effective, bound.token))
            if expansion is not None and not expansion.missing:
                used = (expansion.text, expansion.origin)
    except ValueError:
        # Malformed or Stops
        return None
    if used is None:
        return None
    # of the same length: places stay where they are
    return late.TOKEN.sub(lambda token: _ACTION * len(token[0]), used[0]), used[1]


def _moved(place: Place, text: str, used: str, origin: Callable[[int], int]) -> Place:
    """Places in the text as it is used, where they stand in the text as it is written."""
    ours, theirs = _line_starts(text), _line_starts(used)

    def moved(line: int, column: int) -> Span:
        offset = min(origin(theirs[min(line, len(theirs)) - 1] + column - 1), len(text))
        number = bisect_right(ours, offset)
        return place(number, offset - ours[number - 1] + 1)

    return moved


def _line_starts(text: str) -> list[int]:
    """Where each line of a text begins."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


# a check looks again at the same texts while a file is typed
@lru_cache(maxsize=100)
def _read(text: str, kind: str) -> tuple[Any, Mapping[Path, Span], Mapping[Path, Span]]:
    """(data, spans of keys and items, spans of values), all within the text; raises Rejected."""
    data: Any = None
    if kind == "json":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            # the rule about JSON tells it
            return None, {}, {}
    try:
        read = source.read_text(text, "text", any_shape=True)
    except Rejected as rejected:
        if kind == "json" and any(finding.code != "duplicate-key" for finding in rejected.diagnostics):
            # JSON that YAML has no word for, such as surrogates: right, and without places
            return data, {}, {}
        raise
    return read.data if kind == "yaml" else data, read.spans, read.value_spans


def _inside(finding: Diagnostic, path: Path, place: Place) -> Diagnostic:
    """A finding about the text as one about the value."""
    spans = tuple(place(span.line, span.column) for span in finding.spans)
    return finding._replace(
        message=f"in {dotted(path)}: {finding.message}", path=(*path, *finding.path), spans=spans
    )


def _scalar(path: Path, data: Any, place: Place) -> Diagnostic:
    return Diagnostic(
        "wrong-type",
        f"the text in {dotted(path)} holds no map and no list",
        path=path,
        spans=(place(1, 1),),
        found=json.dumps(data, ensure_ascii=False)[:80],
        expected="YAML such as `key: value`",
    )


def _owner(path: Path, sources: Sequence[Source]) -> Source | None:
    return next((source_ for source_ in reversed(sources) if path in source_.spans), None)


def _place(path: Path, text: str, owner: Source | None) -> Place:
    """Where a line and column of the text stand in the source: the value itself where that cannot be told."""
    if owner is None:
        return lambda line, column: Span("<values>", 0, 0)
    key, value = owner.spans[path], owner.value_spans.get(path)
    whole = value if value is not None and value.line == key.line else key
    if value is None or not owner.lines:
        return lambda line, column: whole
    style = _style(value, owner)
    if style == "|":
        return _block(text, value, owner, whole)
    columns = _columns(text, value, style)
    if columns is None:
        return lambda line, column: whole
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def place(line: int, column: int) -> Span:
        index = min(starts[min(line, len(starts)) - 1] + column - 1, len(columns) - 1)
        start = columns[index]
        return Span(owner.name, value.line, start, start + _word(value.text, start), value.text)

    return place


def _style(value: Span, owner: Source) -> str:
    """The first character of a scalar, behind its anchor and tag: what kind of quotes or block it is."""
    rest = re.sub(r"^(?:[&!]\S*\s+)*", "", owner.lines[value.line - 1][value.column - 1 :])
    return rest[:1]


def _block(text: str, value: Span, owner: Source, whole: Span) -> Place:
    """Places in a literal block: its lines follow the header, indented."""
    lines = text.rstrip("\n").split("\n")

    def place(line: int, column: int) -> Span:
        if line > len(lines):
            # what is missing is missed behind the end
            line, column = len(lines), len(lines[-1]) + 1
        number = value.line + line
        if number > len(owner.lines):
            return whole
        shown = owner.lines[number - 1]
        indent = len(shown) - len(lines[line - 1])
        if indent < 0 or not shown.endswith(lines[line - 1]):
            return whole
        start = indent + column
        return Span(owner.name, number, start, start + _word(shown, start), shown)

    return place


def _word(line: str, column: int) -> int:
    """The length of what stands at a column: a word, a quotation, or one character."""
    match = re.compile(r'"(?:[^"\\]|\\.)*"|\\"(?:(?!\\").)*\\"|\'[^\']*\'|[\w./$-]+').match(line, column - 1)
    return len(match[0]) if match else 1


_LONG = {"x": 4, "u": 6, "U": 10}


def _columns(text: str, value: Span, style: str) -> list[int] | None:
    """The column of each character of a scalar on one line, and of its end; None where that cannot be told."""
    line, place = value.text, value.column - 1
    place += len(re.match(r"(?:[&!]\S*\s+)*", line[place:])[0])  # type: ignore[index]  # it matches nothing too
    if style in ('"', "'"):
        place += 1
    elif style == ">":
        return None
    if "\\" not in text and "'" not in text and line.startswith(text, place):
        return [*range(place + 1, place + len(text) + 2)]
    columns = []
    for character in text:
        columns.append(place + 1)
        if style == '"' and line[place : place + 1] == "\\":
            place += _LONG.get(line[place + 1 : place + 2], 2)
        elif style == "'" and line[place : place + 2] == "''":
            place += 2
        elif line[place : place + 1] == character:
            place += 1
        else:
            # the scalar goes on on another line
            return None
    return [*columns, place + 1]
