"""A process may compile any number of charts, in any order and several threads: each is what it would be alone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import chartgen
from chartgen import Rejected, compiler, warm
from tests.test_traces import OBSERVED, Result

SOME = OBSERVED[::3]


def compiled(path: Path) -> Result:
    try:
        chart = chartgen.compile(path)
    except Rejected as rejected:
        return rejected.diagnostics, b""
    return chart.diagnostics, chart.archive()


def alone(path: Path) -> Result:
    try:
        chart = compiler.compile_sources(compiler.read(path), compiler.Options())
    except Rejected as rejected:
        return rejected.diagnostics, b""
    return chart.diagnostics, chart.archive()


def test_each_chart_is_what_it_is_alone() -> None:
    expected = {path: alone(path) for path in SOME}

    def all_of_them(seed: int) -> None:
        order = [*SOME]
        random.Random(seed).shuffle(order)
        for path in order:
            assert compiled(path) == expected[path], path

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(all_of_them, range(2)))


def test_what_changes_hands_changes_nothing() -> None:
    values: dict[str, Any] = {"server": {"replicas": 3}, "client": {"nodeMeta": {"rack": "a"}}}
    first = chartgen.compile(values).files
    values["client"]["nodeMeta"]["rack"] = "b"
    assert chartgen.compile(values).files != first
    values["client"]["nodeMeta"]["rack"] = "a"
    assert chartgen.compile(values).files == first


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_EXPRESSIONS", 20)
    for number in range(40):
        text = f"a: '{{{{ trunc {number + 9} .Release.Name }}}}'\n"
        chartgen.compile({"server": {"annotations": text}})
    assert len(warm.memory().late.expressions) <= 25
