"""What documents promise each other, and what Kubernetes takes."""

from __future__ import annotations

from chartgen.diagnostics import Diagnostic
from chartgen.verify import references, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chartgen.render import Rendered
    from chartgen.values import Merged


def check(
    rendered: Rendered, merged: Merged, version: tuple[int, int] | None, *, schemas: bool = False
) -> list[Diagnostic]:
    """What is wrong with the documents of a chart; with `schemas`, also what the strict schemas of that version of
    Kubernetes (of the newest known, if None) refuse."""
    found = references.check(rendered.documents, merged.user, rendered.secrets)
    found += refused.check(rendered.documents, merged, version, rendered.late)
    if schemas:
        # only who asks for the schemas needs the package that has them
        from chartgen.verify import admission

        found += admission.check(rendered.documents, version, rendered.late, merged.sources)
    return found
