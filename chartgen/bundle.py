"""The files that ship with chartgen: beside the package in a checkout, inside it in a wheel.

Without pathlib, whose start takes longer than to check a file of values; `chartgen.paths` has the folders as paths.
"""

from __future__ import annotations

import os.path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_INSIDE = os.path.join(_PACKAGE, "_bundle")
INSTALLED = os.path.isdir(_INSIDE)
ROOT = _INSIDE if INSTALLED else os.path.dirname(_PACKAGE)


def read(name: str) -> bytes:
    """What the file at `name` below the root holds, such as `schema/defaults.json`."""
    with open(os.path.join(ROOT, name), "rb") as file:
        return file.read()
