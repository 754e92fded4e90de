"""What `chartgen diff` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chartgen.cli.exits import FINDINGS, FINE
from chartgen.cli.output import Output
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.compiler import Options
    from chartgen.project.plan import Build
    from chartgen.report.difference import Difference
    from chartgen.sides.side import Side, Target
    from chartgen.steering import Steering

FORMATS = ("text", "json", "markdown")
# what is to make the command fail, each with all that is graver
FAIL_ON = ("refused", "loses-data", "restarts", "any", "never")


def diff(
    old: str,
    new: str,
    around: Inputs,
    options: Options,
    target: Target,
    output: Output | None = None,
    *,
    spelling: bool = False,
    fail_on: str = "never",
) -> int:
    """Compares two sides, shows what differs and what an upgrade does, and returns the exit code.

    Raises Rejected with what is wrong with either side.
    """
    from chartgen import sides

    first, second = sides.read(old, new, around, options, target)
    return _shown(first, second, target, output or Output(), spelling=spelling, fail_on=fail_on)


def of_builds(
    builds: Sequence[Build],
    steering: Steering,
    target: Target,
    output: Output,
    *,
    spelling: bool = False,
    fail_on: str = "never",
) -> int:
    """As `diff`, of a chart of the build file as it was published last and as it is made now; of two, as both are made now."""
    from chartgen import sides
    from chartgen.project.trees import Disk, Layers
    from chartgen.publishing import registry

    layers = Layers(Disk())
    made = [
        sides.of_values(build.name, build.read(layers), build.options(steering), target) for build in builds
    ]
    if len(made) == 1:
        (build,) = builds
        made.insert(0, sides.of_chart(registry.built(build.output, build.name, build.version), target))
    first, second = made
    return _shown(first, second, target, output, spelling=spelling, fail_on=fail_on)


def _shown(first: Side, second: Side, target: Target, output: Output, *, spelling: bool, fail_on: str) -> int:
    from chartgen import sides
    from chartgen.compare import advice, bump, judged
    from chartgen.report import difference

    changes = sides.compared(first, second, target)
    found = difference.Difference(
        first.name,
        second.name,
        judged(changes),
        advice(changes),
        bump(changes),
        sides.flags_apart(first, second),
    )
    findings = tuple(dict.fromkeys((*first.findings, *second.findings)))
    if output.format == "json":
        output.data(findings, difference=difference.data(found))
    else:
        Output(colour=output.colour).warn(findings)
        if output.format == "markdown":
            output.write(difference.markdown(found, spelling=spelling))
        else:
            colour, width = output.wants_colour(), output.columns()
            output.write(difference.text(found, spelling=spelling, colour=colour, width=width))
    return FINDINGS if _fails(found, fail_on) else FINE


def _fails(found: Difference, fail_on: str) -> bool:
    if fail_on == "any":
        return any(judged.change.weight != "stored" for judged in found.judged)
    if fail_on == "never":
        return False
    from chartgen.compare.consequences import CONSEQUENCES

    known = [str(consequence) for consequence in CONSEQUENCES]
    return known.index(found.consequence) <= known.index(fail_on)
