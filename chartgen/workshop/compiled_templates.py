"""The templates, compiled ahead: `python -m chartgen.workshop.compiled_templates`, and what the build backend calls."""

from __future__ import annotations

from pathlib import Path

from chartgen.render import ahead, environment


def write() -> Path:
    """Writes the module of the compiled templates where chartgen looks for it, and returns its path."""
    text = environment.compiled_ahead()
    if not ahead.PATH.is_file() or ahead.PATH.read_text(encoding="utf-8") != text:
        # beside it first: a build that runs meanwhile finds the old one or the new one
        new = ahead.PATH.with_suffix(".new")
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(ahead.PATH)
    return ahead.PATH


if __name__ == "__main__":
    print(write())
