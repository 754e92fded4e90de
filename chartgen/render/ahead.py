"""Templates compiled ahead, as a Python module: what `make chart` and a wheel bring along, so that no build has to compile.

Jinja writes a template as Python. Here stand all of them in one module (`templates/_compiled.py`, made when chartgen is
installed or packed, and not committed), which Python keeps as byte code like any other: one file is read where there were
two for each template, and another Python makes its own. A template is taken from it only if its text is the one that it was
made of, and what says how templates are compiled and rendered unchanged; else it is compiled as if there were no such module.
"""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from chartgen import lazy_regex, paths
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATH = paths.COMPILED
_LINE = lazy_regex.compile(r"=([0-9]+)")


class Compiled(NamedTuple):
    """A template: the digest of its text, its code, and which of its lines each line of the code is."""

    digest: str
    root: FunctionType
    lines: str

    def function(self, names: dict[str, Any], defaults: tuple[Any, ...]) -> FunctionType:
        """What yields its text, given a context: its code among these names."""
        return FunctionType(self.root.__code__, names, "root", defaults)


def digest(text: str) -> str:
    """What tells a template's text from any other."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def compiler() -> str:
    """What tells this way of compiling templates from any other: the modules that say what Python is made of a template, that
    write the constants in it, that it calls, and that keep it."""
    total = 0
    for name in ("ahead.py", "environment.py", "filters.py", "runtime.py", "scalar.py"):
        with open(f"{os.path.dirname(__file__)}/{name}", "rb") as file:
            total = zlib.crc32(file.read(), total)
    return f"{total:08x}"


def called(name: str, *, plain: bool) -> str:
    """What a template is called here: what two environments compile is two templates."""
    return f"{name} (plain)" if plain else name


def source(templates: Iterable[tuple[str, str, str]]) -> str:
    """The module of templates (name, text, the Python that Jinja made of it), the same for the same templates."""
    head = [
        "# Templates as Jinja compiles them: made from templates/, not to be edited, not committed.",
        f"COMPILER = {compiler()!r}",
    ]
    lines = list(head)
    table = ["TEMPLATES = {"]
    for number, (name, text, python) in enumerate(templates):
        body, debug_info = _body(name, python)
        # the code's first line is that of the template's own Python: all others move along
        moved = _moved(debug_info, len(lines) - body.start)
        lines += [f"def root_{number}(context, missing, environment):", *body.lines[1:]]
        table.append(f"    {name!r}: ({digest(text)!r}, root_{number}, {moved!r}),")
    return "\n".join([*lines, *table, "}", ""])


def _moved(debug_info: str, by: int) -> str:
    """`template line=line of code`, and so on, with the code that many lines further down."""
    return _LINE.sub(lambda line: f"={int(line[1]) + by}", debug_info)


class _Body(NamedTuple):
    """The lines of a template's function in the Python that Jinja made, and how many stand before it."""

    lines: list[str]
    start: int


def _body(name: str, python: str) -> tuple[_Body, str]:
    """The function that renders a template, and its debug information. Raises ValueError for what has more than that."""
    lines = python.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("def root(")]
    ends = [number for number, line in enumerate(lines) if line == "blocks = {}"]
    told = [line for line in lines if line.startswith("debug_info = ")]
    if len(starts) != 1 or len(ends) != 1 or len(told) != 1:
        raise ValueError(f"{name} is not compiled to one function")
    return _Body(lines[starts[0] : ends[0]], starts[0]), told[0].partition("'")[2].removesuffix("'")


@cache
def compiled() -> Mapping[str, Compiled]:
    """The templates of the module, by name; none where there is none that was compiled this way."""
    try:
        code = _code()
    except (OSError, ImportError, SyntaxError, ValueError, EOFError):
        # there is none, or what is there is none
        return {}
    if code is None:
        return {}
    module: dict[str, Any] = {}
    exec(code, module)
    if module.get("COMPILER") != compiler():
        return {}
    return {name: Compiled(*parts) for name, parts in module["TEMPLATES"].items()}


def _code() -> CodeType | None:
    """The module's code; None where it would have to be compiled each time, as nobody can keep the byte code."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import cache_from_source

    kept = Path(cache_from_source(str(PATH)))
    if not kept.exists() and (sys.dont_write_bytecode or not os.access(PATH.parent, os.W_OK)):
        return None
    return SourceFileLoader("chartgen._compiled", str(PATH)).get_code("chartgen._compiled")
