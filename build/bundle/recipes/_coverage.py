"""From outlines that nearly fit together to a coverage: no gap, no overlap, shared edges identical."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

#: Gaps narrower than this are closed when the coverage is cleaned.
SLIVER_M = 5.0
#: Coordinates are kept to 0.1 m: outlines are simplified to about 100 m.
DECIMALS = 1


def fill_holes(
    outlines: np.ndarray, takers: list[int], least_m2: float
) -> tuple[np.ndarray, dict[int, float]]:
    """Give each hole of the coverage to the one taker that touches it.

    Parameters
    ----------
    outlines : ndarray of Polygon
        The coverage.
    takers : list of int
        Positions of the outlines known to be incomplete.
    least_m2 : float
        Holes smaller than this are left to :func:`clean`.

    Returns
    -------
    ndarray, dict
        New outlines, and the area given to each taker, m².
    """
    filled, given = outlines.copy(), {}
    for hole in holes_of(outlines):
        if hole.area < least_m2:
            continue
        touching = [i for i in takers if shapely.distance(hole, outlines[i]) < 1.0]
        if len(touching) == 1:
            filled[touching[0]] = shapely.union(filled[touching[0]], hole)
            given[touching[0]] = float(hole.area)
    return filled, given


def clean(outlines: np.ndarray) -> np.ndarray:
    """Coverage without slivers or overlaps, coordinates rounded, as MultiPolygon, ring order normalised."""
    cleaned = shapely.coverage_clean(outlines, gap_width=SLIVER_M)
    rounded = shapely.transform(cleaned, lambda xy: np.round(xy, DECIMALS))
    return as_multi(shapely.normalize(rounded))


def dissolve(outlines: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    """Union of the outlines of each group, exact because edges are shared."""
    return {
        str(group): as_multi(
            np.array([shapely.normalize(shapely.coverage_union_all(outlines[groups == group]))])
        )[0]
        for group in np.unique(groups)
    }


def holes_of(outlines: np.ndarray) -> list[Any]:
    """Holes of the union, largest first."""
    parts = shapely.get_parts(shapely.union_all(outlines))
    holes = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    return sorted(holes, key=lambda hole: -hole.area)


def as_multi(outlines: np.ndarray) -> np.ndarray:
    """Every geometry as MultiPolygon: one type per layer."""
    return np.array([g if g.geom_type == "MultiPolygon" else shapely.MultiPolygon([g]) for g in outlines])


def faults(outlines: np.ndarray) -> dict[str, Any]:
    """What is wrong with a coverage, in figures: invalid outlines, holes, overlap, unmatched edges."""
    holes = holes_of(outlines)
    union_m2 = float(shapely.union_all(outlines).area)
    return {
        "invalid": int((~shapely.is_valid(outlines)).sum()),
        "holes": len(holes),
        "gap_m2": round(sum(hole.area for hole in holes), 1),
        "overlap_m2": round(float(shapely.area(outlines).sum()) - union_m2, 1),
        "unmatched_edges_m": round(float(shapely.length(shapely.coverage_invalid_edges(outlines)).sum()), 1),
    }
