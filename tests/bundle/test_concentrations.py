"""The committed background maps: ranges, standard deviations, records, and the scores computed again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aqah_desktop.records import Flag, Grid, Method, Pollutant, Quality, Statistic
from aqah_desktop.science import scores
from aqah_desktop.science.background import (
    MODELS,
    PLAIN_MEAN,
    Places,
    SiteValues,
    fit,
    hold_out,
    population_covariates,
    predict,
)
from aqah_desktop.science.exposure import values_at_points
from aqah_desktop.science.population import density_per_km2, smooth_population
from aqah_desktop.storage.pack import Pack

MAPS = [f"{pollutant}_{year}" for pollutant in ("no2", "pm10", "pm25") for year in (2013, 2019)]
PLAUSIBLE = {"no2": (2.0, 45.0), "pm10": (12.0, 32.0), "pm25": (6.0, 24.0)}
SITES = {"no2_2013": 20, "no2_2019": 21, "pm10_2013": 17, "pm10_2019": 26, "pm25_2013": 6, "pm25_2019": 11}
BY_ID = {model.id: model for model in MODELS}
LILLE, COUNTRYSIDE = (704_300.0, 7_059_500.0), (630_000.0, 7_025_000.0)
OPEN_SEA, BELGIUM, PARIS = (600_000.0, 7_112_000.0), (745_000.0, 7_090_000.0), (652_000.0, 6_862_500.0)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


@pytest.fixture(scope="module")
def rasters(pack: Pack) -> dict[str, tuple[np.ndarray, Grid]]:
    found = {}
    for name in [layer_id for key in MAPS for layer_id in (key, f"{key}_std")]:
        with pack.open_raster(name) as raster:
            found[name] = raster.read()
    return found


def _evidence(pack: Pack, name: str) -> dict[str, Any]:
    return pack.dataset_of(name).evidence


def _sites(evidence: dict[str, Any]) -> SiteValues:
    rows = evidence["sites"]

    def column(key: str) -> np.ndarray:
        return np.array([row[key] for row in rows], dtype=float)

    covariates = {key: column(key) for key in ("sqrt_population", "log_population", "shape")}
    places = Places(column("x_m"), column("y_m"), covariates)
    return SiteValues(places, np.eye(len(rows)), column("value_ug_m3"), column("error_std_ug_m3"))


# --------------------------------------------------------------------------- the maps


@pytest.mark.parametrize("name", MAPS)
def test_values_are_plausible_and_never_sure(name: str, rasters: dict[str, Any]) -> None:
    mean, std = rasters[name][0], rasters[f"{name}_std"][0]
    low, high = PLAUSIBLE[name.split("_", maxsplit=1)[0]]
    assert low <= np.nanmin(mean) and np.nanmax(mean) <= high
    assert np.array_equal(np.isfinite(mean), np.isfinite(std))
    assert np.nanmin(std) > 0.2
    assert np.nanmax(std) < 0.35 * np.nanmean(mean)
    assert np.nanstd(mean) > 0.1


@pytest.mark.parametrize("name", MAPS)
def test_maps_cover_the_land_and_nothing_else(name: str, pack: Pack, rasters: dict[str, Any]) -> None:
    values, grid = rasters[name]
    town_halls = pack.read_vector("commune_points").geometry
    assert np.isfinite(values_at_points(values, grid, town_halls.x, town_halls.y)).all()
    outside = np.array([OPEN_SEA, BELGIUM, PARIS])
    assert np.isnan(values_at_points(values, grid, outside[:, 0], outside[:, 1])).all()


def test_pm25_is_below_pm10_and_all_fell(rasters: dict[str, Any]) -> None:
    for year in (2013, 2019):
        fine, coarse = rasters[f"pm25_{year}"][0], rasters[f"pm10_{year}"][0]
        assert (fine[np.isfinite(fine)] < coarse[np.isfinite(fine)]).all()
    for pollutant in PLAUSIBLE:
        assert np.nanmean(rasters[f"{pollutant}_2019"][0]) < np.nanmean(rasters[f"{pollutant}_2013"][0])


@pytest.mark.parametrize("name", ["no2_2013", "no2_2019"])
def test_towns_are_seen_where_population_explains(name: str, rasters: dict[str, Any]) -> None:
    values, grid = rasters[name]
    x, y = np.array([LILLE, COUNTRYSIDE]).T
    town, country = values_at_points(values, grid, x, y)
    assert town > country + 6


@pytest.mark.parametrize("name", MAPS)
def test_neighbouring_cells_differ_little(name: str, rasters: dict[str, Any]) -> None:
    """No spike at a station, no seam between the blocks the map was computed in."""
    values = rasters[name][0]
    for axis in (0, 1):
        assert np.nanmax(np.abs(np.diff(values, axis=axis))) < 0.6


# --------------------------------------------------------------------------- the records


@pytest.mark.parametrize("name", MAPS)
def test_record_says_what_the_map_is(name: str, pack: Pack) -> None:
    pollutant, year = name.split("_")
    layer, companion, dataset = pack.layer(name), pack.layer(f"{name}_std"), pack.dataset_of(name)
    assert pack.concentration(Pollutant(pollutant), int(year)).id == name
    assert (layer.role, companion.role, layer.uncertainty) == ("concentration", "uncertainty", companion.id)
    assert layer.measure.statistic == Statistic.ANNUAL_MEAN
    assert companion.measure.statistic == Statistic.STANDARD_DEVIATION
    assert layer.measure.years == companion.measure.years == (int(year), int(year))
    standing = dataset.standing
    assert (standing.quality, standing.method) == (Quality.INDICATIVE, Method.MODELLED)
    assert Flag.TO_BE_VERIFIED in standing.flags
    assert "200 m" in standing.limits.fr and "norme" in standing.limits.fr
    assert "200 m" in standing.limits.en and "compliance" in standing.limits.en
    unshown = dataset.evidence["spatial_skill"] != "shown"
    assert ("Pas de précision spatiale démontrée" in standing.limits.fr) == unshown


@pytest.mark.parametrize("name", MAPS)
def test_record_holds_scores_or_says_why_not(name: str, pack: Pack) -> None:
    evidence = _evidence(pack, name)
    tables = [
        evidence["held_out_by_site"],
        evidence["held_out_background_sites"],
        *evidence["baselines"].values(),
    ]
    for table in tables:
        for key in ("bias", "rmse", "r2", "mqi"):
            assert (table[key] == "not assessable") == (table["n"] < scores.MINIMUM_SITES)
    assert evidence["observations"]["sites"] == evidence["held_out_by_site"]["n"] == SITES[name]
    assert evidence["mqi_parameters"]["flag"] == "to-be-verified"


# --------------------------------------------------------------------------- computed again


@pytest.mark.parametrize("name", MAPS)
def test_held_out_predictions_and_scores_are_reproduced(name: str, pack: Pack) -> None:
    evidence = _evidence(pack, name)
    sites, model = _sites(evidence), BY_ID[evidence["model"]]
    found = hold_out(model, sites)
    assert found.mean == pytest.approx([row["held_out_ug_m3"] for row in evidence["sites"]], abs=1e-6)
    assert found.std == pytest.approx([row["held_out_std_ug_m3"] for row in evidence["sites"]], abs=1e-6)
    for model_id, prediction, table in (
        (model.id, found, evidence["held_out_by_site"]),
        (PLAIN_MEAN.id, hold_out(PLAIN_MEAN, sites), evidence["baselines"][PLAIN_MEAN.id]),
    ):
        scored = scores.score(
            sites.values, prediction.mean, sites=sites.sites(), pollutant=pack.layer(name).measure.pollutant
        )
        if isinstance(scored, scores.NotAssessable):
            assert table["rmse"] == str(scored), model_id
            continue
        for key in ("bias", "rmse", "r2", "mqi"):
            assert getattr(scored, key) == pytest.approx(table[key], abs=1e-6), (model_id, key)


@pytest.mark.parametrize("name", MAPS)
def test_map_is_what_the_record_says(name: str, pack: Pack, rasters: dict[str, Any]) -> None:
    """At the sites themselves the covariates stand in the record: predict there, compare with the cell."""
    evidence = _evidence(pack, name)
    sites, model = _sites(evidence), BY_ID[evidence["model"]]
    variogram = fit(model, sites)
    assert variogram.sill == pytest.approx(evidence["covariance"]["sill"], abs=1e-3)
    found = predict(model, sites, sites.places, variogram)
    for layer_id, expected in ((name, found.mean), (f"{name}_std", found.std)):
        values, grid = rasters[layer_id]
        cells = values_at_points(values, grid, sites.places.x_m, sites.places.y_m)
        # The map is computed at the cell's centre, up to 141 m from the site.
        assert cells == pytest.approx(expected, abs=0.06)


def test_covariates_come_from_the_population_of_the_pack(pack: Pack) -> None:
    with pack.open_raster("population") as raster:
        residents, grid = raster.read()
    density = density_per_km2(smooth_population(residents, grid, 2000.0), grid)
    for name in MAPS:
        sites = _sites(_evidence(pack, name))
        here = population_covariates(values_at_points(density, grid, sites.places.x_m, sites.places.y_m))
        for key, values in here.items():
            assert sites.places.covariates[key] == pytest.approx(values, abs=2e-6)


# --------------------------------------------------------------------------- the observations


@pytest.mark.parametrize("name", MAPS)
def test_only_background_annual_means_are_used(name: str, pack: Pack) -> None:
    pollutant, year = name.split("_")
    rows = _evidence(pack, name)["sites"]
    codes = [row["station_code"] for row in rows]
    assert len(set(codes)) == len(codes)
    influence = pack.read_vector("stations").set_index("station_code")["influence"]
    assert set(influence[codes]) == {"fond"}
    means = pack.read_table("station_annual_means")
    means = means[(means["pollutant"] == pollutant) & (means["year"] == int(year))].set_index("station_code")
    for row in rows:
        if row["kind"] == "station":
            assert row["value_ug_m3"] == pytest.approx(
                means.loc[row["station_code"], "value_ug_m3"], abs=1e-3
            )
            assert not means.loc[row["station_code"], "derived"]
        else:
            assert row["station_code"] not in means.index  # a city mean never beside its station


@pytest.mark.parametrize("name", ["no2_2019", "pm25_2019"])
def test_city_means_are_less_sure_than_stations(name: str, pack: Pack) -> None:
    cities = pack.read_table("city_annual_means")
    pollutant = name.split("_", maxsplit=1)[0]
    cities = cities[(cities["pollutant"] == pollutant) & (cities["year"] == 2019)].set_index("city")
    rows = _evidence(pack, name)["sites"]
    for row in rows:
        published = cities.loc[row["city"], "value_ug_m3"]
        share = row["error_std_ug_m3"] / row["value_ug_m3"]
        if row["kind"] == "city":
            assert row["value_ug_m3"] == pytest.approx(published, abs=1e-3)
            assert share == pytest.approx(0.07, abs=1e-3)
        else:
            assert 0.7 * published < row["value_ug_m3"] <= published + 1e-3
            assert share == pytest.approx(0.12, abs=1e-3)
    used = {row["city"] for row in rows} | set(_evidence(pack, name)["observations"]["left_out"])
    assert used == set(cities.index)
