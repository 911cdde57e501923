"""Gatepost: the comment desk for article pages."""

__version__ = "0.1.0"
