"""What a setting, a section of settings or the code of a finding is: for `chartgen explain`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chartgen import rules, schema, values
from chartgen.compiler import Checked
from chartgen.diagnostics import Diagnostic, Path, Rejected, any_error, dotted
from chartgen.report import meanings
from chartgen.schema import removed, snippets
from chartgen.schema.kinds import enum_words, kind

if TYPE_CHECKING:
    from chartgen.explain.origins import Origins

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
    return _followed(_segments(name))


def at(path: Path) -> Setting | None:
    """The setting at a path of the values, in which numbers are of items of lists; None where there is none."""
    return _followed(["[]" if isinstance(key, int) else key for key in path])


def _followed(keys: Iterable[str]) -> Setting | None:
    node: Any = schema.document()
    default: Any = schema.defaults()
    path: Path = ()
    shown = ""
    in_list = False
    for key in keys:
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


def answer(what: str, checked: Checked, field: str = "", *, width: int = 100, colour: bool = False) -> str:
    """The explanation of a setting, a section, a code or an object, for a terminal of so many columns; of "" the sections.

    Raises Rejected with what was probably meant when `what` is none of them.
    """
    if (came_from := _origins(what, checked, field)) is not None:
        from chartgen.explain import origins

        return origins.text(came_from)
    if not what:
        lines = ["The sections of the values. `chartgen explain server` has the settings of one.", ""]
        return "\n".join([*lines, *_keys(Setting("", (), schema.document(), None), width)[2:]]) + "\n"
    if what in meanings.OTHERS or what in rules.by_slug():
        return _page(meanings.page(what), width, colour)
    found = _found(what)
    if isinstance(found, removed.Removed):
        return "\n".join(_removed(what, found, width)) + "\n"
    if isinstance(found, list):
        lines = [f"There is no setting {what} at the top. These have it in their paths:", ""]
        return "\n".join([*lines, *_lines(map(_summary, found), width)]) + "\n"
    head = f"\x1b[1m{found.name}\x1b[0m" if colour else found.name
    lines = [head, "", *_paragraph(str(found.schema.get("description", "")), width), ""]
    for label, told in (*facts(found), *current(found, checked), *reaches(found, checked)):
        lines += _row(label, told, width)
    for number, (slug, reason) in enumerate(rules_about(found.name)):
        lines += _row("" if number else "rules", f"{slug}: {reason}", width)
    if found.keys:
        lines += _keys(found, width)
    return "\n".join(lines) + "\n"


def _origins(what: str, checked: Checked, field: str) -> Origins | None:
    """What an object or a field of it comes from; None where none is asked for."""
    from chartgen.explain import origins

    if origins.OBJECT.fullmatch(what):
        return origins.origins(what, field, checked)
    if field:
        raise Rejected([_no_object(what, field)])
    return None


def _no_object(what: str, field: str) -> Diagnostic:
    return Diagnostic(
        "unknown-object",
        f"{what} is no object, and has no field {field}",
        found=what,
        expected="a kind and a name, such as StatefulSet/consul-server",
    )


def data(what: str, checked: Checked, field: str = "") -> dict[str, Any]:
    """The same as data (the shape of schema/answers/explain.schema.json). Raises Rejected as `answer` does."""
    if (came_from := _origins(what, checked, field)) is not None:
        from chartgen.explain import origins

        return origins.data(came_from)
    if not what:
        return {"kind": "sections", "keys": _keys_data(Setting("", (), schema.document(), None))}
    if what in meanings.OTHERS or what in rules.by_slug():
        return {
            "kind": "finding", "code": what, "meaning": meanings.of(what), "page": meanings.page(what),
            "severity": meanings.severity(what), "lenient": meanings.severity(what, strict=False),
        }  # fmt: skip
    found = _found(what)
    if isinstance(found, removed.Removed):
        today = f"set {dotted(found.to)}" if found.to else found.today
        return {"kind": "removed", "path": what, "lastRelease": found.last, "why": found.why, "today": today}
    if isinstance(found, list):
        return {"kind": "candidates", "keys": [_key_data(each.name, each.schema) for each in found]}
    known: dict[str, Any] = {
        "kind": "section" if found.keys and "items" not in found.schema else "setting",
        "path": found.name,
        "description": found.schema.get("description", ""),
        "facts": {label: told for label, told in facts(found) if label},
        "default": found.default,
        "rules": [{"code": slug, "meaning": reason} for slug, reason in rules_about(found.name)],
        "keys": _keys_data(found),
    }
    if not any_error(checked.diagnostics):
        from chartgen.explain import reach

        rows = reach.reached(found.path, checked.merged.effective, _of(found.path))
        known["reaches"] = [{"object": name, "file": file} for name, file in rows]
    if "items" not in found.schema and not found.keys:
        whole: Any = checked.merged.effective
        for key in found.path:
            whole = whole.get(key) if isinstance(whole, Mapping) else None
        known |= {"value": whole, "setBy": values.set_by(found.path, checked.merged.sources)}
    return known


def words(found: Setting) -> list[str]:
    """The few values that a setting takes, as they are typed; none where it takes others, too."""
    if "enum" in found.schema:
        return [
            word if isinstance(word, str) else json.dumps(word) for word in enum_words(found.schema["enum"])
        ]
    return ["true", "false"] if found.schema.get("type") in ("boolean", ["boolean", "null"]) else []


def _found(what: str) -> Setting | removed.Removed | list[Setting]:
    """The setting of this name, the one that older charts had, or those whose paths have it as a part.

    Raises Rejected with what was probably meant when it is none of them.
    """
    found = setting(what)
    if found is None and (gone := removed.removed(tuple(_segments(what)))) is not None:
        return gone
    if found is None:
        near = _having(what)
        if not near:
            raise Rejected([_unheard_of(what)])
        return near if len(near) > 1 else near[0]
    return found


def _having(part: str) -> list[Setting]:
    """The settings that have the keys of a path, or one key, somewhere in their own; the case of letters is all one."""
    wanted = [key.lower() for key in _segments(part)]
    names = []
    for path in schema.leaves():
        keys = [str(key).lower() for key in path]
        # not what stands below one that is there already
        if keys[-len(wanted) :] == wanted:
            names.append(dotted(path))
    return [found for found in map(setting, names) if found is not None]


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


def facts(found: Setting) -> Iterator[tuple[str, str]]:
    """(label, text) of what the schema says of a setting, beside its description."""
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


def current(found: Setting, checked: Checked) -> Iterator[tuple[str, str]]:
    """(label, text) of the effective value and what set it; for a section, of each value in it that is not the default's."""
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


def reaches(found: Setting, checked: Checked) -> Iterator[tuple[str, str]]:
    """(label, text) of each object that the setting reaches with these values, or why none is named."""
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
    title = "keys of an entry" if "items" in found.schema else "keys"
    rows = (_row_of(key, merged(child)) for key, child in found.keys.items())
    return ["", f"  {title}", *_lines(rows, width)]


def _summary(found: Setting) -> tuple[str, str, str]:
    return _row_of(found.name, found.schema)


def _row_of(name: str, node: Mapping[str, Any]) -> tuple[str, str, str]:
    """A name, its default, and the first sentence about it."""
    default = _shown(node["default"]) if "default" in node else ""
    return name, default if len(default) <= 24 and "\n" not in default else "…", _first_sentence(node)


def _first_sentence(node: Mapping[str, Any]) -> str:
    return re.split(r"(?<=[.;])\s", node.get("description", ""), maxsplit=1)[0].rstrip(";")


def _lines(summaries: Iterable[tuple[str, str, str]], width: int) -> list[str]:
    rows = list(summaries)
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = []
    for key, default, about in rows:
        line = f"    {key:<{first}}  {default:<{second}}  {about}"
        lines.append(line.rstrip() if len(line) <= width else line[: width - 1].rstrip() + "…")
    return lines


def _keys_data(found: Setting) -> list[dict[str, Any]]:
    return [_key_data(key, merged(child)) for key, child in found.keys.items()]


def _key_data(name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    default = {"default": node["default"]} if "default" in node else {}
    return {"name": name, **default, "description": node.get("description", "")}


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
        hint = f"did you mean {near}?" if near else "`chartgen rules` lists them all"
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
