"""A source of values: a YAML file, standard input, a flag or a mapping → plain data and a span for every path.

Scalars come out as Helm reads them (`chartgen.values.helm_scalar`); what it would read otherwise than it looks is refused.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence

from chartgen.diagnostics import MAX_FINDINGS, Diagnostic, Path, Rejected, Span, any_error, bounded, dotted
from chartgen.records import NamedTuple
from chartgen.values import block_events, helm_scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

MAX_BYTES = 10_000_000
# most files have less
_USUAL = 65_536
MAX_DEPTH = 200
MAX_NODES = 200_000
MAX_ALIASED = 100_000

# what tokens are made of, and halves of surrogate pairs; compiled where it is used, as what is below
_NO_TEXT = "[\ufdd0-\ufdd2\ud800-\udfff]"

# what a token begins with
_TOKEN = "\ufdd0"

Edit: TypeAlias = "tuple[Path, Any]"
Late = Callable[[str, str | None], str]


class Source(NamedTuple):
    """One input of values: `data` is plain; `spans` are of keys and list items, `value_spans` of what they hold."""

    name: str
    data: Any
    spans: Mapping[Path, Span] = {}
    value_spans: Mapping[Path, Span] = {}
    # What a flag of the --set family brings: assignments in order, which replace instead of merging.
    edits: tuple[Edit, ...] = ()
    # What is taken, but not as it looks.
    warnings: tuple[Diagnostic, ...] = ()
    # The lines of a file, for places inside a value.
    lines: Sequence[str] = ()


def read_file(path: str) -> Source:
    """The values in a file, or on standard input for `-`; raises Rejected for what cannot be read."""
    if path == "-":
        return read_text(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")
    return read_text(read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """What a file holds; raises Rejected when it cannot be read or is too large for values."""
    try:
        with open(path, "rb") as file:
            # devices and pipes have no size: what is too large shows when more comes than is asked for; and room for all
            # that is asked for is made before it comes
            data = file.read(_USUAL)
            if len(data) == _USUAL:
                data += file.read(MAX_BYTES + 1 - _USUAL)
    except FileNotFoundError:
        reject(
            "file-not-found",
            f"there is no file {path}",
            path,
            hint=_why_missing(path),
        )
    except IsADirectoryError:
        reject("is-a-directory", f"{path} is a directory", path, hint="name a file in it")
    except OSError as error:
        reject("unreadable-file", f"{path} cannot be read: {error.strerror}", path)
    except ValueError:
        reject("file-not-found", "there can be no file of this name", path, found=ascii(path))
    if len(data) > MAX_BYTES:
        _too_large(path)
    return data


def _why_missing(path: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]*://", path):
        return f"values are read from files: download it first, for example with curl -fsSLO {path}"
    if any(char in path for char in "*?[{"):
        return "the shell did not expand the pattern: no file matches it, or it stands in quotes"
    if path != path.strip():
        return "its name begins or ends with a space"
    return "a path is relative to this folder" if not path.startswith("/") else ""


def _too_large(name: str) -> NoReturn:
    most = f"at most {MAX_BYTES / 1e6:.0f} MB"
    reject("file-too-large", f"{name} is too large for values", name, expected=most)


def from_mapping(mapping: Mapping[str, Any], name: str = "<values>") -> Source:
    """A Python mapping as a source without spans; its data is copied, numbers and keys come out as in Helm.

    Raises Rejected for what has no place in JSON.
    """
    warnings: list[Diagnostic] = []
    return Source(name, _plain(mapping, name, (), warnings), warnings=tuple(warnings))


def _plain(value: Any, name: str, path: Path, warnings: list[Diagnostic]) -> Any:
    if len(path) > MAX_DEPTH:
        reject("nesting-too-deep", f"values nest deeper than {MAX_DEPTH} levels", name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        _check_text(value, Span(name, 0, 0))
        return str(value)
    if isinstance(value, (int, float)):
        try:
            held = helm_scalar.held(value)
        except (OverflowError, ValueError):
            held = math.inf
        if not math.isfinite(held):
            reject("bad-number", f"{dotted(path)} is no number that values have", name, found=str(value)[:80])
        if isinstance(value, int) and held != value:
            warnings.append(digits_lost(value, (), path))
        return held
    if isinstance(value, Mapping):
        return {
            name_: _plain(item, name, (*path, name_), warnings)
            for key, item in value.items()
            for name_ in [_key_text(key, name, path)]
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, name, (*path, index), warnings) for index, item in enumerate(value)]
    return reject(
        "bad-value", f"{dotted(path)} is a {type(value).__name__}", name, expected="data that JSON has"
    )


def _key_text(key: Any, name: str, path: Path) -> str:
    if isinstance(key, str):
        _check_text(key, Span(name, 0, 0))
        return str(key)
    text = helm_scalar.key(str(key), key) if isinstance(key, (bool, int, float)) else None
    if text is None:
        reject("bad-key", f"a key of {dotted(path) or 'the values'} is no text", name, found=repr(key)[:80])
    return text


def reject(code: str, message: str, name: str, **details: Any) -> NoReturn:
    """Raises Rejected with one finding, about the source called `name` as a whole unless `spans` are given."""
    spans = details.pop("spans", (Span(name, 0, 0),))
    raise Rejected([Diagnostic(code, message, spans=spans, **details)])


def _check_text(text: str, span: Span) -> None:
    if re.search(_NO_TEXT, text):
        raise Rejected(
            [
                Diagnostic(
                    "noncharacter",
                    "the text holds what is no character in Unicode",
                    spans=(span,),
                    found=ascii(text)[:80],
                    hint="remove it: no text may interchange it",
                )
            ]
        )


def read_text(text: str | bytes, name: str, *, any_shape: bool = False, late: Late | None = None) -> Source:
    """The values in YAML text; `any_shape` also takes a list or a scalar at the top.

    `late` is asked for the value of each scalar with a token in it, with its text and style.

    Raises Rejected with the place for anything that is not one YAML map in UTF-8.
    """
    if isinstance(text, bytes):
        text = _decoded(text, name)
    return _Builder(text.removeprefix("\ufeff"), name, any_shape, late).build()


def read_partly(text: str, name: str) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """(what can be read of YAML text whatever is wrong with it, what is wrong); None where the parser stops."""
    return _Builder(text.removeprefix("\ufeff"), name, False).part()


def _decoded(data: bytes, name: str) -> str:
    """The bytes of a values file as text, without a byte order mark; raises Rejected for other than UTF-8."""
    if len(data) > MAX_BYTES:
        _too_large(name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        reject(
            "not-utf-8",
            f"{name} is not UTF-8",
            name,
            spans=(Span(name, line, column),),
            found=f"the byte 0x{data[error.start]:02x}",
            hint="save the file as UTF-8",
        )


class _Level:
    """A collection being read, and where: its data, its path, the keys so far, the key that waits for a value."""

    __slots__ = ("anchor", "data", "depth", "has_key", "is_flow", "key", "keys", "nodes", "path", "twice")

    def __init__(self, data: Any, path: Path, anchor: str | None, is_flow: bool) -> None:
        self.data, self.path, self.anchor, self.is_flow = data, path, anchor, is_flow
        self.nodes = self.depth = 1
        self.keys: dict[str, Span] = {}
        self.twice: dict[str, int] = {}
        self.key: Any = None
        self.has_key = False


class _Anchored(NamedTuple):
    """What an anchor names: its value, where that stands (None for a key), how many nodes and levels it has."""

    value: Any
    path: Path | None
    nodes: int = 1
    depth: int = 0


class _Builder:
    """Builds data and spans from parser events, without recursion: depth and size are bounded here."""

    def __init__(self, text: str, name: str, any_shape: bool, late: Late | None = None) -> None:
        self.text, self.name, self.any_shape, self.late = text, name, any_shape, late
        self.lines = text.splitlines()
        # asked of the whole text once, and not of each value
        self.has_escaped_slash = "\\/" in text
        self.spans: dict[Path, Span] = {}
        self.value_spans: dict[Path, Span] = {}
        self.anchors: dict[str, _Anchored | _Level] = {}
        self.nodes = self.aliased = 0
        self.findings: list[Diagnostic] = []

    def span(self, start: Any, end: Any = None) -> Span:
        line = start.line
        text = self.lines[line] if line < len(self.lines) else ""
        stop = end.column + 1 if end is not None and end.line == line else len(text) + 1
        return Span(self.name, line + 1, start.column + 1, max(stop, start.column + 2), text)

    def build(self) -> Source:
        root = self._root()
        if any_error(self.findings):
            raise Rejected(self.findings)
        return self._source(root, tuple(self.findings))

    def part(self) -> tuple[Source | None, tuple[Diagnostic, ...]]:
        try:
            root = self._root()
            # what is taken, but not as it looks, is the source's own to tell
            warnings = tuple(finding for finding in self.findings if finding.severity != "error")
            wrong = tuple(finding for finding in self.findings if finding.severity == "error")
            return self._source(root, warnings), wrong
        except Rejected as rejected:
            return None, rejected.diagnostics

    def _root(self) -> Any:
        if "\ufeff" in self.text:
            line, column = self._place_of("\ufeff")
            reject(
                "byte-order-mark",
                "a byte order mark stands inside the text",
                self.name,
                spans=(Span(self.name, line, column),),
                hint="remove the invisible character U+FEFF: files that had one each were joined",
            )
        plain = block_events.of(self.text)
        if plain is not None:
            return self._read(plain.__next__)
        from yaml.error import MarkedYAMLError, YAMLError

        try:
            return self._read(_parser(self.text).get_event)
        except MarkedYAMLError as error:
            self._syntax(error)
        except (YAMLError, ValueError) as error:
            line, column = self._place_of("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
            reject(
                "yaml-syntax",
                f"not YAML: {str(error).splitlines()[0]}",
                self.name,
                spans=(Span(self.name, line, column),),
            )

    def _source(self, root: Any, warnings: tuple[Diagnostic, ...]) -> Source:
        if root is None and not self.any_shape:
            root = {}
        if not isinstance(root, dict) and not self.any_shape:
            reject(
                "not-a-mapping",
                f"{self.name} holds no map of values",
                self.name,
                spans=(self.value_spans[()],),
                found="a list" if isinstance(root, list) else "one value",
                hint="a space has to follow the colon of a key" if ":" in str(root) else "",
                expected="keys such as `server:` at the top",
            )
        return Source(self.name, root, self.spans, self.value_spans, warnings=warnings, lines=self.lines)

    def _syntax(self, error: Any) -> NoReturn:
        """Refuses text that the parser cannot read, in its words and with what they mostly mean."""
        mark, started = error.problem_mark or error.context_mark, error.context_mark
        if started is not None and _NO_KEY in str(error.problem):
            # the parser gives up below the line that it means
            mark = started
        span = self.span(mark) if mark is not None else Span(self.name, 1, 1)
        problem = str(error.problem or error.context)
        if "nesting depth" in problem:
            self._too_deep(span)
        self._unrendered()
        if "<document start>" in problem:
            reject("several-documents", "text follows the end of the document", self.name, spans=(span,))
        hint = next((hint for words, hint in _SYNTAX_HINTS if words in problem), "")
        at = span.text[span.column - 1 :]
        if "\t" in (at[:1], span.text[: len(span.text) - len(span.text.lstrip())][-1:]):
            hint = "YAML indents with spaces: there is a tab here"
        elif at[:1] in ("@", "`", "%", "|", ">") and "cannot start" in problem:
            hint = f"text that begins with {at[0]} needs quotes"
        elif "{{" in span.text:
            hint = _BRACES
        spans = (span,) if started is None or started.line == mark.line else (span, self.span(started))
        reject("yaml-syntax", f"not YAML: {problem}", self.name, spans=spans, hint=hint)

    def _unrendered(self) -> None:
        """Refuses a file that is a template of another tool's: the proof is that it is YAML without the template."""
        lines, bare = list(self.lines), []
        for number, line in enumerate(self.lines):
            if "{" not in line:
                continue
            match = re.match(_BARE, line)
            if match and not re.search(_HELMS, line):
                bare.append(number)
                # a statement has its line to itself; an expression stands for a value
                line = match["before"] + "x" if match["before"].strip() else ""
            lines[number] = re.sub(_ACTION, "x", line)
        if not bare or not _parses(lines):
            return
        # inside quotes and block text an action breaks nothing
        first = next(
            (
                action
                for action in bare[:100]
                if not _parses([*lines[:action], self.lines[action], *lines[action + 1 :]])
            ),
            bare[0],
        )
        text = self.lines[first]
        column = text.index("{") + 1
        reject(
            "unrendered-template",
            "this file is a template, and another tool makes the values of it",
            self.name,
            spans=(Span(self.name, first + 1, column, len(text.rstrip()) + 1, text),),
            expected="what that tool makes of it, such as helmfile's or Ansible's output",
            hint="render it first, and check the result; text that Helm is to expand needs quotes",
        )

    def _place_of(self, pattern: str) -> tuple[int, int]:
        """Line and column of the first match, or of the start where there is none."""
        match = re.search(pattern, self.text)
        start = match.start() if match else 0
        return self.text.count("\n", 0, start) + 1, start - self.text.rfind("\n", 0, start)

    def _read(self, next_event: Callable[[], Any]) -> Any:
        levels: list[_Level] = []
        root: Any = None
        documents = 0
        while True:
            event = next_event()
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._count(event, 1)
                self._in_flow(levels, event)
                if _wants_key(levels):
                    self._key(levels[-1], event)
                    continue
                path = self._path(levels, event)
                value = self._value(event)
                self.value_spans[path] = self.span(event.start_mark, event.end_mark)
                if event.anchor:
                    self.anchors[event.anchor] = _Anchored(value, path)
                root = self._place(levels, value, root)
            elif kind == "StreamEndEvent":
                return root
            elif kind == "DocumentStartEvent":
                documents += 1
                self._directive(event)
                if documents > 1 and not self._is_empty(next_event()):
                    self._fail(
                        "several-documents",
                        "values are one YAML document",
                        event,
                        hint="split the file: some versions of Helm take the first document only, some merge all",
                    )
                    return root
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._deepen(levels, 1, event)
                if _wants_key(levels):
                    self._unrendered()
                    reject(
                        "bad-key",
                        "a key is text, a number or a boolean",
                        self.name,
                        spans=(self.span(event.start_mark),),
                        found="a map or list",
                        hint=_BRACES if "{{" in self.span(event.start_mark).text else "",
                    )
                self._collection_tag(event, kind == "MappingStartEvent")
                path = self._path(levels, event)
                self.value_spans[path] = self.span(event.start_mark)
                level = _Level(
                    {} if kind == "MappingStartEvent" else [], path, event.anchor, bool(event.flow_style)
                )
                if event.anchor:
                    self.anchors[event.anchor] = level
                levels.append(level)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                level = levels.pop()
                # unless an inner node took the name since
                if level.anchor and self.anchors[level.anchor] is level:
                    self.anchors[level.anchor] = _Anchored(level.data, level.path, level.nodes, level.depth)
                root = self._place(levels, level.data, root, level.nodes, level.depth)
            elif kind == "AliasEvent":
                root = self._alias(levels, event, root)

    def _directive(self, event: Any) -> None:
        version = tuple(event.version or (1, 1))
        if version != (1, 1):
            self._fail(
                "yaml-version",
                "Helm reads YAML 1.1 only",
                event,
                found="%YAML " + ".".join(map(str, version)),
                hint="remove the directive",
            )

    def _in_flow(self, levels: list[_Level], event: Any) -> None:
        if not event.style and "?" in event.value and levels and levels[-1].is_flow:
            self._fail(
                "yaml-syntax", "Helm's YAML ends text at a ? between brackets", event, hint="put it in quotes"
            )

    def _is_empty(self, event: Any) -> bool:
        return type(event).__name__ == "ScalarEvent" and event.value == "" and not event.style

    def _deepen(self, levels: list[_Level], more: int, event: Any) -> None:
        if len(levels) + more > MAX_DEPTH:
            self._too_deep(self.span(event.start_mark))

    def _too_deep(self, span: Span) -> NoReturn:
        reject("nesting-too-deep", f"values nest deeper than {MAX_DEPTH} levels", self.name, spans=(span,))

    def _alias(self, levels: list[_Level], event: Any, root: Any) -> Any:
        known = self.anchors.get(event.anchor)
        if not isinstance(known, _Anchored):
            why = "is inside what it names" if known else "has no anchor before it"
            self._fail("unknown-anchor", f"the alias *{event.anchor} {why}", event)
            known = _Anchored(None, None)
        if _wants_key(levels):
            if not isinstance(known.value, str):
                self._fail("bad-key", "an alias that is a key has to name text", event)
            self._enter(levels[-1], str(known.value), event)
            return root
        if levels and levels[-1].key is _MERGE and not isinstance(known.value, dict):
            self._fail("bad-merge", f"<< takes a map or a list of maps, and *{event.anchor} is none", event)
            known = _Anchored({}, None)
        self._deepen(levels, known.depth, event)
        self._count(event, known.nodes, aliased=True)
        path = self._path(levels, event)
        self.value_spans[path] = self.span(event.start_mark, event.end_mark)
        if known.path is not None:
            self._trace(known.value, known.path, path)
        return self._place(levels, known.value, root, known.nodes, known.depth)

    def _trace(self, value: Any, origin: Path, target: Path) -> None:
        """Gives what is below `target` the places of what is below `origin`: where an alias's values are written."""
        items: Any = ()
        if isinstance(value, dict):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        for key, item in items:
            old, new = (*origin, key), (*target, key)
            for spans in (self.spans, self.value_spans):
                if old in spans:
                    spans[new] = spans[old]
            self._trace(item, old, new)

    def _count(self, event: Any, nodes: int, *, aliased: bool = False) -> None:
        self.nodes += nodes
        self.aliased += nodes if aliased else 0
        if len(self.findings) > MAX_FINDINGS and self.findings[-1].severity == "error":
            raise Rejected(bounded(self.findings))
        if self.nodes <= MAX_NODES and self.aliased <= MAX_ALIASED:
            return
        spans, hint = (
            (self.span(event.start_mark, event.end_mark),),
            "write the values out, or split the file",
        )
        if self.aliased > MAX_ALIASED:
            words = f"aliases expand to more than {MAX_ALIASED:,} values"
            reject("alias-bomb", words, self.name, spans=spans, hint=hint)
        words = f"{self.name} holds more than {MAX_NODES:,} values"
        reject("too-many-values", words, self.name, spans=spans, hint=hint)

    def _fail(self, code: str, message: str, event: Any, **details: Any) -> None:
        self.findings.append(
            Diagnostic(code, message, spans=(self.span(event.start_mark, event.end_mark),), **details)
        )

    def _warn(self, code: str, message: str, spans: tuple[Span, ...], **details: Any) -> None:
        if len(self.findings) <= MAX_FINDINGS:
            self.findings.append(Diagnostic(code, message, weight="unwise", spans=spans, **details))

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
        if self.late is not None and _TOKEN in event.value:
            self._enter(level, event.value, event)
            return
        value = self._scalar(event)
        bare = not event.style and (not event.tag or event.tag == _TAGS + "merge")
        if bare and event.value == "<<":
            level.key, level.has_key = _MERGE, True
            return
        key = helm_scalar.key(event.value, value)
        if key is None:
            self._fail(
                "bad-key",
                "Helm cannot take this key as it is written",
                event,
                found="null" if value is None else "a number",
                hint="put it in quotes",
            )
            key = event.value
        elif isinstance(value, bool) and event.value.lower() not in ("true", "false"):
            self._warn(
                "key-read-as-boolean",
                f"Helm reads the key {event.value} as {key}",
                (self.span(event.start_mark, event.end_mark),),
                hint="put it in quotes",
            )
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value, None)
        self._enter(level, key, event)

    def _enter(self, level: _Level, key: str, event: Any) -> None:
        path = (*level.path, key)
        span = self.span(event.start_mark, event.end_mark)
        if key in level.keys:
            level.twice[key] = len(self.findings)
            self.findings.append(
                Diagnostic(
                    "duplicate-key",
                    f"{dotted(path)} is there twice",
                    path=path,
                    spans=(span, level.keys[key]),
                    hint="keep one of the two: Helm would silently take the last",
                )
            )
        self.spans[path] = level.keys[key] = span
        level.key, level.has_key = key, True

    def _place(self, levels: list[_Level], value: Any, root: Any, nodes: int = 1, depth: int = 0) -> Any:
        if not levels:
            return value
        level = levels[-1]
        level.nodes += nodes
        level.depth = max(level.depth, depth + 1)
        if isinstance(level.data, list):
            level.data.append(value)
            return root
        if level.key is _MERGE:
            self._merge(level, value)
        else:
            self._empty_twin(level, value)
            level.data[level.key] = value
        level.has_key = False
        return root

    def _empty_twin(self, level: _Level, value: Any) -> None:
        """Of two sections of one name one may be a leftover."""
        if not level.twice:
            return
        place = level.twice.pop(str(level.key), None)
        which = (
            "second" if value in (None, {}) else "first" if level.data.get(level.key) in (None, {}) else ""
        )
        if place is not None and which:
            hint = f"remove the {which}: it is empty"
            if which == "second":
                hint += ", and in Helm it takes away all that the first says"
            self.findings[place] = self.findings[place]._replace(hint=hint)

    def _merge(self, level: _Level, merged: Any) -> None:
        """As Helm has it: the later of a key and a merge that brings the same key wins; in a list, the first."""
        origin = (*level.path, _MERGE)
        several = isinstance(merged, list)
        together: dict[str, tuple[Any, Path]] = {}
        for number, merged_map in enumerate(merged if several else [merged]):
            place = (*origin, number) if several else origin
            if isinstance(merged_map, dict):
                together = {**{key: (item, place) for key, item in merged_map.items()}, **together}
                continue
            self.findings.append(
                Diagnostic("bad-merge", "<< takes a map or a list of maps", spans=(self.value_spans[place],))
            )
        for key, (item, place) in together.items():
            if key in level.keys and level.data[key] != item:
                path = (*level.path, key)
                self._warn(
                    "merge-after-key",
                    f"{dotted(path)} is overridden by the << below it",
                    (level.keys[key], self.value_spans[origin]),
                    hint="Helm lets the later of the two win: write the << first",
                )
            level.data[key] = item
            self._trace({key: item}, place, level.path)

    def _value(self, event: Any) -> Any:
        value = self._scalar(event)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        if not math.isfinite(value):
            self._fail("bad-number", "values have no such number", event, found=event.value)
            return None
        held = helm_scalar.held(value)
        if isinstance(value, int) and held != value and len(self.findings) <= MAX_FINDINGS:
            span = self.span(event.start_mark, event.end_mark)
            self.findings.append(digits_lost(value, (span,)))
        return held

    def _scalar(self, event: Any) -> helm_scalar.Scalar:
        text: str = event.value
        tag: str | None = event.tag
        if self.late is not None and _TOKEN in text:
            return self.late(text, event.style)
        if not text.isascii():
            _check_text(text, self.span(event.start_mark, event.end_mark))
        if self.has_escaped_slash and event.style == '"':
            written = self.text[event.start_mark.index : event.end_mark.index]
            if "\\/" in re.sub(r"\\\\", "", written):
                self._fail("yaml-syntax", "Helm's YAML has no escape \\/", event, hint="write a plain /")
        if not tag or (tag == "!" and text):
            return text if tag or event.style else helm_scalar.plain(text)
        name = tag.removeprefix(_TAGS)
        try:
            if tag.startswith(_TAGS) and name in ("str", "int", "float", "bool", "null", "binary"):
                return helm_scalar.tagged(text, name)
            if tag == _TAGS + "merge" and text == "<<":
                return text
            self._fail("bad-tag", "Helm ignores this tag", event, hint=_TAG_HINT)
        except helm_scalar.BadTag as error:
            self._fail("bad-tag", str(error), event, found=f"!!{name}")
        return text

    def _collection_tag(self, event: Any, is_map: bool) -> None:
        known = ("map", "set") if is_map else ("seq", "omap", "pairs")
        if event.tag and event.tag != "!" and event.tag not in [_TAGS + name for name in known]:
            span = self.span(event.start_mark)
            self.findings.append(
                Diagnostic("bad-tag", "Helm ignores this tag", spans=(span,), hint=_TAG_HINT)
            )


_BRACES = "text that begins with {{ needs quotes"
# an action of a template engine that stands where YAML has a value, or alone on its line
_BARE = r"(?P<before>\s*(?:-\s+)?(?:[\w./$\"'-]+:\s+)?)\{(?:\{|%|#)"
_ACTION = r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}"
# what only Helm knows is meant for Helm
_HELMS = r"\.(Release|Chart|Capabilities|Template)\b"
_NO_KEY = "could not find expected ':'"
# what the parser's words mostly mean
_SYNTAX_HINTS = (
    (
        "mapping values are not allowed",
        "a text with `: ` in it needs quotes; or the line is indented too far",
    ),
    (_NO_KEY, "this line is no `key: value`; or a quote before it is not closed"),
    ("did not find expected key", "the line is not indented like its neighbours, or a quote ends too early"),
    ("did not find expected '-' indicator", "the line is not indented like the items of the list"),
    ("did not find expected ',' or", "a bracket before this is not closed, or a comma is missing"),
    ("end of stream", "a quote or a bracket before this is not closed"),
    ("unknown escape", "in double quotes a backslash is written twice; single quotes take it as it is"),
    ("expected alphabetic or numeric", "text that begins with & or * needs quotes"),
    ("block sequence entries are not allowed", "a list begins on a line of its own"),
    ("control characters", "remove the control character"),
)


class _Merge(str):
    """The key that merges, told from the quoted text "<<" by its identity."""


_MERGE = _Merge("<<")
_TAGS = "tag:yaml.org,2002:"
_TAG_HINT = "remove it, or run the tool that it is meant for first"


def _wants_key(levels: list[_Level]) -> bool:
    return bool(levels) and isinstance(levels[-1].data, dict) and not levels[-1].has_key


def digits_lost(number: int, spans: tuple[Span, ...], path: Path = ()) -> Diagnostic:
    """The warning about a whole number that a 64-bit float does not hold."""
    return Diagnostic(
        "digits-lost",
        f"Helm's numbers have 53 bits: {number} becomes {helm_scalar.held(number)}",
        weight="unwise",
        path=path,
        spans=spans,
        hint="put it in quotes if it is a name, not an amount",
    )


def _parses(lines: Sequence[str]) -> bool:
    """True if the lines are YAML whose keys are scalars."""
    from yaml.error import YAMLError

    def plain(node: Any) -> bool:
        if node is None or node.id == "scalar":
            return True
        if node.id == "mapping":
            return all(key.id == "scalar" and plain(value) for key, value in node.value)
        return all(map(plain, node.value))

    try:
        return plain(_parser("\n".join(lines)).get_single_node())
    except (YAMLError, ValueError, RecursionError):
        return False


def _parser(text: str) -> Any:
    """A parser of YAML events: libyaml's, or the same in Python where that is missing."""
    import yaml

    return yaml.CBaseLoader(text) if yaml.__with_libyaml__ else yaml.BaseLoader(text)
