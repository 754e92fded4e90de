"""Which findings count: what a command line, the project's file and comments in the values ask to pass over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import chain

from chartgen.diagnostics import Diagnostic, bounded
from chartgen.records import NamedTuple
from chartgen.values import comments
from chartgen.values.comments import Ignore
from chartgen.values.source import Source

# what only documents show: a check of values cannot say that nothing is ignored as these
_OF_DOCUMENTS = frozenset(("dangling-reference", "invalid-object", "object-twice", "selector-mismatch"))


class Steering(NamedTuple):
    """Patterns of codes (`extra-config-*`): only `select` counts where it names any, and never what `ignore` names.

    `files` are pairs: a pattern of files' paths, and the codes that do not count in them.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    files: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Steered:
    """The findings that count of those that were asked about, with what the comments in the sources ask for."""

    __slots__ = ("_by_line", "ignores", "sources", "steering", "unread", "used")

    def __init__(
        self,
        steering: Steering,
        sources: Sequence[Source],
        ignores: Sequence[Ignore] = (),
        unread: Sequence[Diagnostic] = (),
    ) -> None:
        self.steering, self.sources, self.ignores, self.unread = steering, sources, ignores, unread
        self.used: set[tuple[int, str]] = set()
        # the numbers of those that are about a line of a file, or about all of it (line 0)
        self._by_line: dict[tuple[str, int], list[int]] = {}
        for number, ignore in enumerate(ignores):
            self._by_line.setdefault((ignore.span.source, ignore.line), []).append(number)

    def counts(self, finding: Diagnostic) -> bool:
        """False for a finding that is passed over. What nobody takes always counts: no chart can be made of it."""
        if finding.weight == "refused":
            return True
        by_comment = [
            (number, code)
            for number in self._about(finding)
            for code in self.ignores[number].codes
            if fnmatchcase(finding.code, code)
        ]
        self.used.update(by_comment)
        if by_comment or _named(finding.code, self.steering.ignore):
            return False
        # how the others came about is told with any of them
        if (
            self.steering.select
            and finding.weight != "told"
            and not _named(finding.code, self.steering.select)
        ):
            return False
        names = {span.source for span in finding.spans[:1]}
        return not any(
            _named(finding.code, codes) and any(fnmatchcase(name, pattern) for name in names)
            for pattern, codes in self.steering.files
        )

    def _about(self, finding: Diagnostic) -> Iterator[int]:
        """The comments that stand where the finding is: at one of its places, beside a key that it is below, or for all of
        a file that it is in."""
        if not self.ignores:
            return
        files = {span.source for span in finding.spans}
        lines = {(span.source, span.line) for span in finding.spans} | {(name, 0) for name in files}
        lines |= {
            (source.name, span.line)
            for source in self.sources
            if source.name in files
            for length in range(1, len(finding.path) + 1)
            if (span := source.spans.get(finding.path[:length])) is not None
        }
        for line in lines:
            yield from self._by_line.get(line, ())

    def idle(self, findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Warnings about comments that cannot be read, and about those that asked for nothing that there is.

        `findings` are all that there were: while rules wait, nobody knows what they would have said.
        """
        codes = {finding.code for finding in findings}
        unused = self._unused(codes) if "rules-wait" not in codes else ()
        yield from bounded(chain(self.unread, unused))

    def _unused(self, codes: Collection[str]) -> Iterator[Diagnostic]:
        for number, ignore in enumerate(self.ignores):
            for code in ignore.codes:
                if (number, code) in self.used or code in _OF_DOCUMENTS:
                    continue
                there = any(fnmatchcase(met, code) for met in codes)
                yield Diagnostic(
                    "ignore-unused",
                    f"nothing here is ignored as {code}",
                    weight="unwise",
                    spans=(ignore.span,),
                    hint="what nobody takes cannot be ignored, and a comment is about its own line or the next"
                    if there
                    else "remove it from the comment; `chartgen rules` lists how codes are written",
                )


def steered(steering: Steering, sources: Sequence[Source]) -> Steered:
    """What is asked about findings in these sources; the comments in them are read now."""
    read = [comments.ignores(source) for source in sources]
    found = [ignore for ignores, _ in read for ignore in ignores]
    return Steered(steering, sources, found, [warning for _, unread in read for warning in unread])


def _named(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)
