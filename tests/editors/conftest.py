"""The editor of these tests: the real yaml-language-server, driven over its standard input and output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.editors.editor import Editor


@pytest.fixture(scope="session")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with Editor(tmp_path_factory.mktemp("workspace")) as running:
        yield running
