"""Making the geometries of a file usable: valid, two-dimensional, empty ones told apart."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.errors

_AREA_TYPES = (3, 6)
_LINE_TYPES = (1, 5)
_COLLECTION = 7
#: No place on Earth has a larger coordinate in EPSG:2154.
_LARGEST_M = 1e9


def clean_geometries(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the frame with valid 2-D geometries, and what was done.

    Returns
    -------
    frame : GeoDataFrame
        Geometry ``None`` where it was missing, empty, not finite or beyond repair.
    counts : dict
        ``repaired``, ``without_geometry`` (int), ``repaired_rows`` (their positions) and
        ``geometry_types`` (sorted names; two or more that are not the single and multiple form of
        one mean a mixed layer, ``mixed``).
    """
    geometries = shapely.force_2d(frame.geometry.to_numpy())
    usable = _are_real(geometries) & ~shapely.is_empty(geometries)
    geometries = np.array(np.where(usable, geometries, None), dtype=object)
    invalid = usable & ~shapely.is_valid(geometries)
    if invalid.any():
        geometries[invalid] = [_repair(geometry) for geometry in geometries[invalid]]
    names = sorted({str(name) for name in gpd.GeoSeries(geometries).geom_type.dropna().unique()})
    frame = frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs))
    families = {name.removeprefix("Multi") for name in names}
    return frame, {
        "repaired": int(invalid.sum()),
        "repaired_rows": [int(row) for row in np.flatnonzero(invalid)],
        "without_geometry": sum(geometry is None for geometry in geometries),
        "geometry_types": names,
        "mixed": len(families) > 1,
    }


def _are_real(geometries: np.ndarray) -> np.ndarray:
    """Whether every coordinate is finite and on Earth; false for a missing geometry."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(coordinates) < _LARGEST_M).all(axis=1)
    real: np.ndarray = ~shapely.is_missing(geometries)
    real[owner[wrong]] = False
    return real


def _repair(geometry: Any) -> Any:
    """Make valid, keeping only parts of the original dimension (a spike is not a line layer)."""
    try:
        valid = shapely.make_valid(geometry)
    except shapely.errors.ShapelyError:
        return None  # beyond repair: counted with those that have no geometry
    kind = shapely.get_type_id(geometry)
    if shapely.get_type_id(valid) != _COLLECTION or kind == _COLLECTION:
        return valid
    keep = _AREA_TYPES if kind in _AREA_TYPES else _LINE_TYPES
    parts = [part for part in shapely.get_parts(valid) if shapely.get_type_id(part) in keep]
    return shapely.union_all(parts) if parts else None
