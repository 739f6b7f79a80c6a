"""Communes, EPCI, departments and the seven territories; the territories one can open."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from describe import CRS, extent
from framework import Product, Workspace
from grid import REGION_GRID
from recipes._admin import (
    AQAH_POPULATIONS,
    DEPARTMENTS,
    REGION,
    epci_of_region,
    member_table,
    npm_json,
    outline_rows,
)
from recipes._coverage import clean, dissolve, faults, fill_holes
from recipes._records import products

from aqah_desktop.records import Territory, TerritoryKind

ID = "communes"
REQUIRES: tuple[str, ...] = ()

#: New communes of which the source holds the former main commune only. Their gaps are those of
#: Filain, Bermeries, Huby-Saint-Leu with Marconne and Sainte-Austreberthe, and Yaucourt-Bussus.
INCOMPLETE = ("02589", "59006", "62447", "80155")
GAP_FILLED = "gap_filled"
PARTIAL = "partial"
#: Checks whose figures are kept in the dataset record → name there.
_GIVEN = "each of the four incomplete communes got its gap"
_SOURCE = "faults of the source are known"
_SOUND = "communes are valid, without gap or overlap (tolerance 1 m²)"
_MARGINS = "the grid leaves at least 5 km around the region"
_EVIDENCE = {_GIVEN: "gaps", _SOURCE: "source_faults", _SOUND: "faults", _MARGINS: "grid_margins_m"}
_LEAST_HOLE_M2 = 100_000.0
_MARGIN_M = 5_000.0


def build(work: Workspace) -> list[Product]:
    """Make the four layers and the territory records."""
    epci_rows = epci_of_region(work)
    members = member_table(epci_rows)
    communes = _communes(work, members)
    epci = _epci(communes, epci_rows)
    departments = _departments(communes, {row["code"]: row["nom"] for row in npm_json(work, "departements")})
    territories = epci[epci["aqah"]].drop(columns=["aqah", "flag"])
    _check_coverage(work, communes)
    _check_populations(work, communes, epci)
    work.publish_territories(_records(communes, epci, departments))
    contents = {"communes": communes, "epci": epci, "departments": departments, "territories": territories}
    evidence = {name: check.evidence for check in work.checks if (name := _EVIDENCE.get(check.name))}
    return products(work, contents, {"communes": evidence})


def _communes(work: Workspace, members: pd.DataFrame) -> gpd.GeoDataFrame:
    rows = outline_rows(work)
    same = set(rows["code"]) == set(members["commune_code"])
    work.check("the two sources name the same 3,782 communes", same and len(rows) == 3782, len(rows))
    outlines = gpd.GeoSeries.from_wkb(rows["outline"].map(bytes.fromhex), crs="EPSG:4326").to_crs(CRS)
    takers = [int(np.flatnonzero(rows["code"] == code)[0]) for code in INCOMPLETE]
    raw = np.array(outlines.values)
    before = faults(raw)
    filled, given = fill_holes(raw, takers, _LEAST_HOLE_M2)
    km2 = {rows["code"][i]: round(area / 1e6, 2) for i, area in sorted(given.items())}
    work.check(
        "each of the four incomplete communes got its gap", len(km2) == len(INCOMPLETE), {"filled_km2": km2}
    )
    cleaned = clean(filled)
    moved_m2 = float(np.abs(shapely.area(cleaned) - shapely.area(filled)).max())
    work.check(
        "cleaning moved less than 0.05 km² of any commune", moved_m2 < 50_000, {"most_m2": round(moved_m2)}
    )
    work.check(_SOURCE, before["overlap_m2"] < 50_000, before)
    flags = rows["code"].map(lambda code: GAP_FILLED if code in INCOMPLETE else "")
    frame = members.assign(flag=flags)
    return gpd.GeoDataFrame(frame, geometry=cleaned, crs=CRS)


def _epci(communes: gpd.GeoDataFrame, epci_rows: list[dict]) -> gpd.GeoDataFrame:
    outlines = dissolve(np.array(communes.geometry.values), communes["epci_code"].to_numpy())
    groups = communes.groupby("epci_code")
    population, count = groups["population"].sum(), groups["commune_code"].count()
    rows = [
        {
            "epci_code": row["code"],
            "name": row["nom"],
            "kind": row["type"],
            "population": int(population[row["code"]]),
            "communes": int(count[row["code"]]),
            "aqah": row["code"] in AQAH_POPULATIONS,
            "flag": PARTIAL if count[row["code"]] < len(row["membres"]) else "",
            "geometry": outlines[row["code"]],
        }
        for row in epci_rows
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def _departments(communes: gpd.GeoDataFrame, names: dict[str, str]) -> gpd.GeoDataFrame:
    outlines = dissolve(np.array(communes.geometry.values), communes["department_code"].to_numpy())
    groups = communes.groupby("department_code")
    rows = [
        {
            "department_code": code,
            "name": names[code],
            "population": int(groups["population"].sum()[code]),
            "communes": int(groups["commune_code"].count()[code]),
            "geometry": outlines[code],
        }
        for code in DEPARTMENTS
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def _records(
    communes: gpd.GeoDataFrame, epci: gpd.GeoDataFrame, departments: gpd.GeoDataFrame
) -> list[Territory]:
    codes = communes["commune_code"]
    records = [
        Territory(
            row.epci_code, TerritoryKind.EPCI, row.name, row.population,
            tuple(codes[communes["epci_code"] == row.epci_code]), extent(epci.iloc[[i]]), row.aqah,
        )
        for i, row in enumerate(_named(epci))
    ]  # fmt: skip
    records += [
        Territory(
            row.department_code, TerritoryKind.DEPARTMENT, row.name, row.population,
            tuple(codes[communes["department_code"] == row.department_code]), extent(departments.iloc[[i]]),
        )
        for i, row in enumerate(_named(departments))
    ]  # fmt: skip
    whole = Territory(
        REGION, TerritoryKind.REGION, "Hauts-de-France", int(communes["population"].sum()),
        tuple(codes), extent(communes),
    )  # fmt: skip
    return [*records, whole]


def _named(frame: gpd.GeoDataFrame) -> list:
    return list(frame.drop(columns="geometry").itertuples(index=False))


def _check_coverage(work: Workspace, communes: gpd.GeoDataFrame) -> None:
    found = faults(np.array(communes.geometry.values))
    sound = found["invalid"] == 0 and found["holes"] == 0 and abs(found["overlap_m2"]) < 1
    work.check(_SOUND, sound, found)
    work.check("shared edges are identical", found["unmatched_edges_m"] == 0, found["unmatched_edges_m"])
    x_min, y_min, x_max, y_max = communes.total_bounds
    g_x_min, g_y_min, g_x_max, g_y_max = REGION_GRID.extent
    margins = {
        "west": x_min - g_x_min,
        "east": g_x_max - x_max,
        "south": y_min - g_y_min,
        "north": g_y_max - y_max,
    }
    rounded = {side: round(float(margin)) for side, margin in margins.items()}
    work.check(_MARGINS, min(rounded.values()) >= _MARGIN_M, rounded)


def _check_populations(work: Workspace, communes: gpd.GeoDataFrame, epci: gpd.GeoDataFrame) -> None:
    work.check("92 EPCI", len(epci) == 92, len(epci))
    aqah = epci[epci["aqah"]]
    sums = {row.epci_code: row.population for row in _named(aqah)}
    work.check("populations of the seven territories are the official ones", sums == AQAH_POPULATIONS, sums)
    work.check(
        "257 communes in the seven territories",
        int(aqah["communes"].sum()) == 257,
        int(aqah["communes"].sum()),
    )
    partial = sorted(epci.loc[epci["flag"] == PARTIAL, "epci_code"])
    work.check("two EPCI extend beyond the region", partial == ["200069722", "247600588"], partial)
    empty = sorted(communes.loc[communes["population"] == 0, "commune_code"])
    work.check("hardly any commune is empty", len(empty) < 5, {"without_residents": empty})
    total = int(communes["population"].sum())
    work.check("the region has 5.9 to 6.1 million residents", 5.9e6 < total < 6.1e6, total)
