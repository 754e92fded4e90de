"""What a run exits with."""

from __future__ import annotations

from collections.abc import Iterable

from chartgen.diagnostics import Diagnostic

FINE, FINDINGS, UNUSABLE, BUG, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143
# what was to be read and cannot be, or was asked for and is nothing: no finding about values
_UNREAD = frozenset((
    "archive-missing", "bad-epoch", "bad-index", "bad-registry", "bad-version", "cannot-be-signed", "file-not-found",
    "is-a-directory", "needs-helm-engine", "previous-missing", "registry-denied", "registry-login", "registry-refuses",
    "registry-unreachable", "stdin-twice", "unreadable-file",
))  # fmt: skip
# the least severe finding that fails a run, by what --fail-on says
_FAILING = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


def exit_code(findings: Iterable[Diagnostic], fail_on: str = "error") -> int:
    """What a run with these findings exits with."""
    codes = FINE
    for finding in findings:
        if finding.code in _UNREAD:
            return UNUSABLE
        if finding.severity in _FAILING[fail_on]:
            codes = FINDINGS
    return codes
