"""Writes docs/rules/: a page for each rule, from its docstring and its rejected case."""

from __future__ import annotations

import sys
from pathlib import Path

from chartgen import paths, rules
from chartgen.rules.clash import Weight

CASES = paths.ROOT / "tests" / "cases" / "rejected"

_WEIGHTS: dict[Weight, str] = {
    "refused": "An error in every mode: the official chart refuses these values too.",
    "harmful": "An error, and a warning with `--lenient`: the official chart takes these values, and what it installs "
    "does not work.",
    "unwise": "A warning: it works, and not as well as it could.",
}


def page(slug: str) -> str:
    """The page of a rule, as Markdown; raises KeyError for a rule that does not exist."""
    weight, rule = rules.by_slug()[slug]
    reason = " ".join((rule.__doc__ or "").split())
    text = f"# {slug}\n\n{reason}\n\n{_WEIGHTS[weight]}\n"
    case = CASES / slug
    values, report = case / "values.yaml", case / "report.txt"
    if values.is_file() and report.is_file():
        text += f"\nThese values\n\n```yaml\n{values.read_text(encoding='utf-8').rstrip()}\n```\n\nyield\n\n"
        text += f"```text\n{report.read_text(encoding='utf-8').rstrip()}\n```\n"
    return text


def index() -> str:
    """The list of all rules, as Markdown."""
    rows = []
    for slug, (weight, rule) in sorted(rules.by_slug().items()):
        rows.append(f"| [{slug}]({slug}.md) | {weight} | {' '.join((rule.__doc__ or '').split())} |")
    kinds = "\n".join(f"- *{weight}*: {text}" for weight, text in _WEIGHTS.items())
    return f"# Rules\n\n{kinds}\n\n| rule | weight | why |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def files() -> dict[str, str]:
    """Every page by its file name."""
    return {"README.md": index(), **{f"{slug}.md": page(slug) for slug in rules.by_slug()}}


def main(arguments: list[str]) -> int:
    """Writes the pages, or with --check says which are stale; returns the exit code."""
    folder = paths.RULE_PAGES
    stale = [name for name, text in files().items() if _read(folder / name) != text]
    extra = [path for path in folder.glob("*.md") if path.name not in files()]
    if "--check" in arguments:
        for name in [*stale, *(path.name for path in extra)]:
            print(f"stale: docs/rules/{name}", file=sys.stderr)
        return bool(stale or extra)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in extra:
        path.unlink()
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
