"""What was asked about parts of documents before is what would be found anew, whatever has changed in one place."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import compiler, render, verify
from chartgen.chart import images
from chartgen.diagnostics import Path as Place
from chartgen.kubernetes import images as named_in
from chartgen.kubernetes import objects
from chartgen.kubernetes.asked import ANEW, Asked
from chartgen.kubernetes.refusal import Refusal
from chartgen.render import Rendered
from chartgen.render.document import Document, block_yaml, chart_text, data_of
from chartgen.render.parts import Parts
from chartgen.values import Merged, tree

EVERYTHING = yaml.safe_load((Path(__file__).parent / "data/everything-on.yaml").read_text())
# what no field of an object, or hardly one, takes; the same for every reader
ODD = ("", "-", "a b", "A", "x" * 64, "consul", "1", "10Gi", "$(NO_SUCH)", "image: a/b:1\n\n  run -image=c/d:2\n",
       0, -1, 80, 1.5, True, False, [], {}, ["consul"], [{"name": "consul"}], {"name": "consul"}, {"a": "b"})  # fmt: skip
KEYS = ("name", "image", "sleep", "fileKeyRef", "hostPort", "volumeMounts", "a/b/c", "1", "x" * 64)
PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")
VERSIONS = (None, (1, 30), (1, 36))


@pytest.fixture(scope="module")
def sound() -> tuple[Rendered, Merged]:
    """The documents of a chart with everything on, and its values."""
    checked = compiler.check(compiler.read(EVERYTHING), compiler.Options())
    rendered = render.render(checked.view, checked.settings)
    return rendered, checked.merged


def places(node: Any, path: Place = ()) -> list[Place]:
    """The path of each part of an object."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, item in entries for place in places(item, (*path, key)))]


def changed(data: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """An object with a leaf or a part that is another, is gone, or has a key more."""
    below = [place for place in places(data) if len(place) > 1]
    path = draw.choice(below) if below else ("spec",)
    part = tree.at(data, path)
    if draw.random() < 0.2 and isinstance(part, dict):
        part = {**part, draw.choice(KEYS): draw.choice(ODD)}
    elif draw.random() < 0.1 and isinstance(part, list):
        part = [*part, draw.choice([*part, *ODD])]
    else:
        part = None if draw.random() < 0.2 else draw.choice(ODD)
    made: dict[str, Any] = tree.replaced(data, path, part)
    return made


def told(ask: Any, *given: Any) -> Any:
    """What comes back, or what is raised for an object that has not the form of its kind."""
    try:
        return ask(*given)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return type(error), str(error)


def as_read(document: Document, data: dict[str, Any], parts: Parts) -> Document:
    """A document as it comes of a template whose text is the data's."""
    return document._replace(head=parts.read(block_yaml(data, str)), kept={}, asked=parts)


def judged(
    documents: Sequence[Document], rendered: Rendered, merged: Merged, version: tuple[int, int] | None
) -> Any:
    """All that is said of documents, and the text of each."""
    made = rendered._replace(documents=tuple(documents))
    texts = [told(chart_text, document, rendered.late) for document in documents]
    return told(verify.check, made, merged, version), told(images.named, documents), texts


@pytest.mark.parametrize("seed", range(8))
def test_whatever_changes_in_one_place(sound: tuple[Rendered, Merged], seed: int) -> None:
    draw = random.Random(seed)
    rendered, merged = sound
    documents = [document for document in rendered.documents if not document.text]
    kept = Parts()
    known = [as_read(document, document.head, kept) for document in documents]
    sound_as_read = judged(known, rendered, merged, None)
    assert sound_as_read[0] == []
    assert sound_as_read == judged(documents, rendered, merged, None)
    findings = 0
    for _ in range(25):
        number, version = draw.randrange(len(documents)), draw.choice(VERSIONS)
        text = block_yaml(changed(documents[number].head, draw), str)
        anew = [*documents]
        anew[number] = documents[number]._replace(head=data_of(text), kept=None)
        expected = judged(anew, rendered, merged, version)
        # the second time all of it is known
        for _ in range(2):
            again = [*known]
            again[number] = known[number]._replace(head=kept.read(text), kept={})
            assert judged(again, rendered, merged, version) == expected
        findings += bool(expected[0]) and isinstance(expected[0], list)
    # what is judged has something wrong
    assert findings > 3


def refusals(data: dict[str, Any], asked: Asked) -> list[Refusal]:
    return [*objects.refusals(data, None, asked)]


def test_one_part_in_two_places() -> None:
    """What a part means depends on where it stands, and so does its text."""
    container = {"name": "a", "image": "no image", "livenessProbe": {"exec": {"command": ["c"]}}}
    part = {"image": "b", "containers": [container]}
    spec = {
        "containers": [container],
        "initContainers": [container],
        "other": container,
        "parts": [[part, part], part],
    }
    pod = {"kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    kept = Parts()
    for _ in range(2):
        assert refusals(pod, kept) == refusals(pod, ANEW) != []
        assert named_in.names(pod, kept) == {use.image for use in named_in.uses(pod)} == {"b", "no image"}
        assert block_yaml(pod, str, kept) == block_yaml(pod, str)
    assert named_in.names({"spec": container}, kept) == frozenset()


@pytest.mark.parametrize("seed", range(4))
def test_several_changes(sound: tuple[Rendered, Merged], seed: int) -> None:
    """Parts that are wrong stand in one object after the other, each at its own place."""
    draw = random.Random(seed)
    kept = Parts()
    documents = [document for document in sound[0].documents if document.kind in PODS]
    for _ in range(20):
        data = draw.choice(documents).head
        for _ in range(3):
            data = changed(data, draw)
            text = block_yaml(data, str)
            assert told(refusals, kept.read(text), kept) == told(refusals, data_of(text), ANEW)
