"""Merging as Helm merges, against the engine; who set what."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from helm_python.chart import Chart
from hypothesis import given, settings
from hypothesis import strategies as st

import chartgen
from chartgen import Rejected, schema, values
from chartgen.schema import validator
from chartgen.values import set_flag, source
from chartgen.values.source import Source
from tests.test_cli import run

TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.sampled_from(["", "x", "yes"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from("abc"), TREES, max_size=3)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(MAPS, MAPS, MAPS)
def test_merging_does_not_touch_its_inputs(base: dict, user: dict, over: dict) -> None:
    files = [source.from_mapping(user), source.from_mapping(over)]
    flag = Source("--set", {}, edits=((("a", "b", "c"), 1),))
    before = copy.deepcopy((base, [file.data for file in files]))
    merged = values.effective(values.layer(files), base)
    with suppress(set_flag.Misfit):
        values.layer([*files, flag])
    assert (base, [file.data for file in files]) == before
    assert values.effective(values.layer(files), base) == merged


def test_what_one_file_says_of_a_part_is_its_own() -> None:
    """So that what is made of that part is not made again for other files."""
    base, own = (source.from_mapping(data) for data in ({"a": {"b": {"c": 1}, "d": 2}}, {"a": {"d": 3, "e": {}}}))
    layered = values.layer([base, own])
    assert layered == {"a": {"b": {"c": 1}, "d": 3, "e": {}}}
    assert layered["a"]["b"] is base.data["a"]["b"]
    assert layered["a"]["e"] is own.data["a"]["e"]


def test_null_removes_a_default_and_lists_replace() -> None:
    base = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}
    assert values.effective({"a": None, "b": {"c": None}, "e": [9]}, base) == {"b": {"d": 3}, "e": [9]}


def test_defaults_are_valid() -> None:
    assert validator.check(schema.defaults(), []) == []


FULL = st.recursive(
    st.booleans() | st.integers(-1000, 1000) | st.sampled_from(["", "x", "yes"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from("abc"), FULL, max_size=3), MAPS)
def test_merging_as_helm(base: dict, user: dict) -> None:
    """Maps merge, lists and scalars replace, null removes: what the engine makes of a chart's values and a user's."""
    assert values.effective(values.layer([source.from_mapping(user)]), base) == engine([base], user)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(MAPS, min_size=2, max_size=4))
def test_files_are_merged_as_helm(files: list[dict]) -> None:
    """The engine merges the documents of a chart's own values as it merges files, and drops nulls at the end."""
    merged = values.layer([source.from_mapping(one) for one in files])
    assert without_nulls(merged) == without_nulls(engine(files, {}))


def engine(defaults: list[dict], user: dict) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 0.1.0\n")
        (Path(folder) / "values.yaml").write_text("\n---\n".join(map(json.dumps, defaults)))
        return Chart.load(folder).merge_values(user)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


def test_the_kinds_of_flags_have_helms_order(tmp_path: Path) -> None:
    """JSON, plain, string, file, literal: the last that is there wins, wherever it stands on the command line."""
    (tmp_path / "file").write_text("from a file")
    flags = [("--set-literal", "dns.a=literal"), ("--set-file", f"dns.a={tmp_path / 'file'}"), ("--set-string", "dns.a=1"),
             ("--set", "dns.a=1"), ("--set-json", 'dns.a={"b":2}')]  # fmt: skip
    winners = ["literal", "from a file", "1", 1, {"b": 2}]
    for first, winner in enumerate(winners):
        given = [word for flag in flags[first:] for word in flag]
        done = run("values", "--lenient", *given)
        assert source.read_text(done.stdout, "v").data["dns"]["a"] == winner, done.stderr


# what each source sets is its own number, so that a value says who set it
def numbered(number: int) -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.just(number) | st.just(number) | st.none()
    tree = st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
        ),
        max_leaves=6,
    )
    return st.dictionaries(st.sampled_from("abc"), tree, max_size=3)


FLAG_TEXTS = st.lists(
    st.sampled_from(["a", "b.c", "a.b[1]", "c[0]", "c[2].a", "a[1]", "b", "a.b.c"]), min_size=1, max_size=2
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(numbered(0), numbered(1), numbered(2), FLAG_TEXTS, numbered(4), FLAG_TEXTS)
def test_each_value_knows_who_set_it(
    base: dict, one: dict, two: dict, plain: list[str], whole: dict, indexed: list[str]
) -> None:
    sources = [Source("1", one), Source("2", two)]
    texts = [
        ",".join(f"{key}=3" for key in plain),
        json.dumps(whole),
        ",".join(f"{key}=5" for key in indexed),
    ]
    kinds: list[set_flag.Kind] = ["set", "set-json", "set"]
    for kind, text in zip(kinds, texts, strict=True):
        try:
            sources.append(set_flag.parse(kind, text, values.layer(sources)))
        except Rejected:
            sources.append(Source("nothing", {}))
    effective = values.effective(values.layer(sources), base)
    for path, value in leaves(effective):
        found = values.origin(path, sources)
        if isinstance(value, int):
            assert (sources.index(found.source) + 1 if found and found.exact else 0) == value, path
    for path, value in leaves(values.layer(sources)):
        if value is None and all(isinstance(key, str) for key in path):
            # somebody wrote this null
            assert values.origin(path, sources), path


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(node, (dict, list)):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(item, (*path, key))
    else:
        yield path, node


def test_provenance(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "server:\n  replicas: 3\n  storage: 5Gi\n  resources: &small\n    limits: {cpu: 1}\n"
        "client:\n  enabled: true\n  resources:\n    <<: *small\n  join: [a, b]\n"
    )
    (tmp_path / "site.yaml").write_text("global:\n  logLevel: null\nclient:\n  annotations: null\n")
    flags = ["--set", "server.replicas=5,client.join[1]=c", "--set-json", '{"dns": {"enabled": false}}']
    done = run("values", "--provenance", "-f", "base.yaml", "-f", "site.yaml", *flags, cwd=tmp_path)
    rows = {
        row[0]: (row[1], row[-1]) for row in (line.split(None, 2) for line in done.stdout.splitlines()[1:])
    }
    assert {path: row for path, row in rows.items() if not row[1].endswith("default")} == {
        "server.replicas": ("5", "--set server.replicas=5,client.join[1]=c"),
        "global.logLevel": ("null", "removed by site.yaml:2"),
        "server.storage": ("\"5Gi\"", "base.yaml:3"),
        "server.resources.limits.cpu": ("1", "base.yaml:5"),
        "client.enabled": ("true", "base.yaml:7"),
        "client.resources.limits.cpu": ("1", "base.yaml:5"),
        "client.join[0]": ('"a"', "base.yaml:10"),
        "client.join[1]": ('"c"', "--set server.replicas=5,client.join[1]=c"),
        "dns.enabled": ("false", '--set-json {"dns": {"enabled": false}}'),
    }


def test_a_place_for_anchors_is_no_setting(tmp_path: Path) -> None:
    text = "x-small: &small\n  requests: {cpu: 100m}\nserver:\n  resources: *small\n"
    (tmp_path / "values.yaml").write_text(text)
    assert run("check", "values.yaml", cwd=tmp_path).returncode == 0
    chart = chartgen.compile(tmp_path / "values.yaml")
    assert chart.files == chartgen.compile({"server": {"resources": {"requests": {"cpu": "100m"}}}}).files
    other = run("check", "-f", "values.yaml", "--set", "_small=1", cwd=tmp_path)
    assert (other.returncode, "begins with x-: x-small" in other.stdout) == (1, True)
