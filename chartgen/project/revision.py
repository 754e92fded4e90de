"""A project as it was at a revision of git's, and which charts are other ones since."""

from __future__ import annotations

import posixpath
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from chartgen import project
from chartgen.diagnostics import Rejected
from chartgen.project import patterns
from chartgen.project.plan import KEYS, Build, Builds, plan
from chartgen.project.trees import Disk, Layers, Tree, normal
from chartgen.values import comments, layer, source
from chartgen.values.source import Source
from chartgen.values.tree import same

_LINK, _SUBMODULE = "120000", "160000"
# how many links lead from one to the next at most
_LINKS = 20


class NoRevision(Exception):
    """There is no such revision, or no git to ask; the message is git's."""


class Revision:
    """The files of a commit, from the folder in which git is asked. Raises NoRevision where there is no such commit."""

    def __init__(self, name: str) -> None:
        here = _git("rev-parse", "--show-prefix").decode().rstrip("\n")
        try:
            commit = _git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
        except NoRevision:
            raise NoRevision(f"git has no revision {name} here; a clone may be too shallow for it") from None
        self._blobs: dict[str, tuple[str, str]] = {}
        for row in (
            _git("ls-tree", "-r", "-z", "--full-tree", commit).decode(errors="surrogateescape").split("\0")
        ):
            if row:
                about, _, path = row.partition("\t")
                mode, _, blob = about.split(" ")
                self._blobs[posixpath.relpath(path, here or ".")] = mode, blob

    def found(self, pattern: str) -> Iterable[str]:
        wanted = normal(pattern)
        return sorted(path for path in self._blobs if patterns.matches(wanted, path) and self.has(path))

    def has(self, path: str) -> bool:
        return self._blob(path) is not None

    def read(self, path: str) -> bytes:
        blob = self._blob(path)
        if blob is None:
            source.reject("file-not-found", f"there was no file {path}", path)
        return _git("cat-file", "blob", blob)

    def _blob(self, path: str) -> str | None:
        """What git calls the content of a file; links lead to it as on the disk."""
        here = normal(path)
        for _ in range(_LINKS):
            mode, blob = self._blobs.get(here, (_SUBMODULE, ""))
            if mode == _SUBMODULE:
                return None
            if mode != _LINK:
                return blob
            target = _git("cat-file", "blob", blob).decode(errors="surrogateescape")
            here = normal(posixpath.join(posixpath.dirname(here), target))
        return None


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise NoRevision("git is not installed") from None
    if done.returncode:
        raise NoRevision(done.stderr.decode(errors="replace").strip().removeprefix("fatal: "))
    return done.stdout


class Changed(NamedTuple):
    """The builds that are other ones than they were, and those that are no more."""

    builds: tuple[Build, ...]
    gone: tuple[Build, ...]


def changed(now: Builds, revision: Tree, disk: Tree | None = None) -> Changed:
    """The builds of a plan whose effective inputs are others than at a revision, or were not there.

    Inputs are the values that the layers come to, what the file says of the chart, and what is asked of findings; not who
    set what in which order, nor comments about anything else.
    """
    try:
        said = project.of(revision.read(project.FILE)) if revision.has(project.FILE) else project.Project()
    except Rejected:
        return Changed(now.builds, ())
    before = plan(said, revision)
    known = {_place(build): build for build in before.builds}
    old, new = Layers(revision), Layers(disk or Disk())
    same_steering = (now.steering, now.fail_on) == (before.steering, before.fail_on)
    builds = tuple(
        build
        for build in now.builds
        if not same_steering
        or (was := known.get(_place(build))) is None
        or not _is_same(build, new, was, old)
    )
    there = {_place(build) for build in now.builds}
    return Changed(builds, tuple(build for place, build in known.items() if place not in there))


def _place(build: Build) -> tuple[str, str]:
    return normal(build.output), build.name


def _is_same(now: Build, new: Layers, was: Build, old: Layers) -> bool:
    if now.findings or was.findings:
        return False
    for row in KEYS.values():
        one, other = getattr(now, row.field), getattr(was, row.field)
        if one != other or (row.names_file and not _same_files(one, new.tree, old.tree)):
            return False
    if now.files == was.files and _same_files(now.files, new.tree, old.tree):
        return same([each.data for each in now.sets], [each.data for each in was.sets])
    read, before = now.read(new), was.read(old)
    if read.findings or before.findings:
        return False
    asked = _ignored(read.sources) == _ignored(before.sources)
    return asked and same(layer(read.sources), layer(before.sources))


def _ignored(sources: Iterable[Source]) -> list[tuple[tuple[str, ...], str]]:
    """The codes that comments ask to ignore, each with the line that the comment is about; "" for a whole file."""
    return sorted(
        (ignore.codes, each.lines[ignore.line - 1].strip() if ignore.line else "")
        for each in sources
        for ignore in comments.ignores(each)[0]
    )


def _same_files(named: str | Iterable[str] | None, new: Tree, old: Tree) -> bool:
    """Whether files hold what they held."""
    paths = [named] if isinstance(named, str) else list(named or ())
    return all(new.has(path) and old.has(path) and new.read(path) == old.read(path) for path in paths)
