"""What people see in an editor while they write values: completion, hover, and what is underlined."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import schema
from chartgen.schema import removed
from chartgen.values import source
from chartgen.workshop import schema_build
from tests.checked import checked
from tests.editors.editor import Editor, chosen, documentation, inserted

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
# a line that is wrong for certain: that it is underlined shows that the schema was applied to the text
WRONG = "\nnoSuchSection: {}\n"
WRONG_TOLD = "Property noSuchSection is not allowed."


def sections(node: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of each section of the values, the top first."""
    node = schema.document() if node is None else node
    yield path
    for key, child in node.get("properties", {}).items():
        if "properties" in child:
            yield from sections(child, (*path, key))


def below(path: tuple[str, ...]) -> str:
    """A text whose cursor is where a key of the section is to be written."""
    return "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(path)) + "  " * len(path) + "¦"


@pytest.mark.parametrize(
    ("text", "label", "snippet"),
    [
        ("server:\n  ¦", "replicas", "replicas: ${1:1}"),
        ("server:\n  repl¦", "replicas", "replicas: ${1:1}"),
        ("server:\n  ¦", "storage", "storage: ${1:10Gi}"),
        ("server:\n  ¦", "enabled", 'enabled: ${1:"-"}'),
        ("global:\n  ¦", "logLevel", "logLevel: ${1:info}"),
        ("global:\n  tls:\n    ¦", "enableAutoEncrypt", "enableAutoEncrypt: ${1:false}"),
        ("connectInject:\n  cni:\n    ¦", "cniBinDir", "cniBinDir: ${1:/opt/cni/bin}"),
        ("client:\n  nodeMeta:\n    ¦", "pod-name", "pod-name: ${1:\\${HOSTNAME\\}}"),
    ],
)
def test_a_key_completes_with_its_default(editor: Editor, text: str, label: str, snippet: str) -> None:
    assert inserted(editor.complete(text)[label]) == snippet


def test_a_key_completes_with_its_text(editor: Editor) -> None:
    shown = documentation(editor.complete("server:\n  ¦")["replicas"])
    assert shown.startswith(
        schema.document()["properties"]["server"]["properties"]["replicas"]["description"]
    )
    assert shown.endswith("Type: integer, default: `1`")


def test_a_section_completes_without_the_defaults_in_it(editor: Editor) -> None:
    proposed = editor.complete("¦")
    assert set(schema.document()["properties"]) == set(proposed)
    assert inserted(proposed["global"]) == "global:\n  "
    assert inserted(proposed["connectInject"]) == "connectInject:\n  "


@pytest.mark.parametrize(
    ("text", "values", "default"),
    [
        ("global:\n  logLevel: ¦", {"trace", "debug", "info", "warn", "error"}, "info"),
        ("server:\n  enabled: ¦", {"true", "false", '"-"'}, '"-"'),
        ("server:\n  exposeService:\n    type: ¦", {"ClusterIP", "NodePort", "LoadBalancer"}, "LoadBalancer"),
        ("global:\n  tls:\n    enabled: ¦", {"true", "false"}, "false"),
        ("server:\n  replicas: ¦", {"1", "3", "5"}, "1"),
    ],
)
def test_values_are_proposed(editor: Editor, text: str, values: set[str], default: str) -> None:
    proposed = editor.complete(text)
    assert values <= proposed.keys()
    assert {label for label, item in proposed.items() if item.detail == "Default value"} == {default}
    assert inserted(proposed[default]) == default


GATEWAYS = "connectInject:\n  enabled: true\ningressGateways:\n  enabled: true\n  gateways:"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"{GATEWAYS} ¦", "example"),
        (f"{GATEWAYS}\n    - ¦", "example"),
        (f"{GATEWAYS}\n    ¦", "example"),
        ("server:\n  tolerations: ¦", "toleration"),
        ("server:\n  tolerations:\n    - ¦", "toleration"),
        ("client:\n  tolerations:\n    - key: a\n    - ¦", "toleration"),
        ("server:\n  topologySpreadConstraints:\n    - ¦", "spread over zones"),
        ("server:\n  resources:\n    ¦", "requests and limits"),
        ("server:\n  extraVolumes:\n    - ¦", "secret volume"),
        ("server:\n  extraVolumes:\n    - ¦", "example"),
        ("client:\n  nodeSelector: ¦", "node label"),
        ("client:\n  nodeSelector:\n    ¦", "node label"),
        ("global:\n  acls:\n    bootstrapToken:\n      ¦", "example"),
        ("syncCatalog:\n  k8sAllowNamespaces: ¦", "default"),
    ],
)
def test_what_a_snippet_writes_is_valid(editor: Editor, text: str, label: str) -> None:
    written = chosen(text, editor.complete(text)[label])
    assert written.count("\n") >= text.count("\n")
    result = checked([source.read_text(written, "values.yaml")])
    assert [one.code for one in result.diagnostics if one.severity == "error"] == [], written


def test_whatever_is_chosen_is_yaml(editor: Editor) -> None:
    """Each proposal in each section, one after the other in a file of its own."""
    wrong = []
    for path in sections():
        text = below(path)
        for label, item in editor.complete(text).items():
            written = chosen(text, item)
            try:
                yaml.safe_load(written)
            except yaml.YAMLError:
                wrong.append((path, label, written))
            if "[object" in written:
                wrong.append((path, label, written))
    assert wrong == []


def test_every_key_is_proposed_but_the_deprecated(editor: Editor) -> None:
    for path in sections():
        node = schema.document()
        for key in path:
            node = node["properties"][key]
        wanted = {key for key, child in node["properties"].items() if "deprecationMessage" not in child}
        proposed = editor.complete(below(path)).keys()
        assert wanted <= proposed, path
        assert not (node["properties"].keys() - wanted) & proposed, path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server:\n  repl¦icas: 3\n",
         ["#### server.replicas", "Number of servers.", "Type: integer, default: `1`", "```yaml\n3\n```"]),
        ("serv¦er:\n  replicas: 3\n", ["#### server", "a StatefulSet with a volume for each"]),
        ("global:\n  log¦Level: warn\n", ["#### global.logLevel", "Default: `\"info\"`", "* `debug`"]),
        ("server:\n  sto¦rage: 20Gi\n", ["Type: quantity, default: `\"10Gi\"`"]),
        ("server:\n  resources:\n    limits:\n      mem¦ory: 1Gi\n", ["#### server.resources.limits.memory"]),
        ("server:\n  toler¦ations: []\n",
         ["#### server.tolerations", "Type: list or text", "evaluated as a Helm template", "- key: dedicated"]),
        ("connectInject:\n  namespaceSele¦ctor: {}\n", ["Default:\n```yaml\nmatchExpressions:"]),
        ("ingressGateways:\n  gateways:\n    - na¦me: a\n", ["#### ingressGateways.gateways\\[\\].name"]),
        ("global:\n  enablePod¦SecurityPolicies: true\n", ["**Deprecated:** "]),
    ],
)  # fmt: skip
def test_hover(editor: Editor, text: str, told: list[str]) -> None:
    shown = editor.hover(text)
    assert [one for one in told if one not in shown] == [], shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server:\n  replica: 3\n", [(2, "Property replica is not allowed.")]),
        ("server:\n  replicas: three\n", [(2, 'Incorrect type. Expected "integer".')]),
        ("server: 3\n", [(1, "Incorrect type. Expected one of object.")]),
        ("server:\n  enabled: maybe\n", [(2, 'Expected one of true, false, "-"')]),
        ("server:\n  enabled: 3\n", [(2, 'Expected one of true, false, "-"')]),
        ("global:\n  logLevel: inf\n",
         [(2, 'Expected one of "", "trace", "debug", "info", "warn", "error"')]),
        ("server:\n  storage: 10 pounds\n",
         [(2, "Expected a Kubernetes quantity such as 500m, 2, 256Mi or 10Gi")]),
        ("server:\n  resources:\n    limits:\n      memory: 2 gigs\n",
         [(4, "Expected a Kubernetes quantity such as 500m, 2, 256Mi or 10Gi")]),
        ("server:\n  tolerations:\n    - keys: a\n", [(3, "Property keys is not allowed.")]),
        ("server:\n  affinity:\n    nodeAfinity: {}\n", [(3, "Property nodeAfinity is not allowed.")]),
        ("server:\n  securityContext:\n    seLinuxOptions: 3\n",
         [(3, "Incorrect type. Expected one of object.")]),
        ("ingressGateways:\n  gateways:\n    - replicas: 2\n", [(3, 'Missing property "name".')]),
        ("externalServers:\n  hosts: [provider=aws]\n",
         [(2, schema.document()["properties"]["externalServers"]["properties"]["hosts"]["items"]["allOf"][-1][
             "patternErrorMessage"])]),
        ("externalServers:\n  grpcPort: 70000\n", [(2, "Value is above the maximum of 65535.")]),
        ("server:\n  replica: 3\nclient:\n  enable: true\nglobal:\n  tls:\n    enabled: 1\n",
         [(2, "Property replica is not allowed."), (4, "enable is called enabled here."),
          (7, 'Incorrect type. Expected "boolean".')]),
    ],
    ids=lambda one: one.split("\n")[-2].strip() if isinstance(one, str) else "",
)  # fmt: skip
def test_mistakes_are_underlined_once(editor: Editor, text: str, told: list[tuple[int, str]]) -> None:
    assert sorted(editor.problems(text)) == told


@pytest.mark.parametrize("value", ["3.5", "a b!", "[[1]]", "{}", "-5", "null"])
def test_no_mistake_is_told_twice(editor: Editor, value: str) -> None:
    """One wrong value in the place of each setting: what is told of one is one thing, in words of its own."""
    lines: list[str] = []

    def write(node: Any, depth: int) -> None:
        for key, child in node["properties"].items():
            leaf = "default" in child or "properties" not in child
            lines.append("  " * depth + (f"{key}: {value}" if leaf else f"{key}:"))
            if not leaf:
                write(child, depth + 1)

    write(schema.document(), 0)
    problems = editor.problems("\n".join(lines) + "\n")
    assert problems
    told: dict[int, list[str]] = {}
    for line, message in problems:
        told.setdefault(line, []).append(message)
    words = ("Incorrect type", "Expected one of", "Matches")
    twice = {
        lines[line - 1]: messages
        for line, messages in told.items()
        if sum(message.startswith(words) for message in messages) > 1
    }
    assert twice == {}
    assert not [message for _, message in problems if "schema" in message or "(" in message.split(" ")[0]]


def test_a_deprecated_value_is_told(editor: Editor) -> None:
    ((line, told),) = editor.problems("global:\n  enablePodSecurityPolicies: true\n")
    assert line == 2
    assert "Pod Security Admission" in told


def mistakes(problems: list[tuple[int, str]]) -> set[str]:
    """What is told of a text, but for settings that are right and on their way out."""
    leaving = {leaf.node.get("deprecationMessage") for leaf in schema_build.leaves(schema.document())}
    return {told for _, told in problems} - leaving


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.name)
def test_nothing_is_wrong_with_an_example(editor: Editor, file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if "yaml-language-server" not in line)
    assert mistakes(editor.problems(text + WRONG)) == {WRONG_TOLD}


def test_the_starter_file_finds_its_schema(editor: Editor) -> None:
    """What `chartgen init --schema` writes works at once: the file's first line leads to the schema beside it."""
    for flags in ([], ["--full"]):
        file = editor.workspace / "plain-starter.yaml"
        schema_file = editor.workspace / "consul-values.schema.json"
        command = [sys.executable, "-m", "chartgen", "init", "--force", "--schema", str(schema_file), *flags, str(file)]
        subprocess.run(command, check=True)
        problems = editor.problems(file.read_text(encoding="utf-8") + WRONG, prefix="plain")
        assert mistakes(problems) == {WRONG_TOLD}


def test_a_value_that_is_gone_is_told_with_what_to_write_today(editor: Editor) -> None:
    """Each value that a release since 2018 had, at its name, once; those below a section that is gone, with it."""
    entries = removed.entries()
    known = set(sections())
    tops = [path for path in entries if not any(path[:length] in entries for length in range(1, len(path)))]
    tops = [path for path in tops if path[:-1] in known]
    assert len(tops) > 30
    for path in tops:
        told = editor.problems("".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(path[:-1]))
                               + f"{'  ' * (len(path) - 1)}{path[-1]}: {{enabled: true}}\n")  # fmt: skip
        ((line, message),) = told
        assert line == len(path)
        assert message.startswith(f"Release {entries[path].last} was the last with {'.'.join(path)}: ")
        assert " Today: " in message


@pytest.mark.parametrize(
    ("text", "told", "mended"),
    [
        # a word of other charts: the one name that it has here
        ("server:\n  replicaCount: 3\n", "replicaCount is called replicas here.", ["server:\n  replicas: 3\n"]),
        ("client:\n  enable: true\n", "enable is called enabled here.", ["client:\n  enabled: true\n"]),
        # dozens of keys are no choice
        ("server:\n  replica: 3\n", "Property replica is not allowed.", []),
        ("globl: {}\n", "Property globl is not allowed.", []),
        # what is gone has no other name
        ("global:\n  imageEnvoy: x\n", None, []),
        ("server:\n  enabled: maybe\n", 'Expected one of true, false, "-"',
         ["server:\n  enabled: true\n", "server:\n  enabled: false\n", 'server:\n  enabled: "-"\n']),
    ],
    ids=lambda one: one.split("\n")[-2].strip() if isinstance(one, str) and "\n" in one else "",
)  # fmt: skip
def test_quick_fixes_are_few_and_right(editor: Editor, text: str, told: str | None, mended: list[str]) -> None:
    ((message, offered),) = editor.fixes(text).items()
    assert told in (None, message)
    assert offered == mended
    for one in offered:
        assert editor.problems(one) == []


@pytest.mark.parametrize(
    ("text", "label", "snippet"),
    [
        # what the gateways have where an entry says nothing
        ("ingressGateways:\n  gateways:\n    - name: a\n      ¦", "replicas", "replicas: ${1:1}"),
        ("terminatingGateways:\n  gateways:\n    - name: a\n      ¦", "replicas", "replicas: ${1:1}"),
        # nothing is proposed where nothing is known
        ("server:\n  tolerations:\n    - ¦", "tolerationSeconds", "tolerationSeconds: "),
        ("server:\n  topologySpreadConstraints:\n    - ¦", "minDomains", "minDomains: "),
        ("server:\n  containerSecurityContext:\n    server:\n      ¦", "runAsUser", "runAsUser: "),
        # zero where it is the default
        ("client:\n  aclInit:\n    startupStagger:\n      ¦", "minSeconds", "minSeconds: ${1:0}"),
    ],
)  # fmt: skip
def test_no_number_is_made_up(editor: Editor, text: str, label: str, snippet: str) -> None:
    assert inserted(editor.complete(text)[label]) == snippet


def test_yaml_is_read_as_helm_reads_it_where_that_is_set(tmp_path: Path) -> None:
    """`yes` and `on` are true for Helm; the editor knows with the setting that docs/editors.md names."""
    text = "server:\n  enabled: yes\nclient:\n  enabled: on\n"
    with Editor(tmp_path / "1.2") as editor:
        assert len(editor.problems(text)) == 2
    with Editor(tmp_path / "1.1", yamlVersion="1.1") as editor:
        assert editor.problems(text) == []
