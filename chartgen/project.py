"""What `chartgen.yaml` in the current folder says: the section `findings`, which steers what is reported."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from typing import Any, NamedTuple

from chartgen.diagnostics import Diagnostic, Path, Rejected, dotted
from chartgen.steering import Steering
from chartgen.values import source
from chartgen.values.source import Source

FILE = "chartgen.yaml"
FAIL_ON = ("error", "warning", "never")
_LISTS = ("select", "ignore")


class Project(NamedTuple):
    """What a folder's file says; the defaults where there is none."""

    steering: Steering = Steering()
    fail_on: str = "error"


def there() -> bool:
    """True if the current folder has the file."""
    return os.path.exists(FILE)


def read(path: str = FILE) -> Project:
    """The project that a file describes. Raises Rejected with everything that is wrong in it."""
    read = source.read_file(path)
    wrong = list(_wrong(read))
    if wrong:
        raise Rejected(wrong)
    section = read.data.get("findings") or {}
    lists = {name: tuple(section.get(name) or ()) for name in _LISTS}
    files = tuple((pattern, tuple(codes)) for pattern, codes in (section.get("files") or {}).items())
    return Project(Steering(**lists, files=files), section.get("failOn") or "error")


def _wrong(read: Source) -> Iterator[Diagnostic]:
    """What is wrong with the names and shapes in the file."""

    def told(path: Path, message: str, **details: Any) -> Diagnostic:
        spans = (read.spans[path],) if path in read.spans else ()
        return Diagnostic("bad-project", message, path=path, spans=spans, **details)

    for key in read.data:
        if key != "findings":
            yield told((key,), f"there is no section {key}", expected="findings")
    section = read.data.get("findings")
    if section is None:
        return
    if not isinstance(section, dict):
        yield told(("findings",), "findings is a section", expected="a map")
        return
    for key, value in section.items():
        path: Path = ("findings", key)
        if key in _LISTS:
            if not _texts(value):
                yield told(
                    path, f"{dotted(path)} is a list of codes", expected="such as [server-replicas-even]"
                )
        elif key == "failOn":
            if value not in FAIL_ON:
                yield told(path, f"{dotted(path)} is one of a few words", expected=", ".join(FAIL_ON))
        elif key == "files":
            if not isinstance(value, dict) or not all(map(_texts, value.values())):
                yield told(
                    path,
                    f"{dotted(path)} has codes by files",
                    expected="such as legacy/*.yaml: [unknown-key]",
                )
        else:
            known = ", ".join((*_LISTS, "failOn", "files"))
            yield told(path, f"there is no setting {dotted(path)}", expected=known)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
