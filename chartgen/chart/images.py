"""The container images that the objects of a chart name, for mirrors and scanners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chartgen.diagnostics import Path
from chartgen.kubernetes import images as named_in
from chartgen.kubernetes.image_name import Reference, reference
from chartgen.late import OPEN
from chartgen.records import NamedTuple
from chartgen.render.document import Document, of_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Use(NamedTuple):
    """An object (`Kind/name`) that names an image: what in it does, such as `container consul` or `flag -consul-image`, and
    the path there."""

    object: str
    by: str
    path: Path


class Image(NamedTuple):
    """An image as it is named, the parts of that name (None for what is no name of an image), and who names it."""

    name: str
    reference: Reference | None
    uses: tuple[Use, ...]

    @property
    def objects(self) -> list[str]:
        """The objects that name it, each once."""
        return list(dict.fromkeys(use.object for use in self.uses))

    @property
    def floating(self) -> bool:
        return self.reference is not None and self.reference.floating


def images(objects: Iterable[Mapping[str, Any]]) -> tuple[Image, ...]:
    """Each image that the objects name, in order, with all that name it.

    Those of containers and volumes, and those in the flags, variables and configuration of programs that make pods
    themselves, such as the injector's for sidecars.
    """
    found: dict[str, list[Use]] = {}
    for data in objects:
        name = f"{data['kind']}/{data['metadata']['name']}"
        for use in named_in.uses(data):
            found.setdefault(use.image, []).append(Use(name, use.by, use.path))
    return tuple(Image(image, reference(image), tuple(known)) for image, known in sorted(found.items()))


def named(documents: Iterable[Document]) -> list[str]:
    """Each image that documents name, in order, but for those that only an installation knows."""
    return sorted(frozenset().union(*of_each(documents, "images", _known)))


def _known(document: Document) -> frozenset[str]:
    # what was written ahead is a definition, which names none: no need to parse it
    if document.text:
        return frozenset()
    names = named_in.names(document.data, document.asked)
    return frozenset(name for name in names if OPEN not in name)
