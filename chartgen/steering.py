"""Which findings count: what a command line, the project's file and comments in the values ask to pass over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from chartgen.diagnostics import Diagnostic
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

    __slots__ = ("ignores", "sources", "steering", "unread", "used")

    def __init__(self, steering: Steering, sources: Sequence[Source]) -> None:
        self.steering, self.sources = steering, sources
        self.ignores: list[Ignore] = []
        self.unread: list[Diagnostic] = []
        self.used: set[tuple[int, str]] = set()

    def counts(self, finding: Diagnostic) -> bool:
        """False for a finding that is passed over. What nobody takes always counts: no chart can be made of it."""
        if finding.weight == "refused":
            return True
        by_comment = [
            (number, code)
            for number, ignore in enumerate(self.ignores)
            for code in ignore.codes
            if fnmatchcase(finding.code, code) and self._is_about(ignore, finding)
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

    def _is_about(self, ignore: Ignore, finding: Diagnostic) -> bool:
        """True if a comment stands where the finding is: at one of its places, or beside a key that it is below."""
        if not any(span.source == ignore.span.source for span in finding.spans):
            return False
        if not ignore.line or any(
            (span.source, span.line) == (ignore.span.source, ignore.line) for span in finding.spans
        ):
            return True
        beside = (
            path
            for source in self.sources
            if source.name == ignore.span.source
            for path, span in source.spans.items()
            if span.line == ignore.line
        )
        return any(finding.path[: len(path)] == path for path in beside)

    def idle(self, findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Warnings about comments that cannot be read, and about those that asked for nothing that there is.

        `findings` are all that there were: while rules wait, nobody knows what they would have said.
        """
        yield from self.unread
        codes = {finding.code for finding in findings}
        if "rules-wait" in codes:
            return
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
    whole = Steered(steering, sources)
    for source in sources:
        found, unread = comments.ignores(source)
        whole.ignores += found
        whole.unread += unread
    return whole


def _named(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)
