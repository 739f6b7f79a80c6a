"""Polygons taken apart: their edges, and the runs of cells whose centres they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from aqah_desktop.records import Grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Edges:
    """Edges of ``k`` polygons, outlines anticlockwise and holes clockwise.

    Parameters
    ----------
    start, end : (e, 2) float64
        Coordinates, in the order of the polygons.
    first : (k + 1,) int64
        Edges ``first[i]:first[i + 1]`` are those of polygon ``i``.
    """

    start: Floats
    end: Floats
    first: Integers

    @property
    def owner(self) -> Integers:
        """Polygon of each edge, ``(e,)``."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


@dataclass(frozen=True)
class Runs:
    """Cells ``start:end`` of row ``row``, whose centres lie in polygon ``owner``; none is empty."""

    owner: Integers
    row: Integers
    start: Integers
    end: Integers


def edges_of(polygons: Geometries) -> Edges:
    """Return the edges of valid polygons and multipolygons."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    of_polygon = owner[part[ring[:-1][same]]]
    first = np.searchsorted(of_polygon, np.arange(len(polygons) + 1))
    return Edges(corners[:-1][same], corners[1:][same], first)


def runs_of(polygons: Geometries, grid: Grid) -> Runs:
    """Return the runs of cells whose centre lies in each polygon, by scan lines through the centres.

    A centre exactly on a border shared by two polygons belongs to one of them only.

    Parameters
    ----------
    polygons : (k,) Polygon or MultiPolygon
        Valid.
    grid : Grid
        Cells beyond it are left out.

    Returns
    -------
    Runs
        Sorted by polygon, then row, then column.
    """
    edges = edges_of(polygons)
    owner, row, column = _crossings(edges, grid)
    order = np.lexsort((column, owner * grid.ny + row))
    enter, leave = order[0::2], order[1::2]
    start = np.ceil(column[enter] - 0.5).clip(0, grid.nx).astype(np.int64)
    end = np.ceil(column[leave] - 0.5).clip(0, grid.nx).astype(np.int64)
    filled = end > start
    return Runs(owner[enter][filled], row[enter][filled], start[filled], end[filled])


def _crossings(edges: Edges, grid: Grid) -> tuple[Integers, Integers, Floats]:
    """Polygon, row and column (in cells) of every crossing of an edge with a line of cell centres.

    The upper end of an edge counts, the lower does not: each line is crossed an even number of times.
    """
    y_start = (grid.y_max - edges.start[:, 1]) / grid.cell_m - 0.5
    y_end = (grid.y_max - edges.end[:, 1]) / grid.cell_m - 0.5
    top, bottom = np.minimum(y_start, y_end), np.maximum(y_start, y_end)
    first = np.ceil(top).clip(0, grid.ny).astype(np.int64)
    count = np.maximum(np.ceil(bottom).clip(0, grid.ny).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    x_start = (edges.start[:, 0] - grid.x_min) / grid.cell_m
    slope = (edges.end[:, 0] - edges.start[:, 0]) / grid.cell_m
    share = (row - y_start[edge]) / (y_end - y_start)[edge]
    return edges.owner[edge], row, x_start[edge] + share * slope[edge]
