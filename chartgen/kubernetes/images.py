"""Where an object names container images.

The places are those of Kubernetes (containers of pods, volumes of type `image`) and, for programs that make pods
themselves, flags, variables, annotations and configuration in text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from chartgen.diagnostics import Path, dotted
from chartgen.kubernetes.image_name import NAME, reference
from chartgen.late import CLOSE, OPEN
from chartgen.values import tree

# a name in text, all of it: what a late-bound part goes on is no name yet
_IN_TEXT = rf"(?P<image>(?>{NAME}))(?![{OPEN}{CLOSE}\w/:@])"

_CONTAINERS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
}
# keys of programs' own configuration and of custom resources, names of variables, annotations
_KEY = re.compile(r"image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image|(?:.*[-_./])?(?:image|IMAGE)")
# in text: a flag of a program, a key of JSON, a key of YAML
_FLAG = re.compile(rf"(?:^|(?<=[\s'\"=]))(?P<flag>--?[a-z0-9-]*image)(?:=|\s+)['\"]?{_IN_TEXT}", re.ASCII)
_JSON = re.compile(
    rf"\"(?P<key>image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image)\"\s*:\s*\"{_IN_TEXT}(?=\")", re.ASCII
)
_YAML = re.compile(
    rf"^[\s-]*(?P<key>image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image)[ \t]*:[ \t]+['\"]?{_IN_TEXT}['\"]?[ \t]*(?:#.*)?$",
    re.ASCII | re.MULTILINE,
)
_LONE_FLAG = re.compile(r"--?[a-z0-9-]*image")


class Use(NamedTuple):
    """A place in an object that names an image: the path of the text, from where to where in it, and what names it, such as
    `container consul` or `flag -consul-image`."""

    image: str
    path: Path
    start: int
    end: int
    by: str


def uses(data: Mapping[str, Any]) -> Iterator[Use]:
    """Each place in an object that names an image, in order. What only an installation knows stays in the names as tokens.

    Definitions of custom resources name none: their texts are examples.
    """
    if data.get("kind") != "CustomResourceDefinition":
        yield from _walk(data, ())


def texts(data: Any, new: Callable[[Use], str]) -> dict[Path, str]:
    """What stands where `new` gives images other names: the whole text at each path that changes."""
    found: dict[Path, str] = {}
    # from the end, so that the places before it stay
    for use in sorted(uses(data), key=lambda use: use.start, reverse=True):
        name = new(use)
        if name != use.image:
            text = found[use.path] if use.path in found else tree.at(data, use.path)
            found[use.path] = text[: use.start] + name + text[use.end :]
    return found


def replaced(data: Any, new: Callable[[Use], str]) -> Any:
    """`data` with each image that `new` gives another name for; what nothing is changed in is the same as before."""
    for path, text in texts(data, new).items():
        data = tree.replaced(data, path, text)
    return data


def _walk(node: Any, path: Path) -> Iterator[Use]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from _entry(node, key, item, (*path, key))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            before = node[number - 1] if number else None
            # a flag and what it is set to may be two items
            if (
                isinstance(item, str)
                and isinstance(before, str)
                and _LONE_FLAG.fullmatch(before)
                and reference(item) is not None
            ):
                yield _whole(item, (*path, number), f"flag {before}")
            else:
                yield from _walk(item, (*path, number))
    elif isinstance(node, str):
        yield from _in_text(node, path)


def _entry(node: Mapping[str, Any], key: Any, item: Any, path: Path) -> Iterator[Use]:
    if key in _CONTAINERS and isinstance(item, list):
        for number, container in enumerate(item):
            image = container.get("image") if isinstance(container, Mapping) else None
            if not isinstance(image, str) or not image:
                yield from _walk(container, (*path, number))
                continue
            yield _whole(
                image, (*path, number, "image"), f"{_CONTAINERS[key]} {container.get('name', number)}"
            )
            yield from _walk(
                {each: part for each, part in container.items() if each != "image"}, (*path, number)
            )
    elif key == "volumes" and isinstance(item, list):
        for number, volume in enumerate(item):
            held = volume.get("image") if isinstance(volume, Mapping) else None
            name = held.get("reference") if isinstance(held, Mapping) else None
            if isinstance(name, str) and name:
                yield _whole(
                    name, (*path, number, "image", "reference"), f"volume {volume.get('name', number)}"
                )
            else:
                yield from _walk(volume, (*path, number))
    elif isinstance(item, str) and _is_variable(node, key):
        yield _whole(item, path, f"variable {node['name']}")
    elif isinstance(item, str) and _KEY.fullmatch(str(key)) and _looks_like_image(str(key), item):
        yield _whole(
            item, path, f"annotation {key}" if "annotations" in path[:-1] else f"field {dotted(path)}"
        )
    else:
        yield from _walk(item, path)


def _is_variable(node: Mapping[str, Any], key: Any) -> bool:
    name = node.get("name")
    return (
        key == "value"
        and isinstance(name, str)
        and re.fullmatch(r"(?:[A-Z0-9_]+_)?IMAGE", name) is not None
        and reference(str(node["value"])) is not None
    )


def _looks_like_image(key: str, text: str) -> bool:
    bare = text.replace(OPEN, "").replace(CLOSE, "")
    # a word alone may be anything, but for where an image stands in what is surely one
    return reference(bare) is not None and (key == "image" or re.search(r"[/:]", text) is not None)


def _whole(text: str, path: Path, by: str) -> Use:
    return Use(text, path, 0, len(text), by)


def _in_text(text: str, path: Path) -> Iterator[Use]:
    if "image" not in text and "Image" not in text:
        return
    found: dict[int, Use] = {}
    for pattern, what in ((_FLAG, "flag"), (_JSON, "key"), (_YAML, "key")):
        for match in pattern.finditer(text):
            start, end = match.span("image")
            by = f"flag {match['flag']}" if what == "flag" else f"{match['key']} in {dotted(path)}"
            found.setdefault(start, Use(match["image"], path, start, end, by))
    yield from (found[start] for start in sorted(found))
