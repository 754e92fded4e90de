"""How grave what an upgrade leads to is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Consequence = Literal["refused", "loses-data", "restarts", "reloads", "nothing"]
# from the gravest on
CONSEQUENCES: tuple[Consequence, ...] = ("refused", "loses-data", "restarts", "reloads", "nothing")


def gravest(found: Iterable[Consequence]) -> Consequence:
    """The gravest of them; "nothing" where there are none."""
    return min(found, key=CONSEQUENCES.index, default="nothing")
