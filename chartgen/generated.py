"""Everything that is derived and committed, made or checked in one go: `python -m chartgen.generated [--check]`."""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chartgen import paths

# each writes its files, and with --check exits with 1 when one of them is stale
GENERATORS = ("chartgen.schema_build", "chartgen.history", "chartgen.crd", "chartgen.rules.pages")
CHARTS = paths.ROOT / "charts"
QUICKSTART = paths.ROOT / "examples" / "quickstart.yaml"


def main() -> None:
    """Runs every generator with the given arguments; exits with 1 if one fails."""
    failed = [
        module
        for module in GENERATORS
        if subprocess.run([sys.executable, "-m", module, *sys.argv[1:]]).returncode
    ]
    if stale := list(charts(check="--check" in sys.argv[1:])):
        failed.append("charts/ (" + ", ".join(stale[:5]) + ")")
    if failed:
        sys.exit("stale or failed: " + ", ".join(failed) + " (run `make generate`)")


def charts(*, check: bool) -> Iterator[str]:
    """Compiles the quickstart into charts/; with `check` writes nothing and yields the files that are not current."""
    if not check:
        subprocess.run(_build(CHARTS), check=True, stdout=subprocess.DEVNULL)
        return
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder)
        subprocess.run(_build(wanted), check=True, stdout=subprocess.DEVNULL)
        names = {
            path.relative_to(root) for root in (wanted, CHARTS) for path in root.rglob("*") if path.is_file()
        }
        for name in sorted(names):
            ours, theirs = wanted / name, CHARTS / name
            if not (ours.is_file() and theirs.is_file() and filecmp.cmp(ours, theirs, shallow=False)):
                yield name.as_posix()


def _build(folder: Path) -> list[str]:
    return [sys.executable, "-m", "chartgen", "build", "-f", str(QUICKSTART), "-o", str(folder)]


if __name__ == "__main__":
    main()
