"""Builds on another machine: what a worker of a scheduler is given, and what it answers.

A worker shares no disk with who asks. It gets the files of some builds, puts them into a folder of its own, and compiles the
builds there in a process of its own, as a folder is a process's. What comes back are findings and archives; who asks writes
them. A worker with another chartgen, Python or library would make other bytes, and makes none.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chartgen.fleet import disk

if TYPE_CHECKING:
    from chartgen.fleet.engine import Compiled, Ready
    from chartgen.project.plan import Builds
    from chartgen.publishing.version import Step


class Portion(NamedTuple):
    """Builds, and the content of each file that they read, by its path from the folder of the build file."""

    plan: Builds
    step: Step | None
    fail_on: str
    files: Mapping[str, bytes]

    def written(self, root: Path) -> Path:
        """The folder of the build file, below `root`, with the files in it and beside it."""
        here = root.joinpath(
            *["project"] * (1 + max((path.split("/").count("..") for path in self.files), default=0))
        )
        here.mkdir(parents=True)
        for path, data in self.files.items():
            file = here / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return here


class OtherProgram(Exception):
    """The worker would make other bytes; the message says what it has."""


class Failed(Exception):
    """The process that compiled ended with something else than an answer; the message is what it said last."""


def compiled(program: str, portion: bytes) -> bytes:
    """What `answers` makes of a pickled portion, in a process of its own. Raises OtherProgram where the worker's chartgen
    is not the `program` that asks, Failed where the process ends without an answer."""
    if program != disk.program():
        from chartgen.version import __version__

        raise OtherProgram(f"chartgen {__version__} on Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="chartgen-") as folder:
        command = [sys.executable, "-m", "chartgen.fleet.remote", folder]
        # no file of the project is taken for a module
        done = subprocess.run(
            command,
            input=portion,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        )
    if done.returncode:
        raise Failed(done.stderr.decode(errors="replace")[-2000:].strip() or f"exit code {done.returncode}")
    return done.stdout


def answers(portion: Portion, folder: Path) -> list[Ready | Compiled]:
    """What became of each build of a portion, compiled in `folder`; the files of a chart are left to its archive."""
    from dataclasses import replace

    from chartgen.fleet.engine import Compiled, Engine

    os.chdir(portion.written(folder))
    engine = Engine(portion.plan, portion.step, portion.fail_on, {})
    made = [engine.compiled(number) for number in range(len(portion.plan.builds))]
    return [
        replace(each, content=each.content._replace(files={})) if isinstance(each, Compiled) else each
        for each in made
    ]


def main() -> None:
    """Reads a portion from standard input, and writes the answers to standard output."""
    portion: Portion = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(answers(portion, Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
