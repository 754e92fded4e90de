"""What templates are rendered from and with, whoever compiled them: their texts, and the macro files of one rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chartgen import paths
from chartgen.diagnostics import Path as ValuePath
from chartgen.render import components
from chartgen.render.scalar import Markup
from chartgen.values import helm_scalar
from chartgen.values.reads import Reads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# what templates call on free-form maps
METHODS = frozenset(("get", "items", "keys", "values", "update", "pop"))


class Imports:
    """The macro files that one rendering has imported, each made once for all templates, and what making it has read."""

    __slots__ = ("modules", "reads", "variables")

    def __init__(self, variables: Mapping[str, Any], reads: Reads) -> None:
        self.variables, self.reads = variables, reads
        self.modules: dict[str | None, tuple[Any, frozenset[ValuePath]]] = {}

    def module(self, name: str | None, make: Callable[[], Any]) -> Any:
        """What a macro file of that name offers; made where it is not yet."""
        made = self.modules.get(name)
        if made is None:
            made = self.modules[name] = self.reads.of(make)
        self.reads.paths |= made[1]
        return made[0]


def text_of(name: str) -> str:
    """The text of a template."""
    expressions = components.expressions(name)
    if expressions is not None:
        return expressions
    with open(f"{paths.TEMPLATES}/{name}", "rb", buffering=0) as file:
        # with the line breaks of the platform the digest is another one, and the template is compiled
        return file.read().decode()


def as_data(context: Mapping[str, Any], value: Any) -> Markup:
    """What stands for `[[ value ]]` in a text in Helm's own language: the value's braces are data."""
    return Markup(context["late"].template(helm_scalar.go_text(value)))
