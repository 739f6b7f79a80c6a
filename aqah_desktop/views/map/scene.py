"""What the map shows, as frozen data: made on the GUI thread, painted on another one.

Coordinates are EPSG:2154, m. Colours are ``(r, g, b)``; widths and sizes are logical pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aqah_desktop.records import Grid
from aqah_desktop.reporting.style import ColourScale
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.outlines import Extent, OutlineSet


class RasterSource(Protocol):
    """Something that gives the values of a part of a raster at screen resolution, on any thread."""

    def read(self, extent: Extent, shape: tuple[int, int]) -> tuple[np.ndarray, Grid] | None:
        """Values ``(ny, nx) float32`` (NaN = no data) over ``extent`` or less; None = nothing there."""
        ...

    def shown(self) -> ArraySource | None:
        """Values last read, for the value under the mouse; None before anything was."""
        ...


class PictureSource(Protocol):
    """Something that gives the colours of a view, on any thread."""

    def read(self, extent: Extent, shape: tuple[int, int]) -> np.ndarray | None:
        """``(ny, nx, 4) uint8`` red, green, blue, opacity of exactly ``extent``; None = nothing there."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """A raster held in memory: ``values (ny, nx) float32`` on ``grid``."""

    values: np.ndarray
    grid: Grid

    def shown(self) -> ArraySource:
        """All of it: it is in memory."""
        return self

    def read(self, extent: Extent, shape: tuple[int, int]) -> tuple[np.ndarray, Grid] | None:
        """Return the part that meets ``extent``, thinned when it has more cells than the screen."""
        grid = self.grid
        col0 = max(int((extent[0] - grid.x_min) // grid.cell_m) - 1, 0)
        col1 = min(int((extent[2] - grid.x_min) // grid.cell_m) + 2, grid.nx)
        row0 = max(int((grid.y_max - extent[3]) // grid.cell_m) - 1, 0)
        row1 = min(int((grid.y_max - extent[1]) // grid.cell_m) + 2, grid.ny)
        if col1 <= col0 or row1 <= row0:
            return None
        step = max(1, min((col1 - col0) // max(shape[1], 1), (row1 - row0) // max(shape[0], 1)))
        part = self.values[row0:row1:step, col0:col1:step]
        return part, Grid(
            grid.x_min + col0 * grid.cell_m,
            grid.y_max - row0 * grid.cell_m,
            grid.cell_m * step,
            part.shape[1],
            part.shape[0],
            grid.crs,
        )


@dataclass(frozen=True, eq=False)
class RasterDrawing:
    """A raster in classes of colour; cells where ``weak`` is true (bool) are hatched."""

    source: RasterSource
    scale: ColourScale
    opacity: float = 1.0
    smooth: bool = True
    weak: RasterSource | None = None
    hatching: RGB = (22, 33, 43)


@dataclass(frozen=True, eq=False)
class PictureDrawing:
    """A picture (photograph, plan, map tiles), drawn below everything else."""

    source: PictureSource
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class AreaDrawing:
    """Polygons: one fill, or one per feature (``fills[owner]``, −1 = none), and a stroke."""

    outlines: OutlineSet
    stroke: RGB | None = None
    width: float = 1.0
    fill: RGB | None = None
    fills: np.ndarray | None = None
    palette: tuple[RGB, ...] = ()
    opacity: float = 1.0
    fill_opacity: float = 1.0
    #: Stroke drawn below the main one, for contrast on any ground, and its width.
    casing: RGB | None = None
    casing_width: float = 4.0


@dataclass(frozen=True, eq=False)
class VeilDrawing:
    """Covers everything outside some polygons, so that the open territory stands out."""

    outlines: OutlineSet
    colour: RGB
    opacity: float


@dataclass(frozen=True, eq=False)
class PointDrawing:
    """Points: class of each (index into ``palette``, −1 = no value) and shape of each kind."""

    x: np.ndarray
    y: np.ndarray
    classes: np.ndarray
    palette: tuple[RGB, ...]
    no_value: RGB
    shapes: tuple[str, ...] = ("circle",)
    shape_index: np.ndarray | None = None
    #: Size of each shape, or of all.
    sizes: tuple[float, ...] = (9.0,)
    ring: RGB = (255, 255, 255)
    opacity: float = 1.0
    #: Points outside the open territory, drawn faint.
    faint: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class LabelDrawing:
    """Names at places, the heaviest first; a name that would cover another one is left out."""

    texts: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    ink: RGB = (20, 30, 40)
    halo: RGB = (255, 255, 255)
    #: Which places lie in the open territory (all when None); the others are written in ``soft``.
    inside: np.ndarray | None = None
    soft: RGB = (90, 100, 110)


Drawing = RasterDrawing | PictureDrawing | AreaDrawing | VeilDrawing | PointDrawing | LabelDrawing


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything to paint, from the bottom up, for one extent on one screen."""

    extent: Extent
    width_px: int
    height_px: int
    ratio: float
    ground: RGB
    drawings: tuple[Drawing, ...]

    @property
    def pixels_per_m(self) -> float:
        """Device pixels per metre."""
        return self.width_px / (self.extent[2] - self.extent[0])
