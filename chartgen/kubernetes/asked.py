"""What was asked about a part of an object, answered once for all objects that have the very same part."""

from __future__ import annotations

from collections.abc import Callable, Hashable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# from how many answers on all are forgotten
_MOST = 20_000


class Asked:
    """Answers about parts of objects, which no one changes."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        # the part stands beside the answer: while it is here, no other one has its identity
        self._answers: dict[tuple[Hashable, int], tuple[Any, Any]] = {}

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        """What `answer` returns for a part and what else is given, of which the question says all."""
        found = self._answers.get((question, id(part)))
        if found is None:
            found = part, answer(part, *given)
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[question, id(part)] = found
        known: T = found[1]
        return known


class _Anew(Asked):
    """Keeps nothing, for objects that are looked at once."""

    __slots__ = ()

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        return answer(part, *given)


ANEW: Asked = _Anew()
