"""Does an object on the server hold what a chart says? What the server adds does not count, what it drops does."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

# Kubernetes, "Quantity": the factors of the suffixes
_FACTORS = {
    **{suffix: Decimal(10) ** power for suffix, power in zip(["n", "u", "m", "", "k", "M", "G", "T", "P", "E"],
                                                             range(-9, 21, 3), strict=True)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?")


def dropped(wanted: Any, live: Any, path: str = "") -> Iterator[str]:
    """Each place of `wanted` that `live` does not hold, with both sides."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, item in wanted.items():
            yield from dropped(item, live.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for number, (one, other) in enumerate(zip(wanted, live, strict=True)):
            yield from dropped(one, other, f"{path}[{number}]")
    elif not (
        wanted == live
        # the server's default stands in the place of what is empty
        or wanted in (None, "")
        or (live is None and _says_nothing(wanted))
        or _same_amount(wanted, live)
    ):
        yield f"{path}: {wanted!r} is {live!r}"


def as_stored(data: dict[str, Any]) -> dict[str, Any]:
    """An object in the form in which the server keeps it."""
    if data["kind"] == "Secret" and "stringData" in data:
        coded = {key: base64.b64encode(text.encode()).decode() for key, text in data["stringData"].items()}
        rest = {key: item for key, item in data.items() if key != "stringData"}
        return {**rest, "data": {**data.get("data", {}), **coded}}
    return data


def _says_nothing(value: Any) -> bool:
    """What is the same to Kubernetes as absence, at any depth."""
    if isinstance(value, Mapping):
        return all(_says_nothing(item) for item in value.values())
    return not value


def _same_amount(one: Any, other: Any) -> bool:
    left, right = _amount(one), _amount(other)
    return left is not None and left == right


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    found = _QUANTITY.fullmatch(str(value))
    if not found:
        return None
    number, suffix = Decimal(found[1]), found[2] or ""
    return number * (_FACTORS[suffix] if suffix in _FACTORS else Decimal(10) ** int(suffix[1:]))
