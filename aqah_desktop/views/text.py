"""Texts as they are laid out on screen."""

from __future__ import annotations

_WORD_JOINER = "\u2060"


def unbroken(text: str) -> str:
    """The text with its units kept whole when a line is full: Qt breaks after a slash."""
    return text.replace("g/m³", f"g/{_WORD_JOINER}m³").replace("/an", f"/{_WORD_JOINER}an")
