"""A values file to start from, and how its first line leads an editor to the schema."""

from __future__ import annotations

import os
from pathlib import Path

from chartgen import bundle

SCHEMA_FILE = "consul-values.schema.json"

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


def text(location: str | None, *, full: bool = False) -> str:
    """The starter, or with `full` every setting; its first line names the schema at `location`, a path or an address."""
    values = bundle.read("schema/values.yaml").decode() if full else _VALUES
    return f"# yaml-language-server: $schema={location}\n{values}" if location else values


def is_address(location: str) -> bool:
    """True for what is fetched; what else names a schema is a file."""
    return "://" in location


def nearest_schema(folder: Path) -> Path | None:
    """The schema that lies in a folder or nearest above it, in the same repository; None where there is none."""
    for above in (folder.resolve(), *folder.resolve().parents):
        if (above / SCHEMA_FILE).is_file():
            return above / SCHEMA_FILE
        if (above / ".git").exists():
            return None
    return None


def from_file(file: Path, schema: Path) -> str:
    """How a values file names a schema: the way from its folder, which holds wherever the two are checked out."""
    way = Path(os.path.relpath(schema.resolve(), file.resolve().parent)).as_posix()
    return way if way.startswith("../") else f"./{way}"


def write_schema(schema: Path, *, overwrite: bool = False) -> bool:
    """Writes the schema unless a file is there; returns whether it was written."""
    if schema.exists() and not overwrite:
        return False
    schema.write_bytes(bundle.read("schema/values.schema.json"))
    return True
