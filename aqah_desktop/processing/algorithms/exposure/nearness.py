"""What stands near parcels and farms: nearest site of each kind, number of each group within distances."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from aqah_desktop.processing.algorithms.exposure.ground import SiteGround
from aqah_desktop.science import proximity

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_GROUPS = {
    "ecole": "schools",
    "college": "schools",
    "lycee": "schools",
    "hospital": "care",
    "ehpad": "care",
    "social_centre": "social_centres",
    "house": "houses",
    "fictitious_school": "schools",
    "fictitious_house": "houses",
}
#: Group of the kinds only a user's file has.
_OTHER = "others"
KNOWN, UNKNOWN = "known", "sites_unknown"


def sites_near(
    sites: gpd.GeoDataFrame, shapes: Shapes, radii_m: tuple[float, ...], ground: SiteGround | None
) -> pd.DataFrame:
    """Nearest site, nearest of each kind, and number of each group within each radius.

    A number is missing where ground without known sites of that kind lies nearer than what was found:
    zero would say "none there". ``sites_status`` is then ``sites_unknown``; ``unknown_kinds`` lists them.

    Parameters
    ----------
    sites : GeoDataFrame
        ``site_id, kind, geometry``.
    shapes : (n,) geometry
        Parcels or farm points.
    radii_m : tuple of float
        Ascending, m.
    ground : SiteGround or None
        Where the sites are known; ``None`` takes them as complete.
    """
    points, kinds = np.asarray(sites.geometry), sites["kind"].to_numpy(dtype=object)
    index, distance = proximity.nearest(shapes, points)
    told = ~(distance > unknown_ground_m(sites, shapes, ground))
    ids = np.array([*sites["site_id"], None], dtype=object)  # position −1 is "none"
    columns: dict[str, Any] = {
        "nearest_site_m": np.where(told, distance, np.nan).round(1),
        "nearest_site_id": ids[np.where(told, index, -1)],
    }
    doubtful: dict[str, npt.NDArray[np.bool_]] = {}
    for kind in sorted(set(kinds)):
        _, distance = proximity.nearest(shapes, points[kinds == kind])
        limit = _kind_unknown_m(kind, shapes, ground)
        columns[f"nearest_{kind}_m"] = np.where(distance > limit, np.nan, distance).round(1)
        doubtful[kind] = ~(limit > radii_m[-1]) | ~(distance <= limit)
    columns |= _numbers_around(sites, shapes, radii_m, ground)
    columns |= _doubts(doubtful, shapes, ground)
    return pd.DataFrame(columns, index=range(len(shapes)))


def unknown_ground_m(sites: gpd.GeoDataFrame, shapes: Shapes, ground: SiteGround | None) -> Floats:
    """Distance to the nearest ground where any kind with positions is unknown, m; infinite without one."""
    if ground is None:
        return np.full(len(shapes), np.inf)
    wanted = tuple(kind for kind in sorted(set(sites["kind"])) if kind in ground.kinds)
    return ground.any_unknown_m(wanted, shapes)


def counts(positions: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_]) -> Any:
    """How often each position occurs; missing where told."""
    numbers = pd.array(np.bincount(positions, minlength=len(missing)), dtype="Int64")
    numbers[missing] = pd.NA
    return numbers


def _numbers_around(
    sites: gpd.GeoDataFrame, shapes: Shapes, radii_m: tuple[float, ...], ground: SiteGround | None
) -> dict[str, Any]:
    points, kinds = np.asarray(sites.geometry), sites["kind"].to_numpy(dtype=object)
    groups = np.array([_GROUPS.get(kind, _OTHER) for kind in kinds], dtype=object)
    point, shape, distance = proximity.pairs_within(points, shapes, radii_m[-1])
    columns = {}
    for group in sorted(set(groups)):
        members = groups == group
        limit = np.min([_kind_unknown_m(kind, shapes, ground) for kind in set(kinds[members])], axis=0)
        nothing_placed = bool(shapely.is_missing(points[members]).all())
        for radius_m in radii_m:
            chosen = shape[(distance <= radius_m) & members[point]]
            missing = shapely.is_missing(shapes) | nothing_placed | ~(limit > radius_m)
            columns[f"{group}_within_{radius_m:g}_m"] = counts(chosen, missing)
    return columns


def _kind_unknown_m(kind: str, shapes: Shapes, ground: SiteGround | None) -> Floats:
    return np.full(len(shapes), np.inf) if ground is None else ground.unknown_m(kind, shapes)


def _doubts(
    doubtful: dict[str, npt.NDArray[np.bool_]], shapes: Shapes, ground: SiteGround | None
) -> dict[str, Any]:
    """Whether the numbers of a row are whole, and for which kinds they are not."""
    if ground is None or not len(shapes):
        return {"sites_status": [KNOWN] * len(shapes), "unknown_kinds": [""] * len(shapes)}
    given = ~shapely.is_missing(shapes)
    names = [
        ",".join(kind for kind, rows in doubtful.items() if rows[row]) if given[row] else ""
        for row in range(len(shapes))
    ]
    return {"sites_status": [UNKNOWN if name else KNOWN for name in names], "unknown_kinds": names}
