"""What is known, independently, about where people live inside a commune."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from describe import CRS
from framework import Workspace
from grid import REGION_GRID
from scipy.ndimage import gaussian_filter

_SMOOTHING_M = 2000.0
_LEAST_YEARS = 2


def site_gain(work: Workspace, residents: np.ndarray, even: np.ndarray) -> dict[str, Any]:
    """Mean log of (share of the commune's residents where a site stands) over (even share).

    Zero is an even spread, 0.69 twice as many residents in the cell of a site. Écoles served to choose
    the constants of the rule; the other sites (collèges, lycées, hospitals, EHPAD) did not.
    """
    sites = work.read_csv("sites.csv")
    sites = sites[sites["lon"] != ""]
    ratio = _at(residents, sites) / _at(even, sites)
    known = np.isfinite(ratio)
    ecole = (sites["kind"] == "ecole").to_numpy()
    return {
        name: {"sites": int(chosen.sum()), "gain": round(float(np.log(ratio[chosen]).mean()), 2)}
        for name, chosen in (("ecoles", known & ecole), ("others", known & ~ecole))
    }


def station_correlation(work: Workspace, maps: dict[str, np.ndarray]) -> dict[str, Any]:
    """Correlation of background NO2 with residents smoothed at 2 km, for several maps.

    NO2 is each station's mean difference to the yearly mean of all stations, so that stations of
    different years compare; background stations with two years or more.
    """
    values = work.read_csv("station_annual.csv")
    values = values[(values["pollutant"] == "NO2") & (values["station_code"] != "")]
    values = values.assign(year=pd.to_numeric(values["year"], errors="coerce"))
    values = values.assign(value=pd.to_numeric(values["value"], errors="coerce")).dropna(
        subset=["year", "value"]
    )
    values["apart"] = values["value"] - values.groupby("year")["value"].transform("mean")
    stations = work.read_csv("stations_airbase.csv").set_index("station_code")
    means = values.groupby("station_code")["apart"].agg(["mean", "count"]).join(stations, how="inner")
    means = means[(means["influence"] == "fond") & (means["count"] >= _LEAST_YEARS)]
    found = {}
    for name, residents in maps.items():
        sigma = _SMOOTHING_M / REGION_GRID.cell_m
        around = _at(gaussian_filter(np.nan_to_num(residents), sigma, mode="constant"), means)
        found[name] = round(float(np.corrcoef(around, means["mean"])[0, 1]), 2)
    return {"stations": len(means)} | found


def _at(values: np.ndarray, places: pd.DataFrame) -> np.ndarray:
    """Value of the cell of each place (columns ``lon``, ``lat``, text)."""
    points = gpd.GeoSeries.from_xy(places["lon"].astype(float), places["lat"].astype(float), crs="EPSG:4326")
    points = points.to_crs(CRS)
    column = ((points.x - REGION_GRID.x_min) // REGION_GRID.cell_m).astype(int)
    row = ((REGION_GRID.y_max - points.y) // REGION_GRID.cell_m).astype(int)
    return values[row, column]
