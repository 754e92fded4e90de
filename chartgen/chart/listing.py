"""The objects of a chart as commands list them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEYS = ("kind", "name", "file")


class Listed(NamedTuple):
    """An object as it is listed: its kind and name, and the JSON of these and of its file."""

    kind: str
    name: str
    text: str


def listed(kind: str, name: str, file: str) -> Listed:
    """An object in a file of a chart, as it is listed."""
    return Listed(kind, name, json.dumps((kind, name, file)))


class Listing(Sequence["Mapping[str, str]"]):
    """The kind, name and file of each object, in one text until somebody looks at them.

    Of most charts of a fleet nobody does; but each listing goes from process to process and into the cache.
    """

    __slots__ = ("_count", "text")

    def __init__(self, count: int, text: str) -> None:
        self._count, self.text = count, text

    @classmethod
    def of(cls, objects: Sequence[Listed]) -> Listing:
        """The listing of all of the objects."""
        return cls(len(objects), f"[{', '.join([each.text for each in objects])}]")

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
