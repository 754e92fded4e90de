"""A user's text in which Helm expands templates → data with tokens, or a splice where Helm alone can make the data.

What the values decide is worked out here (`chartgen.schema.templated`). Text whose YAML depends on more than words that stand
in for words is handed to Helm as the user wrote it, in the place that the official chart puts it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from chartgen.diagnostics import Rejected
from chartgen.late import OPEN, TOKEN, LateBound, go_quote, simple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# what numbers of YAML are made of; a text with another character is none, whatever a release's name adds to it
_OF_NUMBERS = frozenset("0123456789abcdefABCDEFxXoO_+-.")
_WORDS = (
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", ".nan", "inf", ".inf", "-.inf", "+.inf", "~",
)  # fmt: skip


class _Depends(Exception):
    """What YAML makes of the text depends on what the tokens will be."""


# characters of text of which is not kept what it was read to
_LONG = 10_000


def structure(text: str, values: Mapping[str, Any], late: LateBound, *, is_list: bool) -> Any:
    """The map or list that Helm makes of the text; where only Helm can tell, one with a splice in it."""
    if text.strip() in ("{}", "[]"):
        return {} if text.strip() == "{}" else []
    made: str | None = text
    if "{{" in text:
        made = simple(text, late.token)
        if made is None:
            made = _expanded(text, values, late)
    if made is not None:
        try:
            # a process that compiles for long keeps nothing long
            return (_read if len(made) <= _LONG else _read.__wrapped__)(made, late)
        except (_Depends, Rejected):
            pass
    from chartgen.schema import templated

    reader = ("fromYamlArray" if is_list else "fromYaml") if templated.is_flow(values, text) else ""
    spliced = late.spliced(text, reader)
    return [spliced] if is_list else {spliced: ""}


def config(text: str, values: Mapping[str, Any], late: LateBound) -> str:
    """The text of a configuration file as the official chart writes it: expanded, without quotes around the whole."""
    from chartgen.schema import templated

    try:
        made = templated.config(values, text, late.token)
    except ValueError:
        # Malformed or Stops, where nobody has checked it
        made = None
    if made is not None:
        return made.text
    return late.token(f'tpl {go_quote(text)} . | trimAll "\\" \\n" | toJson', plain=True, template=text)


def _expanded(text: str, values: Mapping[str, Any], late: LateBound) -> str | None:
    from chartgen.schema import templated

    return templated.result(text, templated.frozen_world(values, late.token))


# a fleet writes the same text in file after file; no template changes what it comes to, as it may be the values' own
@lru_cache(64)
def _read(text: str, late: LateBound) -> Any:
    from chartgen.values import source

    def scalar(text: str, style: str | None) -> str:
        if style:
            return text
        whole = TOKEN.fullmatch(text)
        if whole:
            # unquoted, as the user wrote it: what type it has shows once it is there
            return late.token(late.expressions[int(whole[1])].text, plain=True)
        if _may_be_no_text(TOKEN.split(text)):
            raise _Depends
        return text

    return source.read_text(text, "text", any_shape=True, late=scalar if OPEN in text else None).data


def _may_be_no_text(parts: list[str]) -> bool:
    """True if some word in place of the tokens makes a number, a boolean or null of the parts."""
    fixed = parts[::2]
    if set("".join(fixed)) <= _OF_NUMBERS:
        return True
    return any(word.startswith(fixed[0]) and word.endswith(fixed[-1]) for word in _WORDS)
