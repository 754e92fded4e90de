"""What may be written at a place: keys with their defaults, the values that there are, words of other charts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types as lsp

from chartgen import explain
from chartgen.diagnostics import Path
from chartgen.explain import Setting
from chartgen.lsp import outline
from chartgen.lsp.analysis import Analysis
from chartgen.schema import suggest
from chartgen.values import helm_scalar, tree

_TYPED = re.compile(r"(?P<before> *(?:- +)*)(?P<typed>[\w.-]*)")
_VALUE = re.compile(r"\s*(?P<typed>\S*)")
# what a snippet's language takes for its own
_SPECIAL = re.compile(r"([\\$}])")


def proposed(analysis: Analysis, offset: int, *, snippet: bool = True) -> list[lsp.CompletionItem]:
    """What may stand at the cursor; without `snippet` as plain text."""
    lines = analysis.text.lines()
    position = analysis.text.position(offset)
    row, start = position.line, analysis.text.offset(lsp.Position(position.line, 0))
    before = analysis.text.text[start:offset]
    line = lines[row] if row < len(lines) else ""
    if "#" in before and re.search(r"(^|\s)#", before):
        return []
    match = _TYPED.fullmatch(before)
    if match is not None:
        column = len(match["before"])
        parent = outline.above([*lines[:row], before[:column]], row, column)
        if parent is None:
            return []
        rest = re.match(r"[\w.-]*", line[len(before) :])
        stop = offset + (len(rest[0]) if rest else 0)
        has_value = line[stop - start :].lstrip().startswith(":")
        where = analysis.text.range(start + column, stop)
        items = [*_keys(analysis, parent, where, has_value=has_value)]
        # an item of a list may be a value
        if parent and isinstance(parent[-1], int) and (found := analysis.setting(parent)) is not None:
            items += _values(found, where)
    else:
        keys = [*outline.levels(line)]
        if not keys or keys[-1][1] is None:
            return []
        column, key = keys[-1]
        colon = _colon(line, column)
        if colon < 0 or len(before) <= colon:
            return []
        parent = outline.above(lines[: row + 1], row, column)
        value = _VALUE.fullmatch(before[colon + 1 :])
        if parent is None or value is None:
            return []
        found = analysis.setting((*parent, str(key)))
        if found is None:
            return []
        begins = offset - len(value["typed"])
        items = [*_values(found, analysis.text.range(begins, offset), gap="" if value[0][:1] == " " else " ")]
    return items if snippet else [_plain(item) for item in items]


def _colon(line: str, column: int) -> int:
    """Where the colon behind the key at a column is."""
    found = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s:]|:(?!\s|$)|\s(?!:))*?\s*:(?=\s|$)""").match(
        line, column
    )
    return found.end() - 1 if found else -1


def _keys(
    analysis: Analysis, parent: Path, where: lsp.Range, *, has_value: bool
) -> Iterator[lsp.CompletionItem]:
    """The keys that a map may have and has not yet."""
    found = analysis.setting(parent)
    if found is None:
        return
    there = tree.at(analysis.source.data, parent) if analysis.source is not None else None
    there = there if isinstance(there, Mapping) else {}
    keys: Mapping[str, Any] = found.schema.get("properties", {})
    for number, (key, child) in enumerate(keys.items()):
        node = explain.merged(child)
        if (key in there and not has_value) or node.get("deprecated"):
            continue
        yield lsp.CompletionItem(
            key,
            kind=lsp.CompletionItemKind.Module if _is_section(node) else lsp.CompletionItemKind.Property,
            documentation=_documentation(node),
            sort_text=f"{number:04}",
            text_edit=lsp.TextEdit(where, key if has_value else f"{_key(key)}:{_value_of(node)}"),
            insert_text_format=lsp.InsertTextFormat.PlainText if has_value else lsp.InsertTextFormat.Snippet,
        )
        for snippet in () if has_value else node.get("defaultSnippets", ()):
            body = [snippet["body"]] if snippet.get("type") == "array" else snippet["body"]
            yield lsp.CompletionItem(
                f"{key} ({snippet['label']})",
                kind=lsp.CompletionItemKind.Snippet,
                detail=snippet.get("description"),
                sort_text=f"{number:04}s",
                text_edit=lsp.TextEdit(where, f"{_key(key)}:{_written(body, '  ')}"),
                insert_text_format=lsp.InsertTextFormat.Snippet,
            )
    if not has_value and not analysis.is_build_file:
        yield from _foreign(parent, keys, there, where)


def _foreign(
    parent: Path, keys: Mapping[str, Any], there: Mapping[str, Any], where: lsp.Range
) -> Iterator[lsp.CompletionItem]:
    """The words of other charts for what may be written here, each with what it is called in this one."""
    for word, name in suggest.words()["names"].items():
        if name in keys and name not in there and word not in keys:
            yield _word(word, name, f"{_key(name)}:{_value_of(explain.merged(keys[name]))}", where)
    for word, target in suggest.words()["paths"].items():
        path, written = tuple(target.split(".")), tuple(word.split("."))
        rest = path[len(parent) :]
        inside = path[: len(parent)] == parent and rest and rest[0] not in there
        if not inside or (parent and written[: len(parent)] != parent):
            continue
        found = explain.at(path)
        if found is None:
            continue
        text = _value_of(found.schema)
        for depth, key in reversed([*enumerate(rest)]):
            text = f"{_key(key)}:{text}"
            if depth:
                text = f"\n{'  ' * depth}{text}"
        yield _word(".".join(written[len(parent) :]), target, _deepened(text, len(rest) - 1), where)


def _deepened(text: str, depth: int) -> str:
    """The text of a value below so many keys: its own lines stand as deep as they are."""
    head, *lines = text.split("\n")
    return "\n".join([head, *lines[:depth], *(f"{'  ' * depth}{line}" for line in lines[depth:])])


def _word(word: str, name: str, text: str, where: lsp.Range) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        word,
        kind=lsp.CompletionItemKind.Reference,
        detail=f"here: {name}",
        sort_text=f"z{word}",
        filter_text=word,
        text_edit=lsp.TextEdit(where, text),
        insert_text_format=lsp.InsertTextFormat.Snippet,
    )


def _values(found: Setting, where: lsp.Range, gap: str = "") -> Iterator[lsp.CompletionItem]:
    """The values that a setting may have: its few words, its default, examples."""
    node = found.schema
    default = [_scalar(found.default)] if _is_scalar(found.default) and "default" in node else []
    words = [_scalar(word) for word in _enum(node)]
    examples = [_scalar(example) for example in node.get("examples", ()) if _is_scalar(example)]
    for number, text in enumerate(dict.fromkeys((*default, *words, *examples))):
        yield lsp.CompletionItem(
            text,
            kind=lsp.CompletionItemKind.EnumMember if text in words else lsp.CompletionItemKind.Value,
            detail="default" if text in default else None,
            sort_text=f"{number:04}",
            preselect=True if text in default else None,
            text_edit=lsp.TextEdit(where, gap + text),
        )
    for number, snippet in enumerate(node.get("defaultSnippets", ())):
        body = [snippet["body"]] if snippet.get("type") == "array" else snippet["body"]
        yield lsp.CompletionItem(
            snippet["label"],
            kind=lsp.CompletionItemKind.Snippet,
            detail=snippet.get("description"),
            sort_text=f"s{number:04}",
            text_edit=lsp.TextEdit(where, _written(body, "  ").removeprefix(" ")),
            insert_text_format=lsp.InsertTextFormat.Snippet,
        )


def _enum(node: Mapping[str, Any]) -> list[Any]:
    from chartgen.schema.kinds import enum_words

    if "enum" in node:
        return enum_words(node["enum"])
    kinds = node.get("type", [])
    return [True, False] if "boolean" in ([kinds] if isinstance(kinds, str) else kinds) else []


def _is_section(node: Mapping[str, Any]) -> bool:
    return bool(node.get("properties")) and "default" not in node


def _documentation(node: Mapping[str, Any]) -> lsp.MarkupContent | None:
    text = node.get("markdownDescription") or node.get("description")
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, str(text)) if text else None


def _value_of(node: Mapping[str, Any]) -> str:
    """What follows the colon of a new key: its default, selected; the next level for a section."""
    if _is_section(node):
        return "\n  $0"
    if "default" not in node or node["default"] is None:
        return " $0"
    default = node["default"]
    if isinstance(default, (dict, list)) and default:
        return _written(_as_snippet(default), "  ")
    if (default == "" and not _enum(node)) or (isinstance(default, str) and "\n" in default):
        # of text that is not set an empty pair of quotes would only be in the way, and so would whole lines of text
        return " $0"
    return f" ${{1:{_SPECIAL.sub(_ESCAPED, _scalar(default))}}}"


_ESCAPED = r"\\\1"


def _as_snippet(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_snippet(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_snippet(item) for item in value]
    return _SPECIAL.sub(_ESCAPED, _scalar(value)) if isinstance(value, str) else value


def _written(body: Any, indent: str) -> str:
    """A snippet's body behind its key's colon, in block style; text in it stands as it is written."""
    if isinstance(body, dict) and body:
        return "".join(f"\n{indent}{key}:{_written(item, indent + '  ')}" for key, item in body.items())
    if isinstance(body, list) and body:
        return "".join(f"\n{indent}-{_item(line, indent)}" for line in body)
    return f" {body}" if isinstance(body, str) else f" {json.dumps(body)}"


def _item(body: Any, indent: str) -> str:
    """An item behind its dash: a map begins on the dash's line."""
    text = _written(body, indent + "  ")
    return " " + text.lstrip() if isinstance(body, dict) and body else text


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def _scalar(value: Any) -> str:
    """A scalar in one line, in quotes where text has to have them."""
    if isinstance(value, str) and helm_scalar.is_ordinary(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return _SPECIAL.sub(_ESCAPED, _scalar(key))


_STOP = re.compile(r"(?<!\\)\$(?:\{\d+(?:[:|]((?:\\.|[^}\\])*))?\}|\d+)")


def _plain(item: lsp.CompletionItem) -> lsp.CompletionItem:
    """The same for a client that knows no snippets."""
    if item.insert_text_format == lsp.InsertTextFormat.Snippet and isinstance(item.text_edit, lsp.TextEdit):
        text = _STOP.sub(lambda stop: stop[1] or "", item.text_edit.new_text)
        item.text_edit = lsp.TextEdit(item.text_edit.range, re.sub(r"\\([\\$}])", r"\1", text))
        item.insert_text_format = lsp.InsertTextFormat.PlainText
    return item
