"""Mends keep what they do not touch; migration moves what can be moved and lists the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chartgen.diagnostics import Mend
from chartgen.edit import fix
from chartgen.values import source
from tests.checked import checked
from tests.test_cli import run

TEXT = """\
# our servers
server:
  replica: "3"   # three of them
  storage: 10Gi
client:
  # on every node
  enabled: "true"
"""


def mended(text: str) -> str:
    findings = checked([source.read_text(text, "values.yaml")]).diagnostics
    return fix.apply(text, [one.mend for one in findings if one.mend is not None])


def test_certain_mends_keep_comments_and_order() -> None:
    once = mended(TEXT)
    assert "# our servers" in once
    assert "# three of them" in once
    assert "# on every node" in once
    assert "enabled: true" in once
    assert list(source.read_text(once, "v").data) == ["server", "client"]
    # the key first, then its value, which could not be judged under the wrong name
    assert source.read_text(mended(once), "v").data["server"]["replicas"] == 3


def test_valid_text_is_left_alone() -> None:
    text = "server:   {replicas: 3}  # odd spacing\n"
    assert mended(text) == text


@pytest.mark.parametrize(
    "text", ["server:\n  zzzzzz: 1\n", "global:\n  logLevel: chatty\n", "global:\n  logLevel: infos\n"]
)
def test_uncertain_is_not_touched(text: str) -> None:
    assert mended(text) == text


def test_a_word_of_other_charts_is_this_charts() -> None:
    text = "global:\n  logLevel: warning  # loud\nserver:\n  logLevel: 'Verbose'\n"
    assert mended(text) == "global:\n  logLevel: warn  # loud\nserver:\n  logLevel: debug\n"


def test_diff_only_shows(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(TEXT)
    done = run("fix", "--diff", str(file))
    assert "would do: " in done.stderr and "nothing is written" in done.stderr and "done: " not in done.stderr
    assert "+  replicas" in done.stdout
    assert file.read_text() == TEXT
    run("fix", str(file))
    assert "replicas:" in file.read_text()


def test_migrate_keeps_line_ends_and_permissions(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_bytes(
        b"# old\r\nglobal:\r\n  bootstrapACLs: true\r\nmeshGateway:\r\n  enabled: true\r\n  globalMode: local\r\n"
    )
    file.chmod(0o600)
    done = run("migrate", str(file))
    assert done.returncode == 1  # globalMode is left
    assert "+    manageSystemACLs: true" in done.stdout
    # besides globalMode the defaults that such an old file relies on, and that are others today
    assert "1 mended, 7 left" in done.stderr and "ProxyDefaults" in done.stdout + done.stderr
    assert done.stderr.count("warning[default-changed]") == 5
    assert file.read_bytes() == (
        b"# old\r\nglobal:\r\n  acls:\r\n    manageSystemACLs: true\r\nmeshGateway:\r\n  enabled: true\r\n  globalMode: local\r\n"
    )
    assert file.stat().st_mode & 0o777 == 0o600


ODD = """\
# the cluster in Oslo
global:
    name:   consul     # short
    # closed by default
    bootstrapACLs: true

    image: 'hashicorp/consul:1.5.0'
server:
    resources: {requests: {memory: "100Mi"},   limits: {memory: "100Mi"}}
    enterpriseLicense:
        # bought in May
        secretName: license
        secretKey: "key"
    affinity: |
        podAntiAffinity:
            # comments in texts stay

            preferred: []
meshGateway: {enabled: true, globalMode: local, wanAddress: {useNodeIP: true}}

# the CRDs
controller:
    enabled: true
      # and their own log

connectInject: &inject
    imageEnvoy: envoy:1
    default: true
extra: *inject
client:
    snapshotAgent:
        interval: 2h"""

MOVES = (
    Mend("move", ("global", "bootstrapACLs"), ("global", "acls", "manageSystemACLs")),
    Mend("move", ("server", "enterpriseLicense"), ("global", "enterpriseLicense")),
    Mend("remove", ("meshGateway", "globalMode")),
    Mend("become", ("meshGateway", "wanAddress", "useNodeIP"),
         ((("meshGateway", "wanAddress", "source"), "NodeIP"), (("externalServers", "hosts"), ["a.example"]))),
    Mend("remove", ("controller",)),
    Mend("move", ("client", "snapshotAgent", "interval"), ("server", "snapshotAgent", "interval")),
)  # fmt: skip

MOVED = """\
# the cluster in Oslo
global:
    name:   consul     # short
    acls:
        # closed by default
        manageSystemACLs: true

    image: 'hashicorp/consul:1.5.0'
    enterpriseLicense:
        # bought in May
        secretName: license
        secretKey: "key"
server:
    resources: {requests: {memory: "100Mi"},   limits: {memory: "100Mi"}}
    affinity: |
        podAntiAffinity:
            # comments in texts stay

            preferred: []
    snapshotAgent:
        interval: 2h
externalServers:
    hosts: [a.example]
meshGateway: {enabled: true, wanAddress: {source: NodeIP}}

connectInject: &inject
    imageEnvoy: envoy:1
    default: true
extra: *inject
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a mark"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_only_lines_that_a_mend_is_about_change(newline: str, mark: str) -> None:
    after = fix.apply(mark + ODD.replace("\n", newline), MOVES)
    assert after.removeprefix(mark).replace(newline, "\n") == MOVED
    assert after.startswith(mark) and "\n" not in after.replace(newline, "")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("a: &x {b: 1}\nc: *x\n", Mend("remove", ("a",))),
        ("a: &x {b: 1}\nc: *x\n", Mend("remove", ("c", "b"))),
        ("a:\n- b: 1\n  c: 2\n", Mend("move", ("a", 0, "b"), ("d",))),
        ("a: 1\nb: 2\n", Mend("move", ("a",), ("b",))),
        ("a: 1\n", Mend("remove", ("b",))),
        ("a: |\n  x\n", Mend("replace", ("a",), 1)),
        ("a: 1\nb: 2\n", Mend("rename", ("a",), "b")),
    ],
    ids=["anchor", "alias", "first of an item", "taken", "gone", "block", "name taken"],
)
def test_what_cannot_be_done_with_certainty_is_left(text: str, mend: Mend) -> None:
    assert fix.apply(text, [mend]) == text


def test_a_section_left_empty_goes() -> None:
    """A section of nothing is null, and null removes the defaults."""
    assert fix.apply("a:\n  b:\n    c: 1\nd: 1\n", [Mend("remove", ("a", "b", "c"))]) == "d: 1\n"


VALUE = st.one_of(st.booleans(), st.integers(), st.none(), st.text("ab: #'\"|\n", max_size=6))
TREE = st.recursive(
    VALUE, lambda below: st.dictionaries(st.sampled_from("abcd"), below, min_size=1, max_size=3)
)


@given(tree=st.dictionaries(st.sampled_from("abcd"), TREE, min_size=1), data=st.data())
@settings(max_examples=50, deadline=None)
def test_a_move_is_done_as_a_whole_or_not_at_all(tree: dict[str, Any], data: st.DataObject) -> None:
    text = yaml.dump(tree, indent=data.draw(st.integers(2, 4)), default_flow_style=data.draw(st.booleans()))
    path, target = (tuple(data.draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3))) for _ in "ab")
    before = source.read_text(text, "v").data
    after = source.read_text(fix.apply(text, [Mend("move", path, target)]), "v").data
    if after != before:
        assert under(before, path) == under(after, target) and under(after, path) in (
            GONE,
            under(after, target),
        )
        # a section of nothing may be filled, and a target that holds the same already stays
        taken = (path, *(target[:length] for length in range(1, len(target))))
        same = under(before, path) == under(before, target)
        rest = {
            one: value
            for one, value in leaves(before)
            if one[: len(path)] != path and one not in taken and not (same and one[: len(target)] == target)
        }
        assert rest == {one: value for one, value in leaves(after) if one[: len(target)] != target}


GONE = "gone"


def under(node: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        node = node.get(key, GONE) if isinstance(node, dict) else GONE
    return node


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict):
        for key, item in node.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, repr(node)
