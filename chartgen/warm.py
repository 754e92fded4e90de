"""`compile`, for programs that make charts, any number of them: what they have in common is worked out once."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

from chartgen.baseline import kept
from chartgen.chart import Chart
from chartgen.compiler import Memory, Options, Values, compile_sources, read
from chartgen.values.traces import Traces

# answers of each rule and each template: as many as there are kinds of clusters in use at once
_ANSWERS = 8
# expressions of users' templates, which are all kept; from then on it begins anew
_EXPRESSIONS = 10_000


class _Thread(threading.local):
    memory: Memory | None = None


_thread = _Thread()


def memory() -> Memory:
    """What charts that this thread compiled may have in common with the next."""
    known = _thread.memory
    if known is None or len(known.late.expressions) > _EXPRESSIONS:
        known = _thread.memory = Memory(Traces(_ANSWERS))
    return known


def compile(
    given: Values | Sequence[Values],
    *,
    strict: bool = True,
    late: Sequence[str] = (),
    kube_version: str | None = None,
    name: str = "consul",
    version: str = "0.1.0",
) -> Chart:
    """Compiles values (a mapping, a file's path, or several of them, the last winning) into a chart. What is kept beside the
    last file of how its objects run is held to.

    With `strict` off, unknown keys and doubtful shapes are warnings (`Chart.diagnostics`) instead of errors. What a chart has
    in common with those that were compiled before in this thread is not worked out again.
    Raises Rejected with every finding.
    """
    several = [given] if isinstance(given, (Mapping, str, os.PathLike)) else list(given)
    last = several[-1] if several else {}
    files = () if isinstance(last, Mapping) else (os.fspath(last),)
    options = Options(
        strict=strict, late=tuple(late), kube_version=kube_version, name=name, version=version,
        alterations=kept.held(files, None),
    )  # fmt: skip
    return compile_sources(read(given), options, memory())
