"""What rules and facts may read, read off their syntax trees: all branches, and not only those that a run takes.

Paths that are put together from constants are followed, through helpers and loops over constants, too. Where a key is not
known before a run, any key counts. Rules decide by all that they read.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chartgen import schema
from chartgen.settings import Settings
from chartgen.values.foreseen import ANY, NOTHING, Foreseen, Known

# the deepest nesting of helpers that is followed
_DEEPEST = 12
# more texts than these are taken for any
_MOST = 600


@dataclass(frozen=True, slots=True)
class _Constants:
    """An expression that is one of these, whatever the values are."""

    those: tuple[Any, ...]


class _Facts:
    """The settings that follow from the values."""


# what functions read and return for arguments of which the same is known
_CALLS: dict[Any, tuple[Foreseen, Known]] = {}


def _comparable(known: Any) -> Any:
    return (
        repr(known) if isinstance(known, _Constants) else type(known) if isinstance(known, _Facts) else known
    )


@cache
def of_rule(rule: Callable[..., Any]) -> Foreseen:
    """What the rule may read."""
    return _of_function(rule, (Known(frozenset([()])), _Facts()))


@cache
def of_fact(name: str) -> Foreseen:
    """What the fact of that name (`Settings.tls`) is made from."""
    described = vars(Settings)[name]
    assert isinstance(described, property) and described.fget is not None
    return _of_function(described.fget, (_Facts(),))


def _of_function(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Foreseen:
    reader = _Reader(0)
    reader.found.note(reader.call(function, list(arguments), {}), "decided")
    return reader.found


@cache
def _tree(function: Callable[..., Any]) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


class _Reader:
    """Goes through functions and notes what they read."""

    def __init__(self, depth: int) -> None:
        self.found, self.depth = Foreseen(), depth
        self.globals: Mapping[str, Any] = {}

    def call(self, function: Callable[..., Any], arguments: list[Any], named: Mapping[str, Any]) -> Known:
        """What is known of what the function returns or yields for these arguments."""
        function = inspect.unwrap(function)
        same = (
            function,
            tuple(map(_comparable, arguments)),
            tuple((key, _comparable(operand)) for key, operand in named.items()),
        )
        if same not in _CALLS:
            # what a function that calls itself adds is what it adds the first time
            _CALLS[same] = (Foreseen(), NOTHING)
            _CALLS[same] = self._called(function, arguments, named)
        self.found.add(_CALLS[same][0])
        return _CALLS[same][1]

    def _called(
        self, function: Callable[..., Any], arguments: list[Any], named: Mapping[str, Any]
    ) -> tuple[Foreseen, Known]:
        tree = _tree(function)
        names: dict[str, Any] = {}
        for parameter, default in zip(reversed(tree.args.args), reversed(tree.args.defaults), strict=False):
            names[parameter.arg] = _constant(default)
        names.update(zip((parameter.arg for parameter in tree.args.args), arguments, strict=False))
        if tree.args.vararg is not None:
            names[tree.args.vararg.arg] = _rest(arguments[len(tree.args.args) :])
        names.update(named)
        inner = _Reader(self.depth + 1)
        inner.globals = getattr(function, "__globals__", {})
        # once more for what a turn of a loop leaves to the next
        for _ in range(1 + any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree))):
            inner.statements(tree.body, names)
        return inner.found, inner.returned

    returned: Known = NOTHING

    def statements(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for statement in body:
            self.statement(statement, names)

    def statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        if isinstance(node, ast.Return):
            if node.value is not None:
                self._hand_back(self.value(node.value, names))
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            if node.value is not None:
                self._assign(node, node.value, names)
        elif isinstance(node, (ast.For, ast.While, ast.If, ast.With, ast.Try)):
            if isinstance(node, ast.For):
                self._bind(node.target, self._item(self.value(node.iter, names)), names)
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr) and not (isinstance(node, ast.For) and child is node.target):
                    self._read(self.value(child, names))
            for part in ("body", "orelse", "finalbody"):
                self.statements(getattr(node, part, []), names)
            for handler in getattr(node, "handlers", []):
                self.statements(handler.body, names)
        elif isinstance(node, ast.FunctionDef):
            # a function of its own sees the names around it; it is gone through as if it were called
            self.statements(node.body, names)
        elif isinstance(node, ast.Expr):
            self.value(node.value, names)

    def _assign(self, node: Any, value: ast.expr, names: dict[str, Any]) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            for part, given in pairs:
                self._bind(part, self.value(given, names), names)

    def _bind(self, target: ast.expr, known: Any, names: dict[str, Any]) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for index, part in enumerate(target.elts):
                self._bind(part, _nth(known, index), names)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, known, names)
        elif isinstance(target, ast.Name):
            before = names.get(target.id)
            both = isinstance(before, Known) and isinstance(known, Known)
            names[target.id] = before.also(known) if both else known  # type: ignore[union-attr]

    def _item(self, known: Any) -> Any:
        """What is known of an item of something that is gone through."""
        if isinstance(known, _Constants):
            items = [
                list(constant)
                for constant in known.those
                if isinstance(constant, (tuple, list, set, frozenset, dict))
            ]
            return _constants(itertools.chain(*items))
        self._read(known)
        return known.below(ANY) if isinstance(known, Known) else NOTHING

    def _hand_back(self, known: Any) -> None:
        self.returned = self.returned.also(known if isinstance(known, Known) else NOTHING)

    def _read(self, known: Any) -> Known:
        """Notes that what is known is looked at, and what is known of something made from it."""
        if not isinstance(known, Known):
            return NOTHING
        self.found.note(known, "decided")
        return known.as_made()

    # ------------------------------------------------------------ expressions

    def value(self, node: ast.AST, names: dict[str, Any]) -> Any:
        """What is known of an expression: a place in the values, constants, the facts, a function, or nothing."""
        visit: Callable[[Any, dict[str, Any]], Any] | None = getattr(self, f"_of_{type(node).__name__}", None)
        if visit is not None:
            return visit(node, names)
        parts = [
            self._read(self.value(part, names))
            for part in ast.iter_child_nodes(node)
            if isinstance(part, ast.expr)
        ]
        return NOTHING.also(*parts)

    def _of_Constant(self, node: ast.Constant, names: dict[str, Any]) -> Any:
        return _Constants((node.value,))

    def _of_Name(self, node: ast.Name, names: dict[str, Any]) -> Any:
        if node.id in names:
            return names[node.id]
        found = self.globals.get(node.id, NOTHING)
        if found is schema or (inspect.isfunction(inspect.unwrap(found)) if callable(found) else False):
            return found
        return (
            _Constants((found,)) if isinstance(found, (str, tuple, list, dict, frozenset, set)) else NOTHING
        )

    def _of_Tuple(self, node: ast.Tuple | ast.List | ast.Set, names: dict[str, Any]) -> Any:
        parts = [
            self._item(self.value(part.value, names))
            if isinstance(part, ast.Starred)
            else self.value(part, names)
            for part in node.elts
        ]
        if parts and all(isinstance(part, _Constants) for part in parts):
            return _constants(itertools.islice(itertools.product(*(part.those for part in parts)), _MOST + 1))
        return NOTHING.also(*(self._read(part) for part in parts))

    _of_List = _of_Set = _of_Tuple

    def _of_JoinedStr(self, node: ast.JoinedStr, names: dict[str, Any]) -> Any:
        parts = [self.value(part, names) for part in node.values]
        return self._text(parts)

    def _of_FormattedValue(self, node: ast.FormattedValue, names: dict[str, Any]) -> Any:
        return self.value(node.value, names)

    def _text(self, parts: list[Any]) -> Any:
        if all(isinstance(part, _Constants) for part in parts):
            made = itertools.islice(itertools.product(*(part.those for part in parts)), _MOST + 1)
            return _constants("".join(map(str, part)) for part in made)
        return NOTHING.also(*(self._read(part) for part in parts))

    def _of_BinOp(self, node: ast.BinOp, names: dict[str, Any]) -> Any:
        left, right = self.value(node.left, names), self.value(node.right, names)
        if isinstance(left, _Constants) and isinstance(right, _Constants) and isinstance(node.op, ast.Add):
            sums = []
            for left_, other in itertools.islice(itertools.product(left.those, right.those), _MOST + 1):
                if type(left_) is type(other) and isinstance(left_, (str, tuple, list)):
                    sums.append(left_ + other)
            return _constants(sums)
        return self._read(left).also(self._read(right))

    def _of_IfExp(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        self._read(self.value(node.test, names))
        return _either(self.value(node.body, names), self.value(node.orelse, names))

    def _of_BoolOp(self, node: ast.BoolOp, names: dict[str, Any]) -> Any:
        parts = [self.value(part, names) for part in node.values]
        for part in parts:
            self._read(part)
        return NOTHING.also(*(part for part in parts if isinstance(part, Known)))

    def _of_NamedExpr(self, node: ast.NamedExpr, names: dict[str, Any]) -> Any:
        known = self.value(node.value, names)
        self._bind(node.target, known, names)
        return known

    def _of_Yield(self, node: ast.Yield, names: dict[str, Any]) -> Any:
        if node.value is not None:
            self._hand_back(self.value(node.value, names))
        return NOTHING

    def _of_YieldFrom(self, node: ast.YieldFrom, names: dict[str, Any]) -> Any:
        self._hand_back(self.value(node.value, names))
        return NOTHING

    def _comprehended(self, node: Any, names: dict[str, Any]) -> Any:
        inner = dict(names)
        for generator in node.generators:
            self._bind(generator.target, self._item(self.value(generator.iter, inner)), inner)
            for test in generator.ifs:
                self._read(self.value(test, inner))
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        known = [self.value(part, inner) for part in parts]
        if len(known) == 1 and isinstance(known[0], _Constants):
            return _Constants((known[0].those,))
        return NOTHING.also(*(operand for operand in known if isinstance(operand, Known)))

    _of_ListComp = _of_SetComp = _of_GeneratorExp = _of_DictComp = _comprehended

    def _of_Lambda(self, node: ast.Lambda, names: dict[str, Any]) -> Any:
        return self.value(node.body, names)

    def _of_Attribute(self, node: ast.Attribute, names: dict[str, Any]) -> Any:
        owner = self.value(node.value, names)
        if isinstance(owner, _Facts):
            return self._fact(node.attr)
        return owner if isinstance(owner, Known) else NOTHING

    def _fact(self, name: str) -> Any:
        if name == "values":
            return Known(frozenset([()]))
        if name == "facts":
            return NOTHING
        if isinstance(vars(Settings).get(name), property):
            made = of_fact(name)
            self.found.add(made)
            return Known(made_from=frozenset(made.uses))
        return NOTHING

    def _of_Subscript(self, node: ast.Subscript, names: dict[str, Any]) -> Any:
        owner, key = self.value(node.value, names), self.value(node.slice, names)
        if isinstance(owner, Known):
            return _below(owner, key)
        if isinstance(owner, _Constants):
            return _looked_up(owner, key)
        self._read(key)
        return NOTHING

    def _of_Call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        given = [
            self.value(part.value if isinstance(part, ast.Starred) else part, names) for part in node.args
        ]
        named = {pair.arg: self.value(pair.value, names) for pair in node.keywords if pair.arg}
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, given, named, names)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "at" and len(given) == 2 and isinstance(given[0], Known):
            return _at(given[0], given[1])
        if name == "getattr" and isinstance(given[0], _Facts) and isinstance(given[1], _Constants):
            return NOTHING.also(*(self._fact(operand) for operand in given[1].those))
        called = self.value(node.func, names)
        if callable(called) and not isinstance(called, (Known, _Constants, _Facts)) and self.depth < _DEEPEST:
            module = str(getattr(inspect.unwrap(called), "__module__", ""))
            if module.startswith(("chartgen.rules", "chartgen.settings")):
                return self.call(called, given, named)
        # of what any other function makes of it: it may be a part (dict, sorted), or made from it
        known = [operand for operand in (*given, *named.values()) if isinstance(operand, Known)]
        constants = [operand for operand in given if isinstance(operand, _Constants)]
        for operand in known:
            self._read(operand)
        if (
            not known
            and len(constants) == len(given) == 1
            and name in ("tuple", "list", "sorted", "frozenset", "set")
        ):
            return constants[0]
        return NOTHING.also(*known, *(operand.as_made() for operand in known))

    def _method(
        self, node: ast.Attribute, given: list[Any], named: Mapping[str, Any], names: dict[str, Any]
    ) -> Any:
        owner = self.value(node.value, names)
        if owner is schema:
            # what the schema says is the same for all values
            said = [
                operand.those[0]
                for operand in given
                if isinstance(operand, _Constants) and len(operand.those) == 1
            ]
            return _Constants((getattr(schema, node.attr)(*said),)) if len(said) == len(given) else NOTHING
        if isinstance(owner, _Facts):
            method = vars(Settings).get(node.attr)
            return self.call(method, [owner, *given], named) if inspect.isfunction(method) else NOTHING
        if isinstance(owner, Known):
            if node.attr == "get" and given:
                return _below(owner, given[0])
            if node.attr in ("items", "values", "keys"):
                self._read(owner)
                return owner
        if isinstance(owner, _Constants) and node.attr in ("split", "items", "values", "keys"):
            return _constants(_method(operand, node.attr, given) for operand in owner.those)
        for operand in given:
            self._read(operand)
        return self._read(owner).also(*(operand.as_made() for operand in given if isinstance(operand, Known)))


def _method(operand: Any, name: str, given: list[Any]) -> Any:
    if name == "split" and isinstance(operand, str):
        return tuple(operand.split(*(part.those[0] for part in given if isinstance(part, _Constants))))
    return tuple(getattr(operand, name)()) if isinstance(operand, dict) and name != "split" else ()


def _constant(node: ast.expr) -> Any:
    return _Constants((node.value,)) if isinstance(node, ast.Constant) else NOTHING


def _constants(those: Any) -> Any:
    found: list[Any] = []
    for constant in those:
        if constant not in found:
            found.append(constant)
        if len(found) > _MOST:
            return NOTHING
    return _Constants(tuple(found))


def _rest(arguments: list[Any]) -> Any:
    if all(isinstance(argument, _Constants) for argument in arguments):
        return _Constants((tuple(itertools.chain(*(argument.those for argument in arguments))),))
    return NOTHING.also(*(argument for argument in arguments if isinstance(argument, Known)))


def _either(first: Any, other: Any) -> Any:
    if isinstance(first, _Constants) and isinstance(other, _Constants):
        return _constants((*first.those, *other.those))
    if isinstance(first, Known) and isinstance(other, Known):
        return first.also(other)
    return first if isinstance(first, Known) else other


def _nth(known: Any, index: int) -> Any:
    """What is known of a part of something that is taken apart."""
    if isinstance(known, _Constants):
        return _constants(
            constant[index]
            for constant in known.those
            if isinstance(constant, (tuple, list)) and len(constant) > index
        )
    return known


def _below(owner: Known, key: Any) -> Known:
    texts = (
        [constant for constant in key.those if isinstance(constant, str)]
        if isinstance(key, _Constants)
        else []
    )
    return NOTHING.also(*(owner.below(text) for text in texts)) if texts else owner.below(ANY)


def _at(owner: Known, path: Any) -> Known:
    """`at(values, "a.b")`: the place at a dotted path."""
    texts = (
        [constant for constant in path.those if isinstance(constant, str)]
        if isinstance(path, _Constants)
        else []
    )
    if not texts:
        return owner.below(ANY)
    found = []
    for text in texts:
        known = owner
        for key in text.split("."):
            known = known.below(key)
        found.append(known)
    return NOTHING.also(*found)


def _looked_up(owner: _Constants, key: Any) -> Any:
    keys = key.those if isinstance(key, _Constants) else ()
    found = []
    for constant, wanted in itertools.product(owner.those, keys):
        try:
            found.append(constant[wanted])
        except (LookupError, TypeError):
            continue
    return _constants(found) if found else NOTHING
