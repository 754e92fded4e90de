"""Where the files that ship with chartgen are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_BUNDLE = _PACKAGE / "_bundle"
ROOT = _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent

TEMPLATES = ROOT / "templates"
SCHEMA = ROOT / "schema"
RULE_PAGES = _BUNDLE / "rules" if _BUNDLE.is_dir() else ROOT / "docs" / "rules"
