"""Templates that are compiled ahead: the same charts, and none of them used for a template that is another by now."""

from __future__ import annotations

import builtins
import shutil
from collections.abc import Callable, Iterator
from dis import get_instructions
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
import pytest

import chartgen
from chartgen import paths, warm
from chartgen.compiler import Options, compile_sources, read
from chartgen.diagnostics import Rejected
from chartgen.render import ahead, environment, filters, runtime

ROOT = Path(__file__).parent.parent
VALUES = ROOT / "examples" / "secure.yaml"
Use = Callable[[str], None]


def forget() -> None:
    for kept in (ahead.compiled, environment.shared, environment.plain, runtime.shared, runtime.plain):
        kept.cache_clear()
    # what was rendered before is not rendered again
    warm._thread.memory = None


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


ACCEPTED = sorted((ROOT / "tests" / "cases" / "accepted").glob("*.yaml"))


@pytest.mark.parametrize(
    "file", [*ACCEPTED, ROOT / "tests" / "data" / "everything-on.yaml"], ids=lambda file: file.stem
)
def test_either_runtime_makes_the_same_chart(file: Path, use: Use, module: str) -> None:
    """What is compiled ahead is rendered by chartgen's own runtime; what is not, by Jinja's."""

    def made() -> object:
        try:
            return compile_sources(read(file), Options()).files
        except Rejected as rejected:
            return rejected.diagnostics

    use(module)
    ours = made()
    for kept in (runtime.shared, runtime.plain):
        kept.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "compiled", dict)
        assert ours == made()


def test_the_runtime_has_what_templates_call(use: Use, module: str) -> None:
    def called(code: CodeType) -> set[str]:
        names = {str(step.argval) for step in get_instructions(code) if step.opname == "LOAD_GLOBAL"}
        return names.union(*(called(inner) for inner in code.co_consts if isinstance(inner, CodeType)))

    use(module)
    names = set().union(*(called(each.root.__code__) for each in ahead.compiled().values()))
    assert {"Macro", "LoopContext"} <= names
    assert names - set(vars(builtins)) <= {*runtime.NAMES, "environment"}


@pytest.mark.parametrize(
    "text",
    ["{{ nothing }}", "{{ some.thing }}", "{{ some.thing.else }}", "{{ 'x' if nothing }}", "{{ nothing ~ 'x' }}", "{{ some['a'] }}",
     "{% for each in nothing %}{% endfor %}", "{{ nothing() }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "{{ text.thing }}",
     "{% macro m() %}{% endmacro %}{{ m(1) }}", "{% macro m() %}{% endmacro %}{{ m(a=1) }}", "{{ 1 if nothing is defined else 2 }}",
     "{% macro m(a, b=2) %}{{ a }}{{ b }}{{ caller() }}{% endmacro %}{% call m(1) %}c{% endcall %}", "{{ nothing == 1 }}",
     "{% for each in [1, 2] %}{{ loop.index0 }}{{ loop.last }}{% endfor %}", "{% set n = namespace(a=1) %}{% set n.a = 2 %}{{ n.a }}",
     "{% macro m(a) %}{{ a }}{{ kwargs }}{{ varargs }}{% endmacro %}{{ m(1, 2, b=3) }}", "{% macro m() %}{{ varargs }}{% endmacro %}{{ m(1, *[2]) }}", "{{ ['b', 'A'] | join('-') ~ (none) }}", "{{ {'b': 1, 'A': 2} | dictsort }}",
     "{{ [1, none, 2, 1] | select | unique | list }}", "{{ [none, 1] | reject('none') | list }}", "{{ [{'a': 1}, {}] | map(attribute='a') | list }}"],
)  # fmt: skip
def test_either_runtime_says_the_same(text: str, use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    python = environment.shared().compile(text, "drawn", raw=True)
    use(ahead.source([("drawn", text, python)]))
    monkeypatch.setattr(runtime.sources, "text_of", lambda _: text)

    def said(template: Any) -> str:
        try:
            return str(template.render({"some": {}, "text": "x"}))
        except (jinja2.TemplateError, TypeError) as error:
            return str(error)

    assert type(runtime.shared().get_template("drawn")) is runtime.Template
    assert said(runtime.shared().get_template("drawn")) == said(environment.shared().from_string(text))


def test_the_module_is_the_same_every_time(module: str) -> None:
    assert environment.compiled_ahead() == module
    assert str(ROOT) not in module


@pytest.mark.parametrize(
    ("old", "new"),
    [("COMPILER = '", "COMPILER = '0"), ("def root_0(", "def root_0(("), ("TEMPLATES = {", "TEMPLATES = {} and {")],
    ids=["of another compiler", "broken", "without templates"],
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
    # with the macros that it imports
    assert anew(tmp_path) == 2


def test_an_error_is_told_at_the_templates_line(
    use: Use, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        raise ValueError("never")

    monkeypatch.setitem(filters.FILTERS, "sh", fail)

    def failing() -> list[tuple[str, int]]:
        with pytest.raises(Rejected) as rejected:
            chartgen.compile(VALUES)
        return [(span.source, span.line) for found in rejected.value.diagnostics for span in found.spans]

    expected = failing()
    use(module)
    assert failing() == expected
    assert all(name.endswith(".j2") and line > 0 for name, line in expected)
