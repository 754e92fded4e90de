"""The arrows between the packages: who imports whom, read off the syntax trees, imports inside functions included."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "chartgen"
# from the bottom up: each stage may import those before it, and what is in its own row
STAGES = (
    ("diagnostics", "records", "lazy_regex", "bundle", "paths", "version", "kube_version", "late"),
    ("values",),
    ("gotemplate", "kubernetes", "names", "settings"),
    ("schema",),
    ("rules",),
    ("render",),
    ("alter",),
    ("verify",),
    ("chart",),
    ("compare",),
    ("baseline",),
    ("steering", "project", "compiler"),
    ("warm",),
    ("sides",),
    ("publishing",),
    ("fleet",),
    ("edit",),
    ("report",),
    ("explain",),
    ("lsp",),
    ("cli",),
    ("__main__",),
)
# what `import chartgen` offers, and what only generates committed files: above all, and nobody imports them
ABOVE = ("__init__", "workshop")


def modules() -> dict[str, Path]:
    """Each module by its name below chartgen; a package is its `__init__`."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


MODULES = modules()


def imported(path: Path) -> set[str]:
    """The modules of chartgen that a file imports anywhere, for type checkers only included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [name for name in node.names if name.name.startswith("chartgen")], path
        elif isinstance(node, ast.ImportFrom):
            # one way to write it, so that this test sees all
            assert node.level == 0, path
            package = node.module or ""
            if package == "chartgen" or package.startswith("chartgen."):
                below = package.removeprefix("chartgen").removeprefix(".")
                for name in node.names:
                    inner = f"{below}.{name.name}" if below else name.name
                    found.add(inner if inner in MODULES else below or "__init__")
    return found


IMPORTS = {name: imported(path) for name, path in MODULES.items()}


def stage(module: str) -> int:
    first = module.partition(".")[0]
    return next(place for place, row in enumerate((*STAGES, ABOVE)) if first in row)


def test_each_module_belongs_to_a_stage() -> None:
    assert len(MODULES) > 60
    known = {name for row in (*STAGES, ABOVE) for name in row}
    assert {name.partition(".")[0] for name in MODULES} - known == set()


def test_arrows_point_downwards() -> None:
    upwards = {
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if stage(other) > stage(module)
    }
    assert upwards == set()


@pytest.mark.parametrize("name", ABOVE)
def test_nobody_imports(name: str) -> None:
    within = (name,) if name == "workshop" else ()
    importers = {
        module
        for module, others in IMPORTS.items()
        if any(other.partition(".")[0] == name for other in others) and not module.startswith(within or "\0")
    }
    assert importers == set()


def test_no_circle() -> None:
    """Raises CycleError with the modules of a circle."""
    assert len(list(TopologicalSorter(IMPORTS).static_order())) == len(MODULES)
