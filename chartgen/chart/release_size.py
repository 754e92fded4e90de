"""How large the Secret is in which Helm keeps a release.

Helm writes chart, values and manifest as JSON, compresses that and keeps it in base64 (`helm.sh/helm/v4/pkg/storage/driver`);
a Secret holds 1 MiB. A text in the values is in the JSON several times: in the values, as a constant of their schema, in the
template and in the manifest.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chartgen.chart import Chart

MOST = 1024 * 1024
# Helm's own words around, notes, what a release adds to the values
_AROUND = 2048


def secret_bytes(chart: Chart) -> int:
    """The size of the Secret, to some per cent."""

    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    files = chart.files
    release = {
        # the values' own text is not kept, only what it says
        "chart": {name: encoded(text) for name, text in files.items() if name != "values.yaml"},
        "values": chart.values,
        "manifest": chart.manifests(every_hook=True),
    }
    packed = gzip.compress(json.dumps(release, ensure_ascii=False).encode(), 9)
    return _AROUND + (len(packed) + 2) // 3 * 4
