"""A raster on another grid, in strips so that neither has to fit in memory at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.warp import reproject

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid

if TYPE_CHECKING:
    from aqah_desktop.storage.raster_values import Decoder
    from aqah_desktop.storage.rasters import RasterFile

#: Source cells read for one strip (about 160 MB as float32).
_STRIP_CELLS = 40_000_000
#: Cells around a strip that bilinear and average resampling may reach.
_MARGIN = 2
_AVERAGE: dict[str, Any] = {"resampling": Resampling.average}
#: Scale 1: interpolation between the four neighbours, without the smoothing GDAL adds by itself.
_BILINEAR: dict[str, Any] = {"resampling": Resampling.bilinear, "XSCALE": 1, "YSCALE": 1}


def warp(source: RasterFile, decoder: Decoder, grid: Grid, band: int, *, average: bool) -> np.ndarray:
    """Return ``source`` on ``grid``: ``(ny, nx) float32``, NaN = no data."""
    source.check_size(grid.ny, grid.nx)
    values = np.full((grid.ny, grid.nx), np.nan, dtype="float32")
    rows = _rows_per_strip(source, grid)
    for first in range(0, grid.ny, rows):
        strip = values[first : first + rows]
        part = Grid(grid.x_min, grid.y_max - first * grid.cell_m, grid.cell_m, grid.nx, len(strip), grid.crs)
        _warp_strip(source, decoder, part, band, strip, average=average)
    return values


def _rows_per_strip(source: RasterFile, grid: Grid) -> int:
    try:
        _, _, height, width = source.window(_source_extent(source, grid))
    except BadInputError:  # nothing in common: one empty strip
        return grid.ny
    return max(1, int(grid.ny * _STRIP_CELLS / max(height * width, 1)))


def _source_extent(source: RasterFile, grid: Grid) -> tuple[float, float, float, float]:
    transformer = Transformer.from_crs(grid.crs, source.crs, always_xy=True)
    x_min, y_min, x_max, y_max = transformer.transform_bounds(*grid.extent, densify_pts=41)
    cell_x, cell_y = source.cell_size
    return (
        x_min - _MARGIN * cell_x,
        y_min - _MARGIN * cell_y,
        x_max + _MARGIN * cell_x,
        y_max + _MARGIN * cell_y,
    )


def _warp_strip(
    source: RasterFile, decoder: Decoder, part: Grid, band: int, target: np.ndarray, *, average: bool
) -> None:
    try:
        window = source.window(_source_extent(source, part))
    except BadInputError:
        return
    row, col, height, width = window
    source.check_size(height, width)
    left, _, _, top = source.extent
    cell_x, cell_y = source.cell_size
    reproject(
        source.read_window(window, decoder, band),
        target,
        src_transform=Affine(cell_x, 0, left + col * cell_x, 0, -cell_y, top - row * cell_y),
        src_crs=source.crs.to_wkt(),
        src_nodata=np.nan,
        dst_transform=Affine(part.cell_m, 0, part.x_min, 0, -part.cell_m, part.y_max),
        dst_crs=part.crs,
        dst_nodata=np.nan,
        **(_AVERAGE if average else _BILINEAR),
    )
