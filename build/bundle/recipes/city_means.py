"""City means of the WHO databases: averages over stations that change from year to year."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from framework import Product, Workspace
from recipes._figures import in_words, inside_region, number, slug, whole, with_titles
from recipes._records import products

ID = "city_means"
REQUIRES = ("communes", "stations", "station_values")

POLLUTANTS = {"NO2": "no2", "PM10": "pm10", "PM2.5": "pm25"}
WRITTEN = {code: written for written, code in POLLUTANTS.items()}
#: Former communes: town as written → commune it belongs to.
FORMER_COMMUNES = {"Saint-Pol-Sur-Mer": "59183"}
#: A city mean this near a station's value of the same year is that station, µg/m³.
SAME_VALUE_UG_M3 = 0.011
YEARS = [2010, 2014, 2015, 2016, 2017, 2018, 2019]


def build(work: Workspace) -> list[Product]:
    """Make the table."""
    rows = with_titles(work, work.read_csv("station_annual.csv"))
    rows = rows[rows["city"] != ""]
    stations = work.product("stations").content
    means = work.product("station_annual_means").content
    table = read_values(rows).merge(place_cities(work, rows), on="city")
    table["equals_station"] = [_same_station(row, means, stations) for row in table.itertuples()]
    table = add_stations(table, stations, work.product("communes").content)
    table = table.sort_values(["pollutant", "year", "city"], ignore_index=True)
    evidence = check(work, table)
    return products(work, {"city_annual_means": table}, {"city_annual_means": evidence})


def read_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Values with what the database says of the stations behind them."""
    note = rows["note"]
    listed = note.str.extract(r"(\d+ stations?, \w+ \w+)", expand=False)
    return pd.DataFrame({
        "city": rows["city"],
        "pollutant": rows["pollutant"].map(POLLUTANTS),
        "year": whole(rows["year"]),
        "value_ug_m3": number(rows["value"]),
        "statistic": "annual_mean",
        "rounded": rows["source"].str.contains("May 2016"),
        "stations_stated": in_words(rows["typology"]).fillna(listed),
        "traffic_or_industry_stated": note.str.contains("Traffic|Industrial", regex=True),
        "coverage_percent": number(note.str.extract(r"coverage (\d+) %", expand=False)),
        "confidence": rows["confidence"],
        "source": rows["source"],
    })  # fmt: skip


def place_cities(work: Workspace, rows: pd.DataFrame) -> pd.DataFrame:
    """Find the commune of each city by its name without accents (the one inhabited most if several)."""
    communes = work.product("communes").content
    by_name = communes.assign(key=communes["name"].map(slug)).sort_values("population", ascending=False)
    found = {}
    for city in sorted(rows["city"].unique()):
        same = by_name.loc[by_name["key"] == slug(city), "commune_code"].tolist()
        found[city] = FORMER_COMMUNES.get(city) or (same[0] if len(same) == 1 else None)
    unknown = sorted(city for city, code in found.items() if code is None)
    work.check("every city is one commune", not unknown, unknown)
    table = pd.DataFrame(sorted(found.items()), columns=["city", "commune_code"])
    return table.merge(communes[["commune_code", "epci_code"]], on="commune_code")


def add_stations(table: pd.DataFrame, stations: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the stations that may stand behind each mean, their influences and a position.

    The position is that of the station the mean equals; else the mean of the background stations of the
    commune open that year (of all of them when there is no background one); else a point inside it.
    """
    inner = communes.set_index("commune_code").geometry.representative_point()
    found = [_behind(row, stations, inner[row.commune_code]) for row in table.itertuples()]
    table = table.drop(columns="traffic_or_industry_stated")
    return pd.concat([table, pd.DataFrame(found, index=table.index)], axis=1)


def check(work: Workspace, table: pd.DataFrame) -> dict[str, object]:
    """Prove counts, years and positions; return what a reader of the record should know."""
    counts = table["pollutant"].value_counts().sort_index().to_dict()
    work.check("442 city means", counts == {"no2": 151, "pm10": 201, "pm25": 90}, counts)
    years = sorted(int(year) for year in table["year"].unique())
    work.check("years 2010 and 2014-2019", years == YEARS, years)
    key = ["city", "pollutant", "year"]
    work.check("one mean per city, pollutant and year", not table.duplicated(key).any())
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["x_m"], table["y_m"]))
    work.check("every city is placed in the region", inside_region(places))
    basis = table.drop_duplicates("city")["position_basis"].value_counts().sort_index().to_dict()
    traffic = sorted(table.loc[table["traffic_or_industry_inside"], "city"].unique())
    equal = table["equals_station"].notna()
    return {
        "cities": sorted(table["city"].unique()),
        "cities_with_traffic_or_industry_inside": traffic,
        "positions": basis,
        "means_equal_to_a_station_of_the_table": int(equal.sum()),
        "rows_by_year": {str(year): int(n) for year, n in table.groupby("year").size().items()},
    }


def _behind(row: Any, stations: gpd.GeoDataFrame, inner_point: shapely.Point) -> dict[str, object]:
    there = _open_that_year(stations[stations["commune_code"] == row.commune_code], row)
    background = there[there["influence"] == "fond"]
    basis, chosen = "commune", there
    for name, some in (
        ("equal_station", stations[stations["station_code"] == row.equals_station]),
        ("background_stations", background),
        ("stations", there),
    ):
        if len(some):
            basis, chosen = name, some
            break
    roadside = len(chosen) > 0 and not chosen["influence"].eq("fond").any()
    places = chosen.geometry if len(chosen) else gpd.GeoSeries([inner_point])
    return {
        "stations_in_commune": " ".join(sorted(there["station_code"])) or None,
        "background_stations": len(background),
        "traffic_or_industry_inside": bool(row.traffic_or_industry_stated or roadside),
        "x_m": round(float(places.x.mean()), 1),
        "y_m": round(float(places.y.mean()), 1),
        "position_basis": basis,
    }


def _open_that_year(there: gpd.GeoDataFrame, row: Any) -> gpd.GeoDataFrame:
    """Stations not known to be closed or not yet open; those declaring the pollutant when there are any."""
    there = there[there["closed"].isna() | (there["closed"].str[:4] >= str(row.year))]
    there = there[there["opened"].isna() | (there["opened"].str[:4] <= str(row.year))]
    declaring = there[[WRITTEN[row.pollutant] in str(names).split() for names in there["pollutants"]]]
    return declaring if len(declaring) else there


def _same_station(row: Any, means: pd.DataFrame, stations: gpd.GeoDataFrame) -> str | None:
    here = stations.loc[stations["commune_code"] == row.commune_code, "station_code"]
    same = means[
        (means["pollutant"] == row.pollutant) & (means["year"] == row.year) & means["station_code"].isin(here)
    ]
    near = same[(same["value_ug_m3"] - row.value_ug_m3).abs() <= SAME_VALUE_UG_M3]
    return near["station_code"].iloc[0] if len(near) else None
