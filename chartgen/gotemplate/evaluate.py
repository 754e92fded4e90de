"""A template's tree and what is known when a chart is compiled → text, exactly as Helm would make it, or the reason why not.

Values are frozen, so most actions can be worked out at compile time. What only an install knows may be given as text
with tokens in it: functions that do no more than pass text on take it, any other makes the result unknowable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen.gotemplate import functions
from chartgen.gotemplate.spelling import does_not_matter
from chartgen.gotemplate.syntax import (
    Action,
    Branch,
    Call,
    Dot,
    Fields,
    Include,
    Leave,
    Literal,
    Malformed,
    Node,
    Operand,
    Pipeline,
    Template,
    Text,
    Variable,
    parse,
)
from chartgen.gotemplate.values import (
    NO_VALUE,
    LooseText,
    PartlyKnown,
    Stops,
    Unknowable,
    as_go_has_it,
    keys_are_late,
    shown,
    truth,
    weight,
)

# what Helm gives every template; an entry that is not in a world is known to the install alone
ROOT = frozenset(("Values", "Release", "Chart", "Capabilities", "Files", "Template", "Subcharts"))
_MOST_STEPS = 100_000
_MOST_TEXT = 5_000_000
# characters and values that functions were given in all
_MOST_WEIGHT = 20_000_000
_DEEPEST = 40

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What a template is called with, as far as it is known, and the chart's named templates by the text they yield.

    Of the values only those are read that the template asks for; null is a default that was taken away.
    """

    values: Mapping[str, Any]
    release: Mapping[str, Any]
    chart: Mapping[str, Any]
    named: Mapping[str, str]
    # a guess for what a function yields that has another result each time
    guesses: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the result: where in the template it comes from, and whether it stands there as it is."""

    text: str
    at: int
    as_written: bool
    # spaces before the entries of YAML that means the same as Helm's and may be spelt otherwise
    loose: int | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a template yields; `missing` are values that it reads and nobody has, and which leave a gap."""

    pieces: tuple[Piece, ...]
    missing: tuple[tuple[Names, int], ...]
    # the text is YAML that means the same as Helm's, and may be spelt otherwise
    loose: bool

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def origin(self, offset: int) -> int:
        """Where in the template that comes from which stands at an offset of the text."""
        for piece in self.pieces:
            if offset < len(piece.text):
                return piece.at + (offset if piece.as_written else 0)
            offset -= len(piece.text)
        last = self.pieces[-1] if self.pieces else Piece("", 0, False)
        return last.at + (len(last.text) if last.as_written else 0)


def expand(template: Template, world: World) -> Expansion:
    """What the template yields in that world.

    Raises Stops where Helm ends with an error, Unknowable where that depends on what is not known here.
    """
    run = _Run(world)
    root = PartlyKnown(
        Values=world.values, Release=PartlyKnown(world.release), Chart=PartlyKnown(world.chart)
    )
    run.root = root
    run.defined = dict(template.defined)
    try:
        run.nodes(template.nodes, root, [("$", root)])
    except _Left:
        raise AssertionError("the parser lets no break stand outside of a range") from None
    pieces = tuple(run.pieces)
    is_loose = any(piece.loose is not None for piece in pieces)
    if is_loose and not does_not_matter([(piece.text, piece.loose) for piece in pieces]):
        raise Unknowable(
            "text that Helm alone spells out stands amid other text",
            next(piece.at for piece in pieces if piece.loose is not None),
        )
    return Expansion(pieces, tuple(run.missing), is_loose)


class _Left(Exception):
    """A `break` or `continue` on its way to its range."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


Scope = list[tuple[str, Any]]


@dataclass(slots=True)
class _Run:
    """One expansion: what it has made so far."""

    world: World
    root: dict[str, Any] = field(default_factory=dict)
    defined: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    missing: list[tuple[Names, int]] = field(default_factory=list)
    steps: int = 0
    weight: int = 0
    length: int = 0
    depth: int = 0

    def nodes(self, nodes: Sequence[Node], dot: Any, scope: Scope) -> None:
        for node in nodes:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                raise Unknowable("it takes too many steps", node.at)
            if isinstance(node, Text):
                if NO_VALUE in node.text:
                    raise Unknowable("it holds a text that Helm takes away", node.at)
                self._put(node.text, node.at, as_written=True)
            elif isinstance(node, Action):
                self._action(node, dot, scope)
            elif isinstance(node, Branch):
                self._branch(node, dot, scope)
            elif isinstance(node, Include):
                known = len(self.missing)
                value = None if node.pipeline is None else self.pipeline(node.pipeline, dot, scope)
                del self.missing[known:]
                self._put(self.named(node.name, value, node.at), node.at)
            elif isinstance(node, Leave):
                raise _Left(node.word)

    def _put(self, text: str, at: int, *, as_written: bool = False, loose: int | None = None) -> None:
        if text:
            self.length += len(text)
            if self.length > _MOST_TEXT:
                raise Unknowable("it makes too much text", at)
            self.pieces.append(Piece(str(text), at, as_written, loose))

    def _action(self, node: Action, dot: Any, scope: Scope) -> None:
        known = len(self.missing)
        value = self.pipeline(node.pipeline, dot, scope)
        if node.pipeline.names:
            del self.missing[known:]
            return
        text = "" if value is None else shown(value, node.at)
        # the engine leaves nothing of what is no value
        text = text.replace(NO_VALUE, "")
        if text:
            del self.missing[known:]
        self._put(text, node.at, loose=value.margin if isinstance(value, LooseText) else None)

    def _branch(self, node: Branch, dot: Any, scope: Scope) -> None:
        known, visible = len(self.missing), len(scope)
        value = self.pipeline(node.pipeline, dot, scope, keep=node.word != "range")
        del self.missing[known:]
        if node.word == "range":
            self._range(node, value, dot, scope)
        elif truth(value):
            self.nodes(node.body, value if node.word == "with" else dot, scope)
        else:
            self.nodes(node.otherwise, dot, scope)
        del scope[visible:]

    def _range(self, node: Branch, value: Any, dot: Any, scope: Scope) -> None:
        if isinstance(value, dict):
            if keys_are_late(value):
                raise Unknowable("its keys are not known, or not in which order", node.at)
            items: Sequence[tuple[Any, Any]] = sorted(value.items())
        elif isinstance(value, list):
            items = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            if len(node.pipeline.names) == 2:
                raise Stops("a range over a number has one variable", node.at)
            if value > _MOST_STEPS:
                raise Unknowable("it takes too many steps", node.at)
            items = [(number, number) for number in range(value)]
        elif value is None:
            items = []
        else:
            raise Stops(f"range cannot go over {functions.kind(value)}", node.at)
        if not items:
            self.nodes(node.otherwise, dot, scope)
            return
        for key, item in items:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                raise Unknowable("it takes too many steps", node.at)
            visible = len(scope)
            names = node.pipeline.names
            given = (key, item) if len(names) == 2 else (item,)
            for name, value_ in zip(names, given, strict=False):
                if node.pipeline.declares:
                    scope.append((name, value_))
                else:
                    self._assign(scope, name, value_, node.at)
            try:
                self.nodes(node.body, item, scope)
            except _Left as left:
                if left.word == "break":
                    del scope[visible:]
                    break
            del scope[visible:]

    def named(self, name: str, value: Any, at: int) -> str:
        """What the template of that name yields, called with a value."""
        body = self.defined.get(name)
        if body is None:
            text = self.world.named.get(name)
            if text is None:
                raise Stops(f'the chart has no template "{name}"', at)
            return text
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Stops(f'the template "{name}" calls itself without end', at)
        outer, self.pieces = self.pieces, []
        try:
            self.nodes(body, value, [("$", value)])
            return self._made(at)
        finally:
            self.pieces = outer
            self.depth -= 1

    def expanded(self, text: str, value: Any, at: int) -> str:
        """What Helm's `tpl` makes of a text."""
        if isinstance(text, LooseText):
            if "{{" not in text:
                return text
            raise Unknowable("tpl works on text that Helm alone spells out", at)
        try:
            template = parse(text)
        except Malformed as malformed:
            raise Stops(f"tpl cannot read its text: {malformed}", at) from None
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Stops("tpl calls itself without end", at)
        outer, self.pieces = self.pieces, []
        defined, self.defined = self.defined, {**self.defined, **template.defined}
        try:
            self.nodes(template.nodes, value, [("$", value)])
            return self._made(at)
        finally:
            self.pieces, self.defined = outer, defined
            self.depth -= 1

    def _made(self, at: int) -> str:
        """The text made so far, which goes on as one to whoever called for it."""
        if any(piece.loose is not None for piece in self.pieces):
            raise Unknowable("it is made of text that Helm alone spells out", at)
        return "".join(piece.text for piece in self.pieces)

    def _assign(self, scope: Scope, name: str, value: Any, at: int) -> None:
        for place in range(len(scope) - 1, -1, -1):
            if scope[place][0] == name:
                scope[place] = (name, value)
                return
        raise Stops(f"there is no variable {name}", at)

    def pipeline(self, pipeline: Pipeline, dot: Any, scope: Scope, *, keep: bool = True) -> Any:
        """The value of a pipeline; its variables are set, unless a range does that for each item (`keep` off)."""
        value: Any = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, scope, value)
        if keep:
            for name in pipeline.names:
                if pipeline.declares:
                    scope.append((name, value))
                else:
                    self._assign(scope, name, value, pipeline.at)
        return value

    def _command(self, command: tuple[Operand, ...], dot: Any, scope: Scope, last: Any) -> Any:
        self.steps += 1
        first, *rest = command
        if isinstance(first, Call):
            return self._call(first, rest, dot, scope, last)
        if rest or last is not _NOTHING:
            if isinstance(first, Fields):
                # a method of one of Helm's own objects takes arguments
                self._operand(first, dot, scope)
            raise Stops("only functions take arguments", (rest[0] if rest else first).at)
        if isinstance(first, Literal) and first.value is None:
            raise Stops("nil is no command", first.at)
        return self._operand(first, dot, scope)

    def _call(self, call: Call, rest: Sequence[Operand], dot: Any, scope: Scope, last: Any) -> Any:
        def given() -> Iterator[Any]:
            for operand in rest:
                yield self._operand(operand, dot, scope)
            if last is not _NOTHING:
                yield last

        if call.name in ("and", "or"):
            # the rest is not looked at once the answer is there
            value: Any = _NOTHING
            for value in given():
                if truth(value) == (call.name == "or"):
                    break
            if value is _NOTHING:
                raise Stops(f"{call.name} needs a value", call.at)
            return value
        arguments = list(given())
        self.weight += weight(arguments, _MOST_WEIGHT)
        if self.weight > _MOST_WEIGHT:
            raise Unknowable("it works on too much data", call.at)
        if call.name in ("include", "tpl"):
            if len(arguments) != 2 or not isinstance(arguments[0], str):
                raise Stops(f"{call.name} takes a text and what to call it with", call.at)
            name, value = arguments
            return (self.named if call.name == "include" else self.expanded)(name, value, call.at)
        return functions.call(call.name, arguments, call.at, guesses=self.world.guesses)

    def _operand(self, operand: Operand, dot: Any, scope: Scope) -> Any:
        if isinstance(operand, Literal):
            return functions.number(str(operand.value)) if operand.number else operand.value
        if isinstance(operand, Dot):
            return dot
        if isinstance(operand, Variable):
            return self._variable(operand, scope)
        if isinstance(operand, Pipeline):
            return self.pipeline(operand, dot, scope)
        if isinstance(operand, Call):
            return self._call(operand, (), dot, scope, _NOTHING)
        of: Any = operand.of
        if isinstance(of, Dot):
            base = dot
        elif isinstance(of, Variable):
            base = self._variable(of, scope)
        else:
            base = self._operand(of, dot, scope)
        return self._fields(base, operand)

    @staticmethod
    def _variable(variable: Variable, scope: Scope) -> Any:
        for name, value in reversed(scope):
            if name == variable.name:
                return value
        raise Stops(f"there is no variable {variable.name}", variable.at)

    def _fields(self, base: Any, operand: Fields) -> Any:
        is_root = base is self.root
        here = base
        for step, name in enumerate(operand.names):
            path = operand.names[:step]
            if here is None:
                told = _dotted(path) if is_root else "a value that is not there"
                if is_root and path and path[0] not in ROOT:
                    raise Stops(f"Helm has no {_dotted(path[:1])}", operand.at)
                raise Stops(f"{told} is not there, so it has no {name}", operand.at)
            if not isinstance(here, Mapping):
                whose = _dotted(path) if is_root else functions.kind(here)
                raise Stops(f"{whose} is no map, so it has no {name}", operand.at)
            found = here.get(name)
            if found is not None or (name in here and not is_root):
                here = found
                continue
            if is_root and step == 0 and name in ROOT:
                raise Unknowable(f".{name} is known to Helm alone", operand.at)
            if is_root and name in _TO_HELM_ALONE.get(path, ()):
                raise Unknowable(f"{_dotted((*path, name))} is known to Helm alone", operand.at)
            here = None
            if is_root:
                self.missing.append((operand.names[: step + 1], operand.at))
        # values come as they are kept
        return as_go_has_it(here) if is_root and operand.names[0] == "Values" else here


_NOTHING: Any = object()
# what is there, and not known here: fields, and methods of the Go type that values have
_TO_HELM_ALONE: Mapping[Names, frozenset[str]] = {
    ("Values",): frozenset(("AsMap", "Encode", "PathValue", "Table", "YAML")),
    ("Release",): frozenset(("IsUpgrade", "IsInstall", "Revision")),
    ("Chart",): frozenset(
        ("APIVersion", "Annotations", "Dependencies", "Deprecated", "Description", "Home", "Icon", "IsRoot",
         "Keywords", "KubeVersion", "Maintainers", "Sources", "Type")
    ),
}  # fmt: skip


def _dotted(path: Names) -> str:
    return "." + ".".join(path) if path else "."


def reads(template: Template) -> Iterator[Names]:
    """Each path below `.Values` that the template names, whatever branch it stands on."""
    for command in template.commands():
        for operand in command:
            path = _below_values(operand)
            if path:
                yield path
        looks, of, *keys = (*command, None, None)
        if isinstance(looks, Call) and looks.name in _LOOK_UP and of is not None:
            start, names = _below_values(of), _written(keys)
            if start is not None and names:
                yield (*start, *names)


# functions whose first argument is a map, and the next keys of it
_LOOK_UP = frozenset(("get", "hasKey", "index"))


def _below_values(operand: Operand) -> Names | None:
    """The path below `.Values` that an operand names; None for another operand."""
    if not isinstance(operand, Fields) or not isinstance(operand.of, (Dot, Variable)):
        return None
    return operand.names[1:] if operand.names[0] == "Values" else None


def _written(keys: Sequence[Operand | None]) -> Names:
    """The keys that are written out, up to the first that is not."""
    names: list[str] = []
    for key in keys:
        if not isinstance(key, Literal) or not isinstance(key.value, str) or key.number:
            break
        names.append(key.value)
    return tuple(names)
