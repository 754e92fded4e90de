"""What templates call: the functions of Go, Sprig and Helm that people use in values, each as it is there.

Any other function, and any that would have to look into text which is only known at install time, is Unknowable.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from chartgen.gotemplate.values import LooseText, Stops, Unknowable, is_late, keys_are_late, shown, truth
from chartgen.values.helm_scalar import go_number, is_plain

Function = Callable[..., Any]
_LARGEST = 2**63
# text that a function makes much of
_LONGEST = 10_000_000


class Int64(int):
    """A number of Go's type int64, which is not its int."""


class _Wrong(ValueError):
    """Arguments that Helm refuses."""


class _Unknown(ValueError):
    """Arguments whose result is not worked out here."""


def call(name: str, arguments: Sequence[Any], at: int, *, guesses: bool = False) -> Any:
    """What the function yields; raises Stops for arguments that Helm refuses, Unknowable where that is not known.

    With `guesses`, a word stands for what a function yields that has another result each time.
    """
    function = _table().get(name)
    if function is None:
        if guesses and name in _OTHER_EACH_TIME:
            return {} if name == "lookup" else "x"
        raise Unknowable(f"{name} is worked out by Helm alone", at)
    if name not in _PASS_ON and is_late(list(arguments)):
        raise Unknowable(f"{name} works on what is known at install time alone", at)
    if name not in _TAKE_LOOSE and any(isinstance(argument, LooseText) for argument in arguments):
        raise Unknowable(f"{name} works on text that Helm alone spells out", at)
    try:
        return function(*arguments)
    except _Unknown as unknown:
        raise Unknowable(str(unknown) or f"{name} is worked out by Helm alone", at) from None
    except TypeError:
        raise Stops(f"{name} takes another number of values", at) from None
    except _Wrong as wrong:
        raise Stops(f"{name} {wrong}", at) from None


# no two calls need have the same result, and each is one word; of what a cluster holds nothing is known
_OTHER_EACH_TIME = frozenset(
    [
        "randAlpha",
        "randAlphaNum",
        "randAscii",
        "randNumeric",
        "randInt",
        "uuidv4",
        "now",
        "unixEpoch",
        "date",
        "htmlDate",
        "dateInZone",
        "date_in_zone",
        "lookup",
        "derivePassword",
        "bcrypt",
        "htpasswd",
    ]
)
# hand text on as it is, whatever it will be
_PASS_ON = frozenset(
    [
        "quote",
        "squote",
        "print",
        "printf",
        "default",
        "coalesce",
        "ternary",
        "list",
        "tuple",
        "dict",
        "toString",
        "join",
        "cat",
        "indent",
        "nindent",
        "trim",
        "toJson",
        "toRawJson",
        "toPrettyJson",
        "required",
        "not",
        "empty",
        "first",
        "last",
        "concat",
        "append",
        "prepend",
        "get",
        "hasKey",
        "index",
        "has",
        "kindIs",
        "kindOf",
    ]
)
_TAKE_LOOSE = frozenset(
    ("indent", "nindent", "trim", "default", "required", "coalesce", "ternary", "not", "empty")
)


def number(text: str) -> int | float:
    """A number as it is spelt in a template."""
    plain = text.replace("_", "")
    sign = -1 if plain.startswith("-") else 1
    digits = plain.lstrip("+-").lower()
    if digits.startswith(("0x", "0o", "0b")) and "p" not in digits and "." not in digits:
        return sign * int(digits, 0)
    if digits.isdigit():
        return sign * (int(digits, 8) if digits[0] == "0" and len(digits) > 1 else int(digits))
    return float.fromhex(plain) if digits.startswith("0x") else float(plain)


def kind(value: Any) -> str:
    """A value's kind in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a map"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"takes text, not {kind(value)}")
    return value


def _count(value: Any) -> int:
    """An argument of Go's type int: a literal, or what a function made."""
    if isinstance(value, bool) or not isinstance(value, int):
        # a fraction as a literal is one too where it is whole; that is left to Helm
        if isinstance(value, float):
            raise _Unknown("a float where a whole number is wanted is left to Helm")
        raise _Wrong(f"takes a whole number, not {kind(value)}")
    if isinstance(value, Int64):
        raise _Wrong("takes a number of Go's type int, and arithmetic makes int64: put int before it")
    return value


def _map(value: Any) -> dict[str, Any]:
    if value is None:
        # a literal nil is a map without keys, and a value that is not there is none
        raise _Unknown
    if not isinstance(value, dict):
        raise _Wrong(f"takes a map, not {kind(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong(f"takes a list, not {kind(value)}")
    return value


def quoted(text: str) -> str:
    """A Go string literal."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


_SHORT = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    # the two noncharacters that tokens are made of stand for text that is printable
    if char.isprintable() or char in "\ufdd0\ufdd1":
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _strings(values: Sequence[Any]) -> list[str]:
    return [shown(item, 0) for item in values if item is not None]


def _quote(*values: Any) -> str:
    return " ".join(quoted(item) for item in _strings(values))


def _squote(*values: Any) -> str:
    return " ".join(f"'{item}'" for item in _strings(values))


def _print(*values: Any) -> str:
    out = ""
    for place, item in enumerate(values):
        # Go puts a space between two of which neither is text
        if place and not isinstance(item, str) and not isinstance(values[place - 1], str):
            out += " "
        out += shown(item, 0)
    return out


_VERB = re.compile(r"%([^a-zA-Z%]*)([a-zA-Z%]?)")


def _printf(form: Any, *values: Any) -> str:
    out, place, rest = "", 0, list(values)
    text = _text(form)
    if is_late(text):
        raise _Unknown
    for match in _VERB.finditer(text):
        out += text[place : match.start()]
        place = match.end()
        flags, verb = match.groups()
        if verb == "%" and not flags:
            out += "%"
            continue
        if flags or not rest or verb not in ("s", "d", "v", "q", "t"):
            raise _Unknown
        out += _formatted(verb, rest.pop(0))
    if rest:
        raise _Unknown
    return out + text[place:]


def _formatted(verb: str, value: Any) -> str:
    if verb == "v":
        return shown(value, 0)
    if verb == "s" and isinstance(value, str):
        return value
    if verb == "q" and isinstance(value, str):
        return quoted(value)
    if verb == "d" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if verb == "t" and isinstance(value, bool):
        return shown(value, 0)
    # Go writes what does not fit with %! around it
    raise _Unknown


def _default(standard: Any, *given: Any) -> Any:
    if len(given) > 1:
        raise _Unknown
    return standard if not given or not truth(given[0]) else given[0]


def _coalesce(*values: Any) -> Any:
    return next((item for item in values if truth(item)), None)


def _ternary(yes: Any, no: Any, which: Any) -> Any:
    if not isinstance(which, bool):
        raise _Wrong(f"decides by a boolean, not {kind(which)}")
    return yes if which else no


def _required(message: Any, value: Any) -> Any:
    _text(message)
    if value is None or value == "":
        raise _Wrong(f"finds no value: {message}")
    return value


def _fail(message: Any) -> Any:
    raise _Wrong(f"ends the installation: {_text(message)}")


def _compared(left: Any, other: Any) -> bool:
    kinds = [_basic(left), _basic(other)]
    if left is None or other is None:
        return left is None and other is None
    if "" in kinds:
        raise _Wrong("compares no lists and no maps")
    if kinds[0] != kinds[1]:
        raise _Wrong(f"cannot compare {_named(left)} with {_named(other)}")
    return bool(left == other)


def _basic(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    for name, of in (("int", int), ("float", float), ("string", str)):
        if isinstance(value, of):
            return name
    return ""


def _named(value: Any) -> str:
    """A kind in which Go's two kinds of numbers differ."""
    if isinstance(value, float):
        return "a number of the values, which is a float"
    return "a whole number" if isinstance(value, int) and not isinstance(value, bool) else kind(value)


def _eq(left: Any, *others: Any) -> bool:
    if not others:
        raise _Wrong("compares with nothing")
    return any(_compared(left, other) for other in others)


def _ordered(low: Any, other: Any) -> int:
    kinds = [_basic(low), _basic(other)]
    if kinds[0] != kinds[1] or kinds[0] in ("", "bool"):
        raise _Wrong(f"cannot compare {_named(low)} with {_named(other)}")
    if kinds[0] == "string":
        low, other = low.encode(), other.encode()
    return int(low > other) - int(low < other)


def _truncated(length: Any, text: Any) -> str:
    wanted, raw = _count(length), _text(text)
    if not raw.isascii():
        raise _Unknown
    if wanted < 0 and len(raw) + wanted > 0:
        return raw[len(raw) + wanted :]
    return raw[:wanted] if 0 <= wanted < len(raw) else raw


def _indented(spaces: Any, text: Any) -> str:
    if _count(spaces) < 0:
        raise _Wrong("takes no negative number")
    if spaces > 1000:
        raise _Unknown
    pad = " " * spaces
    made = pad + _text(text).replace("\n", "\n" + pad)
    return LooseText(made, text.margin + spaces) if isinstance(text, LooseText) else made


def _on_new_line(spaces: Any, text: Any) -> str:
    made = _indented(spaces, text)
    return LooseText("\n" + made, made.margin) if isinstance(made, LooseText) else "\n" + made


# what Go's unicode.IsSpace takes for white space
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def _trimmed(text: Any) -> str:
    made = _text(text).strip(_SPACE)
    return LooseText(made, text.margin) if isinstance(text, LooseText) else made


def _cased(text: Any, change: Callable[[str], str]) -> str:
    raw = _text(text)
    if not raw.isascii():
        raise _Unknown
    return change(raw)


def _whole(value: Any) -> int:
    """What Sprig reads as a whole number: 0 for what is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        if abs(value) >= _LARGEST:
            raise _Unknown
        return int(value)
    if value is None:
        return 0
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?(?:0|[1-9][0-9]{0,17})", value):
            return int(value)
        if re.search("[0-9]", value):
            raise _Unknown
    return 0


def _bounded(result: int) -> int:
    if not -_LARGEST <= result < _LARGEST:
        raise _Unknown
    return Int64(result)


def _sum(*values: Any) -> int:
    return _bounded(sum(map(_whole, values)))


def _product(first: Any, *more: Any) -> int:
    result = Int64(1)
    for factor in (first, *more):
        result = Int64(_bounded(result * _whole(factor)))
    return result


def _quotient(left: Any, other: Any) -> int:
    first, second = _whole(left), _whole(other)
    if not second:
        raise _Wrong("divides by 0")
    result = abs(first) // abs(second)
    return Int64(result if (first < 0) == (second < 0) else -result)


def _joined(separator: Any, values: Any) -> str:
    between = _text(separator)
    if isinstance(values, list):
        if len(values) * len(between) > _LONGEST:
            raise _Unknown
        return between.join(_strings(values))
    return "" if values is None else shown(values, 0)


def _cat(*values: Any) -> str:
    return " ".join(_strings(values))


def _dict(*parts: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for place in range(0, len(parts), 2):
        made[shown(parts[place], 0)] = parts[place + 1] if place + 1 < len(parts) else ""
    return made


def _get(of: Any, key: Any) -> Any:
    # of what is not there Sprig gives empty text
    table = _map(of)
    if keys_are_late(table) or is_late(key):
        raise _Unknown
    return table.get(_text(key), "")


def _has_key(of: Any, key: Any) -> bool:
    table = _map(of)
    if keys_are_late(table) or is_late(key):
        raise _Unknown
    return _text(key) in table


def _index(of: Any, *keys: Any) -> Any:
    if of is None:
        raise _Wrong("looks into nothing")
    here = of
    for key in keys:
        if here is None:
            raise _Wrong("looks into nothing")
        if isinstance(here, dict):
            if keys_are_late(here) or is_late(key):
                raise _Unknown
            here = here.get(_text(key))
        elif isinstance(here, list):
            if isinstance(key, float):
                raise _Wrong("takes a whole number as a place, and numbers of the values are floats")
            # a place may be a number of any of Go's whole types
            place = _count(int(key) if isinstance(key, Int64) else key)
            if not 0 <= place < len(here):
                raise _Wrong(f"finds no item {place}")
            here = here[place]
        else:
            raise _Unknown
    return here


def _concatenated(*lists: Any) -> list[Any]:
    if not lists:
        # Go makes nothing at all of it, which is no empty list
        raise _Unknown
    return [item for part in lists for item in _list(part)]


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (dict, list)):
        return len(value)
    raise _Wrong(f"counts no {kind(value).removeprefix('a ')}")


def _has(item: Any, values: Any) -> bool:
    if values is None:
        return False
    items = _list(values)
    if is_late(items) or is_late(item):
        raise _Unknown
    return any(_same(there, item) for there in items)


def _same(left: Any, other: Any) -> bool:
    """Equal in value and in Go's type."""
    if type(left) is not type(other) and not (isinstance(left, str) and isinstance(other, str)):
        return False
    if isinstance(left, list):
        return len(left) == len(other) and all(map(_same, left, other))
    if isinstance(left, dict):
        return left.keys() == other.keys() and all(_same(left[key], other[key]) for key in left)
    return bool(left == other)


def _unique(values: Any) -> list[Any]:
    made: list[Any] = []
    for item in _list(values):
        if not any(_same(item, known) for known in made):
            made.append(item)
    return made


def _without(values: Any, *dropped: Any) -> list[Any]:
    return [item for item in _list(values) if not any(_same(item, other) for other in dropped)]


def _sorted(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise _Unknown
    return sorted(_strings(values), key=str.encode)


def _until(count: Any) -> list[int]:
    if not 0 <= _count(count) <= 10_000:
        raise _Unknown
    return list(range(count))


def _kind_of(value: Any) -> str:
    if value is None:
        return "invalid"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        # int and int64 are one type here
        raise _Unknown
    if isinstance(value, float):
        return "float64"
    return "string" if isinstance(value, str) else "slice" if isinstance(value, list) else "map"


def _decoded(text: Any) -> str:
    raw = _text(text)
    try:
        return base64.b64decode(raw, validate=True).decode()
    except ValueError:
        raise _Unknown from None


def _split(separator: Any, text: Any) -> list[str]:
    if not _text(separator):
        raise _Unknown
    return _text(text).split(separator)


def _replaced(old: Any, new: Any, text: Any) -> str:
    if not _text(old) or len(_text(text)) * (1 + len(_text(new))) > _LONGEST:
        raise _Unknown
    return _text(text).replace(old, _text(new))


def _repeated(count: Any, text: Any) -> str:
    if not 0 <= _count(count) * len(_text(text)) <= _LONGEST:
        raise _Unknown
    return _text(text) * int(count)


_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def json_text(value: Any, *, html: bool = True, indent: int | None = None) -> str:
    """JSON as Go's encoder writes it: keys sorted, and what HTML would read escaped."""
    if isinstance(value, dict) and keys_are_late(value):
        raise _Unknown
    return _json(value, html, indent, "")


def _json(value: Any, html: bool, indent: int | None, margin: str) -> str:
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        text = text.replace("\\u007f", "\x7f").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return re.sub("[<>&]", lambda char: _HTML[char[0]], text) if html else text
    if value is None or isinstance(value, bool):
        return "null" if value is None else shown(value, 0)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = go_number(value, least=-6, most=21)
        # Go takes the zero away that fills a negative exponent up
        return re.sub(r"e-0(\d)$", r"e-\1", text)
    inner = margin + " " * (indent or 0)
    start, separator, end = ("\n" + inner, ",\n" + inner, "\n" + margin) if indent else ("", ",", "")
    if isinstance(value, list):
        items = [_json(item, html, indent, inner) for item in value]
        return "[" + start + separator.join(items) + end + "]" if items else "[]"
    colon = ": " if indent else ":"
    if keys_are_late(value):
        raise _Unknown
    rows = [
        _json(key, html, None, "") + colon + _json(value[key], html, indent, inner)
        for key in sorted(value, key=str.encode)
    ]
    return "{" + start + separator.join(rows) + end + "}" if rows else "{}"


def yaml_text(value: Any) -> str:
    """YAML as Helm writes it, or YAML that means the same (a LooseText)."""
    if is_late(value) or _has_lines(value):
        # how a text of several lines ends depends on what follows
        raise _Unknown
    lines: list[str] = []
    loose = _yaml(value, "", "", lines)
    text = "\n".join(lines)
    return LooseText(text) if loose else text


def _has_lines(value: Any) -> bool:
    if isinstance(value, str):
        return "\n" in value
    if isinstance(value, dict):
        return any(_has_lines(key) or _has_lines(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_lines, value))


def _yaml(value: Any, lead: str, margin: str, lines: list[str]) -> bool:
    """Appends the lines of a value, the first of which begins with `lead`; True if Helm may spell one otherwise."""
    loose = False
    if isinstance(value, dict) and value:
        for key in sorted(value, key=str.encode):
            item, name = value[key], _yaml_scalar(key)
            loose |= name != key
            if isinstance(item, dict) and item:
                lines.append(f"{lead}{name}:")
                loose |= _yaml(item, margin + "  ", margin + "  ", lines)
            elif isinstance(item, list) and item:
                lines.append(f"{lead}{name}:")
                loose |= _yaml(item, margin, margin, lines)
            else:
                loose |= _yaml(item, f"{lead}{name}: ", margin, lines)
            lead = margin
        # its order of keys is that of people, who read 2 before 10
        return loose or len(value) > 1
    if isinstance(value, list) and value:
        for item in value:
            loose |= _yaml(item, lead + "- ", margin + "  ", lines)
            lead = margin
        return loose
    text = _yaml_scalar(value)
    lines.append(lead + text)
    return isinstance(value, float) or (isinstance(value, str) and text != value)


def _yaml_scalar(value: Any) -> str:
    if isinstance(value, str) and is_plain(value):
        return value
    text = _json(value, False, None, "")
    return re.sub("[\x7f-\x9f\ufeff\ufffe\uffff]", lambda char: f"\\u{ord(char[0]):04x}", text)


@cache
def _table() -> dict[str, Function]:
    strings: dict[str, Function] = {
        "quote": _quote,
        "squote": _squote,
        "print": _print,
        "printf": _printf,
        "println": lambda *values: " ".join(shown(item, 0) for item in values) + "\n",
        "toString": lambda value: _nil_text(value),
        "upper": lambda text: _cased(text, str.upper),
        "lower": lambda text: _cased(text, str.lower),
        "trim": _trimmed,
        "trimAll": lambda characters, text: _text(text).strip(_nonempty(characters)),
        "trimPrefix": lambda start, text: _text(text).removeprefix(_text(start)),
        "trimSuffix": lambda end, text: _text(text).removesuffix(_text(end)),
        "trunc": _truncated,
        "nospace": lambda text: _cased(text, lambda raw: "".join(raw.split())),
        "replace": _replaced,
        "repeat": _repeated,
        "contains": lambda part, text: _text(part) in _text(text),
        "hasPrefix": lambda start, text: _text(text).startswith(_text(start)),
        "hasSuffix": lambda end, text: _text(text).endswith(_text(end)),
        "indent": _indented,
        "nindent": _on_new_line,
        "cat": _cat,
        "join": _joined,
        "splitList": _split,
        "b64enc": lambda text: base64.b64encode(_text(text).encode()).decode(),
        "b64dec": _decoded,
        "sha256sum": lambda text: hashlib.sha256(_text(text).encode()).hexdigest(),
        "sha1sum": lambda text: hashlib.sha1(_text(text).encode(), usedforsecurity=False).hexdigest(),
        "toJson": lambda value: json_text(value),
        "mustToJson": lambda value: json_text(value),
        "toRawJson": lambda value: json_text(value, html=False),
        "toPrettyJson": lambda value: json_text(value, indent=2),
        "toYaml": yaml_text,
        "mustToYaml": yaml_text,
    }
    decisions: dict[str, Function] = {
        "default": _default,
        "coalesce": _coalesce,
        "ternary": _ternary,
        "required": _required,
        "fail": _fail,
        "empty": lambda value: not truth(value),
        "not": lambda value: not truth(value),
        "eq": _eq,
        "ne": lambda left, other: not _compared(left, other),
        "lt": lambda left, other: _ordered(left, other) < 0,
        "le": lambda left, other: _ordered(left, other) <= 0,
        "gt": lambda left, other: _ordered(left, other) > 0,
        "ge": lambda left, other: _ordered(left, other) >= 0,
        "kindOf": _kind_of,
        "kindIs": lambda name, value: _text(name) == _kind_of(value),
    }
    numbers: dict[str, Function] = {
        "int": _whole,
        "int64": lambda value: Int64(_whole(value)),
        "add": _sum,
        "add1": lambda value: _bounded(_whole(value) + 1),
        "sub": lambda left, other: _bounded(_whole(left) - _whole(other)),
        "mul": _product,
        "div": _quotient,
        "len": _length,
        "until": _until,
    }
    collections: dict[str, Function] = {
        "list": lambda *values: list(values),
        "tuple": lambda *values: list(values),
        "dict": _dict,
        "get": _get,
        "hasKey": _has_key,
        "index": _index,
        "has": _has,
        "first": lambda values: _end(values, 0),
        "last": lambda values: _end(values, -1),
        "rest": lambda values: _list(values)[1:],
        "initial": lambda values: _list(values)[:-1],
        "reverse": lambda values: _list(values)[::-1],
        "uniq": _unique,
        "without": _without,
        "append": lambda values, item: [*_list(values), item],
        "prepend": lambda values, item: [item, *_list(values)],
        "concat": _concatenated,
        "compact": lambda values: [item for item in _list(values) if truth(item)],
        "sortAlpha": _sorted,
    }
    return {**strings, **decisions, **numbers, **collections}


def _nil_text(value: Any) -> str:
    if value is None:
        raise _Unknown
    return shown(value, 0)


def _nonempty(characters: Any) -> str:
    if not _text(characters):
        raise _Unknown
    return str(characters)


def _end(values: Any, place: int) -> Any:
    items = _list(values)
    return items[place] if items else None
