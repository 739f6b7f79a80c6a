"""Annual background of NO2, PM10 and PM2.5 in 2013 and 2019 at 200 m, with its standard deviation.

Background stations (2013, PM10 2019) and city means standing for a background station (NO2 and PM2.5
2019) are kriged; the drift is chosen on sites held out. What is excluded: traffic and industrial
sites, percentiles, PM10 derived from percentiles, August 2019 – July 2020, and city means wherever a
station row exists (the PM10 city means of 2019 are those stations).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from describe import raster_product
from framework import Product, RasterContent, Workspace
from grid import REGION_GRID, cell_centres
from pack_state import stored
from rasterio.features import geometry_mask
from rasterio.transform import from_origin
from recipes._background_records import Texts, dataset, texts, title
from recipes._background_scores import Trial, choose, evidence
from recipes._background_sites import Covariates, Tables, site_values

from aqah_desktop.records import Measure, Pollutant, Statistic
from aqah_desktop.science.background import Model, Places, fit, predict
from aqah_desktop.science.kriging import Variogram
from aqah_desktop.science.population import density_per_km2, smooth_population

ID = "concentrations"
REQUIRES = ("communes", "stations", "station_values", "city_means", "population")

YEARS = (2013, 2019)
POLLUTANTS = (Pollutant.NO2, Pollutant.PM10, Pollutant.PM25)
FROM_CITIES = {(Pollutant.NO2, 2019), (Pollutant.PM25, 2019)}
SMOOTHING_M = 2000.0
#: Outlines are simplified to about 100 m and the shore has stations: the map goes a little beyond.
MARGIN_M = 500.0
#: Plausible annual background of the region in these years, µg/m³.
PLAUSIBLE = {Pollutant.NO2: (2.0, 45.0), Pollutant.PM10: (12.0, 32.0), Pollutant.PM25: (6.0, 24.0)}


def build(work: Workspace) -> list[Product]:
    """Make the twelve layers."""
    tables = Tables.read(work)
    covariates = read_covariates(work)
    land, words = land_mask(work), texts(work)
    products, means = [], {}
    for pollutant in POLLUTANTS:
        trials = [trial_of(work, tables, covariates, pollutant, year) for year in YEARS]
        models = choose(trials)
        for trial in trials:
            model = models[trial.year]
            variogram = fit(model, trial.sites)
            mean, std = draw(model, variogram, trial, covariates, land)
            check_map(work, trial, mean, std, land)
            means[pollutant, trial.year] = mean
            products += layers_of(words, trial, evidence(trial, model, variogram), mean, std)
    check_together(work, means)
    return products


def read_covariates(work: Workspace) -> Covariates:
    """Residents smoothed over 2 km, and the shape of the regional background."""
    residents = stored(work.product("population").content)
    smoothed = smooth_population(residents, REGION_GRID, SMOOTHING_M)
    lost = abs(float(smoothed.sum()) / float(np.nansum(residents, dtype=np.float64)) - 1)
    work.check("smoothing loses nobody", lost < 1e-6, lost)
    gradient = work.read_csv("background_gradient.csv")
    numbers = ["x_centre_m", "y_centre_m", "c0", "c_u", "c_v", "c_uu", "c_uv", "c_vv"]
    gradient[numbers] = gradient[numbers].astype(float)
    return Covariates(REGION_GRID, density_per_km2(smoothed, REGION_GRID), gradient)


def land_mask(work: Workspace) -> np.ndarray:
    """``(ny, nx)`` bool: cells whose centre is in the five departments or within the margin."""
    outline = shapely.union_all(work.product("departments").content.geometry.to_numpy()).buffer(MARGIN_M)
    transform = from_origin(REGION_GRID.x_min, REGION_GRID.y_max, REGION_GRID.cell_m, REGION_GRID.cell_m)
    return geometry_mask([outline], (REGION_GRID.ny, REGION_GRID.nx), transform, invert=True)


def trial_of(
    work: Workspace, tables: Tables, covariates: Covariates, pollutant: Pollutant, year: int
) -> Trial:
    """Collect the sites of one pollutant and year and hold them out."""
    from_cities = (pollutant, year) in FROM_CITIES
    table, left_out = (tables.city_sites if from_cities else tables.station_sites)(pollutant.value, year)
    table = table.sort_values("station_code", ignore_index=True)
    name = f"{pollutant.value}_{year}"
    twice = not table["station_code"].is_unique
    work.check(f"{name}: one observation per station", not twice and table["x_m"].notna().all(), len(table))
    sites = site_values(table, covariates, pollutant.value)
    return Trial.run(pollutant, year, sites, table, left_out)


def draw(
    model: Model, variogram: Variogram, trial: Trial, covariates: Covariates, land: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation on the grid, NaN off the land, µg/m³."""
    row, column = np.nonzero(land)
    x, y = cell_centres()
    places: Places = covariates.at(trial.pollutant.value, x[column], y[row])
    found = predict(model, trial.sites, places, variogram)
    maps = []
    for values in (found.mean, found.std):
        raster = np.full(land.shape, np.nan, dtype=np.float32)
        raster[land] = values
        maps.append(raster)
    return maps[0], maps[1]


def layers_of(
    words: Texts, trial: Trial, found: dict[str, Any], mean: np.ndarray, std: np.ndarray
) -> list[Product]:
    """The map and its companion, with the record of both."""
    name = f"{trial.pollutant.value}_{trial.year}"
    record = dataset(words, name, trial.pollutant, trial.year, found)
    parts = (
        (name, mean, "concentration", Statistic.ANNUAL_MEAN, f"{name}_std"),
        (f"{name}_std", std, "uncertainty", Statistic.STANDARD_DEVIATION, ""),
    )
    return [
        raster_product(
            layer_id, record, title(words, trial.pollutant, trial.year, statistic), role=role,
            content=RasterContent(values, REGION_GRID), uncertainty=companion,
            measure=Measure("µg/m³", statistic, trial.pollutant, (trial.year, trial.year)),
        )
        for layer_id, values, role, statistic, companion in parts
    ]  # fmt: skip


def check_map(work: Workspace, trial: Trial, mean: np.ndarray, std: np.ndarray, land: np.ndarray) -> None:
    """Prove that the map covers the land, is plausible and nowhere sure."""
    name = f"{trial.pollutant.value}_{trial.year}"
    work.check(
        f"{name}: a value wherever there is land", np.array_equal(np.isfinite(mean), land), int(land.sum())
    )
    low, high = PLAUSIBLE[trial.pollutant]
    extremes = [round(float(np.nanmin(mean)), 2), round(float(np.nanmax(mean)), 2)]
    work.check(
        f"{name}: between {low} and {high} µg/m³", low <= extremes[0] and extremes[1] <= high, extremes
    )
    spread = [round(float(np.nanmin(std)), 2), round(float(np.nanmax(std)), 2)]
    sure = np.array_equal(np.isfinite(std), land) and spread[0] > 0.2
    work.check(f"{name}: std above 0.2 µg/m³ wherever there is a value", sure, spread)


def check_together(work: Workspace, means: dict[tuple[Pollutant, int], np.ndarray]) -> None:
    """Prove what must hold between maps."""
    for year in YEARS:
        finer = means[Pollutant.PM25, year] < means[Pollutant.PM10, year]
        share = float(np.mean(finer[np.isfinite(means[Pollutant.PM10, year])]))
        work.check(f"{year}: PM2.5 below PM10 everywhere", share == 1.0, share)
    for pollutant in POLLUTANTS:
        fall = float(np.nanmean(means[pollutant, 2019] - means[pollutant, 2013]))
        work.check(f"{pollutant.value}: less in 2019 than in 2013", fall < 0, round(fall, 2))
