"""What `chartgen push` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chartgen.cli.exits import FINE, exit_code
from chartgen.cli.fleet import summary
from chartgen.cli.output import Output, table
from chartgen.diagnostics import Rejected
from chartgen.publishing import registry

if TYPE_CHECKING:
    from chartgen.project.plan import Builds


def push(
    output: Output, archive: str, remote: str, key: registry.Key | None = None, *, plain_http: bool = False
) -> int:
    """Pushes a chart's archive, signed where there is a key, says what came of it, and returns the exit code.

    Raises Rejected with what is in the way.
    """
    made = registry.push(archive, remote, plain_http=plain_http, key=key)
    if output.format == "json":
        output.data((), pushed=_data(made))
    elif not output.quiet:
        done = "is pushed" if made.written else "is there already, with this content; nothing is pushed"
        output.write(f"{made.reference} {done}\n  archive   sha256:{made.digest}\n  manifest  {made.manifest}\n")
        if made.provenance:
            output.write(f"  signed    {made.provenance}\n")
    return FINE


def push_all(plan: Builds, output: Output, key: registry.Key | None = None, *, plain_http: bool = False) -> int:
    """Pushes the charts of a plan that have a registry, as they were built last, says what came of each, and returns the exit
    code. One that is refused stops no other."""
    findings = list(plan.findings)
    rows, charts, rejected = [], [], []
    for build in plan.builds:
        if build.registry is None:
            output.detail(f"{build.name} has no registry")
            continue
        try:
            archive = registry.built(build.output, build.name, build.version)
            made = registry.push(archive, build.registry, plain_http=plain_http, key=key)
        except Rejected as refused:
            findings += [found._replace(charts=(build.name,)) for found in refused.diagnostics]
            rejected.append(build.name)
            continue
        charts.append({"name": build.name, **_data(made)})
        if made.written or output.verbose:
            rows.append((build.name, made.reference, made.manifest))
    if output.format == "json":
        output.data(findings, charts=charts, rejected=rejected)
        return exit_code(findings)
    output.warn(findings)
    if rows and not output.quiet:
        output.write(table(("chart", "reference", "manifest"), rows) + "\n\n")
    written = sum(bool(chart["written"]) for chart in charts)
    left = len(plan.builds) - len(charts) - len(rejected)
    counts = [
        ("pushed", written), ("there already", len(charts) - written), ("rejected", len(rejected)),
        ("without a registry", left),
    ]  # fmt: skip
    output.tell(summary(len(plan.builds), counts, rejected))
    return exit_code(findings)


def _data(made: registry.Pushed) -> dict[str, Any]:
    return {
        "reference": made.reference,
        "manifest": made.manifest,
        "digest": f"sha256:{made.digest}",
        "provenance": made.provenance,
        "written": made.written,
    }
