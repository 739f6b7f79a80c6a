"""Values of a grid at the pixels of a picture: nearest cell, or bilinear within the footprint of the data."""

from __future__ import annotations

import numpy as np

from aqah_desktop.records import Grid

Extent = tuple[float, float, float, float]

#: Rows of the picture computed at once: what is in between then stays in the cache of the processor.
_BLOCK = 32


def resample(
    values: np.ndarray, grid: Grid, extent: Extent, shape: tuple[int, int], smooth: bool
) -> np.ndarray:
    """Values at the pixel centres of a picture.

    Parameters
    ----------
    values : ndarray (ny, nx) float32
        NaN = no data.
    grid : Grid
        Grid of ``values``.
    extent : tuple of float
        Extent of the picture in the grid's CRS, m.
    shape : tuple of int
        Rows and columns of the picture.
    smooth : bool
        Bilinear between cell centres; where a neighbour has no data its weight goes to the others. The
        footprint of the data is kept: a pixel whose own cell is empty stays empty.

    Returns
    -------
    ndarray of float32, ``shape``
    """
    x0, y0, x1, y1 = extent
    columns = (x0 + (np.arange(shape[1]) + 0.5) * (x1 - x0) / shape[1] - grid.x_min) / grid.cell_m
    rows = (grid.y_max - (y1 - (np.arange(shape[0]) + 0.5) * (y1 - y0) / shape[0])) / grid.cell_m
    picture = np.full(shape, np.nan, np.float32)
    # The picture's rows and columns that lie on the grid: nothing else can have a value.
    top, bottom = np.searchsorted(rows, (0, values.shape[0]))
    left, right = np.searchsorted(columns, (0, values.shape[1]))
    if bottom > top and right > left:
        fill = _Bilinear if smooth else _Nearest
        fill(values, columns[left:right]).put(picture[top:bottom, left:right], rows[top:bottom])
    return picture


class _Nearest:
    """Values of the cells that hold the pixels."""

    def __init__(self, values: np.ndarray, columns: np.ndarray) -> None:
        self._values, self._columns = values, np.floor(columns).astype(np.intp)

    def put(self, picture: np.ndarray, rows: np.ndarray) -> None:
        """Write the values of the rows."""
        cells = np.floor(rows).astype(np.intp)
        for at in range(0, len(rows), _BLOCK):
            block = slice(at, at + _BLOCK)
            picture[block] = self._values[cells[block]].take(self._columns, axis=1)


class _Bilinear:
    """Means of the four cells around the pixels, weighted by nearness, empty ones left out.

    Separable: rows are mixed at the width of the grid, then columns at the width of the picture.
    """

    def __init__(self, values: np.ndarray, columns: np.ndarray) -> None:
        nx = values.shape[1]
        # Only the columns of the grid that count; the first and last cell are their own neighbours.
        first = max(int(columns[0] - 0.5), 0)
        last = min(int(columns[-1] + 0.5) + 1, nx)
        self._values = values[:, first:last]
        self._own = np.floor(columns).astype(np.intp) - first
        self._columns, self._share = _mixed(columns - first, last - first)

    def put(self, picture: np.ndarray, rows: np.ndarray) -> None:
        """Write the values of the rows."""
        for at in range(0, len(rows), _BLOCK):
            block = slice(at, at + _BLOCK)
            self._put_block(picture[block], rows[block])

    def _put_block(self, picture: np.ndarray, rows: np.ndarray) -> None:
        first = max(int(rows[0] - 0.5), 0)
        last = min(int(rows[-1] + 0.5) + 1, self._values.shape[0])
        cells = self._values[first:last]
        upper, share = _mixed(rows - first, last - first)
        empty = np.isnan(cells)
        if not empty.any():
            picture[...] = self._mix(cells, upper, share)
            return
        weights = self._mix((~empty).astype(np.float32), upper, share)
        total = self._mix(np.where(empty, np.float32(0), cells), upper, share)
        own_empty = empty[np.floor(rows).astype(np.intp) - first].take(self._own, axis=1)
        weights[own_empty] = np.nan
        np.divide(total, weights, out=picture)

    def _mix(self, cells: np.ndarray, upper: np.ndarray, share: np.ndarray) -> np.ndarray:
        lower = np.minimum(upper + 1, len(cells) - 1)
        narrow = cells[upper]
        narrow += (cells[lower] - narrow) * share[:, None]
        step = np.empty_like(narrow)
        np.subtract(narrow[:, 1:], narrow[:, :-1], out=step[:, :-1])
        step[:, -1] = 0.0
        wide: np.ndarray = step.take(self._columns, axis=1)
        wide *= self._share
        wide += narrow.take(self._columns, axis=1)
        return wide


def _mixed(positions: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Index of the cell before each position (in cells), and the share of the one after it."""
    centres = np.clip(positions - 0.5, 0, count - 1)
    index = centres.astype(np.intp)
    return index, (centres - index).astype(np.float32)
