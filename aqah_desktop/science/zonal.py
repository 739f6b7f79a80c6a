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
from aqah_desktop.science.outlines import runs_of

Floats = npt.NDArray[np.float64]
Raster = npt.NDArray[np.floating]


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
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Maximum over cells whose centre is inside, and how many there are with data."""
    highest, centres = np.full(len(shapes), -np.inf), np.zeros(len(shapes), dtype=np.int64)
    runs = runs_of(shapes, grid)
    if len(runs.row):
        # Neighbouring runs one after the other: what lies between two of them is read too.
        order = np.argsort(runs.row * grid.nx + runs.start)
        owner, row = runs.owner[order], runs.row[order] * grid.nx
        bounds = np.column_stack([row + runs.start[order], row + runs.end[order]]).ravel()
        flat = np.asarray(values).ravel()
        if bounds.max() == flat.size:  # a run up to the very last cell needs one more to end before
            flat = np.append(flat, np.nan)
        np.fmax.at(highest, owner, np.fmax.reduceat(flat, bounds)[::2])
        known = np.add.reduceat(np.isfinite(flat), bounds, dtype=np.int64)[::2]
        np.add.at(centres, owner, known)
    return np.where(centres > 0, highest, _at_inner_point(values, grid, shapes)), centres


def _at_inner_point(values: Raster, grid: Grid, shapes: npt.NDArray[np.object_]) -> Floats:
    inner = shapely.point_on_surface(shapes)
    return values_at_points(values, grid, shapely.get_x(inner), shapely.get_y(inner))
