"""Writing GeoPackage: the same bytes for the same content, complete or not at all."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio._err import CPLE_BaseError
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from aqah_desktop.errors import BadInputError
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.atomic import atomic_path, write_failure
from aqah_desktop.storage.records_json import canonical_json

#: Everything pyogrio lets through while writing.
WRITE_ERRORS = (
    CPLE_BaseError, DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, RuntimeError,
)  # fmt: skip

#: What pandas finds in a column of objects → type that keeps gaps.
_NULLABLE = {
    "boolean": "boolean",
    "integer": "Int64",
    "floating": "float64",
    "mixed-integer-float": "float64",
}
#: Columns GeoPackage makes itself, and what it calls them when the data have one of that name.
_OWN_COLUMNS = {"fid": ("FID", "aqah_fid"), "geom": ("GEOMETRY_NAME", "aqah_geom")}


def write_geopackage(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a GeoPackage, atomically; rows in the order given.

    Parameters
    ----------
    path : Path
        Target, ``.gpkg``.
    tables : mapping
        Table name → GeoDataFrame (a layer) or DataFrame (a table without geometry). Lists and
        dictionaries in cells are written as JSON text.

    Raises
    ------
    BadInputError
        ``storage.vector_nothing_to_write``: no table at all.
    StorageError
        As :func:`aqah_desktop.storage.atomic.atomic_path`.
    """
    gdal_env.harden()
    path = Path(path)
    if not tables:
        raise BadInputError("storage.vector_nothing_to_write", path=str(path))
    with atomic_path(path) as temporary:
        try:
            for name, frame in tables.items():
                add_table(temporary, name, frame)
        except WRITE_ERRORS as error:
            raise write_failure(error, path) from error


def add_table(path: Path, name: str, frame: pd.DataFrame, *, append: bool = True) -> None:
    """Add one table to a GeoPackage being written (created when absent).

    Without ``append`` a table of that name is replaced.
    """
    gdal_env.harden()
    options: dict[str, Any] = {"layer": name, "driver": "GPKG", "append": append and path.exists()}
    prepared = prepare(frame)
    taken = {str(column).lower() for column in prepared.columns}
    options |= {option: spare for own, (option, spare) in _OWN_COLUMNS.items() if own in taken}
    if isinstance(prepared, gpd.GeoDataFrame):
        kinds = set(prepared.geom_type.dropna().unique())
        single = {kind.removeprefix("Multi") for kind in kinds}
        if len(kinds) == 2 and len(single) == 1:
            options["promote_to_multi"] = True
        elif not kinds:
            options["geometry_type"] = "Unknown"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(prepared, path, **options)


def replace_table(path: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table of an existing GeoPackage that has others, replacing the one of that name.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    try:
        add_table(path, name, frame, append=False)
    except WRITE_ERRORS as error:
        raise write_failure(error, path) from error


def drop_table(path: Path, name: str) -> None:
    """Remove a table from a GeoPackage that has others; nothing happens when there is none."""
    gdal_env.harden()
    if name not in {str(row[0]) for row in pyogrio.list_layers(path)}:
        return
    # GDAL takes away geometry, index and triggers when it replaces the table by a plain one.
    replace_table(path, name, pd.DataFrame({"removed": [True]}))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('DROP TABLE "{}"'.format(name.replace('"', '""')))
        for listing in ("gpkg_contents", "gpkg_ogr_contents"):
            connection.execute(f"DELETE FROM {listing} WHERE table_name = ?", (name,))  # noqa: S608 - fixed


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose columns GeoPackage can hold."""
    prepared = frame.copy(deep=False).reset_index(drop=True)
    prepared.attrs = {}
    geometry = prepared.active_geometry_name if isinstance(prepared, gpd.GeoDataFrame) else None
    if geometry not in prepared.columns:
        prepared = pd.DataFrame(prepared)
    prepared = prepared.rename(columns=_distinct([str(c) for c in prepared.columns]))
    for name in prepared.columns:
        if name != geometry:
            prepared[name] = _storable(prepared[name])
    return prepared


def _distinct(names: list[str]) -> dict[str, str]:
    """New names of columns that differ only by case, which SQLite takes for one."""
    renamed: dict[str, str] = {}
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            number = 2
            while f"{name}_{number}".lower() in taken:
                number += 1
            renamed[name] = f"{name}_{number}"
            taken.add(renamed[name].lower())
        seen.add(name.lower())
    return renamed


def _storable(column: pd.Series) -> pd.Series:
    """A column of one type: booleans and whole numbers with gaps stay what they are."""
    if str(column.dtype) == "geometry":  # a second geometry: GeoPackage holds one
        column = gpd.GeoSeries(column).to_wkt()
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in _NULLABLE:
        return column.astype(_NULLABLE[kind])
    return column.map(_text_or_value)


def _text_or_value(value: Any) -> Any:
    if isinstance(value, (list, dict, tuple)):
        return canonical_json(value)
    return value.hex() if isinstance(value, bytes) else value
