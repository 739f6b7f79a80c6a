"""Plugins made on the spot, and a small pack they can act on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aqah_desktop.plugins.hosting import host_algorithm
from aqah_desktop.plugins.loader import load
from aqah_desktop.processing.contract import Algorithm, Context
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
from aqah_desktop.storage.pack import Manifest, Pack
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.vectors import write_geopackage

GRID = Grid(x_min=700_000.0, y_max=7_060_000.0, cell_m=200.0, nx=60, ny=40)
NAME = LocalText("essai", "test")
EXTENT = (702_000.0, 7_053_000.0, 710_000.0, 7_059_000.0)
HOSTILE = Path(__file__).parent / "hostile"
FRENCH = Path("locales/fr/LC_MESSAGES/hostile.po")

MANIFEST = """\
id = "hostile-{slug}"
kind = "{kind}"
version = "0.1.0"
contract = "1"
app = ">=0.1"
entry = "{module}:Plugin"
title = {{ fr = "Essai", en = "Trial" }}
author = "Nobody"
licence = "EUPL-1.2"
algorithms = ["hostile.{kind}.{module}"]
limits = {{ seconds = {seconds}, memory_mb = 256, output_mb = 8 }}
"""

MakePlugin = Callable[..., Path]


@pytest.fixture
def make_plugin(tmp_path: Path) -> MakePlugin:
    """Write a plugin folder around one module and return it."""

    def make(module: str, source: str | None = None, kind: str = "action", seconds: float = 10) -> Path:
        folder = tmp_path / "plugins" / module
        folder.mkdir(parents=True)
        text = (HOSTILE / f"{module}.py").read_text(encoding="utf-8") if source is None else source
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
        slug = module.replace("_", "-")
        manifest = MANIFEST.format(slug=slug, kind=kind, module=module, seconds=seconds)
        (folder / "aqah-plugin.toml").write_text(manifest, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def hosted(make_plugin: MakePlugin) -> Callable[..., Algorithm]:
    """Return one of the hostile plugins (or a given source) as an algorithm."""

    def make(module: str, source: str | None = None, **options: float) -> Algorithm:
        return host_algorithm(load(make_plugin(module, source, **options)))

    return make


def _dataset(name: str, evidence: dict[str, object]) -> Dataset:
    origin, coverage = Origin("", "", "", ""), Coverage(NAME, "", NAME, "EPSG:2154", "")
    standing = Standing(Quality.OFFICIAL, Method.MODELLED)
    return Dataset(name, "1", NAME, origin, coverage, Lineage(), standing, evidence)


def _frames() -> dict[str, pd.DataFrame]:
    communes = gpd.GeoDataFrame(
        {"commune_code": ["59001", "59002"], "name": ["Ouest", "Est"], "population": [5_000, 4_000]},
        geometry=[
            shapely.box(702_000, 7_053_000, 706_000, 7_059_000),
            shapely.box(706_000, 7_053_000, 710_000, 7_059_000),
        ],
        crs="EPSG:2154",
    )
    sites = gpd.GeoDataFrame(
        {"site_id": ["a"], "name": ["A"], "kind": ["ecole"], "commune_code": ["59001"]},
        geometry=[shapely.Point(704_000, 7_056_000)],
        crs="EPSG:2154",
    )
    wind = pd.DataFrame(
        {
            "season": "winter",
            "sector_centre_deg": np.arange(16) * 22.5,
            "speed_low_m_s": 3.0,
            "speed_high_m_s": 5.0,
            "stability": "D",
            "frequency": 1 / 16,
        }
    )
    return {"communes": communes, "ecoles": sites, "wind_stability": wind, "action_effects": _effects()}


def _effects() -> pd.DataFrame:
    rows = [
        ("zone_1", "NOx", "emission", None, -14.0, None, "published"),
        ("zone_2", "NO2", "concentration", None, None, -12.0, "published"),
        ("zone_3", "NOx (passenger cars)", "emission", -76.0, None, -87.0, "secondary"),
        ("zone_4", "PM10", "emission", None, -5.0, None, "recalled"),
    ]
    names = ["effect_id", "pollutant", "effect_type", "low", "central", "high", "confidence"]
    table = pd.DataFrame(rows, columns=names)
    words = {f"{name}_{lang}": f"{name} {lang}" for name in ("action", "context") for lang in ("fr", "en")}
    return table.assign(
        action_id="low_emission_zone", sector="transport", unit="%", source="A report", note_fr=None,
        note_en=None, **words,
    )  # fmt: skip


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Two communes, traffic and people in the middle, everything a simulation reads."""
    folder = tmp_path_factory.mktemp("pack")
    row, column = np.mgrid[: GRID.ny, : GRID.nx]
    people = 200 * np.exp(-((row - 20) ** 2 + (column - 30) ** 2) / 100.0)
    no2 = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2, (2019, 2019))
    nox = Measure("t/yr", Statistic.EMISSION_TOTAL, Pollutant.NOX, (2018, 2018))
    rasters = {
        "road_nox_2018": (people / people.sum() * 1_000.0, "emissions", nox),
        "population": (people, "base", None),
        "no2_2019": (10.0 + 12.0 * people / people.max(), "concentration", no2),
    }
    layers = []
    for name, (values, role, measure) in rasters.items():
        write_raster(folder / f"{name}.tif", values.astype(np.float32), GRID)
        shape = RasterShape(GRID, "float32", None)
        layers.append(Layer(name, name, NAME, role, shape, Source(f"{name}.tif"), measure))
    frames = _frames()
    write_geopackage(folder / "vectors.gpkg", frames)
    for name, role in {
        "communes": "base",
        "ecoles": "sites",
        "wind_stability": "table",
        "action_effects": "table",
    }.items():
        kind = "Polygon" if name == "communes" else "Point" if name == "ecoles" else "None"
        fields = tuple(FieldSchema(str(column), "text", NAME) for column in frames[name].columns)
        shape = VectorShape(kind, "EPSG:2154", EXTENT, fields)
        layers.append(Layer(name, name, NAME, role, shape, Source("vectors.gpkg", name)))
    factor = {"low": 0.4, "central": 0.6, "high": 0.9, "level": 95.0}
    evidence = {"dispersion_factor": factor, "kernel": {"terrain": "urban", "radius_m": 4_000.0}}
    datasets = {layer.id: _dataset(layer.id, evidence) for layer in layers}
    manifest = Manifest("aqah-pack/1", "test", "1", NAME, "0", {}, {})
    territory = Territory("200000001", TerritoryKind.EPCI, "Essai", 9_000, ("59001", "59002"), EXTENT)
    return Pack(
        folder, manifest, datasets, {layer.id: layer for layer in layers}, {territory.code: territory}
    )


@pytest.fixture
def context(pack: Pack) -> Context:
    """Context on the small pack."""
    return Context(pack)
