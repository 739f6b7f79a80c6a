"""Traffic counts of main sections, as straight lines between their two markers."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from framework import Product, Workspace
from recipes._figures import CRS, inside_region, number, points, whole, with_titles
from recipes._records import products

ID = "traffic_counts"
REQUIRES: tuple[str, ...] = ()

#: A straight line is shorter than its road, and markers are rounded: what a ratio may be.
STRAIGHT_TO_ROAD = (0.5, 1.1)


def build(work: Workspace) -> list[Product]:
    """Make the sections; counts without end points keep no geometry."""
    rows = with_titles(work, work.read_csv("traffic_counts.csv"))
    sections = draw(rows)
    check(work, sections)
    return products(work, {"traffic_counts": sections})


def draw(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Sections in EPSG:2154."""
    start = points(rows[["lon_start", "lat_start"]], "lon_start", "lat_start").geometry
    end = points(rows[["lon_end", "lat_end"]], "lon_end", "lat_end").geometry
    lines = [
        shapely.LineString([a, b]) if a is not None and b is not None else None
        for a, b in zip(start, end, strict=True)
    ]
    table = rows.drop(columns=["lon_start", "lat_start", "lon_end", "lat_end"]).assign(
        distance_km=number(rows["distance_km"]),
        length_m=number(rows["length_m"]),
        aadt=whole(rows["aadt"]),
        hgv_pct=number(rows["hgv_pct"]),
        year=whole(rows["year"]),
        placed=[line is not None for line in lines],
    )
    table = table.rename(columns={"aadt": "aadt_vehicles_per_day", "hgv_pct": "heavy_percent"})
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def check(work: Workspace, sections: gpd.GeoDataFrame) -> None:
    """Prove counts, positions and that a line is not longer than its road."""
    placed = int(sections["placed"].sum())
    work.check("43 sections, 37 placed", (len(sections), placed) == (43, 37), [len(sections), placed])
    work.check("positions inside the region", inside_region(sections))
    work.check("every section has a count", sections["aadt_vehicles_per_day"].notna().all())
    long_enough = sections["length_m"] > 1000
    ratio = (sections.geometry.length / sections["length_m"])[long_enough].dropna()
    low, high = STRAIGHT_TO_ROAD
    extremes = [round(float(ratio.min()), 3), round(float(ratio.max()), 3)]
    work.check("straight line / road length is plausible", ratio.between(low, high).all(), extremes)
