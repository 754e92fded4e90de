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


@pytest.mark.parametrize("name", [name for name in CASES if "since" in CASES[name]])
def test_what_newer_versions_take(name: str) -> None:
    values, since = CASES[name]["refused"], CASES[name]["since"]

    def errors(minor: int) -> bool:
        read = compiler.read([BASE, values])
        return any_error(compiler.verdict(read, compiler.Options(kube_version=f"1.{minor}")).diagnostics)

    assert errors(since - 1)
    assert not errors(since)
    assert chartgen.compile([BASE, values], kube_version=f"1.{since}").objects()
    with pytest.raises(chartgen.Rejected):
        chartgen.compile([BASE, values], kube_version=f"1.{since - 1}")


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ({"server": {"securityContext": {"supplementalGroupsPolicy": "Strict"}}}, 33),
        ({"server": {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}}, 30),
        ({"ui": {"service": {"additionalSpec": {"trafficDistribution": "PreferSameZone"}}}}, 34),
        ({"ui": {"service": {"additionalSpec": "trafficDistribution: PreferClose"}}}, 31),
    ],
)
def test_fields_that_older_versions_have_not(values: Any, since: int) -> None:
    def codes(minor: int) -> list[str]:
        read = compiler.read([values])
        found = compiler.verdict(read, compiler.Options(kube_version=f"1.{minor}")).diagnostics
        return [one.code for one in found if one.severity == "error"]

    assert codes(since - 1) == ["refused-by-kubernetes"]
    assert codes(since) == []


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
