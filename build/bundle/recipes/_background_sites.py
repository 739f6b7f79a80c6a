"""Background observations of one pollutant and year: who is used, where, how sure, and who is not."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from framework import Workspace

from aqah_desktop.records import Grid
from aqah_desktop.science.background import Places, SiteValues, population_covariates
from aqah_desktop.science.exposure import values_at_points

#: Standard deviation of an annual mean as a share of it. Assumed: the directives ask an expanded
#: uncertainty of 15 % (NO2) and 25 % (PM) of one measurement near the limit value, and a yearly mean is
#: better; city means add the unknown set of stations, mixed ones the removal of the traffic station.
ERROR_SHARE = {"station": 0.05, "city": 0.07, "mixed": 0.12}
#: The year of the European model whose regional shape is used.
SHAPE_VINTAGE = "cams61_2019"
_SHAPE_NAMES = {"no2": "NO2", "pm10": "PM10", "pm25": "PM2.5"}


@dataclass(frozen=True)
class Covariates:
    """What explains the background anywhere: smoothed residents and the regional shape."""

    grid: Grid
    density_per_km2: np.ndarray
    gradient: pd.DataFrame

    def at(self, pollutant: str, x_m: np.ndarray, y_m: np.ndarray) -> Places:
        """Covariates at positions, rounded so that a record can hold them exactly."""
        density = values_at_points(self.density_per_km2, self.grid, x_m, y_m)
        terms = population_covariates(density) | {"shape": self.shape(pollutant, x_m, y_m)}
        return Places(x_m, y_m, {name: np.round(values, 6) for name, values in terms.items()})

    def shape(self, pollutant: str, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
        """Quadratic shape of the regional background, µg/m³."""
        rows = self.gradient
        row = rows[(rows["pollutant"] == _SHAPE_NAMES[pollutant]) & (rows["vintage"] == SHAPE_VINTAGE)].iloc[
            0
        ]
        u, v = (x_m - row["x_centre_m"]) / 1e5, (y_m - row["y_centre_m"]) / 1e5
        linear = row["c0"] + row["c_u"] * u + row["c_v"] * v
        return np.asarray(linear + row["c_uu"] * u**2 + row["c_uv"] * u * v + row["c_vv"] * v**2)


@dataclass(frozen=True)
class Tables:
    """The observations of the pack and what is known of the stations behind city means."""

    stations: gpd.GeoDataFrame
    station_means: pd.DataFrame
    city_means: pd.DataFrame
    composition: pd.DataFrame

    @classmethod
    def read(cls, work: Workspace) -> Tables:
        """Read them and check that the table of compositions fits the others."""
        tables = cls(
            work.product("stations").content.set_index("station_code"),
            work.product("station_annual_means").content,
            work.product("city_annual_means").content,
            work.read_csv("city_mean_sites.csv"),
        )
        tables._check(work)
        return tables

    def station_sites(self, pollutant: str, year: int) -> tuple[pd.DataFrame, list[str]]:
        """Background stations of the year, and the codes left out for their influence."""
        means = self.station_means
        rows = means[(means["pollutant"] == pollutant) & (means["year"] == year)]
        rows = rows[~rows["derived"].astype(bool)].set_index("station_code")
        influence = self.stations["influence"].reindex(rows.index)
        kept = rows[influence == "fond"]
        frame = self._frame(kept.index.to_list(), kept["value_ug_m3"], "station")
        return frame, sorted(rows.index[influence != "fond"])

    def city_sites(self, pollutant: str, year: int) -> tuple[pd.DataFrame, list[str]]:
        """City means standing for a background station, and the towns left out."""
        known = self.composition[
            (self.composition["pollutant"] == pollutant) & (self.composition["year"] == str(year))
        ]
        used = known[known["composition"] != "left_out"]
        means = self.city_means
        value = means[(means["pollutant"] == pollutant) & (means["year"] == year)].set_index("city")[
            "value_ug_m3"
        ]
        frames = [
            self._frame(
                [row.background_stations],
                pd.Series([value[row.city] * self.background_share(pollutant, row)]),
                "mixed" if row.composition == "mixed" else "city",
                row.city,
            )
            for row in used.itertuples()
        ]
        left_out = sorted(known.loc[known["composition"] == "left_out", "city"])
        return (pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()), left_out

    def background_share(self, pollutant: str, row: object) -> float:
        """Background station over the mean of all the stations behind, in the year where both are known."""
        if not row.share_year:
            return 1.0
        background, everyone = self._station_values(pollutant, row)
        return background / float(np.mean(everyone))

    def _station_values(self, pollutant: str, row: object) -> tuple[float, list[float]]:
        means = self.station_means
        rows = means[(means["pollutant"] == pollutant) & (means["year"] == int(row.share_year))]
        values = rows.set_index("station_code")["value_ug_m3"]
        codes = [row.background_stations, *row.other_stations.split()]
        return float(values[codes[0]]), [float(values[code]) for code in codes]

    def _frame(self, codes: list[str], values: pd.Series, kind: str, city: str = "") -> pd.DataFrame:
        point = self.stations.geometry.reindex(codes)
        value = np.round(np.asarray(values, dtype=float), 3)
        return pd.DataFrame({
            "station_code": codes,
            "city": city,
            "kind": kind,
            "x_m": point.x.to_numpy(),
            "y_m": point.y.to_numpy(),
            "value_ug_m3": value,
            "error_std_ug_m3": np.round(ERROR_SHARE[kind] * value, 4),
        })  # fmt: skip

    def _check(self, work: Workspace) -> None:
        means = self.city_means[self.city_means["year"] == 2019]
        listed = set(zip(self.composition["pollutant"], self.composition["city"], strict=True))
        needed = {
            (p, c) for p, c in zip(means["pollutant"], means["city"], strict=True) if p in ("no2", "pm25")
        }
        work.check(
            "every 2019 city mean of NO2 and PM2.5 is used or left out",
            listed == needed,
            sorted(listed ^ needed),
        )
        named = self.composition[["background_stations", "other_stations"]].agg(" ".join, axis=1)
        codes = {code for cell in named for code in cell.split()}
        unknown = sorted(codes - set(self.stations.index))
        work.check("stations behind city means are known", not unknown, unknown)
        background = self.composition["background_stations"].replace("", np.nan).dropna()
        influence = self.stations["influence"].reindex(background)
        work.check("city means stand at background stations", bool((influence == "fond").all()))
        self._check_shares(work)

    def _check_shares(self, work: Workspace) -> None:
        """The mean of the stations named equals the city mean of the year the share is taken from."""
        gaps = {}
        for row in self.composition[self.composition["share_year"] != ""].itertuples():
            c = self.city_means
            same = c[
                (c["pollutant"] == row.pollutant)
                & (c["city"] == row.city)
                & (c["year"] == int(row.share_year))
            ]
            if len(same):
                mean = float(np.mean(self._station_values(row.pollutant, row)[1]))
                gaps[f"{row.city} {row.share_year}"] = round(mean - float(same["value_ug_m3"].iloc[0]), 3)
        work.check("the stations named make the city mean", all(abs(g) < 0.02 for g in gaps.values()), gaps)


def site_values(sites: pd.DataFrame, covariates: Covariates, pollutant: str) -> SiteValues:
    """Return the sites as observations, one at each position."""
    places = covariates.at(pollutant, sites["x_m"].to_numpy(), sites["y_m"].to_numpy())
    return SiteValues(
        places, np.eye(len(sites)), sites["value_ug_m3"].to_numpy(), sites["error_std_ug_m3"].to_numpy()
    )
