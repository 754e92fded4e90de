"""Regular expressions that are compiled when they are first used: a file of values needs few of them."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as compile
    from typing import Any
else:

    class _Pattern:
        """Stands for a compiled pattern, and has of it what was asked for."""

        def __init__(self, pattern: str, flags: int) -> None:
            self._given = pattern, flags

        def __getattr__(self, name: str) -> Any:
            # re keeps the patterns that it has compiled
            found = getattr(re.compile(*self._given), name)
            # found on the object itself from now on
            setattr(self, name, found)
            return found

    def compile(pattern: str, flags: int = 0) -> _Pattern:
        """What `re.compile` returns, when it is first asked to match; so a pattern that is wrong shows then."""
        return _Pattern(pattern, flags)
