"""Says what stands in the way of a release (docs/releasing.md): `python -m chartgen.workshop.release`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from chartgen import paths
from chartgen.version import __version__


def obstacles(root: Path, version: str) -> list[str]:
    """What has to be done in the checkout at `root` before `version` can be released, a sentence each."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = [
        f"pyproject.toml: {name} of [project.urls] is {url}, which is nobody's address"
        for name, url in project["urls"].items()
        if re.search(r"://[^/]*\.example(/|$)", url)
    ]
    maintainers = (root / "templates" / "chart.yaml").read_text("utf-8")
    found += [
        f"templates/chart.yaml: {address} of maintainers is nobody's address"
        for address in re.findall(r"\S+@\S*\.example$", maintainers, re.M)
    ]
    heading = re.search(
        rf"^## {re.escape(version)}(?P<date> \(\d{{4}}-\d\d-\d\d\))?",
        (root / "CHANGELOG.md").read_text("utf-8"),
        re.M,
    )
    if heading is None:
        found.append(f"CHANGELOG.md has no section {version}")
    elif heading["date"] is None:
        found.append(f"CHANGELOG.md: the section {version} has no date: `## {version} (2026-01-31)`")
    if _git(root, "tag", "--list", f"v{version}"):
        found.append(f"there is a tag v{version} already")
    if changed := _git(root, "status", "--porcelain"):
        found.append(f"{len(changed.splitlines())} files are not committed")
    return found


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def main() -> int:
    """Prints the obstacles; returns 1 if there are any."""
    found = obstacles(paths.ROOT, __version__)
    for obstacle in found:
        print(obstacle)
    if not found:
        print(f"nothing stands in the way of {__version__}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
