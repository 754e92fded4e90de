"""What is changed in a chart beyond what values say: other names for its images, patches of its objects, their spelling.

Each change knows where it was asked for (`Document.marks`), so that whatever tells of it can name that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chartgen.alter.images import Renaming
    from chartgen.alter.patches import Gone, Patches


@dataclass(frozen=True, slots=True)
class Baseline:
    """The objects of a release, as they run or as they were kept."""

    release: str
    namespace: str
    objects: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Alterations:
    """What is to be changed; nothing by default. Patches come one after the other, images after them, and what then means
    the same as an object of the baseline is spelt as that is."""

    images: Renaming | None = None
    patches: tuple[Patches, ...] = ()
    baseline: Baseline | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `build` that ask for it; files outside are named by their digest."""
        images = self.images.flags if self.images is not None else ()
        return (*images, *(word for each in self.patches for word in ("--patches", f"sha256:{each.sha256}")))


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is spelt as it runs in a release: what later builds have to know of it, the SHA-256 of that in whatever order it
    is, and how many objects of the chart it is."""

    release: str
    namespace: str
    objects: tuple[Mapping[str, Any], ...]
    sha256: str
    count: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was changed: images as old name → new one, objects that are gone, the texts of the patches, what was adopted."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    patches: tuple[str, ...] = ()
    adoption: Adoption | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `build` that ask for what is known only once the objects are."""
        return ("--baseline", f"sha256:{self.adoption.sha256}") if self.adoption is not None else ()
