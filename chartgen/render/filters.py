"""What templates call by the names of filters: all that there are, whether a template is compiled ahead or by Jinja."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from chartgen.render import scalar
from chartgen.render.scalar import TEXTS, Markup
from chartgen.values import helm_scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def joined(parts: Sequence[Any]) -> str:
    """The text of `parts` one after the other, each as Go prints it; markup where one of them is."""
    if {*map(type, parts)} == TEXTS:
        return "".join(parts)
    texts = [helm_scalar.go_text(part) for part in parts]
    whole = "".join(texts)
    return Markup(whole) if any(map(scalar.is_markup, texts)) else whole


def indented(value: Any, width: int) -> Markup:
    """What a value is written as, each line but the first so many columns further in."""
    return Markup(scalar.finalize(value).replace("\n", "\n" + " " * width))


def _of_text(change: Callable[..., str]) -> Callable[..., str]:
    """A change of text, for what is no text as Go prints it; what was markup stays markup."""

    def changed(value: Any, *more: Any) -> str:
        text = helm_scalar.go_text(value)
        made = change(str(text), *more)
        return Markup(made) if scalar.is_markup(text) else made

    return changed


def _integer(value: Any) -> int:
    """`value` as Helm's `int` reads it: 0 for what is no number."""
    try:
        return int(float(value)) if value is not None else 0
    except (TypeError, ValueError):
        return 0


def _mapped(
    values: Iterable[Any] | None, name: str = "", *given: Any, attribute: str = "", default: Any = None
) -> Iterator[Any]:
    """Each of the values after a filter; or what each has at a key, and the default where it has nothing there."""
    for value in values or ():
        if name:
            yield FILTERS[name](value, *given)
            continue
        try:
            yield value[attribute]
        except (AttributeError, LookupError, TypeError):
            yield default


def _selected(values: Iterable[Any] | None) -> Iterator[Any]:
    return (value for value in values or () if value)


def _rejected(values: Iterable[Any] | None, test: str) -> Iterator[Any]:
    return (value for value in values or () if not TESTS[test](value))


def _sorted(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The entries of a map by their keys, capital letters as small ones."""
    return sorted(value.items(), key=lambda entry: entry[0].lower() if isinstance(entry[0], str) else entry[0])


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, Mapping))


FILTERS: dict[str, Callable[..., Any]] = {
    "bool_text": lambda value: value if isinstance(value, str) else "true" if value else "false",
    "dictsort": _sorted,
    "indented": indented,
    "int": _integer,
    "join": lambda values, between: between.join(map(helm_scalar.go_text, values)),
    "json": lambda value, indent=None: Markup(scalar.json_text(value, indent)),
    "list": list,
    "lower": _of_text(str.lower),
    "map": _mapped,
    "reject": _rejected,
    "safe": lambda value: Markup(helm_scalar.go_text(value)),
    "select": _selected,
    "sh": scalar.sh,
    "sh_bare": scalar.sh_bare,
    "sh_expand": scalar.sh_expand,
    "sh_noglob": scalar.sh_noglob,
    # what a macro returns is a value like any other then: it is quoted wherever it is written
    "string": lambda value: str(helm_scalar.go_text(value)),
    "suffix": lambda value, ending: helm_scalar.go_text(value) + ending,
    "trim": _of_text(str.strip),
    "unique": lambda values: iter(dict.fromkeys(values or ())),
    "upper": _of_text(str.upper),
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "mapping": lambda value: isinstance(value, Mapping),
    "none": lambda value: value is None,
    "sequence": _is_sequence,
    "string": lambda value: isinstance(value, str),
}
