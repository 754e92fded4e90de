"""Findings as data: they survive what processes and caches do with them."""

from __future__ import annotations

import copy
import pickle

import pytest

import chartgen


def test_what_is_rejected_survives_another_process() -> None:
    with pytest.raises(chartgen.Rejected) as caught:
        chartgen.compile({"server": {"replica": 3, "replicas": "three"}})
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value), copy.deepcopy(caught.value)):
        assert isinstance(again, chartgen.Rejected)
        assert again.diagnostics == caught.value.diagnostics != ()
        assert str(again) == str(caught.value)
        assert "unknown-key: there is no value server.replica" in str(again)
