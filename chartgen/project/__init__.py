"""What `chartgen.yaml` in a folder says: the charts that are built there, and which findings count.

`shape` holds the file against its schema, `plan` makes the builds of it, `patterns` finds the files of values.
"""

from __future__ import annotations

import os.path
from typing import NamedTuple

from chartgen.steering import Steering
from chartgen.values import source
from chartgen.values.source import Source

FILE = "chartgen.yaml"
FAIL_ON = ("error", "warning", "never")
_LISTS = ("select", "ignore")
_EMPTY = Source(FILE, {})


class Project(NamedTuple):
    """What a folder's file says; the defaults where there is none. `said` is the file as it was read."""

    steering: Steering = Steering()
    fail_on: str = "error"
    said: Source = _EMPTY

    @property
    def has_charts(self) -> bool:
        """True if the file lists charts."""
        return bool(self.said.data.get("charts"))


def there() -> bool:
    """True if the current folder has the file."""
    return os.path.exists(FILE)


def read(path: str = FILE) -> Project:
    """The project that a file describes. Raises Rejected with everything that is wrong in it."""
    return of(source.read_bytes(path), path)


def of(text: bytes, name: str = FILE) -> Project:
    """The project that a text describes, which its findings call `name`. Raises Rejected as `read` does."""
    from chartgen.project import shape

    said = shape.read(text, name)
    section = said.data.get("findings") or {}
    lists = {key: tuple(section.get(key) or ()) for key in _LISTS}
    files = tuple((pattern, tuple(codes)) for pattern, codes in (section.get("files") or {}).items())
    return Project(Steering(**lists, files=files), section.get("failOn") or "error", said)
