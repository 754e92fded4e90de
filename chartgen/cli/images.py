"""What `chartgen images` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from chartgen.cli.output import Output
from chartgen.values.inputs import Inputs, Read

if TYPE_CHECKING:
    from chartgen.chart.images import Image
    from chartgen.compiler import Options
    from chartgen.diagnostics import Diagnostic

FORMATS = ("text", "json", "cyclonedx")


def images(chart: str | None, given: Inputs | Read, options: Options, output: Output) -> int:
    """Shows the images of values, or of a chart or manifests (with the values that are given for it), and returns the exit
    code.

    Raises Rejected with what is wrong with them.
    """
    from chartgen import sides
    from chartgen.chart import images as listing
    from chartgen.sides.side import Target

    target = Target("RELEASE", "NAMESPACE")
    side = (
        sides.of_values(options.name, given, options, target)
        if isinstance(given, Read)
        else sides.single(chart, given, options, target)
    )
    found = listing.images(side.objects)
    findings = (*side.findings, *(() if side.is_compiled else _floating(side.name, found)))
    if output.format == "json":
        output.data(findings, images=[_row(image) for image in found])
        return 0
    output.warn(findings)
    if output.format == "cyclonedx":
        try:
            from chartgen.report import sbom
        except ModuleNotFoundError as error:
            if error.name not in ("cyclonedx", "packageurl"):
                raise
            raise click.UsageError(
                "A bill of materials needs more than the rest: pip install 'chartgen[sbom]'."
            ) from None
        output.write(sbom.cyclonedx(found, side.chart or side.name, side.version))
    elif output.quiet:
        output.write("".join(f"{image.name}\n" for image in found))
    else:
        output.write("".join(map(_described, found)))
    return 0


def _described(image: Image) -> str:
    """An image, and below it who names it."""
    by_object: dict[str, list[str]] = {}
    for use in image.uses:
        by_object.setdefault(use.object, []).append(use.by)
    width = max(map(len, by_object))
    rows = [f"  {name:<{width}}  {', '.join(dict.fromkeys(ways))}" for name, ways in by_object.items()]
    return "\n".join([image.name, *rows]) + "\n"


def _row(image: Image) -> dict[str, Any]:
    from chartgen.diagnostics import dotted

    parts = image.reference
    registry, repository = parts.full if parts is not None else ("", "")
    return {
        "image": image.name,
        "registry": registry,
        "repository": repository,
        "tag": parts.tag if parts is not None else "",
        "digest": parts.digest if parts is not None else "",
        "floating": image.floating,
        "objects": image.objects,
        "uses": [{"object": use.object, "by": use.by, "path": dotted(use.path)} for use in image.uses],
    }


def _floating(name: str, found: Iterable[Image]) -> Sequence[Diagnostic]:
    """What a check says of values, said of what is no values."""
    from chartgen.diagnostics import Diagnostic, Span

    return [
        Diagnostic(
            "image-without-version",
            f"{image.name} is another image whenever its registry says so",
            "unwise",
            spans=(Span(name, 0, 0),),
            found=f"{image.uses[0].object}, {image.uses[0].by}",
            hint="name a whole version, or a digest",
        )
        for image in found
        if image.floating
    ]
