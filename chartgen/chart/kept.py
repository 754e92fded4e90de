"""Text of a section of the values, written once for all charts that have the section."""

from __future__ import annotations

import marshal
from collections import OrderedDict
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# how many characters are kept, and of what length none is
_MOST, _LONG = 4_000_000, 50_000
_texts: OrderedDict[tuple[Callable[[Any, str], str], str, bytes], str] = OrderedDict()
_held = 0


def text(write: Callable[[Any, str], str], value: Any, given: str) -> str:
    """What `write` makes of plain data and something `given`, which is all that its text depends on."""
    global _held
    # version 2 has no references, which would tell apart what is the same
    key = write, given, marshal.dumps(value, 2)
    known = _texts.get(key)
    if known is not None:
        _texts.move_to_end(key)
        return known
    made = write(value, given)
    if len(made) <= _LONG:
        _texts[key] = made
        _held += len(made)
        while _held > _MOST:
            _held -= len(_texts.popitem(last=False)[1])
    return made
