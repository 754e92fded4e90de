"""The life of a chart after it is made: which version it has, whether it can be made again, where it is pushed."""

from __future__ import annotations
