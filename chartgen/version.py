"""The version of chartgen itself."""

__version__ = "0.1.0"
