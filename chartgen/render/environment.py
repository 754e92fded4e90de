"""How templates are compiled: safe scalars, values before methods, macro files imported once, byte code kept."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, MutableMapping
from functools import cache
from pathlib import Path

import jinja2
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.ext import do as do_extension

from chartgen import lazy_regex, paths
from chartgen.render import ahead, components, filters, scalar
from chartgen.render.sources import METHODS, Imports, as_data, text_of
from chartgen.values.reads import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ALONE = lazy_regex.compile(r"^( +)\{\{ ((?:(?!\}\}).)+?) \}\}$", re.MULTILINE | re.DOTALL)


class _Template(jinja2.Template):
    """A template that is imported once per rendering. Its macros see the rendering's variables, and nothing that
    the importing template sets."""

    def make_module(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> Any:
        imports = (vars or {}).get("imports")
        if not isinstance(imports, Imports):
            return super().make_module(vars, shared, locals)
        make, variables = super().make_module, imports.variables
        return imports.module(self.name, lambda: make(dict(variables)))


class _Generator(CodeGenerator):
    """Joins text (`~`) as Helm's templates do: `true` and not "True", and nothing for a default that a null took away.

    What templates call is called as it is: nothing of it asks for Jinja's context, which `Context.call` would look for each
    time. What `finalize` returns is markup, which need not be escaped.
    """

    def visit_Call(self, node: jinja2.nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for part in (*node.args, *node.kwargs):
            self.visit(part, frame)
            self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")

    def _output_child_pre(self, node: jinja2.nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(finalize.src)

    def _output_child_post(self, node: jinja2.nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(")")

    def visit_Concat(self, node: jinja2.nodes.Concat, frame: Frame) -> None:
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _WholeLines(Extension):
    """An expression that is alone on its line stands there with all its lines: each is indented as the first is.

    So macros that write several lines begin at the margin, and can be called at any depth.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if self.environment.variable_start_string != "{{":
            return source
        return _ALONE.sub(lambda line: f"{line[1]}{{{{ ({line[2]}) | indented({len(line[1])}) }}}}", source)


class ValuesEnvironment(jinja2.Environment):
    """A Jinja environment in which `a.b` of a mapping is its entry `b`, even where dict has a method `b`."""

    template_class = _Template
    code_generator_class = _Generator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # no template has globals of its own: those of all need no chain of maps over them
        return self.globals if d is None else super().make_globals(d)

    joined = staticmethod(filters.joined)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is Section or isinstance(obj, dict):
            try:
                return obj[attribute]
            except KeyError:
                return (
                    getattr(obj, attribute)
                    if attribute in METHODS
                    else self.undefined(obj=obj, name=attribute)
                )
        return super().getattr(obj, attribute)


@cache
def shared() -> ValuesEnvironment:
    """The environment that all templates are compiled in, once per process."""
    env = ValuesEnvironment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(paths.TEMPLATES), jinja2.FunctionLoader(components.expressions)]
        ),
        undefined=jinja2.StrictUndefined,
        finalize=scalar.finalize,
        # what finalize and macros return is markup and passes; nothing is ever HTML-escaped
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        # there are fewer templates than make a limit worth its cost
        cache_size=-1,
        bytecode_cache=_bytecode_cache(),
        extensions=[do_extension, _WholeLines],
    )
    # no other filter, as what is compiled ahead has no other
    env.filters = filters.FILTERS
    return env


@cache
def plain() -> ValuesEnvironment:
    """The environment of texts in Helm's own language, in which `{{ action }}` is Helm's and `[[ expression ]]` ours.

    What an expression yields stands there as it is, its braces as data.
    """
    env: ValuesEnvironment = shared().overlay(
        variable_start_string="[[", variable_end_string="]]", finalize=jinja2.pass_context(as_data)
    )
    return env


def compiled_ahead() -> str:
    """The module of all templates, compiled: see `chartgen.render.ahead`."""
    names = sorted(path.relative_to(paths.TEMPLATES).as_posix() for path in paths.TEMPLATES.rglob("*.j2"))
    ours = {template.source for template in components.texts()}
    made = []
    for name in (*names, components.EXPRESSIONS):
        environment = plain() if name in ours else shared()
        text = text_of(name)
        python = environment.compile(text, name, raw=True)
        made.append((ahead.called(name, plain=name in ours), text, python))
    return ahead.source(made)


class _BytecodeCache(jinja2.FileSystemBytecodeCache):
    """A folder of compiled templates; when it is full or gone, they are compiled again next time."""

    def dump_bytecode(self, bucket: Any) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _bytecode_cache() -> jinja2.FileSystemBytecodeCache | None:
    """Compiled templates in the user's cache folder; None where that cannot be written.

    They are named by their content, and by what says how they are compiled.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chartgen"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # RuntimeError: there is no home
        return None
    if not os.access(folder, os.W_OK):
        return None
    return _BytecodeCache(str(folder), f"%s-{ahead.compiler()}.cache")
