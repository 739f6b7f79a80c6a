"""Who breathes what: a map read at points, within a radius, and weighted by people.

Arrays are ``(ny, nx)`` on a north-up :class:`~aqah_desktop.records.Grid`, row 0 the northernmost, NaN
where the map says nothing. Nothing is invented there: the answer is NaN and the caller lists it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid

Floats = npt.NDArray[np.float64]
Raster = npt.NDArray[np.floating]

#: Points treated at once in :func:`mean_within_radius`: bounds memory to some tens of MB.
_BLOCK = 2_048


@dataclass(frozen=True)
class DiscMean:
    """Mean within a radius of each point.

    Parameters
    ----------
    mean : (n,) float64
        Area-weighted mean of the cells with data, NaN where ``covered_share`` is too low.
    covered_share : (n,) float64
        Share of the disc's area where the map has data, 0 to 1.
    """

    mean: Floats
    covered_share: Floats


def cell_indices(
    grid: Grid, x_m: npt.ArrayLike, y_m: npt.ArrayLike
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Row and column of the cell holding each point, and whether it is on the grid.

    A point on a cell's west or north edge belongs to that cell. Points that are NaN or off the grid
    get row and column 0 and ``False``.
    """
    with np.errstate(invalid="ignore"):
        column = np.floor((np.asarray(x_m, dtype=np.float64) - grid.x_min) / grid.cell_m)
        row = np.floor((grid.y_max - np.asarray(y_m, dtype=np.float64)) / grid.cell_m)
        inside = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    return np.where(inside, row, 0).astype(np.intp), np.where(inside, column, 0).astype(np.intp), inside


def values_at_points(values: Raster, grid: Grid, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Floats:
    """Value of the cell holding each point, ``(n,)`` float64, NaN off the grid or without data.

    Raises
    ------
    BadInputError
        The array does not have the shape of the grid.
    """
    _check_shape(values, grid)
    row, column, inside = cell_indices(grid, x_m, y_m)
    return np.where(inside, np.asarray(values)[row, column].astype(np.float64), np.nan)


def mean_within_radius(
    values: Raster,
    grid: Grid,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    radius_m: float,
    *,
    minimum_share: float = 0.5,
) -> DiscMean:
    """Mean over the disc around each point, each cell weighted by its area inside the disc.

    The areas are exact (circle–rectangle intersection), so a point in a corner of its cell leans
    towards its neighbours. Cells without data are left out of the mean.

    Parameters
    ----------
    values : (ny, nx) float
        Map, NaN = no data.
    grid : Grid
        Its grid.
    x_m, y_m : (n,) float
        Points, in the CRS of the grid.
    radius_m : float
        At least the cell size: below it the map resolves nothing.
    minimum_share : float
        Share of the disc that must have data, else NaN.

    Raises
    ------
    BadInputError
        Radius below the cell size, or an array that does not have the shape of the grid.
    """
    _check_shape(values, grid)
    if not radius_m >= grid.cell_m:
        raise BadInputError("mapping.radius_below_cell", radius_m=radius_m, cell_m=grid.cell_m)
    reach = int(np.ceil(radius_m / grid.cell_m))
    column_m = (np.asarray(x_m, dtype=np.float64) - grid.x_min) / grid.cell_m
    row_m = (grid.y_max - np.asarray(y_m, dtype=np.float64)) / grid.cell_m
    row, column, inside = cell_indices(grid, x_m, y_m)
    total, area = np.zeros(len(row)), np.zeros(len(row))
    for start in range(0, len(row), _BLOCK):
        part = slice(start, start + _BLOCK)
        place = column_m[part] - column[part], row_m[part] - row[part]
        weights = _disc_weights(*place, radius_m / grid.cell_m, reach)
        window = _windows(np.asarray(values), row[part], column[part], reach)
        known = np.isfinite(window)
        total[part] = np.einsum("nij,nij->n", weights, np.where(known, window, 0.0))
        area[part] = np.einsum("nij,nij->n", weights, known)
    share = np.where(inside, area / (np.pi * (radius_m / grid.cell_m) ** 2), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(inside & (share >= minimum_share), total / area, np.nan)
    return DiscMean(mean, np.minimum(share, 1.0))


def population_weighted_mean(values: Raster, residents: Raster) -> tuple[float, float]:
    """Mean over residents where the map has data, and the share of residents it covers.

    Parameters
    ----------
    values, residents : same shape
        Concentrations (NaN = no data) and residents (≥ 0; NaN = nobody).

    Returns
    -------
    mean, covered_share : float
        ``(nan, 0.0)`` when nobody lives where the map has data.
    """
    people = np.nan_to_num(np.asarray(residents, dtype=np.float64), nan=0.0)
    known = np.isfinite(values)
    everyone, covered = float(people.sum()), float(people[known].sum())
    if covered == 0:
        return float("nan"), 0.0
    return float(
        np.sum(np.asarray(values, dtype=np.float64)[known] * people[known])
    ) / covered, covered / everyone


def people_above(values: Raster, residents: Raster, threshold: float) -> tuple[float, float]:
    """Residents where the map exceeds a value, and residents where it has no data (not counted)."""
    people = np.nan_to_num(np.asarray(residents, dtype=np.float64), nan=0.0)
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        above = known & (np.asarray(values) > threshold)
    return float(people[above].sum()), float(people[~known].sum())


def rank_descending(values: npt.ArrayLike) -> pd.Series:
    """Rank from the highest value, 1 first; equal values share the best rank (1, 2, 2, 4).

    Returns
    -------
    Series of Int64
        Missing where the value is NaN.
    """
    series = pd.Series(np.asarray(values, dtype=np.float64))
    return series.rank(method="min", ascending=False).astype("Int64")


def _disc_weights(column: Floats, row: Floats, radius: float, reach: int) -> Floats:
    """``(n, 2·reach+1, 2·reach+1)`` cell areas inside the disc; all lengths in cells.

    ``column``, ``row`` (n,) are the place of the centre inside its own cell, 0 to 1.
    """
    edges = np.arange(-reach, reach + 2, dtype=np.float64)
    a = np.clip(edges - column[:, None], -radius, radius)[:, :, None]
    b = np.clip(edges - row[:, None], -radius, radius)[:, None, :]
    half = np.sqrt(radius**2 - b**2)
    G_a, G_half = _primitive(a, radius), _primitive(half, radius)
    G_whole = np.pi * radius**2 / 4
    # ∫ min(|b|, s) dx from −r to a, with s = √(r² − x²): two caps around a rectangle.
    left = np.where(a < -half, G_a, -G_half) + G_whole
    right = np.where(a > half, G_a - G_half, 0.0)
    band = left + np.abs(b) * (np.clip(a, -half, half) + half) + right
    quadrant = G_a + G_whole + np.sign(b) * band
    return np.maximum(np.diff(np.diff(quadrant, axis=1), axis=2), 0.0).transpose(0, 2, 1)


def _primitive(x: Floats, radius: float) -> Floats:
    """Primitive of ``√(r² − x²)``, zero at 0."""
    return np.asarray((x * np.sqrt(radius**2 - x**2) + radius**2 * np.arcsin(x / radius)) / 2)


def _windows(
    values: Raster, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp], reach: int
) -> npt.NDArray[np.float64]:
    """``(n, 2·reach+1, 2·reach+1)`` cells around each cell, NaN beyond the edge of the array."""
    offsets = np.arange(-reach, reach + 1)
    rows, columns = row[:, None] + offsets, column[:, None] + offsets
    off_rows = (rows < 0) | (rows >= values.shape[0])
    off_columns = (columns < 0) | (columns >= values.shape[1])
    rows[off_rows], columns[off_columns] = 0, 0
    window = np.asarray(values[rows[:, :, None], columns[:, None, :]], dtype=np.float64)
    window[off_rows[:, :, None] | off_columns[:, None, :]] = np.nan
    return window


def _check_shape(values: Raster, grid: Grid) -> None:
    if np.shape(values) != (grid.ny, grid.nx):
        raise BadInputError("mapping.grid_shape", shape=list(np.shape(values)), expected=[grid.ny, grid.nx])
