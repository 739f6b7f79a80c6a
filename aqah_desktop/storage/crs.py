"""Coordinate systems of files: which one it is, whether it can be used, points into it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from aqah_desktop.errors import BadInputError

if TYPE_CHECKING:
    import numpy as np
    import pyproj

WORK_CRS = "EPSG:2154"
#: Metropolitan France with a margin of about 300 km, in EPSG:2154 (m).
FRANCE_EXTENT = (-400_000.0, 5_750_000.0, 1_600_000.0, 7_450_000.0)
#: Hauts-de-France with a margin of 20 km, in EPSG:2154 (m).
REGION_EXTENT = (560_000.0, 6_830_000.0, 820_000.0, 7_140_000.0)


def usable_crs(text: object, path: object) -> pyproj.CRS:
    """Return the coordinate system described by ``text`` (authority code, WKT, CRS object).

    Raises
    ------
    BadInputError
        ``storage.bad_crs``: not understood, or one (local, engineering) that nothing can be
        transformed from.
    """
    import pyproj
    from pyproj.exceptions import CRSError, ProjError

    try:
        crs = pyproj.CRS.from_user_input(text)
    except (CRSError, TypeError, ValueError) as error:
        raise BadInputError("storage.bad_crs", path=str(path), crs=str(text)[:200]) from error
    flat = crs.sub_crs_list[0] if crs.is_compound and crs.sub_crs_list else crs
    if not (flat.is_geographic or flat.is_projected):
        raise BadInputError("storage.bad_crs", path=str(path), crs=crs.name)
    try:
        _transformer(flat.to_wkt(), WORK_CRS)
    except ProjError as error:
        raise BadInputError("storage.bad_crs", path=str(path), crs=crs.name) from error
    return flat


@lru_cache(maxsize=64)
def _code_of(wkt: str) -> str:
    import pyproj

    epsg = pyproj.CRS.from_wkt(wkt).to_epsg(min_confidence=60)
    return f"EPSG:{epsg}" if epsg else wkt


def crs_code(crs: pyproj.CRS) -> str:
    """``"EPSG:<code>"`` when there is one, else the WKT."""
    return _code_of(crs.to_wkt())


@lru_cache(maxsize=16)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def transform_points(x: np.ndarray, y: np.ndarray, source: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Transform coordinates, x east and y north; infinite where the transformation has no answer."""
    if source == target:
        return x, y
    east, north = _transformer(source, target).transform(x, y)
    return east, north


#: Systems met in French data, tried when coordinates do not fit the declared one.
_CANDIDATES = ("EPSG:2154", "EPSG:4326", "EPSG:27572", "EPSG:3857", "EPSG:3949", "EPSG:3950", "EPSG:32631",
               "EPSG:3035", "EPSG:27561")  # fmt: skip


def likely_crs(x: float, y: float) -> list[str]:
    """Return the systems under which a point falls in Hauts-de-France, likeliest first.

    ``"EPSG:4326 (y, x)"`` means longitude and latitude exchanged.
    """
    found = [code for code in _CANDIDATES if _in_region(x, y, code)]
    return found + (["EPSG:4326 (y, x)"] if _in_region(y, x, "EPSG:4326") else [])


def _in_region(x: float, y: float, code: str) -> bool:
    import numpy as np

    return bool(inside(*transform_points(np.array([x]), np.array([y]), code, WORK_CRS), REGION_EXTENT)[0])


def inside(x: np.ndarray, y: np.ndarray, extent: tuple[float, float, float, float]) -> np.ndarray:
    """Whether points lie in ``(x_min, y_min, x_max, y_max)``; infinite and NaN ones do not."""
    x_min, y_min, x_max, y_max = extent
    within: np.ndarray = (x >= x_min) & (x <= x_max) & (y >= y_min) & (y <= y_max)
    return within


def placement(extent: tuple[float, float, float, float], code: str) -> str:
    """Where an extent given in ``code`` would lie: ``"region"``, ``"france"`` or ``"elsewhere"``.

    The test that tells a wrong coordinate system from a right one: the middle of the extent, and that the
    whole is not larger than France.
    """
    moved = extent_in_work_crs(extent, code)
    if moved is None:
        return "elsewhere"
    x, y = (moved[0] + moved[2]) / 2, (moved[1] + moved[3]) / 2
    for name, box in (("region", REGION_EXTENT), ("france", FRANCE_EXTENT)):
        if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
            return name
    return "elsewhere"


def extent_in_work_crs(
    extent: tuple[float, float, float, float], code: str
) -> tuple[float, float, float, float] | None:
    """Return an extent of ``code`` in EPSG:2154, m; ``None`` where the transformation has no answer."""
    return transform_extent(extent, code, WORK_CRS)


def transform_extent(
    extent: tuple[float, float, float, float], source: str, target: str
) -> tuple[float, float, float, float] | None:
    """Return the box around a transformed extent; ``None`` where the transformation has no answer."""
    import numpy as np
    from pyproj.exceptions import ProjError

    if source == target:
        return extent
    try:
        moved = _transformer(source, target).transform_bounds(*extent, densify_pts=21)
    except ProjError:
        return None
    return (moved[0], moved[1], moved[2], moved[3]) if np.isfinite(moved).all() else None


def candidate_systems() -> tuple[str, ...]:
    """Codes of the systems met in French data, the most frequent first."""
    return _CANDIDATES
