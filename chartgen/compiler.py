"""The pipeline: sources → merged values → validated → rendered documents → a chart."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from chartgen import crd, render, rules, schema, source, values
from chartgen.chart import Chart
from chartgen.diagnostics import Diagnostic, Rejected
from chartgen.late import LateBound
from chartgen.settings import settings
from chartgen.source import Source

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
    return compile_sources(read(given), strict=strict, late=late, kube_version=kube_version, name=name, version=version)


def version_pair(text: str | None) -> tuple[int, int] | None:
    """(major, minor) of a Kubernetes version such as `1.30`, `v1.30.4` or `1.30.4-gke.1`; None for none.

    Raises Rejected for text that is no version.
    """
    if text is None:
        return None
    match = re.match(r"v?(\d+)\.(\d+)(?:[.+-].*)?$", text.strip())
    if match is None:
        raise Rejected(
            [Diagnostic("bad-kube-version", "not a Kubernetes version", found=text, expected="such as 1.30 or v1.30.4")]
        )
    return int(match[1]), int(match[2])


def read(given: Values | Sequence[Values]) -> list[Source]:
    """Each input of values as a source; raises Rejected for what cannot be read."""
    several = [given] if isinstance(given, (Mapping, str, os.PathLike)) else list(given)
    return [
        source.from_mapping(one) if isinstance(one, Mapping) else source.read_file(os.fspath(one)) for one in several
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
    user = values.layer(sources)
    effective = values.effective(user, schema.defaults())
    findings = schema.check(effective, user, sources, strict=strict)
    complete = schema.complete(effective)
    facts = settings(complete)
    findings += rules.check(complete, facts, user, sources, strict=strict, kube_version=kube_version)
    errors = [one for one in findings if one.severity == "error"]
    if errors:
        raise Rejected(tuple(findings))
    bound = LateBound()
    documents = render.render(complete, facts, bound, only, version_pair(kube_version))
    return Chart(
        name=name,
        version=version,
        values=effective,
        documents=tuple(documents),
        crds=tuple(crd.documents(complete)) if not only else (),
        late=bound,
        diagnostics=tuple(findings),
        labels=render.Context(complete, facts, bound).variables()["labels"]("crd"),
    )
