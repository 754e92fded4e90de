"""What was read of one side of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from chartgen.compare.changes import Identity
from chartgen.diagnostics import Diagnostic
from chartgen.render.document import Mark
from chartgen.values.source import Source

Kind = Literal["values", "chart", "manifests"]


@dataclass(frozen=True, slots=True)
class Target:
    """The release whose objects are compared."""

    release: str = "consul"
    namespace: str = "default"


class Flag(NamedTuple):
    """A flag with which the two sides were made otherwise, and what stands after it on either: None where it is not given, nothing
    where it stands alone."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """The objects of a release, and where they are known, its effective values and the sources that set them.

    `templates` are the chart's files by the place of the object, for values that were compiled here. `chart` and `version`
    are what a chart says that it is called. `flags` are those that it was compiled with, None where it was compiled by somebody
    else; `renamed` is what they changed in the values, over the sources. `marks` are, by object, the fields that were changed
    beyond what values say; the whole of one that is gone.
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
    flags: tuple[str, ...] | None = None
    renamed: tuple[Source, ...] = ()
    marks: Mapping[Identity, tuple[Mark, ...]] = field(default_factory=dict)

    @property
    def is_compiled(self) -> bool:
        return self.kind == "values"
