"""The `--set` family: the text of one flag → the edits that Helm would make, each with its place in the text.

What Helm takes and drops in silence (`=1`, `a[0`, `a[0]`, anything between a `}` and the next comma) is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from chartgen import lazy_regex
from chartgen.diagnostics import Diagnostic, Path, Rejected, Span, dotted
from chartgen.values import tree
from chartgen.values.source import MAX_DEPTH, Edit, Source, from_mapping, read_bytes, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

Kind: TypeAlias = 'Literal["set", "set-string", "set-json", "set-file", "set-literal"]'

# Helm's own limits.
MAX_INDEX = 65536
MAX_DOTS = 30

_INDEX = lazy_regex.compile(r"[-+]?[0-9]+", re.ASCII)
_INTEGER = lazy_regex.compile(r"[-+]?[0-9]+", re.ASCII)
_JSON_SPACE = lazy_regex.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}
_NAME_LENGTH = 120


class Misfit(ValueError):
    """An edit that does not fit what it is applied to: `step` is the part of the path where it fails."""

    def __init__(self, step: int, found: Any, expected: str) -> None:
        super().__init__(f"{type(found).__name__} instead of {expected}")
        self.step, self.found, self.expected = step, found, expected


def parse(kind: Kind, text: str, onto: Mapping[str, Any]) -> Source:
    """The source that one flag is, to be applied onto `onto`, which stays as it is.

    Raises `Rejected` (`bad-set-syntax`, or the codes of reading a file for `--set-file`) with the place in the flag.
    """
    shown = text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"
    return _Flag(kind, text, f"--{kind} {shown}").source(onto)


def assign(data: dict[str, Any], edit: Edit) -> None:
    """Makes the edit in `data` as Helm does: maps and lists on the way are made where nothing is, a list grows with nulls.

    Raises `Misfit` where something else stands in the way.
    """
    path, value = edit
    here: Any = data
    for step, part in enumerate(path):
        last = step == len(path) - 1
        if isinstance(part, int):
            here.extend([None] * (part + 1 - len(here)))
        if last:
            here[part] = value
            return
        wants_list = isinstance(path[step + 1], int)
        missing = here[part] is None if isinstance(part, int) else part not in here
        following = None if missing else here[part]
        if missing:
            following = [] if wants_list else {}
        elif wants_list and not isinstance(following, list):
            raise Misfit(step, following, "a list")
        elif not wants_list and not isinstance(following, dict):
            if not isinstance(part, int):
                raise Misfit(step, following, "a map")
            following = {}  # an item of a list gives way to a map
        here[part] = following
        here = following


class _Flag:
    """One pass over the text of a flag."""

    def __init__(self, kind: Kind, text: str, name: str) -> None:
        self.kind, self.text, self.name = kind, text, name
        self.at = 0
        self.spans: dict[Path, Span] = {}
        self.value_spans: dict[Path, Span] = {}
        self.edits: list[Edit] = []
        self.data: dict[str, Any] = {}
        self.warnings: list[Diagnostic] = []

    def span(self, start: int, end: int) -> Span:
        line = self.text.count("\n", 0, start)
        begin = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", begin)
        stop = len(self.text) if stop < 0 else stop
        column = start - begin + 1
        return Span(
            self.name, line + 1, column, max(min(end, stop) - begin + 1, column + 1), self.text[begin:stop]
        )

    def refuse(self, message: str, start: int, end: int, **details: Any) -> Rejected:
        return Rejected([Diagnostic("bad-set-syntax", message, spans=(self.span(start, end),), **details)])

    def source(self, onto: Mapping[str, Any]) -> Source:
        bad = next(
            (i for i, char in enumerate(self.text) if char == "\0" or "\ud800" <= char <= "\udfff"), -1
        )
        if bad >= 0:
            raise self.refuse("the flag holds what is no text", bad, bad + 1, found=ascii(self.text[bad]))
        if self.kind == "set-json" and self.text.lstrip().startswith("{"):
            return self.whole_object()
        result = tree.copied(onto)
        while self.at < len(self.text):
            start = self.at
            path, parts = self.path()
            if len(path) > MAX_DEPTH:
                told = "the values nest deeper than a chart's ever do"
                raise Rejected([Diagnostic("nesting-too-deep", told, spans=(self.span(*parts[MAX_DEPTH]),))])
            begin = self.at
            value = self.value(path)
            for length, (first, after) in enumerate(parts, 1):
                self.spans[path[:length]] = self.span(first, after)
            self.value_spans[path] = self.span(begin, self.ended)
            edit = (path, value)
            try:
                assign(result, (path, tree.copied(value)))
            except Misfit as misfit:
                stands = dotted(path[: misfit.step + 1])
                raise self.refuse(
                    f"{stands} is not {misfit.expected}, so {dotted(path)} cannot be set in it",
                    start,
                    parts[-1][1],
                    path=path,
                    found=_shown(misfit.found),
                    expected=misfit.expected,
                    hint=f"set {stands} as a whole instead, for example with --set-json",
                ) from None
            assign(self.data, (path, tree.copied(value)))
            self.edits.append(edit)
        return Source(
            self.name, self.data, self.spans, self.value_spans, tuple(self.edits), tuple(self.warnings)
        )

    def whole_object(self) -> Source:
        """`--set-json '{…}'`: a map that is merged, not an edit."""
        start = len(self.text) - len(self.text.lstrip())
        self.at = start
        data = self.json()
        if self.text[self.at :].strip():
            raise self.refuse("text follows the JSON object", self.at, len(self.text))
        try:
            placed = read_text(self.text, self.name)
        except Rejected:
            # JSON that is not YAML: the data stand, only their places are unknown.
            return Source(self.name, data, warnings=tuple(self.warnings))
        return Source(self.name, data, placed.spans, placed.value_spans, warnings=placed.warnings)

    def word(self, stops: str) -> tuple[str, str]:
        """Text up to one of `stops`, which is passed over, and that character ("" at the end); escapes resolved."""
        out: list[str] = []
        escapes = self.kind != "set-literal"
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == "\\" and escapes:
                out.append(self.text[self.at : self.at + 1])
                self.at += 1
            elif char in stops:
                return "".join(out), char
            else:
                out.append(char)
        self.at = len(self.text)
        return "".join(out), ""

    def path(self) -> tuple[Path, list[tuple[int, int]]]:
        path: list[str | int] = []
        parts: list[tuple[int, int]] = []
        dots = 0
        while True:
            start = self.at
            key, stop = self.word("=[." if self.kind == "set-literal" else "=[,.")
            end = self.at - 1 if stop else self.at
            if stop in ("", ","):
                raise self.refuse(
                    f"{self.text[start:end]!r} has no value"
                    if end > start
                    else "a setting is missing before the comma",
                    start,
                    max(end, start + 1),
                    expected="key=value",
                    hint="a comma inside a value is written \\," if self.edits else "",
                )
            if not key:
                raise self.refuse(
                    "a key is missing", start, start + 1, expected="a name before " + repr(stop)
                )
            path.append(key)
            parts.append((start, end))
            while stop == "[":
                index = self.index()
                path.append(index[0])
                parts.append(index[1:])
                stop = self.text[self.at : self.at + 1]
                if stop not in ("=", "[", "."):
                    raise self.refuse(
                        "something else follows the index of a list",
                        self.at,
                        self.at + 1,
                        found=stop or "the end",
                        expected="=, [ or .",
                    )
                self.at += 1
            if stop == "=":
                return tuple(path), parts
            dots += 1
            if dots > MAX_DOTS:
                raise self.refuse(
                    f"the path has more than {MAX_DOTS} dots, which Helm refuses", start, self.at
                )

    def index(self) -> tuple[int, int, int]:
        start = self.at
        end = self.text.find("]", start)
        if end < 0:
            raise self.refuse("the index of a list is not closed", start - 1, len(self.text), expected="]")
        digits = self.text[start:end]
        if not _INDEX.fullmatch(digits):
            raise self.refuse(
                "the index of a list is a whole number",
                start,
                end,
                found=digits or "nothing",
                hint="to use [ in a name, write \\[",
            )
        number = int(digits) if len(digits) < 10 else MAX_INDEX + 1
        if number < 0 or number > MAX_INDEX:
            raise self.refuse(
                "there can be no such index", start, end, found=digits, expected=f"0 to {MAX_INDEX}"
            )
        self.at = end + 1
        return number, start - 1, end + 1

    def value(self, path: Path) -> Any:
        if self.kind == "set-literal":
            rest, self.at = self.text[self.at :], len(self.text)
            self.ended = self.at
            return rest
        if self.kind == "set-json":
            value = self.json_or_null()
            self.separator()
            return value
        if self.text.startswith("{", self.at):
            return self.items(path)
        start = self.at
        word, stop = self.word(",")
        self.ended = self.at - 1 if stop else self.at
        if self.kind == "set-file" and not word and not stop:
            return ""
        return self.typed(word, start, self.ended)

    def items(self, path: Path) -> list[Any]:
        opened = self.at
        self.at += 1
        out: list[Any] = []
        while True:
            start = self.at
            word, stop = self.word(",}")
            if not stop:
                raise self.refuse("the list is not closed", opened, len(self.text), expected="}")
            place = (*path, len(out))
            self.spans[place] = self.value_spans[place] = self.span(start, self.at - 1)
            out.append(self.typed(word, start, self.at - 1))
            if stop == "}":
                self.separator()
                return out

    def separator(self) -> None:
        """After a value that ends by itself: a comma or the end."""
        self.ended = self.at
        if self.at < len(self.text):
            if self.text[self.at] != ",":
                raise self.refuse(
                    "something else follows the value",
                    self.at,
                    len(self.text),
                    found=self.text[self.at],
                    expected="a comma, or the end",
                )
            self.at += 1

    def typed(self, word: str, start: int, end: int) -> Any:
        if self.kind == "set-string":
            return word
        if self.kind == "set-file":
            return self.file(word, start, end)
        folded = word.casefold()
        if folded in _WORDS and len(folded) == len(word):
            return _WORDS[folded]
        if word == "0":
            return 0
        if word[:1] != "0" and _INTEGER.fullmatch(word) and len(word) <= 4000:
            number = int(word)
            if -(1 << 63) <= number < 1 << 63:
                return number
        return word

    def file(self, name: str, start: int, end: int) -> str:
        try:
            return read_bytes(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Rejected(
                [
                    Diagnostic(
                        "not-utf-8",
                        f"{name} is not UTF-8",
                        spans=(self.span(start, end),),
                        found=f"the byte 0x{error.object[error.start]:02x}",
                    )
                ]
            ) from None
        except Rejected as rejected:
            first = rejected.diagnostics[0]
            raise Rejected(
                [
                    Diagnostic(
                        first.code,
                        first.message,
                        spans=(self.span(start, end),),
                        found=first.found,
                        expected=first.expected,
                        hint=first.hint,
                    )
                ]
            ) from None

    def json_or_null(self) -> Any:
        if self.at >= len(self.text) or self.text[self.at] == ",":
            return None
        return self.json()

    def json(self) -> Any:
        space = _JSON_SPACE.match(self.text, self.at)
        start = space.end() if space else self.at
        try:
            value, self.at = json.JSONDecoder(parse_constant=_no_constant).raw_decode(self.text, start)
        except (ValueError, RecursionError) as error:
            at = error.pos if isinstance(error, json.JSONDecodeError) else start
            what = (
                error.msg
                if isinstance(error, json.JSONDecodeError)
                else "nested too deep, or no number of JSON"
            )
            raise self.refuse(
                "the value is not JSON",
                min(at, max(len(self.text) - 1, 0)),
                len(self.text),
                found=what,
                hint='text needs double quotes: key="text"; or use --set-string',
            ) from None
        space = _JSON_SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        try:
            read = from_mapping({"value": value}, self.name)
            span = self.span(start, self.at)
            self.warnings += [warning._replace(path=(), spans=(span,)) for warning in read.warnings]
            return read.data["value"]
        except Rejected as rejected:
            first = rejected.diagnostics[0]
            raise self.refuse(first.message, start, self.at, found=first.found) from None


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
