"""What `chartgen index` does with folders of charts."""

from __future__ import annotations

from collections.abc import Sequence

from chartgen.chart import index
from chartgen.cli.output import Output, table


def merge(folders: Sequence[str], into: str, output: Output) -> int:
    """Brings the charts of some folders together, shows what came, and returns the exit code."""
    from chartgen.publishing import merge as merging

    merged = merging.merge(folders, into)
    added = [(str(entry["name"]), str(entry["version"])) for entry in merged.added]
    if output.format == "json":
        rows = [{"name": name, "version": version} for name, version in added]
        output.data((), merged={"index": f"{into}/{index.FILE}", "added": rows})
        return 0
    if added and not output.quiet:
        output.write(table(("chart", "version"), added) + "\n")
    count = sum(len(versions) for versions in merged.index.entries.values())
    output.tell(f"{len(added)} added to {into}/{index.FILE}, which has {count} now")
    return 0
