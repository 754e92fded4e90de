"""The pipeline: sources → merged values → validated → rendered documents → a chart."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chartgen import render, validation, values
from chartgen.chart import Chart
from chartgen.diagnostics import Diagnostic, Rejected
from chartgen.late import LateBound
from chartgen.render import scalar
from chartgen.values import source
from chartgen.values.source import Source
from chartgen.verify import references

Values = Mapping[str, Any] | str | os.PathLike[str]


def compile(
    given: Values | Sequence[Values],
    *,
    strict: bool = True,
    late: Sequence[str] = (),
    kube_version: str | None = None,
    name: str = "consul",
    version: str = "0.1.0",
) -> Chart:
    """Compiles values (a mapping, a file's path, or several of them, the last winning) into a chart.

    With `strict` off, unknown keys and doubtful shapes are warnings (`Chart.diagnostics`) instead of errors.
    Raises Rejected with every finding of the first stage that refuses.
    """
    return compile_sources(
        read(given), strict=strict, late=late, kube_version=kube_version, name=name, version=version
    )


def read(given: Values | Sequence[Values]) -> list[Source]:
    """Each input of values as a source; raises Rejected for what cannot be read."""
    several = [given] if isinstance(given, (Mapping, str, os.PathLike)) else list(given)
    return [
        source.from_mapping(one) if isinstance(one, Mapping) else source.read_file(os.fspath(one))
        for one in several
    ]


def compile_sources(
    sources: Sequence[Source],
    *,
    strict: bool = True,
    late: Sequence[str] = (),
    kube_version: str | None = None,
    name: str = "consul",
    version: str = "0.1.0",
    only: str = "",
) -> Chart:
    """`compile` for sources that are read already."""
    if late:
        raise Rejected(
            [
                Diagnostic(
                    "late-not-built",
                    "values cannot be left open for install time yet",
                    found=", ".join(late),
                    hint="compile one chart for each value; release name and namespace are always open",
                )
            ]
        )
    valid = validation.validate(sources, strict=strict, kube_version=kube_version)
    if valid.settings is None or any(one.severity == "error" for one in valid.diagnostics):
        raise Rejected(valid.diagnostics)
    complete, facts = valid.complete, valid.settings
    bound = LateBound()
    broken: list[Diagnostic] = []
    texts: dict[str, str] = {}
    try:
        documents = render.render(complete, facts, bound, only, validation.version_pair(kube_version))
        if not only:
            texts = render.texts(complete, facts, bound, documents)
            made = render.made_secrets(complete, facts, bound)
            broken = references.check(documents, valid.effective, made, strict=strict)
    except (Rejected, AttributeError, KeyError, TypeError, ValueError) as failed:
        # what templates and checks trip over is, without `strict`, a value of another form
        misshapen = validation.misshapen(valid.diagnostics)
        told = failed.diagnostics if isinstance(failed, Rejected) else ()
        if not misshapen and not told:
            raise
        placed = [_at_value(one, sources) for one in told if one.code != "template-error" or not misshapen]
        raise Rejected([*(misshapen or valid.diagnostics), *placed]) from None
    if broken and strict:
        raise Rejected([*valid.diagnostics, *broken])
    return Chart(
        name=name,
        version=version,
        values=valid.effective,
        documents=tuple(documents),
        late=bound,
        texts=texts,
        diagnostics=(*valid.diagnostics, *broken),
    )


def _at_value(one: Diagnostic, sources: Sequence[Source]) -> Diagnostic:
    """A finding of a template about a value, at the place where the user wrote the value."""
    if one.code != "unwritable-value":
        return one
    written = [
        (len(text), path)
        for path, text in values.texts(sources)
        if text in one.found and (text == one.found or not scalar.is_shellable(text))
    ]
    path = one.path or max(written, default=(0, ()), key=lambda each: each[0])[1]
    spans = values.value_spans_of(path, sources)
    found = scalar.json_text(one.found) if not one.path else one.found
    return replace(one, path=path, found=found, spans=spans or one.spans)
