"""A raster as a screen needs it: the visible part, in EPSG:2154, no finer than the pixels.

Reading is bounded: a raster without reduced views (overviews) that is too large to be read whole in a
moment is sampled instead, coarsely, and the answer says so. :func:`make_overview` then reads it once, in
strips, for the views from afar.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.warp import reproject

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.storage.crs import WORK_CRS, extent_in_work_crs, transform_extent

if TYPE_CHECKING:
    from aqah_desktop.storage.rasters import PixelWindow, RasterFile

Extent = tuple[float, float, float, float]

#: Cells decoded for one view at the most (about a second of work).
MAX_DECODED = 120_000_000
#: Longest side of an overview made here, cells (36 MB at the most).
_OVERVIEW_SIDE = 3000
#: Cells decoded between two looks at whether anybody still waits.
_STRIP_CELLS = 25_000_000


@dataclass(frozen=True, eq=False)
class ScreenValues:
    """Values ``(ny, nx) float32`` (NaN = no data) on ``grid``; ``coarse`` when only sampled."""

    values: np.ndarray
    grid: Grid
    coarse: bool = False


@dataclass(frozen=True, eq=False)
class Overview:
    """A whole raster thinned: ``values (ny, nx) float32`` over ``extent``, both in its own system."""

    values: np.ndarray
    extent: Extent


def make_overview(
    raster: RasterFile,
    band: int = 1,
    dropped: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda _: None,
) -> Overview | None:
    """Read a whole raster once, a strip at a time, keeping every n-th cell.

    Parameters
    ----------
    raster : RasterFile
        Open raster.
    band : int
        From 1.
    dropped : callable
        Whether nobody waits any more: the answer is then ``None``.
    progress : callable
        Told how far it is, 0–1.

    Raises
    ------
    StorageError
        ``storage.raster_damaged``.
    """
    height, width = raster.dataset.shape
    step = max(1, math.ceil(max(height, width) / _OVERVIEW_SIDE))
    block = raster.dataset.block_shapes[band - 1][0]
    # Whole rows of blocks, so that none is decoded twice, and whole steps.
    rows = math.ceil(max(block, _STRIP_CELLS // width) / step) * step
    decoder = raster.decoder(band)
    strips = []
    for top in range(0, height, rows):
        if dropped():
            return None
        progress(top / height)
        part = min(rows, height - top)
        shape = (math.ceil(part / step), math.ceil(width / step))
        strips.append(raster.read_window((top, 0, part, width), decoder, band, shape))
    return Overview(np.concatenate(strips), raster.extent)


def read_screen(
    raster: RasterFile,
    extent: Extent,
    shape: tuple[int, int],
    band: int = 1,
    overview: Overview | None = None,
) -> ScreenValues | None:
    """Read what a view shows of a raster.

    Parameters
    ----------
    raster : RasterFile
        Open raster of any coordinate system.
    extent : tuple
        ``(x_min, y_min, x_max, y_max)`` of the view, EPSG:2154, m.
    shape : tuple
        ``(ny, nx)`` pixels of the view.
    band : int
        From 1.
    overview : Overview, optional
        Used where reading the file itself would take too long.

    Returns
    -------
    ScreenValues or None
        ``None`` when nothing of the raster is in the view.

    Raises
    ------
    BadInputError, StorageError
        As :meth:`RasterFile.read`.
    """
    own = transform_extent(extent, WORK_CRS, raster.crs_code)
    try:
        window = raster.window(own)
    except BadInputError:
        return None
    target = _target(raster, extent, shape)
    if target is None:
        return None
    decimated = (min(window[2], shape[0]), min(window[3], shape[1]))
    if decoded_cells(raster, window, decimated, band) > MAX_DECODED:
        if overview is not None:
            return ScreenValues(_moved(overview.values, overview.extent, raster, target), target)
        return _sampled(raster, target, band)
    if raster.crs_code == WORK_CRS and _has_square_cells(raster):
        values, grid = raster.read(extent_of(raster, window), shape, band)
        return ScreenValues(values, grid)
    return _reprojected(raster, window, decimated, target, band)


def _target(raster: RasterFile, extent: Extent, shape: tuple[int, int]) -> Grid | None:
    """Grid of the pixels of the view that the raster may cover."""
    whole = extent_in_work_crs(raster.extent, raster.crs_code) or extent
    part = (
        max(extent[0], whole[0]),
        max(extent[1], whole[1]),
        min(extent[2], whole[2]),
        min(extent[3], whole[3]),
    )
    if part[2] <= part[0] or part[3] <= part[1]:
        return None
    cell = max((extent[2] - extent[0]) / shape[1], (extent[3] - extent[1]) / shape[0])
    nx, ny = math.ceil((part[2] - part[0]) / cell), math.ceil((part[3] - part[1]) / cell)
    return Grid(part[0], part[3], cell, max(nx, 1), max(ny, 1))


def _reprojected(
    raster: RasterFile, window: PixelWindow, shape: tuple[int, int], target: Grid, band: int
) -> ScreenValues:
    values = raster.read_window(window, raster.decoder(band), band, shape)
    return ScreenValues(_moved(values, extent_of(raster, window), raster, target), target)


def _moved(values: np.ndarray, extent: Extent, raster: RasterFile, target: Grid) -> np.ndarray:
    """Bring values from the raster's own system onto a grid in EPSG:2154."""
    left, bottom, right, top = extent
    ny, nx = values.shape
    moved = np.full((target.ny, target.nx), np.nan, np.float32)
    reproject(
        values,
        moved,
        src_transform=Affine((right - left) / nx, 0, left, 0, (bottom - top) / ny, top),
        src_crs=raster.crs.to_wkt(),
        src_nodata=np.nan,
        dst_transform=Affine(target.cell_m, 0, target.x_min, 0, -target.cell_m, target.y_max),
        dst_crs=target.crs,
        dst_nodata=np.nan,
        # Classes and counts must not be mixed, and nothing says what the numbers are.
        resampling=Resampling.nearest,
    )
    return moved


def _sampled(raster: RasterFile, target: Grid, band: int) -> ScreenValues:
    """One cell per block that may be decoded."""
    height, width = raster.dataset.block_shapes[band - 1]
    blocks = max(4, MAX_DECODED // (height * width) // 2)
    across = max(1, min(target.nx, int(math.sqrt(blocks * target.nx / target.ny))))
    cell = target.cell_m * target.nx / across
    grid = Grid(target.x_min, target.y_max, cell, across, max(1, round(target.ny * target.cell_m / cell)))
    x = grid.x_min + (np.arange(grid.nx) + 0.5) * cell
    y = grid.y_max - (np.arange(grid.ny) + 0.5) * cell
    xx, yy = np.meshgrid(x, y)
    values = raster.sample(xx.ravel(), yy.ravel(), band).reshape(grid.ny, grid.nx)
    return ScreenValues(values, grid, coarse=True)


def extent_of(raster: RasterFile, window: PixelWindow) -> Extent:
    """Extent of a window, in the raster's own system."""
    row, col, height, width = window
    left, _, _, top = raster.extent
    cell_x, cell_y = raster.cell_size
    return (
        left + col * cell_x,
        top - (row + height) * cell_y,
        left + (col + width) * cell_x,
        top - row * cell_y,
    )


def _has_square_cells(raster: RasterFile) -> bool:
    width, height = raster.cell_size
    return abs(width - height) <= 1e-6 * width


def decoded_cells(raster: RasterFile, window: PixelWindow, shape: tuple[int, int], band: int) -> int:
    """Cells GDAL decodes for a window read at ``shape``, from the overview it will choose."""
    _, _, height, width = window
    step = min(height / max(shape[0], 1), width / max(shape[1], 1))
    level = max([1, *(o for o in raster.dataset.overviews(band) if o <= step * 1.2)])
    block_y, block_x = raster.dataset.block_shapes[band - 1]
    touched_y = min(math.ceil(height / level / block_y) + 1, shape[0])
    touched_x = min(math.ceil(width / level / block_x) + 1, shape[1])
    return int(touched_y * touched_x * block_y * block_x)


def whole_steps(length: int, step: int) -> list[tuple[int, int, int, int]]:
    """Split a side into whole steps and what is left: (start, length, first out cell, out cells)."""
    whole = length // step
    parts = [(0, whole * step, 0, whole)] if whole else []
    if length % step:
        parts.append((whole * step, length % step, whole, 1))
    return parts
