"""A small pack whose answers can be computed by hand: the map is a ramp along x."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.processing.inputs import open_inputs
from aqah_desktop.records import (
    Coverage,
    Dataset,
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
    Text,
    VectorShape,
)
from aqah_desktop.records.data import FieldSchema
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.records_json import to_json
from aqah_desktop.storage.vectors import write_geopackage

CRS = "EPSG:2154"
GRID = Grid(690_000.0, 7_060_000.0, 200.0, 60, 40)
TERRITORY, EAST = "200000001", "200000002"
#: What stands behind each layer of the pack.
QUALITIES = {
    "base": Quality.OFFICIAL,
    "sites": Quality.OFFICIAL,
    "map": Quality.INDICATIVE,
    "training": Quality.FICTITIOUS,
}


def ramp(x_m: float | np.ndarray) -> Any:
    """Value of the map in the cell holding ``x_m``: 0.25 µg/m³ in the first, 0.5 more in each next."""
    column = np.floor((np.asarray(x_m) - GRID.x_min) / GRID.cell_m)
    return 0.25 + 0.5 * column


def surface() -> np.ndarray:
    """The ramp, without data in the south-east corner."""
    x = GRID.x_min + (np.arange(GRID.nx) + 0.5) * GRID.cell_m
    values = np.tile(ramp(x), (GRID.ny, 1)).astype("float32")
    values[35:, 55:] = np.nan
    return values


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(x, y)


def sites() -> gpd.GeoDataFrame:
    rows = [
        ("E1", "ecole", "École un", "59001", 80, point(692_100, 7_056_100)),
        ("E2", "ecole", "École deux", "59002", 120, point(696_050, 7_056_150)),
        ("E3", "ecole", "École sans position", "59004", 60, None),
        ("E4", "ecole", "École sur la mer", "59002", None, point(701_500, 7_052_500)),
        ("E5", "ecole", "École hors carte", "59002", None, point(720_000, 7_056_000)),
        ("E6", "ecole", "École de l’est", "59003", 10, point(700_500, 7_057_300)),
    ]
    return _sites(rows)


def hospitals() -> gpd.GeoDataFrame:
    return _sites([("H1", "hospital", "Hôpital", "59002", None, point(698_300, 7_054_300))])


def houses() -> gpd.GeoDataFrame:
    return _sites([("M1", "fictitious_house", "Maison inventée", "59001", None, point(693_500, 7_055_000))])


def _sites(rows: list[tuple[Any, ...]]) -> gpd.GeoDataFrame:
    columns = ["site_id", "kind", "name", "commune_code", "pupils", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS)
    return frame.assign(
        status="public",
        epci_code=TERRITORY,
        pupils=frame["pupils"].astype("Int64"),
        placed=frame.geometry.notna(),
        position_quality="good",
        source="essai",
    )


def communes() -> gpd.GeoDataFrame:
    boxes = [
        shapely.box(691_000, 7_052_000, 695_000, 7_059_000),
        shapely.box(695_000, 7_052_000, 699_000, 7_059_000),
        shapely.box(699_000, 7_052_000, 702_000, 7_059_000),
        shapely.box(695_000, 7_030_000, 699_000, 7_032_000),
    ]
    codes = ["59001", "59002", "59003", "59004"]
    return gpd.GeoDataFrame(
        {"commune_code": codes, "name": codes, "epci_code": [TERRITORY, TERRITORY, EAST, TERRITORY]},
        geometry=boxes,
        crs=CRS,
    )


def farms() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "farm_id": ["F1"],
            "kind": ["declared_installation"],
            "name": ["Élevage déclaré"],
            "commune_code": ["59001"],
            "epci_code": [TERRITORY],
            "activity": ["porcs"],
        },
        geometry=[point(692_100, 7_056_200)],
        crs=CRS,
    )


def training() -> dict[str, gpd.GeoDataFrame]:
    parcels = gpd.GeoDataFrame(
        {
            "parcel_id": ["fictif-1", "fictif-2"],
            "farm_id": "fictif-ferme",
            "crop_code": ["BTH", "PTR"],
            "crop_label": ["Blé", "Prairie"],
        },
        geometry=[
            shapely.box(693_000, 7_054_800, 693_400, 7_055_200),
            shapely.box(694_000, 7_054_800, 694_100, 7_054_900),
        ],
        crs=CRS,
    )
    farm = farms().assign(farm_id="fictif-ferme", name="Ferme inventée")
    return {"training_farm": farm, "training_parcels": parcels, "training_houses": houses()}


def thresholds() -> pd.DataFrame:
    rows = [
        ("WHO 2021", "annual guideline", 10.0, "published"),
        ("WHO 2021", "annual interim target 3", 20.0, "published"),
        ("EU 2024/2881 (2030)", "annual limit value", 20.0, "recalled"),
        ("EU 2008/50/EC", "annual limit value", 40.0, "published"),
        ("EU 2008/50/EC", "annual indicative limit value, stage 2", 1.0, "published"),
    ]
    columns = ["framework", "statistic", "value_ug_m3", "confidence"]
    frame = pd.DataFrame(rows, columns=columns)
    ids = [f"t{i}" for i in range(len(rows))]
    return frame.assign(
        id=ids, pollutant="no2", averaging_period="annual", applies_from="2021", source="essai"
    )


def _dataset(name: str, quality: Quality) -> Dataset:
    nowhere = LocalText("essai", "test")
    return Dataset(
        id=name,
        version="1",
        title=nowhere,
        origin=Origin("personne", "CC0-1.0", "essai", "essai"),
        coverage=Coverage(nowhere, "2019", nowhere, CRS, "2026"),
        lineage=Lineage(),
        standing=Standing(quality, Method.MODELLED if name == "map" else Method.DECLARED),
    )


def _vector(layer_id: str, role: str, dataset: str, frame: pd.DataFrame) -> Layer:
    fields = tuple(FieldSchema(str(c), "text", LocalText(str(c), "")) for c in frame if c != "geometry")
    shape = VectorShape("Unknown", CRS, GRID.extent, fields)
    return Layer(layer_id, dataset, LocalText(layer_id, ""), role, shape, Source("vectors.gpkg", layer_id))


def _raster(layer_id: str, role: str, uncertainty: str = "") -> Layer:
    statistic = Statistic.ANNUAL_MEAN if role == "concentration" else Statistic.STANDARD_DEVIATION
    measure = Measure("µg/m³", statistic, Pollutant.NO2, (2019, 2019))
    return Layer(
        layer_id, "map", LocalText(layer_id, ""), role, RasterShape(GRID, "float32", None),
        Source(f"rasters/{layer_id}.tif"), measure, uncertainty=uncertainty,
    )  # fmt: skip


def write_pack(folder: Path) -> None:
    """Write the whole pack with the program's own storage."""
    tables = {
        "communes": ("base", "base", communes()),
        "thresholds": ("table", "base", thresholds()),
        "ecoles": ("sites", "sites", sites()),
        "hospitals": ("sites", "sites", hospitals()),
        "farms": ("farms", "sites", farms()),
    }
    for name, frame in training().items():
        role = {"training_farm": "farms", "training_parcels": "parcels"}.get(name, "sites")
        tables[name] = (role, "training", frame)
    (folder / "rasters").mkdir(parents=True)
    write_geopackage(folder / "vectors.gpkg", {name: frame for name, (_, _, frame) in tables.items()})
    people = np.where(np.arange(GRID.nx) < 25, 10.0, 30.0) * np.ones((GRID.ny, 1))
    rasters = {"no2_2019": surface(), "no2_2019_std": np.full((GRID.ny, GRID.nx), 0.5), "population": people}
    for name, values in rasters.items():
        write_raster(folder / "rasters" / f"{name}.tif", values.astype("float32"), GRID)
    layers = [_vector(name, role, dataset, frame) for name, (role, dataset, frame) in tables.items()]
    layers += [
        _raster("no2_2019", "concentration", "no2_2019_std"),
        _raster("no2_2019_std", "uncertainty"),
        _raster("population", "population"),
    ]
    territories = [
        Territory(TERRITORY, TerritoryKind.EPCI, "Territoire d’essai", 1, ("59001", "59002", "59004"),
                  (691_000.0, 7_052_000.0, 699_000.0, 7_059_000.0), True),
        Territory(EAST, TerritoryKind.EPCI, "Territoire de l’est", 1, ("59003",),
                  (699_000.0, 7_052_000.0, 702_000.0, 7_059_000.0)),
        Territory("32", TerritoryKind.REGION, "Région", 1, ("59001", "59002", "59003", "59004"), GRID.extent),
    ]  # fmt: skip
    records = {
        "datasets.json": [_dataset(name, quality) for name, quality in QUALITIES.items()],
        "layers.json": layers,
        "territories.json": territories,
    }
    for name, record in records.items():
        (folder / name).write_text(to_json(record), encoding="utf-8")
    members = {
        path.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in folder.rglob("*.*")
    }
    manifest = {
        "format": "aqah-pack/1",
        "id": "essai",
        "version": "1",
        "title": {"fr": "Essai", "en": "Test"},
        "minimum_app": "0.0.1",
        "coverage": {},
        "members": members,
    }
    (folder / "pack.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("packs") / "pack"
    write_pack(folder)
    return Pack.open(folder)


@dataclass
class Recorder(Feedback):
    """Keeps what a run says; cancels after ``patience`` looks."""

    patience: int = 10_000
    warnings: list[Text] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)

    def progress(self, fraction: float, text: Text | None = None) -> None:
        self.fractions.append(fraction)

    def warn(self, text: Text) -> None:
        self.warnings.append(text)

    def cancelled(self) -> bool:
        self.patience -= 1
        return self.patience < 0


@pytest.fixture
def run(pack: Pack) -> Any:
    """Run an algorithm as the host does: parse, open the files, check, run."""
    from aqah_desktop.processing.params import parse_params

    def call(algorithm: Any, feedback: Feedback | None = None, **given: Any) -> Any:
        given = {"territory": TERRITORY, "pollutant": "no2", "kinds": "ecole,hospital"} | given
        if "raster" not in given:
            given.setdefault("year", 2019)
        params = parse_params(algorithm.spec, given)
        with open_inputs(algorithm.spec, params) as inputs:
            context = Context(pack, inputs)
            problems = [p for p in algorithm.check(params, context) if p.severity == "error"]
            assert problems == []
            return algorithm.run(params, context, feedback or Recorder())

    return call
