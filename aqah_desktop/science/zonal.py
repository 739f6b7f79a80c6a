"""A map summed up over polygons: parcels, communes, territories.

Mean: every touched cell weighted by its area inside the polygon (exactextract). Maximum: over the
cells whose **centre** is inside, as QGIS does; counting every touched cell would let a neighbour
grazed by a metre decide (differences of 1 µg/m³ were seen). A polygon too small to hold a centre takes
the value of the cell under a point of its inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import exactextract
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import NumPyRasterSource

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.science.exposure import values_at_points

Floats = npt.NDArray[np.float64]
Raster = npt.NDArray[np.floating]

#: Polygon–cell pairs tested at once for the maximum.
_PAIRS = 2_000_000


def polygon_statistics(values: Raster, grid: Grid, polygons: Sequence[Any]) -> pd.DataFrame:
    """Mean and maximum of a map in each polygon.

    Parameters
    ----------
    values : (ny, nx) float
        Map, NaN = no data; cells without data count in neither statistic.
    grid : Grid
        Its grid.
    polygons : sequence of shapely Polygon or MultiPolygon
        In the CRS of the grid. ``None`` and empty geometries give NaN.

    Returns
    -------
    DataFrame
        One row per polygon, in order: ``mean``, ``max`` (unit of the map, NaN without data),
        ``covered_share`` (share of the polygon's area where the map has data, 0 to 1) and ``centres``
        (cells with data whose centre is inside; 0 = the maximum comes from a point of the inside).

    Raises
    ------
    BadInputError
        The array does not have the shape of the grid, or a geometry has no area.
    """
    if np.shape(values) != (grid.ny, grid.nx):
        raise BadInputError("mapping.grid_shape", shape=list(np.shape(values)), expected=[grid.ny, grid.nx])
    shapes = np.array(list(polygons) or [], dtype=object)
    usable = np.array([g is not None and not g.is_empty for g in shapes], dtype=bool)
    if usable.any() and not np.isin(shapely.get_type_id(shapes[usable]), (3, 6)).all():
        raise BadInputError("mapping.not_polygons")
    table = pd.DataFrame(
        {"mean": np.nan, "max": np.nan, "covered_share": 0.0, "centres": 0}, index=range(len(shapes))
    )
    if usable.any():
        chosen = shapes[usable]
        table.loc[usable, ["mean", "covered_share"]] = _coverage_weighted(values, grid, chosen)
        highest, centres = _highest(values, grid, chosen)
        table.loc[usable, "max"], table.loc[usable, "centres"] = highest, centres
    return table


class _WkbFeature(Feature):  # type: ignore[misc]
    """A geometry and nothing else; exactextract asks for the rest."""

    def __init__(self, geometry: Any) -> None:
        super().__init__()
        self._wkb = shapely.to_wkb(geometry)

    def geometry(self) -> bytes:
        return bytes(self._wkb)

    def fields(self) -> list[str]:
        return []


class _WkbSource(FeatureSource):  # type: ignore[misc]
    """Polygons handed over as WKB, much cheaper than GeoJSON text."""

    def __init__(self, geometries: npt.NDArray[np.object_]) -> None:
        super().__init__()
        self._geometries = geometries

    def count(self) -> int:
        return len(self._geometries)

    def __iter__(self) -> Iterator[_WkbFeature]:
        return (_WkbFeature(geometry) for geometry in self._geometries)

    def srs_wkt(self) -> None:
        return None


def _coverage_weighted(values: Raster, grid: Grid, shapes: npt.NDArray[np.object_]) -> Floats:
    """``(n, 2)``: coverage-weighted mean and share of the area with data."""
    x_min, y_min, x_max, y_max = grid.extent
    source = NumPyRasterSource(values, x_min, y_min, x_max, y_max)
    found = exactextract.exact_extract(source, _WkbSource(shapes), ["mean", "count"], output="pandas")
    area = found["count"].to_numpy(dtype=float) * grid.cell_m**2
    mean = np.where(area > 0, found["mean"].to_numpy(dtype=float), np.nan)
    return np.column_stack([mean, np.clip(area / shapely.area(shapes), 0.0, 1.0)])


def _highest(
    values: Raster, grid: Grid, shapes: npt.NDArray[np.object_]
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Maximum over cells whose centre is inside, and how many there are."""
    shapely.prepare(shapes)
    bounds = shapely.bounds(shapes)
    first_column = np.ceil((bounds[:, 0] - grid.x_min) / grid.cell_m - 0.5).clip(0, grid.nx).astype(int)
    last_column = np.floor((bounds[:, 2] - grid.x_min) / grid.cell_m - 0.5).clip(-1, grid.nx - 1).astype(int)
    first_row = np.ceil((grid.y_max - bounds[:, 3]) / grid.cell_m - 0.5).clip(0, grid.ny).astype(int)
    last_row = np.floor((grid.y_max - bounds[:, 1]) / grid.cell_m - 0.5).clip(-1, grid.ny - 1).astype(int)
    width = np.maximum(last_column - first_column + 1, 0)
    pairs = width * np.maximum(last_row - first_row + 1, 0)
    highest, centres = np.full(len(shapes), -np.inf), np.zeros(len(shapes), dtype=np.intp)
    for group in _groups(pairs):
        which = np.repeat(group, pairs[group])
        order = np.arange(len(which)) - np.repeat(np.cumsum(pairs[group]) - pairs[group], pairs[group])
        row, column = first_row[which] + order // width[which], first_column[which] + order % width[which]
        value = np.asarray(values)[row, column]
        x = grid.x_min + (column + 0.5) * grid.cell_m
        y = grid.y_max - (row + 0.5) * grid.cell_m
        inside = np.isfinite(value) & shapely.contains_xy(shapes[which], x, y)
        np.maximum.at(highest, which[inside], value[inside].astype(np.float64))
        np.add.at(centres, which[inside], 1)
    return np.where(centres > 0, highest, _at_inner_point(values, grid, shapes)), centres


def _groups(pairs: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    """Consecutive polygons whose candidate cells together stay below the block size."""
    group = np.cumsum(pairs) // _PAIRS
    for number in np.unique(group):
        yield np.flatnonzero(group == number)


def _at_inner_point(values: Raster, grid: Grid, shapes: npt.NDArray[np.object_]) -> Floats:
    inner = shapely.point_on_surface(shapes)
    return values_at_points(values, grid, shapely.get_x(inner), shapely.get_y(inner))
