"""How templates are compiled: what stands alone on a line, and the texts in Helm's own language."""

from __future__ import annotations

import yaml12

from chartgen.late import LateBound
from chartgen.render import environment

PORTS = """\
{% macro ports(names) %}
{% for name in names %}
- name: {{ name }}
  protocol: TCP
{% endfor %}
{% endmacro %}
"""


def test_what_is_alone_on_a_line_is_indented_as_the_line_is() -> None:
    template = environment.shared().from_string(
        PORTS + "containers:\n- ports:\n  {{ ports([\n    'http', 'grpc',\n  ]) }}\n  args: {{ [1, 2] }}\n"
    )
    assert yaml12.parse_yaml(template.render()) == {
        "containers": [
            {
                "ports": [{"name": name, "protocol": "TCP"} for name in ("http", "grpc")],
                "args": [1, 2],
            }
        ]
    }


def test_nothing_leaves_the_line_empty() -> None:
    assert environment.shared().from_string(PORTS + "a:\n  {{ ports([]) }}\nb: 1\n").render() == "a:\n  \nb: 1\n"


def test_a_condition_alone_on_a_line_counts_as_one() -> None:
    template = environment.shared().from_string("a:\n  {{ 'one' if on else 'other' }}\n")
    assert template.render(on=False) == "a:\n  other\n"


def test_texts_are_in_helms_language() -> None:
    """A value's braces are data, the text's own are Helm's."""
    template = environment.plain().from_string("  {{ .Release.Name }}\n[[ value ]], [[ none ]]\n")
    assert (
        template.render(late=LateBound(), value="a {{ b }}\nc")
        == '  {{ .Release.Name }}\na {{ "{{" }} b }}\nc, \n'
    )
