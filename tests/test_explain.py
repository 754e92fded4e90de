"""`chartgen explain`: what a setting is, what set it, and which objects it reaches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chartgen import Rejected, explain, rules, schema
from chartgen.compiler import Checked
from chartgen.explain import reach
from chartgen.report import meanings
from chartgen.values import source
from chartgen.workshop import schema_build
from tests.checked import checked

ROOT = Path(__file__).parent.parent
WHOLE = schema_build.schema(schema_build.sources(ROOT / "schema"))


def validated(text: str = "{}") -> Checked:
    return checked([source.read_text(text.encode(), "values.yaml")], strict=False)


def told(what: str, text: str = "{}") -> str:
    return explain.answer(what, validated(text))


def objects(path: str, text: str) -> set[str]:
    found = explain.setting(path)
    assert found is not None
    return {name for name, _ in reach.reached(found.path, validated(text).merged.effective, found.schema)}


def test_a_setting() -> None:
    shown = told("server.replicas", "server:\n  replicas: 5\n")
    for line in (
        r"server\.replicas",
        r"  Number of servers\. .*",
        r"  type       integer, at least 0, at most \d+",
        r"  default    1",
        r"  value      5",
        r"             set by: values\.yaml:2",
        r"  reaches    ConfigMap/RELEASE-consul-server-config  templates/server-config-configmap\.yaml",
        r"             StatefulSet/RELEASE-consul-server  templates/server-statefulset\.yaml",
        r".*server-replicas-even: An even number of servers .*",
    ):
        assert re.search(f"^{line}$", shown, re.MULTILINE), (line, shown)


def test_nothing_lists_the_sections() -> None:
    rows = told("").splitlines()[2:]
    assert [row.split()[0] for row in rows] == list(schema.document()["properties"])


def test_a_section_lists_its_keys_and_what_is_set_in_it() -> None:
    shown = told("global.tls", "global:\n  tls:\n    enabled: true\n")
    assert "global.tls.enabled: true  (values.yaml:3)" in shown
    keys = [line.split()[0] for line in shown.partition("  keys\n")[2].splitlines()]
    assert keys == list(schema.document()["properties"]["global"]["properties"]["tls"]["properties"])


@pytest.mark.parametrize(
    "name",
    [
        "ingressGateways.gateways[].service",
        "ingressGateways.gateways[0].service",
        "ingressGateways.gateways.service",
    ],
)
def test_a_key_of_a_list_entry(name: str) -> None:
    found = explain.setting(name)
    assert found is not None
    assert (found.name, found.path) == (
        "ingressGateways.gateways[].service",
        ("ingressGateways", "gateways"),
    )
    assert {"type", "ports"} <= found.keys.keys()


def test_a_list_lists_the_keys_of_its_entries() -> None:
    shown = told("ingressGateways.gateways")
    assert "keys of an entry\n    name " in shown
    assert "nothing with these values: ingressGateways.enabled is off" in shown


@pytest.mark.parametrize(
    ("path", "text", "some", "none"),
    [
        # read by templates
        ("server.extraLabels", "server: {extraLabels: {a: b}}", "StatefulSet/RELEASE-consul-server", "DaemonSet/"),
        # only through what follows from the values
        ("global.acls.manageSystemACLs", "{}", "Job/RELEASE-consul-server-acl-init", "DaemonSet/"),
        # what another value would add
        ("client.enabled", "{}", "DaemonSet/RELEASE-consul-client", "StatefulSet/RELEASE-consul-client"),
        # what it would take away
        ("ui.enabled", "{}", "Service/RELEASE-consul-ui", "DaemonSet/"),
        # of an entry: what the list reaches
        ("ingressGateways.gateways[].name", "{ingressGateways: {enabled: true}, connectInject: {enabled: true}}",
         "Deployment/RELEASE-consul-ingress-gateway", "DaemonSet/"),
    ],
)  # fmt: skip
def test_what_a_value_reaches(path: str, text: str, some: str, none: str) -> None:
    found = objects(path, text)
    assert some in found
    assert not any(name.startswith(none) for name in found)


def test_rejected_values_have_no_reach() -> None:
    assert "not known while the values are rejected" in told(
        "server.replicas", "{ingressGateways: {enabled: true}, connectInject: {enabled: false}}"
    )


def test_a_removed_setting() -> None:
    shown = told("global.bootstrapACLs")
    assert "Release 0.21.0 was the last with it" in shown
    assert "set global.acls.manageSystemACLs" in shown


@pytest.mark.parametrize(
    ("what", "meant"),
    [
        ("server.replica", "did you mean server.replicas?"),
        ("sever.replicas", "did you mean server?"),
        ("ingressGateways.gateways[].nam", "did you mean ingressGateways.gateways[].name?"),
        ("ingress-port", "did you mean ingress-ports?"),
        ("unknown-keys", "did you mean unknown-key?"),
    ],
)
def test_what_is_misspelt_is_suggested(what: str, meant: str) -> None:
    with pytest.raises(Rejected) as caught:
        told(what)
    (one,) = caught.value.diagnostics
    assert one.hint == meant


@pytest.mark.parametrize("code", sorted([*rules.by_slug(), *meanings.OTHERS]))
def test_every_code(code: str) -> None:
    shown = told(code)
    assert shown.startswith(f"{code}\n\n")
    assert "```" not in shown and len(shown) > len(code) + 20


def test_every_setting_can_be_explained() -> None:
    for leaf in schema_build.leaves(WHOLE):
        found = explain.setting(".".join(leaf.path))
        assert found is not None
        assert (found.path, found.default) == (leaf.path, leaf.default)
        assert explain.kinds(found.schema) not in ("", "any")


@pytest.mark.parametrize("width", [40, 80])
def test_it_fits_the_terminal(width: int) -> None:
    for what in ("server.replicas", "global.tls", "ingressGateways.gateways"):
        shown = explain.answer(what, validated(), width=width)
        assert max(map(len, shown.splitlines())) <= max(width, 60)
