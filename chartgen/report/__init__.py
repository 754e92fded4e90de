"""Findings as text, one format a module: `formats.FORMATS` has them all."""

from __future__ import annotations
