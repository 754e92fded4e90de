"""Everything that is derived and committed, made or checked in one go: `python -m chartgen.workshop [--check]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from chartgen import paths
from chartgen.workshop import (
    compiled_templates,
    crd_expansion,
    crd_packing,
    removed_page,
    rule_pages,
    schema_build,
)

# (path below the root → content) of each kind of file, in an order in which what is read is made before its readers
MAKERS: tuple[Callable[[], Mapping[str, str] | Mapping[str, bytes]], ...] = (
    schema_build.outputs,
    removed_page.outputs,
    crd_expansion.outputs,
    crd_packing.outputs,
    rule_pages.outputs,
)
# the chart of the quickstart; charts/ is where builds go, and is nobody else's
CHARTS = "examples/charts"
# folders that hold derived files only: what no maker names is surplus
WHOLLY_DERIVED = ("docs/rules", "templates/crds/_expanded", CHARTS)
_QUICKSTART = paths.ROOT / "examples" / "quickstart.yaml"


def main(arguments: list[str]) -> int:
    """Writes what is not current and removes what is surplus; with `--check` it only says so, and returns 1."""
    check = "--check" in arguments
    stale = [name for make in MAKERS for name in _brought(_encoded(make()), check)]
    if not check:
        # for the builds to come; not committed, and never used for another template
        compiled_templates.write()
    # by a process of its own: it has to read what was just written
    made = _quickstart()
    stale += _brought(made, check)
    stale += _surplus({name for make in MAKERS for name in make()} | made.keys(), check)
    for name in stale:
        print(f"{name} is not current: run `make generate`" if check else name, file=sys.stderr)
    return int(check and bool(stale))


def _encoded(made: Mapping[str, str] | Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: each.encode() if isinstance(each, str) else each for name, each in made.items()}


def _brought(wanted: Mapping[str, bytes], check: bool) -> list[str]:
    """The names of the files that are not as wanted; they are written unless it is only a check."""
    stale = []
    for name, content in wanted.items():
        path = paths.ROOT / name
        if path.is_file() and path.read_bytes() == content:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return stale


def _surplus(known: set[str], check: bool) -> list[str]:
    found = [
        path
        for folder in WHOLLY_DERIVED
        for path in (paths.ROOT / folder).rglob("*")
        if path.is_file() and path.relative_to(paths.ROOT).as_posix() not in known
    ]
    if not check:
        for path in found:
            path.unlink()
    return [path.relative_to(paths.ROOT).as_posix() for path in found]


def _quickstart() -> dict[str, bytes]:
    """The quickstart's chart as it is committed: path below the root → content."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chartgen", "build", "-f", str(_QUICKSTART), "-o", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {
            f"{CHARTS}/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
