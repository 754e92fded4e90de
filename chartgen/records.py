"""Records: named tuples as `typing` has them, made without it, whose start takes as long as to read a file of values.

Type checkers see `typing.NamedTuple` itself. Annotations are not looked at, which `typing` takes most of its time for.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    # what a class body holds beside what its author wrote
    _OWN = ("__annotations__", "__module__", "__qualname__")

    class _Record(type):
        """Makes a tuple type with the fields that a class body annotates."""

        def __new__(mcs, name, bases, body):
            if not bases:
                return super().__new__(mcs, name, bases, body)
            fields = body.get("__annotations__", {})
            made = namedtuple(
                name,
                fields,
                defaults=[body[field] for field in fields if field in body],
                module=body["__module__"],
            )
            for each, value in body.items():
                if each not in fields and each not in _OWN:
                    setattr(made, each, value)
            return made

    class NamedTuple(metaclass=_Record):
        """The base of a record; what a class body annotates are its fields, in order."""
