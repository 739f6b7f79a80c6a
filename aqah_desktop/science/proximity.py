"""How near places and areas are to each other: pairs, nearest, hectares within a distance.

Straight-line distances in the plane of EPSG:2154 (scale error below 1 in 1,000 in Hauts-de-France),
zero inside a polygon. Distances are exact, never read off a buffer, and the area of a polygon inside a
disc is its closed form. Missing geometries are near nothing.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from aqah_desktop.science.outlines import edges_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

Array = TypeVar("Array", bound=npt.NDArray[Any])

M2_PER_HA = 10_000.0
#: Segments per quarter of a drawn disc, needed only where discs overlap.
DISC_SEGMENTS = 64
#: Edge–disc combinations treated at once: some tens of MB.
_EDGES_AT_ONCE = 1_000_000
#: Below this many items a thread costs more than it brings.
_WORTH_A_THREAD = 5_000


def pairs_within(
    points: Geometries, others: Geometries, distance_m: float
) -> tuple[Integers, Integers, Floats]:
    """Every pair of a point and another geometry at most ``distance_m`` apart.

    Parameters
    ----------
    points : (n,) Point
        May hold missing ones.
    others : (k,) geometry
        Points or polygons; may hold missing ones.
    distance_m : float
        Largest distance, included.

    Returns
    -------
    point, other : (m,) int64
        Positions in the two arrays, sorted by point then other.
    distance : (m,) float64
        Distance of the pair, m.
    """
    # Candidates from rectangles, then true distances, which are wanted anyway: twice as fast as the
    # tree's own distance predicate followed by the distances.
    bounds = shapely.bounds(others) + np.array([-1.0, -1.0, 1.0, 1.0]) * distance_m
    reach = np.where(np.isnan(bounds[:, 0]), None, shapely.box(*np.nan_to_num(bounds).T))
    tree = shapely.STRtree(reach)

    def search(part: slice) -> Floats:
        point, other = tree.query(points[part])
        distance = shapely.distance(points[part][point], others[other])
        near = distance <= distance_m
        return np.column_stack([point[near] + part.start, other[near], distance[near]])

    found = _in_threads(search, len(points))
    point, other = found[:, 0].astype(np.int64), found[:, 1].astype(np.int64)
    order = np.lexsort((other, point))
    return point[order], other[order], found[order, 2]


def nearest(sources: Geometries, targets: Geometries) -> tuple[Integers, Floats]:
    """Position and distance (m) of the target nearest to each source; −1 and NaN when there is none.

    The first of equally near targets is taken.

    Parameters
    ----------
    sources, targets : (n,), (k,) geometry
        Points or polygons; may hold missing ones.
    """
    position, metres = np.full(len(sources), -1, dtype=np.int64), np.full(len(sources), np.nan)
    given = np.flatnonzero(~(shapely.is_missing(sources) | shapely.is_empty(sources)))
    corners = shapely.get_coordinates(targets)
    if not len(corners) or not len(given):
        return position, metres
    # A corner of a target is never nearer than the target: its distance bounds the search.
    coordinates, owner = shapely.get_coordinates(sources[given], return_index=True)
    bound, _ = cKDTree(corners).query(coordinates[np.unique(owner, return_index=True)[1]], workers=-1)
    tree = shapely.STRtree(targets)

    def search(part: slice) -> npt.NDArray[np.int64]:
        found = tree.query(
            sources[given[part]], predicate="dwithin", distance=bound[part] * (1 + 1e-9) + 1e-6
        )
        return np.asarray(found + np.array([[part.start], [0]])).T

    source, target = _in_threads(search, len(given)).T
    distance = shapely.distance(sources[given[source]], targets[target])
    order = np.lexsort((target, distance, source))
    first = order[np.unique(source[order], return_index=True)[1]]
    position[given[source[first]]], metres[given[source[first]]] = target[first], distance[first]
    return position, metres


def hectares_around_points(points: Geometries, polygons: Geometries, distance_m: float) -> Floats:
    """Hectares of polygons at most ``distance_m`` from each point.

    Polygons are taken as not overlapping (declared parcels do not); an overlap counts twice.

    Returns
    -------
    (n,) float64
        ha, 0 when no polygon is near.
    """
    point, polygon, _ = pairs_within(points, polygons, distance_m)
    areas = disc_overlap_m2(points, polygons, point, polygon, distance_m)
    total: Floats = np.bincount(point, weights=areas, minlength=len(points)) / M2_PER_HA
    return total


def hectares_near_points(points: Geometries, polygons: Geometries, distance_m: float) -> Floats:
    """Hectares of each polygon at most ``distance_m`` from at least one point.

    Where discs overlap the shared area counts once; it is then measured with the drawn discs of
    :func:`discs`, elsewhere it is exact.

    Parameters
    ----------
    points : (n,) Point
        May hold missing ones.
    polygons : (k,) Polygon or MultiPolygon
        Valid; may hold missing ones.
    distance_m : float
        Above 0.

    Returns
    -------
    (k,) float64
        ha, 0 when no point is near.
    """
    point, polygon, _ = pairs_within(points, polygons, distance_m)
    order = np.argsort(polygon, kind="stable")
    point, polygon = point[order], polygon[order]
    areas = disc_overlap_m2(points, polygons, point, polygon, distance_m)
    square_m = np.bincount(polygon, weights=areas, minlength=len(polygons))
    touched, starts, counts = np.unique(polygon, return_index=True, return_counts=True)
    for at, start, count in zip(touched[counts > 1], starts[counts > 1], counts[counts > 1], strict=True):
        run = points[point[start : start + count]]
        if _crowded(run, distance_m):
            around = shapely.union_all(discs(run, distance_m))
            square_m[at] = shapely.area(shapely.intersection(polygons[at], around))
    hectares: Floats = square_m / M2_PER_HA
    return hectares


def disc_overlap_m2(
    points: Geometries, polygons: Geometries, point: Integers, polygon: Integers, radius_m: float
) -> Floats:
    """Area of a polygon inside a disc, in closed form, for each pair of positions.

    The sum over the polygon's edges of the signed area that the triangle (centre, start, end of the
    edge) shares with the disc: ``½ r²·∠`` where the edge runs outside the disc, ``½ a×b`` where it
    runs inside (Green's theorem; holes turn the other way round and subtract themselves).

    Parameters
    ----------
    points, polygons : (n,) Point, (k,) Polygon or MultiPolygon
        Valid geometries.
    point, polygon : (m,) int64
        Positions of the pairs.
    radius_m : float
        Above 0.

    Returns
    -------
    (m,) float64
        m².
    """
    areas = np.zeros(len(point))
    used, rank = np.unique(polygon, return_inverse=True)
    edges = edges_of(polygons[used])
    n_edges = np.diff(edges.first)[rank]
    centres = shapely.get_coordinates(points[point])
    for part in _blocks(n_edges):
        pair = np.repeat(np.arange(part.start, part.stop), n_edges[part])
        within = np.arange(len(pair)) - np.repeat(np.cumsum(n_edges[part]) - n_edges[part], n_edges[part])
        edge = edges.first[rank[pair]] + within
        shares = _edge_shares(edges.start[edge] - centres[pair], edges.end[edge] - centres[pair], radius_m)
        areas[part] = np.bincount(pair - part.start, weights=shares, minlength=part.stop - part.start)
    return np.maximum(areas, 0.0)


def discs(points: Geometries, radius_m: float) -> Geometries:
    """Polygons of 256 sides with exactly the area of a disc, one per point.

    Their edge stays within 1 / 10,000 of the radius of the circle (1.5 cm at 150 m): the
    circumscribed radius is that of the regular n-gon of the same area, ``r·√((2π/n) / sin(2π/n))``.
    """
    turn = 2 * np.pi / (4 * DISC_SEGMENTS)
    scale = np.sqrt(turn / np.sin(turn))
    drawn: Geometries = shapely.buffer(points, radius_m * scale, quad_segs=DISC_SEGMENTS)
    return drawn


def _edge_shares(a: Floats, b: Floats, radius: float) -> Floats:
    """Signed area each triangle (0, a, b) shares with the disc around 0; ``a``, ``b`` are ``(m, 2)``."""
    along = b - a
    square = np.einsum("ij,ij->i", along, along)
    middle = np.einsum("ij,ij->i", a, along)
    reach = middle**2 - square * (np.einsum("ij,ij->i", a, a) - radius**2)
    crosses = (reach > 0) & (square > 0)
    root = np.sqrt(np.where(crosses, reach, 0.0))
    length = np.where(crosses, square, 1.0)
    enters = np.where(crosses, np.clip((-middle - root) / length, 0.0, 1.0), 0.0)[:, None]
    leaves = np.where(crosses, np.clip((-middle + root) / length, 0.0, 1.0), 0.0)[:, None]
    inside_from, inside_to = a + enters * along, a + leaves * along
    sector = _angle(a, inside_from) + _angle(inside_to, b)
    return 0.5 * (radius**2 * sector + _cross(inside_from, inside_to))


def _cross(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _angle(a: Floats, b: Floats) -> Floats:
    angle: Floats = np.arctan2(_cross(a, b), np.einsum("ij,ij->i", a, b))
    return angle


def _blocks(n_edges: Integers) -> list[slice]:
    """Consecutive pairs whose edges together stay about ``_EDGES_AT_ONCE``."""
    block = np.cumsum(n_edges) // _EDGES_AT_ONCE
    ends = np.append(np.flatnonzero(np.diff(block)) + 1, len(n_edges))
    starts = np.concatenate(([0], ends[:-1]))
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if b > a]


def _crowded(points: Geometries, distance_m: float) -> bool:
    """Whether the discs around any two of these points overlap."""
    return bool(cKDTree(shapely.get_coordinates(points)).query_pairs(2 * distance_m))


def _in_threads(work: Callable[[slice], Array], n: int) -> Array:
    """Concatenate ``work`` over slices of ``n`` items; shapely lets other threads run meanwhile."""
    threads = min(4, os.cpu_count() or 1, max(1, n // _WORTH_A_THREAD))
    ends = np.linspace(0, n, threads + 1).astype(int)
    parts = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
    if threads == 1:
        return work(parts[0])
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(work, parts)))  # type: ignore[return-value]
