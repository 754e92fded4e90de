"""How large the Secret is in which Helm keeps a release.

Helm writes chart, values and manifest as JSON, compresses that and keeps it in base64 (`helm.sh/helm/v4/pkg/storage/driver`);
a Secret holds 1 MiB. A text in the values is in the JSON several times: in the values, as a constant of their schema, in the
template and in the manifest.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chartgen.chart import Chart

MOST = 1024 * 1024
# Helm's own words around, notes, what a release adds to the values
_AROUND = 2048


def secret_bytes(chart: Chart, *, within: int = 0) -> int:
    """The size of the Secret, to some per cent; an upper bound of it, which is quicker, where that is `within` so many bytes."""
    quick = _packed(chart, 1)
    return quick if quick <= within else _packed(chart, 9)


def _packed(chart: Chart, level: int) -> int:
    packer = zlib.compressobj(level)
    size = 0
    # part by part, as the whole of it is many times the size of the values
    for part in _parts(chart):
        size += len(packer.compress(part))
    size += len(packer.flush())
    return _AROUND + (size + 2) // 3 * 4


def _parts(chart: Chart) -> Iterator[bytes]:
    """The release as Helm writes it, JSON's own signs aside."""
    for name, text in chart.files.items():
        # the values' own text is not kept, only what it says
        if name != "values.yaml":
            yield name.encode()
            yield base64.b64encode(text.encode())
    for data in (chart.values, chart.manifests(every_hook=True)):
        yield json.dumps(data, ensure_ascii=False).encode()
