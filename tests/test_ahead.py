"""Templates that are compiled ahead: the same charts, and none of them used for a template that is another by now."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import chartgen
from chartgen import paths
from chartgen.diagnostics import Rejected
from chartgen.render import ahead, environment

ROOT = Path(__file__).parent.parent
VALUES = ROOT / "examples" / "secure.yaml"
Use = Callable[[str], None]


def forget() -> None:
    for kept in (ahead.compiled, environment.shared, environment.plain):
        kept.cache_clear()


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Has chartgen find a text as the module of compiled templates, and nothing in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr(ahead, "PATH", tmp_path / "_compiled.py")

    def used(text: str) -> None:
        ahead.PATH.write_text(text, encoding="utf-8")
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        forget()

    forget()
    yield used
    forget()


def anew(tmp_path: Path) -> int:
    """How many templates were compiled, and kept in the user's cache."""
    return len(list(tmp_path.glob("cache/chartgen/*.cache")))


@pytest.fixture(scope="module")
def module() -> str:
    return environment.compiled_ahead()


def test_charts_are_the_same_and_nothing_is_compiled(use: Use, module: str, tmp_path: Path) -> None:
    # there is no module yet
    expected = chartgen.compile(VALUES).archive()
    assert anew(tmp_path) > 50
    shutil.rmtree(tmp_path / "cache")
    use(module)
    assert chartgen.compile(VALUES).archive() == expected
    assert anew(tmp_path) == 0


def test_the_module_is_the_same_every_time(module: str) -> None:
    assert environment.compiled_ahead() == module
    assert str(ROOT) not in module


@pytest.mark.parametrize(
    ("old", "new"),
    [("JINJA, COMPILER = '", "JINJA, COMPILER = '0."), ("def root_0(", "def root_0(("), ("TEMPLATES = {", "TEMPLATES = {} and {")],
    ids=["of another Jinja", "broken", "without templates"],
)  # fmt: skip
def test_a_module_that_does_not_fit_is_not_used(
    old: str, new: str, use: Use, module: str, tmp_path: Path
) -> None:
    assert module.count(old) == 1
    use(module.replace(old, new))
    assert chartgen.compile(VALUES).documents
    assert anew(tmp_path) > 50


def test_a_template_that_changed_is_compiled_again(use: Use, module: str, tmp_path: Path) -> None:
    text = (paths.TEMPLATES / "server/serviceaccount.yaml.j2").read_text(encoding="utf-8")
    # as if the module had been made of another text, which came to something else
    row = f"'server/serviceaccount.yaml.j2': ({ahead.digest(text)!r}, root_"
    assert module.count(row) == 1
    use(module.replace(row, row.replace(ahead.digest(text), ahead.digest(text + "\n")) + "0 or root_"))
    kinds = [
        made.kind
        for made in chartgen.compile(VALUES).documents
        if made.template == "server-serviceaccount.yaml"
    ]
    assert kinds == ["ServiceAccount"]
    assert anew(tmp_path) == 1


def test_an_error_is_told_at_the_templates_line(use: Use, module: str) -> None:
    def failing() -> list[tuple[str, int]]:
        def fail(_: object) -> str:
            raise ValueError("never")

        environment.shared().filters["sh"] = fail
        with pytest.raises(Rejected) as rejected:
            chartgen.compile(VALUES)
        return [(span.source, span.line) for found in rejected.value.diagnostics for span in found.spans]

    expected = failing()
    use(module)
    assert failing() == expected
    assert all(name.endswith(".j2") and line > 0 for name, line in expected)
