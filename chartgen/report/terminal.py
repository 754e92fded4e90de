"""What a stream of output can show: colour, and how many columns."""

from __future__ import annotations

import os
import sys
from typing import Any


def wants_colour(stream: Any = None) -> bool:
    """True if the stream (standard error when none is given) is a terminal and NO_COLOR is not set."""
    stream = stream or sys.stderr
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: Any = None) -> int:
    """The columns of the stream's terminal (standard error when none is given); 120 where it is none."""
    stream = stream or sys.stderr
    try:
        return os.get_terminal_size(stream.fileno()).columns or 120
    except (OSError, ValueError, AttributeError):
        return 120
