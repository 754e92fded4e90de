"""What a rule returns, and how rules look values up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from chartgen.diagnostics import Path
from chartgen.diagnostics import Weight as Weight
from chartgen.records import NamedTuple
from chartgen.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

Values: TypeAlias = "Mapping[str, Any]"


class Clash(NamedTuple):
    """Values that contradict each other: `paths` are shown in this order, `hint` says what to write instead.

    `inside` is an offset in the text at the first path, where that is the place. `doubtful` ones are
    warnings in strict mode too, unless the official chart refuses them: set-ups exist in which they are right.
    """

    message: str
    paths: tuple[str | Path, ...]
    hint: str = ""
    expected: str = ""
    inside: int | None = None
    doubtful: bool = False


Rule = Callable[[Values, Settings], "Iterable[Clash] | Clash | None"]


def at(values: Values, path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    node: Any = values
    for key in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(key)
    return node


def slug(rule: Rule) -> str:
    """The rule's name in reports: its function's name with hyphens."""
    return rule.__name__.replace("_", "-")


def half_given(values: Values, section: str, what: str) -> Clash | None:
    """A clash if just one of `secretName` and `secretKey` of a section is set."""
    name, key = f"{section}.secretName", f"{section}.secretKey"
    if bool(at(values, name)) == bool(at(values, key)):
        return None
    missing = key if at(values, name) else name
    return Clash(
        f"{what} is referred to by halves: {missing} is not set", (name, key), f"set {missing} as well"
    )


def names_option(values: Values, component: str, *options: str) -> bool:
    """True if the component's extraConfig, a map or text, holds one of the agent's options."""
    config = values[component]["extraConfig"]
    text = config if isinstance(config, str) else json.dumps(config, default=str)
    return any(f'"{option}"' in text for option in options)


def loads_files(values: Values, component: str) -> bool:
    """True if the component's agents load a file of configuration out of a Secret or ConfigMap, unknown here."""
    volumes = values[component]["extraVolumes"]
    return any(
        isinstance(volume, Mapping) and bool(volume.get("load"))
        for volume in (volumes if isinstance(volumes, list) else ())
    )


def whole_number(value: Any) -> int:
    """`value` as Helm's `int` reads it: 0 for what is no number."""
    try:
        return int(float(value)) if value is not None else 0
    except (TypeError, ValueError, OverflowError):
        return 0
