"""What the name of a container image says.

The grammar is that of the distribution project (its "reference" package), the registry that is meant where none is named
Docker's.
"""

from __future__ import annotations

import re
from functools import cache

from chartgen.records import NamedTuple

DOCKER_HUB = "docker.io"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
# without groups, for names in text
NAME = rf"(?:{_HOST}/)?{_PATH}(?::{_TAG})?(?:@{_DIGEST})?"
# longer than any name of an image
_LONGEST = 1000
# words that tags have which somebody moves from one image to the next
_MOVING = frozenset(
    (
        "alpine", "canary", "current", "dev", "devel", "develop", "edge", "head", "latest", "lts", "main", "master",
        "nightly", "next", "release", "rolling", "slim", "snapshot", "stable", "trunk", "unstable",
    )
)  # fmt: skip


class Reference(NamedTuple):
    """The parts of an image's name as they are written; "" for one that is not there."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def full(self) -> tuple[str, str]:
        """(registry, repository) with what Docker puts in where nothing is written."""
        registry = self.registry or DOCKER_HUB
        if registry in (DOCKER_HUB, "index.docker.io"):
            short = "/" not in self.repository
            return DOCKER_HUB, f"library/{self.repository}" if short else self.repository
        return registry, self.repository

    @property
    def floating(self) -> bool:
        """Whether another image may have the name tomorrow: there is no digest, and the tag is none, a word that moves, or
        a first number alone."""
        if self.digest:
            return False
        tag = self.tag.lower()
        return not tag or tag.split("-")[0] in _MOVING or re.fullmatch(r"v?\d+(?:-[a-z]+)*", tag) is not None

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


@cache
def _whole() -> re.Pattern[str]:
    return re.compile(rf"(?:({_HOST})/)?({_PATH})(?::({_TAG}))?(?:@({_DIGEST}))?", re.ASCII)


def reference(image: str) -> Reference | None:
    """The parts of an image's name; None for what is none."""
    found = _whole().fullmatch(image) if len(image) <= _LONGEST else None
    if found is None:
        return None
    registry, repository, tag, digest = (part or "" for part in found.groups())
    # the first part is a host only where it looks like one
    if registry and not (
        "." in registry or ":" in registry or registry == "localhost" or registry.lower() != registry
    ):
        registry, repository = "", f"{registry}/{repository}"
    return Reference(registry, repository, tag, digest)
