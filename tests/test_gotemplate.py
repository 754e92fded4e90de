"""The grammar of Go's templates and what its functions yield, against the real Helm engine over drawn texts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import helm_python
import pytest
import yaml12
from helm_python import _native
from helm_python.chart import Chart
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chartgen.gotemplate import syntax
from chartgen.gotemplate.evaluate import Expansion, World, expand, reads
from chartgen.gotemplate.syntax import Malformed, parse
from chartgen.gotemplate.values import Stops, Unknowable

VALUES: dict[str, Any] = {
    "num": 3, "big": 10000000, "fraction": 1.5, "text": "abc", "yes": True, "items": [1, "a", {"x": "q"}],
    "map": {"z": 1, "a": "x: y", "deep": {"e": "f"}}, "global": {"datacenter": "dc1"},
}  # fmt: skip
RELEASE = {
    "Name": "mesh",
    "Namespace": "net",
    "Service": "Helm",
    "IsInstall": True,
    "IsUpgrade": False,
    "Revision": 1,
}
WORLD = World(VALUES, RELEASE, {"Name": "consul", "Version": "0.1.0"}, {"consul.name": "consul"})


@cache
def chart() -> Any:
    folder = Path(mkdtemp()) / "consul"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: consul\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text(json.dumps(VALUES))
    (folder / "templates" / "_named.tpl").write_text('{{- define "consul.name" -}}\nconsul\n{{- end }}\n')
    (folder / "templates" / "out.txt").write_text("{{ tpl .Values.given . }}")
    return Chart.load(str(folder))


def helm(text: str) -> tuple[str, str]:
    """(what Helm makes of a text, "") or ("", its error)."""
    options = {"name": "mesh", "namespace": "net", "is_install": True, "is_upgrade": False}
    try:
        out = _native.call_string(
            "helm_render", chart()._raw(), json.dumps({"given": text}), json.dumps(options)
        )
    except helm_python.HelmError as error:
        return "", str(error)
    return json.loads(out)["consul/templates/out.txt"], ""


PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        "{{-",
        "-}}",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "break",
        "continue",
        ".",
        ".a",
        ".Values",
        ".Values.text",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "|",
        '"a"',
        '"a\\n"',
        '"\\q"',
        "`r`",
        "'c'",
        "'",
        '"',
        "`",
        "(",
        ")",
        "1",
        "-1",
        "0x1f",
        "09",
        "0_1",
        "1.5",
        "1e3",
        "1e309",
        "+",
        "-",
        "quote",
        "nofunc",
        "true",
        "nil",
        "printf",
        "/*",
        "*/",
        "x",
        ":",
        "text",
        "{",
        "}",
        "\\",
        "é",
        "$i",
        "..",
        "#",
        ";",
        "else_if",
        "else_with",
        "{{_end_}}",
        "{{_.Values.text_}}",
        "{{_if_.Values.yes_}}",
        "{{_range_.Values.items_}}",
        "{{/*_c_*/}}",
        'define_"a"',
        'template_"consul.name"_.',
        'block_"b"_.',
        "$i,_$v_:=",
    ]
).map(lambda piece: piece.replace("_", " ") if len(piece) > 3 else piece)
JOINED = st.lists(PIECES | st.sampled_from([" ", "\n", " -", "- ", "\t", "\r\n"]), max_size=9).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(JOINED, JOINED.map("{{{{ {} }}}}".format), JOINED.map("{{{{ {} }}}}{{{{ end }}}}".format)))
@example("{{ if .Values.yes }}a{{ else with 1 }}b{{ end }}")
@example("{{ (1 | print).x }}")
@example("{{/* a */ -}} b")
@example("{{ `}}` }}")
@example('{{define "a"}}{{define "b"}}{{end}}{{end}}')
def test_a_text_is_read_where_go_reads_it_and_refused_where_go_refuses_it(text: str) -> None:
    try:
        parse(text)
        malformed = ""
    except Malformed as error:
        malformed = str(error)
        assert 0 <= error.at <= len(text)
    refused = "cannot parse template" in helm(text)[1]
    assert bool(malformed) == refused or malformed.startswith("complex numbers"), malformed


@pytest.mark.parametrize("name", sorted(syntax.functions()))
def test_a_function_is_one_of_helms(name: str) -> None:
    assert "cannot parse" not in helm(f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}")[1]


@pytest.mark.parametrize("name", ["env", "expandenv", "mustFromYaml", "secret", "key", "nosuch"])
def test_a_function_that_helm_does_not_have(name: str) -> None:
    assert "not defined" in helm(f"{{{{ {name} }}}}")[1]
    with pytest.raises(Malformed):
        parse(f"{{{{ {name} }}}}")


ATOMS = st.sampled_from(
    [
        ".Values.text",
        ".Values.num",
        ".Values.big",
        ".Values.fraction",
        ".Values.yes",
        ".Values.items",
        ".Values.map",
        ".Values.map.deep",
        ".Values.nope",
        ".Values.map.deep.e",
        ".Values.text.x",
        ".Release.Name",
        ".Release.IsUpgrade",
        ".Chart.Name",
        '"a_b"',
        '"x:_\\"y\\""',
        "`r<w>&`",
        '"-"',
        '""',
        '","',
        '"1"',
        "3",
        "0",
        "-2",
        "2.5",
        "true",
        "false",
        '"é\\n"',
        '"map"',
        "1e6",
        "0.25",
        "123456789.0",
        "nil",
        '(list_1_"a"_.Values.text)',
        "(list)",
        '(dict_"k"_.Values.items)',
        '(list_"b"_"a"_"b")',
        '"%s"',
        '"%d"',
        '"%v"',
        '"%q"',
        '"%s-%s"',
        '"consul.name"',
        ".",
    ]
).map(lambda atom: atom.replace("_", " "))
FUNCTIONS = st.sampled_from(
    [
        "quote",
        "squote",
        "print",
        "printf",
        "println",
        "toString",
        "upper",
        "lower",
        "trim",
        "trimAll",
        "trimPrefix",
        "trimSuffix",
        "trunc",
        "nospace",
        "replace",
        "repeat",
        "contains",
        "hasPrefix",
        "hasSuffix",
        "indent",
        "nindent",
        "cat",
        "join",
        "splitList",
        "b64enc",
        "b64dec",
        "sha256sum",
        "sha1sum",
        "toJson",
        "toRawJson",
        "toPrettyJson",
        "toYaml",
        "default",
        "coalesce",
        "ternary",
        "required",
        "empty",
        "not",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "kindOf",
        "kindIs",
        "int",
        "int64",
        "add",
        "add1",
        "sub",
        "mul",
        "div",
        "len",
        "until",
        "list",
        "dict",
        "get",
        "hasKey",
        "index",
        "has",
        "first",
        "last",
        "rest",
        "initial",
        "reverse",
        "uniq",
        "without",
        "append",
        "prepend",
        "concat",
        "compact",
        "sortAlpha",
        "and",
        "or",
        "include",
        "tpl",
        "fail",
    ]
)
CALLS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(FUNCTIONS, st.lists(inner | inner.map("({})".format), max_size=3)).map(
        lambda call: " ".join(
            [call[0], *(one if " " not in one or one[0] in '("`' else f"({one})" for one in call[1])]
        )
    ),
    max_leaves=5,
)
PIPELINES = st.lists(CALLS, min_size=1, max_size=3).map(" | ".join)
TEMPLATES = st.one_of(
    PIPELINES.map("a {{{{- {} -}}}} b".format),
    PIPELINES.map("{{{{ if {} }}}}yes{{{{ else }}}}no{{{{ end }}}}".format),
    PIPELINES.map(
        "{{{{ range $at, $one := {} }}}}{{{{ $at }}}}={{{{ $one }}}},{{{{ else }}}}none{{{{ end }}}}".format
    ),
    PIPELINES.map("{{{{ with {} }}}}{{{{ . }}}}{{{{ else }}}}none{{{{ end }}}}".format),
    PIPELINES.map("{{{{ $x := {} }}}}{{{{ $x }}}}{{{{ $x = 1 }}}}{{{{ $x }}}}".format),
)


@settings(max_examples=2000, deadline=None)
@given(TEMPLATES)
@example('a {{- toYaml "a b" -}} b')
@example('{{ $x := toYaml "a b" }}{{ $x }}{{ $x = 1 }}{{ $x }}')
def test_what_is_worked_out_is_what_helm_makes(text: str) -> None:
    """Or it is left to Helm: a template is never worked out to something else."""
    made, expansion = both(text)
    if expansion is None:
        return
    if expansion.loose and made != expansion.text:
        assert yaml12.parse_yaml(made) == yaml12.parse_yaml(expansion.text)
    else:
        assert made == expansion.text


def both(text: str) -> tuple[str, Expansion | None]:
    """What Helm makes of a text, and what is worked out; None where it is left to Helm, or both refuse it."""
    made, error = helm(text)
    try:
        expansion = expand(parse(text), WORLD)
    except Malformed:
        assert "cannot parse" in error
    except Stops:
        assert error
    except Unknowable:
        pass
    else:
        assert not error, expansion.text
        return made, expansion
    return made, None


# values whose YAML is spelt in more ways than one, and what may stand around it
SPELT = st.sampled_from(
    ["`a b`", "`x: y`", "`1`", "1.5", "``", "`- a`", "`a, b`", "`a #b`", "`]`", ".Values.map", ".Values.map.deep",
     "(list `p q` `1`)", "(list (dict `b` `1` `a` 2.5) `x y`)", "(dict `2` `a b` `10` (list `c d`))",
     "(dict `k` (dict `y y` 1 `x` `z: `))", "(list)"]
)  # fmt: skip
PASSED_ON = st.lists(
    st.sampled_from(
        ["trim", "indent 1", "indent 2", "nindent 0", "nindent 2", "nindent 4", "quote", "default `d`"]
    ),
    max_size=2,
).map(lambda functions: "".join(f" | {one}" for one in functions))
OF_YAML = st.tuples(SPELT, PASSED_ON).map(lambda made: f"{{{{ toYaml {made[0]}{made[1]} }}}}")
AROUND = st.sampled_from(
    ["a: ", "  b: ", "c:", "- ", "  ", "\n", "\n  ", "\n    ", "[", "]", ", ", "{", "}", "'", '"', "k: |-\n  ", ">\n",
     "# ", " # c", ": ", " more", "!!str ", "&x ", "*x", "---\n", "x", ": 1", "\nd: 1", "\n  d: 1", "\n- 2", "\t"]
)  # fmt: skip


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.one_of(AROUND, OF_YAML), min_size=1, max_size=6).map("".join))
@example("a:\n    {{ toYaml (dict `2` 1 `10` 2) }}")
@example("[{{ toYaml `a, b` }}]")
@example("k: |-\n  {{ toYaml `a b` }}")
@example("- {{ toYaml (list `p q` `1`) | nindent 4 | trim }}")
@example('{{ define "x" }}{{ toYaml `a b` }}{{ end }}{{ include "x" . | quote }}')
@example("{{ tpl (toYaml `a b`) . }}")
@example("{{ tpl (toYaml `{{ print 1 }} `) . }}")
@example("{{ tpl (toYaml `a b`) . | quote }}")
def test_yaml_amid_text_means_what_helms_means(text: str) -> None:
    made, expansion = both(text)
    if expansion is not None:
        assert expansion.loose or made == expansion.text
        assert meaning(made) == meaning(expansion.text)


def meaning(text: str) -> Any:
    try:
        return yaml12.parse_yaml(text)
    except ValueError:
        return "no YAML"


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ toYaml `a: b` }}\nb: {{ toYaml .Values.map | nindent 2 }}\n",
        "{{ toYaml (list `p q` 2.5) }}",
        "a:\n{{ toYaml (dict `2` 1 `10` 2) | indent 4 }}\nb: 1",
        "- {{ toYaml (dict `2` 1 `10` (list `x y`)) | nindent 2 | trim }}\n- x",
        "loose-0-start: {{ toYaml `a: b` }} # loosee",
    ],
)
def test_yaml_where_its_spelling_does_not_matter_is_worked_out(text: str) -> None:
    expansion = expand(parse(text), WORLD)
    assert expansion.loose
    assert meaning(helm(text)[0]) == meaning(expansion.text) != "no YAML"


@pytest.mark.parametrize(
    "text",
    [
        "{{ range $key, $value := . }}{{ $key }},{{ end }}", "{{ range . }}x{{ end }}", "{{ . }}", "{{ .Release }}",
        "{{ range $key, $value := .Release }}{{ $key }},{{ end }}", "{{ .Chart | toYaml }}", "{{ keys .Release | len }}",
        "{{ len . }}", '{{ get .Release "Revision" }}', '{{ dict "all" . | toYaml }}', "{{ list .Chart }}",
        '{{ range $key, $value := dict "all" .Release }}{{ $value }}{{ end }}',
    ],
)  # fmt: skip
def test_what_goes_through_all_that_helm_knows_is_left_to_helm(text: str) -> None:
    with pytest.raises(Unknowable):
        expand(parse(text), WORLD)


@pytest.mark.parametrize(
    "text",
    [
        '{{ define "a" }}{{ . }}!{{ end }}{{ template "a" .Values.text }}{{ include "a" 1 }}',
        '{{ block "b" .Values.map }}{{ range . }}{{ . }};{{ end }}{{ end }}',
        "{{ range $i, $e := list 1 2 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $e }}{{ end }}",
        "{{ range 3 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}",
        "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ end }}{{ $x }}",
        "{{ with $v := .Values.map }}{{ $v.a }}{{ .deep.e }}{{ $.Release.Name }}{{ end }}",
        "{{ if .Values.nope }}a{{ else if .Values.yes }}b{{ else }}c{{ end }}",
        "x  {{- /* gone */ -}}  y\n{{ `{{ .Data.token }}` }} {{ \"{{ .Data }}\" }}",
        "{{ tpl `{{ .Values.text }}-{{ include \"consul.name\" . }}` . }}",
        "{{ (index .Values.items 2).x }}{{ (dict \"a\" (dict \"b\" 1)).a.b }}",
        "{{ toYaml .Values.map.deep | nindent 2 }}",
        "{{ .Values.nope.x }}", "{{ .Data.token }}", "{{ .Values.text.x }}", '{{ template "nope" . }}', "{{ nil }}",
        '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', "{{ 1 2 }}", "{{ .Values.text 1 }}",
        "{{ range .Values.text }}{{ end }}", "{{ range $a, $b := 3 }}{{ end }}", '{{ include "a" }}',
    ],
)  # fmt: skip
def test_the_statements(text: str) -> None:
    made, error = helm(text)
    try:
        assert expand(parse(text), WORLD).text == made
    except Stops:
        assert error


def test_where_text_comes_from() -> None:
    text = "a{{/* x */}}b\n{{ .Values.text }}\n  {{- `c` }}d"
    expansion = expand(parse(text), WORLD)
    assert expansion.text == "ab\nabccd"
    assert [text[expansion.origin(place)] for place in range(len(expansion.text))] == list("ab\n{{{{d")
    assert expansion.origin(len(expansion.text)) == len(text)


def test_what_is_missing() -> None:
    text = "{{ .Values.nope }}{{ .Env }}{{ .Values.zone | default `x` }}{{ if .Values.other }}{{ end }}"
    assert [names for names, _ in expand(parse(text), WORLD).missing] == [("Values", "nope"), ("Env",)]


def test_which_values_a_template_names() -> None:
    text = (
        '{{ if .Values.a.b }}{{ else }}{{ $.Values.c }}{{ end }}{{ index .Values "d-e" "f" }}'
        '{{ define "x" }}{{ (get .Values.g "h") | quote }}{{ end }}{{ .Release.Name }}'
    )
    assert {("a", "b"), ("c",), ("d-e", "f"), ("g", "h")} <= set(reads(parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 100_000,
        "{{ (" * 50_000,
        "{{ if 1 }}" * 50_000,
        "{{ " + "(" * 50_000,
        "{{/*" * 50_000,
        "`" * 99_999,
    ],
)
def test_no_text_takes_long_or_runs_out_of_stack(text: str) -> None:
    if text[0] == "{":
        with pytest.raises(Malformed):
            parse(text)
    else:
        assert parse(text).nodes


@pytest.mark.parametrize(
    "text",
    [
        "{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}",
        '{{ define "a" }}{{ tpl `{{ template "a" . }}` . }}{{ end }}{{ template "a" . }}',
        "{{ $x := `aaaaaaaaaa` }}" + "{{ $x = print $x $x }}" * 40 + "{{ $x }}",
    ],
)
def test_an_expansion_has_bounds(text: str) -> None:
    with pytest.raises((Stops, Unknowable)):
        expand(parse(text), WORLD)
