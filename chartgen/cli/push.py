"""What `chartgen push` does."""

from __future__ import annotations

from chartgen.cli.exits import FINE
from chartgen.cli.output import Output
from chartgen.publishing import registry


def push(
    output: Output, archive: str, remote: str, key: registry.Key | None = None, *, plain_http: bool = False
) -> int:
    """Pushes a chart's archive, signed where there is a key, says what came of it, and returns the exit code.

    Raises Rejected with what is in the way.
    """
    made = registry.push(archive, remote, plain_http=plain_http, key=key)
    if output.format == "json":
        told = {
            "reference": made.reference,
            "manifest": made.manifest,
            "digest": f"sha256:{made.digest}",
            "provenance": made.provenance,
            "written": made.written,
        }
        output.data((), pushed=told)
    elif not output.quiet:
        done = "is pushed" if made.written else "is there already, with this content; nothing is pushed"
        output.write(f"{made.reference} {done}\n  archive   sha256:{made.digest}\n  manifest  {made.manifest}\n")
        if made.provenance:
            output.write(f"  signed    {made.provenance}\n")
    return FINE
