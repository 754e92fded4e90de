"""Users' templates: every setting in which Helm expands them, in every spelling, comes out of Helm as the plain form does.

The objects of a plain map or list are the yardstick; whatever a text cannot be rendered for is refused by `check`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml12

import chartgen
from chartgen.diagnostics import Rejected
from chartgen.schema import templated
from chartgen.values import source
from tests import compiled, engine, strings
from tests.checked import checked

Leaf = Callable[[str], str]

# values with all templated settings on between them
BASES: dict[str, dict[str, Any]] = {
    "whole": {
        "global": {"tls": {"enabled": True}, "acls": {"manageSystemACLs": True}},
        "server": {"exposeService": {"enabled": True}},
        "client": {"enabled": True},
        "connectInject": {"enabled": True},
        "syncCatalog": {"enabled": True},
        "meshGateway": {"enabled": True, "service": {"enabled": True}},
        "ingressGateways": {"enabled": True, "gateways": [{"name": "in"}, {"name": "in-too"}]},
        "terminatingGateways": {"enabled": True, "gateways": [{"name": "out"}, {"name": "out-too"}]},
        "telemetryCollector": {"enabled": True},
        "dns": {"enabled": True},
        "ui": {"enabled": True, "ingress": {"enabled": True, "hosts": [{"host": "a.example"}]}},
    },
    "vault": dict(source.read_file(str(compiled.ROOT / "tests/cases/compiled/vault-whole.yaml")).data),
}
NOTES = {"example.com/team": "infra", "note": "a: b # c"}
AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "role", "operator": "In", "values": ["consul", "mesh"]}]}
            ]
        }
    }
}
SPREAD = [
    {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "consul", "release": "mesh"}},
    }
]
# by the last part of the setting's path
PLAIN: dict[str, Any] = {
    "annotations": NOTES,
    "agentAnnotations": NOTES,
    "affinity": AFFINITY,
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "mesh", "effect": "NoSchedule"}],
    "topologySpreadConstraints": SPREAD,
    "nodeSelector": {"kubernetes.io/arch": "amd64", "zone": "mesh"},
    "resources": {
        "requests": {"memory": "200Mi", "cpu": "100m"},
        "limits": {"memory": "300Mi", "cpu": "200m"},
    },
    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
    "namespaceSelector": {"matchLabels": {"team": "mesh"}},
    "additionalSpec": {"sessionAffinity": "ClientIP", "externalTrafficPolicy": "Local"},
    "extraConfig": {"node_meta": {"rack": "mesh", "note": "a: b # c"}, "leave_on_terminate": True},
    "additionalConfig": {"connect": [{"ca_config": [{"leaf_cert_ttl": "36h"}]}]},
    "customExporterConfig": {"receivers": {"otlp": {}}, "exporters": {"note": "mesh"}},
}
CONFIGS = ("extraConfig", "additionalConfig", "customExporterConfig")


def place(path: str) -> strings.Place:
    out: list[str | int] = []
    for part in path.split("."):
        out += [part.removesuffix("[]"), 0] if part.endswith("[]") else [part]
    return tuple(out)


PLACES = [place(path) for path in sorted(templated.paths())]
OF_VAULT = ("global", "secretsBackend")


def places(context: str) -> list[strings.Place]:
    return [one for one in PLACES if (one[:2] == OF_VAULT) == (context == "vault")]


def objects(given: Any, *, upgrade: bool = False) -> dict[str, Any]:
    """What the engine renders, by kind and name."""
    return rendered(chartgen.compile(given, strict=False), upgrade=upgrade)


def rendered(chart: chartgen.Chart, *, upgrade: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        found = engine.objects(
            chart.write(Path(folder) / "c"), release="mesh", namespace="consul", upgrade=upgrade
        )
    return by_identity(found)


def by_identity(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Objects by kind and name, without what sums up a text, and with JSON in it read."""
    return {
        f"{one['kind']}/{one['metadata']['name']}": comparable(one)
        for one in found
        # holds the values as they are spelt; custom resources have no templates
        if one["metadata"]["name"] != "helm-values" and one["kind"] != "CustomResourceDefinition"
    }


def comparable(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: comparable(item)
            for key, item in node.items()
            if not key.endswith("checksum") and item not in (None, "", {}, [])
        }
    if isinstance(node, list):
        return [comparable(item) for item in node]
    if isinstance(node, str) and node.strip()[:1] in ("{", "["):
        try:
            return json.loads(node)
        except ValueError:
            return node
    return node


def everywhere(name: str, spell: Callable[[Any, strings.Place], Any]) -> dict[str, Any]:
    """The set with each templated setting spelt, the users' own values beside them."""
    given = {**BASES[name], "mine": {str(number): plain(one) for number, one in enumerate(PLACES)}}
    for one in places(name):
        given = strings.put(given, one, spell(plain(one), one))
    return given


def plain(at: strings.Place) -> Any:
    return PLAIN[str(at[-1])]


@cache
def yardstick(name: str, *, upgrade: bool = False) -> dict[str, Any]:
    return objects(everywhere(name, lambda data, _: data), upgrade=upgrade)


def block(data: Any, leaf: Leaf, indent: str = "") -> str:
    """Block YAML, each scalar and key written by `leaf`."""
    if isinstance(data, dict) and data:
        return "".join(
            f"{indent}{key}: {inner}\n" if not nested else f"{indent}{key}:\n{inner}"
            for key, item in data.items()
            for nested in [isinstance(item, (dict, list)) and bool(item)]
            for inner in [block(item, leaf, indent + "  ") if nested else scalar(item, leaf)]
        )
    if isinstance(data, list) and data:
        return "".join(
            indent + "- " + block(item, leaf, indent + "  ").lstrip() if isinstance(item, dict)
            else f"{indent}- {scalar(item, leaf)}\n" for item in data
        )  # fmt: skip
    return scalar(data, leaf)


def scalar(data: Any, leaf: Leaf) -> str:
    return leaf(data) if isinstance(data, str) else json.dumps(data)


def flow(data: Any, leaf: Leaf) -> str:
    """JSON, each text written by `leaf`."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {flow(item, leaf)}" for key, item in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(flow(item, leaf) for item in data) + "]"
    return scalar(data, leaf)


def quoted_keys(data: Any, leaf: Leaf, indent: str = "") -> str:
    if isinstance(data, dict):
        return block({json.dumps(key): item for key, item in data.items()}, leaf, indent)
    return block(data, leaf, indent)


def of_release(text: str) -> str:
    return text.replace("mesh", "{{ .Release.Name }}")


Spelling = Callable[[Any, strings.Place], str]
# spelling → (text of YAML, text of JSON for a configuration file)
SPELLINGS: dict[str, tuple[Spelling, Spelling]] = {}


def spelling(name: str, leaf: Leaf, write: Callable[[Any, Leaf], str] = block, around: str = "{}") -> None:
    SPELLINGS[name] = (
        lambda data, _: around.replace("{}", write(data, leaf), 1),
        lambda data, _: around.replace("{}", flow(data, leaf) + "\n", 1),
    )


def shaped(name: str, text: str) -> None:
    """A spelling in which an action makes the whole; NUMBER stands for the number of the setting."""
    filled: Spelling = lambda _, at: text.replace("NUMBER", str(PLACES.index(at)))  # noqa: E731
    in_json = filled if "Json" in text else lambda data, at: filled(data, at).replace("toYaml", "toJson")
    SPELLINGS[name] = filled, in_json


spelling("the release's name in quotes", lambda text: json.dumps(of_release(text)))
spelling("keys in quotes", lambda text: json.dumps(of_release(text)), quoted_keys)
spelling("an action for each scalar", lambda text: f"{{{{ {json.dumps(text)} | quote }}}}")
spelling("raw strings", lambda text: f"{{{{ `{json.dumps(text)}` }}}}")
spelling("JSON text", lambda text: json.dumps(of_release(text)), flow)
spelling("actions in flow lists", lambda text: f"{{{{ {json.dumps(text)} | toJson }}}}", flow)
spelling("printf", lambda text: f'{{{{ printf "%q" {json.dumps(text)} }}}}')
spelling("trim markers", lambda text: f'{{{{- print " " ({json.dumps(text)} | quote) -}}}}\n', flow)
spelling("if around all", json.dumps, around="{{- if true }}\n{}{{- end }}\n")
spelling(
    "if of the installation", json.dumps, around="{{ if .Release.Name | hasPrefix `x` | not }}\n{}{{ end }}\n"
)
spelling(
    "else of the installation",
    json.dumps,
    around="{{ if .Release.Revision | lt 5 }}a: b{{ else }}\n{}{{ end }}\n",
)
spelling(
    "a variable",
    lambda text: "{{ $x | replace `text` " + json.dumps(text) + " | quote }}",
    around="{{- $x := `text` }}\n{}",
)
spelling(
    "with",
    lambda text: "{{ $.Values.mine | toString | trunc 0 }}" + json.dumps(text),
    around="{{ with .Values.mine }}\n{}{{ end }}",
)
spelling("a range of one", json.dumps, around="{{ range list 1 }}\n{}{{ end }}")
spelling(
    "a template of its own", json.dumps, around='{{ define "mine" }}\n{}{{ end }}{{ template "mine" . }}'
)
spelling(
    "include of its own",
    json.dumps,
    around='{{ define "mine" }}\n{}{{ end }}{{ include "mine" . | nindent 2 }}',
)
spelling(
    "comments", json.dumps, around="{{- /* a comment with }} in it */ -}}\n{}{{/* and one at the end */}}"
)
spelling(
    "an action that only Helm works out",
    json.dumps,
    around="{{ if regexMatch `z$` .Release.Name | not }}\n{}{{ end }}",
)
spelling("of the cluster", json.dumps, around="{{ if not (lookup `v1` `Secret` `a` `b`) }}\n{}{{ end }}")
spelling("windows line ends", json.dumps, around="{{- if true }}\r\n{}{{- end }}\r\n")
spelling("single quotes", lambda text: f"'{of_release(text)}'")
SPELLINGS["single quotes"] = SPELLINGS["single quotes"][0], SPELLINGS["JSON text"][1]
shaped("toYaml", '{{ toYaml (index .Values.mine "NUMBER") | nindent 2 }}')
shaped("toYaml in a pipeline", '{{ index .Values.mine "NUMBER" | toYaml }}')
shaped("toJson", '{{ get .Values.mine "NUMBER" | toJson }}')
shaped("tpl", '{{ tpl (toYaml (index .Values.mine "NUMBER")) . }}')
shaped("with toJson", '{{ with index .Values.mine "NUMBER" }}{{ toJson . }}{{ end }}')
shaped(
    "an own value through the engine",
    '{{ if .Release.IsInstall }}{{ end }}{{ toJson (index .Values.mine "NUMBER") }}',
)


def spelt(name: str) -> Callable[[Any, strings.Place], Any]:
    in_yaml, in_json = SPELLINGS[name]
    return lambda data, at: (in_json if at[-1] in CONFIGS else in_yaml)(data, at)


@pytest.mark.parametrize("context", BASES)
def test_every_templated_setting_reaches_an_object(context: str) -> None:
    """Else the comparison below would say nothing about it."""

    def marked(data: Any, at: strings.Place) -> Any:
        mark = {f"zq{PLACES.index(at)}z": "x"}
        return [mark] if isinstance(data, list) else mark

    reached = strings.markers(objects(everywhere(context, marked)))
    silent = [one for number, one in enumerate(PLACES) if one in places(context) and number not in reached]
    # those of the gateway itself stand in their place
    assert [one for one in silent if "defaults" not in one] == []


@pytest.mark.parametrize("context", BASES)
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_means_what_the_plain_form_means(name: str, context: str) -> None:
    """In Helm, and in what `render` prints, which says so where it cannot tell."""
    chart = chartgen.compile(everywhere(context, spelt(name)), strict=False)
    made = rendered(chart)
    wanted = yardstick(context)
    assert made.keys() == wanted.keys()
    for identity, one in wanted.items():
        assert made[identity] == one, identity
    try:
        text = chart.manifests("mesh", "consul", every_hook=True)
        printed = [yaml12.parse_yaml(one) for one in text.split("---\n")[1:]]
    except Rejected as rejected:
        assert [one.code for one in rejected.diagnostics] == ["needs-helm"]
        assert name in ONLY_HELM
    else:
        assert by_identity(printed) == made
        assert name not in ONLY_HELM


ONLY_HELM = ("an action that only Helm works out", "of the cluster", "else of the installation")


def findings(text: str, *, strict: bool = True) -> list[tuple[str, str]]:
    """(code, what is underlined) of each finding."""
    read = [source.read_text(text, "values.yaml")]
    return [
        (one.code, one.spans[0].text[one.spans[0].column - 1 : one.spans[0].end_column - 1])
        for one in checked(read, strict=strict).diagnostics
        if one.severity != "note"
    ]


@pytest.mark.parametrize(
    "text",
    [
        # text for other programs, in the two ways that Go has
        "server: {annotations: 'a: \"{{ `{{Service.Name}}` }}\"'}",
        "server:\n  annotations: |\n    a: '{{ \"{{ .Data.token }}\" }}'\n",
        'server:\n  extraConfig: |\n    {"node_meta": {"a": {{ .Release.Name | quote }}}}\n',
        "server: {nodeSelector: 'zone: {{ .Values.global.datacenter }}'}",
        "server: {annotations: '{{- /* }} */ -}}'}",
        # a value of one's own, however it is asked for
        "server: {annotations: 'a: {{ .Values.myteam }}'}\nmyteam: infra",
        "server: {annotations: 'a: {{ $.Values.my.team | upper }}'}\nmy: {team: infra}",
        'server: {annotations: \'a: {{ index .Values "my-team" "name" }}\'}\nmy-team: {name: infra}',
        "server: {annotations: 'a: {{ .Values.server.owner }}', owner: infra}",
        # off, so that no one reads it
        "server: {enabled: false}\nexternalServers: {enabled: true, hosts: [a.example]}\nui: {enabled: false}\n"
        "client: {annotations: '{{ nosuch }}'}",
    ],
)
def test_what_the_official_chart_takes_is_taken(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("server: {resources: '{{ nofunc 1 }}'}", "value-template-malformed", "nofunc"),
        ("server: {annotations: 'a: {{ .Values.nope }}'}", "value-template-leaves-gap", "."),
        ("server: {annotations: 'a: {{ .Env.HOME }}'}", "value-template-of-another-language", "."),
        ("server: {annotations: 'a: {{ .Values.nope.more }}'}", "value-template-malformed", "."),
        ("server: {annotations: 'a: {{ include \"consul.restrictedSecurityContext\" . }}'}",
         "value-template-malformed", '"consul.restrictedSecurityContext"'),
        ("server: {annotations: 'a: {{ .Values.global.datacenter }}: b'}", "value-template-yields-no-yaml", ":"),
        ("server: {annotations: 'a: {{ fail `no` }}'}", "value-template-malformed", "fail"),
        ("server: {nodeSelector: x}", "wrong-type", "x"),
        ("server: {tolerations: '[{key: {{ .Values.server.replicas }}}]'}", "wrong-type", "{"),
        ("server: {nodeSelector: '{{ .Release.Name }}'}", "wrong-type", "{"),
        ("server: {extraConfig: '{\"a\": {{ .Release.Name }}}'}", "extra-config-not-json", "{"),
        # nobody reads it, whatever reads another
        ("server: {annotations: 'a: {{ .Values.server.owner }}', owner: a, ownr: b}", "unknown-key", "ownr"),
        ("server: {annotations: 'a: {{ .Values.team }}'}\nteam: a\ntaem: b", "unknown-key", "taem"),
    ],
)  # fmt: skip
def test_what_no_chart_can_render_is_told(text: str, code: str, shown: str) -> None:
    found = findings(text)
    assert [one for one, _ in found] == [code]
    assert found[0][1].startswith(shown) or found[0][1] == shown


@pytest.mark.parametrize(
    "key", ["annotations", "tolerations", "affinity", "nodeSelector", "resources", "extraConfig"]
)
def test_what_only_helm_can_tell_is_no_finding(key: str) -> None:
    write = flow if key in CONFIGS else block
    text = "{{ if .Release.IsInstall }}\n" + write(PLAIN[key], json.dumps) + "\n{{ end }}"
    assert chartgen.compile({"server": {key: text}}).diagnostics == ()


def test_an_own_value_is_in_the_chart_and_frozen() -> None:
    chart = chartgen.compile({"server": {"annotations": "a: {{ .Values.myteam }}"}, "myteam": "infra"})
    assert "myteam: infra" in chart.files["values.yaml"]
    assert '"myteam": {"const": "infra"}' in chart.files["values.schema.json"]


def test_values_without_templates_load_no_grammar() -> None:
    code = (
        "import sys, chartgen\nchart = chartgen.compile({'server': {'annotations': 'a: b', 'extraConfig': '{}'}})\n"
        "chart.files, chart.manifests()\n"
        "sys.exit(any(name.startswith('chartgen.gotemplate') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("wrapped", ['"{"log_level": "DEBUG"}"', '""', ' "{"log_level": "DEBUG"}"\n'])
def test_quotes_around_a_configuration_are_no_part_of_it(wrapped: str) -> None:
    """As the official comments spell it for --set; the official chart takes them away."""
    read = [source.from_mapping({"server": {"extraConfig": wrapped}})]
    assert [one.code for one in checked(read).diagnostics] == []
    config = chartgen.compile({"server": {"extraConfig": wrapped}})
    text = rendered(config)["ConfigMap/mesh-consul-server-tmp-extra-config"]["data"].get(
        "extra-from-values.json", ""
    )
    assert text == ({"log_level": "DEBUG"} if "log" in wrapped else "")
