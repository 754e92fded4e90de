"""Definitions of custom resources in a chart's archive: two thirds of what it holds, next to always the same, compressed ahead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from chartgen import bundle
from chartgen.records import NamedTuple

# made by `chartgen.workshop.crd_packing`
PACKED = "templates/crds/_expanded/packed.bin"


class Member(NamedTuple):
    """A file of a chart as a member of its archive: gzip of its content, with zeros up to a block's end. `size` is that of
    the content, in bytes."""

    text: str
    size: int
    packed: bytes


def member(path: str, text: str) -> Member | None:
    """The member for a file at a chart's `path`, where one was made of this very text; None where it is another."""
    known = _member(path) if path in _ahead() else None
    return known if known is not None and known.text == text else None


def written(members: Mapping[str, bytes]) -> bytes:
    """The file of members by their paths: a line of JSON that says how long each is, and all of them, in this order."""
    lengths = {path: len(packed) for path, packed in members.items()}
    return json.dumps(lengths).encode() + b"\n" + b"".join(members.values())


@cache
def _ahead() -> Mapping[str, bytes]:
    head, _, rest = bundle.read(PACKED).partition(b"\n")
    members, start = {}, 0
    for path, length in json.loads(head).items():
        members[path] = rest[start : start + length]
        start += length
    return members


@cache
def _member(path: str) -> Member:
    import deflate

    packed = _ahead()[path]
    # a gzip member ends with the size of what it holds
    content = deflate.gzip_decompress(packed, int.from_bytes(packed[-4:], "little")).rstrip(b"\0")
    return Member(content.decode(), len(content), packed)
