"""Theme tokens: colours, spaces and sizes of the one table every view, page and document reads.

Free of numpy, so that the first window is painted before any library is loaded.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.locations import resource_folder

RGB = tuple[int, int, int]


def rgb(text: str) -> RGB:
    """``"#0b6e75"`` → ``(11, 110, 117)``."""
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


@cache
def resource_table(folder: str, name: str) -> dict[str, Any]:
    """A TOML table of the resources."""
    with (resource_folder() / folder / name).open("rb") as stream:
        return tomllib.load(stream)


@dataclass(frozen=True, slots=True)
class Theme:
    """Tokens of one theme: colours by name, and sizes in logical pixels."""

    name: str
    colours: dict[str, str]
    sizes: dict[str, dict[str, Any]]

    def colour(self, token: str) -> RGB:
        """Colour of a token such as ``"ink"`` or ``"accent"``."""
        return rgb(self.colours[token])

    def space(self, token: str) -> int:
        """Distance in logical pixels, on the 4 px grid."""
        return int(self.sizes["space"][token] * self.sizes["space"]["grid"])

    def size(self, group: str, token: str) -> float:
        """Size of a token of ``"type"``, ``"radius"`` or ``"line"``, logical pixels."""
        return float(self.sizes[group][token])


@cache
def theme(name: str = "light") -> Theme:
    """Return the ``"light"`` or ``"dark"`` theme.

    Raises
    ------
    UnknownItemError
        For any other name.
    """
    table = resource_table("themes", "tokens.toml")
    if name not in ("light", "dark"):
        raise UnknownItemError("reporting.unknown_theme", name=name)
    sizes = {group: dict(table[group]) for group in ("space", "radius", "type", "line")}
    return Theme(name=name, colours=dict(table[name]), sizes=sizes)
