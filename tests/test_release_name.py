"""How long a release's name may be: the chart itself refuses a longer one, with the number, and so does `render`."""

from __future__ import annotations

from pathlib import Path

import helm_python
import pytest

import chartgen
from chartgen.kubernetes import names
from tests import engine

EVERYTHING = {
    "global": {
        "tls": {"enabled": True},
        "acls": {"manageSystemACLs": True},
        "gossipEncryption": {"autoGenerate": True},
    },
    "server": {"exposeService": {"enabled": True}},
    "client": {"enabled": True},
    "ingressGateways": {"enabled": True},
    "meshGateway": {"enabled": True},
}
SETS = {
    "default": {},
    "everything": EVERYTHING,
    "renamed": {"nameOverride": "mesh"},
    "a gateway": {
        "ingressGateways": {"enabled": True, "gateways": [{"name": "gateway-of-the-frankfurt-region"}]}
    },
}


def too_long(chart: chartgen.Chart, release: str) -> set[str]:
    return {
        text
        for _, data in chart.objects(release, "default", upgrade=True)
        for text, most in names.lengths(data)
        if len(text) > most
    }


@pytest.mark.parametrize("name", SETS)
def test_the_longest_fits_and_one_more_does_not(name: str, tmp_path: Path) -> None:
    chart = chartgen.compile(SETS[name])
    assert chart.release_name is not None
    most = chart.release_name.most
    assert not too_long(chart, "r" * most)
    assert any(text.endswith(chart.release_name.ending) for text in too_long(chart, "r" * (most + 1)))
    folder = chart.write(tmp_path / "consul")
    assert engine.render(folder, release="r" * most)
    with pytest.raises(helm_python.HelmError, match=f"takes at most {most} characters"):
        engine.render(folder, release="r" * (most + 1))


def test_dots(tmp_path: Path) -> None:
    with pytest.raises(helm_python.HelmError, match="has a dot"):
        engine.render(chartgen.compile({}).write(tmp_path / "consul"), release="my.consul")


def test_a_chart_with_a_name_of_its_own_takes_any_release(tmp_path: Path) -> None:
    chart = chartgen.compile({"global": {"name": "consul"}})
    assert chart.release_name is None
    assert engine.render(chart.write(tmp_path / "consul"), release="r" * 53)


def test_lenient_charts_take_what_the_official_one_takes(tmp_path: Path) -> None:
    assert engine.render(chartgen.compile({}, strict=False).write(tmp_path / "consul"), release="r" * 53)


def test_what_follows_a_releases_name_leaves_it_a_letter() -> None:
    with pytest.raises(chartgen.Rejected) as caught:
        chartgen.compile({"nameOverride": "n" * 40})
    assert [(told.code, told.path) for told in caught.value.diagnostics] == [
        ("name-too-long", ("nameOverride",))
    ]
