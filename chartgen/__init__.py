"""chartgen compiles Consul Helm values into versioned charts."""

from __future__ import annotations

from chartgen.diagnostics import Diagnostic, Rejected, Span
from chartgen.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from chartgen.chart import Chart
    from chartgen.warm import compile

__all__ = ["Chart", "Diagnostic", "Rejected", "Span", "__version__", "compile"]


def __getattr__(name: str) -> Any:
    # the compiler pulls in all that renders; `chartgen check` in a pre-commit hook should not wait for it
    if name == "compile":
        from chartgen.warm import compile

        return compile
    if name == "Chart":
        from chartgen.chart import Chart

        return Chart
    raise AttributeError(f"module 'chartgen' has no attribute {name!r}")
