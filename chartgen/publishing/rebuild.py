"""Makes a published chart again, and says where it is another one.

A chart carries what it was made of: its values in values.yaml, the flags, the version of chartgen and what it says of its
changes in the annotations of its Chart.yaml.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from chartgen.chart import metadata, packed
from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.sides import carried
from chartgen.values import source
from chartgen.version import __version__

if TYPE_CHECKING:
    from chartgen.alter import Baseline
    from chartgen.chart import Chart

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Verified:
    """A chart that was made again: its name, version and digest, the flags that it was made with, and where it is another
    one."""

    name: str
    version: str
    inputs: str
    findings: tuple[Diagnostic, ...]
    flags: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether what is there is, to the byte, what its inputs make."""
        return not self.findings


def verified(path: str) -> Verified:
    """Makes the chart in a folder or archive again, of what it carries, and compares to the byte.

    Raises Rejected for what is no chart, or none that this chartgen can make again.
    """
    there = packed.files(Path(path))
    meta = source.read_text(there["Chart.yaml"], f"{path}/Chart.yaml").data
    annotations = meta.get("annotations")
    if not isinstance(annotations, dict) or metadata.COMPILER not in annotations:
        _reject(
            "not-compiled",
            f"{path} does not say of what it was made",
            path,
            expected=f"the annotations {metadata.COMPILER} and {metadata.INPUTS} in its Chart.yaml",
            hint="only charts that chartgen compiled can be made again",
        )
    made_by = str(annotations[metadata.COMPILER])
    if made_by != __version__:
        _reject(
            "made-by-another",
            f"chartgen {made_by} made it, and this is {__version__}: what another one makes may be another chart",
            path,
            hint=f"pip install 'chartgen=={made_by}', and verify it with that",
        )
    chart = _again(path, there, meta, annotations)
    own = {name: text.encode() for name, text in chart.files.items()}
    found = [*_different(path, there, own)]
    if not found and Path(path).is_file() and Path(path).read_bytes() != chart.archive():
        found = [_told(path, "the archive holds the same files, and is packed in another way")]
    return Verified(
        chart.name, chart.version, chart.chart_yaml["annotations"][metadata.INPUTS], tuple(found), chart.flags
    )


def _again(
    path: str, there: Mapping[str, bytes], meta: Mapping[str, Any], annotations: Mapping[str, Any]
) -> Chart:
    try:
        chart = carried.compiled(path, there, meta, _baseline(path, annotations))
    except Rejected as rejected:
        first = rejected.diagnostics[0]
        _reject(
            "cannot-be-rebuilt",
            f"the values in {path} are rejected: {first.message}",
            path,
            hint="values.yaml of the chart is not what it was made of",
        )
    return chart._replace(
        changes=metadata.changes_in(annotations), sign_key=metadata.sign_key_in(annotations)
    )


def _baseline(path: str, annotations: Mapping[str, Any]) -> Baseline | None:
    """What was adopted, as the chart itself spells it for the release that it was adopted from; None where nothing was."""
    said = metadata.adopted_from(annotations)
    if said is None:
        return None
    from chartgen.sides import charts

    return charts.as_it_runs(path, *said)


def _different(path: str, there: Mapping[str, bytes], own: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    for name in sorted({*there, *own}):
        if name not in own:
            yield _told(f"{path}/{name}", f"{name} is in the chart, and is not made by its values")
        elif name not in there:
            yield _told(f"{path}/{name}", f"{name} is made by the chart's values, and is not in it")
        elif there[name] != own[name]:
            yield _in_lines(path, name, there[name], own[name])


def _in_lines(path: str, name: str, there: bytes, own: bytes) -> Diagnostic:
    """The first line that is another, and how many are."""
    old, new = (data.decode("utf-8", errors="replace").splitlines() for data in (there, own))
    blocks = [
        step
        for step in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if step[0] != "equal"
    ]
    if not blocks:
        return _told(f"{path}/{name}", f"{name} has other ends of lines than its values make")
    _, first, last, start, end = blocks[0]
    lines = sum(max(block[2] - block[1], block[4] - block[3]) for block in blocks)
    count = "a line" if lines == 1 else f"{lines} lines"
    line = old[first] if first < len(old) else ""
    return Diagnostic(
        "chart-differs",
        f"{name} is another than its values make, in {count}",
        spans=(Span(f"{path}/{name}", first + 1, 1, len(line) + 1, line),),
        found=_short(old[first:last]),
        expected=_short(new[start:end]),
    )


def _short(lines: list[str]) -> str:
    text = lines[0].strip() if lines else "no line here"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _told(place: str, message: str) -> Diagnostic:
    return Diagnostic("chart-differs", message, spans=(Span(place, 0, 0),))


def _reject(code: str, message: str, path: str, **details: Any) -> NoReturn:
    raise Rejected([Diagnostic(code, message, spans=(Span(path, 0, 0),), **details)])
