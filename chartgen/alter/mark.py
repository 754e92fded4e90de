"""What is known of a field that was changed beyond what values say."""

from __future__ import annotations

from typing import NamedTuple

from chartgen.diagnostics import Path, Span


class Mark(NamedTuple):
    """A field of an object that was changed: the object's place among those that there are afterwards, the path of the
    field, who asked for it (a flag, or a file and line) and where. Of an object that is gone, `document` is -1 less the place
    that it had."""

    document: int
    path: Path
    by: str
    span: Span | None = None
