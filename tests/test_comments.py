"""Comments to chartgen in values files: which there are, what they are about, and what only looks like one."""

from __future__ import annotations

import pytest

from chartgen.values import comments, source

TEXT = """\
# chartgen: ignore-file[unknown-key] a copy of somebody's
server: # chartgen: ignore[server-replicas-even]
  replicas: 2 # four is too many  # chartgen: ignore[a-rule,extra-config-*] as agreed
  # chartgen: ignore[next]
  # more about it

  storage: 10Gi
  note: "# chartgen: ignore[quoted]"
  other: plain#chartgen:ignore[plain]
  extraConfig: | # chartgen: ignore[header]
    # chartgen: ignore[inside]
    {"a": 1}
  # chartgen: ignore[after]
  last: >-
    # chartgen: ignore[folded]
    text
# chartgen: ignore[end]
"""


def test_each_comment_and_the_line_that_it_is_about() -> None:
    found, unread = comments.ignores(source.read_text(TEXT.encode(), "v.yaml"))
    assert [(ignore.codes, ignore.line) for ignore in found] == [
        (("unknown-key",), 0),
        (("server-replicas-even",), 2),
        (("a-rule", "extra-config-*"), 3),
        (("next",), 7),
        (("header",), 10),
        (("after",), 14),
        (("end",), 17),
    ]
    assert unread == []
    for ignore in found:
        line = TEXT.splitlines()[ignore.span.line - 1]
        assert line[ignore.span.column - 1 : ignore.span.end_column - 1].startswith("# chartgen: ignore")


@pytest.mark.parametrize(
    "words", ["ignore", "ignore[]", "ingore[a]", "ignore[a", "ignore a", "ignore[A b]", ""]
)
def test_a_comment_that_cannot_be_read_is_told(words: str) -> None:
    found, (told,) = comments.ignores(source.read_text(f"a: 1 # chartgen: {words}\n".encode(), "v.yaml"))
    assert found == []
    assert (told.code, told.spans[0].line, told.spans[0].column, told.found) == ("bad-ignore", 1, 6, words)


def test_no_comment_costs_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "_comments", None)
    assert comments.ignores(source.read_text(b"a: 1 # ignore[x]\n", "v.yaml")) == ([], [])
