"""Reading any vector file into EPSG:2154 with valid geometries; writing GeoPackage.

What was repaired, emptied or guessed on the way is counted in ``frame.attrs``, never silent.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio._err import CPLE_BaseError
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError
from shapely.errors import ShapelyError

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.crs import (
    FRANCE_EXTENT,
    REGION_EXTENT,
    WORK_CRS,
    crs_code,
    inside,
    likely_crs,
    transform_points,
    usable_crs,
)
from aqah_desktop.storage.geometry import clean_geometries
from aqah_desktop.storage.shapefiles import declared_encoding, with_index
from aqah_desktop.storage.vector_writing import write_geopackage

if TYPE_CHECKING:
    import pyproj

__all__ = ["list_tables", "read_attributes", "read_vector", "write_geopackage"]

Extent = tuple[float, float, float, float]
READ_ERRORS = (
    CPLE_BaseError, DataSourceError, DataLayerError, FieldError, GeometryError, ValueError, RuntimeError,
    OverflowError, UnicodeError, MemoryError, OSError, ShapelyError,
)  # fmt: skip


def list_tables(path: Path | str) -> dict[str, str]:
    """Return the tables of a file: name → geometry type (``"None"`` for a table without geometry).

    Raises
    ------
    StorageError
        Missing, unreadable, truncated, or naming a network address.
    """
    gdal_env.harden()
    local = gdal_env.check_path(path)
    with with_index(local) as source:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                listed = pyogrio.list_layers(source)
        except READ_ERRORS as error:
            raise unreadable(path, error) from error
    return {str(name): str(kind or "None") for name, kind in listed}


def read_vector(
    path: Path | str,
    table: str | None = None,
    *,
    assume_crs: str | None = None,
    force_crs: bool = False,
    columns: Sequence[str] | None = None,
    bbox: Extent | None = None,
    where: str | None = None,
    encoding: str | None = None,
    anywhere: bool = False,
) -> gpd.GeoDataFrame:
    """Read a vector layer into EPSG:2154.

    Parameters
    ----------
    path : Path or str
        A local file in one of :data:`gdal_env.VECTOR_DRIVERS`, or a zip holding one.
    table : str, optional
        Table to read; needed when the file holds several with geometry.
    assume_crs : str, optional
        Coordinate system to use when the file names none.
    force_crs : bool
        Use ``assume_crs`` also when the file names another one, which is wrong.
    columns : sequence of str, optional
        Columns to read; all by default.
    bbox : tuple, optional
        Only features meeting ``(x_min, y_min, x_max, y_max)`` in EPSG:2154, m.
    where : str, optional
        SQL condition on columns, written by the program, never by a user.
    encoding : str, optional
        Encoding of the texts, when what the file declares is wrong.
    anywhere : bool
        Accept data wholly outside France, which otherwise mean a wrong coordinate system.

    Returns
    -------
    GeoDataFrame
        Geometry valid, two-dimensional, ``None`` where missing or empty. ``attrs`` holds ``path``,
        ``table``, ``declared_crs``, ``repaired``, ``without_geometry``, ``geometry_types``.

    Raises
    ------
    StorageError
        Missing, unreadable, truncated, or naming a network address.
    BadInputError
        ``storage.vector_no_crs``, ``storage.bad_crs``, ``storage.vector_wrong_place``,
        ``storage.vector_wrong_crs``, ``storage.vector_no_geometry``, ``storage.vector_choose_table``,
        ``storage.vector_unknown_table``, ``storage.vector_unknown_column``.
    """
    gdal_env.harden()
    local = gdal_env.check_path(path)
    name = _choose_table(path, table)
    with with_index(local) as source:
        info = _info(source, name, path)
        crs = _crs({**info, "crs": None} if force_crs and assume_crs else info, path, assume_crs)
        options = {
            "layer": name,
            "columns": _known_columns(columns, info, path),
            "bbox": _bbox_in(crs, bbox),
            "where": where,
            "encoding": encoding or declared_encoding(source, info),
        }
        frame = _read(source, path, options, info)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInputError("storage.vector_no_geometry", path=str(path), table=name)
    frame = frame.set_crs(crs, allow_override=True)
    if not anywhere:
        _check_place(frame, crs, path)
    if crs_code(crs) != WORK_CRS:
        frame = frame.to_crs(WORK_CRS)
    frame, counts = clean_geometries(frame.set_crs(WORK_CRS, allow_override=True))
    frame.attrs = {"path": str(path), "table": name, "declared_crs": crs_code(crs), **counts}
    return frame


def read_attributes(
    path: Path | str,
    table: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Read the columns of a table, without geometry.

    Raises
    ------
    StorageError, BadInputError
        As :func:`read_vector`.
    """
    gdal_env.harden()
    local = gdal_env.check_path(path)
    name = _choose_table(path, table, geometry=False)
    with with_index(local) as source:
        info = _info(source, name, path)
        options = {
            "layer": name,
            "columns": _known_columns(columns, info, path),
            "where": where,
            "encoding": encoding or declared_encoding(source, info),
            "read_geometry": False,
        }
        frame = _read(source, path, options, info)
    return pd.DataFrame(frame)


def _read(source: Path, path: Path | str, options: dict[str, Any], info: dict[str, Any]) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Told by the counts in attrs: measured geometries become plain ones.
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(source, **options)
    except READ_ERRORS as error:
        raise unreadable(path, error) from error
    return _with_missing(_unique_columns(frame), info)


def _with_missing(frame: pd.DataFrame, info: dict[str, Any]) -> pd.DataFrame:
    """Give back their type to whole numbers and booleans that came as floats for want of a NULL."""
    types = dict(zip(map(str, info["fields"]), info["dtypes"], strict=True))
    for name in frame.columns:
        declared = str(types.get(name, ""))
        if str(frame[name].dtype).startswith("float") and declared.startswith(("int", "uint", "bool")):
            frame[name] = frame[name].astype("boolean" if declared == "bool" else "Int64")
    return frame


def unreadable(path: Path | str, error: Exception) -> StorageError:
    """What is raised for a file the library could not read."""
    return StorageError("storage.vector_unreadable", path=str(path), reason=str(error)[:300])


def _choose_table(path: Path | str, table: str | None, *, geometry: bool = True) -> str:
    if table is not None:
        return table
    tables = list_tables(path)
    wanted = [name for name, kind in tables.items() if not geometry or kind != "None"] or list(tables)
    if not wanted:
        raise StorageError("storage.vector_unreadable", path=str(path), reason="no table")
    if len(wanted) > 1:
        raise BadInputError("storage.vector_choose_table", path=str(path), tables=wanted)
    return wanted[0]


def _info(source: Path, table: str, path: Path | str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info: dict[str, Any] = pyogrio.read_info(source, layer=table)
    except DataLayerError as error:
        tables = list(list_tables(source))
        raise BadInputError(
            "storage.vector_unknown_table", path=str(path), table=table, tables=tables
        ) from error
    except READ_ERRORS as error:
        raise unreadable(path, error) from error
    return info


def _crs(info: dict[str, Any], path: Path | str, assume_crs: str | None) -> pyproj.CRS:
    declared = info["crs"]
    if info["geometry_type"] is None:
        raise BadInputError("storage.vector_no_geometry", path=str(path), table=str(info["layer_name"]))
    if not declared and assume_crs is None:
        raise BadInputError("storage.vector_no_crs", path=str(path))
    return usable_crs(declared or assume_crs, path)


def _known_columns(columns: Sequence[str] | None, info: dict[str, Any], path: Path | str) -> list[str] | None:
    if columns is None:
        return None
    known = [str(name) for name in info["fields"]]
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise BadInputError("storage.vector_unknown_column", path=str(path), columns=unknown, known=known)
    return list(columns)


def _bbox_in(crs: pyproj.CRS, bbox: Extent | None) -> Extent | None:
    if bbox is None or crs_code(crs) == WORK_CRS:
        return bbox
    from pyproj import Transformer

    moved = Transformer.from_crs(WORK_CRS, crs, always_xy=True).transform_bounds(*bbox, densify_pts=21)
    return (moved[0], moved[1], moved[2], moved[3])


def _unique_columns(frame: Any) -> Any:
    """Number the columns that share a name: ``rate``, ``rate_2``."""
    seen: dict[str, int] = {}
    names = []
    for name in map(str, frame.columns):
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    if names != list(frame.columns):
        frame.columns = names
    return frame


def _check_place(frame: gpd.GeoDataFrame, crs: pyproj.CRS, path: Path | str) -> None:
    """Refuse data wholly outside the region that another system would put there, or outside France.

    Wrong declarations are frequent and silent: Lambert II, Web Mercator or degrees declared as
    Lambert-93, exchanged axes.
    """
    bounds = frame.geometry.bounds.dropna()
    if bounds.empty:
        return
    x, y = (bounds.minx + bounds.maxx).to_numpy() / 2, (bounds.miny + bounds.maxy).to_numpy() / 2
    east, north = transform_points(x, y, crs_code(crs), WORK_CRS)
    if inside(east, north, REGION_EXTENT).any():
        return
    x_mid, y_mid = float(np.median(x)), float(np.median(y))
    details = {"path": str(path), "crs": crs.name, "x": f"{x_mid:.6g}", "y": f"{y_mid:.6g}"}
    if likely := likely_crs(x_mid, y_mid):
        raise BadInputError("storage.vector_wrong_crs", likely=likely, **details)
    if not inside(east, north, FRANCE_EXTENT).any():
        raise BadInputError("storage.vector_wrong_place", **details)
