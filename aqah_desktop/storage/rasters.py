"""Reading GeoTIFF and other rasters by window, at screen resolution or at points.

Values leave this module as ``float32`` in the unit of the layer (stored value × scale + offset) with
NaN where there is no data. A raster larger than memory is read by window only. Negative values are
handed over as they are: whether they make sense is the caller's question.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.records import Grid
from aqah_desktop.storage import crs as crs_module
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.raster_points import sample_blocks
from aqah_desktop.storage.raster_writing import write_raster

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

__all__ = ["RasterFile", "open_raster", "write_raster"]

Extent = tuple[float, float, float, float]

#: Cells one read may return (6 GB): beyond it the caller must name a window or a coarser shape.
MAX_CELLS = 1_500_000_000
#: Cells of one stored block: a damaged header can announce an absurd one.
_MAX_BLOCK_CELLS = 500_000_000
#: Undeclared fill values of this size are never measurements.
_FILL_VALUE = 1e30


def open_raster(path: Path | str, *, assume_crs: str | None = None) -> RasterFile:
    """Open a raster for reading.

    Parameters
    ----------
    path : Path or str
        A local file in one of :data:`gdal_env.RASTER_DRIVERS`.
    assume_crs : str, optional
        Coordinate system to use when the file names none, e.g. ``"EPSG:2154"``.

    Raises
    ------
    StorageError
        Missing, unreadable, truncated, or naming a network address.
    BadInputError
        ``storage.raster_no_crs``, ``storage.raster_no_grid``, ``storage.raster_rotated``,
        ``storage.raster_complex``, ``storage.raster_no_band``, ``storage.bad_crs``.
    """
    gdal_env.harden()
    local = gdal_env.check_path(path)
    dataset = _open(local)
    try:
        return RasterFile(dataset, local, assume_crs)
    except BaseException:
        dataset.close()
        raise


def _open(path: Path) -> DatasetReader:
    try:
        return rasterio.open(path.absolute())
    except (RasterioError, ValueError, TypeError, OSError) as error:
        raise StorageError("storage.raster_unreadable", path=str(path), reason=str(error)) from error


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

    def __init__(self, dataset: DatasetReader, path: Path, assume_crs: str | None = None) -> None:
        self._dataset = dataset
        self._local = threading.local()
        self._companions: list[DatasetReader] = []
        self.path = path
        _check_usable(dataset, path)
        if dataset.crs is None and assume_crs is None:
            raise BadInputError("storage.raster_no_crs", path=str(path))
        wkt = assume_crs if dataset.crs is None else dataset.crs.to_wkt()
        self.crs = crs_module.usable_crs(wkt, path)
        self._crs_code = crs_module.crs_code(self.crs)
        self.bands: int = dataset.count

    def __enter__(self) -> RasterFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        for dataset in (self._dataset, *self._companions):
            dataset.close()

    # ------------------------------------------------------------------ what it is

    @property
    def grid(self) -> Grid:
        """Geometry of the raster, north up, in its own CRS.

        Raises
        ------
        BadInputError
            ``storage.raster_not_square``: width and height of a cell differ; such a raster can be
            sampled and reprojected but has no :class:`Grid`.
        """
        transform = self._dataset.transform
        width, height = transform.a, abs(transform.e)
        if abs(width - height) > 1e-6 * width:
            raise BadInputError("storage.raster_not_square", path=str(self.path), width=width, height=height)
        bounds = self._dataset.bounds
        return Grid(
            x_min=bounds.left,
            y_max=max(bounds.top, bounds.bottom),
            cell_m=width,
            nx=self._dataset.width,
            ny=self._dataset.height,
            crs=self._crs_code,
        )

    @property
    def extent(self) -> Extent:
        """``(x_min, y_min, x_max, y_max)`` in the raster's CRS."""
        left, bottom, right, top = self._dataset.bounds
        return (left, min(bottom, top), right, max(bottom, top))

    @property
    def nodata(self) -> float | None:
        """Stored value that means "no data" (band 1), ``None`` when not declared."""
        value = self._dataset.nodata
        return None if value is None else float(value)

    @property
    def scale(self) -> float:
        """Stored value × scale + offset = value (band 1)."""
        return float(self._dataset.scales[0])

    @property
    def offset(self) -> float:
        """Added after scaling (band 1)."""
        return float(self._dataset.offsets[0])

    @property
    def dtype(self) -> str:
        """Stored type of band 1, e.g. ``"uint16"``."""
        return str(self._dataset.dtypes[0])

    @property
    def tags(self) -> dict[str, str]:
        """Metadata of the file."""
        return dict(self._dataset.tags())

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
            ``storage.raster_outside``, ``storage.raster_too_large``, ``storage.raster_bad_band``.
        StorageError
            ``storage.raster_damaged``: truncated or corrupt blocks.
        """
        self._check_band(band)
        whole = self.grid
        row, col, height, width = self._window(whole, extent)
        step = 1
        if out_shape is not None:
            step = max(1, -(-height // max(out_shape[0], 1)), -(-width // max(out_shape[1], 1)))
        ny, nx = -(-height // step), -(-width // step)
        if ny * nx > MAX_CELLS:
            raise BadInputError("storage.raster_too_large", path=str(self.path), cells=ny * nx)
        values = np.empty((ny, nx), dtype="float32")
        for part_row, part_height, out_row, out_ny in _parts(height, step):
            for part_col, part_width, out_col, out_nx in _parts(width, step):
                window = (row + part_row, col + part_col, part_height, part_width)
                part = self._read_rows(window, (out_ny, out_nx), band)
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
        StorageError
            ``storage.raster_damaged``.
        """
        self._check_band(band)
        x, y = np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")
        x, y = crs_module.transform(x, y, crs_module.WORK_CRS, self._crs_code)
        transform = self._dataset.transform
        with np.errstate(invalid="ignore"):
            col = np.floor((x - transform.c) / transform.a)
            row = np.floor((y - transform.f) / transform.e)
            inside = (col >= 0) & (col < self._dataset.width) & (row >= 0) & (row < self._dataset.height)
        values = np.full(x.shape, np.nan, dtype="float32")
        values[inside] = sample_blocks(
            lambda *window: self._read_thread(window, band),
            row[inside].astype("int64"),
            col[inside].astype("int64"),
            self._dataset.block_shapes[band - 1],
            self._dataset.shape,
            workers=min(4, os.cpu_count() or 1),
        )
        return values

    def is_all_nodata(self, band: int = 1) -> bool:
        """Whether no cell holds a value; the coarsest overview answers when it can."""
        self._check_band(band)
        height, width = self._dataset.shape
        overviews = self._dataset.overviews(band)
        if overviews:
            shape = (-(-height // overviews[-1]), -(-width // overviews[-1]))
            if np.isfinite(self._read_pixels((0, 0, height, width), shape, band)).any():
                return False
        for _, window in self._dataset.block_windows(band):
            block = (window.row_off, window.col_off, window.height, window.width)
            if np.isfinite(self._read_pixels(block, (window.height, window.width), band)).any():
                return False
        return True

    # ------------------------------------------------------------------ inside

    def _check_band(self, band: int) -> None:
        if not 1 <= band <= self.bands:
            raise BadInputError("storage.raster_bad_band", path=str(self.path), band=band, bands=self.bands)

    def _window(self, grid: Grid, extent: Extent | None) -> tuple[int, int, int, int]:
        if extent is None:
            return 0, 0, grid.ny, grid.nx
        x_min, y_min, x_max, y_max = extent
        near = 1e-6  # an edge given to a micrometre of a cell is that edge
        first_col = max(0, int(np.floor((x_min - grid.x_min) / grid.cell_m + near)))
        first_row = max(0, int(np.floor((grid.y_max - y_max) / grid.cell_m + near)))
        last_col = min(grid.nx, int(np.ceil((x_max - grid.x_min) / grid.cell_m - near)))
        last_row = min(grid.ny, int(np.ceil((grid.y_max - y_min) / grid.cell_m - near)))
        if last_col <= first_col or last_row <= first_row:
            raise BadInputError("storage.raster_outside", path=str(self.path))
        return first_row, first_col, last_row - first_row, last_col - first_col

    def _read_rows(self, window: tuple[int, int, int, int], shape: tuple[int, int], band: int) -> np.ndarray:
        """Read with row 0 in the north, also when the file is stored south up."""
        if self._dataset.transform.e < 0:
            return self._read_pixels(window, shape, band)
        row, col, height, width = window
        stored = (self._dataset.height - row - height, col, height, width)
        return self._read_pixels(stored, shape, band)[::-1]

    def _read_thread(self, window: tuple[int, int, int, int], band: int) -> np.ndarray:
        """Read from a handle of the calling thread: GDAL handles are not shared."""
        dataset = getattr(self._local, "dataset", None)
        if dataset is None:
            dataset = self._local.dataset = _open(self.path)
            self._companions.append(dataset)
        return self._read_pixels(window, window[2:], band, dataset)

    def _read_pixels(
        self,
        window: tuple[int, int, int, int],
        shape: tuple[int, int],
        band: int,
        dataset: DatasetReader | None = None,
    ) -> np.ndarray:
        source = dataset or self._dataset
        row, col, height, width = window
        pixels = Window(col, row, width, height)
        try:
            raw = source.read(band, window=pixels, out_shape=shape)
            mask = None
            if MaskFlags.nodata not in source.mask_flag_enums[band - 1]:
                mask = _mask(source, band, pixels, shape)
        except (RasterioError, ValueError, MemoryError, OSError) as error:
            raise StorageError("storage.raster_damaged", path=str(self.path), reason=str(error)) from error
        return self._to_values(raw, mask, band)

    def _to_values(self, raw: np.ndarray, mask: np.ndarray | None, band: int) -> np.ndarray:
        nodata = self._dataset.nodatavals[band - 1]
        missing = _equals_nodata(raw, nodata)
        if mask is not None:
            missing = mask if missing is None else missing | mask
        values: np.ndarray = raw.astype("float32", copy=False)
        scale, offset = self._dataset.scales[band - 1], self._dataset.offsets[band - 1]
        if missing is None and raw.dtype.kind == "f" and not np.isfinite(values.sum()):
            missing = ~(np.abs(values) < _FILL_VALUE)
        elif raw.dtype.kind == "f":
            odd = ~(np.abs(values) < _FILL_VALUE)
            missing = odd if missing is None else missing | odd
        if (scale, offset) != (1.0, 0.0):
            values = (values * np.float32(scale) + np.float32(offset)).astype("float32", copy=False)
        if missing is not None:
            values[missing] = np.nan
        return values


def _parts(length: int, step: int) -> list[tuple[int, int, int, int]]:
    """Split a side into whole steps and what is left: (start, length, first out cell, out cells)."""
    whole = length // step
    parts = [(0, whole * step, 0, whole)] if whole else []
    if length % step:
        parts.append((whole * step, length % step, whole, 1))
    return parts


def _mask(source: DatasetReader, band: int, window: Window, shape: tuple[int, int]) -> np.ndarray | None:
    """True where a mask band, an alpha band or a sidecar says "no data"; ``None`` when all is valid."""
    if MaskFlags.all_valid in source.mask_flag_enums[band - 1]:
        return None
    masked: np.ndarray = source.read_masks(band, window=window, out_shape=shape) == 0
    return masked


def _equals_nodata(raw: np.ndarray, nodata: float | None) -> np.ndarray | None:
    if nodata is None or np.isnan(nodata):
        return None  # NaN is missing in any case
    if raw.dtype.kind in "iu":
        limits = np.iinfo(raw.dtype)
        if nodata != int(nodata) or not limits.min <= nodata <= limits.max:
            return None  # a value the type cannot hold
    with np.errstate(over="ignore"):
        matches: np.ndarray = raw == np.asarray(nodata).astype(raw.dtype)
    return matches


def _check_usable(dataset: DatasetReader, path: Path) -> None:
    if dataset.count < 1:
        names = [name.rsplit(":", 1)[-1].lstrip("/") for name in dataset.subdatasets]
        raise BadInputError("storage.raster_no_band", path=str(path), inside=names)
    if any("complex" in str(dtype) for dtype in dataset.dtypes):
        raise BadInputError("storage.raster_complex", path=str(path))
    transform = dataset.transform
    if transform.is_identity or dataset.gcps[0]:
        raise BadInputError("storage.raster_no_grid", path=str(path))
    if abs(transform.b) > 1e-9 * abs(transform.a) or abs(transform.d) > 1e-9 * abs(transform.e or 1.0):
        raise BadInputError("storage.raster_rotated", path=str(path))
    if not (np.isfinite(list(transform)).all() and transform.a > 0 and transform.e != 0):
        raise BadInputError("storage.raster_no_grid", path=str(path))
    if max(height * width for height, width in dataset.block_shapes) > _MAX_BLOCK_CELLS:
        raise BadInputError("storage.raster_too_large", path=str(path), cells=dataset.width * dataset.height)
