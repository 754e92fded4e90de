"""Writes docs/rules/: a page for each rule, from its docstring and its rejected case."""

from __future__ import annotations

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
    for doubtful in sorted(case.glob("doubtful*.yaml")):
        told = doubtful.read_text(encoding="utf-8").rstrip()
        text += f"\nThese may be right, and are a warning only\n\n```yaml\n{told}\n```\n"
    return text


def index() -> str:
    """The list of all rules, as Markdown."""
    rows = []
    for slug, (weight, rule) in sorted(rules.by_slug().items()):
        rows.append(f"| [{slug}]({slug}.md) | {weight} | {' '.join((rule.__doc__ or '').split())} |")
    kinds = "\n".join(f"- *{weight}*: {text}" for weight, text in _WEIGHTS.items())
    return f"# Rules\n\n{kinds}\n\n| rule | weight | why |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def outputs() -> dict[str, str]:
    """The text of each page, by its path below the root of the project."""
    pages = {f"docs/rules/{slug}.md": page(slug) for slug in rules.by_slug()}
    return {"docs/rules/README.md": index(), **pages}
