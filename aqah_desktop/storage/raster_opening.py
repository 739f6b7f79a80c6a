"""Opening a raster dataset and refusing those that cannot be placed on a map."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from aqah_desktop.errors import BadInputError, StorageError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

#: Cells one read may return (2 GB): beyond it the caller must name a window or a coarser shape.
MAX_CELLS = 500_000_000
#: Everything rasterio lets through: its own errors, GDAL's, and those of Python.
GDAL_ERRORS = (RasterioError, CPLE_BaseError)
READ_ERRORS = (*GDAL_ERRORS, ValueError, MemoryError, OSError)


def open_dataset(path: Path, inside: str = "") -> DatasetReader:
    """Open an existing local file, or the raster named ``inside`` it, with the formats of :mod:`gdal_env`."""
    try:
        with warnings.catch_warnings():
            # A raster without position is refused with words of our own.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path.absolute())
            if not inside:
                return dataset
            with dataset:
                names = {_short_name(name): name for name in dataset.subdatasets}
            if inside not in names:
                raise BadInputError("storage.raster_not_inside", path=str(path), name=inside)
            return rasterio.open(names[inside])
    except BadInputError:
        raise
    except (*READ_ERRORS, TypeError) as error:
        raise StorageError("storage.raster_unreadable", path=str(path), reason=str(error)) from error


def rasters_inside(dataset: DatasetReader) -> list[str]:
    """Names of the rasters of a file that holds several (variables, tables)."""
    return [_short_name(name) for name in dataset.subdatasets]


def _short_name(name: str) -> str:
    return name.rsplit(":", 1)[-1].lstrip("/")


def check_usable(dataset: DatasetReader, path: Path) -> None:
    """Refuse a raster without band, position or real numbers, or whose header is absurd."""
    if dataset.count < 1:
        if names := rasters_inside(dataset):
            raise BadInputError("storage.raster_several", path=str(path), inside=names)
        raise BadInputError("storage.raster_no_band", path=str(path))
    if any("complex" in str(dtype) for dtype in dataset.dtypes):
        raise BadInputError("storage.raster_complex", path=str(path))
    transform = dataset.transform
    if transform.is_identity or dataset.gcps[0] or not np.isfinite(list(transform)).all():
        raise BadInputError("storage.raster_no_grid", path=str(path))
    if abs(transform.b) > 1e-9 * abs(transform.a) or abs(transform.d) > 1e-9 * abs(transform.e):
        raise BadInputError("storage.raster_rotated", path=str(path))
    if transform.a <= 0 or transform.e == 0:
        raise BadInputError("storage.raster_no_grid", path=str(path))
    # A damaged header can announce absurd blocks, which would be read whole.
    largest = max(height * width for height, width in dataset.block_shapes)
    if largest > MAX_CELLS:
        raise BadInputError("storage.raster_too_large", path=str(path), cells=largest)
