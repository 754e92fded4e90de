"""Findings as SARIF 2.1.0, as code scanning takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chartgen.diagnostics import Diagnostic, Span, dotted
from chartgen.report import meanings
from chartgen.report.finding import by_place, fingerprints, is_file, relative, sentence
from chartgen.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def written(diagnostics: Sequence[Diagnostic]) -> str:
    """A log of one run: stable rule ids, relative paths, a fingerprint for each finding."""
    ordered = by_place(diagnostics)
    codes = sorted({finding.code for finding in ordered})
    driver = {
        "name": "chartgen",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, codes.index(finding.code), fingerprint)
                    for finding, fingerprint in zip(ordered, fingerprints(ordered), strict=True)
                ],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    meaning = meanings.of(code)
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "fullDescription": {"text": meaning},
        "help": {
            "text": f"{meaning} `chartgen explain {code}` says more.",
            "markdown": meanings.page(code),
        },
    }


def _result(finding: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    name = dotted(finding.path)
    places: list[dict[str, Any]] = [
        {"physicalLocation": _place(span)} for span in finding.spans if is_file(span)
    ]
    if name:
        places = places or [{}]
        places[0]["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "member"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": sentence(finding)},
        "locations": places[:1],
        "relatedLocations": [
            *places[1:],
            *(
                {"physicalLocation": _place(span)}
                for part in finding.parts
                for span in part.spans[:1]
                if is_file(span)
            ),
        ],
        "partialFingerprints": {"chartgen/v1": fingerprint},
    }


def _place(span: Span) -> dict[str, Any]:
    from pathlib import Path
    from urllib.parse import quote

    path = relative(span.source)
    uri = Path(path).as_uri() if Path(path).is_absolute() else quote(path)
    region = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    if span.end_column > span.column:
        region["endColumn"] = span.end_column
    return {"artifactLocation": {"uri": uri}, "region": region}
