"""Writing GeoPackage: the same bytes for the same content, complete or not at all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from aqah_desktop.errors import BadInputError
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.atomic import atomic_path, write_failure

_WRITE_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, RuntimeError)


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
        except _WRITE_ERRORS as error:
            raise write_failure(error, path) from error


def add_table(path: Path, name: str, frame: pd.DataFrame) -> None:
    """Add one table to a GeoPackage being written (created when absent)."""
    gdal_env.harden()
    options: dict[str, Any] = {"layer": name, "driver": "GPKG", "append": path.exists()}
    prepared = prepare(frame)
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


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose columns GeoPackage can hold."""
    from aqah_desktop.storage.records_json import canonical_json

    prepared = frame.copy(deep=False).reset_index(drop=True)
    prepared.attrs = {}
    for name in prepared.columns:
        column = prepared[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            prepared[name] = column.astype(object)
        elif column.dtype == object and column.map(lambda v: isinstance(v, (list, dict, tuple))).any():
            prepared[name] = column.map(
                lambda v: canonical_json(v) if isinstance(v, (list, dict, tuple)) else v
            )
    return prepared
