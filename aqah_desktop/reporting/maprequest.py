"""What a map page shows, as data: made by :mod:`.mapcontent`, drawn by :mod:`.mapimage`.

Coordinates are EPSG:2154 in metres; texts are already in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.records import Grid
from aqah_desktop.reporting.style import ColourScale, FillStyle, LineStyle, Mark, SiteScale

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Extent = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MapPage:
    """Size and furniture of the page.

    ``width`` and ``height`` are logical pixels; the PNG has ``× pixel_ratio`` of them. ``header`` and
    ``footer`` are left out where the page around the map says the same (briefing).
    """

    width: int = 1600
    height: int = 1100
    pixel_ratio: float = 1.0
    header: bool = True
    footer: bool = True
    theme: str = "light"
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class MapTexts:
    """The words of the page.

    ``quality`` is the standing in a few words ("modélisé — indicatif"), ``notice`` what the reader must
    know before reading a value, ``attribution`` sources and licences. ``watermark`` is written across
    the map when not empty (fictitious data). ``tone`` colours the quality: ``"accent"``, ``"warning"``
    or ``"danger"``.
    """

    overline: str
    title: str
    subtitle: str
    quality: str
    notice: str
    attribution: str
    watermark: str = ""
    tone: str = "warning"


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A raster on the page.

    ``values`` is ``(ny, nx) float32`` on ``grid``, NaN = no data; ``weak`` is a boolean array of the
    same shape, drawn hatched, with ``weak_text`` in the legend; ``title`` heads the legend.
    """

    values: np.ndarray
    grid: Grid
    scale: ColourScale
    title: str = ""
    marks: tuple[Mark, ...] = ()
    smooth: bool = True
    weak: np.ndarray | None = None
    weak_text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Lines, or outlines of polygons, in one style; ``fill`` for polygons only."""

    geometries: tuple[BaseGeometry, ...]
    style: LineStyle
    fill: FillStyle | None = None
    legend: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Symbols:
    """Points: ``x, y (n,)`` in m, ``kinds`` per point, ``values (n,)`` in the unit of ``scale`` or NaN.

    ``names`` gives the legend text of each kind. Without ``scale`` every point has the accent colour.
    """

    x: np.ndarray
    y: np.ndarray
    kinds: tuple[str, ...]
    names: dict[str, str]
    values: np.ndarray | None = None
    scale: SiteScale | None = None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name on the map. The highest ``weight`` is placed first; ``strong`` for the main town."""

    text: str
    x: float
    y: float
    weight: float
    inside: bool = True
    strong: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Basemap:
    """What lies around: ``land`` (sea is what is left), ``focus`` (the open territory), lines, names.

    ``known`` is where land and sea are told apart; beyond it the page stays neutral.
    """

    extent: Extent
    focus: BaseGeometry | None = None
    land: tuple[BaseGeometry, ...] = ()
    lines: tuple[Outlines, ...] = ()
    names: tuple[PlaceName, ...] = ()
    known: Extent | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MapRequest:
    """Everything :func:`.mapimage.render_map` needs."""

    texts: MapTexts
    basemap: Basemap
    surface: Surface | None = None
    outlines: tuple[Outlines, ...] = ()
    symbols: Symbols | None = None
    page: MapPage = field(default_factory=MapPage)
    #: Other points, below :attr:`symbols`: without classes, each kind with its row in the legend.
    points: tuple[Symbols, ...] = ()
