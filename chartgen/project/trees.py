"""The files of a project: those on the disk, from the folder that `chartgen.yaml` is in."""

from __future__ import annotations

import glob
import os.path
from collections.abc import Iterable
from typing import Protocol

from chartgen.diagnostics import Rejected, remembered
from chartgen.values import source
from chartgen.values.source import Source


class Tree(Protocol):
    """Where the files of a project are read from; paths are from the folder of its `chartgen.yaml`, with slashes."""

    def found(self, pattern: str) -> Iterable[str]:
        """The files that a glob finds, in the order of their names."""

    def has(self, path: str) -> bool:
        """True if there is a file at a path."""

    def read(self, path: str) -> bytes:
        """What a file holds. Raises Rejected where it cannot be read."""


class Disk:
    """The files below a folder, and beside it."""

    def __init__(self, folder: str = "") -> None:
        self.folder = folder

    def found(self, pattern: str) -> Iterable[str]:
        names = glob.glob(pattern, root_dir=self.folder or None, recursive=True)
        return sorted(name.replace(os.sep, "/") for name in names if self.has(name))

    def has(self, path: str) -> bool:
        return os.path.isfile(os.path.join(self.folder, path))

    def read(self, path: str) -> bytes:
        return source.read_bytes(os.path.join(self.folder, path))


class Looked:
    """A tree that is looked at once, for what many charts ask: which files there are."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._found: dict[str, tuple[str, ...]] = {}
        self._has: dict[str, bool] = {}

    def found(self, pattern: str) -> Iterable[str]:
        if pattern not in self._found:
            self._found[pattern] = tuple(self.tree.found(pattern))
            self._has.update(dict.fromkeys(self._found[pattern], True))
        return self._found[pattern]

    def has(self, path: str) -> bool:
        if path not in self._has:
            self._has[path] = self.tree.has(path)
        return self._has[path]

    def read(self, path: str) -> bytes:
        return self.tree.read(path)


class Layers:
    """The files of values of a tree, each read once however many charts it is a layer of."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._known: dict[str, Source | Rejected] = {}

    def source(self, path: str) -> Source:
        """The values in a file. Raises Rejected for what cannot be read."""
        return remembered(self._known, path, lambda: source.read_text(self.tree.read(path), path))


def normal(path: str) -> str:
    """A path without `./` and the like, as findings name it."""
    return os.path.normpath(path).replace(os.sep, "/")
