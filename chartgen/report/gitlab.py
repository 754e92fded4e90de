"""Findings as a report of GitLab's Code Quality, which a merge request shows at the changed lines."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report.finding import by_place, fingerprints, relative, sentence

# GitLab's own: info, minor, major, critical, blocker
_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """An array with an entry for each finding; a flag's place is the flag itself, as GitLab wants some path."""
    ordered = by_place(diagnostics)
    entries = [
        {
            "description": sentence(finding),
            "check_name": finding.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": relative(finding.spans[0].source) if finding.spans else "values",
                "lines": {"begin": max(1, finding.spans[0].line) if finding.spans else 1},
            },
        }
        for finding, fingerprint in zip(ordered, fingerprints(ordered), strict=True)
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
