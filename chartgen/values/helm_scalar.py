"""A YAML scalar as Helm reads it (YAML 1.1 as Go's yaml package has it, then JSON), and as its templates print it.

Measured on Helm 4.
"""

from __future__ import annotations

import math
from functools import lru_cache

from chartgen import lazy_regex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Scalar = None | bool | int | float | str

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"], True),
    **dict.fromkeys(["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
}
_INTEGERS = (
    (lazy_regex.compile(r"([-+]?)0[bB]([01]+)"), 2),
    (lazy_regex.compile(r"([-+]?)0[xX]([0-9a-fA-F]+)"), 16),
    (lazy_regex.compile(r"([-+]?)0[oO]?([0-7]+)"), 8),
    (lazy_regex.compile(r"([-+]?)(0|[1-9][0-9]*)"), 10),
)
_FLOAT = lazy_regex.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# a number that starts with its point may have underscores, but only between digits
_POINT_FIRST = lazy_regex.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_BASE64 = lazy_regex.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_ORDINARY = lazy_regex.compile(r"[A-Za-z0-9/][A-Za-z0-9_./:%=!-]*[A-Za-z0-9]")
# the fractions that come out of Helm as a key spelt as they went in
_FRACTION = lazy_regex.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
# plain in YAML 1.1 and 1.2 alike: starts with a letter or slash, and is no word that either reads as something else
_BARE = lazy_regex.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?:[:=][A-Za-z0-9_./-]+)*")
_READ_OTHERWISE = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])

# the length from which a text is no word that comes again
_WORD = 64


class BadTag(ValueError):
    """The text is not of the type that its tag names, or Helm knows no such tag."""


def plain(text: str) -> Scalar:
    """An unquoted scalar without a tag: null, bool, int (64 bits), float (infinities and NaN too) or the text."""
    first = text[:1]
    if text in _WORDS:
        return _WORDS[text]
    if first == ".":
        return _float(text.replace("_", ""), text) if _POINT_FIRST.fullmatch(text) else text
    if first not in "+-0123456789":
        return text
    digits = text.replace("_", "")
    for pattern, base in _INTEGERS:
        match = pattern.fullmatch(digits)
        if match:
            number = int(match[2], base) if len(match[2]) < 100 else 2**64
            number = -number if match[1] == "-" else number
            if -(2**63) <= number < (2**63 if match[1] else 2**64):
                return number
    return _float(digits, text) if _FLOAT.fullmatch(digits) else text


def _float(digits: str, text: str) -> float | str:
    """What does not fit a float is text."""
    value = float(digits)
    return value if math.isfinite(value) else text


# keys and short words come again and again
@lru_cache(4096)
def is_ordinary(text: str) -> bool:
    """True if an editor can write `text` without quotes: YAML 1.1 reads it as text, amounts such as 100m included."""
    return _ORDINARY.fullmatch(text) is not None and isinstance(plain(text), str)


def is_plain(text: str) -> bool:
    """True if `text` needs no quotes: every YAML reader takes it for this string."""
    return _is_plain_word(text) if len(text) < _WORD else _is_plain(text)


# keys and short words come again and again, a thousand of them in a chart
@lru_cache(4096)
def _is_plain_word(text: str) -> bool:
    return _is_plain(text)


def _is_plain(text: str) -> bool:
    return _BARE.fullmatch(text) is not None and text.lower() not in _READ_OTHERWISE


def tagged(text: str, tag: str) -> Scalar:
    """A scalar with one of YAML's own tags, given without its prefix (`int`); raises BadTag."""
    if tag == "str":
        return text
    if tag == "binary":
        return _binary(text)
    value = plain(text)
    kind = {type(None): "null", bool: "bool", int: "int", float: "float"}.get(type(value))
    if tag == "float" and isinstance(value, int) and not isinstance(value, bool) and value < 2**63:
        return float(value)
    if kind is None or kind != tag:
        raise BadTag(f"{text!r} is not of the type that its tag names")
    return value


def _binary(text: str) -> str:
    import base64

    packed = text.replace("\n", "").replace("\r", "")
    if not _BASE64.fullmatch(packed):
        raise BadTag("!!binary holds no base64")
    try:
        return base64.b64decode(packed).decode()
    except UnicodeDecodeError:
        raise BadTag("!!binary holds bytes that are no text in UTF-8") from None


def held(number: int | float) -> int | float:
    """A finite number as values hold it: a 64-bit float as JSON writes it, so an int where it is whole."""
    if isinstance(number, int) and abs(number) <= 2**53:
        return number
    # few values get here, and to start it costs as much as reading a file
    from decimal import Decimal

    value = float(number)
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1e21 else value


def key(text: str, value: Scalar) -> str | None:
    """The text that a key comes out as, or None if Helm refuses it or would spell a number otherwise."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 2**63 else None
    # Helm writes fractions with 32 bits: what has more than six digits comes out as another one
    short = isinstance(value, float) and _FRACTION.fullmatch(text) and sum(map(str.isdigit, text)) <= 6
    return text if short and 1e-4 <= abs(float(text)) < 1e6 else None


def go_text(value: Any) -> str:
    """`value` as text the way Go's templates print it: `true`, `1e+06`, `[a b]`; nothing for what a null took away.

    Every number is a 64-bit float to Helm, printed by the rules of Go's package fmt for `%v`.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_number(value)
    if isinstance(value, int):
        return _go_integer(value)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_item(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(map(_go_item, value)) + "]"
    return str(value)


# ports and counts come again and again
@lru_cache(1024)
def _go_integer(value: int) -> str:
    return go_number(float(value))


def _go_item(value: Any) -> str:
    return "<nil>" if value is None else go_text(value)


def go_number(value: float, *, least: int = -4, most: int = 6) -> str:
    """A float64 in the fewest digits, with an exponent from 10 to the `most`, or below 10 to the `least`."""
    sign = "-" if math.copysign(1, value) < 0 else ""
    digits, exponent = _digits(abs(value))
    if digits == "0":
        return sign + "0"
    if exponent < least or exponent >= most:
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return sign + "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return sign + digits + "0" * (exponent + 1 - len(digits))
    return sign + digits[: exponent + 1] + "." + digits[exponent + 1 :]


def _digits(value: float) -> tuple[str, int]:
    """The fewest digits that stand for a number that is not negative, and the power of ten of the first."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    digits = whole + ("" if fraction == "0" else fraction)
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", power
