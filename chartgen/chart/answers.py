"""What the late-bound expressions of a chart come out as for a release, as Helm would have it."""

from __future__ import annotations

from collections.abc import Mapping

from chartgen import names
from chartgen.diagnostics import Diagnostic, Rejected, dotted
from chartgen.late import Expression
from chartgen.render.document import Answer
from chartgen.schema import templated
from chartgen.values import helm_scalar, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def named(values: Mapping[str, Any], release: str, namespace: str) -> Answer:
    """Answers to what names are made of."""
    texts = _texts(values, release, namespace)
    return lambda expression: texts[expression.text]


def at_install(
    values: Mapping[str, Any], release: str, namespace: str, *, upgrade: bool, chart: str, version: str
) -> Answer:
    """Answers to every expression; one that only Helm can answer raises Rejected."""
    texts = _texts(values, release, namespace) | {".Chart.Name": chart, ".Chart.Version": version}
    known: dict[Expression, Any] = {}

    def answer(expression: Expression) -> Any:
        if expression not in known:
            known[expression] = expanded(expression) if expression.template else plain(expression)
        return known[expression]

    def plain(expression: Expression) -> Any:
        text = texts[expression.text]
        return helm_scalar.plain(text) if expression.plain else text

    def expanded(expression: Expression) -> Any:
        text = expression.template
        installed = templated.installed_world(
            values, release, namespace, upgrade=upgrade, chart=chart, version=version
        )
        made = templated.result(text, installed)
        if made is None:
            raise Rejected([_only_helm(values, text)])
        if expression.plain:
            return templated.bare(made)
        try:
            return source.read_text(made, "text", any_shape=True).data
        except Rejected:
            raise Rejected([_only_helm(values, text)]) from None

    return answer


def _texts(values: Mapping[str, Any], release: str, namespace: str) -> dict[str, str]:
    return {
        ".Release.Name": release,
        ".Release.Namespace": namespace,
        "trunc 58 .Release.Namespace": namespace[:58],
        ".Release.Service": "Helm",
        'include "consul.fullname" .': names.full(values, release),
        'include "consul.name" .': names.app(values) or names.CHART,
    }


def _only_helm(values: Mapping[str, Any], text: str) -> Diagnostic:
    path = next((path for path, template_text in templated.texts(values) if template_text == text), ())
    return Diagnostic(
        "needs-helm",
        f"only Helm can tell what the template in {dotted(path) or 'the values'} yields",
        path=path,
        found=text if len(text) <= 80 else text[:77] + "...",
        hint="build the chart, and have `helm template` print its manifests",
    )
