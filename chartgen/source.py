"""A source of values: a YAML file, standard input, a flag or a mapping → plain data and a span for every path.

Scalars come out as Helm reads them (YAML 1.1 as Go's yaml package has it, then JSON), measured on Helm 4.
"""

from __future__ import annotations

import base64
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from chartgen.diagnostics import Diagnostic, Path, Rejected, Span, dotted

MAX_BYTES = 10_000_000
MAX_DEPTH = 200
MAX_NODES = 1_000_000

_BOOLEANS = {
    **dict.fromkeys(["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"], True),
    **dict.fromkeys(["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"], False),
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NONCHARACTER = re.compile("[\ufdd0\ufdd1]")

Edit = tuple[Path, Any]


@dataclass(frozen=True)
class Source:
    """One input of values: `data` is plain; `spans` are of keys and list items, `value_spans` of what they hold."""

    name: str
    data: Any
    spans: Mapping[Path, Span] = field(default_factory=dict)
    value_spans: Mapping[Path, Span] = field(default_factory=dict)
    # What a flag of the --set family brings: assignments in order, which replace instead of merging.
    edits: tuple[Edit, ...] = ()


def read_file(path: str) -> Source:
    """The values in a file, or on standard input for `-`; raises Rejected for what cannot be read."""
    if path == "-":
        return read_text(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")
    return read_text(read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """What a file holds; raises Rejected when it cannot be read or is too large for values."""
    try:
        with open(path, "rb") as file:
            # devices and pipes have no size: what is too large shows when more comes than is asked for
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        _reject(
            "file-not-found",
            f"there is no file {path}",
            path,
            hint="check the path; it is relative to this folder",
        )
    except IsADirectoryError:
        _reject("is-a-directory", f"{path} is a directory", path, hint="name a file in it")
    except OSError as error:
        _reject("unreadable-file", f"{path} cannot be read: {error.strerror}", path)
    except ValueError:
        _reject("file-not-found", "there can be no file of this name", path, found=ascii(path))
    if len(data) > MAX_BYTES:
        _too_large(path)
    return data


def _too_large(name: str) -> NoReturn:
    most = f"at most {MAX_BYTES / 1e6:.0f} MB"
    _reject("file-too-large", f"{name} is too large for values", name, expected=most)


def from_mapping(mapping: Mapping[str, Any], name: str = "<values>") -> Source:
    """A Python mapping as a source without spans; its data is copied, whole floats become ints as in JSON.

    Raises Rejected for what has no place in JSON.
    """
    return Source(name, _plain(mapping, name, ()))


def _plain(value: Any, name: str, path: Path) -> Any:
    if len(path) > MAX_DEPTH:
        _reject("nesting-too-deep", f"values nest deeper than {MAX_DEPTH} levels", name)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        _check_text(value, Span(name, 0, 0))
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            _reject("bad-number", f"{dotted(path)} is no number that JSON has", name, found=str(value))
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, name, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, name, (*path, index)) for index, item in enumerate(value)]
    return _reject(
        "bad-value", f"{dotted(path)} is a {type(value).__name__}", name, expected="data that JSON has"
    )


def _reject(code: str, message: str, name: str, **details: Any) -> NoReturn:
    spans = details.pop("spans", (Span(name, 1, 1),))
    raise Rejected([Diagnostic(code, message, spans=spans, **details)])


def _check_text(text: str, span: Span) -> None:
    if _NONCHARACTER.search(text):
        raise Rejected(
            [
                Diagnostic(
                    "noncharacter",
                    "the text holds a Unicode noncharacter",
                    spans=(span,),
                    found=ascii(text)[:80],
                    hint="remove it: no text may interchange it",
                )
            ]
        )


def read_text(text: str | bytes, name: str, *, any_shape: bool = False) -> Source:
    """The values in YAML text; `any_shape` also takes a list or a scalar at the top.

    Raises Rejected with the place for anything that is not one YAML mapping in UTF-8.
    """
    if isinstance(text, bytes):
        text = _decoded(text, name)
    return _Builder(text.removeprefix("\ufeff"), name, any_shape).build()


def _decoded(data: bytes, name: str) -> str:
    """The bytes of a values file as text, without a byte order mark; raises Rejected for other than UTF-8."""
    if len(data) > MAX_BYTES:
        _too_large(name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        _reject(
            "not-utf-8",
            f"{name} is not UTF-8",
            name,
            spans=(Span(name, line, column),),
            found=f"the byte 0x{data[error.start]:02x}",
            hint="save the file as UTF-8",
        )


@dataclass(slots=True)
class _Level:
    """A collection being read, and where: its data, its path, the key that waits for a value."""

    data: Any
    path: Path
    anchor: str | None
    key: Any = None
    has_key: bool = False


class _Builder:
    """Builds data and spans from parser events, without recursion: depth and size are bounded here."""

    def __init__(self, text: str, name: str, any_shape: bool) -> None:
        self.text, self.name, self.any_shape = text, name, any_shape
        self.lines = text.splitlines()
        self.spans: dict[Path, Span] = {}
        self.value_spans: dict[Path, Span] = {}
        self.anchors: dict[str, Any] = {}
        self.sizes: dict[int, int] = {}
        self.nodes = 0
        self.findings: list[Diagnostic] = []

    def span(self, start: Any, end: Any = None) -> Span:
        line = start.line
        text = self.lines[line] if line < len(self.lines) else ""
        stop = end.column + 1 if end is not None and end.line == line else len(text) + 1
        return Span(self.name, line + 1, start.column + 1, max(stop, start.column + 2), text)

    def build(self) -> Source:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            root = self._read(_parser(self.text))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            spans = (self.span(mark),) if mark is not None else (Span(self.name, 1, 1),)
            hint = "YAML indents with spaces, not tabs" if "\\t" in str(error.problem) else ""
            _reject(
                "yaml-syntax",
                f"not YAML: {error.problem or error.context}",
                self.name,
                spans=spans,
                hint=hint,
            )
        except (YAMLError, ValueError) as error:
            line, column = self._control_character()
            _reject(
                "yaml-syntax",
                f"not YAML: {str(error).splitlines()[0]}",
                self.name,
                spans=(Span(self.name, line, column),),
            )
        if self.findings:
            raise Rejected(self.findings)
        if root is None and not self.any_shape:
            root = {}
        if not isinstance(root, dict) and not self.any_shape:
            _reject(
                "not-a-mapping",
                f"{self.name} holds no map of values",
                self.name,
                found=type(root).__name__,
                expected="keys such as `server:` at the top",
            )
        return Source(self.name, root, self.spans, self.value_spans)

    def _control_character(self) -> tuple[int, int]:
        match = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", self.text)
        if match is None:
            return 1, 1
        return self.text.count("\n", 0, match.start()) + 1, match.start() - self.text.rfind(
            "\n", 0, match.start()
        )

    def _read(self, parser: Any) -> Any:
        levels: list[_Level] = []
        root: Any = None
        documents = 0
        while True:
            event = parser.get_event()
            kind = type(event).__name__
            if kind == "StreamEndEvent":
                return root
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    self._fail(
                        "several-documents", "values are one YAML document", event, hint="split the file"
                    )
                    return root
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                if len(levels) >= MAX_DEPTH:
                    _reject(
                        "nesting-too-deep",
                        f"values nest deeper than {MAX_DEPTH} levels",
                        self.name,
                        spans=(self.span(event.start_mark),),
                    )
                data: Any = {} if kind == "MappingStartEvent" else []
                path = self._path(levels, event)
                if levels and isinstance(levels[-1].data, dict) and not levels[-1].has_key:
                    _reject(
                        "bad-key",
                        "a key is text, a number or a boolean",
                        self.name,
                        spans=(self.span(event.start_mark),),
                        found="a map or list",
                    )
                self.value_spans[path] = self.span(event.start_mark)
                levels.append(_Level(data, path, event.anchor))
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                level = levels.pop()
                if level.anchor:
                    self.anchors[level.anchor] = level.data
                root = self._place(levels, level.data, root)
            elif kind == "ScalarEvent":
                self._count(event, 1)
                if levels and isinstance(levels[-1].data, dict) and not levels[-1].has_key:
                    self._key(levels[-1], event)
                    continue
                path = self._path(levels, event)
                value = self._scalar(event)
                self.value_spans[path] = self.span(event.start_mark, event.end_mark)
                if event.anchor:
                    self.anchors[event.anchor] = value
                root = self._place(levels, value, root)
            elif kind == "AliasEvent":
                if event.anchor not in self.anchors:
                    self._fail("unknown-anchor", f"there is no anchor &{event.anchor} before this", event)
                value = self.anchors.get(event.anchor)
                if levels and isinstance(levels[-1].data, dict) and not levels[-1].has_key:
                    levels[-1].key, levels[-1].has_key = _key_text(value), True
                    continue
                path = self._path(levels, event)
                self._count(event, self._size(value))
                self.value_spans[path] = self.span(event.start_mark, event.end_mark)
                root = self._place(levels, _copy(value), root)

    def _size(self, value: Any) -> int:
        """The number of nodes below an anchor's value: what each alias to it costs."""
        if not isinstance(value, (dict, list)):
            return 1
        known = self.sizes.get(id(value))
        if known is None:
            items = value.values() if isinstance(value, dict) else value
            known = self.sizes[id(value)] = 1 + sum(self._size(item) for item in items)
        return known

    def _count(self, event: Any, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            _reject(
                "alias-bomb",
                f"aliases expand to more than {MAX_NODES:,} values",
                self.name,
                spans=(self.span(event.start_mark, event.end_mark),),
                hint="write the values out, or split the file",
            )

    def _fail(self, code: str, message: str, event: Any, **details: Any) -> None:
        self.findings.append(
            Diagnostic(code, message, spans=(self.span(event.start_mark, event.end_mark),), **details)
        )

    def _path(self, levels: list[_Level], event: Any) -> Path:
        if not levels:
            return ()
        level = levels[-1]
        if isinstance(level.data, dict):
            return (*level.path, level.key)
        path = (*level.path, len(level.data))
        self.spans[path] = self.span(event.start_mark, getattr(event, "end_mark", None))
        return path

    def _key(self, level: _Level, event: Any) -> None:
        value = self._scalar(event)
        level.has_key = True
        if value == "<<" and event.implicit[0] and not event.style:
            level.key = _MERGE
            return
        key = _key_text(value)
        path = (*level.path, key)
        span = self.span(event.start_mark, event.end_mark)
        if path in self.spans:
            self.findings.append(
                Diagnostic(
                    "duplicate-key",
                    f"{dotted(path)} is there twice",
                    path=path,
                    spans=(span, self.spans[path]),
                    hint="keep one of the two: Helm would silently take the last",
                )
            )
        self.spans[path] = span
        level.key = key

    def _place(self, levels: list[_Level], value: Any, root: Any) -> Any:
        if not levels:
            return value
        level = levels[-1]
        if isinstance(level.data, list):
            level.data.append(value)
            return root
        if level.key is _MERGE:
            self._merge(level, value)
        else:
            level.data[level.key] = value
        level.has_key = False
        return root

    def _merge(self, level: _Level, merged: Any) -> None:
        """As Helm has it: the later of a key and a merge that brings the same key wins; in a list, the first."""
        together: dict[str, Any] = {}
        for one in merged if isinstance(merged, list) else [merged]:
            if isinstance(one, dict):
                together = {**one, **together}
                continue
            span = self.value_spans.get((*level.path, _MERGE), Span(self.name, 1, 1))
            self.findings.append(Diagnostic("bad-merge", "<< takes a map or a list of maps", spans=(span,)))
        for key, item in together.items():
            level.data[key] = _copy(item)

    def _scalar(self, event: Any) -> Any:
        text, tag = event.value, event.tag
        if "\ufdd0" in text or "\ufdd1" in text:
            _check_text(text, self.span(event.start_mark, event.end_mark))
        if tag and tag not in ("!", "tag:yaml.org,2002:str"):
            return self._tagged(event, tag.removeprefix("tag:yaml.org,2002:"), text)
        if tag or event.style or not event.implicit[0]:
            return text
        value = scalar(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._fail("bad-number", "values have no such number", event, found=text)
        return value

    def _tagged(self, event: Any, tag: str, text: str) -> Any:
        value = scalar(text)
        if tag == "binary":
            try:
                return base64.b64decode(text, validate=False).decode()
            except ValueError:
                self._fail("bad-tag", "!!binary holds no text in base64", event)
        elif (
            tag == "float"
            and isinstance(value, (int, float))
            and not isinstance(value, bool)
            and math.isfinite(value)
        ):
            return int(value) if float(value).is_integer() else value
        elif (
            (tag == "int" and isinstance(value, int))
            or (tag == "bool" and isinstance(value, bool))
            or (tag == "null" and value is None)
        ):
            return value
        else:
            self._fail("bad-tag", f"{text!r} is not of the type that its tag names", event, found=f"!!{tag}")
        return None


class _Merge:
    def __repr__(self) -> str:
        return "<<"


_MERGE: Any = _Merge()


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _key_text(value: Any) -> str:
    """A key as JSON has it: text. Go writes booleans and numbers as YAML does."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def scalar(text: str) -> Any:
    """A plain YAML scalar as Helm reads it: null, bool, int, float (int when whole) or the text itself."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    first = text[0]
    if first not in "+-.0123456789":
        return text
    if _NOT_A_NUMBER.fullmatch(text):
        return math.nan if "n" in text.lower()[:2] and "inf" not in text.lower() else math.inf
    # Go's reader takes underscores out, except where a number starts with its point
    digits = text if first == "." else text.replace("_", "")
    number = _integer(digits)
    if number is not None:
        # Go has 64-bit integers; what does not fit is read as a float, and a float loses digits
        return number if -(2**63) <= number < 2**64 else float(number)
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < 2**53 else value
    return text


def _integer(digits: str) -> int | None:
    sign, body = (-1, digits[1:]) if digits[:1] == "-" else (1, digits[1:] if digits[:1] == "+" else digits)
    try:
        if body[:2] in ("0b", "0B"):
            return sign * int(body[2:], 2)
        if body[:2] in ("0o", "0O"):
            return sign * int(body[2:], 8)
        if body[:2] in ("0x", "0X"):
            return sign * int(body[2:], 16)
        if not body.isascii() or not body.isdigit():
            return None
        return sign * (int(body, 8) if len(body) > 1 and body[0] == "0" else int(body))
    except ValueError:
        return None


def _parser(text: str) -> Any:
    """A parser of YAML events: the C one, or the same in Python where it is missing."""
    try:
        from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # re-exported, only not declared so
    except ImportError:
        from ruamel.yaml import YAML

        loader = YAML(typ="safe", pure=True)
        loader.version = (1, 1)
        return loader.get_constructor_parser(_stream(text))[1]
    return CParser(text)


def _stream(text: str) -> Any:
    import io

    return io.StringIO(text)
