"""Custom resource definitions as documents: their text was written ahead, and is not made from data again.

`templates/crds/<kind>.yaml` is written by hand in the notation of `docs/crds.md`. `make generate` expands the lists into
`templates/crds/_expanded/<output file>` and an index; a build reads only those, so expansion costs it nothing.

Labels. Every definition carries the chart's own labels (`app`, `chart`, `heritage`, `release`) and
`component: crd`; those of the Gateway API carry a `name` label besides (TCPRoute in the group
gateway.networking.k8s.io does not). `global.extraLabels` does not reach them. Two definitions, of HTTPRoute
and ReferenceGrant in that group, have `component` and `name` alone. So an expanded text holds one line
`  labels: @LABELS@`, to be filled with the chart's labels plus `CrdFile.labels`; the two exceptions have
their labels written out and no such line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from chartgen import paths
from chartgen.records import NamedTuple
from chartgen.render import scalar
from chartgen.render.document import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOURCES = paths.TEMPLATES / "crds"
EXPANDED = SOURCES / "_expanded"
LABELS_LINE = "  labels: @LABELS@"


class CrdFile(NamedTuple):
    """One definition, expanded: its output file, its text, the labels that it adds to the chart's own.

    `when` names one of the conditions in `templates/crds/component.yaml`.
    """

    file: str
    name: str
    kind: str
    when: str
    text: str
    labels: Mapping[str, str]


@cache
def expanded() -> tuple[CrdFile, ...]:
    """Every definition that ships, read once per process; no YAML is parsed."""
    index = json.loads((EXPANDED / "index.json").read_text("utf-8"))
    return tuple(CrdFile(text=(EXPANDED / entry["file"]).read_text("utf-8"), **entry) for entry in index)


def document(definition: CrdFile, labels: Mapping[str, Any]) -> Document:
    """The definition as a document, with the chart's `labels`."""
    head = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": definition.name},
    }
    text = definition.text.replace("@LABELS@", scalar.json_text({**labels, **definition.labels}))
    return Document(head, definition.file, text=text, kept={})
