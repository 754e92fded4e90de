"""What was asked about a part of an object, answered once for all objects that have the very same part."""

from __future__ import annotations

from collections.abc import Callable, Hashable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar

    T = TypeVar("T")

# from how many answers on all are forgotten
_MOST = 20_000
# answers to one question by the identity of the part, which stands beside: while it is here, no other one has that
Known: TypeAlias = "dict[int, tuple[Any, Any]]"


class Asked:
    """Answers about parts of objects, which no one changes."""

    __slots__ = ("_known", "_size")

    def __init__(self) -> None:
        self._known: dict[Hashable, Known] = {}
        self._size = 0

    def known(self, question: Hashable) -> Known:
        """The answers to a question so far, for who looks up many; what is not there is to be `kept`."""
        known = self._known.get(question)
        if known is None:
            known = self._known[question] = {}
        return known

    def kept(self, known: Known, part: Any, answer: T) -> tuple[Any, T]:
        """A part and the answer about it, which is among what is known from now on."""
        if self._size >= _MOST:
            self._known.clear()
            self._size = 0
        self._size += 1
        found = known[id(part)] = part, answer
        return found

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        """What `answer` returns for a part and what else is given, of which the question says all."""
        known = self._known.get(question)
        if known is None:
            known = self._known[question] = {}
        found = known.get(id(part)) or self.kept(known, part, answer(part, *given))
        told: T = found[1]
        return told


class _Anew(Asked):
    """Keeps nothing, for objects that are looked at once."""

    __slots__ = ()

    def known(self, question: Hashable) -> Known:
        return {}

    def kept(self, known: Known, part: Any, answer: T) -> tuple[Any, T]:
        return part, answer

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        return answer(part, *given)


ANEW: Asked = _Anew()
