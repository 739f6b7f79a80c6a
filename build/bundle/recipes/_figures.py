"""Shared by the recipes that read ``sources/*.csv``: numbers, positions, sources, confidence."""

from __future__ import annotations

import re
import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
from framework import Workspace

from aqah_desktop.records import Confidence

CRS = "EPSG:2154"
#: The seven territories of the project: EPCI code → name.
TERRITORIES = {
    "200093201": "Métropole Européenne de Lille",
    "245900428": "CU de Dunkerque",
    "200068047": "CA Creil Sud Oise",
    "200040954": "CC des Hauts de Flandre",
    "200044618": "CA Douaisis Agglo",
    "246000707": "CC du Vexin-Thelle",
    "200067965": "CA de la Région de Compiègne et de la Basse Automne",
}
#: Region in Lambert-93, rounded outwards, m: no position of the region lies outside.
REGION_BOX = (583_000.0, 6_859_000.0, 791_000.0, 7_111_000.0)


def number(column: pd.Series) -> pd.Series:
    """Text as numbers; empty cells and words ("about 800") give NaN."""
    return pd.to_numeric(column, errors="coerce").astype("float64")


def whole(column: pd.Series) -> pd.Series:
    """Text as integers that may be missing."""
    return number(column).astype("Int64")


def in_words(column: pd.Series) -> pd.Series:
    """Text with empty cells missing."""
    return column.where(column != "", None).astype(object)


def slug(words: str) -> str:
    """Lower-case ASCII identifier: ``"low emission zone"`` → ``"low_emission_zone"``."""
    plain = unicodedata.normalize("NFKD", words.lower().replace("œ", "oe"))
    ascii_words = plain.encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z0-9]+", ascii_words))


def with_titles(work: Workspace, frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the keys of the column ``source`` by the titles of ``references.csv``."""
    references = work.read_csv("references.csv").set_index("source")
    unknown = sorted(set(frame["source"]) - set(references.index))
    work.check("every source key is in references.csv", not unknown, unknown)
    return frame.assign(source=frame["source"].map(references["title"]))


def worst_confidence(frame: pd.DataFrame) -> Confidence:
    """The least sure confidence of the rows."""
    order = list(Confidence)
    return max((Confidence(value) for value in frame["confidence"].dropna().unique()), key=order.index)


def points(frame: pd.DataFrame, lon: str = "lon", lat: str = "lat") -> gpd.GeoDataFrame:
    """Rows as points in EPSG:2154 rounded to 0.1 m; no position, no geometry."""
    x, y = number(frame[lon]), number(frame[lat])
    geometry = gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index, crs="EPSG:4326").to_crs(CRS)
    rounded = gpd.points_from_xy(geometry.x.round(1), geometry.y.round(1), crs=CRS)
    placed = gpd.GeoSeries(rounded, index=frame.index, crs=CRS)
    placed[x.isna() | y.isna()] = None
    return gpd.GeoDataFrame(frame.drop(columns=[lon, lat]), geometry=placed, crs=CRS)


def communes_at(places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, reach_m: float = 500.0) -> pd.DataFrame:
    """Commune and EPCI under each point, or nearest within ``reach_m`` (outlines are simplified).

    Returns
    -------
    pandas.DataFrame
        ``commune_code, epci_code, commune_distance_m``, indexed like ``places``; missing when farther.
    """
    known = places[places.geometry.notna()][["geometry"]]
    outlines = communes[["commune_code", "epci_code", "geometry"]]
    joined = known.sjoin_nearest(outlines, max_distance=reach_m, distance_col="commune_distance_m")
    joined = joined.sort_values(["commune_distance_m", "commune_code"])
    joined = joined[~joined.index.duplicated()]
    return joined[["commune_code", "epci_code", "commune_distance_m"]].reindex(places.index)


def distance_to_commune(places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Metres from each point to the outline of the commune its row names (0 inside, NaN unknown)."""
    outline = places["commune_code"].map(communes.set_index("commune_code").geometry)
    outlines = gpd.GeoSeries(outline, index=places.index, crs=CRS)
    return places.geometry.distance(outlines, align=False).round(1)


def inside_region(places: gpd.GeoDataFrame) -> bool:
    """Whether every position lies in :data:`REGION_BOX`."""
    bounds = places.geometry.dropna().total_bounds
    low, high = np.array(REGION_BOX[:2]), np.array(REGION_BOX[2:])
    return bool((bounds[:2] >= low).all() and (bounds[2:] <= high).all())


def check_codes(work: Workspace, frame: pd.DataFrame, column: str, length: int) -> None:
    """Check that a code column kept its leading zeros."""
    bad = sorted(code for code in frame[column].dropna().unique() if len(code) != length)
    work.check(f"{column}: {length} characters", not bad, bad)
