"""`chartgen tidy`: what goes changes nothing, what stays is the same to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import chartgen
from chartgen import bundle, schema, values
from chartgen.edit import tidy
from chartgen.values import source, tree
from tests import compiled

CASES = Path(__file__).parent / "cases"
FILES = [
    *compiled.EXAMPLES,
    *compiled.SETS,
    *sorted((CASES / "accepted").glob("*.yaml")),
    *sorted((CASES / "migrated").glob("*/*.yaml")),
]


def meaning(text: str) -> dict[str, Any]:
    read = source.read_text(text, "v.yaml")
    return schema.complete(values.effective(values.layer([read]), schema.defaults()))


@pytest.mark.parametrize("ordered", [False, True], ids=["dropped", "sorted"])
@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_values_stay(file: Path, ordered: bool) -> None:
    text = file.read_text(encoding="utf-8")
    after, _, _ = tidy.tidied(text, file.name, ordered=ordered)
    assert tree.same(meaning(after), meaning(text))
    again, done, _ = tidy.tidied(after, file.name, ordered=ordered)
    assert (again, done) == (after, [])
    # lines only go, unless several values stand in one
    assert ordered or is_part_of(after, text)


def is_part_of(after: str, before: str) -> bool:
    """True if `after` is `before` without some of its lines, or with less in a line of several values."""
    lines = iter(before.splitlines())
    return all(
        any(line == other or ("{" in other and "{" in line) for other in lines) for line in after.splitlines()
    )


def test_a_full_copy_of_the_defaults_is_nothing() -> None:
    after, done, left = tidy.tidied(bundle.read("schema/values.yaml").decode(), "values.yaml")
    assert source.read_text(after, "v.yaml").data == {}
    assert len(done) > 10 and left == ()


def test_a_full_copy_with_one_change_keeps_that() -> None:
    text = bundle.read("schema/values.yaml").decode()
    changed = text.replace("\n  replicas: 1\n", "\n  replicas: 3\n", 1)
    assert changed != text
    after, _, _ = tidy.tidied(changed, "values.yaml")
    assert source.read_text(after, "v.yaml").data == {"server": {"replicas": 3}}


COMMENTS = """\
# about the file

# about the servers
server:
  # about what goes
  replicas: 1 # beside what goes

  # apart from all

  # about what stays
  storage: 20Gi # beside what stays
  # at the end of the servers

# at the end of the file
"""


def test_comments_stay_but_for_those_about_what_goes() -> None:
    after, _, _ = tidy.tidied(COMMENTS, "values.yaml")
    gone = [line.strip() for line in COMMENTS.splitlines() if line not in after.splitlines()]
    assert gone == ["# about what goes", "replicas: 1 # beside what goes"]


def test_sections_move_with_the_comments_above_them() -> None:
    text = "# about the file\n\n# about the UI\nui: {enabled: false}\n# about the servers\nserver:\n  replicas: 3\n"
    after, _, _ = tidy.tidied(text, "values.yaml", ordered=True)
    assert after == (
        "# about the file\n\n# about the servers\nserver:\n  replicas: 3\n# about the UI\nui: {enabled: false}\n"
    )


def test_over_other_files_their_values_count() -> None:
    below = [source.read_text("server:\n  replicas: 3\n", "base.yaml")]
    after, _, _ = tidy.tidied("server:\n  replicas: 3\n  storage: 10Gi\n", "v.yaml", below)
    assert after.strip() == ""
    after, done, _ = tidy.tidied("server:\n  replicas: 1\n", "v.yaml", below)
    assert (after, done) == ("server:\n  replicas: 1\n", [])


@pytest.mark.parametrize(
    "text",
    [
        "server:\n  replicas: &n 1\nclient:\n  grpc: true\ndns:\n  proxy:\n    replicas: *n\nui:\n  enabled: false\nconnectInject:\n  replicas: *n\n  enabled: true\nmeshGateway:\n  replicas: 2\n",
        "x-r: &r {replicas: 1}\nserver:\n  <<: *r\n  storage: 5Gi\n",
        "? server\n: replicas: 1\n",
        "{server: {replicas: 1, storage: 20Gi}}\n",
        "server:\r\n  replicas: 1\r\n  storage: 20Gi\r\n",
        "\ufeffserver:\n  replicas: 1\n  storage: 20Gi\n",
        "server: {replicas: 1}\nclient: {}\nui:\n  metrics: {}\n",
        "server:\n  replicas: 1.0\n  connect: 'true'\n",
        "server:\n  extraConfig: |\n    {}\n  affinity: |\n    a: b\n",
        "",
    ],
)
def test_odd_ways_to_write(text: str) -> None:
    after, _, _ = tidy.tidied(text, "values.yaml", ordered=True)
    assert tree.same(meaning(after), meaning(text))


@pytest.mark.parametrize("example", compiled.EXAMPLES[:4], ids=lambda path: path.stem)
def test_the_chart_is_the_same_to_the_byte(example: Path, tmp_path: Path) -> None:
    after, _, _ = tidy.tidied(example.read_text(encoding="utf-8"), example.name, ordered=True)
    (tmp_path / "v.yaml").write_text(after, encoding="utf-8")
    assert chartgen.compile(tmp_path / "v.yaml").archive() == compiled.chart(example).archive()
