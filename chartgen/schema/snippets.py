"""What an editor's snippets write, as values: examples of a setting that has no default to show."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STOP = re.compile(r"(?<!\\)\$\{\d+[:|]([^}|,]*)[^}]*\}")


def values(node: Mapping[str, Any]) -> list[Any]:
    """The values that a node's snippets write, each place to fill in left as it is proposed; a list's are whole."""
    found = []
    for snippet in node.get("defaultSnippets", ()):
        value = _filled(snippet["body"])
        found.append([value] if snippet.get("type") == "array" else value)
    return found


def _filled(body: Any) -> Any:
    if isinstance(body, dict):
        return {_filled(key): _filled(item) for key, item in body.items()}
    if isinstance(body, list):
        return [_filled(item) for item in body]
    if not isinstance(body, str):
        return body
    text = _STOP.sub(r"\1", body)
    return json.loads(re.sub(r"\\([\\$}])", r"\1", text)) if text.startswith('"') else text
