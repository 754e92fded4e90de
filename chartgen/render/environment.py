"""How templates are compiled: safe scalars, values before methods, macro files imported once, byte code kept."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import cache
from pathlib import Path

import jinja2
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.ext import do as do_extension
from jinja2.runtime import markup_join
from markupsafe import Markup

from chartgen import lazy_regex, paths
from chartgen.diagnostics import Path as ValuePath
from chartgen.render import ahead, components, scalar
from chartgen.values import helm_scalar
from chartgen.values.reads import Reads, Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# what templates call on free-form maps
_METHODS = frozenset(("get", "items", "keys", "values", "update", "pop"))
_ALONE = lazy_regex.compile(r"^( +)\{\{ ((?:(?!\}\}).)+?) \}\}$", re.MULTILINE | re.DOTALL)


class Imports:
    """The macro files that one rendering has imported, each made once for all templates, and what making it has read."""

    __slots__ = ("modules", "reads", "variables")

    def __init__(self, variables: Mapping[str, Any], reads: Reads) -> None:
        self.variables, self.reads = variables, reads
        self.modules: dict[str | None, tuple[Any, frozenset[ValuePath]]] = {}


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
        made = imports.modules.get(self.name)
        if made is None:
            make = super().make_module
            made = imports.modules[self.name] = imports.reads.of(lambda: make(dict(imports.variables)))
        imports.reads.paths |= made[1]
        return made[0]


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


def _indented(value: Any, width: int) -> Markup:
    return Markup(scalar.finalize(value).replace("\n", "\n" + " " * width))


class ValuesEnvironment(jinja2.Environment):
    """A Jinja environment in which `a.b` of a mapping is its entry `b`, even where dict has a method `b`."""

    template_class = _Template
    code_generator_class = _Generator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # no template has globals of its own: those of all need no chain of maps over them
        return self.globals if d is None else super().make_globals(d)

    @staticmethod
    def joined(parts: Iterable[Any]) -> str:
        """The text of `parts` one after the other, each as Go prints it."""
        return markup_join(helm_scalar.go_text(part) for part in parts)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is Section or isinstance(obj, dict):
            try:
                return obj[attribute]
            except KeyError:
                return (
                    getattr(obj, attribute)
                    if attribute in _METHODS
                    else self.undefined(obj=obj, name=attribute)
                )
        return super().getattr(obj, attribute)


@cache
def shared() -> ValuesEnvironment:
    """The environment that all templates are compiled in, once per process."""
    env = ValuesEnvironment(
        loader=_Loader(
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
    env.filters.update(
        json=lambda value, indent=None: Markup(scalar.json_text(value, indent)),
        sh=scalar.sh,
        sh_expand=scalar.sh_expand,
        sh_noglob=scalar.sh_noglob,
        sh_bare=scalar.sh_bare,
        # text is what Helm would print in its place
        bool_text=lambda value: value if isinstance(value, str) else "true" if value else "false",
        int=_integer,
        indented=_indented,
        # what a macro returns is a value like any other then: it is quoted wherever it is written
        string=lambda value: str(helm_scalar.go_text(value)),
        suffix=lambda value, ending: helm_scalar.go_text(value) + ending,
        join=lambda values, between: between.join(map(helm_scalar.go_text, values)),
    )
    env.filters.update({name: _of_text(env.filters[name]) for name in ("lower", "safe", "trim", "upper")})
    return env


@cache
def plain() -> ValuesEnvironment:
    """The environment of texts in Helm's own language, in which `{{ action }}` is Helm's and `[[ expression ]]` ours.

    What an expression yields stands there as it is, its braces as data.
    """
    env: ValuesEnvironment = shared().overlay(
        variable_start_string="[[", variable_end_string="]]", finalize=_as_data
    )
    return env


@jinja2.pass_context
def _as_data(context: Mapping[str, Any], value: Any) -> Markup:
    return Markup(context["late"].template(helm_scalar.go_text(value)))


class _Loader(jinja2.ChoiceLoader):
    """Takes templates that are compiled ahead from there, as long as their text is the same, and compiles others."""

    def load(
        self, environment: jinja2.Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> jinja2.Template:
        known = ahead.compiled(_compiler()).get(_called(name, environment))
        text, file = text_of(name) if known is not None else ("", None)
        if known is None or ahead.digest(text) != known.digest:
            return super().load(environment, name, globals)
        return ahead.template(known, name, file, environment, {} if globals is None else globals)


def _called(name: str, environment: jinja2.Environment) -> str:
    """What a template is called among those that are compiled ahead: what two environments compile is two templates."""
    return name if environment.variable_start_string == "{{" else f"{name} (plain)"


def text_of(name: str) -> tuple[str, str | None]:
    """The text of a template, and the file that it is in, if it is in any."""
    expressions = components.expressions(name)
    if expressions is not None:
        return expressions, None
    path = f"{paths.TEMPLATES}/{name}"
    with open(path, "rb", buffering=0) as file:
        # with the line breaks of the platform the digest is another one, and the template is compiled
        return file.read().decode(), path


def compiled_ahead() -> str:
    """The module of all templates, compiled: see `chartgen.render.ahead`."""
    names = sorted(path.relative_to(paths.TEMPLATES).as_posix() for path in paths.TEMPLATES.rglob("*.j2"))
    ours = {template.source for template in components.texts()}
    made = []
    for name in (*names, components.EXPRESSIONS):
        environment = plain() if name in ours else shared()
        text, _ = text_of(name)
        python = environment.compile(text, name, raw=True)
        made.append((_called(name, environment), text, python))
    return ahead.source(_compiler(), made)


@cache
def _compiler() -> str:
    """What tells this way of compiling from any other: the modules that say how templates are compiled, this one, the one
    that writes the constants in them and the one that keeps them."""
    total = 0
    for module in (__file__, scalar.__file__, ahead.__file__):
        with open(module, "rb") as file:
            total = zlib.crc32(file.read(), total)
    return f"{total:08x}"


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
    return _BytecodeCache(str(folder), f"%s-{_compiler()}.cache")


def _of_text(change: Callable[..., Any]) -> Callable[..., Any]:
    """One of Jinja's filters of text, given what is no text as Go prints it."""
    return lambda value, *more: change(helm_scalar.go_text(value), *more)


def _integer(value: Any) -> int:
    """`value` as Helm's `int` reads it: 0 for what is no number."""
    try:
        return int(float(value)) if value is not None else 0
    except (TypeError, ValueError):
        return 0
