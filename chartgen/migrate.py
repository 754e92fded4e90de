"""Moves values of older charts to where today's chart has them."""

from __future__ import annotations

from chartgen import fix, schema, source, values
from chartgen.diagnostics import Diagnostic, dotted


def migrate(text: str, name: str = "values.yaml") -> tuple[str, list[str], list[Diagnostic]]:
    """(new text, what was done, what is left) for values of any release since 2018.

    Raises Rejected for text that cannot be read.
    """
    read = source.read_text(text, name)
    gone = _gone(read)
    mends = [one.mend for one in gone if one.mend is not None]
    after = fix.apply(text, mends)
    still = {one.path for one in _gone(source.read_text(after, name))}
    done = [f"{dotted(one.path)}: {one.hint}" for one in gone if one.path not in still]
    return after, done, [one for one in gone if one.path in still]


def _gone(read: source.Source) -> list[Diagnostic]:
    effective = values.effective(values.layer([read]), schema.defaults())
    return [one for one in schema.check(effective, [read], strict=True) if one.code == "removed-value"]
