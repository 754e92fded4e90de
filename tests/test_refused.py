"""What an API server refuses, found offline at the user's value, by a check as by a build; and the like that it admits."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

import pytest
import yaml12

import chartgen
from chartgen import compiler
from chartgen.diagnostics import any_error
from chartgen.kubernetes import objects

FOLDER = Path(__file__).parent / "cases" / "api_server"
CASES: dict[str, dict[str, Any]] = {
    name: case
    for file in sorted(FOLDER.glob("*.yaml"))
    for name, case in yaml12.parse_yaml(file.read_text(encoding="utf-8")).items()
}
# the rest of what is on in all of them
BASE = {
    "global": {"tls": {"enabled": True}, "acls": {"manageSystemACLs": True}},
    "connectInject": {"disruptionBudget": {"enabled": True}},
}


def verdict(values: Any) -> compiler.Checked:
    return compiler.verdict(compiler.read([BASE, values]), compiler.Options())


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str) -> None:
    values = CASES[name]["refused"]
    errors = [one for one in verdict(values).diagnostics if one.severity == "error"]
    assert errors
    # at a value that the case sets
    assert all(one.path and one.path[0] in values for one in errors)
    with pytest.raises(chartgen.Rejected):
        chartgen.compile([BASE, values])


@pytest.mark.parametrize("name", CASES)
def test_admitted(name: str) -> None:
    values = CASES[name]["admitted"]
    assert not any_error(verdict(values).diagnostics)
    for _, data in chartgen.compile([BASE, values]).objects():
        assert [*objects.refusals(data)] == []


def noise(size: int) -> str:
    """Text that does not compress."""
    return base64.b64encode(random.Random(size).randbytes(size)).decode()


def certificates(count: int) -> list[str]:
    return [
        f"-----BEGIN CERTIFICATE-----\n{noise(5000 + one)}\n-----END CERTIFICATE-----\n"
        for one in range(count)
    ]


def test_text_that_no_object_holds() -> None:
    config = {"ui_config": {"dashboard_url_templates": {"service": noise(800_000)}}}
    found = verdict({"server": {"extraConfig": config}}).diagnostics
    assert "refused-by-kubernetes" in {one.code for one in found}
    path = ("server", "extraConfig", "ui_config", "dashboard_url_templates", "service")
    assert path in {one.path for one in found if "bytes in one object" in one.message}


@pytest.mark.parametrize(("count", "severities"), [(8, []), (24, ["warning"]), (30, ["error"])])
def test_how_near_a_release_is_to_its_bound(count: int, severities: list[str]) -> None:
    found = verdict({"global": {"trustedCAs": certificates(count)}}).diagnostics
    told = [one for one in found if one.code == "release-too-large"]
    assert [one.severity for one in told] == severities
    assert all("% of what a Secret holds" in one.message for one in told)
