"""All charts of a build file: checked or built, each as if it were alone, so that a bad one stops no other.

`engine` makes a build after the other and does once what they have in common; `processes` spreads them; `disk` keeps charts
for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chartgen.diagnostics import Diagnostic, Rejected
from chartgen.fleet import disk, processes
from chartgen.fleet.engine import Engine, NoScheduler, Ready, fails
from chartgen.project.plan import Build, Builds

if TYPE_CHECKING:
    from chartgen.publishing.stale import Compared
    from chartgen.publishing.version import Step, Told

T = TypeVar("T")
# so many builds are worth a process
_WORTH = 8


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a build: what was found, and what is published; None where nothing is."""

    build: Build
    findings: tuple[Diagnostic, ...] = ()
    told: Told | None = None


def check(plan: Builds, *, workers: int | None = None) -> Iterator[Made]:
    """Each build of a plan with all that a check finds in it, in the order of the plan.

    `workers` is how many processes share the work; as many as there are processors, if None.
    """
    engine = Engine(plan, None, "error", {})
    for build, findings in zip(plan.builds, _in_order(engine.check, len(plan.builds), workers), strict=True):
        yield Made(build, findings)


def compared(plan: Builds, *, workers: int | None = None) -> Iterator[Compared]:
    """Each build of a plan held against what is published in its folder, in the order of the plan; nothing is written.

    `workers` are as of `check`. Raises OSError for what is published and cannot be read.
    """
    for each in _in_order(Engine(plan, None, "error", {}).compared, len(plan.builds), workers):
        if isinstance(each, OSError):
            raise each
        yield each


def build(
    plan: Builds,
    *,
    step: Step | None = None,
    fail_on: str = "error",
    workers: int | None = None,
    scheduler: str | None = None,
    done: Callable[[Build], object] = lambda build: None,
) -> list[Made]:
    """Each build of a plan, compiled and published, in the order of the plan; a rejected one is published as nothing.

    All appear at the end, with one writing of each folder's index; what is done when somebody interrupts does, too, and
    each is whole. Where warnings fail, what has any is not published either. `done` is told of each that is compiled, `workers`
    are as of `check`; `scheduler` is the address of one whose workers build instead. Raises OSError for what cannot be
    written, after all others are, and NoScheduler where none is at the address.
    """
    from chartgen.chart import publish

    ready: dict[int, Ready] = {}
    with ExitStack() as stack:
        stagings = {
            output: stack.enter_context(publish.staging_in(Path(output)))
            for output in dict.fromkeys(build.output for build in plan.builds)
        }
        charts = disk.charts()
        engine = Engine(plan, step, fail_on, stagings, charts)
        made = stack.enter_context(closing(_made(engine, workers, scheduler)))
        try:
            # whoever has made them goes while they are placed
            for number, each in islice(made, len(plan.builds)):
                ready[number] = each
                done(plan.builds[number])
        finally:
            _place(plan, engine, ready)
            charts.trim()
    failed = next((each.failed for _, each in sorted(ready.items()) if each.failed is not None), None)
    if failed is not None:
        raise failed
    return [Made(each, ready[number].findings, ready[number].told) for number, each in enumerate(plan.builds)]


def _made(
    engine: Engine, workers: int | None, scheduler: str | None
) -> Generator[tuple[int, Ready], None, None]:
    count = len(engine.plan.builds)
    if scheduler is None:
        return _spread(engine.ready, count, workers)
    from chartgen.fleet import scheduler as scheduling

    return scheduling.spread(engine, range(count), scheduler)


def _in_order(work: Callable[[int], T], count: int, workers: int | None) -> Iterator[T]:
    done: dict[int, T] = {}
    following = 0
    for number, each in _spread(work, count, workers):
        done[number] = each
        while following in done:
            yield done.pop(following)
            following += 1


def _spread(
    work: Callable[[int], T], count: int, workers: int | None
) -> Generator[tuple[int, T], None, None]:
    if not count:
        return
    # what the first needs, all need: who is forked after it has it
    yield 0, work(0)
    share = min(workers or processes.usable(), max(1, (count - 1) // _WORTH))
    yield from processes.spread(work, range(1, count), share)


def _place(plan: Builds, engine: Engine, ready: dict[int, Ready]) -> None:
    """Publishes what is staged, folder by folder. A version that somebody else has published meanwhile is no longer the
    next one: that build is made again, by itself."""
    from chartgen.chart import publish

    for output, staging in engine.stagings.items():
        waiting = [
            (number, each.staged)
            for number, each in sorted(ready.items())
            if each.staged is not None and plan.builds[number].output == output
        ]
        if not waiting:
            continue
        results = publish.place([staged for _, staged in waiting], output, staging)
        for (number, _), result in zip(waiting, results, strict=True):
            each = ready[number]
            if isinstance(result, Rejected):
                ready[number] = engine.alone(number)
            elif isinstance(result, OSError):
                ready[number] = replace(each, told=None, failed=result)
            elif each.told is not None:
                ready[number] = replace(each, told=each.told._replace(published=result))


def together(made: Iterable[tuple[Build, Iterable[Diagnostic]]]) -> tuple[Diagnostic, ...]:
    """The findings of several builds, each told once with the charts that it reaches.

    That a comment ignores nothing is told where it does so in no chart of its file.
    """
    known: dict[str, tuple[Diagnostic, list[str]]] = {}
    readers: dict[str, int] = {}
    for build, findings in made:
        for path in build.files:
            readers[path] = readers.get(path, 0) + 1
        for finding in findings:
            known.setdefault(repr(finding), (finding, []))[1].append(build.name)
    return tuple(
        finding._replace(charts=tuple(names))
        for finding, names in known.values()
        if finding.code != "ignore-unused"
        or len(names) >= readers.get(finding.spans[0].source if finding.spans else "", 0)
    )


__all__ = ["Made", "NoScheduler", "build", "check", "compared", "fails", "together"]
