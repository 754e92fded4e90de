"""What a stream of output can show: colour, and how many columns."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def wants_colour(stream: Any, wish: str = "auto") -> bool:
    """True if output to the stream is to have colour: `always`, `never`, or as it is where the wish is `auto`.

    Then NO_COLOR keeps colour away, FORCE_COLOR has it wherever output goes (a CI log, a pager), and else a terminal
    has it that is not dumb.
    """
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if (forced := os.environ.get("FORCE_COLOR")) is not None:
        return forced not in ("", "0", "false")
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def columns(stream: Any) -> int:
    """The columns of the stream's terminal; where it is none, what COLUMNS says, or 120."""
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        width = 0
    said = os.environ.get("COLUMNS", "")
    return width or (int(said) if said.isascii() and said.isdigit() else 0) or 120
