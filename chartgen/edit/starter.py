"""A file of values, or a build file, to start from, and how its first line leads an editor to the schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from chartgen import bundle, project

_VALUES = """\
# Values for Consul. `chartgen check FILE` validates them, `chartgen explain server.replicas` says what one does.
global:
  name: consul
  datacenter: dc1
server:
  replicas: 3
connectInject:
  enabled: true
"""


_CHARTS = """\
# The charts of this repository: `chartgen check` and `chartgen build` go through them.
charts:
  - name: consul
    values:
      - values.yaml
"""


class Kind(NamedTuple):
    """A kind of file: the starter, the schema that comes with chartgen, and what that is called beside the file."""

    starter: str
    schema: str
    schema_file: str


VALUES = Kind(_VALUES, "schema/values.schema.json", "consul-values.schema.json")
BUILD_FILE = Kind(_CHARTS, "schema/chartgen.schema.json", "chartgen.schema.json")


def kind(file: Path) -> Kind:
    """What a file is by its name."""
    return BUILD_FILE if file.name == project.FILE else VALUES


def text(kind: Kind, location: str | None, *, full: bool = False) -> str:
    """The starter, or with `full` every setting; its first line names the schema at `location`, a path or an address."""
    content = bundle.read("schema/values.yaml").decode() if full else kind.starter
    return f"# yaml-language-server: $schema={location}\n{content}" if location else content


def is_address(location: str) -> bool:
    """True for what is fetched; what else names a schema is a file."""
    return "://" in location


def nearest_schema(kind: Kind, folder: Path) -> Path | None:
    """The schema that lies in a folder or nearest above it, in the same repository; None where there is none."""
    for above in (folder.resolve(), *folder.resolve().parents):
        if (above / kind.schema_file).is_file():
            return above / kind.schema_file
        if (above / ".git").exists():
            return None
    return None


def from_file(file: Path, schema: Path) -> str:
    """How a values file names a schema: the way from its folder, which holds wherever the two are checked out."""
    way = Path(os.path.relpath(schema.resolve(), file.resolve().parent)).as_posix()
    return way if way.startswith("../") else f"./{way}"


def write_schema(kind: Kind, schema: Path, *, overwrite: bool = False) -> bool:
    """Writes the schema unless a file is there; returns whether it was written."""
    if schema.exists() and not overwrite:
        return False
    schema.write_bytes(bundle.read(kind.schema))
    return True
