"""The build file: which builds `charts:` of chartgen.yaml come to, and what is told of all of them together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartgen import fleet, paths, project
from chartgen.diagnostics import Rejected
from chartgen.project import patterns, shape
from chartgen.project.plan import KEYS, Build, Builds, plan
from chartgen.project.trees import Disk, Layers
from chartgen.values import layer, spans_of
from tests.test_cli import run

FLEET = paths.ROOT / "examples" / "fleet"
MORE = """\
patches:
  - kind: StatefulSet
    name: server
    merge: {spec: {template: {spec: {runtimeClassName: more}}}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(text: str, **files: str) -> Builds:
    """The builds of a file in the current folder, beside files whose names have `__` for a slash, and .yaml."""
    for name, content in files.items():
        path = Path(name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return plan(project.of(text.encode()))


def files_of(builds: Builds) -> dict[str, tuple[str, ...]]:
    return {build.name: build.files for build in builds.builds}


def codes(builds: Builds) -> list[str]:
    return [finding.code for finding in builds.findings] + [
        finding.code for build in builds.builds for finding in build.findings
    ]


def values(build: Build) -> dict[str, object]:
    return layer(build.read(Layers(Disk())).sources)


def test_the_layer_with_all_variables_decides() -> None:
    found = planned(
        "charts:\n"
        "  - name: c-{cluster}\n"
        "    values:\n"
        "      - base.yaml\n"
        "      - regions/{region}.yaml\n"
        "      - clusters/{region}/{cluster}.yaml\n",
        base="{}",
        regions__eu="{}",
        regions__us="{}",
        regions__asia="{}",
        clusters__eu__a="{}",
        clusters__us__b="{}",
    )
    # a region without a cluster is no chart
    assert files_of(found) == {
        "c-a": ("base.yaml", "regions/eu.yaml", "clusters/eu/a.yaml"),
        "c-b": ("base.yaml", "regions/us.yaml", "clusters/us/b.yaml"),
    }
    assert [build.variables for build in found.builds] == [
        (("cluster", "a"), ("region", "eu")),
        (("cluster", "b"), ("region", "us")),
    ]
    assert codes(found) == []


def test_a_glob_is_a_layer_of_several_files() -> None:
    found = planned(
        "charts:\n  - name: '{cluster}'\n    values: ['parts/*.yaml', 'clusters/{cluster}/**/*.yaml']\n",
        parts__b="{}",
        parts__a="{}",
        clusters__one__x="{}",
        clusters__one__deep__y="{}",
        clusters__two__z="{}",
    )
    assert files_of(found) == {
        "one": ("parts/a.yaml", "parts/b.yaml", "clusters/one/deep/y.yaml", "clusters/one/x.yaml"),
        "two": ("parts/a.yaml", "parts/b.yaml", "clusters/two/z.yaml"),
    }


def test_what_stands_in_a_name_is_no_pattern() -> None:
    found = planned(
        "charts:\n  - name: a\n    values: ['{x}/*.yaml']\n", **{"[ab]__one": "{}", "a__two": "{}"}
    )
    assert [build.files for build in found.builds] == [("[ab]/one.yaml",), ("a/two.yaml",)]


def test_what_all_charts_ask_of_the_files_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    has, found = Disk.has, Disk.found
    monkeypatch.setattr(Disk, "has", lambda tree, path: asked.append(path) or has(tree, path))
    monkeypatch.setattr(Disk, "found", lambda tree, pattern: asked.append(f"glob {pattern}") or found(tree, pattern))
    builds = planned(
        "charts:\n  - name: c-{x}\n    values: [base.yaml, shared/*.yaml, 'of/{x}.yaml']\n",
        base="", shared__a="", shared__b="", of__1="", of__2="", of__3="",
    )  # fmt: skip
    assert [build.files[-1] for build in builds.builds] == ["of/1.yaml", "of/2.yaml", "of/3.yaml"]
    assert all(build.files[:-1] == ("base.yaml", "shared/a.yaml", "shared/b.yaml") for build in builds.builds)
    assert len(asked) == len(set(asked))


def test_hidden_files_are_found_by_name_only() -> None:
    text = "charts:\n  - name: c\n    values: ['{a}.yaml']\n  - name: d\n    values: ['.{a}.yaml']\n"
    found = planned(text, **{".hidden": "{}", "seen": "{}"})
    assert files_of(found) == {"c": ("seen.yaml",), "d": (".hidden.yaml",)}


def test_a_layer_may_be_optional() -> None:
    text = "charts:\n  - name: c\n    values: [{file: a.yaml, optional: true}, {file: b.yaml}]\n"
    assert files_of(planned(text, b="{}")) == {"c": ("b.yaml",)}
    assert files_of(planned(text, a="{}")) == {"c": ("a.yaml", "b.yaml")}
    nothing = planned("charts:\n  - name: '{c}'\n    values: [{file: '{c}/v.yaml', optional: true}]\n")
    assert (nothing.builds, nothing.findings) == ((), ())


def test_a_variable_that_stands_twice_is_the_same() -> None:
    found = planned(
        "charts:\n  - name: '{c}'\n    values: ['{c}/{c}.yaml']\n", a__a="{}", a__b="{}", b__b="{}"
    )
    assert [build.name for build in found.builds] == ["a", "b"]


def test_defaults_hold_for_those_that_do_not_say_it_and_layers_lie_below() -> None:
    found = planned(
        "defaults:\n"
        "  values: [base.yaml]\n"
        "  set: {server.replicas: 3, ui.enabled: true}\n"
        "  kubeVersion: '1.35'\n"
        "  strict: false\n"
        "  output: out/{c}\n"
        "charts:\n"
        "  - name: '{c}'\n"
        "    values: ['in/{c}.yaml']\n"
        "  - name: other\n"
        "    set: {server: {replicas: 5}}\n"
        "    strict: true\n"
        "    output: there\n",
        base="server: {replicas: 1, extraLabels: {a: b}}",
        in__x="global: {datacenter: dc}",
    )
    assert codes(found) == []
    first, other = found.builds
    assert (first.output, first.strict, first.kube_version) == ("out/x", False, "1.35")
    assert values(first) == {
        "server": {"replicas": 3, "extraLabels": {"a": "b"}},
        "global": {"datacenter": "dc"},
        "ui": {"enabled": True},
    }
    assert (other.output, other.strict, other.kube_version) == ("there", True, "1.35")
    assert values(other) == {"server": {"replicas": 5, "extraLabels": {"a": "b"}}, "ui": {"enabled": True}}


def test_a_set_is_a_layer_with_its_places() -> None:
    (build,) = planned(
        "charts:\n"
        "  - name: c\n"
        "    set:\n"
        "      global.datacenter: dc2\n"
        "      server.annotations.example\\.com/a: b\n"
        "      client: {extraLabels: {a.b: c}, nodeMeta: null}\n"
    ).builds
    assert values(build) == {
        "global": {"datacenter": "dc2"},
        "server": {"annotations": {"example.com/a": "b"}},
        "client": {"extraLabels": {"a.b": "c"}, "nodeMeta": None},
    }
    for path, line in (
        (("global", "datacenter"), 4),
        (("global",), 4),
        (("server", "annotations", "example.com/a"), 5),
        (("client", "extraLabels", "a.b"), 6),
    ):
        assert [span.line for span in spans_of(path, build.sets)] == [line]


def test_one_bad_entry_leaves_the_others() -> None:
    found = planned("charts:\n  - name: '{x}'\n  - name: a\n    values: [none.yaml]\n  - name: fine\n")
    assert codes(found) == ["unknown-variable", "values-missing"]
    assert [(build.name, bool(build.findings)) for build in found.builds] == [("a", True), ("fine", False)]


def test_what_defaults_have_wrong_is_told_once() -> None:
    found = planned("defaults: {output: 'out/{x}'}\ncharts: [{name: a}, {name: b}, {name: c, output: d}]\n")
    assert codes(found) == ["unknown-variable"]
    # who says it otherwise does not have it
    assert [build.name for build in found.builds] == ["c"]


def test_two_charts_of_one_name_need_two_folders() -> None:
    assert codes(planned("charts: [{name: a}, {name: a, output: ./charts/}]\n")) == ["chart-twice"]
    assert codes(planned("charts: [{name: a}, {name: a, output: other}]\n")) == []


def test_other_tools_braces_stay() -> None:
    (build,) = planned("charts: [{name: a, set: {global.name: '${x}{{ .Release.Name }}'}}]\n").builds
    assert values(build) == {"global": {"name": "${x}{{ .Release.Name }}"}}


@pytest.mark.parametrize("text", ["", "charts: []\n", "charts: null\ndefaults: null\n", "findings: {}\n"])
def test_a_file_without_charts_is_one(text: str) -> None:
    assert not project.of(text.encode()).has_charts
    assert plan(project.of(text.encode())).builds == ()


def test_the_schema_says_what_the_table_of_keys_reads() -> None:
    whole = json.loads((paths.SCHEMA / "chartgen.schema.json").read_bytes())
    jsonschema.Draft7Validator.check_schema(whole)
    own = whole["properties"]["charts"]["items"]["properties"]
    assert own.keys() - {"name", "values", "set"} == set(KEYS)
    # what holds for a chart holds as a default
    assert whole["properties"]["defaults"]["properties"] == {
        key: value for key, value in own.items() if key != "name"
    }
    assert {row.field for row in KEYS.values()} <= set(Build.__dataclass_fields__)


_NAMES = st.sampled_from(["charts", "defaults", "findings", "name", "values", "set", "x-a", "strict", "file"])
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["auto", "1.30", "a.yaml", "error"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _DATA, max_size=4))
def test_it_is_read_or_told_as_jsonschema_has_it(data: dict[str, object]) -> None:
    whole = json.loads((paths.SCHEMA / "chartgen.schema.json").read_bytes())
    text = json.dumps(data).encode()
    try:
        shape.read(text, "chartgen.yaml")
        told = []
    except Rejected as rejected:
        told = list(rejected.diagnostics)
    assert bool(told) != jsonschema.Draft7Validator(whole).is_valid(data)
    assert all(finding.spans or not finding.path for finding in told)


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("{a}.yaml", "x.yaml", True),
        ("{a}.yaml", "d/x.yaml", False),
        ("**/{a}.yaml", "x.yaml", True),
        ("**/{a}.yaml", "d/e/x.yaml", True),
        ("**/{a}.yaml", ".git/x.yaml", False),
        ("d/[!a]?{a}.yaml", "d/bcx.yaml", True),
        ("d/[!a]?{a}.yaml", "d/acx.yaml", False),
        ("[a-c]*.yaml", "bed.yaml", True),
        ("[.yaml", "[.yaml", True),
        ("*.yaml", ".x.yaml", False),
        ("a+b/{a}.yaml", "a+b/x.yaml", True),
    ],
)
def test_patterns(pattern: str, path: str, found: bool) -> None:
    assert patterns.matches(pattern, path) is found
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("{}")
    assert (path in Disk().found(patterns.as_glob(pattern))) is found


def test_the_example_checks_without_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FLEET)
    whole = plan(project.read())
    assert [build.name for build in whole.builds] == [
        "consul-payments",
        "consul-web",
        "consul-batch",
        "consul-search",
    ]
    assert [made.findings for made in fleet.check(whole)] == [()] * 4


def test_a_comment_that_does_something_in_one_chart_is_not_idle() -> None:
    found = planned(
        "charts:\n  - name: '{c}'\n    values: [base.yaml, 'in/{c}.yaml']\n",
        base="# chartgen: ignore-file[server-replicas-even]\nserver: {replicas: 2}\n",
        in__a="{}",
        in__b="server: {replicas: 3}",
    )
    assert fleet.together((made.build, made.findings) for made in fleet.check(found)) == ()
    Path("in/a.yaml").write_text("server: {replicas: 3}")
    (told,) = fleet.together((made.build, made.findings) for made in fleet.check(found))
    assert (told.code, told.charts) == ("ignore-unused", ("a", "b"))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_bar_is_for_terminals() -> None:
    import pty

    Path("chartgen.yaml").write_text("charts: [{name: a}, {name: b}]\n")
    for arguments, shown in ((["check"], True), (["check", "-q"], False)):
        ours, theirs = pty.openpty()
        done = subprocess.run([sys.executable, "-m", "chartgen", *arguments], stderr=theirs, check=False)
        os.close(theirs)
        told = b""
        try:
            while part := os.read(ours, 4096):
                told += part
        except OSError:
            # what is read once the other side is closed
            pass
        os.close(ours)
        assert (done.returncode, b"checking" in told, b"100%" in told) == (0, shown, shown)
    assert run("check", cwd=Path()).stderr == "2 charts: 2 valid\n"


def test_what_is_changed_beyond_values_is_as_on_the_command_line() -> None:
    patches = (paths.ROOT / "examples" / "patches" / "patches.yaml").read_text(encoding="utf-8")
    Path("p.yaml").write_text(patches)
    Path("chartgen.yaml").write_text(
        "defaults: {output: all, mirror: registry.example.com/m}\n"
        "charts: [{name: a, patches: [p.yaml]}, {name: b}, {name: c, patches: [p.yaml], set: {server.replicas: 5}}]\n"
    )
    assert run("build", cwd=Path()).returncode == 0
    changed = ("--mirror", "registry.example.com/m", "--patches", "p.yaml")
    for name, flags in (("a", changed), ("b", changed[:2]), ("c", (*changed, "--set", "server.replicas=5"))):
        Path("none.yaml").write_text("{}")
        assert (
            run("build", "-f", "none.yaml", "--name", name, "-o", "each", *flags, cwd=Path()).returncode == 0
        )
        archive = f"{name}-0.1.0.tgz"
        assert (Path("all") / archive).read_bytes() == (Path("each") / archive).read_bytes()
    assert run("build", "--check", cwd=Path()).returncode == 0
    # on the command line they hold for all charts: a mirror over the file's, patches after a chart's own
    Path("q.yaml").write_text(MORE)
    flags = ("--mirror", "registry.example.com/n", "--patches", "q.yaml")
    assert run("build", "-o", "said", *flags, cwd=Path()).returncode == 0
    for name, own in (("a", ("--patches", "p.yaml")), ("b", ())):
        given = ("--name", name, "-o", "alone", *flags[:2], *own, *flags[2:])
        assert run("build", "-f", "none.yaml", *given, cwd=Path()).returncode == 0
        archive = f"{name}-0.1.0.tgz"
        assert (Path("said") / archive).read_bytes() == (Path("alone") / archive).read_bytes()
    for wrong in (("--mirror", "no registry"), ("--patches", "gone.yaml")):
        done = run("build", *wrong, cwd=Path())
        assert done.returncode in (1, 2) and "rejected: " not in done.stderr, done.stderr
    Path("p.yaml").write_text(patches.replace("gvisor", "kata"))
    assert run("build", "--check", cwd=Path()).returncode == 1
    for bad in (
        "{name: d, mirror: 'no registry'}",
        "{name: d, patches: [gone.yaml]}",
        "{name: d, digests: p.yaml}",
    ):
        Path("chartgen.yaml").write_text(f"charts: [{{name: fine}}, {bad}]\n")
        for command in ("check", "build"):
            done = run(command, cwd=Path())
            assert done.returncode in (1, 2) and "rejected: d" in done.stderr, done.stderr
