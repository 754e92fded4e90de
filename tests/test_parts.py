"""Documents that are read by their parts hold what they hold when they are read whole, and parts in common are the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml12
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chartgen.kubernetes import asked, images, objects
from chartgen.kubernetes.asked import Asked
from chartgen.render import parts
from chartgen.render.document import block_yaml, pruned
from chartgen.render.parts import Parts
from tests.test_block_events import BLOCKS, BRACKETS, JSON

PIECES = st.one_of(BLOCKS, BLOCKS.map(lambda text: text.replace("\n", "\n  ")), JSON, BRACKETS)
NESTED = st.lists(
    st.tuples(st.sampled_from(("a:", "b:\n  ", "b:\n- ", "c: |\n  ", "d:\n  e:\n    ", "")), PIECES).map("".join), max_size=4
).map("\n".join)  # fmt: skip
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(("a", "x y", "a\nb\n", " c", "- d", "e: f", "g #", "", "\n\n"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("a", "b.c/d", "null", "1", "x y", "true", "-")), inner, max_size=3)
    ),
)  # fmt: skip


def told(read: Any, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        return str(error)


def whole(text: str) -> Any:
    return pruned(yaml12.parse_yaml(text))


@pytest.fixture(autouse=True, scope="module")
def _as_short_as_can_be() -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "_SHORT", 0)
        yield


@given(NESTED, NESTED)
@example("", "c: |\n  1\n   \n")
@example("", "b:\n  |\na: 1\n")
@example("", "b:\n  a: | # c\n\na:\n")
@example("", "b:\n  a: | # c # d\n\na:\n")
# further in than a line's beginning is told by a byte, and more than one document
@example(f"a:\n{62 * ' '}b: 1\n{62 * ' '}c: 2", f"a:\n{64 * ' '}b: 1\n{64 * ' '}c: 2")
@example(f"a: b\nc:\n{63 * ' '}- 1\n{63 * ' '}- 2", f"a:\n{63 * ' '}#\n{63 * ' '}b: 1")
@example("a: 1\n---\nb: 2", "a: |\n  b\n...\nc: 1")
@settings(max_examples=300, deadline=None)
def test_any_text(text: str, other: str) -> None:
    kept = Parts()
    # only what ends in a break is read by parts
    for each in (f"{text}\n", f"{other}\n", f"{text}\n{other}\n", f"{text}\n\n", text):
        assert repr(told(kept.read, each)) == repr(told(whole, each))


@given(st.dictionaries(st.sampled_from("abcd"), DATA, min_size=1))
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read(data: dict[str, Any]) -> None:
    kept = Parts()
    text = block_yaml(data, str)
    assert repr(kept.read(text)) == repr(whole(text))
    assert block_yaml(kept.read(text), str, kept) == block_yaml(whole(text), str)


TEXT = """\
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      volumes:

      - name: data
        emptyDir: {{}}
      # as long as they are plain
      containers:
      - name: first
        image: a/b:1
        env:
        - {{name: A, value: "{name}"}}
      - name: second
        image: null
        command:
        - /bin/sh
        - |
          exec b \\
            -image=c/d:2
"""


def test_parts_in_common_are_the_very_same() -> None:
    kept = Parts()
    one, other = (kept.read(TEXT.format(name=name))["spec"]["template"]["spec"] for name in ("x", "y"))
    assert one == whole(TEXT.format(name="x"))["spec"]["template"]["spec"]
    assert one["volumes"] is other["volumes"]
    assert one["containers"][1] is other["containers"][1]
    assert one["containers"][0] is not other["containers"][0]
    assert [container["env"][0]["value"] for container in (one["containers"][0], other["containers"][0])] == ["x", "y"]


def test_what_was_asked_about_a_part_holds_in_all_objects() -> None:
    kept = Parts()
    for name in ("x", "y", "_"):
        data = kept.read(TEXT.format(name=name))
        anew = whole(TEXT.format(name=name))
        assert [*objects.refusals(data, None, kept)] == [*objects.refusals(anew, None)]
        assert images.names(data, kept) == {use.image for use in images.uses(anew)} == {"a/b:1", "c/d:2"}
    assert any("no image" in refusal.what for refusal in objects.refusals(anew, None))


def test_a_key_with_something_beside_it_has_nothing_below() -> None:
    for text in ("a: b:\n  c: 1\n  d: 2\n", "a: 'b:\n  c: 1'\n", "- a: b:\n    c: 1\n"):
        assert repr(told(Parts().read, text)) == repr(told(whole, text))


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST", 2000)
    monkeypatch.setattr(asked, "_MOST", 20)
    kept = Parts()
    for number in range(100):
        text = TEXT.format(name=number)
        assert kept.read(text) == whole(text)
        assert block_yaml(kept.read(text), str, kept) == block_yaml(whole(text), str)
        for read in (kept._read, kept._read_before):
            assert sum(len(line) for part in read for line in part) <= 2000 + len(text)
        for known in (kept._known, kept._before):
            assert sum(map(len, known.values())) <= 20


def test_what_is_of_use_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST", 2000)
    monkeypatch.setattr(asked, "_MOST", 20)
    kept, judged, gone = Parts(), [], []
    for number in range(100):
        spec = kept.read(TEXT.format(name=number))["spec"]["template"]["spec"]
        volumes, changed = spec["volumes"], spec["containers"][0]
        assert kept.once("judged", volumes, lambda part: judged.append(part) or len(judged)) == 1
        kept.once("judged", changed, lambda part: gone.append(part))
    assert len(gone) == 100
    assert all(volumes is part for part in judged)


def test_a_long_part_is_kept_by_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_LONG", 8)
    kept = Parts()
    one, other = (kept.read(TEXT.format(name="x"))["spec"]["template"]["spec"] for _ in range(2))
    assert one == other
    assert one["containers"] is not other["containers"]
    assert one["containers"][0] is other["containers"][0]
    assert one["volumes"] is other["volumes"]


def test_an_answer_is_of_the_part_that_was_asked_about() -> None:
    answers = Asked()
    # parts that go, so that others may come where they were
    assert [answers.once("sum", [number], sum) for number in range(100)] == [*range(100)]
