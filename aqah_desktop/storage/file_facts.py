"""What a file holds, without reading its data: tables and rasters, their system, extent and size."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.crs import crs_code, usable_crs

if TYPE_CHECKING:
    import pyproj

    from aqah_desktop.storage.rasters import RasterFile

Extent = tuple[float, float, float, float]

#: Larger than any coordinate of any system; files with damaged geometries announce such extents.
_ABSURD = 1e12


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table of a vector file.

    ``extent`` is in the table's own system, ``None`` when empty or unknown; ``geometry_type`` is
    ``"None"`` for a table without geometry; ``fields`` are (name, type) pairs.
    """

    name: str
    geometry_type: str
    crs: str
    crs_name: str
    extent: Extent | None
    rows: int
    fields: tuple[tuple[str, str], ...] = ()
    error: AqahError | None = None


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """A raster file, or one of the rasters inside it.

    ``extent`` and ``cell`` (width, height) are in the raster's own system. ``picture`` when it holds
    colours, ``can_be_picture`` when it may be shown as one.
    """

    inside: str
    crs: str
    crs_name: str
    extent: Extent
    size: tuple[int, int]
    cell: tuple[float, float]
    bands: int
    dtype: str
    nodata: float | None
    picture: bool
    can_be_picture: bool
    has_overviews: bool
    error: AqahError | None = None


def table_facts(path: Path) -> list[TableFacts]:
    """Describe every table of a vector file.

    Raises
    ------
    StorageError
        Missing, unreadable, truncated, or naming a network address.
    """
    import pyogrio

    from aqah_desktop.storage.shapefiles import with_index
    from aqah_desktop.storage.vectors import READ_ERRORS, list_tables, unreadable

    tables = list_tables(path)
    found = []
    with with_index(gdal_env.check_path(path)) as source:
        for name, kind in tables.items():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    info = pyogrio.read_info(
                        source, layer=name, force_feature_count=True, force_total_bounds=kind != "None"
                    )
            except READ_ERRORS as error:
                found.append(TableFacts(name, kind, "", "", None, 0, error=unreadable(path, error)))
                continue
            code, crs_name, problem = _system(info["crs"], path)
            fields = tuple(zip(map(str, info["fields"]), map(str, info["dtypes"]), strict=True))
            extent = _sound(info.get("total_bounds"))
            found.append(
                TableFacts(name, kind, code, crs_name, extent, int(info["features"]), fields, problem)
            )
    return found


def raster_facts(path: Path) -> list[RasterFacts]:
    """Describe a raster file, or each raster inside it.

    Raises
    ------
    StorageError, BadInputError
        When it cannot be placed on a map at all, as :func:`aqah_desktop.storage.rasters.open_raster`.
    """
    try:
        with _opened(path) as raster:
            return [_raster(raster, "")]
    except BadInputError as error:
        if error.key != "storage.raster_several":
            raise
        names = [str(name) for name in error.params["inside"]]
    found, refused = [], []
    for name in names:
        try:
            with _opened(path, name) as raster:
                found.append(_raster(raster, name))
        except AqahError as error:
            refused.append(error)
    if not found:
        raise refused[0] if refused else BadInputError("storage.raster_no_band", path=str(path))
    return found


def _opened(path: Path, inside: str = "") -> RasterFile:
    """Open a raster, also one without a system: EPSG:2154 stands in, so that the rest can be told."""
    from aqah_desktop.storage.rasters import open_raster

    return open_raster(path, assume_crs="EPSG:2154", inside=inside)


def _raster(raster: RasterFile, inside: str) -> RasterFacts:
    from aqah_desktop.storage.pictures import can_be_picture, is_picture

    dataset = raster.dataset
    declared = dataset.crs is not None
    height, width = dataset.shape
    return RasterFacts(
        inside=inside,
        crs=raster.crs_code if declared else "",
        crs_name=raster.crs.name if declared else "",
        extent=raster.extent,
        size=(height, width),
        cell=raster.cell_size,
        bands=raster.bands,
        dtype=raster.dtype,
        nodata=raster.nodata,
        picture=is_picture(dataset),
        can_be_picture=can_be_picture(dataset),
        has_overviews=bool(dataset.overviews(1)),
    )


def _system(declared: object, path: Path) -> tuple[str, str, AqahError | None]:
    """Code and name of the declared system, empty when none; what is wrong with it."""
    if not declared:
        return "", "", None
    try:
        crs: pyproj.CRS = usable_crs(declared, path)
    except BadInputError as error:
        return "", "", error
    return crs_code(crs), crs.name, None


def _sound(bounds: object) -> Extent | None:
    values = np.asarray(bounds if bounds is not None else (np.nan,) * 4, dtype=float)
    if not np.isfinite(values).all() or (np.abs(values) > _ABSURD).any():
        return None
    low_x, low_y, high_x, high_y = (float(v) for v in values)
    return (low_x, low_y, high_x, high_y)
