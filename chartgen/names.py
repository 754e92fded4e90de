"""What the names of a chart's objects are made of, from the values alone."""

from __future__ import annotations

from collections.abc import Mapping

from chartgen.values.helm_scalar import go_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# the chart's own name, unless it is a part of another chart under an alias
CHART = "consul"


def short(text: object) -> str:
    """A name as Kubernetes takes it: 63 characters, no hyphen at the end."""
    return go_text(text)[:63].removesuffix("-")


def app(values: Mapping[str, Any]) -> str:
    """The `app` label of every object where the values give one; "" where it is the chart's own name."""
    return short(values.get("nameOverride") or "")


def given(values: Mapping[str, Any]) -> str:
    """The prefix of all names where the values give one; "" where it is made from the release's name."""
    section = values.get("global")
    # a null in a values file has removed the default
    name = section.get("name") if isinstance(section, Mapping) else None
    return short(values.get("fullnameOverride") or name or "")


def full(values: Mapping[str, Any], release: str) -> str:
    """The prefix of all names for a release of that name, of a chart under its own name."""
    return given(values) or short(f"{release}-{go_text(values.get('nameOverride') or CHART)}")
