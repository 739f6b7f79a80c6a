"""Rasters that are pictures (plans, aerial photographs, map tiles), as a screen shows them.

A picture has no values: it is read as colours, at the resolution of the screen, brought to EPSG:2154.
MBTiles, GeoPackage tiles, GeoTIFF and mosaics of local files (VRT) alike.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage.crs import WORK_CRS, extent_in_work_crs, transform_extent
from aqah_desktop.storage.mosaics import is_mosaic, tiles_of
from aqah_desktop.storage.raster_opening import READ_ERRORS
from aqah_desktop.storage.raster_screen import MAX_DECODED, decoded_cells
from aqah_desktop.storage.rasters import open_raster

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

    from aqah_desktop.storage.rasters import RasterFile

Extent = tuple[float, float, float, float]

_COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)

_lock = threading.Lock()
#: Extent of each tile of a mosaic (EPSG:2154, m), by path and system forced upon it.
_extents: dict[tuple[Path, int, str], Extent | None] = {}


@dataclass(frozen=True)
class Opening:
    """How a raster file of the user is opened; see :func:`aqah_desktop.storage.rasters.open_raster`."""

    path: Path
    assume_crs: str | None = None
    force_crs: bool = False
    inside: str = ""

    def open(self) -> RasterFile:
        """Open the file."""
        return open_raster(
            self.path, assume_crs=self.assume_crs, force_crs=self.force_crs, inside=self.inside
        )


@dataclass(frozen=True, eq=False)
class Picture:
    """``(ny, nx, 4) uint8`` red, green, blue, opacity; ``None`` when nothing is in the view.

    ``too_far`` when it has no reduced views and showing it from so far would take too long.
    """

    colours: np.ndarray | None = None
    too_far: bool = False


def can_be_picture(dataset: DatasetReader) -> bool:
    """Whether a raster can be shown as a picture: bytes in one band (grey) or in three or more."""
    return all(str(dtype) == "uint8" for dtype in dataset.dtypes) and dataset.count != 2


def is_picture(dataset: DatasetReader) -> bool:
    """Whether a raster holds colours rather than values: bytes in three or four bands, or a palette."""
    if not can_be_picture(dataset):
        return False
    kinds = dataset.colorinterp
    if kinds[0] is ColorInterp.palette:
        return True
    return dataset.count in (3, 4) and kinds[:3] == _COLOURS


def read_picture(opening: Opening, extent: Extent, shape: tuple[int, int]) -> Picture:
    """Read what a view shows of a picture or of a mosaic of pictures.

    Parameters
    ----------
    opening : Opening
        The file; for a mosaic, what holds for each of its files.
    extent : tuple
        ``(x_min, y_min, x_max, y_max)`` of the view, EPSG:2154, m.
    shape : tuple
        ``(ny, nx)`` pixels of the view.

    Raises
    ------
    BadInputError, StorageError
        As :func:`aqah_desktop.storage.rasters.open_raster`; ``storage.raster_damaged``.
    """
    if not is_mosaic(opening.path):
        return _one(opening, extent, shape)
    colours = np.zeros((*shape, 4), np.uint8)
    for tile in tiles_of(opening.path):
        place = _tile_place(opening, tile, extent, shape)
        if place is None:
            continue
        row, col, height, width, part = place
        found = _one(Opening(tile, opening.assume_crs, opening.force_crs), part, (height, width))
        if found.too_far:
            return found
        if found.colours is not None:
            target = colours[row : row + height, col : col + width]
            covered = found.colours[..., 3] > 0
            target[covered] = found.colours[covered]
    return Picture(colours if colours[..., 3].any() else None)


def extent_of_picture(opening: Opening) -> Extent | None:
    """Extent of a picture or mosaic in EPSG:2154, m; ``None`` where it has no place there."""
    if not is_mosaic(opening.path):
        with opening.open() as raster:
            return extent_in_work_crs(raster.extent, raster.crs_code)
    extents = [e for tile in tiles_of(opening.path) if (e := _tile_extent(opening, tile)) is not None]
    if not extents:
        return None
    lower = (min(e[0] for e in extents), min(e[1] for e in extents))
    return (*lower, max(e[2] for e in extents), max(e[3] for e in extents))


def _tile_extent(opening: Opening, tile: Path) -> Extent | None:
    key = (tile, tile.stat().st_mtime_ns, f"{opening.assume_crs}{opening.force_crs}")
    with _lock:
        if key in _extents:
            return _extents[key]
    found = extent_of_picture(Opening(tile, opening.assume_crs, opening.force_crs))
    with _lock:
        _extents[key] = found
    return found


def _tile_place(
    opening: Opening, tile: Path, extent: Extent, shape: tuple[int, int]
) -> tuple[int, int, int, int, Extent] | None:
    """Pixels of the view a tile may cover: row, column, height, width, and their extent."""
    own = _tile_extent(opening, tile)
    if own is None:
        return None
    cell_x, cell_y = (extent[2] - extent[0]) / shape[1], (extent[3] - extent[1]) / shape[0]
    col0 = max(0, math.floor((own[0] - extent[0]) / cell_x))
    col1 = min(shape[1], math.ceil((own[2] - extent[0]) / cell_x))
    row0 = max(0, math.floor((extent[3] - own[3]) / cell_y))
    row1 = min(shape[0], math.ceil((extent[3] - own[1]) / cell_y))
    if col1 <= col0 or row1 <= row0:
        return None
    part = (
        extent[0] + col0 * cell_x,
        extent[3] - row1 * cell_y,
        extent[0] + col1 * cell_x,
        extent[3] - row0 * cell_y,
    )
    return row0, col0, row1 - row0, col1 - col0, part


def _one(opening: Opening, extent: Extent, shape: tuple[int, int]) -> Picture:
    with opening.open() as raster:
        try:
            window = raster.window(transform_extent(extent, WORK_CRS, raster.crs_code))
        except BadInputError:
            return Picture()
        if decoded_cells(raster, window, shape, 1) > MAX_DECODED:
            return Picture(too_far=True)
        colours = raster.dataset.colorinterp
        options = {
            "src_crs": raster.crs.to_wkt(),
            "crs": WORK_CRS,
            "transform": from_bounds(*extent, shape[1], shape[0]),
            "height": shape[0],
            "width": shape[1],
            # The numbers of a palette must not be mixed.
            "resampling": Resampling.nearest if colours[0] is ColorInterp.palette else Resampling.bilinear,
            "add_alpha": ColorInterp.alpha not in colours,
        }
        try:
            with WarpedVRT(raster.dataset, **options) as view:
                return Picture(_coloured(raster.dataset, view.read()))
        except READ_ERRORS as error:
            raise StorageError("storage.raster_damaged", path=str(opening.path), reason=str(error)) from error


def _coloured(dataset: DatasetReader, bands: np.ndarray) -> np.ndarray | None:
    alpha = bands[-1]
    if not alpha.any():
        return None
    picture = np.empty((*alpha.shape, 4), np.uint8)
    if dataset.colorinterp[0] is ColorInterp.palette:
        table = np.zeros((256, 4), np.uint8)
        for index, colour in dataset.colormap(1).items():
            table[index & 255] = colour
        picture[:] = table[bands[0]]
        picture[alpha == 0, 3] = 0
    else:
        grey = len(bands) < 4
        picture[..., :3] = np.moveaxis(bands[[0, 0, 0] if grey else [0, 1, 2]], 0, -1)
        picture[..., 3] = alpha
    return picture
