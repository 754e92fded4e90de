"""What templates may read and do, read off their syntax trees: all branches, and not only those that a run takes.

Macros are followed with what is known of their arguments. What is assigned in one branch is known as one possibility
beside the others, and a template is gone through until nothing new is found, so that the answer errs on the side of more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import NoneType
from typing import Any

from jinja2 import nodes

from chartgen import schema
from chartgen.diagnostics import Path
from chartgen.render import components, environment
from chartgen.rules import foreseen as in_python
from chartgen.values.foreseen import ANY, NOTHING, Foreseen, Known

# functions of the context that look into what they are given, and filters that do; the others only write it
_DECIDING = frozenset(
    [
        "merge",
        "kube_at_least",
        "bool_text",
        "dictsort",
        "first",
        "int",
        "join",
        "length",
        "list",
        "map",
        "reject",
        "select",
        "selectattr",
        "sort",
        "unique",
        "items",
        "keys",
        "values",
        "default",
        "startswith",
        "endswith",
    ]
)
_LOOKUPS = frozenset(("items", "values"))
# the deepest nesting of macros; none of ours recurs
_DEEPEST = 24


# macros that were followed with these arguments: a macro of a file sees nothing but them and its file
_CALLS: dict[Any, tuple[Foreseen, Known]] = {}


@dataclass(slots=True)
class _Macro:
    """A macro, and the names that it sees."""

    node: nodes.Macro | nodes.CallBlock
    names: dict[str, Any]


@dataclass(slots=True)
class _Module:
    """What a file of macros defines, and what importing it reads."""

    names: dict[str, Any] = field(default_factory=dict)
    foreseen: Foreseen = field(default_factory=Foreseen)


@cache
def of_template(source: str) -> Foreseen:
    """What the template (its path below `templates/`) may read, with the macros that it calls."""
    return _gone_through(_tree(source))


def of_text(text: str) -> Foreseen:
    """What the text of a template may read."""
    return _gone_through(environment.shared().parse(text))


@cache
def of_condition(component: str) -> Foreseen:
    """What decides on whether a component is on."""
    declared = next(shipped for shipped in components.shipped() if shipped.name == component)
    found = Foreseen()
    for expression in (declared.when, *declared.conditions.values()):
        tree = environment.shared().parse("{% if " + expression.strip() + " %}{% endif %}")
        found.add(_gone_through(tree))
    return found


def _gone_through(tree: nodes.Template) -> Foreseen:
    reader = _Reader(Foreseen(), 0)
    names = _given()
    reader.body(tree.body, names)
    # what is assigned further down is known further up the second time
    reader.body(tree.body, names)
    return reader.found


@cache
def _tree(source: str) -> nodes.Template:
    env = environment.shared()
    assert env.loader is not None
    text, name, _ = env.loader.get_source(env, source)
    return env.parse(text, source, name)


def _given() -> dict[str, Any]:
    """What every template sees of the values."""
    return {"values": Known(frozenset([()])), "global": Known(frozenset([("global",)]))}


def _everywhere() -> Known:
    """What the names of objects are made from."""
    return Known(made_from=frozenset([("fullnameOverride",), ("nameOverride",), ("global", "name")]))


@cache
def _module(source: str) -> _Module:
    module = _Module(_given())
    reader = _Reader(module.foreseen, 0)
    reader.body(_tree(source).body, module.names)
    return module


class _Reader:
    """Goes through one tree and notes what it finds."""

    def __init__(self, found: Foreseen, depth: int) -> None:
        self.found, self.depth = found, depth

    # ------------------------------------------------------------ statements

    def body(self, body: list[nodes.Node], names: dict[str, Any]) -> Known:
        """Goes through statements; what is known of the text that they write."""
        written = NOTHING
        for node in body:
            written = written.also(self._statement(node, names))
        return written

    def _statement(self, node: nodes.Node, names: dict[str, Any]) -> Known:
        visit: Callable[[Any, dict[str, Any]], Known] | None = getattr(
            self, f"_do_{type(node).__name__}", None
        )
        if visit is None:
            raise NotImplementedError(f"line {node.lineno}: {type(node).__name__} in a template")
        return visit(node, names)

    def _do_Output(self, node: nodes.Output, names: dict[str, Any]) -> Known:
        written = NOTHING
        for part in node.nodes:
            known = self.value(part, names)
            self.found.note(known, "printed")
            written = written.also(known.as_made())
        return written

    def _do_If(self, node: nodes.If, names: dict[str, Any]) -> Known:
        self._decide(node.test, names)
        branches = [self.body(node.body, names), *(self._statement(part, names) for part in node.elif_)]
        return NOTHING.also(*branches, self.body(node.else_, names))

    def _do_For(self, node: nodes.For, names: dict[str, Any]) -> Known:
        known = self._decide(node.iter, names)
        item = known.below(ANY)
        self._assign(node.target, item, names)
        names.setdefault("loop", NOTHING)
        if node.test is not None:
            self._decide(node.test, names)
        # once more, for what a turn leaves to the next
        self.body(node.body, names)
        return self.body(node.body, names).also(self.body(node.else_, names))

    def _do_Assign(self, node: nodes.Assign, names: dict[str, Any]) -> Known:
        if isinstance(node.target, nodes.Tuple) and isinstance(node.node, nodes.Tuple):
            for target, part in zip(node.target.items, node.node.items, strict=True):
                self._assign(target, self.value(part, names), names)
        else:
            self._assign(node.target, self.value(node.node, names), names)
        return NOTHING

    def _do_AssignBlock(self, node: nodes.AssignBlock, names: dict[str, Any]) -> Known:
        self._assign(node.target, self.body(node.body, names), names)
        return NOTHING

    def _do_ExprStmt(self, node: nodes.ExprStmt, names: dict[str, Any]) -> Known:
        call = node.node
        known = self.value(call, names)
        # `list.append(item)` and `map.update(other)`: what goes in is known of the whole from then on
        if isinstance(call, nodes.Call) and isinstance(call.node, nodes.Getattr):
            owner = call.node.node
            if isinstance(owner, nodes.Name) and call.node.attr in ("append", "extend", "update", "insert"):
                names[owner.name] = _joined(names.get(owner.name, NOTHING), known.as_made())
        return NOTHING

    def _do_Macro(self, node: nodes.Macro, names: dict[str, Any]) -> Known:
        names[node.name] = _Macro(node, names)
        return NOTHING

    def _do_CallBlock(self, node: nodes.CallBlock, names: dict[str, Any]) -> Known:
        return self.value(node.call, {**names, "caller": _Macro(node, names)})

    def _do_Import(self, node: nodes.Import, names: dict[str, Any]) -> Known:
        names[node.target] = self._imported(node.template)
        return NOTHING

    def _do_FromImport(self, node: nodes.FromImport, names: dict[str, Any]) -> Known:
        module = self._imported(node.template)
        for name in node.names:
            given, kept = name if isinstance(name, tuple) else (name, name)
            names[kept] = module.names[given]
        return NOTHING

    def _imported(self, template: nodes.Expr) -> _Module:
        module = _module(template.as_const())
        self.found.add(module.foreseen)
        return module

    def _assign(self, target: nodes.Node, known: Any, names: dict[str, Any]) -> None:
        if isinstance(known, Known):
            # a value is read when it gets a name; a section is only on the way to one
            values = frozenset(place for place in known.places if not _is_section(place))
            self.found.note(Known(values), "passed")
        if isinstance(target, nodes.Tuple):
            for part in target.items:
                self._assign(part, known, names)
        elif isinstance(target, (nodes.Name, nodes.NSRef)):
            before = names.get(target.name)
            names[target.name] = known if before is None or target.name == "loop" else _joined(before, known)

    # ------------------------------------------------------------ expressions

    def value(self, node: nodes.Node, names: dict[str, Any]) -> Known:
        """What is known of an expression, where that is a value."""
        known = self._expression(node, names)
        return known if isinstance(known, Known) else NOTHING

    def _expression(self, node: nodes.Node, names: dict[str, Any]) -> Any:
        visit: Callable[[Any, dict[str, Any]], Any] | None = getattr(self, f"_of_{type(node).__name__}", None)
        if visit is not None:
            return visit(node, names)
        # of anything else (arithmetic, collections) is known what its parts are
        parts = [self.value(part, names) for part in node.iter_child_nodes()]
        return NOTHING.also(*(part.as_made() for part in parts))

    def _decide(self, node: nodes.Node, names: dict[str, Any]) -> Known:
        known = self.value(node, names)
        self.found.note(known, "decided")
        return known

    def _of_Name(self, node: nodes.Name, names: dict[str, Any]) -> Any:
        if node.name == "fullname" or node.name == "given_name":
            return _everywhere()
        return names.get(node.name, NOTHING)

    def _of_Getattr(self, node: nodes.Getattr, names: dict[str, Any]) -> Any:
        return self._part(node.node, node.attr, names)

    def _of_Getitem(self, node: nodes.Getitem, names: dict[str, Any]) -> Any:
        if isinstance(node.arg, nodes.Const):
            return self._part(node.node, str(node.arg.value), names)
        self._decide(node.arg, names)
        return self._part(node.node, ANY, names)

    def _part(self, owner: nodes.Node, key: str, names: dict[str, Any]) -> Any:
        if isinstance(owner, nodes.Name) and owner.name == "settings" and owner.name not in names:
            return self._fact(key)
        whole = self._expression(owner, names)
        if isinstance(whole, _Module):
            return whole.names.get(key, NOTHING)
        return whole.below(key) if isinstance(whole, Known) else NOTHING

    def _fact(self, name: str) -> Known:
        """A fact decides by what it was made from, and is itself like any other value made from that."""
        made = in_python.of_fact(name)
        self.found.add(made)
        return Known(made_from=frozenset(made.uses))

    def _of_And(self, node: nodes.And, names: dict[str, Any]) -> Known:
        return self._decide(node.left, names).also(self.value(node.right, names))

    _of_Or = _of_And

    def _of_Not(self, node: nodes.Not, names: dict[str, Any]) -> Known:
        return self._decide(node.node, names).as_made()

    def _of_CondExpr(self, node: nodes.CondExpr, names: dict[str, Any]) -> Known:
        self._decide(node.test, names)
        other = self.value(node.expr2, names) if node.expr2 is not None else NOTHING
        return self.value(node.expr1, names).also(other)

    def _of_Compare(self, node: nodes.Compare, names: dict[str, Any]) -> Known:
        parts = [self._decide(part, names) for part in (node.expr, *(part.expr for part in node.ops))]
        return NOTHING.also(*(part.as_made() for part in parts))

    def _arithmetic(self, node: nodes.BinExpr, names: dict[str, Any]) -> Known:
        left, right = self._decide(node.left, names), self._decide(node.right, names)
        return left.as_made().also(right.as_made())

    _of_Sub = _of_Mul = _of_Div = _of_FloorDiv = _of_Mod = _arithmetic

    def _of_Add(self, node: nodes.Add, names: dict[str, Any]) -> Known:
        """Sums, and lists put together: the items are those of both."""
        left, right = self._decide(node.left, names), self._decide(node.right, names)
        return left.also(right)

    def _of_Concat(self, node: nodes.Concat, names: dict[str, Any]) -> Known:
        parts = [self.value(part, names) for part in node.nodes]
        for part in parts:
            self.found.note(part, "passed")
        return NOTHING.also(*(part.as_made() for part in parts))

    def _of_Test(self, node: nodes.Test, names: dict[str, Any]) -> Known:
        known = self._decide(node.node, names)
        for argument in node.args:
            self._decide(argument, names)
        return known.as_made()

    def _of_Filter(self, node: nodes.Filter, names: dict[str, Any]) -> Known:
        whole = self.value(node.node, names) if node.node is not None else NOTHING
        if node.name == "indented":
            # what stands alone on its line is written as it would be elsewhere
            return whole
        given = [self.value(part, names) for part in (*node.args, *(pair.value for pair in node.kwargs))]
        use = "decided" if node.name in _DECIDING else "passed"
        for known in (whole, *given):
            self.found.note(known, use)  # type: ignore[arg-type]
        # a filter that picks gives parts of what it was given
        return whole.also(whole.as_made(), *(known.as_made() for known in given))

    def _of_Call(self, node: nodes.Call, names: dict[str, Any]) -> Any:
        given = [self._expression(argument, names) for argument in node.args]
        named = {pair.key: self._expression(pair.value, names) for pair in node.kwargs}
        for spread in (node.dyn_args, node.dyn_kwargs):
            if spread is not None:
                self._decide(spread, names)
        called = self._expression(node.node, names)
        if isinstance(called, _Macro):
            return self._called(called, given, named, names)
        known = [operand for operand in (*given, *named.values()) if isinstance(operand, Known)]
        if isinstance(node.node, nodes.Getattr):
            return self._method(node.node, node.args, known, names)
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        # both render other templates
        if name in ("checksum", "script"):
            for argument in node.args:
                self.found.add(of_template(argument.as_const()))
        for operand in known:
            self.found.note(operand, "decided" if name in _DECIDING else "passed")
        result = NOTHING.also(*known, *(operand.as_made() for operand in known))
        return result.also(_everywhere()) if name == "name" else result

    def _method(
        self, node: nodes.Getattr, arguments: list[nodes.Expr], given: list[Known], names: dict[str, Any]
    ) -> Known:
        owner = self.value(node.node, names)
        for known in given:
            self.found.note(known, "passed")
        made = NOTHING.also(*(known.as_made() for known in given))
        if node.attr == "get" and arguments and isinstance(arguments[0], nodes.Const):
            return owner.below(str(arguments[0].value)).also(*given)
        if node.attr in _LOOKUPS:
            self.found.note(owner, "decided")
            return owner.also(made)
        self.found.note(owner, "decided" if node.attr in _DECIDING or node.attr == "keys" else "passed")
        return owner.as_made().also(made)

    def _called(
        self, macro: _Macro, given: list[Any], named: Mapping[str, Any], names: dict[str, Any]
    ) -> Known:
        if self.depth > _DEEPEST:
            raise RecursionError("macros that call each other")
        inner = dict(macro.names)
        parameters = [parameter.name for parameter in macro.node.args]
        defaults = macro.node.defaults
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            inner[parameter] = self._expression(default, macro.names)
        inner.update(zip(parameters, given, strict=False))
        inner.update(named)
        if isinstance(macro.node, nodes.Macro) and "caller" in names:
            inner["caller"] = names["caller"]
        known = tuple((name, inner.get(name)) for name in (*parameters, "caller"))
        same = (
            (macro.node, known)
            if all(isinstance(operand, (Known, NoneType)) for _, operand in known)
            else None
        )
        if same is None or same not in _CALLS:
            reader = _Reader(Foreseen(), self.depth + 1)
            answer = (reader.found, reader.body(macro.node.body, inner).as_made())
            if same is None:
                self.found.add(answer[0])
                return answer[1]
            _CALLS[same] = answer
        self.found.add(_CALLS[same][0])
        return _CALLS[same][1]


def _is_section(path: Path) -> bool:
    below: Mapping[str, Any] | None = schema.sections()
    for key in path:
        below = below.get(str(key)) if below is not None else None
    return below is not None


def _joined(before: Any, after: Any) -> Any:
    return before.also(after) if isinstance(before, Known) and isinstance(after, Known) else after


def of_document_templates() -> Iterator[tuple[str, Foreseen]]:
    """(template, what it may read, with what decides on its component) for every template that ships."""
    for component in components.shipped():
        for template in component.templates:
            found = Foreseen()
            found.add(of_condition(component.name))
            found.add(of_template(template.source))
            found.note(_everywhere(), "passed")
            yield template.output, found
