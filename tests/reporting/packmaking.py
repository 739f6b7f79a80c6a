"""A small, clearly fictitious pack written with the program's own storage."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
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
from aqah_desktop.storage.raster_writing import write_raster
from aqah_desktop.storage.records_json import to_json
from aqah_desktop.storage.vector_writing import write_geopackage

CODE = "999999999"
X0, Y0, SIDE = 700_000.0, 7_060_000.0, 6_000.0
GRID = Grid(X0 - 12_000, Y0 + 30_000, 200.0, 210, 210)
CRS = "EPSG:2154"
NAMES = (
    "Saint-Œuf-lès-Prés", "Éléville", "Ça-et-Là", "Noël-Plage", "Grand-Bourg", "L’Hôpital", "Bas-Mont",
    "Forêt-Longue", "Où-Donc",
)  # fmt: skip


def dataset(name: str, quality: Quality, method: Method) -> Dataset:
    standing = Standing(
        quality,
        method,
        limits=LocalText(
            "Données inventées pour les essais : ne décrivent aucun lieu.", "Invented for tests."
        ),
    )
    origin = Origin("Personne", "CC0 1.0", f"Jeu d’essai inventé « {name} »", "essais")
    coverage = Coverage(
        LocalText("nulle part", "nowhere"), "2019", LocalText("grille de 200 m", "200 m grid"), CRS, "2026"
    )
    return Dataset(f"fake_{name}", "1", LocalText(name, name), origin, coverage, Lineage(), standing)


def communes() -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(X0 + c * SIDE, Y0 + r * SIDE, X0 + (c + 1) * SIDE, Y0 + (r + 1) * SIDE)
        for r in range(3)
        for c in range(3)
    ]
    return gpd.GeoDataFrame(
        {
            "commune_code": [f"9900{i}" for i in range(9)],
            "name": NAMES,
            "department_code": "99",
            "epci_code": CODE,
            "population": [900 * (i + 1) if i != 4 else 45_000 for i in range(9)],
        },
        geometry=shapes,
        crs=CRS,
    )


def sites() -> gpd.GeoDataFrame:
    rows = []
    kinds = ("ecole", "ecole", "ecole", "college", "lycee", "hospital", "ehpad")
    for i in range(28):
        x, y = X0 + 1_500 + (i % 7) * 2_400, Y0 + 1_700 + (i // 7) * 4_300
        placed = i % 14 != 13
        kind = kinds[i % 7]
        rows.append(
            {
                "site_id": f"F{i:04d}",
                "kind": kind,
                "name": f"Établissement inventé nº {i}",
                "status": "Public",
                "commune_code": f"9900{min(i % 7 // 2, 2) + 3 * min(i // 10, 2)}",
                "epci_code": CODE,
                "pupils": 60 + 10 * i if kind == "ecole" else None,
                "placed": placed,
                "geometry": shapely.Point(x, y) if placed else None,
            }
        )
    return gpd.GeoDataFrame(rows, crs=CRS)


def surface(level: float) -> np.ndarray:
    x = GRID.x_min + (np.arange(GRID.nx) + 0.5) * GRID.cell_m
    y = GRID.y_max - (np.arange(GRID.ny) + 0.5) * GRID.cell_m
    distance = np.hypot(x[None, :] - X0 - 9_000, y[:, None] - Y0 - 9_000)
    values = level * (0.45 + 0.9 * np.exp(-((distance / 8_000) ** 2)))
    values[:, x > X0 + 21_000] = np.nan
    return values.astype("float32")


def thresholds() -> pd.DataFrame:
    rows = [
        ("who_2021_no2_annual", "WHO 2021", "annual guideline", 10.0),
        ("who_2021_no2_annual_interim_3", "WHO 2021", "annual interim target 3", 20.0),
        ("eu_2030_no2_annual", "EU 2024/2881 (2030)", "annual limit value", 20.0),
        ("eu_2008_no2_annual", "EU 2008/50/EC", "annual limit value", 40.0),
    ]
    names = ("id", "framework", "statistic", "value_ug_m3")
    common = {"pollutant": "no2", "applies_from": "", "confidence": "published", "source": "essai"}
    return pd.DataFrame(rows, columns=list(names)).assign(averaging_period="annual", **common)


def _vector_layer(name: str, role: str, frame: pd.DataFrame, data: str) -> Layer:
    geometry = isinstance(frame, gpd.GeoDataFrame)
    kind = str(frame.geom_type.dropna().iloc[0]) if geometry else "None"
    extent = tuple(float(v) for v in frame.total_bounds) if geometry else (0.0, 0.0, 0.0, 0.0)
    fields = tuple(
        FieldSchema(str(c), "text", LocalText(str(c), str(c))) for c in frame.columns if c != "geometry"
    )
    shape = VectorShape(kind, CRS, extent, fields)
    title = LocalText(f"Couche inventée {name}", f"Invented layer {name}")
    return Layer(name, f"fake_{data}", title, role, shape, Source("vectors.gpkg", name), territory=CODE)


def _raster_layer(name: str, role: str, statistic: Statistic, data: str, uncertainty: str = "") -> Layer:
    year = int(name.split("_")[1])
    measure = Measure("µg/m³", statistic, Pollutant.NO2, (year, year))
    shape = RasterShape(GRID, "uint16", 65535, 0.01)
    title = LocalText(f"NO₂ inventé {year}", f"Invented NO₂ {year}")
    source = Source(f"rasters/{name}.tif")
    return Layer(name, f"fake_{data}", title, role, shape, source, measure, CODE, uncertainty)


def write_pack(folder: Path, quality: Quality = Quality.INDICATIVE) -> Path:
    """Write the pack: 9 square communes, 28 sites (2 without position), NO₂ 2013 and 2019."""
    (folder / "rasters").mkdir(parents=True)
    area = communes()
    land = gpd.GeoDataFrame(
        {"name": ["terre"]},
        geometry=[shapely.box(X0 - 40_000, Y0 - 40_000, X0 + 60_000, Y0 + 26_000)],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {"name": ["Ailleurs", NAMES[4]], "population": [20_000, 45_000]},
        geometry=[shapely.Point(X0 - 4_000, Y0 + 8_000), shapely.Point(X0 + 9_000, Y0 + 9_000)],
        crs=CRS,
    )
    departments = area.dissolve("department_code").reset_index()[["department_code", "geometry"]]
    tables = {
        "communes": ("base", area, "admin"),
        "departments": ("base", departments, "admin"),
        "land": ("base", land, "admin"),
        "places": ("places", places, "admin"),
        "ecoles": ("sites", sites(), "sites"),
        "thresholds": ("table", thresholds(), "sites"),
    }
    layers = [_vector_layer(name, role, frame, data) for name, (role, frame, data) in tables.items()]
    write_geopackage(folder / "vectors.gpkg", {name: frame for name, (_, frame, _) in tables.items()})
    for year, level in ((2013, 24.0), (2019, 19.0)):
        values = surface(level)
        spread = np.where(values < 10, 0.4 * values, 2.0).astype("float32")
        write_raster(folder / f"rasters/no2_{year}.tif", values, GRID, scale=0.01)
        write_raster(folder / f"rasters/no2_{year}_std.tif", spread, GRID, scale=0.01)
        std = f"no2_{year}_std"
        layers.append(_raster_layer(f"no2_{year}", "concentration", Statistic.ANNUAL_MEAN, "air", std))
        layers.append(_raster_layer(std, "uncertainty", Statistic.STANDARD_DEVIATION, "air"))
    datasets = [
        dataset("admin", Quality.OFFICIAL, Method.DECLARED),
        dataset("sites", Quality.OFFICIAL, Method.DECLARED),
        dataset("air", quality, Method.MODELLED),
    ]
    codes = tuple(area["commune_code"])
    extent = (X0, Y0, X0 + 3 * SIDE, Y0 + 3 * SIDE)
    population = int(area["population"].sum())
    territory = Territory(CODE, TerritoryKind.EPCI, "Pays d’Essai (fictif)", population, codes, extent, True)
    (folder / "datasets.json").write_text(to_json(datasets), encoding="utf-8")
    (folder / "layers.json").write_text(to_json(layers), encoding="utf-8")
    (folder / "territories.json").write_text(to_json([territory]), encoding="utf-8")
    _write_manifest(folder)
    return folder


def _write_manifest(folder: Path) -> None:
    members = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        members[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    manifest = {
        "format": "aqah-pack/1", "id": "fake", "version": "1", "minimum_app": "0.1.0",
        "title": {"fr": "Paquet d’essai", "en": "Test pack"}, "coverage": {}, "members": members,
    }  # fmt: skip
    (folder / "pack.json").write_text(to_json(manifest), encoding="utf-8")
