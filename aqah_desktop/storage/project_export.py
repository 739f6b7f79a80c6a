"""A project as a GeoPackage that QGIS opens: vectors, tables, float rasters, and where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import rasterio
from rasterio.transform import Affine

from aqah_desktop.records import Layer, LayerStatus, RasterShape, VectorShape
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.atomic import atomic_path, write_failure
from aqah_desktop.storage.provenance import without_paths
from aqah_desktop.storage.raster_opening import GDAL_ERRORS
from aqah_desktop.storage.records_json import canonical_json
from aqah_desktop.storage.vector_writing import WRITE_ERRORS, add_table

if TYPE_CHECKING:
    from aqah_desktop.storage.project_file import ProjectFile

#: Table of the export that says what each layer is.
ABOUT_TABLE = "about_layers"


def export(project: ProjectFile, target: Path) -> None:
    """Write every layer of ``project`` to ``target`` (see :meth:`ProjectFile.export_geopackage`)."""
    gdal_env.harden()
    layers = [layer for layer in project.layers().values() if layer.status is not LayerStatus.MISSING]
    with atomic_path(target) as temporary:
        try:
            add_table(temporary, ABOUT_TABLE, pd.DataFrame(_about(project, layers)))
            for layer in layers:
                _export_layer(project, layer, temporary)
        except (*GDAL_ERRORS, *WRITE_ERRORS) as error:
            raise write_failure(error, target) from error


def _export_layer(project: ProjectFile, layer: Layer, target: Path) -> None:
    if isinstance(layer.shape, RasterShape):
        _export_raster(project, layer, target)
    elif isinstance(layer.shape, VectorShape) and layer.shape.geometry_type == "None":
        add_table(target, layer.id, project.read_table(layer.id))
    else:
        add_table(target, layer.id, project.read_vector(layer.id))


def _export_raster(project: ProjectFile, layer: Layer, target: Path) -> None:
    with project.open_raster(layer.id) as source:
        values, grid = source.read()
    with rasterio.open(
        target,
        "w",
        driver="GPKG",
        width=grid.nx,
        height=grid.ny,
        count=1,
        dtype="float32",
        crs=grid.crs,
        transform=Affine(grid.cell_m, 0, grid.x_min, 0, -grid.cell_m, grid.y_max),
        nodata=float("nan"),
        RASTER_TABLE=layer.id,
        RASTER_IDENTIFIER=layer.title.fr or layer.id,
        APPEND_SUBDATASET="YES",
    ) as sink:
        sink.write(values, 1)


def _about(project: ProjectFile, layers: list[Layer]) -> dict[str, list[Any]]:
    """One row a layer; ``layer_id`` is a text column even without rows."""
    runs = project.runs()
    rows = [
        {
            "layer_id": layer.id,
            "title_fr": layer.title.fr,
            "title_en": layer.title.en,
            "unit": layer.measure.unit if layer.measure else "",
            "run_id": layer.run_id,
            "content_hash": layer.content_hash,
            "run": canonical_json(without_paths(runs[layer.run_id])) if layer.run_id in runs else "",
        }
        for layer in layers
    ]
    names = ("layer_id", "title_fr", "title_en", "unit", "run_id", "content_hash", "run")
    return {name: [row[name] for row in rows] for name in names}
