"""What a command line names as values: files, and flags of the `--set` family in the order in which Helm applies them."""

from __future__ import annotations

from chartgen.diagnostics import Diagnostic, Path, Rejected
from chartgen.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chartgen.values.set_flag import Kind
    from chartgen.values.source import Source

# the kinds of flags in Helm's order, which is fixed whatever the order on the command line
FLAGS: tuple[Kind, ...] = ("set-json", "set", "set-string", "set-file", "set-literal")


class Read(NamedTuple):
    """What could be read, in the order in which it is merged, and the findings about what could not.

    `unread` are the values that these are about, where all the others could be read; None where nobody can tell.
    """

    sources: tuple[Source, ...]
    findings: tuple[Diagnostic, ...] = ()
    unread: frozenset[Path] | None = None


class Inputs(NamedTuple):
    """Paths of values files (`-` is standard input), the last winning, and (kind, text) of each flag over them."""

    files: tuple[str, ...] = ()
    flags: tuple[tuple[Kind, str], ...] = ()

    def read(self) -> Read:
        """Each file and flag as a source, in the order in which they are merged, and what cannot be read."""
        from chartgen.values import source

        sources: list[Source] = []
        findings: list[Diagnostic] = []
        for number, path in enumerate(self.files):
            try:
                if path == "-" and path in self.files[:number]:
                    source.reject("stdin-twice", "standard input is read only once", "<stdin>")
                sources.append(source.read_file(path))
            except Rejected as rejected:
                findings += rejected.diagnostics
        return self.with_flags(Read(tuple(sources), tuple(findings)))

    def with_flags(self, files: Read) -> Read:
        """What was read from files, with a source for each flag over it."""
        if not self.flags:
            return files
        sources = list(files.sources)
        findings = self._add_flags(sources)
        return Read(tuple(sources), (*files.findings, *findings))

    def _add_flags(self, sources: list[Source]) -> list[Diagnostic]:
        """Adds a source for each flag, each applied onto what came before it; returns the findings."""
        from chartgen import values
        from chartgen.values import set_flag

        findings: list[Diagnostic] = []
        onto = values.layer(sources)
        for kind, text in self.flags:
            try:
                sources.append(set_flag.parse(kind, text, onto))
                onto = values.layer(sources)
            except Rejected as rejected:
                findings += rejected.diagnostics
        return findings
