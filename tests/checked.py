"""A check of sources, as the tests ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen import compiler
from chartgen.values.inputs import Read
from chartgen.values.source import Source


def checked(sources: Sequence[Source], *, strict: bool = True) -> compiler.Checked:
    """What a check makes of the sources."""
    return compiler.check(Read(tuple(sources)), compiler.Options(strict=strict))
