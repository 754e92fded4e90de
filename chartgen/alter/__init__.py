"""What is changed in a chart beyond what values say: other names for its images, patches of its objects.

Each change knows where it was asked for (`Document.marks`), so that whatever tells of it can name that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chartgen.alter.images import Renaming
    from chartgen.alter.patches import Gone, Patches


@dataclass(frozen=True, slots=True)
class Alterations:
    """What is to be changed; nothing by default. Patches come one after the other, and images after them."""

    images: Renaming | None = None
    patches: tuple[Patches, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `build` that ask for it; files outside are named by their digest."""
        images = self.images.flags if self.images is not None else ()
        return (*images, *(word for each in self.patches for word in ("--patches", f"sha256:{each.sha256}")))


@dataclass(frozen=True, slots=True)
class Done:
    """What was changed: images as old name → new one, objects that are gone, and the texts of the patches."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[Gone, ...] = ()
    patches: tuple[str, ...] = ()
