"""Road emissions: the published total, spread by residents, with a factor that stations decided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.records import Confidence, Flag, Method, Pollutant, Quality
from aqah_desktop.storage.pack import Pack


@pytest.fixture(scope="module")
def cells(pack: Pack) -> np.ndarray:
    with pack.open_raster("road_nox_2018") as file:
        values, grid = file.read()
    assert grid == pack.layer("population").shape.grid
    return values.astype("float64")


def test_cells_sum_to_the_published_total_times_the_road_share(cells: np.ndarray) -> None:
    assert np.nansum(cells) == pytest.approx(90_700 * 0.44, rel=1e-6)
    assert np.nanmin(cells) >= 0


def test_emission_follows_residents(pack: Pack, cells: np.ndarray) -> None:
    with pack.open_raster("population") as file:
        residents = file.read()[0].astype("float64")
    assert np.array_equal(np.isnan(cells), np.isnan(residents))
    known = np.isfinite(cells)
    per_head = np.nansum(cells) / np.nansum(residents)
    np.testing.assert_allclose(cells[known], residents[known] * per_head, rtol=1e-5)


def test_layer_stands_as_an_indicative_model(pack: Pack) -> None:
    dataset = pack.dataset_of("road_nox_2018")
    standing = dataset.standing
    assert (standing.quality, standing.method) == (Quality.INDICATIVE, Method.MODELLED)
    assert standing.confidence is Confidence.DERIVED
    assert Flag.PROXY in standing.flags
    assert "{" not in standing.limits.fr + standing.limits.en
    measure = pack.layer("road_nox_2018").measure
    assert measure is not None
    assert (measure.pollutant, measure.years) == (Pollutant.NOX, (2018, 2018))


def test_factor_is_what_the_stations_left_of_the_prior(pack: Pack) -> None:
    evidence = pack.dataset_of("road_nox_2018").evidence
    factor, fit = evidence["dispersion_factor"], evidence["fit_2017"]
    assert factor == fit["posterior"]
    assert 0 < factor["low"] < factor["central"] < factor["high"] < fit["prior"]["high"]
    assert factor["central"] < fit["prior"]["central"] < 1
    assert factor["high"] / factor["low"] < 0.5 * fit["prior"]["high"] / fit["prior"]["low"]
    assert fit["n"] >= 20
    low, high = evidence["central_factor_leaving_one_site_out"]
    assert factor["low"] < low <= factor["central"] <= high < factor["high"]
    older = evidence["check_2013"]["posterior"]
    assert older["low"] < factor["central"] < older["high"]


def test_potency_of_lille_is_compared_with_the_published_one(pack: Pack) -> None:
    potency = pack.dataset_of("road_nox_2018").evidence["potency_lille"]
    assert potency["published_road"] == pytest.approx(0.262 / (2 * 93.8), rel=1e-3)
    assert 2.0 < potency["kernel_rural"] / potency["published_road"] < 4.0
    assert potency["published_lowest_sector"] < potency["kernel_urban"] < potency["published_highest_sector"]


def test_what_stations_fix_does_not_depend_on_the_no2_relation(pack: Pack) -> None:
    responses = pack.dataset_of("road_nox_2018").evidence["no2_per_unit_of_field_at_20_ug_m3"]
    assert responses["photostationary"] == pytest.approx(responses["baechlin_2008"], rel=0.2)


def test_territories_sum_below_the_region(pack: Pack) -> None:
    evidence = pack.dataset_of("road_nox_2018").evidence
    by_territory = evidence["emission_by_territory_t_per_year"]
    assert len(by_territory) == 7
    assert by_territory["200093201"] == max(by_territory.values())
    assert sum(by_territory.values()) < evidence["emission_total_t_per_year"]


def test_published_contributions_are_copied_whole(shared: Path, checkout: Path) -> None:
    reference = pd.read_csv(shared / "reference/pm25_source_apportionment_lille.csv", dtype=str)
    city = reference[(reference["source_area"] == "city") & (reference["precursor"] == "PPM")]
    copied = pd.read_csv(checkout / "build/bundle/sources/potency_lille.csv", dtype=str)
    assert sorted(copied["contribution_ug_m3"]) == sorted(city["potential_contribution"])
    assert sorted(copied["delta_emission_t"]) == sorted(city["delta_emission_mg"])
    known = pd.read_csv(checkout / "build/bundle/sources/references.csv", dtype=str)["source"]
    assert set(copied["source"]) <= set(known)
