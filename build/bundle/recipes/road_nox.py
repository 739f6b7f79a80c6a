"""Road NOx emissions of 2018 at 200 m, and the factor that makes their dispersion agree with stations.

The regional total and its road share are published; they are spread by residents. The layer carries
the kernel it was tried with and the factor fitted on background stations, so that whoever disperses
it does not present a raw plume as truth (docs/science/dispersion.md).
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from describe import raster_product, text
from framework import Product, RasterContent, Workspace
from grid import REGION_GRID
from recipes._figures import TERRITORIES, number
from recipes._road_nox_record import dataset

from aqah_desktop.records import Measure, Pollutant, Statistic
from aqah_desktop.science.calibration import FactorFit, Prior, fit_factor
from aqah_desktop.science.dispersion import DEFAULT_OPTIONS, ROAD, KernelOptions, disperse, sector_kernel
from aqah_desktop.science.emissions import cell_shares, spread_total
from aqah_desktop.science.exposure import values_at_points
from aqah_desktop.science.meteorology import wind_statistics
from aqah_desktop.science.nitrogen import BAECHLIN_2008, Relation, nox_from_no2, photostationary

ID = "road_nox"
REQUIRES = ("communes", "population", "stations", "station_values", "wind_stability")

YEAR = 2018
#: Year of measurements nearest to the emissions, and an older one beside it as a check.
CALIBRATION_YEAR, CHECK_YEAR = 2017, 2013
LILLE = "200093201"
#: What "a rural kernel alone gives 2 to 4 times the published city potency" must show.
RURAL_OVER_PUBLISHED = (2.0, 4.0)
_NOT_ROAD = ("residential_tertiary", "off-road", "waste", "transport (aviation)", "transport (shipping)")


def build(work: Workspace) -> list[Product]:
    """Make the layer."""
    emissions = spread(work)
    evidence = calibrate(work, emissions)
    evidence["emission_by_territory_t_per_year"] = by_territory(work, emissions)
    stored = emissions.astype(np.float32)
    total = float(np.nansum(stored, dtype=np.float64))
    expected = evidence["emission_total_t_per_year"] = regional_road_total(work)
    work.check("the stored cells sum to the regional total", abs(total / expected - 1) < 1e-6, total)
    work.check("no cell is negative", bool(np.nanmin(stored) >= 0), float(np.nanmin(stored)))
    product = raster_product(
        "road_nox_2018",
        dataset(work, evidence),
        text("Émissions routières de NOx, 2018", "Road NOx emissions, 2018"),
        role="emissions",
        content=RasterContent(stored, REGION_GRID, scale=None),
        measure=Measure("t/an", Statistic.EMISSION_TOTAL, Pollutant.NOX, (YEAR, YEAR)),
    )
    return [product]


def regional_road_total(work: Workspace) -> float:
    """Published total × published road share, t/yr; must be the product the source table derives."""
    rows = _regional(work)
    total, share = (_value(rows, "total", "kt"), _value(rows, "road transport", "% of total"))
    derived = _value(rows, "road transport", "kt")
    work.check("total × road share is the derived road total", abs(total * share / 100 - derived) < 0.01)
    return total * share / 100 * 1000


def spread(work: Workspace) -> np.ndarray:
    """Emission of each cell, t/yr; missing where the map of residents says nothing."""
    residents = work.product("population").content.values
    emissions = spread_total(regional_road_total(work), residents)
    return np.where(np.isnan(residents), np.nan, emissions)


def calibrate(work: Workspace, emissions: np.ndarray) -> dict[str, Any]:
    """Everything the record says of dispersion: kernel, potency at Lille, prior, fit, factor."""
    wind = wind_statistics(work.product("wind_stability").content)
    cells = np.nan_to_num(emissions, nan=0.0)
    urban = sector_kernel(wind, ROAD, DEFAULT_OPTIONS)
    potency = city_potency(work, cells, urban, sector_kernel(wind, ROAD, KernelOptions(terrain="rural")))
    prior = prior_of(work, potency)
    field = disperse(cells, urban)
    fits = {year: fit(work, field, year, prior, BAECHLIN_2008) for year in (CALIBRATION_YEAR, CHECK_YEAR)}
    other = fit(work, field, CALIBRATION_YEAR, prior, photostationary(CALIBRATION_YEAR))
    chosen = fits[CALIBRATION_YEAR]
    work.check("the stations taught something", chosen.learnt > 0.2, round(chosen.learnt, 2))
    work.check("the factor is below one, as known of raw plumes", chosen.posterior.central < 1)
    choices = asdict(DEFAULT_OPTIONS) | {"release": asdict(ROAD)}
    factor = {key: round(float(value), 3) for key, value in asdict(chosen.posterior).items()}
    return {
        "dispersion_factor": factor,
        "kernel": {k: list(v) if isinstance(v, tuple) else v for k, v in choices.items()},
        "potency_lille": potency,
        "prior": {k: round(v, 3) for k, v in asdict(prior).items()},
        f"fit_{CALIBRATION_YEAR}": summary(chosen),
        "central_factor_leaving_one_site_out": leave_one_out(work, field, prior),
        f"check_{CHECK_YEAR}": summary(fits[CHECK_YEAR]),
        "no2_per_unit_of_field_at_20_ug_m3": {
            "baechlin_2008": _response(chosen, BAECHLIN_2008),
            "photostationary": _response(other, photostationary(CALIBRATION_YEAR)),
        },
    }


def city_potency(
    work: Workspace, cells: np.ndarray, urban: np.ndarray, rural: np.ndarray
) -> dict[str, float]:
    """Mean concentration over Lille of what Lille emits, µg/m³ per t/yr: published, urban σz, rural σz.

    Published: contribution of the road PM2.5 of the city over its emission (the table's change is of a
    50 % cut). Primary particles and NOx are both passive at this scale.
    """
    rows = work.read_csv("potency_lille.csv").set_index("sector")
    contribution, cut = (number(rows[name]) for name in ("contribution_ug_m3", "delta_emission_t"))
    published = contribution / (2 * cut)
    inside = _share_of_lille(work)
    lille = cells * inside
    answer = {
        "published_road": float(published["F_RoadTransport"]),
        "published_lowest_sector": float(published.min()),
        "published_highest_sector": float(published.max()),
        "emission_t_per_year": float(lille.sum()),
    }
    for name, kernel in (("urban", urban), ("rural", rural)):
        field = disperse(lille, kernel)
        answer[f"kernel_{name}"] = float((field * inside).sum() / inside.sum() / lille.sum())
    ratio = answer["kernel_rural"] / answer["published_road"]
    low, high = RURAL_OVER_PUBLISHED
    work.check("a rural kernel gives 2 to 4 times the published potency", low < ratio < high, round(ratio, 2))
    return {key: float(f"{value:.4g}") for key, value in answer.items()}


def prior_of(work: Workspace, potency: dict[str, float]) -> Prior:
    """What is known of the factor without stations.

    Median: published potency over the urban kernel's. Spread: the two things that move it most, taken
    as 95 % bounds: rural instead of urban σz, and the city's road emission in another inventory. Other
    sectors of the same shape over road: published regional shares, and the sectors of Lille.
    """
    rows = work.read_csv("emissions_regional.csv")
    city = rows[(rows["geography"] == "Lille city (FUA core)") & (rows["pollutant"] == "NOx")]
    by_sector = number(city.set_index("sector")["value"])
    road = float(by_sector["transport (road)"])
    potency["emission_other_inventory_t_per_year"] = road
    spread_of = math.log(potency["kernel_rural"] / potency["kernel_urban"])
    inventory = math.log(potency["emission_t_per_year"] / road)
    regional = _regional(work)
    shares = [
        float(by_sector[list(_NOT_ROAD)].sum()) / road,
        _value(regional, "all other sectors", "% of total")
        / _value(regional, "road transport", "% of total"),
    ]
    return Prior(
        median=potency["published_road"] / potency["kernel_urban"],
        log_sd=math.hypot(spread_of, inventory) / 1.96,
        other_ratio=sum(shares) / 2,
        other_ratio_sd=abs(shares[0] - shares[1]) / 2,
    )


def sites(work: Workspace, field: np.ndarray, year: int, relation: Relation) -> pd.DataFrame:
    """Field and NOx at background stations of a year, one row per site (under 500 m apart is one)."""
    means = work.product("station_annual_means").content
    stations = work.product("stations").content
    # ``derived`` marks the rows of 2017 because their year was deduced; their values are measured.
    used = means[(means["pollutant"] == "no2") & (means["year"] == year) & means["error_percent"].isna()]
    rows = used.merge(stations[stations["influence"] == "fond"], on="station_code")
    points = gpd.GeoDataFrame(rows).geometry
    rows = pd.DataFrame({
        "site": rows["site_group"],
        "field": values_at_points(field, REGION_GRID, points.x, points.y),
        "nox": nox_from_no2(rows["value_ug_m3"].to_numpy(dtype=float), relation),
    })  # fmt: skip
    return rows.groupby("site").mean()


def fit(work: Workspace, field: np.ndarray, year: int, prior: Prior, relation: Relation) -> FactorFit:
    """Posterior of the factor with the stations of a year."""
    rows = sites(work, field, year, relation)
    return fit_factor(rows["field"].to_numpy(), rows["nox"].to_numpy(), prior)


def leave_one_out(work: Workspace, field: np.ndarray, prior: Prior) -> list[float]:
    """Lowest and highest central factor when one site is left out: how much one station decides."""
    rows = sites(work, field, CALIBRATION_YEAR, BAECHLIN_2008)
    central = [
        fit_factor(kept["field"].to_numpy(), kept["nox"].to_numpy(), prior).posterior.central
        for kept in (rows.drop(index=site) for site in rows.index)
    ]
    return [round(min(central), 3), round(max(central), 3)]


def summary(fitted: FactorFit) -> dict[str, Any]:
    """A fit as JSON data."""
    numbers = asdict(fitted)
    intervals = {name: numbers.pop(name) for name in ("prior", "posterior")}
    rounded = {k: {a: round(float(b), 3) for a, b in v.items()} for k, v in intervals.items()}
    return rounded | {k: round(v, 3) for k, v in numbers.items()}


def by_territory(work: Workspace, emissions: np.ndarray) -> dict[str, float]:
    """Sum of the cells of each of the seven territories, border cells by area, t/yr."""
    outlines = work.product("territories").content.set_index("epci_code").geometry
    cells = np.nan_to_num(emissions, nan=0.0).ravel()
    shares = cell_shares([outlines[code] for code in TERRITORIES], REGION_GRID)
    return {
        code: round(float(cells[index] @ share), 1)
        for code, (index, share) in zip(TERRITORIES, shares, strict=True)
    }


def _share_of_lille(work: Workspace) -> np.ndarray:
    outline = work.product("territories").content.set_index("epci_code").geometry[LILLE]
    covered = np.zeros(REGION_GRID.ny * REGION_GRID.nx)
    [(index, share)] = cell_shares([outline], REGION_GRID)
    covered[index] = share
    return covered.reshape(REGION_GRID.ny, REGION_GRID.nx)


def _regional(work: Workspace) -> pd.DataFrame:
    rows = work.read_csv("emissions_regional.csv")
    chosen = (rows["geography"] == "Hauts-de-France") & (rows["pollutant"] == "NOx")
    return rows[chosen & (rows["year"] == str(YEAR))]


def _value(rows: pd.DataFrame, sector: str, unit: str) -> float:
    [value] = number(rows[(rows["sector"] == sector) & (rows["unit"] == unit)]["value"])
    return float(value)


def _response(fitted: FactorFit, relation: Relation) -> float:
    """How NO2 follows the field at 20 µg/m³: what stations fix, whatever the relation."""
    start = nox_from_no2(np.array([20.0]), relation)
    slope = (relation.no2(start + 0.5) - relation.no2(start - 0.5))[0]
    return round(float(slope * fitted.posterior.central), 3)
