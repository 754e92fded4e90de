"""Compresses the definitions of custom resources as charts have them, ahead of the archives of these charts."""

from __future__ import annotations

import deflate

from chartgen import warm
from chartgen.chart import definitions, publish
from chartgen.render import crds

# a chart that has each of them
_VALUES = {
    "global": {
        "peering": {"enabled": True},
        "tls": {"enabled": True},
        "crds": {"consulapi": {"enabled": True}},
    },
    "meshGateway": {"enabled": True},
}
# the closest there is, and thirty times as slow as that of archives
_LEVEL = 12


def outputs() -> dict[str, bytes]:
    """The file that `chartgen.chart.definitions` reads, by its path below the root of the project."""
    files = warm.compile(_VALUES).files
    paths = sorted(f"templates/{definition.file}" for definition in crds.expanded())
    return {definitions.PACKED: definitions.written({path: _member(files[path]) for path in paths})}


def _member(text: str) -> bytes:
    return bytes(deflate.gzip_compress(publish.filled(text.encode()), _LEVEL))
