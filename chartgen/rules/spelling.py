"""Numbers and switches that become text and read otherwise then: Helm takes `1.10` for 1.1, `0123` for 83, `yes` for true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from chartgen import values
from chartgen.diagnostics import Diagnostic, Mend, Path, dotted
from chartgen.values import helm_scalar
from chartgen.values.memo import NOTHING, Memo
from chartgen.values.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# maps of text that the chart writes as text, whatever is given; elsewhere Kubernetes and the schema ask for text
_TEXTS = ("extraEnvironmentVars", "nodeMeta")


def check(user: Mapping[str, Any], sources: Sequence[Source], memo: Memo = NOTHING) -> Iterator[Diagnostic]:
    """A warning for each value of such a map that is spelt otherwise in its file."""
    texts = (text for key, item in user.items() for text in memo.of(("spelt", key), _texts_of, key, item))
    for path, value in texts:
        spans = values.value_spans_of(path, sources)
        found = (
            re.match(r"[\w.+-]+", spans[0].text[spans[0].column - 1 :]) if spans and spans[0].text else None
        )
        written, becomes = found[0] if found else "", helm_scalar.go_text(value)
        # the scalar itself, and nothing that merely stands at its place
        if written and written != becomes and helm_scalar.plain(written) == value:
            yield Diagnostic(
                "text-respelt",
                f"{dotted(path)} is text, and Helm makes {becomes} of {written}",
                "unwise",
                path,
                spans,
                hint=f'quote it: "{written}"',
                mend=Mend("replace", path, written),
            )


def _texts_of(section: str, values: Any) -> tuple[tuple[Path, Any], ...]:
    return tuple(_texts({section: values}, ()))


def _texts(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    for key, item in node.items() if isinstance(node, dict) else ():
        if key in _TEXTS and isinstance(item, dict):
            yield from (
                ((*path, key, name), value)
                for name, value in item.items()
                if isinstance(value, (bool, int, float))
            )
        elif isinstance(item, dict):
            yield from _texts(item, (*path, key))
