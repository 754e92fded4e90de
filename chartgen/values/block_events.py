"""YAML's events, as libyaml tells them, of text that is plain: without PyYAML, whose start takes a quarter of a check.

Plain are maps and lists in blocks, with text of one line, brackets as in JSON and literal blocks (`|`), as most files of
values are. Of other text nothing is told, and libyaml reads all of it: anchors, tags, escapes, what goes over several lines, and
whatever is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.late import CLOSE, OPEN

# longer text is worth a start of PyYAML, whose parser is the faster one
_LONGEST = 200_000
# how far YAML looks for the colon of a key, and a little less
_LONGEST_LINE = 1000
# beside what can be printed
_TAKEN = dict.fromkeys(map(ord, ("\n", OPEN, CLOSE)))
_BESIDE_LETTERS = dict.fromkeys(map(ord, "_./-"))


class Mark:
    """A place in the text: line and column, both from 0."""

    __slots__ = ("column", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line, self.column = line, column


class Event:
    """What is told: where it stands. Nothing plain has a tag or an anchor."""

    __slots__ = ("end_mark", "start_mark")
    anchor = tag = None

    def __init__(self, start: Mark, end: Mark) -> None:
        self.start_mark, self.end_mark = start, end


class ScalarEvent(Event):
    """A text, and how it is written: in `"` or `'`, as a block (`|`), or as it is ("")."""

    __slots__ = ("style", "value")

    def __init__(self, start: Mark, end: Mark, value: str, style: str) -> None:
        self.start_mark, self.end_mark, self.value, self.style = start, end, value, style


class MappingStartEvent(Event):
    """A map begins, in a block or in brackets."""

    __slots__ = ("flow_style",)

    def __init__(self, start: Mark, end: Mark, flow_style: bool) -> None:
        self.start_mark, self.end_mark, self.flow_style = start, end, flow_style


class SequenceStartEvent(MappingStartEvent):
    """A list begins, in a block or in brackets."""

    __slots__ = ()


class MappingEndEvent(Event):
    """The map that began last ends."""

    __slots__ = ()


class SequenceEndEvent(Event):
    """The list that began last ends."""

    __slots__ = ()


class StreamEndEvent(Event):
    """The text ends."""

    __slots__ = ()


class _NotPlain(Exception):
    """Something in the text is to be left to libyaml."""


def of(text: str) -> Iterator[Event] | None:
    """The events of plain text, without those of the document; None of other text."""
    # to be printable is to hold no tab, no other line break and nothing that libyaml refuses; where \/ is an escape and
    # where it is none takes libyaml's places
    if len(text) > _LONGEST or "\\/" in text or not text.translate(_TAKEN).isprintable():
        return None
    try:
        return iter(_Reader(text).read())
    except _NotPlain:
        return None


class _Reader:
    """Goes through the lines; knows the blocks that it is in, and whether a key or a dash waits for its value."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.events: list[Event] = []
        # of each block that is open: whether it is a map, and its column
        self.blocks: list[tuple[bool, int]] = []
        # where an empty value stands, should no value follow
        self.waits: Mark | None = None
        self.marked = False

    def read(self) -> list[Event]:
        number, last = 0, len(self.lines)
        while number < last:
            line = self.lines[number]
            text = line.lstrip(" ")
            if text and text[0] != "#":
                number = self._line(number, len(line) - len(text), text)
            number += 1
        if self.marked and not self.events:
            raise _NotPlain
        while self.blocks:
            self._end()
        self.events.append(StreamEndEvent(Mark(last, 0), Mark(last, 0)))
        return self.events

    def _line(self, number: int, column: int, text: str) -> int:
        """Reads a line, and those of a literal block that begins on it; returns the last."""
        if len(text) > _LONGEST_LINE:
            raise _NotPlain
        if column == 0 and text.startswith(("---", "...", "%")):
            if text != "---" or self.marked or self.events:
                raise _NotPlain
            self.marked = True
            return number
        if text[0] in "{[" and not self.events:
            return self._whole(number, column)
        is_item = _is_item(text)
        self._settle(number, column, is_item)
        while is_item:
            rest = text[1:].lstrip(" ")
            if not rest or rest[0] == "#":
                self.waits = Mark(number, column + 1)
                return number
            column += len(text) - len(rest)
            text = rest
            is_item = _is_item(text)
            if is_item:
                self._begin(number, column, is_map=False)
            elif _key_of(text):
                self._begin(number, column, is_map=True)
        key = _key_of(text)
        if not self.blocks[-1][0]:
            return self._value(number, column, text)
        if not key:
            raise _NotPlain
        style = key[0] if key[0] in "\"'" else ""
        end = column + len(key)
        self._scalar(number, column, end, key[1:-1] if style else key, style)
        rest = text[len(key) + 1 :].lstrip(" ")
        if not rest or rest[0] == "#":
            self.waits = Mark(number, end + 1)
            return number
        return self._value(number, column + len(text) - len(rest), rest)

    def _whole(self, number: int, column: int) -> int:
        """Reads a text that is all in brackets, as JSON is; returns its last line."""
        last, end = self._brackets(number, column)
        if any(line.strip(" ") for line in (self.lines[last][end:], *self.lines[last + 1 :])):
            raise _NotPlain
        return len(self.lines)

    def _settle(self, number: int, column: int, is_item: bool) -> None:
        """Ends the blocks that a line in this column is no part of, and begins the one that it is the first of."""
        if self.waits is not None:
            is_map, outer = self.blocks[-1]
            # a list may stand as far to the left as the key that it belongs to
            if column > outer or (column == outer and is_map and is_item):
                self.waits = None
                self._begin(number, column, is_map=not is_item)
                return
            self._empty()
        elif not self.blocks:
            if self.events:
                raise _NotPlain
            self._begin(number, column, is_map=not is_item)
            return
        while self.blocks and (
            self.blocks[-1][1] > column or (not is_item and self.blocks[-2:] == [(True, column), (False, column)])
        ):
            self._end()
        if not self.blocks or self.blocks[-1] != (not is_item, column):
            # text that goes on, or a column that nothing began in
            raise _NotPlain

    def _begin(self, number: int, column: int, *, is_map: bool) -> None:
        mark = Mark(number, column)
        self.events.append((MappingStartEvent if is_map else SequenceStartEvent)(mark, mark, False))
        self.blocks.append((is_map, column))

    def _end(self) -> None:
        if self.waits is not None:
            self._empty()
        is_map, _ = self.blocks.pop()
        mark = Mark(len(self.lines), 0)
        self.events.append((MappingEndEvent if is_map else SequenceEndEvent)(mark, mark))

    def _empty(self) -> None:
        assert self.waits is not None
        self.events.append(ScalarEvent(self.waits, self.waits, "", ""))
        self.waits = None

    def _scalar(self, number: int, start: int, end: int, value: str, style: str) -> None:
        self.events.append(ScalarEvent(Mark(number, start), Mark(number, end), value, style))

    def _value(self, number: int, column: int, text: str) -> int:
        """Reads what stands after a key or a dash."""
        first = text[0]
        if first in "\"'":
            if not _is_over(self.lines[number][self._quoted(number, column) :]):
                raise _NotPlain
            return number
        if first == "|":
            return self._literal(number, column, text)
        if first in "[{":
            last, end = self._brackets(number, column)
            if last != number or not _is_over(self.lines[number][end:]):
                raise _NotPlain
            return number
        text = text.partition(" #")[0].rstrip(" ")
        is_dash = first == "-" and text[1:2] not in ("", " ")
        if not (first.isalnum() or first in "_./~+$(" or first == OPEN or is_dash) or ": " in text or text[-1] == ":":
            raise _NotPlain
        self._scalar(number, column, column + len(text), text, "")
        return number

    def _brackets(self, number: int, column: int) -> tuple[int, int]:
        """Reads a map or list in brackets, as JSON is written; returns where it is over."""
        # of each that is open: whether it is a map
        within: list[bool] = []
        # what may come: a value, a key, the colon after it, or what goes on after a value
        expected, is_first = "value", False
        while True:
            line = self.lines[number]
            if column >= len(line):
                number, column = number + 1, 0
                # a key and its colon are on one line; and a bracket is closed
                if expected == ":" or number == len(self.lines) or len(self.lines[number]) > _LONGEST_LINE:
                    raise _NotPlain
                continue
            char = line[column]
            if char == " ":
                column += 1
                continue
            if char in "{[" and expected == "value":
                within.append(char == "{")
                kind = MappingStartEvent if within[-1] else SequenceStartEvent
                self.events.append(kind(Mark(number, column), Mark(number, column + 1), True))
                expected, is_first = "key" if within[-1] else "value", True
                column += 1
                continue
            if char in "}]" and (expected == "more" or is_first) and within[-1] == (char == "}"):
                self._close(number, column, within.pop())
                expected = "more"
                column += 1
                if not within:
                    return number, column
            elif char == "," and expected == "more":
                expected = "key" if within[-1] else "value"
                column += 1
            elif char == ":" and expected == ":":
                # without quotes a key goes on where no space follows
                if line[column - 1] not in "\"'" and line[column + 1 : column + 2] not in ("", " "):
                    raise _NotPlain
                expected = "value"
                column += 1
            elif expected in ("key", "value") and within:
                column = self._word(number, column)
                expected = ":" if expected == "key" else "more"
            else:
                raise _NotPlain
            is_first = False

    def _close(self, number: int, column: int, is_map: bool) -> None:
        mark = Mark(number, column)
        self.events.append((MappingEndEvent if is_map else SequenceEndEvent)(mark, mark))

    def _word(self, number: int, column: int) -> int:
        """Reads a word or a quoted text between brackets; returns the column after it."""
        line = self.lines[number]
        if line[column] in "\"'":
            return self._quoted(number, column)
        end = column
        while end < len(line) and line[end] not in " ,:[]{}":
            end += 1
        if not _is_word(line[column:end]):
            raise _NotPlain
        self._scalar(number, column, end, line[column:end], "")
        return end

    def _quoted(self, number: int, column: int) -> int:
        """Reads text in quotes, without escapes; returns the column after it."""
        line = self.lines[number]
        end = line.find(line[column], column + 1)
        text = line[column + 1 : end]
        if end < 0 or "\\" in text:
            raise _NotPlain
        self._scalar(number, column, end + 1, text, line[column])
        return end + 1

    def _literal(self, number: int, column: int, text: str) -> int:
        """Reads a literal block; returns its last line."""
        if not _is_over(text.removeprefix("|").removeprefix("-")):
            raise _NotPlain
        outer = self.blocks[-1][1]
        indent = 0
        body: list[str] = []
        last = number
        for line in self.lines[number + 1 :]:
            here = len(line) - len(line.lstrip(" "))
            if here < len(line):
                if not body and here > outer:
                    indent = here
                elif here < indent:
                    break
            # spaces alone may be text
            if here == len(line) > indent or not indent:
                raise _NotPlain
            body.append(line[indent:])
            last += 1
        # YAML has its own ways with a block that is empty, and with one that ends without a line break
        if not body or (body[-1] and last == len(self.lines) - 1):
            raise _NotPlain
        while not body[-1]:
            body.pop()
        value = "\n".join(body) + ("" if text.startswith("|-") else "\n")
        self.events.append(ScalarEvent(Mark(number, column), Mark(last + 1, 0), value, "|"))
        return last


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _key_of(text: str) -> str:
    """The key that a line begins with, in its quotes; "" where there is none that is plain."""
    if text[0] in "\"'":
        key = text[: text.find(text[0], 1) + 1]
        is_key = len(key) > 1 and "\\" not in key
        rest = text[len(key) :]
        return key if is_key and (rest == ":" or rest.startswith(": ")) else ""
    end = text.find(": ")
    key = text[:end] if end >= 0 else text[:-1] if text[-1] == ":" else ""
    return key if _is_word(key) else ""


def _is_word(text: str) -> bool:
    """True for letters, digits and what stands between them in words; "" is none."""
    return text.isidentifier() or (text[:1] != "-" and text.translate(_BESIDE_LETTERS).isalnum())


def _is_over(rest: str) -> bool:
    """True if a line holds no more than a comment."""
    text = rest.lstrip(" ")
    return not text or (text[0] == "#" and text != rest)
