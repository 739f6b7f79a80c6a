"""Short ways to write the records of a product; what can be computed is computed from the content."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from framework import Product, RasterContent

from aqah_desktop.records import (
    Dataset,
    FieldSchema,
    Layer,
    LocalText,
    Measure,
    RasterShape,
    Source,
    VectorShape,
)

CRS = "EPSG:2154"
UINT16_NODATA = 65535.0


def text(fr: str, en: str) -> LocalText:
    """A text in both languages."""
    return LocalText(fr, en)


def column(name: str, kind: Any, fr: str, en: str, unit: str = "") -> FieldSchema:
    """One column: ``kind`` is ``text``, ``integer``, ``real``, ``boolean`` or ``date``."""
    return FieldSchema(name, kind, LocalText(fr, en), unit)


def vector_product(
    layer_id: str,
    dataset: Dataset,
    title: LocalText,
    *,
    role: str,
    content: gpd.GeoDataFrame | pd.DataFrame,
    columns: tuple[FieldSchema, ...],
    **layer: Any,
) -> Product:
    """A vector layer or, for a plain ``DataFrame``, a table. ``layer``: further fields of ``Layer``.

    Columns are put in the order of ``columns``; one missing or undeclared is an error.
    """
    names = [c.name for c in columns]
    spatial = isinstance(content, gpd.GeoDataFrame)
    if set(content.columns) - {"geometry"} != set(names):
        raise ValueError(f"{layer_id}: columns {sorted(content.columns)} are not those declared {names}")
    content = content[[*names, "geometry"]] if spatial else content[names]
    shape = VectorShape(geometry_type(content), CRS if spatial else "", extent(content), columns)
    record = Layer(layer_id, dataset.id, title, role, shape, Source("vectors.gpkg", layer_id), **layer)
    return Product(record, dataset, content.reset_index(drop=True))


def raster_product(
    layer_id: str,
    dataset: Dataset,
    title: LocalText,
    *,
    role: str,
    content: RasterContent,
    measure: Measure,
    **layer: Any,
) -> Product:
    """A raster layer; ``layer``: further fields of ``Layer`` (``uncertainty=…``)."""
    if content.values.shape != (content.grid.ny, content.grid.nx):
        raise ValueError(f"{layer_id}: values {content.values.shape} do not fit the grid")
    if content.scale is None:
        shape = RasterShape(content.grid, "float32", None)
    else:
        shape = RasterShape(content.grid, "uint16", UINT16_NODATA, content.scale)
    record = Layer(
        layer_id, dataset.id, title, role, shape, Source(f"rasters/{layer_id}.tif"), measure, **layer
    )
    return Product(record, dataset, content)


def geometry_type(content: gpd.GeoDataFrame | pd.DataFrame) -> str:
    """``"None"`` for a table; the ``Multi`` form when any geometry is multiple."""
    if not isinstance(content, gpd.GeoDataFrame):
        return "None"
    kinds = sorted(set(content.geometry.dropna().geom_type))
    if len(kinds) == 2 and kinds[0] == f"Multi{kinds[1]}":
        return kinds[0]
    if len(kinds) != 1:
        raise ValueError(f"one geometry type per layer is needed, found {kinds}")
    return str(kinds[0])


def extent(content: gpd.GeoDataFrame | pd.DataFrame) -> tuple[float, float, float, float]:
    """Bounding box in metres, rounded to the centimetre; zeros for a table."""
    if not isinstance(content, gpd.GeoDataFrame) or content.geometry.isna().all():
        return (0.0, 0.0, 0.0, 0.0)
    x_min, y_min, x_max, y_max = (round(float(v), 2) for v in content.total_bounds)
    return (x_min, y_min, x_max, y_max)
