"""Where the program starts, and the only place that exits: 0 fine, 1 findings, 2 a wrong command line or what cannot be read or
written, 3 a bug in chartgen, 130 interrupted.

A `chartgen check` of nothing but files, which editors and hooks run at every save, a `chartgen build` of nothing but files
into a folder, and one of all charts of a build file go without click, whose start takes as long as the check itself. Every
other command line is read by `chartgen.cli`.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from chartgen.cli.exits import BUG, INTERRUPTED, TERMINATED, UNUSABLE
from chartgen.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: runs a command and exits with its code."""
    # what a run makes lives as long as the run, so that looking for garbage costs a fifth of a check and finds none
    gc.set_threshold(200_000)
    # who has closed a stream wants nothing of what goes there; Python would write its text into the other one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
    # JSON and YAML are UTF-8 whatever the locale; a file's name comes out as the bytes that it went in as
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]  # no StringIO here
    _leave(_guarded(sys.argv[1:] if arguments is None else list(arguments)))


def _leave(code: int) -> NoReturn:
    """Exits at once: to take apart all that a run has made takes a twentieth of it. Threads are waited for, and so is who
    looks on, such as a profiler."""
    threading = sys.modules.get("threading")
    alone = threading is None or threading.active_count() == 1
    if alone and sys.getprofile() is None and sys.gettrace() is None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or UNUSABLE
        os._exit(code)
    # nor is there any garbage to look for on the way out
    gc.freeze()
    sys.exit(code)


def _guarded(arguments: Sequence[str]) -> int:
    """The exit code of a command line; whatever goes wrong below is told here, in words."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough
        _abandon_output()
        return 0
    except OSError as error:
        _abandon_output()
        where = f"{error.filename}: " if error.filename is not None else ""
        _tell(f"error: {where}{error.strerror or error}")
        return UNUSABLE
    except MemoryError:
        _tell("error: out of memory")
        return UNUSABLE
    except Exception as error:
        # a traceback is for us, not for users
        _report_bug(error, arguments)
        return BUG


def _run(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["check"] and (files := _files(arguments[1:])) and not _steered(files):
        from chartgen.cli.check import check
        from chartgen.compiler import Options
        from chartgen.values.inputs import Inputs

        return check([Inputs(together) for together in files], Options())

    import signal

    # what is half-written is removed on the way out
    signal.signal(signal.SIGTERM, _terminate)
    if (
        arguments[:1] == ["build"]
        and (asked := _asked(arguments[1:]))
        and not os.path.exists("chartgen.yaml")
    ):
        from chartgen.cli.build import OUTPUT_DIR, build
        from chartgen.compiler import Options
        from chartgen.values.inputs import Inputs

        named, folder = asked
        return build(Inputs(named), Options(), output_dir=folder or OUTPUT_DIR)

    if (
        arguments in _BARE
        and os.path.exists("chartgen.yaml")
        and (code := _built(*arguments[1:])) is not None
    ):
        return code

    from chartgen.cli import commands

    return commands.run(arguments)


# command lines that build all charts of a build file, as it says
_BARE = (["build"], ["build", "-q"], ["build", "--quiet"])


def _built(*quiet: str) -> int | None:
    """The exit code of a build of all charts of the build file; None where something else is to be said of it."""
    from chartgen import project
    from chartgen.diagnostics import Rejected

    try:
        said = project.read()
    except Rejected:
        return None
    if not said.has_charts:
        return None
    from chartgen.cli import fleet
    from chartgen.cli.output import Output

    return fleet.build_all(said, Output(quiet=bool(quiet)))


def _files(arguments: Sequence[str]) -> list[tuple[str, ...]]:
    """The files that each check of a `check` command line merges; none where it holds anything but files."""
    below: list[str] = []
    alone: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        flagged = argument in ("-f", "--values")
        path = next(rest, "") if flagged else argument
        if not path or path.startswith("-"):
            return []
        (below if flagged else alone).append(path)
    return [(*below, path) for path in alone] or ([tuple(below)] if below else [])


def _asked(arguments: Sequence[str]) -> tuple[tuple[str, ...], str | None] | None:
    """The files that a `build` command line merges, and the folder that it names; None where it holds anything else."""
    files: list[str] = []
    folder = None
    rest = iter(arguments)
    for option in rest:
        value = next(rest, "")
        if not value or value.startswith("-"):
            return None
        if option in ("-f", "--values"):
            files.append(value)
        elif option in ("-o", "--output-dir"):
            folder = value
        else:
            return None
    return (tuple(files), folder) if files else None


def _steered(files: Sequence[tuple[str, ...]]) -> bool:
    """True where more than the files decides what a check says: a project's file, or a folder to look through."""
    return os.path.exists("chartgen.yaml") or any(
        os.path.isdir(path) for together in files for path in together
    )


def _terminate(*_: Any) -> NoReturn:
    sys.exit(TERMINATED)


def _tell(text: str) -> None:
    """Says what went wrong, unless that goes wrong too."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        # nobody can be told
        return


def _abandon_output() -> None:
    """Lets go of output that cannot be written, or Python would try again, and complain, on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_bug(error: Exception, arguments: Sequence[str]) -> None:
    import shlex
    import traceback

    command = shlex.join(["chartgen", *arguments])
    _tell(f"error: a bug in chartgen {__version__}: {type(error).__name__}: {error}")
    _tell(f"  please report it with this command and its values files: {command}")
    if os.environ.get("CHARTGEN_TRACEBACK"):
        traceback.print_exception(error)
    else:
        _tell("  set CHARTGEN_TRACEBACK=1 to see where it happened")


if __name__ == "__main__":
    main()
