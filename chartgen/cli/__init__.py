"""The command line: `commands` read it, call what does the work, and show what came back.

Without click, whose start takes as long as a check: a `check` of nothing but files is read by `chartgen.__main__`.
"""

from __future__ import annotations
