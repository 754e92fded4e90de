"""Text of parts of the values, written once for all charts that have the very same part."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# how many characters are kept, of what length none is, and what counts for the value beside its text
_MOST, _LONG, _VALUE = 4_000_000, 50_000, 500
# with the values, so that nothing else gets their numbers
_texts: OrderedDict[tuple[Callable[[Any, str], str], str, int], tuple[Any, str]] = OrderedDict()
_held = 0


def text(write: Callable[[Any, str], str], value: Any, given: str) -> str:
    """What `write` makes of a part of the values and something `given`, which is all that its text depends on.

    Values are data that nobody changes: the very same object has the same text.
    """
    global _held
    key = write, given, id(value)
    known = _texts.get(key)
    if known is not None:
        _texts.move_to_end(key)
        return known[1]
    made = write(value, given)
    if len(made) <= _LONG:
        _texts[key] = value, made
        _held += len(made) + _VALUE
        while _held > _MOST:
            _held -= len(_texts.popitem(last=False)[1][1]) + _VALUE
    return made
