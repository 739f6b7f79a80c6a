"""Reading GeoTIFF and other rasters by window, at screen resolution or at points.

Values leave this module as ``float32`` in the unit of the layer (stored value × scale + offset) with
NaN where there is no data. A raster larger than memory is read by window only. Negative values are
handed over as they are: whether they make sense is the caller's question.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from rasterio.windows import Window

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.records import Grid
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.crs import WORK_CRS, crs_code, transform_points, usable_crs
from aqah_desktop.storage.raster_opening import MAX_CELLS, READ_ERRORS, check_usable, open_dataset
from aqah_desktop.storage.raster_points import sample_blocks
from aqah_desktop.storage.raster_screen import whole_steps
from aqah_desktop.storage.raster_values import Decoder
from aqah_desktop.storage.raster_writing import write_raster

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

__all__ = ["RasterFile", "open_raster", "write_raster"]

Extent = tuple[float, float, float, float]
#: ``(row, col, height, width)`` in pixels as stored.
PixelWindow = tuple[int, int, int, int]

_MAX_WORKERS = 4


def open_raster(
    path: Path | str, *, assume_crs: str | None = None, force_crs: bool = False, inside: str = ""
) -> RasterFile:
    """Open a raster for reading.

    Parameters
    ----------
    path : Path or str
        A local file in one of :data:`gdal_env.RASTER_DRIVERS`.
    assume_crs : str, optional
        Coordinate system to use when the file names none, e.g. ``"EPSG:2154"``.
    force_crs : bool
        Use ``assume_crs`` also when the file names another one, which is wrong.
    inside : str
        Which raster of a file that holds several (variable, table).

    Raises
    ------
    StorageError
        Missing, unreadable, truncated, or naming a network address.
    BadInputError
        ``storage.raster_no_crs``, ``storage.raster_no_grid``, ``storage.raster_rotated``,
        ``storage.raster_complex``, ``storage.raster_no_band``, ``storage.bad_crs``,
        ``storage.raster_not_inside``.
    """
    gdal_env.harden()
    local = gdal_env.check_path(path)
    dataset = open_dataset(local, inside)
    try:
        return RasterFile(dataset, local, assume_crs, force_crs=force_crs, inside=inside)
    except BaseException:
        dataset.close()
        raise


class RasterFile:
    """An open raster; close it, or use it in a ``with`` block. Not shared between threads.

    Attributes
    ----------
    path : Path
        The file.
    crs : pyproj.CRS
        Its coordinate system.
    bands : int
        Number of bands.
    """

    def __init__(
        self,
        dataset: DatasetReader,
        path: Path,
        assume_crs: str | None = None,
        *,
        force_crs: bool = False,
        inside: str = "",
    ) -> None:
        self.dataset, self._inside = dataset, inside
        #: More handles of the same file: GDAL handles are not shared between threads.
        self._idle: list[DatasetReader] = []
        self.path = path
        check_usable(dataset, path)
        declared = None if dataset.crs is None or (force_crs and assume_crs) else dataset.crs.to_wkt()
        if declared is None and assume_crs is None:
            raise BadInputError("storage.raster_no_crs", path=str(path))
        self.crs = usable_crs(declared or assume_crs, path)
        self.crs_code = crs_code(self.crs)
        self.bands: int = dataset.count

    def __enter__(self) -> RasterFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        for dataset in (self.dataset, *self._idle):
            dataset.close()

    # ------------------------------------------------------------------ what it is

    @property
    def grid(self) -> Grid:
        """Geometry of the raster, north up, in its own CRS.

        Raises
        ------
        BadInputError
            ``storage.raster_not_square``: width and height of a cell differ; such a raster can be
            sampled and brought onto another grid but has no :class:`Grid`.
        """
        width, height = self.cell_size
        if abs(width - height) > 1e-6 * width:
            raise BadInputError("storage.raster_not_square", path=str(self.path), width=width, height=height)
        x_min, _, _, y_max = self.extent
        return Grid(x_min, y_max, width, self.dataset.width, self.dataset.height, self.crs_code)

    @property
    def cell_size(self) -> tuple[float, float]:
        """Width and height of a cell, in the raster's CRS."""
        return float(self.dataset.transform.a), abs(float(self.dataset.transform.e))

    @property
    def extent(self) -> Extent:
        """``(x_min, y_min, x_max, y_max)`` in the raster's CRS."""
        left, bottom, right, top = self.dataset.bounds
        return (left, min(bottom, top), right, max(bottom, top))

    @property
    def nodata(self) -> float | None:
        """Stored value that means "no data" (band 1), ``None`` when not declared."""
        value = self.dataset.nodata
        return None if value is None else float(value)

    @property
    def scale(self) -> float:
        """Stored value × scale + offset = value (band 1)."""
        return float(self.dataset.scales[0])

    @property
    def offset(self) -> float:
        """Added after scaling (band 1)."""
        return float(self.dataset.offsets[0])

    @property
    def dtype(self) -> str:
        """Stored type of band 1, e.g. ``"uint16"``."""
        return str(self.dataset.dtypes[0])

    @property
    def tags(self) -> dict[str, str]:
        """Metadata of the file."""
        return dict(self.dataset.tags())

    # ------------------------------------------------------------------ values

    def read(
        self, extent: Extent | None = None, out_shape: tuple[int, int] | None = None, band: int = 1
    ) -> tuple[np.ndarray, Grid]:
        """Read a window, from the overview that suits ``out_shape``.

        Parameters
        ----------
        extent : tuple, optional
            ``(x_min, y_min, x_max, y_max)`` in the raster's CRS; the whole raster by default. It is
            widened to whole cells and cut at the raster's edge.
        out_shape : tuple, optional
            Largest ``(ny, nx)`` wanted: a whole number of cells becomes one, so that cells stay
            square, and never more cells than the raster has. By default every cell of the window.
        band : int
            From 1.

        Returns
        -------
        values : ndarray
            ``(ny, nx) float32``, NaN = no data.
        grid : Grid
            Where they are; with ``out_shape`` the last row and column may reach beyond the window.

        Raises
        ------
        BadInputError
            ``storage.raster_outside``, ``storage.raster_too_large``, ``storage.raster_bad_band``,
            ``storage.raster_not_square``.
        StorageError
            ``storage.raster_damaged``: truncated or corrupt blocks.
        """
        decoder = self.decoder(band)
        whole = self.grid
        row, col, height, width = self.window(extent)
        step = 1
        if out_shape is not None:
            step = max(1, -(-height // max(out_shape[0], 1)), -(-width // max(out_shape[1], 1)))
        ny, nx = -(-height // step), -(-width // step)
        self.check_size(ny, nx)
        values = np.empty((ny, nx), dtype="float32")
        for part_row, part_height, out_row, out_ny in whole_steps(height, step):
            for part_col, part_width, out_col, out_nx in whole_steps(width, step):
                window = (row + part_row, col + part_col, part_height, part_width)
                part = self.read_window(window, decoder, band, (out_ny, out_nx))
                values[out_row : out_row + out_ny, out_col : out_col + out_nx] = part
        cell = whole.cell_m
        grid = Grid(whole.x_min + col * cell, whole.y_max - row * cell, cell * step, nx, ny, whole.crs)
        return values, grid

    def sample(self, x: np.ndarray, y: np.ndarray, band: int = 1) -> np.ndarray:
        """Return the value of the cell under each point.

        Parameters
        ----------
        x, y : ndarray
            ``(n,)`` coordinates in EPSG:2154, m; NaN allowed.
        band : int
            From 1.

        Returns
        -------
        ndarray
            ``(n,) float32``, NaN outside the raster and on cells without data.

        Raises
        ------
        BadInputError, StorageError
            ``storage.raster_bad_band``; ``storage.raster_damaged``.
        """
        decoder = self.decoder(band)
        x, y = np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")
        x, y = transform_points(x, y, WORK_CRS, self.crs_code)
        transform = self.dataset.transform
        col, row = (x - transform.c) / transform.a, (y - transform.f) / transform.e
        inside = (col >= 0) & (col < self.dataset.width) & (row >= 0) & (row < self.dataset.height)
        position = (row[inside].astype("int64"), col[inside].astype("int64"))
        stored = self._sample_stored(position, band, decoder.dtype)
        mask = self._sample_stored(position, band, "uint8", mask=True) if decoder.needs_mask else None
        values = np.full(x.shape, np.nan, dtype="float32")
        values[inside] = decoder.values(stored, mask)
        return values

    def read_on(self, grid: Grid, band: int = 1, *, average: bool = False) -> np.ndarray:
        """Bring the raster onto another grid, also of another coordinate system.

        Parameters
        ----------
        grid : Grid
            Target.
        band : int
            From 1.
        average : bool
            Mean of the cells each target cell covers (for a coarser target); bilinear otherwise.

        Returns
        -------
        ndarray
            ``(ny, nx) float32``, NaN = no data.

        Raises
        ------
        BadInputError, StorageError
            As :meth:`read`.
        """
        from aqah_desktop.storage.raster_warping import warp

        return warp(self, self.decoder(band), grid, band, average=average)

    def is_all_nodata(self, band: int = 1) -> bool:
        """Whether no cell holds a value; the coarsest overview answers when it can."""
        decoder = self.decoder(band)
        height, width = self.dataset.shape
        overviews = self.dataset.overviews(band)
        if overviews:
            shape = (-(-height // overviews[-1]), -(-width // overviews[-1]))
            if np.isfinite(self._read_stored((0, 0, height, width), decoder, band, shape)).any():
                return False
        for _, block in self.dataset.block_windows(band):
            window = (block.row_off, block.col_off, block.height, block.width)
            if np.isfinite(self._read_stored(window, decoder, band)).any():
                return False
        return True

    def check_has_values(self, band: int = 1) -> None:
        """Refuse a raster without a single value.

        Raises
        ------
        BadInputError
            ``storage.raster_all_nodata``.
        """
        if self.is_all_nodata(band):
            raise BadInputError("storage.raster_all_nodata", path=str(self.path))

    # ------------------------------------------------------------------ for this room

    def window(self, extent: Extent | None) -> PixelWindow:
        """Return the pixels meeting ``extent``, row 0 in the north; all of them without extent."""
        height, width = self.dataset.shape
        if extent is None:
            return 0, 0, height, width
        x_min, y_min, x_max, y_max = extent
        left, _, _, top = self.extent
        cell_x, cell_y = self.cell_size
        near = 1e-6  # an edge given to a millionth of a cell is that edge
        first_col = max(0, int(np.floor((x_min - left) / cell_x + near)))
        first_row = max(0, int(np.floor((top - y_max) / cell_y + near)))
        last_col = min(width, int(np.ceil((x_max - left) / cell_x - near)))
        last_row = min(height, int(np.ceil((top - y_min) / cell_y - near)))
        if last_col <= first_col or last_row <= first_row:
            raise BadInputError("storage.raster_outside", path=str(self.path))
        return first_row, first_col, last_row - first_row, last_col - first_col

    def read_window(
        self, window: PixelWindow, decoder: Decoder, band: int, shape: tuple[int, int] | None = None
    ) -> np.ndarray:
        """Read pixels with row 0 in the north, also when the file is stored south up."""
        if self.dataset.transform.e < 0:
            return self._read_stored(window, decoder, band, shape)
        row, col, height, width = window
        stored = (self.dataset.height - row - height, col, height, width)
        return self._read_stored(stored, decoder, band, shape)[::-1]

    def check_size(self, ny: int, nx: int) -> None:
        """Refuse a result that does not fit in memory."""
        if ny * nx > MAX_CELLS:
            raise BadInputError("storage.raster_too_large", path=str(self.path), cells=ny * nx)

    def decoder(self, band: int) -> Decoder:
        """What turns stored numbers of a band into values; refuses a band that is not there."""
        if not 1 <= band <= self.bands:
            raise BadInputError("storage.raster_bad_band", path=str(self.path), band=band, bands=self.bands)
        return Decoder(self.dataset, band)

    def _sample_stored(
        self, position: tuple[np.ndarray, np.ndarray], band: int, dtype: str, *, mask: bool = False
    ) -> np.ndarray:
        def read(row: int, col: int, height: int, width: int) -> np.ndarray:
            with self._handle() as source, self._damage_told():
                pixels = Window(col, row, width, height)
                found: np.ndarray = (
                    source.read_masks(band, window=pixels) if mask else source.read(band, window=pixels)
                )
                return found

        blocks = self.dataset.block_shapes[band - 1]
        workers = min(_MAX_WORKERS, os.cpu_count() or 1)
        return sample_blocks(read, position, blocks, self.dataset.shape, dtype=dtype, workers=workers)

    def _read_stored(
        self, window: PixelWindow, decoder: Decoder, band: int, shape: tuple[int, int] | None = None
    ) -> np.ndarray:
        row, col, height, width = window
        pixels = Window(col, row, width, height)
        shape = shape or (height, width)
        with self._damage_told():
            stored = self.dataset.read(band, window=pixels, out_shape=shape)
            mask = None
            if decoder.needs_mask:
                mask = self.dataset.read_masks(band, window=pixels, out_shape=shape)
        return decoder.values(stored, mask)

    @contextlib.contextmanager
    def _handle(self) -> Iterator[DatasetReader]:
        """Lend a handle to the calling thread; lists are popped and grown atomically."""
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = open_dataset(self.path, self._inside)
        try:
            yield handle
        finally:
            self._idle.append(handle)

    @contextlib.contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except READ_ERRORS as error:
            raise StorageError("storage.raster_damaged", path=str(self.path), reason=str(error)) from error
