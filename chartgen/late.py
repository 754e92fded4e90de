"""Late-bound text: what only `helm install` knows, carried through Jinja as tokens and written as Helm expressions.

A token is text between two Unicode noncharacters, which no source may hold, so every string operation of a
template (joining, JSON, shell quoting) works on it unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from chartgen import lazy_regex
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OPEN, CLOSE = "\ufdd0", "\ufdd1"
TOKEN = lazy_regex.compile(f"{OPEN}([0-9]+){CLOSE}")
# how text begins that is filled in before anything is written (`chartgen.render.holes`), and is no token
HOLE = f"{OPEN}in."
# before a token that is the key of a map or an item of a list: Helm's text takes the place of the whole entry
SPLICED = "\ufdd2"
_IDENTIFIER = lazy_regex.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# actions that need no reading: each yields one word that no YAML takes for more than text
_SIMPLE = lazy_regex.compile(
    r'\{\{ ?(?:(\.Release\.Name(?:space)?)|(?:template|include) ("consul\.(?:full)?name") \.) ?\}\}'
)


def is_printable(text: str) -> bool:
    """True if all of the text can be printed but for what tokens are made of; a line break cannot."""
    return (
        text.isprintable() or text.replace(OPEN, "").replace(CLOSE, "").replace(SPLICED, "").isprintable()
    )


class Expression(NamedTuple):
    """A Go template expression; `plain` ones stand unquoted in YAML, as the user wrote them.

    `template` is the user's own text that Helm expands there, where the expression does that.
    """

    text: str
    plain: bool = False
    template: str = ""


class LateBound:
    """The expressions of one compilation; `token` hands out the text that stands for one."""

    __slots__ = ("_known", "expressions")

    def __init__(self) -> None:
        self.expressions: list[Expression] = []
        self._known: dict[Expression, str] = {}

    def token(self, text: str, *, plain: bool = False, template: str = "") -> str:
        expression = Expression(text, plain, template)
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = f"{OPEN}{len(self.expressions)}{CLOSE}"
            self.expressions.append(expression)
        return known

    def spliced(self, template: str, reader: str = "") -> str:
        """The key or item that stands for entries which Helm makes of the user's template.

        Those that are written in brackets go through the `reader` of their YAML, as they may follow others.
        """
        read = f" | {reader} | toYaml" if reader else ""
        return SPLICED + self.token(f"tpl {go_quote(template)} .{read}", template=template)

    def expression(self, token: str) -> Expression:
        """The expression behind a text that is exactly one token, or the key or item of a splice."""
        return self.expressions[int(token.removeprefix(SPLICED)[1:-1])]

    def template(self, text: str) -> str:
        """`text` as Helm template source: tokens become actions, and braces that are data come out as they are."""
        if OPEN not in text:
            return text.replace("{{", '{{ "{{" }}')
        pieces: list[str] = []
        position = 0
        for match in TOKEN.finditer(text):
            pieces.append(_data(text[position : match.start()], before_action=True))
            pieces.append("{{ " + self.expressions[int(match[1])].text + " }}")
            position = match.end()
        pieces.append(_data(text[position:], before_action=False))
        return "".join(pieces)

    def written(self, text: str) -> str:
        """A string of a document, as it is written there in YAML, as Helm template source."""
        if OPEN not in text:
            return self.template(text)
        if is_spliced(text):
            return self.expression(text).text
        whole = TOKEN.fullmatch(text[1:-1]) if text[0] == '"' else None
        if whole and self.expressions[int(whole[1])].plain:
            return "{{ " + self.expressions[int(whole[1])].text + " }}"
        return self.template(text)


def simple(text: str, token: Callable[[str], str]) -> str | None:
    """A template whose actions are all names, each as a token; None for one that has to be read by Go's grammar."""
    named = _SIMPLE.sub(lambda action: token(action[1] or f"include {action[2]} ."), text)
    return None if "{{" in named else named


def with_names(text: str, token: Callable[[str], str]) -> str:
    """Text in which each action that is a name is a token; all else, other braces included, is data."""
    return _SIMPLE.sub(lambda action: token(action[1] or f"include {action[2]} ."), text)


def is_spliced(entry: object) -> bool:
    """True for a key or an item that stands for entries which Helm makes."""
    return isinstance(entry, str) and entry.startswith(SPLICED)


def without_splices(data: Any) -> Any:
    """`data` without the entries that Helm makes."""
    if isinstance(data, dict):
        return {key: without_splices(item) for key, item in data.items() if not is_spliced(key)}
    if isinstance(data, list):
        return [without_splices(item) for item in data if not is_spliced(item)]
    return data


def _data(text: str, *, before_action: bool) -> str:
    text = text.replace("{{", '{{ "{{" }}')
    if before_action and text.endswith("{") and not text.endswith('"{{" }}'):
        return text[:-1] + '{{ "{" }}'
    return text


def go_quote(text: str) -> str:
    """`text` as a Go string literal (Go and JSON agree on the escapes, but for those of surrogate pairs)."""
    return json.dumps(text, ensure_ascii=False)


def go_entry(map_name: str, key: str) -> str:
    """A Go template's expression for an entry of a map, whatever its key is."""
    return f"{map_name}.{key}" if _IDENTIFIER.fullmatch(key) else f"index {map_name} {go_quote(key)}"
