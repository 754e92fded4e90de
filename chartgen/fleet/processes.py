"""Work spread over processes that share what was prepared before: they are forked where that is safe.

A worker gets a few numbers at a time and answers with what became of each; it ends when nobody asks any more, whatever
became of the process that started it.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

T = TypeVar("T")
# how many pieces of work a worker is given at once, at most, and how many such portions wait for it
_PORTION, _WAITING = 8, 2


def usable() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    work: Callable[[int], T], numbers: Sequence[int], processes: int
) -> Generator[tuple[int, T], None, None]:
    """(number, what `work` makes of it) of each number, in whatever order they are done.

    The processes are gone once it is exhausted or closed; before that, each ends when there is nothing left for it. Raises
    ChildProcessError where a worker ends before its work does, and RuntimeError where `work` raises in it.
    """
    if processes < 2:
        yield from ((number, work(number)) for number in numbers)
        return
    # forking takes along the locks that other threads hold, and what macOS keeps for one process
    forks = sys.platform == "linux" and threading.active_count() == 1
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    portions = _portions(numbers, processes)[::-1]
    ours: list[Connection] = []
    started: list[Any] = []
    # what is there before is nobody's to collect, so that the pages that hold it stay shared
    gc.freeze()
    try:
        for _ in range(processes):
            here, there = context.Pipe()
            worker = context.Process(
                target=_serve, args=(work, there, [*ours, here] if forks else []), daemon=True
            )
            worker.start()
            there.close()
            ours.append(here)
            started.append(worker)
        open_portions = dict.fromkeys(ours, 0)
        for connection in ours * _WAITING:
            if portions:
                connection.send(portions.pop())
                open_portions[connection] += 1
        while busy := [connection for connection, count in open_portions.items() if count]:
            for ready in wait(busy):
                assert isinstance(ready, Connection)
                try:
                    done = ready.recv()
                except (EOFError, OSError):
                    raise ChildProcessError(
                        "a process that builds charts has ended before its work"
                    ) from None
                if isinstance(done, BaseException):
                    raise done
                open_portions[ready] -= 1
                if portions:
                    ready.send(portions.pop())
                    open_portions[ready] += 1
                elif not open_portions[ready]:
                    # it ends now: to give back its memory takes as long as to build a chart or two
                    ready.close()
                yield from done
    finally:
        gc.unfreeze()
        for connection in ours:
            connection.close()
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.join()


def _portions(numbers: Sequence[int], processes: int) -> list[list[int]]:
    """The work in portions, the last ones small, so that all workers are done at nearly the same time."""
    portions: list[list[int]] = []
    start = 0
    while start < len(numbers):
        share = (len(numbers) - start) // (2 * _WAITING * processes)
        portions.append([*numbers[start : start + max(1, min(_PORTION, share))]])
        start += len(portions[-1])
    return portions


def _serve(work: Callable[[int], Any], asked: Connection, others: Sequence[Connection]) -> None:
    """Does what is asked for until nobody asks any more. The `others` are ends that the fork took along: while they are
    open here, no other worker learns that nobody asks."""
    for connection in others:
        connection.close()
    # who started it decides what an interruption ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            numbers = asked.recv()
            try:
                answer: Any = [(number, work(number)) for number in numbers]
            except Exception as error:
                answer = RuntimeError("".join(traceback.format_exception(error)))
                if isinstance(error, MemoryError):
                    answer = MemoryError()
            asked.send(answer)
