"""Files named in the parameters of a run: opened by the host before it, closed after it.

An algorithm never opens a file: it finds here, under the name of the parameter, what the file holds.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import AlgorithmSpec

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Parameter naming the coordinate system of files that declare none; any algorithm may have it.
ASSUMED_CRS = "assume_crs"
_TABLE_SUFFIXES = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm"}
_LONGITUDE = ("lon", "longitude", "lng", "long", "xwgs84")
_LATITUDE = ("lat", "latitude", "ywgs84")
_EASTING = ("x", "xl93", "xlambert93", "coordonneex", "coordx", "x2154")
_NORTHING = ("y", "yl93", "ylambert93", "coordonneey", "coordy", "y2154")
#: Metropolitan France in EPSG:2154, m: what unnamed metric coordinates must fall in.
_LAMBERT_93 = ((0.0, 1_300_000.0), (6_000_000.0, 7_200_000.0))


@contextlib.contextmanager
def open_inputs(spec: AlgorithmSpec, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Open every file the parameters name; the result is ``Context.inputs``.

    Parameters
    ----------
    spec : AlgorithmSpec
        Says which parameters are files and what they hold (``Parameter.content``).
    params : mapping
        Typed values (:func:`aqah_desktop.processing.params.parse_params`).

    Yields
    ------
    dict
        Parameter name → open :class:`~aqah_desktop.storage.rasters.RasterFile` (``raster``),
        ``GeoDataFrame`` in EPSG:2154 (``places``, ``polygons``) or ``DataFrame`` (``table``).
        Rasters are closed when the block ends.

    Raises
    ------
    StorageError, BadInputError
        What the readers of ``storage`` raise; ``exposure.no_coordinates`` and
        ``exposure.coordinates_unclear`` for a table of places.
    """
    assumed = params.get(ASSUMED_CRS)
    with contextlib.ExitStack() as stack:
        inputs: dict[str, Any] = {}
        for parameter in spec.parameters:
            path = params.get(parameter.name)
            if parameter.kind == "file" and path is not None:
                inputs[parameter.name] = _open(parameter.content, Path(path), assumed, stack)
        yield inputs


def _open(content: str, path: Path, assumed: str | None, stack: contextlib.ExitStack) -> Any:
    if content == "raster":
        from aqah_desktop.storage.rasters import open_raster

        return stack.enter_context(open_raster(path, assume_crs=assumed))
    if content == "places":
        return read_places(path, assumed)
    if content == "polygons":
        from aqah_desktop.storage.vectors import read_vector

        return read_vector(path, assume_crs=assumed)
    from aqah_desktop.storage.tables import read_table

    return read_table(path)


def read_places(path: Path, assume_crs: str | None = None) -> gpd.GeoDataFrame:
    """Read places from any vector file, or from a table with longitude and latitude columns.

    Parameters
    ----------
    path : Path
        Vector file, CSV or workbook.
    assume_crs : str, optional
        Coordinate system when the file names none; for a table, that of its ``x`` and ``y``.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, one row per row of the file; geometry ``None`` where the position is missing.

    Raises
    ------
    StorageError, BadInputError
        As :func:`~aqah_desktop.storage.vectors.read_vector` and
        :func:`~aqah_desktop.storage.tables.read_table`; ``exposure.no_coordinates``,
        ``exposure.coordinates_unclear``.
    """
    if path.suffix.lower() not in _TABLE_SUFFIXES:
        from aqah_desktop.storage.vectors import read_vector

        return read_vector(path, assume_crs=assume_crs)
    from aqah_desktop.storage.tables import read_table

    return places_of_table(read_table(path), path, assume_crs)


def places_of_table(frame: pd.DataFrame, path: Path, assume_crs: str | None = None) -> gpd.GeoDataFrame:
    """Give the rows of a table the positions its columns hold; see :func:`read_places`."""
    import geopandas as gpd
    import numpy as np
    import shapely

    x, y, crs = _coordinates(frame, path, assume_crs)
    placed = np.isfinite(x) & np.isfinite(y)
    if crs == "EPSG:4326":
        placed &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if not placed.any() and np.isfinite(x).any():
        raise BadInputError("exposure.coordinates_unclear", path=str(path), x=_example(x), y=_example(y))
    geometry = np.full(len(frame), None, dtype=object)
    geometry[placed] = shapely.points(x[placed], y[placed])
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=crs).to_crs("EPSG:2154")


def find_column(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the column best matching ``names`` (in order of preference), whatever case or accents."""
    plain = {plain_name(column): str(column) for column in reversed(list(frame.columns))}
    return next((plain[name] for name in names if name in plain), None)


def plain_name(name: object) -> str:
    """Return a column name without case, accents or punctuation: ``"Code INSEE"`` → ``"codeinsee"``."""
    folded = unicodedata.normalize("NFKD", str(name)).casefold()
    return "".join(c for c in folded if c.isalnum() and c.isascii())


def _coordinates(frame: pd.DataFrame, path: Path, assume_crs: str | None) -> tuple[Any, Any, str]:
    import numpy as np

    longitude, latitude = find_column(frame, _LONGITUDE), find_column(frame, _LATITUDE)
    if longitude is not None and latitude is not None:
        return _numbers(frame[longitude]), _numbers(frame[latitude]), "EPSG:4326"
    easting, northing = find_column(frame, _EASTING), find_column(frame, _NORTHING)
    if easting is None or northing is None:
        raise BadInputError(
            "exposure.no_coordinates", path=str(path), columns=[str(c) for c in frame.columns]
        )
    x, y = _numbers(frame[easting]), _numbers(frame[northing])
    if assume_crs is not None:
        return x, y, assume_crs
    known = np.isfinite(x) & np.isfinite(y)
    (x_low, x_high), (y_low, y_high) = _LAMBERT_93
    fits = (x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high)
    if known.any() and fits[known].mean() < 0.5:
        raise BadInputError("exposure.coordinates_unclear", path=str(path), x=_example(x), y=_example(y))
    return x, y, "EPSG:2154"


def _numbers(column: pd.Series) -> Any:
    """Numbers of a column, NaN for anything else; a decimal comma left as text is understood."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype("string").str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=float("nan"))


def _example(values: Any) -> float:
    import numpy as np

    return float(np.nanmedian(values))
