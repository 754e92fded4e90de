"""What becomes text is what Helm's own templates print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartgen.values import helm_scalar
from tests import engine

VALUES: list[Any] = [
    True, False, "", "a b", 0, -0.0, 1, 1.0, 12, 1.5, 0.1, 1e-4, 1e-5, 99999, 100000, 999999, 1000000, 1234567, 123456.7,
    1e20, 1e21, 1.5e21, 1e-7, 2**53, 12345678901234567000, -1234567.5, [], {}, [1, None, "a", True, 2.5e7],
    {"b": 1, "a": ["x", {"c": None}], "10": 0.5}, [[]], {"a": {}},
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.text(st.characters(codec="ascii", categories=["L", "N"]))
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
)


def printed(all_values: list[Any], folder: Path) -> list[str]:
    """Each value as a template of the real engine prints it."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n", encoding="utf-8")
    (folder / "templates" / "a.txt").write_text(
        "{{ range .Values.all }}{{ range . }}<{{ . }}>\n{{ end }}{{ end }}", encoding="utf-8"
    )
    text = engine.render(folder, values={"all": [[one] for one in all_values]})["templates/a.txt"]
    return [line[1:-1] for line in text.splitlines()]


def test_text_is_what_go_prints(tmp_path: Path) -> None:
    assert list(map(helm_scalar.go_text, VALUES)) == printed(VALUES, tmp_path)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(values, min_size=20, max_size=60))
def test_any_value_is_text_as_go_prints_it(drawn: list[Any], tmp_path: Path) -> None:
    assert list(map(helm_scalar.go_text, drawn)) == printed(drawn, tmp_path)
