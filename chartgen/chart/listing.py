"""The objects of a chart as commands list them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEYS = ("kind", "name", "file")


class Listing(Sequence["Mapping[str, str]"]):
    """The kind, name and file of each object, in one text until somebody looks at them.

    Of most charts of a fleet nobody does; but each listing goes from process to process and into the cache.
    """

    __slots__ = ("_count", "text")

    def __init__(self, count: int, text: str) -> None:
        self._count, self.text = count, text

    @classmethod
    def of(cls, objects: Iterable[tuple[str, str, str]]) -> Listing:
        """The listing of (kind, name, file) of each object."""
        told = [*objects]
        return cls(len(told), json.dumps(told))

    def _all(self) -> list[Mapping[str, str]]:
        return [dict(zip(_KEYS, each, strict=True)) for each in json.loads(self.text)]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, which: Any) -> Any:
        return self._all()[which]

    def __iter__(self) -> Any:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)
