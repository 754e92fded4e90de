"""The container images that a chart runs, for mirrors and scanners."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from chartgen.late import OPEN
from chartgen.render.document import Document

# how a program is told which image the pods that it makes run
_FLAG = re.compile(r"(?:^|[\s'\"])--?[a-z0-9-]*image=['\"]?([^\s'\"\\]+)")


def images(objects: Iterable[Any]) -> dict[str, list[str]]:
    """Each image that the objects name, in order, with the objects (`Kind/name`) that do.

    Those of containers, and those in the flags of programs that make pods themselves, such as the injector's for sidecars.
    """
    found: dict[str, dict[str, None]] = {}
    for data in objects:
        name = f"{data['kind']}/{data['metadata']['name']}"
        for image in _named(data):
            found.setdefault(image, {})[name] = None
    return {image: list(names) for image, names in sorted(found.items())}


def named(documents: Iterable[Document]) -> list[str]:
    """Each image that documents name, in order, but for those that only an installation knows."""
    return sorted(
        {image for document in documents for image in document.once("images", partial(_known, document))}
    )


def _known(document: Document) -> frozenset[str]:
    return frozenset(image for image in _named(document.data) if OPEN not in image)


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, item in node.items():
            if key in ("containers", "initContainers") and isinstance(item, list):
                yield from (each["image"] for each in item if isinstance(each.get("image"), str))
            yield from _named(item)
    elif isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, str):
        yield from _FLAG.findall(node)
