"""From what a raster stores to values: scale, offset, and every way to say "no data"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import MaskFlags

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

#: Undeclared fill values of this size are never measurements.
_FILL_VALUE = np.float32(1e30)


class Decoder:
    """How one band of a raster is turned into float32 values with NaN.

    Parameters
    ----------
    dataset : DatasetReader
        Open raster; nothing of it is kept but plain values.
    band : int
        From 1.
    """

    def __init__(self, dataset: DatasetReader, band: int) -> None:
        self.dtype = str(dataset.dtypes[band - 1])
        self._scale = float(dataset.scales[band - 1])
        self._offset = float(dataset.offsets[band - 1])
        self._nodata = _stored_nodata(dataset.nodatavals[band - 1], self.dtype)
        flags = dataset.mask_flag_enums[band - 1]
        #: Whether a mask band, an alpha band or a sidecar must be read as well.
        self.needs_mask = MaskFlags.nodata not in flags and MaskFlags.all_valid not in flags

    def values(self, stored: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """Return ``stored`` as float32, NaN = no data.

        Parameters
        ----------
        stored : ndarray
            What the file holds.
        mask : ndarray, optional
            0 where the mask band says "no data".
        """
        missing = None if mask is None else mask == 0
        if self._nodata is not None:
            missing = _either(missing, stored == self._nodata)
        with np.errstate(over="ignore"):  # fill values of float64 become infinite, hence missing
            values: np.ndarray = stored.astype("float32")  # a copy: the stored array stays as it is
        if stored.dtype.kind == "f":
            with np.errstate(invalid="ignore"):
                missing = _either(missing, ~(np.abs(values) < _FILL_VALUE))
        if (self._scale, self._offset) != (1.0, 0.0):
            values = values * np.float32(self._scale) + np.float32(self._offset)
        if missing is not None:
            values[missing] = np.nan
        return values


def _either(one: np.ndarray | None, other: np.ndarray) -> np.ndarray:
    return other if one is None else one | other


def _stored_nodata(nodata: float | None, dtype: str) -> np.generic | None:
    """The declared "no data" in the stored type; ``None`` when the type cannot hold it, or NaN."""
    if nodata is None or not np.isfinite(nodata):
        return None
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        if nodata != int(nodata) or not limits.min <= nodata <= limits.max:
            return None
        nodata = int(nodata)
    with np.errstate(over="ignore"):
        stored: np.generic = kind.type(nodata)
    return stored
