"""What is changed in a chart beyond what values say: other names for its images, patches of its objects.

Each change knows where it was asked for, so that whatever tells of it can name that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chartgen.alter.mark import Mark as Mark

if TYPE_CHECKING:
    from chartgen.alter.images import Renaming


@dataclass(frozen=True, slots=True)
class Alterations:
    """What is to be changed; nothing by default."""

    images: Renaming | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `build` that ask for it; files outside are named by their digest."""
        return self.images.flags if self.images is not None else ()


@dataclass(frozen=True, slots=True)
class Done:
    """What was changed: fields of objects, and images as old name → new one; `gone` are the places of the objects that are
    no longer there, among those that there were."""

    marks: tuple[Mark, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[int, ...] = ()
