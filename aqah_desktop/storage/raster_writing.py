"""Writing cloud-optimised GeoTIFF, the same bytes for the same values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.atomic import atomic_path, write_failure
from aqah_desktop.storage.raster_opening import GDAL_ERRORS

#: "No data" of rasters stored as scaled uint16.
NODATA_UINT16 = 65535
_OVERVIEW_FROM = 512


def write_raster(
    path: Path,
    values: np.ndarray,
    grid: Grid,
    *,
    scale: float | None = None,
    nodata: float | None = None,
    tags: Mapping[str, str] | None = None,
    overviews: bool = True,
) -> None:
    """Write a one-band cloud-optimised GeoTIFF, atomically.

    Parameters
    ----------
    path : Path
        Target, ``.tif``.
    values : ndarray
        ``(ny, nx)``, NaN = no data.
    grid : Grid
        Where they are.
    scale : float, optional
        Store ``round(value / scale)`` as uint16 (``0.01`` for concentrations in µg/m³), no data
        65535. By default float32.
    nodata : float, optional
        Stored "no data" of a float32 raster; NaN by default.
    tags : mapping, optional
        Texts kept in the file, e.g. ``{"AQAH_PROVENANCE": "<json>", "UNIT": "µg/m³"}``.
    overviews : bool
        Add coarser copies when a side is longer than 512 cells.

    Raises
    ------
    BadInputError
        ``storage.raster_shape``: values do not fit the grid; ``storage.raster_scale``: a value does
        not fit in uint16 at this scale.
    StorageError
        As :func:`aqah_desktop.storage.atomic.atomic_path`.
    """
    gdal_env.harden()
    path = Path(path)
    if values.shape != (grid.ny, grid.nx):
        raise BadInputError(
            "storage.raster_shape", values=list(values.shape), grid=[grid.ny, grid.nx], path=str(path)
        )
    stored, fill = _stored(values, scale, nodata, path)
    profile = {
        "driver": "COG",
        "width": grid.nx,
        "height": grid.ny,
        "count": 1,
        "dtype": stored.dtype.name,
        "crs": grid.crs,
        "transform": Affine(grid.cell_m, 0, grid.x_min, 0, -grid.cell_m, grid.y_max),
        "nodata": fill,
        "compress": "DEFLATE",
        "level": 9,
        "predictor": "YES",
        "blocksize": 256,
        "overviews": "AUTO" if overviews and max(values.shape) > _OVERVIEW_FROM else "NONE",
        "overview_resampling": "AVERAGE",
    }
    with atomic_path(path) as temporary:
        try:
            with rasterio.open(temporary, "w", **profile) as target:
                target.write(stored, 1)
                if scale is not None:
                    target.scales = (scale,)
                target.update_tags(**(tags or {}))
        except (*GDAL_ERRORS, ValueError) as error:
            raise write_failure(error, path) from error


def _stored(
    values: np.ndarray, scale: float | None, nodata: float | None, path: Path
) -> tuple[np.ndarray, float]:
    missing = ~np.isfinite(values)
    if scale is None:
        fill = np.nan if nodata is None else nodata
        return np.where(missing, np.float32(fill), values).astype("float32"), fill
    whole = np.rint(np.where(missing, 0.0, values).astype("float64") / scale)
    if whole.size and (whole.min() < 0 or whole.max() >= NODATA_UINT16):
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        raise BadInputError("storage.raster_scale", path=str(path), low=low, high=high, scale=scale)
    whole[missing] = NODATA_UINT16
    return whole.astype("uint16"), NODATA_UINT16
