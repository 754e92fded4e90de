"""A chart's README.md: what it is, the settings that it was compiled from, the objects in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chartgen import schema
from chartgen.chart import kept
from chartgen.diagnostics import dotted
from chartgen.render import document, scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def text(
    name: str,
    version: str,
    of_every_chart: Mapping[str, Any],
    values: Mapping[str, Any],
    objects: Iterable[tuple[str, str]],
) -> str:
    """The README of the chart `name`, for effective values and its objects' (kind, name)."""
    rows = "".join(f"| {kind} | {called} |\n" for kind, called in objects)
    own = _own_settings(values)
    changed = f"| setting | value |\n|---|---|\n{own}" if own else "All are the official chart's defaults.\n"
    return (
        f"# {name} {version}\n\n"
        f"Consul {of_every_chart['appVersion']} for Kubernetes {of_every_chart['kubeVersion']}, "
        "compiled by chartgen.\n\n"
        f"    helm install consul ./{name}-{version}.tgz --namespace consul --create-namespace\n\n"
        "It installs under any release name, in any namespace, also as a dependency of another chart, under an alias\n"
        "too. Its values are frozen: Helm refuses another value for any of them, or a null. To change one, compile again,\n"
        "with a new version, and `helm upgrade`.\n\n"
        f"## Settings that are not the default\n\n{changed}\n"
        f"## Objects\n\n| kind | name |\n|---|---|\n{rows}"
    )


def _own_settings(values: Mapping[str, Any]) -> str:
    """A row of the table for each value that differs from the default: its dotted path, the value in short."""
    defaults = schema.defaults()
    return "".join(
        kept.text(_section, item, key) for key, item in values.items() if item is not defaults.get(key)
    )


def _section(value: Any, key: str) -> str:
    return "".join(
        f"| `{path}` | `{shown}` |\n" for path, shown in _walked(value, schema.defaults().get(key), (key,))
    )


def _walked(node: Any, standard: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(dotted path, value in short) of each value that differs; long ones cut."""
    if node is standard:
        return
    if isinstance(node, dict) and node and isinstance(standard, dict):
        for key, item in node.items():
            yield from _walked(item, standard.get(key), (*path, key))
    # what nulls in lists stood for, Helm drops: a chart's own values have none
    elif document.pruned(node) != document.pruned(standard):
        text = scalar.json_text(node)
        yield (
            dotted(path),
            (text if len(text) <= 60 else text[:57] + "...").replace("`", "'").replace("|", "\\|"),
        )
