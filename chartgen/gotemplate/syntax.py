"""Go template text → a tree, by the grammar of Go's packages text/template and text/template/parse (Go 1.26).

Text between actions comes out as it will stand in the result: trim markers have done their work, comments are gone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

# deeper nesting than this no one writes, and Python's stack would not take it
MAX_DEPTH = 60


class Malformed(ValueError):
    """Text that Go does not take for a template; `at` is where, as an offset in the text.

    `unknown` is the function that it calls and Helm does not have, if that is what is wrong.
    """

    def __init__(self, message: str, at: int, unknown: str = "") -> None:
        super().__init__(message)
        self.at, self.unknown = at, unknown


@dataclass(frozen=True, slots=True)
class Text:
    """What comes out as it stands."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number (`number` is its spelling, as Go has more kinds), a boolean, or nil (None)."""

    at: int
    value: str | bool | None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """The value that `.` stands for."""

    at: int


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `$`: what the template was called with."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """The name of a function; its arguments are the operands behind it."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    """`.a.b` of a value; of Dot for `.a.b` alone."""

    at: int
    of: Operand
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each a row of operands, the result of one handed to the next; and the variables that get the result."""

    at: int
    commands: tuple[tuple[Operand, ...], ...]
    names: tuple[str, ...] = ()
    declares: bool = False


Operand = Literal | Dot | Variable | Call | Fields | Pipeline


@dataclass(frozen=True, slots=True)
class Action:
    """`{{ pipeline }}`."""

    at: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`, with what stands between it and its `else`, and between that and its `end`."""

    at: int
    word: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """`template` or `block`: what the template of that name yields, called with the pipeline's value."""

    at: int
    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Leave:
    """`break` or `continue`."""

    at: int
    word: str


Node = Text | Action | Branch | Include | Leave


@dataclass(frozen=True, slots=True)
class Template:
    """A text as read: its nodes, and the templates that it defines for itself."""

    nodes: tuple[Node, ...]
    defined: Mapping[str, tuple[Node, ...]]

    def commands(self) -> Iterator[tuple[Operand, ...]]:
        """Every command anywhere in it."""
        for nodes in (self.nodes, *self.defined.values()):
            for pipeline in _pipelines(nodes):
                yield from _commands(pipeline)

    def includes(self) -> Iterator[tuple[str, int]]:
        """(name, where) of each template that it calls by a name written out."""
        for nodes in (self.nodes, *self.defined.values()):
            yield from _includes(nodes)
        for first, *rest in self.commands():
            name = rest[0] if rest else None
            if not isinstance(first, Call) or first.name != "include" or not isinstance(name, Literal):
                continue
            if isinstance(name.value, str) and not name.number:
                yield name.value, name.at


def _includes(nodes: Sequence[Node]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, Include):
            yield node.name, node.at
        elif isinstance(node, Branch):
            yield from _includes(node.body)
            yield from _includes(node.otherwise)


def _pipelines(nodes: Sequence[Node]) -> Iterator[Pipeline]:
    for node in nodes:
        if isinstance(node, (Action, Branch, Include)) and node.pipeline:
            yield node.pipeline
        if isinstance(node, Branch):
            yield from _pipelines(node.body)
            yield from _pipelines(node.otherwise)


def _commands(pipeline: Pipeline) -> Iterator[tuple[Operand, ...]]:
    for command in pipeline.commands:
        yield command
        for operand in command:
            inner = operand.of if isinstance(operand, Fields) else operand
            if isinstance(inner, Pipeline):
                yield from _commands(inner)


# what Helm's templates can call: the language's own, Sprig's and Helm's (Helm 4.2)
_FUNCTIONS = """
    abbrev abbrevboth add add1 add1f addf adler32sum ago all and any append atoi b32dec b32enc b64dec
    b64enc base bcrypt biggest buildCustomCert call camelcase cat ceil chunk clean coalesce compact
    concat contains date dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual
    default derivePassword dict dig dir div divf duration durationRound empty encryptAES eq ext fail
    first float64 floor fromJson fromJsonArray fromToml fromYaml fromYamlArray ge genCA genCAWithKey
    genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get
    getHostByName gt has hasKey hasPrefix hasSuffix hello html htmlDate htmlDateInZone htpasswd include
    indent index initial initials int int64 isAbs join js kebabcase keys kindIs kindOf last le len list
    lookup lower lt max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact
    mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
    mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch
    mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice
    mustToDate mustToJson mustToPrettyJson mustToRawJson mustToToml mustToYaml mustUniq mustWithout
    must_date_modify ne nindent nospace not now omit or osBase osClean osDir osExt osIsAbs pick pluck
    plural prepend print printf println push quote randAlpha randAlphaNum randAscii randBytes randInt
    randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll
    regexReplaceAllLiteral regexSplit repeat replace required rest reverse round semver semverCompare
    seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote
    sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString
    toStrings toToml toYaml toYamlPretty tpl trim trimAll trimPrefix trimSuffix trimall trunc tuple
    typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper urlJoin urlParse
    urlquery uuidv4 values without wrap wrapWith
"""


@cache
def functions() -> frozenset[str]:
    """The names of the functions that a template in Helm can call."""
    return frozenset(_FUNCTIONS.split())


def parse(text: str) -> Template:
    """The tree of a template; raises Malformed where Go would not read it."""
    return _Parser(text).template()


# what Go takes for white space next to trim markers and in actions
_SPACE = " \t\r\n"
_WORD = r"(?:[^\W]|_)+"
_TOKENS = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
  | (?P<raw>`[^`]*`)
  | (?P<char>'(?:[^'\\\n]|\\[^\n])+')
  | (?P<declare>:=)
  | (?P<assign>=)
  | (?P<pipe>\|)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<number>[+-]?(?:[0-9]|\.[0-9])(?:[\w.]|(?<=[eEpP])[+-])*|[+-](?:[\w.])*)
  | (?P<variable>\$\w*)
  | (?P<field>\.\w+)
  | (?P<dot>\.)
  | (?P<word>\w+)
  | (?P<other>[!-~])
""",
    re.VERBOSE,
)
_ENDS_WORD = frozenset(" \t\r\n.,|:)(")
_NUMBER = re.compile(
    r"[+-]?(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*"
    r"|(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
    r"|0[xX](?:_?[0-9a-fA-F])*\.?(?:_?[0-9a-fA-F])*[pP][+-]?[0-9](?:_?[0-9])*)i?"
)
_KEYWORDS = frozenset(
    ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]
)
_BLOCKS = frozenset(("if", "range", "with"))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    at: int
    text: str


@dataclass(slots=True)
class _Piece:
    """Text, or the tokens of one action."""

    at: int
    text: str = ""
    tokens: list[_Token] | None = None
    end: int = 0


def _pieces(text: str) -> Iterator[_Piece]:
    position, trims = 0, False
    while True:
        start = text.find("{{", position)
        stop = len(text) if start < 0 else start
        literal, at = text[position:stop], position
        if trims:
            kept = literal.lstrip(_SPACE)
            at += len(literal) - len(kept)
            literal = kept
        if start < 0:
            if literal:
                yield _Piece(at, literal)
            return
        inner = start + 2
        if text[inner : inner + 1] == "-" and text[inner + 1 : inner + 2] in (*_SPACE,):
            literal = literal.rstrip(_SPACE)
            inner += 2
        if literal:
            yield _Piece(at, literal)
        if text.startswith("/*", inner):
            close = text.find("*/", inner + 2)
            if close < 0:
                raise Malformed("a comment is not closed", start)
            position, trims = _closed(text, close + 2)
            if not position:
                raise Malformed("a comment ends before its action does: }} has to follow */ at once", start)
            continue
        tokens: list[_Token] = []
        depth = 0
        while True:
            position, trims = _closed(text, inner)
            if position:
                break
            match = _TOKENS.match(text, inner)
            if match is None:
                raise _unreadable(text, start, inner)
            kind = str(match.lastgroup)
            token = _Token(kind, inner, match[0])
            if kind == "space" and match[0] != " " and not match[0].isspace():
                raise _unreadable(text, start, inner)
            inner = match.end()
            if kind in ("variable", "field", "word"):
                following = text[inner : inner + 1]
                if following and following not in _ENDS_WORD and not text.startswith("}}", inner):
                    raise Malformed(f"{following} cannot follow {match[0]}", inner)
            elif kind == "space":
                # the space of a closing trim marker belongs to that
                if text.startswith("-}}", inner):
                    inner -= 1
                    if inner == token.at:
                        continue
            elif kind == "other" and match[0] in "\"'`":
                raise Malformed("a quotation is not closed", token.at)
            depth += (kind == "open") - (kind == "close")
            if depth < 0:
                raise Malformed("a parenthesis is closed that is not open", token.at)
            tokens.append(token)
        if depth:
            raise Malformed("a parenthesis is not closed", start)
        yield _Piece(start, tokens=tokens, end=position)


def _closed(text: str, at: int) -> tuple[int, bool]:
    """Where the text goes on behind the `}}` at this place, and whether it trims; (0, False) where there is none."""
    if text.startswith("}}", at):
        return at + 2, False
    if text[at : at + 1] in (*_SPACE,) and text.startswith("-}}", at + 1):
        return at + 4, True
    return 0, False


def _unreadable(text: str, start: int, at: int) -> Malformed:
    if at >= len(text):
        return Malformed("an action is not closed", start)
    return Malformed(f"an action cannot hold {text[at]!r}", at)


_ESCAPE = re.compile(r"\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SHORT = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))


def unquoted(token: str, at: int = 0) -> str:
    """What a Go string literal stands for; raises Malformed for escapes that Go does not have."""
    if token[0] == "`":
        return token[1:-1].replace("\r", "")
    if "\\" not in token:
        return token[1:-1]
    raw = bytearray()
    position = 1
    for match in _ESCAPE.finditer(token, 1, len(token) - 1):
        raw += token[position : match.start()].encode()
        position = match.end()
        octal, byte, short, long, character = match.groups()
        if octal or byte:
            number = int(octal, 8) if octal else int(byte, 16)
            if number > 255:
                raise Malformed(f"Go has no escape {match[0]}", at)
            raw.append(number)
        elif short or long:
            number = int(short or long, 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                raise Malformed(f"{match[0]} is no character", at)
            raw += chr(number).encode()
        elif character in _SHORT:
            raw += _SHORT[character].encode()
        else:
            raise Malformed(f"Go has no escape \\{character}", at)
    raw += token[position:-1].encode()
    return raw.decode(errors="replace")


@dataclass(slots=True)
class _Parser:
    """One pass over the pieces of a text."""

    text: str
    pieces: list[_Piece] = field(default_factory=list)
    place: int = 0
    tokens: list[_Token] = field(default_factory=list)
    at: int = 0
    variables: list[str] = field(default_factory=lambda: ["$"])
    ranges: int = 0
    depth: int = 0
    defined: dict[str, tuple[Node, ...]] = field(default_factory=dict)

    def template(self) -> Template:
        self.pieces = list(_pieces(self.text))
        nodes: list[Node] = []
        while self.place < len(self.pieces):
            piece = self.pieces[self.place]
            if piece.tokens is not None and self._opened(piece) == "define":
                self._define(piece)
                continue
            node = self._node()
            if isinstance(node, _End):
                raise Malformed(f"an {node.word} that no block is open for", node.at)
            if node is not None:
                nodes.append(node)
        return Template(tuple(nodes), self.defined)

    def _opened(self, piece: _Piece) -> str:
        """Sets out on the tokens of an action; the keyword that it begins with, or ""."""
        self.tokens, self.at = piece.tokens or [], 0
        self._skip()
        token = self._peek()
        return token.text if token and token.kind == "word" and token.text in _KEYWORDS else ""

    def _define(self, piece: _Piece) -> None:
        self.at += 1
        name = self._name("define")
        self._nothing_more("define")
        outer, self.variables, ranges, self.ranges = self.variables, ["$"], self.ranges, 0
        self.place += 1
        body, end = self._body(piece)
        if end.word != "end":
            raise Malformed("a define has no else", end.at)
        self.variables, self.ranges = outer, ranges
        self._add(name, body)

    def _add(self, name: str, body: tuple[Node, ...]) -> None:
        # a later definition that is nothing but space does not replace one that has something in it
        if name not in self.defined or not _is_empty(body):
            self.defined[name] = body

    def _body(self, opener: _Piece) -> tuple[tuple[Node, ...], _End]:
        nodes: list[Node] = []
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"blocks nest deeper than {MAX_DEPTH} levels", opener.at)
        while self.place < len(self.pieces):
            node = self._node()
            if isinstance(node, _End):
                self.depth -= 1
                return tuple(nodes), node
            if node is not None:
                nodes.append(node)
        raise Malformed("a block has no end", opener.at)

    def _node(self) -> Node | _End | None:
        piece = self.pieces[self.place]
        if piece.tokens is None:
            self.place += 1
            return Text(piece.at, piece.text)
        word = self._opened(piece)
        if word:
            self.at += 1
        if word in _BLOCKS:
            return self._branch(piece, word)
        self.place += 1
        if word == "end":
            self._nothing_more("end")
            return _End(piece.at, "end")
        if word == "else":
            self._skip()
            token = self._peek()
            if token is None:
                return _End(piece.at, "else")
            if token.kind == "word" and token.text in ("if", "with"):
                return _End(piece.at, "else " + token.text, piece)
            raise Malformed(f"{token.text} cannot follow else", token.at)
        if word in ("break", "continue"):
            self._nothing_more(word)
            if not self.ranges:
                raise Malformed(f"a {word} outside of any range", piece.at)
            return Leave(piece.at, word)
        if word == "template":
            name = self._name("template")
            self._skip()
            pipeline = None if self._peek() is None else self._pipeline("template", piece)
            return Include(piece.at, name, pipeline)
        if word == "block":
            return self._block(piece)
        if word == "define":
            raise Malformed("a define inside of a block", piece.at)
        return Action(piece.at, self._pipeline("action", piece))

    def _block(self, piece: _Piece) -> Node:
        name = self._name("block")
        pipeline = self._pipeline("block", piece)
        outer, self.variables, ranges, self.ranges = self.variables, ["$"], self.ranges, 0
        body, end = self._body(piece)
        if end.word != "end":
            raise Malformed("a block has no else", end.at)
        self.variables, self.ranges = outer, ranges
        self._add(name, body)
        return Include(piece.at, name, pipeline)

    def _branch(self, piece: _Piece, word: str) -> Branch:
        known = len(self.variables)
        pipeline = self._pipeline(word, piece)
        self.place += 1
        self.ranges += word == "range"
        body, end = self._body(piece)
        self.ranges -= word == "range"
        otherwise: tuple[Node, ...] = ()
        if end.word == "else":
            otherwise, end = self._body(piece)
            if end.word != "end":
                raise Malformed("a second else", end.at)
        elif end.word != "end":
            following = end.word.removeprefix("else ")
            if following != word:
                raise Malformed(f"an else {following} belongs to no {word}", end.at)
            # the rest of this action is the inner block's beginning, and one end closes both
            self.at += 1
            self.place -= 1
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise Malformed(f"blocks nest deeper than {MAX_DEPTH} levels", end.at)
            otherwise = (self._branch(self.pieces[self.place], following),)
            self.depth -= 1
        del self.variables[known:]
        return Branch(piece.at, word, pipeline, body, otherwise)

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _skip(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "space":
            self.at += 1

    def _nothing_more(self, word: str) -> None:
        self._skip()
        token = self._peek()
        if token is not None:
            raise Malformed(f"{token.text} cannot follow {word}", token.at)

    def _name(self, word: str) -> str:
        self._skip()
        token = self._peek()
        if token is None or token.kind not in ("string", "raw"):
            at = token.at if token else self.pieces[min(self.place, len(self.pieces) - 1)].at
            raise Malformed(f"a {word} has no name in quotes", at)
        self.at += 1
        return unquoted(token.text, token.at)

    def _pipeline(self, context: str, piece: _Piece, *, inner: bool = False) -> Pipeline:
        self._skip()
        begin = self.at
        names, declares = self._declared(context)
        commands: list[tuple[Operand, ...]] = []
        while True:
            self._skip()
            token = self._peek()
            if token is None or (token.kind == "close" and inner):
                break
            commands.append(self._command(piece))
        start = self.tokens[begin].at if begin < len(self.tokens) else piece.at
        if not commands:
            raise Malformed("an action is empty" if context == "action" else f"{context} has no value", start)
        for number, command in enumerate(commands[1:], 2):
            if isinstance(command[0], (Literal, Dot)):
                raise Malformed(f"part {number} of a pipeline is no function", command[0].at)
        return Pipeline(start, tuple(commands), names, declares)

    def _declared(self, context: str) -> tuple[tuple[str, ...], bool]:
        names: list[str] = []
        begin = self.at
        while True:
            token = self._peek()
            if token is None or token.kind != "variable":
                break
            back = self.at
            self.at += 1
            self._skip()
            following = self._peek()
            if following is not None and following.kind in ("assign", "declare"):
                self.at += 1
                names.append(token.text)
                if following.kind == "declare":
                    self.variables += names
                return tuple(names), following.kind == "declare"
            if following is not None and following.text == "," and context == "range" and not names:
                self.at += 1
                self._skip()
                names.append(token.text)
                continue
            if following is not None and following.text == ",":
                raise Malformed(f"too many variables in {context}", following.at)
            if names and context == "range":
                raise Malformed("a range can only declare variables", token.at)
            self.at = back
            break
        if names:
            raise Malformed("a range can only declare variables", self.tokens[begin].at)
        return (), False

    def _command(self, piece: _Piece) -> tuple[Operand, ...]:
        operands: list[Operand] = []
        while True:
            self._skip()
            token = self._peek()
            if token is not None and token.kind not in ("pipe", "close"):
                operands.append(self._operand(piece))
                token = self._peek()
                if token is not None and token.kind == "space":
                    continue
            if token is not None and token.kind == "pipe":
                # Go lets a pipeline end in a |
                self.at += 1
            elif token is not None and token.kind != "close":
                raise Malformed(f"{token.text} cannot stand here", token.at)
            break
        if not operands:
            raise Malformed("a command is empty", token.at if token else piece.at)
        return tuple(operands)

    def _operand(self, piece: _Piece) -> Operand:
        token = self.tokens[self.at]
        self.at += 1
        operand = self._term(token, piece)
        names: list[str] = []
        while (following := self._peek()) is not None and following.kind == "field":
            names.append(following.text[1:])
            self.at += 1
        if not names:
            return operand
        if isinstance(operand, (Literal, Dot)):
            raise Malformed(f".{names[0]} cannot follow {token.text}", token.at)
        if isinstance(operand, Fields) and token.kind == "field":
            return Fields(operand.at, operand.of, (*operand.names, *names))
        return Fields(token.at, operand, tuple(names))

    def _term(self, token: _Token, piece: _Piece) -> Operand:
        text = token.text
        if token.kind in ("string", "raw"):
            return Literal(token.at, unquoted(text, token.at))
        if token.kind == "dot":
            return Dot(token.at)
        if token.kind == "field":
            return Fields(token.at, Dot(token.at), (text[1:],))
        if token.kind == "variable":
            if text not in self.variables:
                raise Malformed(f"there is no variable {text}", token.at)
            return Variable(token.at, text)
        if token.kind == "number":
            return self._number(token)
        if token.kind == "char":
            character = "'" if text == "'\\''" else unquoted(f'"{text[1:-1]}"', token.at)
            if len(character) != 1 or '\\"' in text:
                raise Malformed(f"{text} is not one character", token.at)
            return Literal(token.at, str(ord(character)), number=True)
        if token.kind == "open":
            return self._inner(token, piece)
        if token.kind == "word" and text not in _KEYWORDS:
            if text in ("true", "false"):
                return Literal(token.at, text == "true")
            if text == "nil":
                return Literal(token.at, None)
            if text not in functions():
                raise Malformed(f"Helm has no function {text}", token.at, text)
            return Call(token.at, text)
        raise Malformed(f"{text} cannot stand here", token.at)

    def _number(self, token: _Token) -> Literal:
        match = _NUMBER.fullmatch(token.text)
        if match is None or not any(char.isdigit() for char in token.text):
            raise Malformed(f"{token.text} is no number", token.at)
        digits = token.text.lstrip("+-").replace("_", "")
        if digits.isdigit() and (int(digits) >= 2**64 or (digits[0] == "0" and set(digits) & {"8", "9"})):
            raise Malformed(f"{token.text} is no whole number that Go has", token.at)
        if (
            not digits.isdigit()
            and digits[:2].lower() not in ("0x", "0o", "0b")
            and float(digits.rstrip("i")) == math.inf
        ):
            raise Malformed(f"{token.text} is more than a number can be", token.at)
        following = self._peek()
        if token.text.endswith("i") or (following is not None and following.kind == "number"):
            raise Malformed("complex numbers are of no use here", token.at)
        return Literal(token.at, token.text, number=True)

    def _inner(self, token: _Token, piece: _Piece) -> Pipeline:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"parentheses nest deeper than {MAX_DEPTH} levels", token.at)
        pipeline = self._pipeline("parenthesis", piece, inner=True)
        closing = self._peek()
        if closing is None or closing.kind != "close":
            raise Malformed("a parenthesis is not closed", token.at)
        self.at += 1
        self.depth -= 1
        return pipeline


@dataclass(frozen=True, slots=True)
class _End:
    """What closes a body: `end`, `else`, or an else with a block of its own, whose action goes on."""

    at: int
    word: str
    piece: _Piece | None = None


def _is_empty(nodes: Sequence[Node]) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
