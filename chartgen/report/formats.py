"""The formats that findings are written in, by name: one a module."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chartgen.diagnostics import Diagnostic
from chartgen.report import concise, github, gitlab, json, junit, rdjson, sarif, text

FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": text.written,
    "concise": concise.written,
    "json": json.written,
    "github": github.written,
    "gitlab": gitlab.written,
    "sarif": sarif.written,
    "junit": junit.written,
    "rdjson": rdjson.written,
}
