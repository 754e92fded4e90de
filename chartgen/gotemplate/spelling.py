"""Whether YAML that may be spelt otherwise than Helm spells it stands where its spelling does not matter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence


def does_not_matter(pieces: Sequence[tuple[str, int | None]]) -> bool:
    """True if each loose piece of a text is a node, or entries, of its own in the YAML that the text is.

    A piece has a number if it is loose: the spaces before its entries. For the entries a word is put in. It is to come
    out of the text whole: outside of quotes, of blocks of text and of flow collections, in which plain text ends
    elsewhere, and without a tag.
    """
    import yaml

    runs = [len(run) for text, _ in pieces for run in re.findall("loose(e*)", text)]
    word = "loose" + "e" * (max(runs, default=-1) + 1)
    marked: list[str] = []
    column = 0
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    depth = 0
    try:
        for number, (text, margin) in enumerate(pieces):
            if margin is None:
                if "\t" in text:
                    # readers of YAML differ in where a tab may stand
                    return False
                marked.append(text)
                column = _column(column, text)
                continue
            entries = text.strip(" \n")
            lead = text[: len(text) - len(text.lstrip(" \n"))]
            if "\n" in entries and _column(column, lead) != margin:
                # the other entries stand elsewhere than the first
                return False
            column = _column(column, text)
            start, end = f"{word}-{number}-start", f"{word}-{number}-end"
            first = next(_events(entries))
            if isinstance(first, yaml.MappingStartEvent):
                entry = f"{start}: {end}"
                wanted.update((start, end))
            else:
                entry = f"- {start}" if isinstance(first, yaml.SequenceStartEvent) else start
                wanted[start] = 1
            marked += (lead, entry, text[len(lead) + len(entries) :])
        for event in _events("".join(marked)):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += bool(depth or event.flow_style)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth = max(depth - 1, 0)
            elif isinstance(event, yaml.ScalarEvent) and word in event.value:
                if depth or event.style or not event.implicit[0]:
                    return False
                found[event.value] += 1
    except (yaml.YAMLError, StopIteration):
        return False
    return found == wanted


def _column(column: int, text: str) -> int:
    """The column in which a text ends that begins in a column."""
    line_end = text.rfind("\n")
    return column + len(text) if line_end < 0 else len(text) - line_end - 1


def _events(text: str) -> Iterator[object]:
    """The events of a text's nodes; raises YAMLError, also where it says that a document begins."""
    import yaml

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.DocumentStartEvent) and event.explicit:
            raise yaml.YAMLError("one document of several")
        if isinstance(event, (yaml.NodeEvent, yaml.CollectionEndEvent)):
            yield event
