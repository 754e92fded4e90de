"""What templates that are compiled ahead call while they are rendered: of Jinja's runtime what ours need, in its terms.

A build of files imports no Jinja, whose start takes as long as a check: it brings along a lexer, a parser and a compiler. A
template that is not compiled ahead, or is another one by now, is compiled and rendered by Jinja (`chartgen.render.environment`);
tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from chartgen import lazy_regex
from chartgen.render import ahead, scalar, sources
from chartgen.render.filters import FILTERS, TESTS, joined
from chartgen.render.scalar import Markup
from chartgen.values.reads import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    from chartgen.render.sources import Imports

    Root: TypeAlias = "Callable[[Context], Iterator[str]]"

_LINES = lazy_regex.compile(r"(\d+)=(\d+)")
missing = object()


class TemplateRuntimeError(Exception):
    """A template does what it cannot."""


def _fail(undefined: StrictUndefined, *_: Any) -> NoReturn:
    # its words are Jinja's
    import jinja2

    given = {} if undefined.of is missing else {"obj": undefined.of}
    str(jinja2.StrictUndefined(undefined.hint, name=undefined.name, **given))
    raise TemplateRuntimeError(undefined.name)


class StrictUndefined:
    """What there is not: nothing can be done with it but to ask whether it is defined."""

    __slots__ = ("hint", "name", "of")

    def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None) -> None:
        self.hint, self.of, self.name = hint, obj, name

    __add__ = __bool__ = __call__ = __contains__ = __eq__ = __ge__ = __getitem__ = __gt__ = __hash__ = __iter__ = _fail
    __le__ = __len__ = __lt__ = __mul__ = __ne__ = __radd__ = __str__ = __sub__ = _fail

    def __getattr__(self, name: str) -> Any:
        # Python asks for these, and takes it that they are not there
        if name.startswith("__"):
            raise AttributeError(name)
        _fail(self)


class Namespace:
    """What templates keep values in that outlive a loop."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __setitem__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value


class LoopContext:
    """The items that a loop goes through, each with what the loop says of it (`loop.last`)."""

    __slots__ = ("index0", "items", "last")

    def __init__(self, items: Iterable[Any], undefined: Any) -> None:
        self.items = list(items)
        self.index0, self.last = -1, False

    def __iter__(self) -> Iterator[tuple[Any, LoopContext]]:
        for index, item in enumerate(self.items):
            self.index0, self.last = index, index == len(self.items) - 1
            yield item, self


class Macro:
    """A macro; what it writes is markup."""

    __slots__ = ("accepts_more", "accepts_named", "arguments", "caller", "function", "name", "plain")

    def __init__(
        self,
        environment: Templates,
        function: Callable[..., str],
        name: str | None,
        arguments: tuple[str, ...],
        catch_kwargs: bool,
        catch_varargs: bool,
        caller: bool,
        autoescape: bool,
    ) -> None:
        self.function, self.name, self.arguments = function, name, arguments
        self.accepts_named, self.accepts_more, self.caller = catch_kwargs, catch_varargs, caller
        # takes its arguments and nothing else
        self.plain = not (catch_kwargs or catch_varargs or caller)

    def __call__(self, *given: Any, **named: Any) -> Markup:
        count = len(self.arguments)
        if len(given) == count and self.plain and not named:
            return Markup(self.function(*given))
        values = [*given[:count]]
        values += [named.pop(name, missing) for name in self.arguments[len(values) :]]
        if self.caller and "caller" not in self.arguments:
            caller = named.pop("caller", None)
            values.append(StrictUndefined("No caller defined", name="caller") if caller is None else caller)
        if self.accepts_named:
            values.append(named)
        elif named:
            raise TypeError(f"macro {self.name!r} takes no keyword argument {next(iter(named))!r}")
        if self.accepts_more:
            values.append(given[count:])
        elif len(given) > count:
            raise TypeError(f"macro {self.name!r} takes not more than {count} argument(s)")
        return Markup(self.function(*values))


class _Escaping:
    """Whether text is to be escaped: markup passes, and all else is written by `finalize`."""

    autoescape = True


class Context:
    """The variables that a template sees and those that it sets."""

    __slots__ = ("exported_vars", "parent", "vars")
    eval_ctx = _Escaping()

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.parent = variables
        self.vars: dict[str, Any] = {}
        self.exported_vars: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        return self.vars[name] if name in self.vars else self.parent[name]

    def resolve_or_missing(self, name: str) -> Any:
        if name in self.vars:
            return self.vars[name]
        return self.parent[name] if name in self.parent else _GLOBALS.get(name, missing)

    def get_all(self) -> Mapping[str, Any]:
        """What an imported template sees: the rendering's variables, and nothing that this template sets."""
        return self.parent

    @staticmethod
    def call(
        function: Callable[..., Any], *given: Any, _loop_vars: Any = None, _block_vars: Any = None, **named: Any
    ) -> Any:
        """Calls what is given arguments by `*` or `**`; nothing of it asks for the variables of the loop around it."""
        return function(*given, **named)


_GLOBALS = {"range": range, "namespace": Namespace}
NAMES: Mapping[str, Any] = {
    "LoopContext": LoopContext,
    "Macro": Macro,
    "Markup": Markup,
    "Namespace": Namespace,
    "TemplateRuntimeError": TemplateRuntimeError,
    "Undefined": StrictUndefined,
    "identity": lambda value: value,
    "internalcode": lambda function: function,
    "missing": missing,
}


class Module:
    """What a template that is imported offers by name: its macros, and what it set."""

    def __init__(self, offered: Mapping[str, Any]) -> None:
        self.__dict__.update(offered)


class Template:
    """A template: its name and the function that yields its text."""

    __slots__ = ("name", "root")

    def __init__(self, name: str, root: Root) -> None:
        self.name, self.root = name, root

    def render(self, variables: Mapping[str, Any]) -> str:
        """The template's text."""
        context = Context(variables)
        text = "".join(self.root(context))
        # macros refer to it, and it to them: nobody has to look for what then is garbage
        context.vars.clear()
        return text

    def make_module(self, variables: Mapping[str, Any], shared: bool = False, local: Any = None) -> Module:
        """What it offers whoever imports it, made once per rendering."""
        imports: Imports | None = variables.get("imports")
        if imports is None:
            return self._module(variables)
        made: Module = imports.module(self.name, lambda: self._module(imports.variables))
        return made

    def _module(self, variables: Mapping[str, Any]) -> Module:
        context = Context(variables)
        for _ in self.root(context):
            pass
        offered = Module({name: context.vars[name] for name in context.exported_vars})
        context.vars.clear()
        return offered


class Templates:
    """The templates of objects, or those of texts in Helm's own language (`plain`), and what they call by its name."""

    filters = FILTERS
    tests: Mapping[str, Callable[[Any], bool]] = {**TESTS, "defined": lambda value: type(value) is not StrictUndefined}
    undefined = StrictUndefined
    concat = "".join
    joined = staticmethod(joined)

    def __init__(self, *, plain: bool) -> None:
        self.plain = plain
        self.finalize: Callable[..., Markup] = sources.as_data if plain else scalar.finalize
        self._known: dict[str, Any] = {}

    def get_template(self, name: str, parent: str | None = None) -> Any:
        """The template of that name: compiled ahead where it is the same as then, and else Jinja's."""
        if name not in self._known:
            self._known[name] = self._loaded(name)
        return self._known[name]

    def _loaded(self, name: str) -> Any:
        known = ahead.compiled().get(ahead.called(name, plain=self.plain))
        if known is None or ahead.digest(sources.text_of(name)) != known.digest:
            from chartgen.render import environment

            return (environment.plain() if self.plain else environment.shared()).get_template(name)
        names = {**NAMES, "environment": self, "template": name, "lines": known.lines}
        return Template(name, known.function(names, (missing, self)))

    def getattr(self, of: Any, name: str) -> Any:
        """`a.b`: of a map its entry, even where dict has a method of that name."""
        if type(of) is Section or isinstance(of, dict):
            try:
                return of[name]
            except KeyError:
                return getattr(of, name) if name in sources.METHODS else StrictUndefined(obj=of, name=name)
        try:
            return getattr(of, name)
        except AttributeError:
            pass
        try:
            return of[name]
        except (AttributeError, LookupError, TypeError):
            return StrictUndefined(obj=of, name=name)

    def getitem(self, of: Any, name: Any) -> Any:
        """`a[b]`."""
        try:
            return of[name]
        except (AttributeError, LookupError, TypeError):
            return getattr(of, name) if isinstance(name, str) and hasattr(of, name) else StrictUndefined(obj=of, name=name)


@cache
def shared() -> Templates:
    """The templates of objects, once per process."""
    return Templates(plain=False)


@cache
def plain() -> Templates:
    """The templates of texts in Helm's own language."""
    return Templates(plain=True)


def line_of(names: Mapping[str, Any], line: int) -> tuple[str, int] | None:
    """The template, and its line, of a line of code that runs with these names; None where it is none of a template's."""
    lines = names.get("lines")
    if not isinstance(lines, str) or "template" not in names:
        return None
    before = [int(ours) for ours, code in _LINES.findall(lines) if int(code) <= line]
    return str(names["template"]), before[-1] if before else 1
