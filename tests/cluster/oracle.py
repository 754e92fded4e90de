"""Drawn values before a cluster: whatever strict mode accepts, the API server must admit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chartgen
from tests.cluster.api import Asker, Refusal
from tests.cluster.drawing import Drawn

RELEASE, NAMESPACE = "consul", "default"
# sets that were drawn once and are asked for in each test run, so that what a run says hangs on the change that it is for
DRAWN = Path(__file__).parent / "drawn.jsonl"


@dataclass(frozen=True)
class Found:
    """A refused object, and the least of the drawn changes that makes it."""

    drawn: Drawn
    refusal: Refusal


def kind(refusal: Refusal) -> str:
    """The same for refusals of one kind, whatever the names and values are."""
    text = re.sub(r'"[^"]*"|\'[^\']*\'|`[^`]*`|\[\d+\]|\d+', "…", refusal.message)
    return f"{refusal.kind}: {text[:160]}"


def accepted(drawn: Drawn) -> tuple[Drawn, chartgen.Chart] | None:
    """What is left of the changes when those that strict mode refuses are taken away; None where nothing is."""
    for _ in range(4):
        try:
            return drawn, chartgen.compile(drawn.values)
        except chartgen.Rejected as rejected:
            blamed = {tuple(map(str, one.path)) for one in rejected.diagnostics if one.severity == "error"}
        kept = tuple(
            (path, value)
            for path, value in drawn.changes
            if not any(path[: len(one)] == one or one[: len(path)] == path for one in blamed)
        )
        if len(kept) == len(drawn.changes):
            # a contradiction with the base: the newest change goes
            kept = kept[:-1]
        if not kept:
            return None
        drawn = Drawn(drawn.base, kept)
    return None


def refusals(chart: chartgen.Chart, asker: Asker) -> Iterator[Refusal]:
    """What no server would take of a chart's objects; a definition that was posted before is passed over."""
    new = tuple(one for one in chart.documents if one.text not in asker.texts)
    objects = (data for _, data in chart._replace(documents=new).objects(RELEASE, NAMESPACE, upgrade=True))
    yield from (one for one in asker.refusals(objects, NAMESPACE) if not one.is_of_the_cluster)
    asker.texts.update(one.text for one in new if one.text)


def least(drawn: Drawn, refusal: Refusal, asker: Asker) -> Found:
    """The same refusal with as few of the changes as make it."""
    found = Found(drawn, refusal)
    number = 0
    while number < len(found.drawn.changes):
        fewer = found.drawn.without(number)
        try:
            again = list(refusals(chartgen.compile(fewer.values), asker))
        except chartgen.Rejected:
            again = []
        same = next((one for one in again if kind(one) == kind(refusal)), None)
        if same is None:
            number += 1
        else:
            found = Found(fewer, same)
    return found
