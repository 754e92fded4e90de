"""Late-bound text: what only `helm install` knows, carried through Jinja as tokens and written as Helm expressions.

A token is text between two Unicode noncharacters, which no source may hold, so every string operation of a
template (joining, JSON, shell quoting) works on it unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

OPEN, CLOSE = "\ufdd0", "\ufdd1"
TOKEN = re.compile(f"{OPEN}([0-9]+){CLOSE}")
# actions that open, close or change a scope cannot stand alone in a scalar
_CONTROL = re.compile(
    r"^\s*(?:if|else|end|range|with|define|block|break|continue|/\*)\b|^\s*\$\w*\s*:?=|^\s*/\*"
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def actions(text: str) -> list[str]:
    """What stands between each `{{` and its `}}`."""
    return _ACTION.findall(text, 0, _last_end(text))


def replaced_actions(text: str, replace: Callable[[str], str]) -> str:
    """`text` with each action, braces included, replaced."""
    end = _last_end(text)
    return _ACTION.sub(lambda action: replace(action[0]), text[:end]) + text[end:]


def _last_end(text: str) -> int:
    # behind the last end no action is closed: to look for one from every `{{` there takes time squared
    return text.rfind("}}") + 2 if "}}" in text else 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A Go template expression; `plain` ones stand unquoted in YAML, as the user wrote them."""

    text: str
    plain: bool = False


@dataclass(slots=True)
class LateBound:
    """The expressions of one compilation; `token` hands out the text that stands for one."""

    expressions: list[Expression] = field(default_factory=list)
    _known: dict[Expression, str] = field(default_factory=dict)

    def token(self, text: str, *, plain: bool = False) -> str:
        expression = Expression(text, plain)
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = f"{OPEN}{len(self.expressions)}{CLOSE}"
            self.expressions.append(expression)
        return known

    def expression(self, token: str) -> Expression:
        """The expression behind a text that is exactly one token."""
        return self.expressions[int(token[1:-1])]

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

    def live_text(self, text: str) -> str:
        """A user's templated string with its actions as tokens, other text untouched.

        Text with control structures becomes one token that has Helm expand the whole string.
        """
        if "{{" not in text:
            return text
        if any(_CONTROL.search(action) for action in actions(text)) or re.search(
            r"\{\{-|-\}\}", text
        ):
            return self.token(f"tpl {go_quote(text)} .")
        return replaced_actions(text, lambda action: self.token(_as_expression(action[2:-2])))

    def live_yaml(self, text: str) -> str | None:
        """A user's templated YAML with its actions as tokens, or None when only Helm can expand it."""
        if any(_CONTROL.search(action) for action in actions(text)) or re.search(
            r"\{\{-|-\}\}", text
        ):
            return None
        lines = []
        for line in text.split("\n"):
            whole = re.fullmatch(r"(\s*(?:-\s+)*(?:[\w./-]+:\s+)?)\{\{([^{}]*)\}\}\s*", line)
            if whole:
                lines.append(whole[1] + '"' + self.token(_as_expression(whole[2]), plain=True) + '"')
            else:
                lines.append(replaced_actions(line, lambda action: self.token(_as_expression(action[2:-2]))))
        joined = "\n".join(lines)
        return None if "{{" in joined else joined


def _as_expression(action: str) -> str:
    # `template` is a statement; in our own positions an expression is needed, and include yields the same text
    action = action.strip()
    named = re.fullmatch(r'template\s+("[^"]+")\s*(\S+)?', action)
    return f"include {named[1]} {named[2] or '.'}" if named else action


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
