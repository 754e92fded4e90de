"""Builds spread over the workers of a Dask scheduler (distributed), which may be on other machines.

Source: “Client” and “Resilience” of Dask.distributed's documentation: what a lost worker had is done again by another, a few
times.
"""

from __future__ import annotations

import pickle
import sys
from collections import ChainMap
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chartgen.chart import publish
from chartgen.diagnostics import Diagnostic
from chartgen.fleet import disk, remote
from chartgen.fleet.engine import Engine, NoScheduler, Ready
from chartgen.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

    from chartgen.fleet.engine import Compiled

# how many builds a worker is given at once, and how many such portions wait for each of its threads
_PORTION, _WAITING = 16, 2
# seconds in which a scheduler has to answer, and to have a worker
_PATIENCE = 20
# characters of what a worker said that are shown
_SHOWN = 300


def spread(engine: Engine, numbers: Iterable[int], address: str) -> Generator[tuple[int, Ready], None, None]:
    """(number, what became of the build) of each number, in whatever order they are done.

    What was made before, or reads files that cannot be handed on, is built here. Raises NoScheduler before anything is built.
    """
    client = _client(address)
    try:
        there: list[int] = []
        for number in numbers:
            known = engine.known(number)
            if known is not None:
                yield number, known
            else:
                there.append(number)
        yield from _built(engine, there, client)
    finally:
        client.close()


def _client(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise NoScheduler("it takes Dask: pip install 'chartgen[dask]'") from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise NoScheduler(f"no scheduler answers at {address}: {error}") from None
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        client.close()
        raise NoScheduler(f"the scheduler at {address} has no worker") from None
    if others := _others(client):
        client.close()
        raise NoScheduler(
            f"{', '.join(others)} would make other bytes: they need chartgen {__version__} with its templates on Python "
            f"{sys.version.split()[0]}, and the same libraries"
        )
    return client


def _others(client: Client) -> list[str]:
    """The workers that have another chartgen, Python or library, or no chartgen. One that joins later is asked with its work."""
    said = client.run(disk.program, on_error="return")
    # a worker that cannot be asked any more is lost, and no other one
    return sorted(
        worker for worker, has in said.items() if has != disk.program() and not isinstance(has, OSError)
    )


def _built(engine: Engine, numbers: Sequence[int], client: Client) -> Iterator[tuple[int, Ready]]:
    from distributed import as_completed

    left = [*numbers][::-1]
    asked: dict[Any, Sequence[int]] = {}
    here: list[int] = []

    def ask() -> Iterator[Future[bytes]]:
        """The next portion, on its way; nothing where none is left."""
        portion: dict[int, Mapping[str, bytes]] = {}
        while left and len(portion) < _PORTION:
            number = left.pop()
            files = engine.files(number)
            if files is None:
                here.append(number)
            else:
                portion[number] = files
        if portion:
            data = pickle.dumps(_portion(engine, portion))
            future: Future[bytes] = client.submit(remote.compiled, disk.program(), data, pure=False)
            asked[future.key] = [*portion]
            yield future

    threads = sum(client.nthreads().values()) or 1
    first = [future for _ in range(threads * _WAITING) for future in ask()]
    waiting = as_completed(first, loop=client.loop)
    try:
        for future in waiting:
            waiting.update([*ask()])
            yield from _received(engine, asked.pop(future.key), future)
            yield from ((number, engine.ready(number)) for number in here)
            here.clear()
        yield from ((number, engine.ready(number)) for number in here)
    finally:
        client.cancel([*waiting.futures], force=True)


def _portion(engine: Engine, files: Mapping[int, Mapping[str, bytes]]) -> remote.Portion:
    builds = tuple(engine.plan.builds[number] for number in files)
    plan = engine.plan._replace(builds=builds, findings=())
    together = ChainMap(dict(engine.indexes(files)), *map(dict, files.values()))
    return remote.Portion(plan, engine.step, engine.fail_on, dict(together))


def _received(engine: Engine, numbers: Sequence[int], future: Future[bytes]) -> Iterator[tuple[int, Ready]]:
    try:
        answers: list[Ready | Compiled] = pickle.loads(future.result())
    except remote.OtherProgram as other:
        yield from ((number, _failed(_other(other))) for number in numbers)
        return
    except Exception as error:
        # whatever a machine elsewhere comes to: the charts of the others are built
        yield from ((number, _failed(_lost(error))) for number in numbers)
        return
    for number, answer in zip(numbers, answers, strict=True):
        if isinstance(answer, Ready):
            yield number, answer
            continue
        folder = engine.plan.builds[number].folder
        files = publish.texts(answer.content.archive) if folder else {}
        yield number, engine.written(number, replace(answer, content=answer.content._replace(files=files)))


def _failed(finding: Diagnostic) -> Ready:
    return Ready((finding,))


def _other(error: remote.OtherProgram) -> Diagnostic:
    return Diagnostic(
        "other-worker",
        "a worker of the scheduler would make other bytes, and made none",
        found=str(error),
        expected=f"chartgen {__version__} on Python {sys.version.split()[0]}, and the same libraries",
        hint="install on every worker what is installed here",
    )


def _lost(error: Exception) -> Diagnostic:
    return Diagnostic(
        "worker-failed",
        "no worker of the scheduler could build this",
        found=f"{type(error).__name__}: {error}"[:_SHOWN],
        hint="build it without --scheduler, or look into the worker's log",
    )
