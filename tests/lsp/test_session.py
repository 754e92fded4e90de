"""An editing session with a real client: after every edit the server tells what `check` finds in the same text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from chartgen.diagnostics import Rejected
from chartgen.values import source
from tests.lsp.client import Client
from tests.lsp.test_reading import STROKES
from tests.lsp.test_server import checked, told

START = (Path(__file__).parent.parent.parent / "benchmarks" / "values.yaml").read_text(encoding="utf-8")
# whole lines that change what other lines mean
LINES = [
    "  replicas: 2\n", "  enabled: false\n", "  enabled: true\n", "global:\n", "  tls:\n    enabled: false\n", "# 😀 é\n",
    "client:\n  enabled: true\n", "  image: a\n", "  logLevel: INFO\n", "x-a: &a {b: 1}\n", "  resources: *a\n",
    "  annotations: |\n    é: 1\n    😀: b\n", "  # chartgen: ignore[server-replicas-even] two\n", "  nodeMeta: {a: 1.10}\n",
    "ui:\n  service: {type: LoadBalancr}\n",
]  # fmt: skip


def units(piece: str, encoding: str) -> int:
    return len(piece.encode({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding))) // {
        "utf-8": 1, "utf-16": 2, "utf-32": 4
    }[encoding]  # fmt: skip


def position(text: str, offset: int, encoding: str) -> lsp.Position:
    before = text[:offset]
    start = before.rfind("\n") + 1
    return lsp.Position(before.count("\n"), units(before[start:], encoding))


def place(text: str, draw: random.Random) -> int:
    """An offset that is not between the two characters of a line's end."""
    offset = draw.randrange(len(text) + 1)
    return offset - (text[offset - 1 : offset + 1] == "\r\n")


@pytest.mark.parametrize(
    ("encoding", "end", "edits"), [("utf-16", "\n", 120), ("utf-8", "\r\n", 50), ("utf-32", "\n", 30)]
)
def test_a_session(tmp_path: Path, encoding: str, end: str, edits: int) -> None:
    draw, text, equal = random.Random(7), START.replace("\n", end), 0
    good, broken = text, 0
    with Client(tmp_path, {"files": "all"}, () if encoding == "utf-16" else (encoding, "utf-16")) as client:
        assert client.initialized.capabilities.position_encoding == encoding
        client.open(text)
        for _ in range(edits):
            if draw.random() < 0.3:
                start = text.rfind("\n", 0, place(text, draw)) + 1
                stop, new = start, draw.choice(LINES).replace("\n", end)
            else:
                start = place(text, draw)
                is_typed = draw.random() < 0.7
                stop = start if is_typed else min(len(text), start + draw.randint(1, 30))
                stop -= stop > start and text[stop - 1 : stop + 1] == "\r\n"
                new = draw.choice(STROKES).replace("\n", end) if is_typed else ""
            client.change(position(text, start, encoding), position(text, stop, encoding), new)
            text = text[:start] + new + text[stop:]
            try:
                source.read_text(text, "values.yaml")
            except Rejected:
                shown = client.told()
                assert any(one.severity == lsp.DiagnosticSeverity.Error for one in shown)
                broken += 1
                if draw.random() < 0.7 or broken > 2:
                    # a slip that is taken back
                    whole = lsp.Range(lsp.Position(0, 0), position(text, len(text), encoding))
                    client.change(whole.start, whole.end, good)
                    text = good
                    client.told()
                    broken = 0
                continue
            wanted = checked(text)
            assert told(client.told_at_last(lambda shown: told(shown) == wanted)) == wanted, text  # noqa: B023
            good, equal, broken = text, equal + 1, 0
    assert equal > edits / 4
    assert client.logged == []
