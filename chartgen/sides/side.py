"""What was read of one side of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chartgen.alter import Done
from chartgen.diagnostics import Diagnostic
from chartgen.render.document import Mark
from chartgen.values.source import Source

Kind = Literal["values", "chart", "manifests"]


@dataclass(frozen=True, slots=True)
class Target:
    """The release whose objects are compared."""

    release: str = "consul"
    namespace: str = "default"


@dataclass(frozen=True, slots=True)
class Side:
    """The objects of a release, and where they are known, its effective values and the sources that set them.

    `templates` are the chart's files by the place of the object, for values that were compiled here. `chart` and `version`
    are what a chart says that it is called. `done` is what was changed in the objects beyond what values say,
    `marks` are where, by the place of the object.
    """

    name: str
    kind: Kind
    objects: tuple[Mapping[str, Any], ...]
    values: Mapping[str, Any] | None = None
    sources: tuple[Source, ...] = ()
    templates: tuple[str, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    chart: str = ""
    version: str = ""
    done: Done | None = None
    marks: tuple[tuple[Mark, ...], ...] = ()

    @property
    def is_compiled(self) -> bool:
        return self.kind == "values"
