"""Documents with holes: what files have in common that say the same but for a name.

Each cluster of a fleet has a datacenter of its own, whose name stands in a dozen places of its documents and decides on
nothing. So a template is rendered with a hole in the name's place, once for all files whose other values are the same where it
reads, and a file's documents are that form with its name filled in.

What compares the name, or makes something else of it than text that it stands in, has no form, and is rendered for each file
(`chartgen.render.holes`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from chartgen import lazy_regex
from chartgen.diagnostics import Path
from chartgen.kubernetes.asked import Asked
from chartgen.late import CLOSE, HOLE, OPEN, LateBound
from chartgen.records import NamedTuple
from chartgen.render.context import checksum_of
from chartgen.render.document import Document
from chartgen.render.holes import HOLES, Checksums, NoForm, has_hole
from chartgen.values.reads import Section
from chartgen.values.traces import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    # by the keys of a map or the places of a list below which there are holes, where; None for text that has one
    Plan: TypeAlias = "Mapping[Any, Plan] | None"

# names that stand anywhere as they are
_PLAIN = lazy_regex.compile("[A-Za-z0-9][A-Za-z0-9_-]*")


class Form(NamedTuple):
    """A template's documents with holes; of each, where they are; and the text that each hole for a checksum is of."""

    documents: tuple[Document, ...]
    plans: tuple[Mapping[Any, Plan], ...]
    sums: Mapping[str, str]


class Forms:
    """The forms of templates, for any number of files."""

    __slots__ = ("traces",)

    def __init__(self, most: int) -> None:
        self.traces = Traces(most)

    def filled_from(self, values: Section, late: LateBound) -> Filled | None:
        """What fills forms with the names of a file; None where one of these is no plain name."""
        names: dict[str, str] = {}
        sections = dict(values.known)
        for place, hole in HOLES.items():
            section, key = place
            above = sections.get(section)
            name = above.known.get(key) if type(above) is Section else None
            if type(above) is not Section or type(name) is not str or not _PLAIN.fullmatch(name):
                return None
            names[hole] = name
            sections[section] = Section({**above.known, key: hole}, (section,), values.reads)
        return Filled(self.traces, Section(sections, (), values.reads), names, late)


class Filled:
    """Forms with the names of one file filled in; `values` are the file's, with holes."""

    __slots__ = ("_done", "_late", "_names", "_sums", "_traces", "sums", "values")

    def __init__(self, traces: Traces, values: Section, names: Mapping[str, str], late: LateBound) -> None:
        self._traces, self.values, self._names, self._late = traces, values, names, late
        # those that rendering came to
        self.sums = Checksums()
        self._sums: dict[str, str] = {}
        # parts that several documents have are still the very same object in all
        self._done: dict[int, tuple[Any, Any]] = {}

    def documents(
        self,
        name: Hashable,
        make: Callable[[], Sequence[Document]],
        besides: frozenset[Path] = frozenset(),
        also: Hashable = None,
    ) -> list[Document] | None:
        """The documents that `make` makes of the values with holes, filled; None where they have no form. `besides` and
        `also` are as of `Traces.of`."""
        form, _ = self._traces.of(name, self.values, lambda: self._form(make), besides, also)
        if form is None:
            return None
        return [
            document._replace(head=self._filled(document.head, plan, form.sums), kept={})
            if plan
            else document
            for document, plan in zip(form.documents, form.plans, strict=True)
        ]

    def _form(self, make: Callable[[], Sequence[Document]]) -> Form | None:
        try:
            documents = tuple(make())
        except Exception:
            # a template may fail in any way, and it is told of the file's own values where it does for these, too
            return None
        try:
            plans = tuple(_plan(document.head, document.asked) for document in documents)
            sums: dict[str, str] = {}
            for document, plan in zip(documents, plans, strict=True):
                if HOLE in document.only_if:
                    raise NoForm(document.only_if)
                if plan:
                    for text in _texts(document.head, plan):
                        self._add_sums(text, sums)
        except NoForm:
            return None
        return Form(documents, plans, sums)

    def _add_sums(self, text: str, sums: dict[str, str]) -> None:
        """Adds the checksums that a text has, and those that these are made of; raises NoForm as `has_hole` does."""
        for hole, of in self.sums.texts.items():
            if hole in text and hole not in sums:
                has_hole(of)
                sums[hole] = of
                self._add_sums(of, sums)

    def _filled(self, node: Any, plan: Plan, sums: Mapping[str, str]) -> Any:
        if plan is None:
            return self._text(node, sums)
        known = self._done.get(id(node))
        if known is None:
            made = node.copy()
            for key, below in plan.items():
                made[key] = self._filled(node[key], below, sums)
            known = self._done[id(node)] = node, made
        return known[1]

    def _text(self, text: str, sums: Mapping[str, str]) -> str:
        for hole, name in self._names.items():
            text = text.replace(hole, name)
        if HOLE in text:
            for hole in sums:
                if hole in text:
                    text = text.replace(hole, self._sum(hole, sums))
        return text

    def _sum(self, hole: str, sums: Mapping[str, str]) -> str:
        if hole not in self._sums:
            self._sums[hole] = checksum_of(self._text(sums[hole], sums), self._late)
        return self._sums[hole]


def _plan(node: Any, asked: Asked) -> Mapping[Any, Plan]:
    """Where below a map or a list there are holes; raises NoForm where something else than a hole was made of one."""
    plan: dict[Any, Plan] = {}
    for key, item in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(key, str) and OPEN in key and has_hole(key):
            raise NoForm(key)
        if isinstance(item, str):
            if (OPEN in item or CLOSE in item) and has_hole(item):
                plan[key] = None
        elif isinstance(item, (dict, list)) and (below := asked.once("holes", item, _plan, asked)):
            plan[key] = below
    return plan


def _texts(node: Any, plan: Mapping[Any, Plan]) -> Iterator[str]:
    """The texts with holes."""
    for key, below in plan.items():
        if below is None:
            yield node[key]
        else:
            yield from _texts(node[key], below)
