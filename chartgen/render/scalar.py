"""Writes a value so that it can stand anywhere: as a YAML scalar or flow collection, as JSON, as one shell argument."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache

from chartgen import lazy_regex
from chartgen.late import CLOSE, OPEN, is_printable
from chartgen.values import helm_scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeGuard

# line breaks and controls of either YAML, the byte order mark, halves of surrogate pairs
_ESCAPED = lazy_regex.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@cache
def _unshellable() -> re.Pattern[str]:
    # such sets take a millisecond to compile
    return re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


_SAFE_WORD = lazy_regex.compile(r"[A-Za-z0-9_@%+=:,./\ufdd0\ufdd1-]+")


class Markup(str):
    """Text that is written as it stands, as Jinja's own is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def is_markup(value: Any) -> TypeGuard[Markup]:
    """True for text that is written as it stands, of whatever kind."""
    return hasattr(value, "__html__")


class Unwritable(ValueError):
    """A value that cannot stand where a template puts it; `text` is what was to be written."""

    def __init__(self, message: str, text: str = "") -> None:
        super().__init__(message)
        self.text = text


# JSON's own, which leaves what is not ASCII as it is
_quoted = json.encoder.encode_basestring
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
# characters of text of which is not kept what is written for it: a process may compile for long
_LONG = 10_000
# the types of texts, none of them markup
TEXTS = frozenset((str,))


def json_text(value: Any, indent: int | None = None) -> str:
    """`value` as JSON that is also a YAML flow value in 1.1 and 1.2."""
    # most of what is written is one scalar, for which an encoder is much ado
    kind = type(value)
    if kind is str:
        return _escaped(_quoted(value))
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if not value and (kind is dict or kind is list):
        return "{}" if kind is dict else "[]"
    if indent is not None:
        return _escaped(_on_lines(value, " " * indent, "\n"))
    if kind is dict:
        texts = (*value, *value.values())
        if {*map(type, texts)} == TEXTS:
            kept = max(map(len, texts)) <= _LONG
            return (_map_of_texts if kept else _map_of_texts.__wrapped__)(texts)
    return _escaped(_compact(value))


# labels, annotations and selectors come again and again
@lru_cache(1024)
def _map_of_texts(texts: tuple[str, ...]) -> str:
    """A map of texts as JSON, given its keys and then what they hold."""
    count = len(texts) // 2
    return _escaped(_compact(dict(zip(texts[:count], texts[count:], strict=True))))


def _escaped(text: str) -> str:
    """JSON text in which is escaped what either YAML has escaped; its line breaks stay."""
    if text.isascii() or text.replace(OPEN, "").replace(CLOSE, "").isascii():
        # JSON has escaped all other controls, and to ask whether each character can be printed costs more
        return text if "\x7f" not in text else _ESCAPED.sub(_escape, text)
    # what is to be escaped cannot be printed
    return text if is_printable(text.replace("\n", "")) else _ESCAPED.sub(_escape, text)


def _on_lines(value: Any, step: str, end: str) -> str:
    """`value` as `json.dumps` writes it with an indent, which is slow at that; `end` is what a line ends with."""
    below = end + step
    if isinstance(value, dict) and value:
        entries = [f"{_key(key)}: {_on_lines(item, step, below)}" for key, item in value.items()]
        return f"{{{below}{f',{below}'.join(entries)}{end}}}"
    if isinstance(value, (list, tuple)) and value:
        return f"[{below}{f',{below}'.join([_on_lines(item, step, below) for item in value])}{end}]"
    return _quoted(value) if isinstance(value, str) else json_text(value)


def _key(key: Any) -> str:
    # a key that is no text is written as one
    return _quoted(key) if isinstance(key, str) else _compact({key: 0})[1:-4]


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def shortened(value: Any, most: int = 60) -> str:
    """`value` as JSON on one line, cut where it is longer than that."""
    text = json_text(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def finalize(value: Any) -> Markup:
    """The last word on each `{{ expression }}` of a template; markup (from macros and filters) passes."""
    # most of what is written is plain text
    kind = type(value)
    if kind is str:
        return _text(value)
    if type(value) is Markup:
        return value
    if kind is bool or kind is int or value is None:
        return _constant(value)
    if kind is not dict and is_markup(value):
        return value
    return _text(value) if isinstance(value, str) else Markup(json_text(value))


@lru_cache(4096)
def _text(value: str) -> Markup:
    return Markup(value if helm_scalar.is_plain(value) else json_text(value))


# 1 is no True
@lru_cache(1024, typed=True)
def _constant(value: bool | int | None) -> Markup:
    return Markup(json_text(value))


def sh(value: Any) -> Markup:
    """`value` as exactly one argument for a POSIX shell; raises Unwritable for control characters."""
    text = value if type(value) is str else helm_scalar.go_text(value)
    return (_argument if len(text) <= _LONG else _argument.__wrapped__)(text)


# a flag that one program takes, another one takes, too
@lru_cache(4096)
def _argument(value: str) -> Markup:
    text = _shell_text(value)
    return Markup(text if _SAFE_WORD.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'")


def sh_noglob(value: Any) -> Markup:
    """`value` as one argument where the script has turned globbing off: stars stand as they are."""
    text = _shell_text(value)
    return Markup(text) if _SAFE_WORD.fullmatch(text.replace("*", "x")) else sh(text)


def sh_bare(value: Any) -> Markup:
    """`value` as one argument in which `${NAME}` expands, without quotes where it needs none."""
    text = _shell_text(value)
    rest = re.sub(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", "", text)
    return Markup(text) if not rest or _SAFE_WORD.fullmatch(rest) else sh_expand(text)


def sh_expand(value: Any) -> Markup:
    """`value` as one argument in which the shell still expands `$NAME` and `${NAME}`, and nothing else."""
    text = re.sub(r'([\\"`])', r"\\\1", _shell_text(value))
    return Markup('"' + re.sub(r"\$(?!\{?[A-Za-z_])", r"\\$", text) + '"')


def is_shellable(text: str) -> bool:
    """True if a shell command can hold the text: it has no control characters and no line breaks."""
    return is_printable(text) or _unshellable().search(text) is None


def _shell_text(value: Any) -> str:
    text = helm_scalar.go_text(value)
    if not is_shellable(text):
        raise Unwritable(
            f"a control character or line break in {json_text(text)} cannot be passed to a shell command",
            text,
        )
    return text
