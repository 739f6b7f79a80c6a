"""A small pack, small files and the readers under test."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aqah_desktop.records import (
    Coverage,
    Dataset,
    FieldSchema,
    Grid,
    Layer,
    Lineage,
    LocalText,
    Measure,
    Method,
    Origin,
    Pollutant,
    Quality,
    RasterShape,
    Source,
    Standing,
    Statistic,
    Territory,
    TerritoryKind,
    VectorShape,
)
from aqah_desktop.storage.atomic import write_text
from aqah_desktop.storage.pack_archive import member_table
from aqah_desktop.storage.pack_manifest import MANIFEST, Manifest
from aqah_desktop.storage.raster_writing import write_raster
from aqah_desktop.storage.records_json import to_json
from aqah_desktop.storage.vectors import write_geopackage

GRID = Grid(650000.0, 7060000.0, 200.0, 60, 50)
NOWHERE = LocalText("", "")


def text(word: str) -> LocalText:
    return LocalText(word, word)


def dataset(dataset_id: str, quality: Quality = Quality.OFFICIAL) -> Dataset:
    return Dataset(
        id=dataset_id,
        version="1",
        title=text(dataset_id),
        origin=Origin("INSEE", "Licence Ouverte 2.0", "Source : INSEE", "https://example.org"),
        coverage=Coverage(text("région"), "2019", text("200 m"), "EPSG:2154", "2019"),
        lineage=Lineage(),
        standing=Standing(quality, Method.DECLARED),
        evidence={"rows": 3, "rmse_ug_m3": 2.5},
    )


def vector_layer(layer_id: str, role: str, columns: tuple[str, ...], dataset_id: str = "insee") -> Layer:
    fields = tuple(FieldSchema(name, "text", text(name)) for name in columns)
    shape = VectorShape("Point", "EPSG:2154", GRID.extent, fields)
    return Layer(layer_id, dataset_id, text(layer_id), role, shape, Source("vectors.gpkg", layer_id))


def raster_layer(year: int) -> Layer:
    return Layer(
        id=f"no2_{year}",
        dataset_id="model",
        title=text(f"NO2 {year}"),
        role="concentration",
        shape=RasterShape(GRID, "uint16", 65535.0, 0.01),
        source=Source(f"rasters/no2_{year}.tif"),
        measure=Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2, (year, year)),
    )


def tables() -> dict[str, pd.DataFrame]:
    """Four communes side by side, the first two in one EPCI; two sites layers; thresholds."""
    communes = gpd.GeoDataFrame(
        {
            "commune_code": ["59001", "59002", "62001", "02001"],
            "name": ["A", "B", "C", "D"],
            "department_code": ["59", "59", "62", "02"],
            "epci_code": ["200000001", "200000001", "200000002", "200000003"],
        },
        geometry=[shapely.box(650000 + i * 3000, 7050000, 653000 + i * 3000, 7060000) for i in range(4)],
        crs=2154,
    )
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["1", "2", "3"],
            "kind": ["ecole", "ecole", "ecole"],
            "name": ["École Jules-Ferry", "École du Parc", "École non placée"],
            "commune_code": ["59001", "62001", "59002"],
            "pupils": pd.array([120, None, 80], dtype="Int64"),
            "placed": [True, True, False],
        },
        geometry=[shapely.Point(651000, 7055000), shapely.Point(657000, 7055000), None],
        crs=2154,
    )
    hospitals = sites.iloc[[1]].assign(kind="hospital", site_id="9")
    houses = sites.iloc[[0]].assign(site_id="f1")
    lines = gpd.GeoDataFrame(
        {"name": ["within", "across", "outside"]},
        geometry=[
            shapely.LineString([(650500, 7051000), (651000, 7052000)]),
            shapely.LineString([(655000, 7051000), (661000, 7052000)]),
            shapely.LineString([(660500, 7051000), (661000, 7052000)]),
        ],
        crs=2154,
    )
    thresholds = pd.DataFrame(
        {
            "id": ["who_2021", "eu_2030", "hourly"],
            "framework": ["OMS 2021", "UE 2024/2881", "UE 2008/50"],
            "pollutant": ["no2", "no2", "no2"],
            "statistic": ["annual_mean", "annual_mean", "hourly_maximum"],
            "value_ug_m3": [10.0, 20.0, 200.0],
            "applies_from": ["", "2030", "2010"],
            "confidence": ["published", "published", "recalled"],
            "source": ["OMS", "JO", "JO"],
        }
    )
    return {
        "communes": communes,
        "ecoles": sites,
        "hospitals": hospitals,
        "training_houses": houses,
        "rivers": lines,
        "thresholds": thresholds,
    }


def territory(
    code: str, kind: TerritoryKind, communes: tuple[str, ...], extent: tuple[float, ...]
) -> Territory:
    return Territory(code, kind, code, 1000, communes, (extent[0], extent[1], extent[2], extent[3]), True)


def make_pack(folder: Path, version: str = "1.0.0", minimum_app: str = "0.1.0") -> Path:
    folder.mkdir(parents=True)
    (folder / "rasters").mkdir()
    content = tables()
    write_geopackage(folder / "vectors.gpkg", content)
    rng = np.random.default_rng(3)
    for year in (2013, 2019):
        values = rng.uniform(5, 30, (GRID.ny, GRID.nx)).astype("float32")
        values[:5] = np.nan
        write_raster(folder / f"rasters/no2_{year}.tif", values, GRID, scale=0.01)
    site_columns = tuple(content["ecoles"].columns.drop("geometry"))
    layers = [
        vector_layer("communes", "base", tuple(content["communes"].columns.drop("geometry"))),
        vector_layer("ecoles", "sites", site_columns),
        vector_layer("hospitals", "sites", site_columns),
        vector_layer("training_houses", "sites", site_columns, "training"),
        vector_layer("rivers", "base", ("name",)),
        vector_layer("thresholds", "table", tuple(content["thresholds"].columns)),
        raster_layer(2013),
        raster_layer(2019),
    ]
    datasets = [
        dataset("insee"),
        dataset("model", Quality.INDICATIVE),
        dataset("training", Quality.FICTITIOUS),
    ]
    territories = [
        territory("200000001", TerritoryKind.EPCI, ("59001", "59002"), (650000, 7050000, 656000, 7060000)),
        territory("62", TerritoryKind.DEPARTMENT, ("62001",), (656000, 7050000, 659000, 7060000)),
        territory("32", TerritoryKind.REGION, ("59001", "59002", "62001", "02001"), GRID.extent),
    ]
    write_text(folder / "layers.json", to_json(layers, indent=1))
    write_text(folder / "datasets.json", to_json(datasets, indent=1))
    write_text(folder / "territories.json", to_json(territories, indent=1))
    write_manifest(folder, version, minimum_app)
    return folder


def write_manifest(folder: Path, version: str = "1.0.0", minimum_app: str = "0.1.0") -> Manifest:
    manifest = Manifest(
        "aqah-pack/1", "essai", version, text("Essai"), minimum_app, {"territory": "32"}, member_table(folder)
    )
    write_text(folder / MANIFEST, to_json(manifest, indent=1))
    return manifest


@pytest.fixture(scope="session")
def pack_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pack(tmp_path_factory.mktemp("template") / "pack")


@pytest.fixture
def pack_folder(pack_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pack_template, tmp_path / "pack"))


@pytest.fixture
def points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["02001", "59002"], "value": [1.5, 2.5]},
        geometry=[shapely.Point(700000, 7000000), shapely.Point(710000, 7010000)],
        crs=2154,
    )
