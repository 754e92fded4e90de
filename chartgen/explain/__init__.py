"""What a setting, a section of settings or the code of a finding is: for `chartgen explain`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chartgen import rules, schema, values
from chartgen.compiler import Checked
from chartgen.diagnostics import Diagnostic, Path, Rejected, any_error, dotted
from chartgen.report import meanings
from chartgen.schema import removed, snippets
from chartgen.schema.kinds import kind

_LABEL = 11
# how many settings of one name are listed
_NAMED = 12
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "length at least",
    "maxLength": "length at most",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as people write it, the path of the value that holds it (a list's, for what is in its items), its
    schema with references resolved, and its default."""

    name: str
    path: Path
    schema: Mapping[str, Any]
    default: Any

    @property
    def keys(self) -> Mapping[str, Any]:
        """The schemas of the keys in it, those of an item where it is a list."""
        items = self.schema.get("items")
        inner = merged(items) if isinstance(items, dict) else self.schema
        found: Mapping[str, Any] = inner.get("properties", {})
        return found


def setting(name: str) -> Setting | None:
    """The setting at a path such as `server.replicas` or `ingressGateways.gateways[].name`; None where there is none."""
    node: Any = schema.document()
    default: Any = schema.defaults()
    path: Path = ()
    shown = ""
    in_list = False
    for key in _segments(name):
        node = merged(node)
        if key == "[]" or (isinstance(node.get("items"), dict) and key not in node.get("properties", {})):
            if not isinstance(node.get("items"), dict):
                return None
            in_list, default, shown = True, None, f"{shown}[]"
            node = merged(node["items"])
            if key == "[]":
                continue
        if key in node.get("properties", {}):
            node = node["properties"][key]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            return None
        default = default.get(key) if isinstance(default, Mapping) else None
        shown = f"{shown}.{key}" if shown else key
        if not in_list:
            path = (*path, key)
    return Setting(shown, path, merged(node), default) if path else None


def _segments(name: str) -> list[str]:
    """`a.b[0].c` as `a`, `b`, `[]`, `c`: one entry of a list is as good as another."""
    return re.sub(r"\.?\[\d*\]", ".[]", name).split(".")


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
    return kind(node, schema.document()["$defs"]).replace("`", "")


def rules_about(name: str) -> Iterator[tuple[str, str]]:
    """(slug, reason) of every rule whose code mentions the setting at a dotted path."""
    import inspect

    for slug, (_, rule) in rules.by_slug().items():
        if f'"{name}"' in inspect.getsource(rule):
            yield slug, meanings.of(slug)


def answer(what: str, checked: Checked, *, width: int = 100, colour: bool = False) -> str:
    """The explanation of a setting, a section or a code, for a terminal of so many columns; of "" the sections.

    Raises Rejected with what was probably meant when `what` is none of them.
    """
    if not what:
        lines = ["The sections of the values. `chartgen explain server` has the settings of one.", ""]
        return "\n".join([*lines, *_keys(Setting("", (), schema.document(), None), width)[2:]]) + "\n"
    if what in meanings.OTHERS or what in rules.by_slug():
        return _page(meanings.page(what), width, colour)
    found = setting(what)
    if found is None:
        gone = removed.removed(tuple(_segments(what)))
        if gone is None:
            raise Rejected([_unheard_of(what)])
        return "\n".join(_removed(what, gone, width)) + "\n"
    head = f"\x1b[1m{found.name}\x1b[0m" if colour else found.name
    lines = [head, "", *_paragraph(str(found.schema.get("description", "")), width), ""]
    for label, told in (*_facts(found), *_values(found, checked), *_reaches(found, checked)):
        lines += _row(label, told, width)
    for number, (slug, reason) in enumerate(rules_about(found.name)):
        lines += _row("" if number else "rules", f"{slug}: {reason}", width)
    if found.keys:
        lines += _keys(found, width)
    return "\n".join(lines) + "\n"


def _removed(name: str, gone: removed.Removed, width: int) -> list[str]:
    """A setting of older charts."""
    lines = [name, "", *_paragraph(f"Release {gone.last} was the last with it: {gone.why}.", width), ""]
    return lines + _row("today", f"set {dotted(gone.to)}" if gone.to else gone.today, width)


def _paragraph(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width - 2, initial_indent="  ", subsequent_indent="  ")


def _row(label: str, told: str, width: int) -> list[str]:
    """A label and what belongs to it; text of several lines stays as it is."""
    margin = " " * (_LABEL + 2)
    rows: list[str] = []
    for line in told.split("\n"):
        rows += textwrap.wrap(
            line, width - len(margin), break_on_hyphens=False, replace_whitespace=False
        ) or [""]
    return [f"  {label:<{_LABEL}}{rows[0]}", *(margin + row for row in rows[1:])]


def _facts(found: Setting) -> Iterator[tuple[str, str]]:
    node = found.schema
    section = bool(found.keys) and "items" not in node and "default" not in node
    if not section:
        bounds = [f"{words} {node[keyword]}" for keyword, words in _BOUNDS.items() if keyword in node]
        yield "type", ", ".join([kinds(node), *bounds])
        if "patternErrorMessage" in node:
            yield "written as", node["patternErrorMessage"].removeprefix(schema.EXPECTED)
        if "default" in node:
            yield "default", _shown(found.default)
    examples = [*node.get("examples", ()), *snippets.values(node)]
    if examples:
        yield "example", _shown(examples[0])
    if node.get("x-templated"):
        yield "templates", "text in it is evaluated as a Helm template"
    if node.get("deprecationMessage"):
        yield "deprecated", str(node["deprecationMessage"])


def _values(found: Setting, checked: Checked) -> Iterator[tuple[str, str]]:
    """The effective value and what set it; for a section, each value in it that is not the default's."""
    merged = checked.merged
    whole: Any = merged.effective
    for key in found.path:
        whole = whole.get(key) if isinstance(whole, Mapping) else None
    if isinstance(whole, list):
        origin = values.set_by(found.path, merged.sources)
        yield "value", f"{_shown(whole)}\nset by: {origin}" if origin != "default" else "the default"
        return
    label = "value"
    for path, value, origin in values.origins(merged, schema.defaults()):
        if path == found.path:
            yield "value", f"{_shown(value)}\nset by: {origin}" if origin != "default" else "the default"
        elif path[: len(found.path)] == found.path and origin != "default":
            yield label, f"{dotted(path)}: {_shown(value)}  ({origin})"
            label = ""


def _reaches(found: Setting, checked: Checked) -> Iterator[tuple[str, str]]:
    from chartgen.explain import reach

    if any_error(checked.diagnostics):
        yield "reaches", "not known while the values are rejected (`chartgen check` says why)"
        return
    label = "reaches"
    for name, file in reach.reached(found.path, checked.merged.effective, _of(found.path)):
        yield label, f"{name}  {file}"
        label = ""
    if label:
        off = _switched_off(found.path, checked.view)
        yield "reaches", "nothing with these values" + (f": {off} is off" if off else "")


def _of(path: Path) -> Mapping[str, Any]:
    found = setting(dotted(path))
    return found.schema if found else {}


def _switched_off(path: Path, values: Mapping[str, Any]) -> str:
    """The nearest switch above a value that is off, or ""."""
    for depth in range(len(path) - 1, 0, -1):
        node: Any = values
        for key in path[:depth]:
            node = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and node.get("enabled") is False:
            return dotted((*path[:depth], "enabled"))
    return ""


def _keys(found: Setting, width: int) -> list[str]:
    """A line for each key: its default, and the first sentence about it."""
    entries = "items" in found.schema
    title = "keys of an entry" if entries else "keys"
    rows = []
    for key, child in found.keys.items():
        node = merged(child)
        default = _shown(node["default"]) if "default" in node else ""
        about = re.split(r"(?<=[.;])\s", node.get("description", ""), maxsplit=1)[0].rstrip(";")
        rows.append((key, default if len(default) <= 24 and "\n" not in default else "…", about))
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = ["", f"  {title}"]
    for key, default, about in rows:
        line = f"    {key:<{first}}  {default:<{second}}  {about}"
        lines.append(line.rstrip() if len(line) <= width else line[: width - 1].rstrip() + "…")
    return lines


def _shown(value: Any) -> str:
    """A value on one line, or as YAML below where it is long."""
    from chartgen.render.document import block_yaml

    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= 60:
        return text
    return (value if isinstance(value, str) else block_yaml(value, str)).rstrip("\n")


def _unheard_of(what: str) -> Diagnostic:
    """The finding that there is no such setting or code, with what was probably meant."""
    from chartgen.schema import suggest

    if "-" in what and "." not in what:
        codes = [*rules.by_slug(), *meanings.OTHERS]
        near = suggest.closest(what, codes)
        hint = f"did you mean {near}?" if near else "docs/rules lists them all"
        return Diagnostic("unknown-key", f"there is no rule {what}", found=what, hint=hint)
    if "." not in what and (named := suggest.named(what)):
        listed = ", ".join(map(dotted, named[:_NAMED])) + (", …" if len(named) > _NAMED else "")
        hint = f"did you mean {listed}?" if len(named) == 1 else f"one of: {listed}"
        return Diagnostic("unknown-key", f"there is no value {what} at the top", found=what, hint=hint)
    *above, _ = _segments(what)
    parent = setting(".".join(above)) if above else None
    while above and parent is None:
        # the first key that is not there is the one to mend
        what = ".".join(above)
        *above, _ = above
        parent = setting(".".join(above)) if above else None
    siblings = parent.keys if parent else schema.document()["properties"]
    return suggest.unknown_key(tuple(what.split(".")), siblings)


def _page(markdown: str, width: int, colour: bool) -> str:
    """A Markdown page for a terminal: headings bold, code indented, the rest wrapped."""
    lines: list[str] = []
    code = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            code = not code
        elif code:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            title = line.lstrip("# ")
            lines.append(f"\x1b[1m{title}\x1b[0m" if colour else title)
        else:
            lines += textwrap.wrap(line, width, break_on_hyphens=False) or [""]
    return "\n".join(lines) + "\n"
