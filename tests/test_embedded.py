"""YAML and JSON in the text of a value: checked as what it stands for, and shown where it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen import schema
from chartgen.diagnostics import Diagnostic, Span
from chartgen.values import source
from tests.checked import checked


def findings(text: str, *, strict: bool = True) -> tuple[Diagnostic, ...]:
    found = checked([source.read_text(text, "values.yaml")], strict=strict).diagnostics
    return tuple(one for one in found if one.severity != "note")


def pointed(span: Span) -> str:
    """What the span underlines."""
    return span.text[span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("|\n    - key: a\n      efect: NoSchedule\n", "efect"),
        ("|-\n\n    # why\n    - key: a\n      efect: NoSchedule\n", "efect"),
        ("|4\n      - key: a\n        efect: NoSchedule\n", "efect"),
        ('"- key: a\\n  efect: NoSchedule"', "efect"),
        ('"- key: \\"\\x61\\u00e4\\"\\n  efect: NoSchedule"', "efect"),
        ("'- {key: ''a'', efect: NoSchedule}'", "efect"),
        ('&taints "[{efect: NoSchedule}]"', "efect"),
        ('!!str "[{efect: NoSchedule}]"', "efect"),
        ("'[{efect:\n    NoSchedule}]'", "'[{efect:"),
        (">\n    - {key: a,\n    efect: NoSchedule}\n", ">"),
    ],
)
def test_a_key_is_shown_inside_the_text(written: str, shown: str) -> None:
    (one,) = (told for told in findings(f"server:\n  tolerations: {written}\n") if told.code == "unknown-key")
    assert one.hint == "did you mean server.tolerations[0].effect?"
    assert pointed(one.spans[0]) == shown


def test_a_block_with_windows_line_ends() -> None:
    (one,) = findings("server:\r\n  tolerations: |\r\n    - key: a\r\n      efect: NoSchedule\r\n")
    assert (one.spans[0].line, pointed(one.spans[0])) == (4, "efect")


# characters that both JSON and YAML write as they are
PRINTED = st.text(st.characters(max_codepoint=0xD7FF, categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(PRINTED, st.integers(), max_size=4))
def test_any_json_in_any_quotes_is_read_and_placed(meta: dict[str, int]) -> None:
    """Whatever stands before it, the misspelt option is what is underlined."""
    config = json.dumps({"connect": {"ca_config": meta}, "log_levl": "info"}, ensure_ascii=False)
    if "{{" in config:
        return
    single = "'" + config.replace("'", "''") + "'"
    for written in (json.dumps(config), json.dumps(config, ensure_ascii=False), single, f"|\n    {config}\n"):
        (one,) = findings(f"server:\n  extraConfig: {written}\n")
        assert one.hint == "did you mean server.extraConfig.log_level?"
        assert "log_levl" in pointed(one.spans[0]).replace("\\", "")


def test_a_flag_is_the_place_of_what_it_sets() -> None:
    from chartgen.values import set_flag

    flag = set_flag.parse("set-json", 'server.tolerations="[{efect: NoSchedule}]"', {})
    (one, *_) = checked([flag]).diagnostics
    assert one.hint == "did you mean server.tolerations[0].effect?"
    assert one.spans[0].source.startswith("--set-json")


@pytest.mark.parametrize(
    "text",
    [
        "server: {annotations: '{{ if .Values.x }}a b: c{{ end }}'}",
        'server: {affinity: "{{ toYaml .Values.other | nindent 2 }}"}\nother: {podAntiAffinity: {}}',
        'server: {tolerations: "- {key: {{ .Values.taint }}, effect: NoExecute, tolerationSeconds: {{ .Values.seconds }}}"}\n'
        "taint: a\nseconds: 4",
        "server: {annotations: ''}",
        "server: {annotations: '# nothing yet'}",
        'server: {extraConfig: \'{"ports": {"grpc": {{ .Values.port }}}}\'}\nport: -1',
        'server: {extraConfig: \'{"node_meta": {"a": "{{ .Release.Name }}"}}\'}',
        'global: {secretsBackend: {vault: {enabled: true, consulServerRole: a, connectCA: {additionalConfig: \'{"connect": [{"ca_config": [{}]}]}\'}}}}',
        "client: {enabled: true, updateStrategy: \"type: RollingUpdate\"}",
    ],
)  # fmt: skip
def test_what_may_be_right_is_let_through(text: str) -> None:
    assert [one for one in findings(text) if one.severity == "error"] == []


def test_json_that_yaml_cannot_read() -> None:
    text = 'server:\n  extraConfig: |\n    {"node_meta": {"a": "\\ud83d\\ude00"}, "log_levl": "info"}\n'
    (one,) = findings(text)
    assert one.hint == "did you mean server.extraConfig.log_level?"


def test_an_action_is_shown_as_one() -> None:
    (one,) = findings('server: {tolerations: "{ {{ .Release.Name }}: }"}')
    assert (one.code, one.found) == ("wrong-type", '{"{{ }}": null} (a map)')
    assert one.hint.isprintable() and "\ue000" not in one.hint


def test_lenient_warns() -> None:
    text = 'server: {extraConfig: \'{"log_levl": "info"}\', tolerations: "- efect: NoSchedule"}'
    assert {one.severity for one in findings(text, strict=False)} == {"warning"}
    assert {one.severity for one in findings(text)} == {"error"}


@pytest.mark.parametrize(("on", "severity"), [("true", "error"), ("false", "warning")])
def test_what_helm_cannot_read_is_refused_where_it_is_read(on: str, severity: str) -> None:
    (one,) = findings(f'client: {{enabled: {on}, annotations: "a: ["}}', strict=False)
    assert (one.code, one.severity) == ("yaml-syntax", severity)


def test_defaults_hold_what_they_should() -> None:
    """The texts that the chart itself has as defaults pass its own check."""
    whole: Any = schema.defaults()
    texts = {"server": {"affinity": whole["server"]["affinity"], "extraConfig": whole["server"]["extraConfig"]},
             "connectInject": {"namespaceSelector": whole["connectInject"]["namespaceSelector"]}}  # fmt: skip
    assert checked([source.from_mapping(texts)]).diagnostics == ()
