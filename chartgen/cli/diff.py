"""What `chartgen diff` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chartgen.cli.exits import FINDINGS, FINE
from chartgen.cli.output import Output
from chartgen.values.inputs import Inputs

if TYPE_CHECKING:
    from chartgen.compiler import Options
    from chartgen.report.difference import Difference
    from chartgen.sides.side import Target

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
    from chartgen.compare import advice, bump, judged
    from chartgen.report import difference

    output = output or Output()
    first, second = sides.read(old, new, around, options, target)
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
