"""Any text comes out of Helm where it belongs and as it went in, whatever setting it is given to, or it is refused.

All settings that take text get the same one at once, in a few charts that have every component on between them.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import values
from chartgen.render import scalar
from chartgen.values import source
from tests import compiled, engine, strings
from tests.strings import Place

# (sets of values that are laid over one another, settings that are left as they are)
Context = tuple[tuple[str, ...], tuple[Place, ...]]
# what a rule refuses, or what switches the component off, in some of the contexts
MESH_SERVICE: Place = ("meshGateway", "consulServiceName")
INGRESS: Place = ("ingressGateways", "gateways", 0, "name")
TERMINATING: Place = ("terminatingGateways", "gateways", 0, "name")
IMAGE: Place = ("global", "image")
GIVEN_CERTIFICATE: Place = ("server", "serverCert", "secretName")
CONTEXTS: dict[str, Context] = {
    "whole": (
        ("policies-whole", "servers-tuned", "clients-tuned", "snapshots-and-audit", "injector-tuned",
         "api-gateway-tuned", "cni-multus", "sync-tuned", "mesh-gateway-tuned", "ingress-gateways-tuned",
         "terminating-gateways-tuned", "telemetry-tuned", "dns-tuned", "ui-ingress"),
        (MESH_SERVICE, TERMINATING),
    ),
    "vault": (("vault-whole",), (MESH_SERVICE, INGRESS)),
    "secondary": (("federation-secondary-tuned", "exposed-servers"), (MESH_SERVICE, INGRESS)),
    "partition": (("partition-named",), (MESH_SERVICE, INGRESS, ("server",))),
    "datadog": (("datadog-udp", "mesh-gateway-service"), (IMAGE,)),
    "jobs": (("mesh-gateway-tuned", "argocd", "generated-manifests"),
             (MESH_SERVICE, GIVEN_CERTIFICATE, ("global", "gossipEncryption", "secretName"),
              ("global", "gossipEncryption", "secretKey"))),
}  # fmt: skip
# names of objects, which Kubernetes limits
NAMES: set[Place] = {("nameOverride",), ("fullnameOverride",), ("global", "name")}
# text that a script writes to a file
CERTIFICATES: set[Place] = {("global", "trustedCAs", 0), ("server", "snapshotAgent", "caCert")}
# what a user's text is trimmed of before it is used: quotes around a selector, which a shell would have taken away
TRIMMED: set[Place] = {
    ("connectInject", "aclBindingRuleSelector"),
    ("global", "metrics", "prefixFilter", "allowList", 0),
    ("global", "metrics", "prefixFilter", "blockList", 0),
}
# where the shell expands `${NAME}`, as users expect
EXPANDED: Place = ("client", "nodeMeta")
# deeper settings are those of Kubernetes' own objects, many times over
DEPTH = 7
# one entry stands for all configuration of an agent, which goes through as a whole
AGENT: tuple[Place, ...] = (
    ("server", "extraConfig", "node_meta", "note"),
    ("client", "extraConfig", "node_meta", "note"),
)
# settings in which any text is refused, or counts as no more than on, or reaches no object
SWITCHES = {"enabled", "enableRedirection", "defaultEnabled"}
WITHOUT_TEXT: tuple[Place, ...] = (
    ("global", "imagePullPolicy"),  # one of three words
    ("global", "metrics", "datadog", "dogstatsd", "dogstatsdTags"),  # key:value
    ("global", "metrics", "datadog", "namespace"),  # Datadog's own objects, made elsewhere
    ("connectInject", "disruptionBudget", "maxUnavailable"),  # a number
    ("syncCatalog", "metrics", "port"),  # a number
    ("global", "secretsBackend", "vault", "adminPartitionsRole"),  # only in a named partition
    # the official chart does nothing with these either
    ("connectInject", "apiGateway", "serviceAccount", "annotations"),
    # of these only memory and CPU
    ("connectInject", "sidecarProxy", "resources"),
    ("connectInject", "initContainer", "resources"),
)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

HOSTILE = [
    'a"b\'c\\d{{e}}f$g`h#i #j: k %l@m!n&o*p|q>r<s(t)u[v]w~x?y=z,1;2 {{ .Release.Name }}-$(id)',
    "yes", " lead", "trail ", '"', "'", "{{", "}}", "{{- end }}", "1e3", "0755", "0x1f", "~", "-", "null", "12:30:45",
    "\u00e9 \u2603 \U0001f600", "\u2028", "a\nb\n---\nc: d\n", "\n", "a\tb", "\x00", "\x1b[0m", "- x", "*a", "&a", "!x", "%",
    "@LABELS@", "$(NAMESPACE)", "\\", "a\\", '{"a": 1}', "[", "x" * 5000, "EOF", "#", "=", "<<", "{", "a{",
    "|", "@", "`id`", "a: b",
]  # fmt: skip


PLACES = (*(place for place in strings.places() if place[1:2] != ("extraConfig",)), *AGENT)


@dataclass(frozen=True)
class Marked:
    """A context with its settings, those of them that end in a shell command, and what Helm makes of the markers."""

    base: dict[str, Any]
    places: tuple[tuple[int, Place], ...]
    in_shell: frozenset[int]
    objects: list[dict[str, Any]]


def filled(base: dict[str, Any], places: tuple[tuple[int, Place], ...], text: str | None) -> dict[str, Any]:
    for number, place in places:
        base = strings.put(base, place, f"zq{number}z" if text is None else text)
    return base


def rendered(given: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    chart = chartgen.compile(given, strict=False)
    return engine.objects(chart.write(folder), release="mesh", namespace="consul", upgrade=True)


@cache
def marked(name: str) -> Marked:
    with tempfile.TemporaryDirectory() as folder:
        return _marked(name, Path(folder) / "chart")


def _marked(name: str, folder: Path) -> Marked:
    sets, apart = CONTEXTS[name]
    files = [str(compiled.ROOT / "tests" / "cases" / "compiled" / f"{one}.yaml") for one in sets]
    base = values.layer([source.read_file(file) for file in files])
    # a volume has a type; two kinds of gateways have no name in common
    for path in (("server",), ("client",), ("server", "snapshotAgent"), ("terminatingGateways", "defaults"),
                 ("terminatingGateways", "gateways", 0)):  # fmt: skip
        base = strings.put(base, (*path, "extraVolumes", 0, "type"), "secret")
    if INGRESS in apart:
        base = strings.put(base, INGRESS, "in")
    for number, gateway in enumerate(base.get("terminatingGateways", {}).get("gateways") or []):
        gateway["name"] = f"out-{number}"
    if ("global", "gossipEncryption", "secretName") not in apart:
        base.get("global", {}).get("gossipEncryption", {}).pop("autoGenerate", None)
    chosen = tuple(
        (number, place)
        for number, place in enumerate(PLACES)
        if len(place) <= DEPTH
        and place[-1] not in SWITCHES
        and not any(place[: len(one)] == one for one in (*apart, *WITHOUT_TEXT))
    )
    objects = rendered(filled(base, chosen, None), folder)
    reached = strings.markers(objects)
    in_shell = strings.markers([text for one in objects for text in strings.scripts(one)])
    there = tuple((number, place) for number, place in chosen if number in reached)
    # what reaches nothing here is left as it was
    return Marked(base, there, frozenset(in_shell), rendered(filled(base, there, None), folder))


def wrong(name: str, text: str, folder: Path) -> list[strings.Wrong]:
    """Where a text did not come out as it went in. Settings that refuse it, by rule, keep their marker."""
    context = marked(name)
    given, kept = [], set()
    for number, place in context.places:
        refused = (
            (number in context.in_shell and CONTROL.search(text))
            or (
                place in NAMES
                and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?", text) is None
            )
            or (place in CERTIFICATES and re.search(r"[$`\\]|^EOF$", text, re.MULTILINE))
            or (place in TRIMMED and text != text.strip('"'))
            or (place[:2] == EXPANDED and "$" in text)
        )
        if refused:
            kept.add(number)
        else:
            given.append((number, place))
    base = filled(context.base, tuple(one for one in context.places if one[0] in kept), None)
    objects = rendered(filled(base, tuple(given), text), folder)
    return strings.misplaced(context.objects, objects, strings.Text(text, frozenset(kept)))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_arrives(text: str, tmp_path: Path) -> None:
    assert wrong("whole", text, tmp_path / "chart") == []


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("name", [name for name in CONTEXTS if name != "whole"])
def test_hostile_text_arrives_elsewhere(name: str, number: int, tmp_path: Path) -> None:
    assert wrong(name, HOSTILE[number], tmp_path / "chart") == []


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ufdd0\ufdd1"), min_size=1, max_size=30
    )
)
def test_any_text_arrives(text: str, tmp_path: Path) -> None:
    assert wrong("whole", text, tmp_path / "chart") == []


@pytest.mark.parametrize("value", [True, 1.5], ids=str)
@pytest.mark.parametrize("name", CONTEXTS)
def test_what_is_no_text_becomes_what_go_prints(name: str, value: bool | float, tmp_path: Path) -> None:
    context = marked(name)
    # what names an object must be text, and so must what the tests find their way by
    names = {"name", "secretName", "namespace", "caCert", "openshiftSCCName", strings.KEY}
    kept = {
        number
        for number, place in context.places
        if place[-1] in names or place in NAMES | CERTIFICATES | {INGRESS, TERMINATING}
    }
    given = filled(context.base, tuple(one for one in context.places if one[0] in kept), None)
    for number, place in context.places:
        if number not in kept:
            given = strings.put(given, place, value)
    text = strings.Text("true" if value is True else str(value), frozenset(kept))
    found = strings.misplaced(context.objects, rendered(given, tmp_path / "chart"), text)
    # where it is part of no text, it may stand as it is
    assert [one for one in found if one[2] is not value and one[2] != value] == []


def test_every_setting_is_tried() -> None:
    reached = {place for name in CONTEXTS for _, place in marked(name).places}
    missing = [
        place
        for place in PLACES
        if len(place) <= DEPTH and place not in reached and place[-1] not in SWITCHES
    ]
    assert [place for place in missing if not any(place[: len(one)] == one for one in WITHOUT_TEXT)] == []


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x85", "\u2028"], ids=ascii)
def test_text_that_no_command_can_hold_is_refused(text: str) -> None:
    context = marked("whole")
    in_shell = [one for one in context.places if one[0] in context.in_shell and one[1] not in CERTIFICATES]
    assert len(in_shell) > 50
    harmless = filled(context.base, context.places, None)
    for one in in_shell[:: len(in_shell) // 5]:
        with pytest.raises(chartgen.Rejected) as caught:
            chartgen.compile(filled(harmless, (one,), text), strict=False)
        # what else is wrong with the shapes of so many markers is told as well
        errors = [found for found in caught.value.diagnostics if found.code == "unwritable-value"]
        assert [found.severity for found in errors] == ["error"] * len(errors) != []
        assert {found.path[: len(one[1]) - 1] for found in errors} == {one[1][:-1]}


@pytest.mark.parametrize("text", ["\ud800", "a\ufdd0b", "\ufdd1"], ids=ascii)
def test_text_that_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(chartgen.Rejected):
        chartgen.compile({"server": {"annotations": {"note": text}}}, strict=False)


def test_charts_of_hostile_values_pass_lint(tmp_path: Path) -> None:
    context = marked("whole")
    places = tuple(one for one in context.places if one[1] not in NAMES | CERTIFICATES | {INGRESS})
    folder = chartgen.compile(filled(context.base, places, HOSTILE[0]), strict=False).write(
        tmp_path / "chart"
    )
    assert engine.lint(folder) == []


@pytest.mark.parametrize("text", [text for text in HOSTILE if not CONTROL.search(text)], ids=ascii)
def test_words_are_those_of_a_real_shell(text: str) -> None:
    script = f"printf '%s\\0' {scalar.sh(text)} {scalar.sh_expand(text.replace('$', ''))} a\\\n b # c"
    printed = (
        subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    )
    assert strings.words(script) == ["printf", "%s\\0", *printed]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        ),
    ),
    st.integers(0, 4),
)
def test_json_on_lines_is_that_of_python(data: object, indent: int) -> None:
    escaped = scalar._ESCAPED.sub(scalar._escape, json.dumps(data, ensure_ascii=False, indent=indent))
    assert scalar.json_text(data, indent) == escaped


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.text(max_size=3), st.booleans(), st.integers()), inner, max_size=3)
        ),
    )
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_json_in_a_line_is_that_of_python(data: object) -> None:
    # what was written before is known, and another type of the same value is another one
    for each in (data, data, 1, True, 0, False, None, {"a": "b"}, {"b": "a"}, {"a": "b", "c": "\ufdd00\ufdd1\x7f"}, {"a": 1}, {"a": True}):
        written = re.sub(
            "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]",
            lambda match: f"\\u{ord(match[0]):04x}",
            json.dumps(each, ensure_ascii=False),
        )
        assert scalar.json_text(each) == written
        assert type(each) is str or scalar.finalize(each) == written


def test_what_json_does_not_have_is_refused() -> None:
    for wrong in (float("nan"), [float("inf")], {"a": float("-inf")}):
        with pytest.raises(ValueError, match="not JSON compliant"):
            scalar.json_text(wrong)
    with pytest.raises(TypeError, match="not JSON serializable"):
        scalar.json_text([object()])
