"""What a setting or a rule is: for `chartgen explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chartgen import schema
from chartgen.diagnostics import Path, dotted


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's path, its schema (references resolved), and its default."""

    path: Path
    schema: Mapping[str, Any]
    default: Any


def setting(name: str) -> Setting | None:
    """The setting at a dotted path such as `server.replicas`, or None where there is none."""
    path = tuple(name.split("."))
    node: Any = schema.document()
    default: Any = schema.defaults()
    for key in path:
        node = merged(node)
        if key in node.get("properties", {}):
            node = node["properties"][key]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            return None
        default = default.get(key) if isinstance(default, Mapping) else None
    return Setting(path, merged(node), default)


def merged(node: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its references and `allOf` parts folded in, its own keywords winning."""
    whole: dict[str, Any] = {}
    for part in node.get("allOf", []):
        whole |= merged(part)
    if "$ref" in node:
        target: Any = schema.document()
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        whole |= merged(target)
    return whole | {key: value for key, value in node.items() if key not in ("allOf", "$ref")}


def kinds(node: Mapping[str, Any]) -> str:
    """What a schema accepts, in a few words."""
    if "enum" in node:
        return "one of " + ", ".join(str(one) if one != "" else '""' for one in node["enum"])
    if "const" in node:
        return str(node["const"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            return " or ".join(dict.fromkeys(kinds(merged(one)) for one in node[keyword]))
    kind = node.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


class Recorder(dict[str, Any]):
    """A map of values that notes which paths are read."""

    def __init__(self, data: Mapping[str, Any], path: Path, log: set[Path]) -> None:
        super().__init__({key: _recorded(value, (*path, key), log) for key, value in data.items()})
        self.path, self.log = path, log

    def __getitem__(self, key: str) -> Any:
        self.log.add((*self.path, key))
        return super().__getitem__(key)


def _recorded(value: Any, path: Path, log: set[Path]) -> Any:
    return Recorder(value, path, log) if isinstance(value, Mapping) else value


def reaches(path: Path, complete: dict[str, Any], facts: Any) -> list[str]:
    """The chart files whose templates read the value at `path`, or one below it, for these values."""
    from chartgen import render
    from chartgen.late import LateBound

    found = []
    log: set[Path] = set()
    recorder = Recorder(complete, (), log)
    variables = render.Context(recorder, facts, LateBound()).variables()
    for component in render.components():
        if not component.when(**variables):
            continue
        for template in component.templates:
            log.clear()
            text = render.environment().get_template(template.source).render(variables)
            if text.strip() and any(one[: len(path)] == path for one in log):
                found.append(f"templates/{template.output}")
    return found


def rules_about(name: str) -> Iterator[tuple[str, str]]:
    """(slug, reason) of every rule whose code mentions the setting at a dotted path."""
    import inspect

    from chartgen import rules

    for slug, (_, rule) in rules.by_slug().items():
        if f'"{name}"' in inspect.getsource(rule):
            yield slug, " ".join((rule.__doc__ or "").split())


def text(found: Setting, rows: Sequence[tuple[str, str]]) -> str:
    """The explanation as text for a terminal, `rows` (label, what) after the setting's own facts."""
    import json
    import textwrap

    node = found.schema
    lines = [dotted(found.path), ""]
    description = str(node.get("description", ""))
    lines += textwrap.wrap(description, 96, initial_indent="  ", subsequent_indent="  ")
    facts = [("type", kinds(node)), ("default", json.dumps(found.default, ensure_ascii=False))]
    if node.get("examples"):
        facts.append(("example", json.dumps(node["examples"][0], ensure_ascii=False)))
    if node.get("deprecationMessage"):
        facts.append(("deprecated", str(node["deprecationMessage"])))
    lines.append("")
    lines += [f"  {label:<10} {value}" for label, value in (*facts, *rows)]
    return "\n".join(lines) + "\n"
