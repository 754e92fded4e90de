"""What was asked about a part of an object, answered once for all objects that have the very same part."""

from __future__ import annotations

from collections.abc import Callable, Hashable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar

    T = TypeVar("T")

# from how many answers on those are forgotten that nobody has asked for since as many before
_MOST = 10_000
# answers to one question by the identity of the part, which stands beside: while it is here, no other one has that
Known: TypeAlias = "dict[int, tuple[Any, Any]]"


class Asked:
    """Answers about parts of objects, which no one changes."""

    __slots__ = ("_before", "_known", "_size")

    def __init__(self) -> None:
        self._known: dict[Hashable, Known] = {}
        self._before: dict[Hashable, Known] = {}
        self._size = 0

    def known(self, question: Hashable) -> Known:
        """Answers to a question, for who looks up many; what is not there is to be `found`."""
        known = self._known.get(question)
        if known is None:
            known = self._known[question] = {}
        return known

    def found(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> tuple[Any, T]:
        """A part and the answer about it, which is among what is known from now on."""
        found = self._before.get(question, _NOTHING).pop(id(part), None) or (part, answer(part, *given))
        self._size += 1
        if self._size > _MOST:
            self._before, self._known, self._size = self._known, {}, 1
        self.known(question)[id(part)] = found
        return found

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        """What `answer` returns for a part and what else is given, of which the question says all."""
        known = self._known.get(question, _NOTHING)
        told: T = (known.get(id(part)) or self.found(question, part, answer, *given))[1]
        return told


_NOTHING: Known = {}


class _Anew(Asked):
    """Keeps nothing, for objects that are looked at once."""

    __slots__ = ()

    def known(self, question: Hashable) -> Known:
        return _NOTHING

    def found(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> tuple[Any, T]:
        return part, answer(part, *given)

    def once(self, question: Hashable, part: Any, answer: Callable[..., T], *given: Any) -> T:
        return answer(part, *given)


ANEW: Asked = _Anew()
