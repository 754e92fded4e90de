"""Where the files that ship with chartgen are."""

from __future__ import annotations

from pathlib import Path

from chartgen import bundle

ROOT = Path(bundle.ROOT)
TEMPLATES = ROOT / "templates"
# templates as Python, made of the others when chartgen is installed
COMPILED = TEMPLATES / "_compiled.py"
SCHEMA = ROOT / "schema"
RULE_PAGES = ROOT / "rules" if bundle.INSTALLED else ROOT / "docs" / "rules"
