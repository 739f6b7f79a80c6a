"""Monitoring stations: the union of two lists, with typology, influence and dates."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from framework import Product, Workspace
from recipes._figures import check_codes, communes_at, in_words, inside_region, points, with_titles
from recipes._records import products
from scipy.cluster.hierarchy import fcluster, linkage

ID = "stations"
REQUIRES = ("communes",)

#: Stations closer than this are one place when scores are held out by site, m.
SAME_PLACE_M = 500.0
#: The two lists place a station they share no farther apart than this, m.
LISTS_AGREE_M = 100.0
TYPOLOGY = {"rural-nearcity": "rural", "rural-regional": "rural"}
INFLUENCE = {"fond": "fond", "trafic": "trafic", "industriel": "industrielle"}
POSITION_DIFFERS = "AirBase position differs by more than 2 km"


def build(work: Workspace) -> list[Product]:
    """Make the layer of stations."""
    realtime = work.read_csv("stations_realtime.csv")
    listed = work.read_csv("stations_airbase.csv")
    stations = merge(work, realtime, listed)
    stations = add_places(stations, work.product("communes").content)
    evidence = check(work, stations)
    return products(work, {"stations": stations}, {"stations": evidence})


def merge(work: Workspace, realtime: pd.DataFrame, listed: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per code: name and position of the real-time list where it has the station (finer).

    Typology, influence and dates always come from the longer list.
    """
    both = listed.merge(realtime, on="station_code", how="left", suffixes=("", "_realtime"), validate="1:1")
    missing = sorted(set(realtime["station_code"]) - set(listed["station_code"]))
    work.check("the longer list holds every station of the other", not missing, missing)
    shared = both["station_name_realtime"].notna()
    apart = _metres_apart(both[shared])
    work.check("the lists agree on positions", apart.max() < LISTS_AGREE_M, round(float(apart.max()), 1))
    conflicts = _conflicts(both[shared])
    work.check("the lists agree on typology and influence", not conflicts, conflicts)
    chosen = {
        name: both[f"{name}_realtime"].where(shared, both[name]) for name in ("station_name", "lat", "lon")
    }
    return _describe(with_titles(work, both.assign(**chosen, in_realtime_list=shared)))


def add_places(stations: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add commune and EPCI under the point, and the group of stations that stand together."""
    found = communes_at(stations, communes)
    chained = linkage(stations.geometry.get_coordinates().to_numpy(), "single")
    group = fcluster(chained, SAME_PLACE_M, "distance")
    first_code = stations.groupby(group)["station_code"].transform("min")
    return stations.assign(
        commune_code=found["commune_code"], epci_code=found["epci_code"], site_group=first_code
    )


def check(work: Workspace, stations: gpd.GeoDataFrame) -> dict[str, object]:
    """Prove counts and codes; return what a reader of the record should know."""
    work.check("165 stations", len(stations) == stations["station_code"].nunique() == 165, len(stations))
    work.check("every station is placed in the region", inside_region(stations))
    nowhere = sorted(stations.loc[stations["commune_code"].isna(), "station_code"])
    work.check("every station stands in a commune", not nowhere, nowhere)
    check_codes(work, stations, "commune_code", 5)
    known = set(stations["influence"].dropna()) == set(INFLUENCE.values())
    counts, typologies = (
        stations[name].fillna("not stated").value_counts().sort_index().to_dict()
        for name in ("influence", "typology")
    )
    work.check("influence is fond, trafic or industrielle", known, counts)
    elsewhere = stations["commune_code"].str[:2] != stations["department_code"]
    groups = stations.groupby("site_group")["station_code"].agg(list)
    return {
        "stations_by_influence": counts,
        "stations_by_typology": typologies,
        "in_another_department_than_stated": sorted(stations.loc[elsewhere, "station_code"]),
        "groups_closer_than_500_m": [codes for codes in groups if len(codes) > 1],
        "positions_disputed": sorted(stations.loc[stations["position_disputed"], "station_code"]),
    }  # fmt: skip


def _describe(both: pd.DataFrame) -> gpd.GeoDataFrame:
    notes = both["note"]
    frame = pd.DataFrame({
        "station_code": both["station_code"],
        "name": both["station_name"],
        "typology": in_words(both["typology"].replace(TYPOLOGY)),
        "typology_detail": in_words(both["typology"]),
        "influence": in_words(both["influence"].map(INFLUENCE).fillna("")),
        "influence_varies": notes.str.contains("influence differs by sampling point"),
        "opened": notes.str.extract(r"opened (\d{4}-\d{2}-\d{2})", expand=False),
        "closed": notes.str.extract(r"closed (\d{4}-\d{2}-\d{2})", expand=False),
        "pollutants": notes.str.extract(r"e-Reporting pollutants: ([^;]+)", expand=False),
        "in_realtime_list": both["in_realtime_list"],
        "position_disputed": notes.str.contains(POSITION_DIFFERS),
        "department_code": both["department"],
        "confidence": both["confidence"],
        "source": both["source"],
        "lon": both["lon"],
        "lat": both["lat"],
    })  # fmt: skip
    return points(frame.sort_values("station_code", ignore_index=True))


def _metres_apart(shared: pd.DataFrame) -> pd.Series:
    listed = points(shared[["lon", "lat"]]).geometry
    realtime = points(shared[["lon_realtime", "lat_realtime"]], "lon_realtime", "lat_realtime").geometry
    return listed.distance(realtime)


def _conflicts(shared: pd.DataFrame) -> list[str]:
    typology = shared["typology_realtime"].ne("") & shared["typology_realtime"].ne(shared["typology"])
    influence = shared["influence_realtime"].str.lower()
    influenced = influence.ne("") & influence.ne(shared["influence"])
    return sorted(shared.loc[typology | influenced, "station_code"])
