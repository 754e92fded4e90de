"""Moves values of older charts to where today's chart has them."""

from __future__ import annotations

from chartgen import rules, schema, values
from chartgen.diagnostics import Diagnostic, single
from chartgen.edit import fix
from chartgen.schema import removed
from chartgen.values import source


def migrate(text: str, name: str = "values.yaml") -> tuple[str, list[Diagnostic], tuple[Diagnostic, ...]]:
    """(new text, what was moved or taken out, what is left to look at) for values of any release since 2018.

    What is left is what a check says of the new text and, for values of a release before 1.0, the defaults that they
    rely on and that are others today. Raises Rejected for text that cannot be read.
    """
    codes = {"removed-value", *(slug for slug in rules.by_slug() if slug.startswith("removed-"))}
    after, done, left = fix.fixed(text, name, codes)
    gone = [finding.path for finding in single((*done, *left)) if finding.code in codes]
    if any(entry.last.startswith("0.") for entry in map(removed.removed, gone) if entry):
        read = source.read_text(after, name)
        effective = values.effective(read.data, schema.defaults())
        left = (*left, *removed.changed(read.data, effective, {str(path[0]) for path in gone}))
    return after, done, left
