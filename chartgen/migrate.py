"""Moves values of older charts to where today's chart has them."""

from __future__ import annotations

from chartgen import fix
from chartgen.diagnostics import Diagnostic


def migrate(text: str, name: str = "values.yaml") -> tuple[str, list[Diagnostic], tuple[Diagnostic, ...]]:
    """(new text, what was moved or taken out, what a check says of the new text) for values of any release since 2018.

    Raises Rejected for text that cannot be read.
    """
    return fix.fixed(text, name, {"removed-value"})
