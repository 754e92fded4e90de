"""What stands on either side of a comparison: values that are compiled, a chart, or manifests, all read into objects."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chartgen.baseline import kept
from chartgen.compare.changes import Change, changes, identity
from chartgen.compare.verdict import is_hook
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.kubernetes import manifests
from chartgen.sides.side import Flag, Side, Target
from chartgen.values.inputs import Inputs, Read

if TYPE_CHECKING:
    from chartgen.compiler import Options

_ASSIGNMENT = re.compile(r"[^=/\\]+=")


def read(old: str, new: str, around: Inputs, options: Options, target: Target) -> tuple[Side, Side]:
    """Both sides as a command line names them.

    A side is files and assignments with commas between them: values (each over the one before), `server.replicas=5` as of
    --set, or a chart (a folder or archive), after which come values for it. `-` is standard input. `around` are the files
    below and the flags over the values of both sides.

    Raises Rejected with what is wrong with either.
    """
    if old == new == "-":
        raise Rejected(
            [Diagnostic("stdin-twice", "standard input is read only once", spans=(Span("<stdin>", 0, 0),))]
        )
    found: list[Side] = []
    wrong: list[Diagnostic] = []
    for text in (old, new):
        try:
            found.append(_side(text, around, options, target, with_origins=True))
        except Rejected as rejected:
            wrong += [finding for finding in rejected.diagnostics if finding not in wrong]
    if wrong:
        raise Rejected(wrong)
    first, second = found
    return first, second


def of_values(name: str, given: Read, options: Options, target: Target) -> Side:
    """The side that values make which are read already. Raises Rejected with what is wrong with them."""
    return _of_read(name, given, options, target)


def of_chart(path: str, target: Target) -> Side:
    """The side that is a chart, in a folder or archive. Raises Rejected for what is none."""
    from chartgen.sides import charts

    return charts.side(path, path, Inputs(), Inputs(), target, with_origins=True)


def single(text: str | None, around: Inputs, options: Options, target: Target) -> Side:
    """What a command line names as one side, or without a name the values around it.

    Raises Rejected with what is wrong with it.
    """
    if text is None:
        return _of_read(options.name, around.read(), _held(options, around), target)
    return _side(text, around, options, target)


def compared(old: Side, new: Side, target: Target) -> tuple[Change, ...]:
    """What differs between two sides, each field with the values that it comes from where they are known.

    Hooks that manifests lack are not missed: what prints manifests leaves them out.
    """
    from chartgen.sides import causes

    first, second = _shared(old, new, target), _shared(new, old, target)
    found = causes.told(changes(first, second, target.namespace, beside=new.objects), old, new, target)
    return causes.altered(found, old, new)


def flags_apart(old: Side, new: Side) -> tuple[Flag, ...]:
    """The flags with which two sides were made otherwise, where those of both are known."""
    if old.flags is None or new.flags is None:
        return ()
    from chartgen.sides import carried

    first, second = carried.pairs(old.flags), carried.pairs(new.flags)
    return tuple(
        Flag(name, first.get(name), second.get(name))
        for name in dict.fromkeys((*first, *second))
        if first.get(name) != second.get(name)
    )


def _shared(side: Side, other: Side, target: Target) -> list[Mapping[str, Any]]:
    """The objects of a side without the hooks that the other one, as manifests, has not."""
    if other.kind != "manifests":
        return [*side.objects]
    there = {identity(object_, target.namespace) for object_ in other.objects}
    return [
        object_
        for object_ in side.objects
        if not is_hook(object_) or identity(object_, target.namespace) in there
    ]


def _parts(text: str) -> list[str]:
    """The files and assignments of a side; a file may have a comma in its name, and an assignment in its value."""
    if os.path.exists(text):
        return [text]
    parts: list[str] = []
    for piece in text.split(","):
        # what is neither a file nor an assignment goes on with the value before it
        if parts and _is_assignment(parts[-1]) and not _is_assignment(piece) and not os.path.exists(piece):
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    return parts


def _is_assignment(text: str) -> bool:
    return _ASSIGNMENT.match(text) is not None and not os.path.exists(text)


def _side(text: str, around: Inputs, options: Options, target: Target, *, with_origins: bool = False) -> Side:
    from chartgen.sides import charts

    parts = _parts(text)
    files = [part for part in parts if not _is_assignment(part)]
    flags = tuple(("set", part) for part in parts if _is_assignment(part))
    inputs = Inputs((*around.files, *files), (*around.flags, *flags))  # type: ignore[arg-type]
    first = files[0] if files else ""
    if charts.is_named(first):
        own = inputs._replace(files=tuple(files[1:]), flags=inputs.flags[len(around.flags) :])
        every = inputs._replace(files=(*around.files, *files[1:]))
        return charts.side(text, first, own, every, target, with_origins=with_origins)
    if len(files) == 1 and first != "-" and (found := manifests.if_any(first, _bytes_of(first))):
        return _manifest_side(text, found)
    if first == "-" and len(files) == 1:
        return _from_stdin(text, inputs, options, target)
    return _of_read(text, inputs.read(), _held(options, inputs), target)


def _held(options: Options, inputs: Inputs) -> Options:
    """The options, with what is kept beside the values of how they run."""
    return options._replace(alterations=kept.held(inputs.files, options.alterations))


def _bytes_of(path: str) -> bytes:
    from chartgen.values import source

    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        # says what is wrong with it
        return source.read_bytes(path)


def _from_stdin(text: str, inputs: Inputs, options: Options, target: Target) -> Side:
    import sys

    from chartgen.values import source

    data = sys.stdin.buffer.read()
    if found := manifests.if_any("<stdin>", data):
        return _manifest_side(text, found)
    files = inputs._replace(files=tuple(file for file in inputs.files if file != "-"), flags=()).read()
    try:
        files = Read((*files.sources, source.read_text(data, "<stdin>")), files.findings)
    except Rejected as rejected:
        files = Read(files.sources, (*files.findings, *rejected.diagnostics))
    return _of_read(text, inputs.with_flags(files), options, target)


def _manifest_side(name: str, objects: Sequence[Mapping[str, Any]]) -> Side:
    return Side(name, "manifests", tuple(manifests.as_asked_for(object_) for object_ in objects))


def _of_read(name: str, read: Read, options: Options, target: Target) -> Side:
    from chartgen import compiler
    from chartgen.sides import causes

    checked = compiler.check(read, options)
    chart = compiler.compiled(checked, options)
    made = list(chart.objects(target.release, target.namespace, upgrade=True))
    objects, templates = tuple(data for _, data in made), tuple(template for template, _ in made)
    return Side(
        name,
        "values",
        objects,
        chart.values,
        read.sources,
        templates,
        chart.diagnostics,
        flags=chart.flags,
        renamed=checked.merged.sources[len(read.sources) :],
        marks=causes.marks(chart, target),
    )
