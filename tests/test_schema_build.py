"""The sources of the schema, and what is made from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import jsonschema_rs
import pytest
import yaml
import yaml12
from helm_python import HelmError
from ruamel.yaml import YAML

from chartgen import paths
from chartgen.workshop import schema_build
from tests import engine

READ = schema_build.sources(paths.SCHEMA)
WHOLE = schema_build.schema(READ)
EDITORS = schema_build.editor_form(WHOLE, READ["_removed"], READ["_words"]["names"])
LEAVES = {".".join(leaf.path): leaf for leaf in schema_build.leaves(WHOLE)}
KNOWN = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "leaves.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
EXAMPLES = sorted((paths.ROOT / "examples").glob("*.yaml"))
FORMS = ("$ref", "allOf", "anyOf", "enum", "type")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart of nothing but the schema and the values file."""
    folder = tmp_path_factory.mktemp("chart")
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: consul\nversion: 1.0.0\n")
    (folder / "values.schema.json").write_text(json.dumps(EDITORS))
    (folder / "values.yaml").write_text(schema_build.values_file(WHOLE))
    (folder / "templates").mkdir()
    (folder / "templates" / "one.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"
        "data: {datacenter: {{ .Values.global.datacenter }}}\n"
    )
    return folder


def nodes(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema below `node`, with the place it has in the document."""
    yield path, node
    for keyword in ("properties", "patternProperties", "$defs"):
        for key, child in node.get(keyword, {}).items():
            # `true` and `false` are schemas, too
            yield from nodes(child if isinstance(child, dict) else {}, (*path, keyword, key))
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from nodes(node[keyword], (*path, keyword))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for place, child in enumerate(node.get(keyword, ())):
            yield from nodes(child, (*path, keyword, str(place)))


def test_each_known_value_is_there_with_its_default_and_no_other() -> None:
    assert {path: json.dumps(leaf.default) for path, leaf in LEAVES.items()} == {
        path: json.dumps(json.loads(default)) for path, default in KNOWN
    }


def test_each_value_is_described_in_whole_sentences_of_its_own() -> None:
    told = {path: leaf.node["description"] for path, leaf in LEAVES.items()}
    assert [path for path, text in told.items() if not re.fullmatch(r"\S.{39,}[.]", text)] == []
    by_text: dict[str, list[str]] = {}
    for path, text in told.items():
        by_text.setdefault(text, []).append(path)
    assert [paths_ for paths_ in by_text.values() if len(paths_) > 1] == []


def test_no_description_only_repeats_the_name() -> None:
    """`connectInject.cni.enabled` is not explained by "Enables the cni setting"."""
    empty = {
        "a",
        "all",
        "by",
        "default",
        "enables",
        "for",
        "is",
        "of",
        "on",
        "sets",
        "setting",
        "settings",
        "the",
    }
    bare = []
    for path, leaf in LEAVES.items():
        name = {part.lower() for part in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", path)}
        if not set(re.findall(r"[a-z0-9]+", leaf.node["description"].lower())) - name - empty:
            bare.append(path)
    assert bare == []


def test_each_value_has_a_shape() -> None:
    assert [path for path, leaf in LEAVES.items() if not any(form in leaf.node for form in FORMS)] == []


def test_each_section_is_closed_and_described() -> None:
    sections = [
        (path, node)
        for path, node in nodes(WHOLE)
        if "properties" in node and "$defs" not in path and "items" not in path
    ]
    wanted = {"description", "additionalProperties"}
    assert [path for path, node in sections if not wanted <= node.keys()] == []


def test_nothing_stands_beside_a_reference() -> None:
    assert [path for path, node in nodes(EDITORS) if "$ref" in node and len(node) > 1] == []


def test_each_reference_has_a_target() -> None:
    named = {node["$ref"].rpartition("/")[2] for _, node in nodes(WHOLE) if "$ref" in node}
    assert named <= WHOLE["$defs"].keys()


def test_the_schema_keeps_to_what_all_readers_know() -> None:
    jsonschema.Draft7Validator.check_schema(EDITORS)
    assert EDITORS["$schema"] == "http://json-schema.org/draft-07/schema#"
    keywords = {keyword for _, node in nodes(EDITORS) for keyword in node}
    assert not keywords & {"format", "unevaluatedProperties", "unevaluatedItems", "prefixItems"}
    assert all(node["$ref"].startswith("#/") for _, node in nodes(EDITORS) if "$ref" in node)
    patterns = [node["pattern"] for _, node in nodes(EDITORS) if "pattern" in node]
    patterns += [pattern for _, node in nodes(EDITORS) for pattern in node.get("patternProperties", ())]
    assert patterns and not [one for one in patterns if "(?" in one]


def test_the_schema_stays_of_a_size_that_editors_load_in_no_time() -> None:
    assert len(schema_build.outputs()["schema/values.schema.json"]) < 900_000


def test_defaults_and_examples_are_valid() -> None:
    validator = jsonschema_rs.Draft7Validator(WHOLE)
    assert [error.message for error in validator.iter_errors(schema_build.defaults(WHOLE))] == []
    wrong = []
    for path, node in nodes(WHOLE):
        if "examples" not in node:
            continue
        inner = jsonschema_rs.Draft7Validator({**node, "$defs": WHOLE["$defs"]})
        wrong += [(path, example) for example in node["examples"] if not inner.is_valid(example)]
    assert wrong == []


@pytest.mark.parametrize(
    "read", [YAML(typ="safe").load, yaml.safe_load, yaml12.parse_yaml], ids=["ruamel", "pyyaml", "yaml12"]
)
def test_the_values_file_reads_back_as_the_defaults(read: Any) -> None:
    assert read(schema_build.values_file(WHOLE)) == schema_build.defaults(WHOLE)


def test_shapes_are_without_texts() -> None:
    shapes = schema_build.shapes(WHOLE)
    left = [path for path, node in nodes(shapes) if node.keys() & {"description", "default", "examples"}]
    assert left == []


def test_the_reference_names_each_value() -> None:
    text = schema_build.reference(WHOLE)
    assert [path for path in LEAVES if f"| `{path}` |" not in text] == []


def test_helm_reads_the_same_schema(chart: Path) -> None:
    assert engine.objects(chart)[0]["data"] == {"datacenter": "dc1"}
    assert engine.objects(chart, values={"server": {"tolerations": [{"key": "a", "operator": "Exists"}]}})


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.name)
def test_helm_accepts_every_example(chart: Path, file: Path) -> None:
    values = helm_python.values_from_yaml(file.read_text(encoding="utf-8"))
    assert values and engine.objects(chart, values=values)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"server": {"replica": 3}}, "replica"),
        ({"server": {"replicas": "three"}}, "/server/replicas"),
        ({"server": {"enabled": "false"}}, "/server/enabled"),
        ({"server": {"storage": "10 pounds"}}, "/server/storage"),
        ({"server": {"limits": {"requestLimits": {"mode": "Enforce"}}}}, "/server/limits/requestLimits/mode"),
        ({"server": {"resources": {"limits": {"memory": "2 gigs"}}}}, "/server/resources/limits/memory"),
        ({"server": {"tolerations": [{"keys": "a"}]}}, "keys"),
        ({"global": {"datacenter": "dc one"}}, "/global/datacenter"),
        ({"global": {"consulAPITimeout": "5"}}, "/global/consulAPITimeout"),
        ({"externalServers": {"grpcPort": 70000}}, "/externalServers/grpcPort"),
    ],
    ids=lambda one: None if isinstance(one, dict) else one.replace("/", "."),
)
def test_helm_rejects_what_is_wrong(chart: Path, values: dict[str, Any], told: str) -> None:
    with pytest.raises(HelmError, match=re.escape(told)):
        engine.objects(chart, values=values)
    assert not jsonschema_rs.Draft7Validator(WHOLE).is_valid(values)
    assert not jsonschema_rs.Draft7Validator(EDITORS).is_valid(values)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({}, {"$ref": "#/$defs/amount"}),
        ({"default": 1}, {"allOf": [{"$ref": "#/$defs/amount"}], "default": 1}),
    ],
    ids=["alone", "with siblings"],
)
def test_a_reference_suits_draft_07(beside: dict[str, Any], expected: dict[str, Any]) -> None:
    built = schema_build._built({"$ref": "#/$defs/amount", **beside}, {"amount": {"type": "integer"}})
    assert built.items() >= expected.items()


def test_a_definition_takes_the_defaults_of_its_place() -> None:
    definition = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    built = schema_build._built({"$ref": "#/$defs/pair", "default": {"a": "x"}}, {"pair": definition})
    assert built["properties"]["a"]["default"] == "x"
    assert "default" not in built and "default" not in built["properties"]["b"]
    assert built["additionalProperties"] is False


def test_a_default_without_a_property_is_an_error() -> None:
    with pytest.raises(KeyError, match="lost"):
        schema_build._built({"properties": {"a": {}}, "default": {"lost": 1}}, {})


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        ("quantity", ["500m", "2", "0.5", "256Mi", "1e3", 2, 0.5, "1000M"], ["2 gigs", "10GB", "cpu", "-1"]),
        ("duration", ["30s", "1h30m", "1.5h", "0", "10h34m5s", "500ms"], ["30", "5 s", "1d", "h"]),
        (
            "imageReference",
            ["busybox", "hashicorp/consul:2.0.3", "reg.example.com:5000/a/b:1", "a/b@sha256:" + "0" * 64],
            ["", "a b", "hashicorp/Consul:1", "a/b:", ":tag", "https://example.com/consul:1"],
        ),
        (
            "cidr",
            ["10.0.0.0/8", "fd00::/8", "::/0"],
            ["10.0.0.0", "10.0.0/8", "any", "10.0.0.256/8", "10.0.0.0/33"],
        ),
        ("ipAddress", ["10.0.0.1", "::1", "", None], ["10.0.0", "localhost", "10.0.0.256"]),
        ("consulNamespace", ["default", "Team-1", "", None], ["a_b", "-a", "a b", "n" * 65]),
        ("namespaces", [["*"], ["kube-system"], [], None], [["Team"], ["a.b"], "default", ["n" * 64]]),
        ("secretName", ["consul-gossip", "secret/data/consul?version=2", "", None], ["a b", "a\n"]),
        ("secretKey", ["key", "tls.crt", "", None], ["a/b", "a b"]),
        (
            "url",
            ["https://vault:8200", "http://prometheus-server", "", None],
            ["vault:8200", "htp://x", "https://a b"],
        ),
        (
            "joinAddress",
            [
                "10.0.0.1",
                "consul.example.com:8301",
                "[::1]:8301",
                "provider=aws tag_key=a tag_value=b",
                "exec=discover -q addrs provider=k8s",
                '{{ GetInterfaceIP "eth0" }}',
            ],
            ["https://consul.example.com", "10.0.0.1 10.0.0.2", ""],
        ),
        ("dnsName", ["consul.example.com", "*.example.com", "_a.b"], ["a b", "*", "https://a", ""]),
        ("absolutePath", ["/opt/cni/bin", "/metrics", "", None], ["opt/cni", "metrics"]),
        ("portOrText", [443, "443", None], [0, 65536, "https"]),
        ("intOrPercent", [1, "25%", None], [-1, "half", "25 %"]),
        (
            "labels",
            [{"team": "a"}, {"example.com/team": "A_1"}, {"a": ""}],
            [{"a b": "c"}, {"a": "b c"}, {"a/": "b"}],
        ),
        ("annotations", [{"example.com/a": "any: text"}, "a: b"], [{"a b": "c"}, {"/a": "b"}]),
        ("nodeMeta", [{"rack-1": "r 12"}], [{"a.b": "c"}, {"k" * 129: ""}]),
        ("env", [{"A": "b", "http_proxy": 1}], [{"A=B": "c"}, {"": "c"}]),
        ("name", ["consul", "a-b.c", "", None, "override-"], ["Consul", "-a", "a_b"]),
        ("port", [1, 8501, 65535], [0, 65536, "8501", 1.5]),
        ("switch", [True, False, "-"], ["true", 1, "", None]),
        ("tolerations", ["- key: a", [{"effect": "NoSchedule"}], None, ""], [{}, [{"effect": "Never"}]]),
        ("resourcesMap", [{"limits": {"nvidia.com/gpu": 1}}, None], ["a: b", {"limits": {"memor": "1Gi"}}]),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_shared_shapes(shape: str, good: list[Any], bad: list[Any]) -> None:
    validator = jsonschema_rs.Draft7Validator({"$ref": f"#/$defs/{shape}", "$defs": WHOLE["$defs"]})
    assert [one for one in good if not validator.is_valid(one)] == []
    assert [one for one in bad if validator.is_valid(one)] == []
