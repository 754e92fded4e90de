"""Where an object names container images.

The places are those of Kubernetes (containers of pods, volumes of type `image`) and, for programs that make pods
themselves, flags, variables, annotations and configuration in text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from chartgen import lazy_regex
from chartgen.diagnostics import Path, dotted
from chartgen.kubernetes.asked import Asked
from chartgen.kubernetes.image_name import NAME, reference
from chartgen.late import CLOSE, OPEN
from chartgen.records import NamedTuple
from chartgen.values import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

# a name in text, all of it: what a late-bound part goes on is no name yet
_IN_TEXT = rf"(?P<image>(?>{NAME}))(?![{OPEN}{CLOSE}\w/:@])"

_CONTAINERS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
}
# keys of programs' own configuration and of custom resources, names of variables, annotations
_KEY = lazy_regex.compile(r"image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image|(?:.*[-_./])?(?:image|IMAGE)")
# in text: a flag of a program (which begins with what is fast to find), a key of JSON, a key of YAML
_FLAG = lazy_regex.compile(rf"(?P<flag>-(?<![^\s'\"=]-)-?[a-z0-9-]*image)(?:=|\s+)['\"]?{_IN_TEXT}", re.ASCII)
_JSON = lazy_regex.compile(
    rf"\"(?P<key>image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image)\"\s*:\s*\"{_IN_TEXT}(?=\")", re.ASCII
)
_YAML = lazy_regex.compile(
    rf"^[\s-]*(?P<key>image|image(?!Pull)[A-Z]\w*|[a-z]\w*Image)[ \t]*:[ \t]+['\"]?{_IN_TEXT}['\"]?[ \t]*(?:#.*)?$",
    re.ASCII | re.MULTILINE,
)
# what either key ends with; most text that speaks of an image has neither, and needs no pattern for all of them
_SOME_KEY = lazy_regex.compile(r"(?:image(?:[A-Z]\w*)?|Image)[\"\s]*:")
_LONE_FLAG = lazy_regex.compile(r"--?[a-z0-9-]*image")


# what is done with a map or list below another, with the name of the container that it is
Into: TypeAlias = "Callable[[Any, Path, list[Use], str], None]"


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
    found: list[Use] = []
    if data.get("kind") != "CustomResourceDefinition":
        _into(data, (), found)
    return iter(found)


def names(data: Mapping[str, Any], asked: Asked) -> frozenset[str]:
    """The images that an object names. Parts that were `asked` about before are not gone through again."""
    found: list[Use] = []
    if data.get("kind") != "CustomResourceDefinition":
        _walk(data, (), found, _asking(asked))
    return frozenset(use.image for use in found)


def _asking(asked: Asked) -> Into:
    """Goes into parts by what is known of them; made of nothing that refers to it, so that it is gone when nobody has it."""
    known, containers = asked.known("images"), asked.known("images of a container")

    def into(part: Any, _: Path, found: list[Use], container: str = "") -> None:
        if isinstance(part, (dict, list)):
            question, among = ("images of a container", containers) if container else ("images", known)
            found += (among.get(id(part)) or asked.found(question, part, _walked, asked, container))[1]

    return into


def _walked(part: Any, asked: Asked, container: str) -> list[Use]:
    found: list[Use] = []
    # which images a part names does not depend on where it stands
    _walk(part, (), found, _asking(asked), container)
    return found


def _into(node: Any, path: Path, found: list[Use], container: str = "") -> None:
    _walk(node, path, found, _into, container)


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


def _walk(node: Any, path: Path, found: list[Use], into: Into, container: str = "") -> None:
    if isinstance(node, dict):
        image = node.get("image") if container else None
        named = isinstance(image, str) and image != ""
        if named:
            found.append(_whole(str(image), (*path, "image"), container))
        for key, item in node.items():
            if isinstance(item, str):
                if not (named and key == "image"):
                    _text(node, key, item, path, found)
            elif isinstance(item, (dict, list)):
                _part(key, item, (*path, key), found, into)
    elif isinstance(node, list):
        before: Any = None
        for number, item in enumerate(node):
            if not isinstance(item, str):
                into(item, (*path, number), found, "")
            # a flag and what it is set to may be two items
            elif isinstance(before, str) and _LONE_FLAG.fullmatch(before) and reference(item) is not None:
                found.append(_whole(item, (*path, number), f"flag {before}"))
            elif _may_name(item):
                found += _in_text(item, (*path, number))
            before = item


def _part(key: Any, item: Any, path: Path, found: list[Use], into: Into) -> None:
    """What a map or a list names that stands in a map."""
    if key in _CONTAINERS and isinstance(item, list):
        for number, container in enumerate(item):
            name = container.get("name", number) if isinstance(container, dict) else number
            into(container, (*path, number), found, f"{_CONTAINERS[key]} {name}")
    elif key == "volumes" and isinstance(item, list):
        for number, volume in enumerate(item):
            held = volume.get("image") if isinstance(volume, dict) else None
            name = held.get("reference") if isinstance(held, dict) else None
            here = (*path, number)
            if isinstance(name, str) and name:
                by = f"volume {volume.get('name', number)}"
                found.append(_whole(name, (*here, "image", "reference"), by))
            else:
                into(volume, here, found, "")
    else:
        into(item, path, found, "")


def _text(node: Mapping[str, Any], key: Any, text: str, above: Path, found: list[Use]) -> None:
    """What a text names that stands in a map."""
    if key == "value" and _is_variable(node):
        found.append(_whole(text, (*above, key), f"variable {node['name']}"))
    elif _is_key(key) and _looks_like_image(str(key), text):
        path = (*above, key)
        found.append(
            _whole(text, path, f"annotation {key}" if "annotations" in above else f"field {dotted(path)}")
        )
    elif _may_name(text):
        found += _in_text(text, (*above, key))


# the same keys come again and again
@lru_cache(4096)
def _is_key(key: Any) -> bool:
    return _KEY.fullmatch(str(key)) is not None


def _is_variable(node: Mapping[str, Any]) -> bool:
    name = node.get("name")
    return (
        isinstance(name, str)
        and re.fullmatch(r"(?:[A-Z0-9_]+_)?IMAGE", name) is not None
        and reference(str(node["value"])) is not None
    )


def _looks_like_image(key: str, text: str) -> bool:
    bare = text.replace(OPEN, "").replace(CLOSE, "")
    # a word alone may be anything, but for where an image stands in what is surely one
    return reference(bare) is not None and (key == "image" or re.search(r"[/:]", text) is not None)


def _whole(text: str, path: Path, by: str) -> Use:
    return Use(text, path, 0, len(text), by)


def _may_name(text: str) -> bool:
    return "image" in text or "Image" in text


def _in_text(text: str, path: Path) -> Iterator[Use]:
    found: dict[int, Use] = {}
    keys = ((_JSON, "key"), (_YAML, "key")) if _SOME_KEY.search(text) else ()
    for pattern, what in ((_FLAG, "flag"), *keys):
        for match in pattern.finditer(text):
            start, end = match.span("image")
            by = f"flag {match['flag']}" if what == "flag" else f"{match['key']} in {dotted(path)}"
            found.setdefault(start, Use(match["image"], path, start, end, by))
    yield from (found[start] for start in sorted(found))
