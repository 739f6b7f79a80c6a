"""Emissions on a grid: a total spread by weights, and changes composed on what remains.

Units: t/yr per cell. Totals are conserved to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import exactextract
import numpy as np
import shapely
from exactextract.raster import NumPyRasterSource

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid

#: Smaller pieces (m²) of an overlay are slivers of rounding: left out.
_SLIVER_M2 = 1.0


def spread_total(total_t_per_year: float, weights: np.ndarray) -> np.ndarray:
    """Spread a total over cells in proportion to non-negative weights.

    Parameters
    ----------
    total_t_per_year : float
        Not negative.
    weights : (ny, nx)
        Proxy (residents, traffic…); NaN counts as none.

    Returns
    -------
    (ny, nx) float64, t/yr per cell
        Sums to the total within 1e-9 of it.

    Raises
    ------
    BadInputError
        The total or a weight is negative or infinite, or every weight is nil.
    """
    share = np.nan_to_num(np.asarray(weights, dtype=float), nan=0.0, posinf=np.inf)
    if not (np.isfinite(total_t_per_year) and total_t_per_year >= 0):
        raise BadInputError("simulation.unusable_emissions")
    if not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        raise BadInputError("simulation.unusable_weights")
    return np.asarray(share * (total_t_per_year / share.sum()))


def coverage_fraction(geometry: shapely.Geometry, grid: Grid) -> np.ndarray:
    """Share of each cell inside a geometry, ``(ny, nx)`` float64 from 0 to 1.

    Raises
    ------
    BadInputError
        The geometry is empty, not valid, or not made of polygons.
    """
    if geometry.is_empty or not geometry.is_valid or geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise BadInputError("simulation.place_polygon")
    covered = np.zeros(grid.ny * grid.nx)
    [(cells, shares)] = cell_shares([geometry], grid)
    covered[cells] = shares
    return covered.reshape(grid.ny, grid.nx)


def cell_shares(geometries: Sequence[shapely.Geometry], grid: Grid) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cells each polygon touches and the share of each cell inside it.

    Returns
    -------
    list of (indices, shares)
        Indices into the raveled ``(ny, nx)`` grid, int; shares from 0 to 1; both empty off the grid.
    """
    x_min, y_min, x_max, y_max = grid.extent
    # A raster that occupies nothing: only where its cells are is read.
    blank = np.broadcast_to(np.uint8(0), (grid.ny, grid.nx))
    raster = NumPyRasterSource(blank, x_min, y_min, x_max, y_max)
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(geometry)}
        for geometry in geometries
    ]
    answers = exactextract.exact_extract(raster, features, ["cell_id", "coverage"])
    return [
        (np.asarray(a["properties"]["cell_id"], dtype=np.intp), np.asarray(a["properties"]["coverage"]))
        for a in answers
    ]


def overlay(places: Mapping[int, shapely.Geometry]) -> list[tuple[shapely.Geometry, frozenset[int]]]:
    """Cut places that may overlap into disjoint pieces, each with the places that cover it."""
    pieces: list[tuple[shapely.Geometry, frozenset[int]]] = []
    for key, place in places.items():
        rest = place
        cut: list[tuple[shapely.Geometry, frozenset[int]]] = []
        for piece, keys in pieces:
            cut += [(piece.intersection(place), keys | {key}), (piece.difference(place), keys)]
            rest = rest.difference(piece)
        pieces = [(_polygons(g), k) for g, k in [*cut, (rest, frozenset({key}))] if g.area > _SLIVER_M2]
    return pieces


def remaining_fraction(
    pieces: list[tuple[np.ndarray, frozenset[int]]], factors: Mapping[int, float], shape: tuple[int, int]
) -> np.ndarray:
    """Fraction of the base emission left in each cell, ``(ny, nx)``, at least 0.

    Changes over the same ground multiply on what remains (-30 % twice is -51 %), changes over
    different ground add, whatever their order.

    Parameters
    ----------
    pieces : list of ((ny, nx), keys)
        Cell shares of disjoint pieces and the changes that apply there.
    factors : mapping
        Change → relative change; capped at -1.
    """
    left = np.ones(shape)
    for covered, keys in pieces:
        kept = np.prod([1 + max(factors[key], -1.0) for key in sorted(keys)])
        left -= covered * (1 - kept)
    return np.maximum(left, 0.0)


def _polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """Drop the points and lines an overlay leaves where borders touch."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    return shapely.union_all([part for part in shapely.get_parts(geometry) if part.area > 0])
