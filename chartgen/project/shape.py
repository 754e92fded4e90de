"""Holds `chartgen.yaml` against its schema (schema/_chartgen.yaml), with the findings that values get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from chartgen import bundle
from chartgen.diagnostics import Diagnostic, Path, Rejected, bounded, dotted
from chartgen.schema import fit
from chartgen.values import source
from chartgen.values.source import Source

# a variable inside of a list in brackets, where YAML takes its brace for the beginning of a map
_IN_BRACKETS = re.compile(r"\[[^\]]*\{[A-Za-z]")


def read(text: bytes, name: str) -> Source:
    """The file's data and places. Raises Rejected with all that is wrong with its names and shapes."""
    try:
        said = source.read_text(text, name)
    except Rejected as rejected:
        raise Rejected([_quoted(finding) for finding in rejected.diagnostics]) from None
    if not fit.fits(said.data, _shape(), {}):
        raise Rejected(bounded(_wrong(said)))
    return said


@cache
def _shape() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(bundle.read("schema/build_file.json"))
    return loaded


def _quoted(finding: Diagnostic) -> Diagnostic:
    """A finding of YAML's, with what to do about a variable in a list in brackets."""
    if finding.code == "yaml-syntax" and any(_IN_BRACKETS.search(span.text) for span in finding.spans):
        return finding._replace(hint="a text with a { stands in quotes between brackets")
    return finding


def _wrong(said: Source) -> Iterator[Diagnostic]:
    import jsonschema

    from chartgen.schema import validator

    whole = json.loads(bundle.read("schema/chartgen.schema.json"))
    errors = jsonschema.Draft7Validator(whole).iter_errors(said.data)
    for finding in validator.explained(errors, _unknown):
        # `fix` is for values: it does not rewrite this file
        yield validator.placed(finding, [said])._replace(mend=None)


def _unknown(path: Path, known: Mapping[str, Any], _: Any) -> Diagnostic:
    from chartgen.compiler import late_not_built
    from chartgen.schema import suggest

    key, parent = str(path[-1]), path[:-1]
    if key == "late":
        return late_not_built(dotted(path))._replace(path=path)
    near = suggest.closest(key, sorted(known))
    return Diagnostic(
        "unknown-key",
        f"there is no key {dotted(path)}",
        path=path,
        found=key,
        expected=f"a key of {dotted(parent)}" if parent else "a section",
        hint=f"did you mean {near}?" if near else "known here: " + ", ".join(known),
    )
