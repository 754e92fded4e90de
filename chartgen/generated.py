"""Everything that is derived and committed, made or checked in one go: `python -m chartgen.generated [--check]`."""

from __future__ import annotations

import subprocess
import sys

# each writes its files, and with --check exits with 1 when one of them is stale
GENERATORS = ("chartgen.schema_build", "chartgen.history", "chartgen.crd", "chartgen.rules.pages")


def main() -> None:
    """Runs every generator with the given arguments; exits with 1 if one fails."""
    failed = [
        module
        for module in GENERATORS
        if subprocess.run([sys.executable, "-m", module, *sys.argv[1:]]).returncode
    ]
    if failed:
        sys.exit("stale or failed: " + ", ".join(failed) + " (run `make generate`)")


if __name__ == "__main__":
    main()
