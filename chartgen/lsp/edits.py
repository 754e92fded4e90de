"""A changed text as the edits that a client applies: only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from lsprotocol import types as lsp

from chartgen.lsp.text import Text


def between(text: Text, before: str, after: str) -> list[lsp.TextEdit]:
    """The edits of a document that make `after` of what `before` says of it, line for line."""
    return [lsp.TextEdit(text.range(start, stop), new) for start, stop, new in differences(before, after)]


def differences(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    """(first character, the one behind the last, what stands there instead) of each piece that differs."""
    old, new = before.splitlines(True), after.splitlines(True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = "".join(old[first:last]), "".join(new[begin:end])
        same = _shared(gone, come)
        tail = _shared(gone[same:][::-1], come[same:][::-1])
        # the end of a line stays in one piece
        if tail and gone[len(gone) - tail] == "\n" and gone[: len(gone) - tail].endswith("\r"):
            tail -= 1
        yield starts[first] + same, starts[first] + len(gone) - tail, come[same : len(come) - tail]


def _shared(left: str, right: str) -> int:
    """With how many characters both begin."""
    most = min(len(left), len(right))
    return next((place for place in range(most) if left[place] != right[place]), most)
