"""From what actions change to who breathes what: the host's half of every simulation.

An action plugin runs in its own process and hands back :class:`EmissionChange` data. This module
composes them, disperses the result and reads it at sites and communes. No plugin is called again:
the same list with other factors gives another result.

``simulate_changes(changes, pack, territory, feedback=None, *, base_year_concentration=2019) -> Results``
needs no :class:`~aqah_desktop.processing.contract.Context` and no algorithm: whoever holds the list
may call it.

The chain, each step checked for cancellation:

1. places → shares of 200 m cells (border cells are partly covered), cut into disjoint pieces;
2. changes over the same ground multiply on what remains, capped at -100 %;
3. ΔE → ΔNOx with the annual road kernel, times the calibrated factor of the emission layer
   (docs/science/dispersion.md): its low bound with the low effects, its high bound with the high ones;
   where local sources so computed exceed what the base map leaves above the regional background, they
   are reduced to it: no action takes NOx below that background;
4. NO2 on the total: ``f(NOx + ΔNOx) - f(NOx)``, ``NOx = f⁻¹(base NO2 map)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing import simulation_inputs as inputs
from aqah_desktop.processing import simulation_tables as tables
from aqah_desktop.processing.contract import Feedback, RasterResult, Results
from aqah_desktop.records import (
    EmissionChange,
    Grid,
    LocalText,
    Measure,
    Method,
    Place,
    Pollutant,
    Sector,
    Standing,
    Statistic,
    Territory,
    Text,
)

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

LEVELS = ("low", "central", "high")
TITLES = {
    "no2_before": "simulation.raster_no2_before",
    "no2_after": "simulation.raster_no2_after",
    "delta_no2_low": "simulation.raster_delta_no2_low",
    "delta_no2_central": "simulation.raster_delta_no2_central",
    "delta_no2_high": "simulation.raster_delta_no2_high",
}
#: What is shown around the territory, m: an action is felt beyond the limit.
MARGIN_M = 5_000.0
#: A site is called improved from this decrease on: below, the figure shown is 0.0.
IMPROVED_UG_M3 = 0.05


@dataclass(frozen=True)
class _Change:
    """Changes composed by place: distinct places and their relative change at each level."""

    places: tuple[Place, ...]
    factors: dict[str, dict[int, float]]


def simulate_changes(
    changes: Sequence[EmissionChange],
    pack: Pack,
    territory: Territory,
    feedback: Feedback | None = None,
    *,
    base_year_concentration: int = 2019,
) -> Results:
    """Compute what emission changes do to NO2 in a territory.

    Parameters
    ----------
    changes : sequence of EmissionChange
        Road NOx only: the one base emission of the pack so far. None at all changes nothing.
    pack : Pack
        Open pack with ``road_nox_2018`` (dataset evidence ``dispersion_factor`` and ``kernel``),
        ``wind_stability``, ``communes``, ``population``, sites, and NO2 of the base year.
    territory : Territory
        Where results are shown, with 5 km around; dispersion runs over the whole region.
    feedback : Feedback, optional
    base_year_concentration : int
        Year of the NO2 map changes are applied to.

    Returns
    -------
    Results
        Rasters (float32, µg/m³, NaN outside the base map): ``delta_no2_low``, ``…_central``, ``…_high``,
        ``no2_before``, ``no2_after`` (central). Tables ``sites`` and ``communes``: NO2 before, after,
        change low/central/high. Figures: see :func:`_figures`. Notes: method and limits.

    Raises
    ------
    BadInputError
        Another sector or pollutant, a place that is unknown, empty or outside, factors that are not
        numbers in order, layers that are not on one grid.
    UnknownItemError
        No NO2 map of that year; a layer is missing.
    JobCancelledError
        The user stopped the run.
    """
    feedback = feedback or Feedback()
    change = _compose(changes)
    feedback.progress(0.02, Text("simulation.step_reading"))
    base = inputs.read_base(pack, base_year_concentration)
    feedback.check()
    feedback.progress(0.2, Text("simulation.step_places"))
    pieces = inputs.cut_places(pack, change.places, base.grid)
    feedback.check()
    emission = {level: inputs.emission_change(base, pieces, change.factors[level]) for level in LEVELS}
    window = inputs.output_window(territory, base.grid, MARGIN_M)
    nox = _disperse_levels(base, emission, window, feedback.child(0.3, 0.75))
    feedback.progress(0.75, Text("simulation.step_exposure"))
    maps = _no2_maps(base, nox, window)
    feedback.check()
    rasters = _rasters(maps, window.grid(base.grid), base_year_concentration)
    sites = tables.site_table(pack, territory, rasters)
    feedback.check()
    communes = tables.commune_table(pack, territory, rasters, base.population[window.slices])
    feedback.check()
    figures = _figures(base, emission, maps, sites, tables.population_means(communes))
    feedback.progress(1.0)
    return Results(
        standing=Standing.worst(base.standings, Method.MODELLED, _in_both_languages("simulation.limits")),
        rasters=rasters,
        tables={
            "sites": tables.as_result(sites, "simulation.table_sites"),
            "communes": tables.as_result(communes, "simulation.table_communes"),
        },
        figures=figures,
        emission_changes=tuple(changes),
        notes=(
            *_notes(base, base_year_concentration, figures),
            *_year_notes(base, changes, base_year_concentration),
        ),
    )


def _compose(changes: Sequence[EmissionChange]) -> _Change:
    """Group changes by place and multiply those of one place on what remains."""
    places: list[Place] = []
    kept: dict[str, dict[int, float]] = {level: {} for level in LEVELS}
    for change in changes:
        _check(change)
        if change.place not in places:
            places.append(change.place)
        key = places.index(change.place)
        for level in LEVELS:
            factor = max(float(getattr(change.factor, level)), -1.0)
            kept[level][key] = kept[level].get(key, 1.0) * (1 + factor)
    factors = {level: {key: left - 1 for key, left in by_place.items()} for level, by_place in kept.items()}
    return _Change(tuple(places), factors)


def _check(change: EmissionChange) -> None:
    if (change.sector, change.pollutant) != (Sector.ROAD, Pollutant.NOX):
        raise BadInputError(
            "simulation.no_base_emission",
            sector=change.sector.value,
            pollutant=change.pollutant.value,
            available=[f"{Sector.ROAD.value} / {Pollutant.NOX.value} (2018)"],
        )
    low, central, high = change.factor.low, change.factor.central, change.factor.high
    if not all(math.isfinite(v) for v in (low, central, high)):
        raise BadInputError("simulation.factor_not_a_number", sector=change.sector.value)
    if not (min(low, high) <= central <= max(low, high) and abs(low) <= abs(high)):
        raise BadInputError("simulation.factor_order", low=low, central=central, high=high)


def _disperse_levels(
    base: inputs.Base, emission: dict[str, np.ndarray], window: inputs.Window, feedback: Feedback
) -> dict[str, np.ndarray]:
    """ΔNOx of each level in the output window before the factor, µg/m³."""
    answer = {}
    for step, level in enumerate(LEVELS):
        feedback.progress(step / len(LEVELS), Text("simulation.step_dispersion"))
        answer[level] = inputs.disperse_change(emission[level], base.kernel)[window.slices]
        feedback.check()
    return answer


def _no2_maps(
    base: inputs.Base, change: dict[str, np.ndarray], window: inputs.Window
) -> dict[str, np.ndarray]:
    """NO2 before, after, its change by level in the window; ``reduced``: where local NOx had to give way."""
    from aqah_desktop.science.nitrogen import no2_from_nox, nox_from_no2

    before = base.no2[window.slices].astype(float)
    nox = nox_from_no2(before)
    background = nox_from_no2(np.array(_lowest(base.no2)))
    start = no2_from_nox(nox)
    maps = {"no2_before": before}
    for level in LEVELS:
        factor = getattr(base.dispersion_factor, level)
        local = factor * (1 + base.other_ratio) * base.field[window.slices]
        kept = local_share_kept(nox - background, local)
        # The background is never crossed; rounding of the transform alone can come below it.
        after = np.maximum(nox + kept * factor * change[level], np.minimum(nox, background))
        maps[f"delta_no2_{level}"] = no2_from_nox(after) - start
        maps["reduced"] = kept < 1
    maps["no2_after"] = np.maximum(before + maps["delta_no2_central"], 0.0)
    return maps


def local_share_kept(room_ug_m3: np.ndarray, local_ug_m3: np.ndarray) -> np.ndarray:
    """Part of a computed local contribution that fits between the base map and the background, 0 to 1.

    ``room_ug_m3`` is NOx of the base map above the regional background, ``local_ug_m3`` what all local
    sources are computed to bring. NaN stays NaN.
    """
    room = np.maximum(room_ug_m3, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(local_ug_m3 > 0, np.minimum(room / local_ug_m3, 1.0), 1.0)
    return np.asarray(np.where(np.isnan(room_ug_m3), np.nan, kept))


def _rasters(maps: dict[str, np.ndarray], grid: Grid, year: int) -> dict[str, RasterResult]:
    answer = {}
    for name, title in TITLES.items():
        statistic = Statistic.DIFFERENCE if name.startswith("delta") else Statistic.ANNUAL_MEAN
        measure = Measure("µg/m³", statistic, Pollutant.NO2, (year, year))
        values = maps[name].astype(np.float32)
        answer[name] = RasterResult(values, grid, measure, Text(title, {"year": str(year)}))
    return answer


def _figures(
    base: inputs.Base,
    emission: dict[str, np.ndarray],
    maps: dict[str, np.ndarray],
    sites: pd.DataFrame,
    means: dict[str, float],
) -> dict[str, Any]:
    """Plain numbers for reports; intervals are ``{low, central, high}`` in the order of the effects.

    ``emission_change_t_per_year``, ``emission_region_t_per_year``, ``largest_decrease_ug_m3`` (in the
    window shown), ``population_mean_before_ug_m3`` and ``population_mean_change_ug_m3`` (residents of
    the territory), ``sites``, ``sites_without_value``, ``sites_improved`` (central change of at least
    0.05 µg/m³), ``share_of_cells_reduced`` (high level: computed local NOx exceeds what the base map allows),
    ``regional_background_no2_ug_m3``, ``dispersion_factor``.
    """
    change = sites["change_central_ug_m3"]
    known = np.isfinite(maps["no2_before"])
    return {
        "emission_region_t_per_year": float(base.emissions.sum()),
        "emission_change_t_per_year": {level: float(emission[level].sum()) for level in LEVELS},
        "largest_decrease_ug_m3": {level: max(-_lowest(maps[f"delta_no2_{level}"]), 0.0) for level in LEVELS},
        "population_mean_before_ug_m3": means["no2_before_ug_m3"],
        "population_mean_change_ug_m3": {level: means[f"change_{level}_ug_m3"] for level in LEVELS},
        "sites": len(sites),
        "sites_without_value": int(change.isna().sum()),
        "sites_improved": int((change <= -IMPROVED_UG_M3).sum()),
        "share_of_cells_reduced": float(maps["reduced"][known].mean()) if known.any() else 0.0,
        "regional_background_no2_ug_m3": _lowest(base.no2),
        "dispersion_factor": {level: getattr(base.dispersion_factor, level) for level in LEVELS},
    }


def _lowest(values: np.ndarray) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else 0.0


def _in_both_languages(key: str) -> LocalText:
    return LocalText(Catalogue("fr").text(key), Catalogue("en").text(key))


def _year_notes(base: inputs.Base, changes: Sequence[EmissionChange], year: int) -> tuple[Text, ...]:
    """Said when an action names other years: the result is that of the base year, whatever they are."""
    years = [bound for change in changes for bound in change.years]
    if set(years) <= {base.emission_year}:
        return ()
    named = {"first": str(min(years)), "last": str(max(years)), "year": str(year)}
    return (Text("simulation.note_years", named),)


def _notes(base: inputs.Base, year: int, figures: dict[str, Any]) -> tuple[Text, ...]:
    """Sentences that go with the result wherever it is shown."""
    factor = base.dispersion_factor
    notes = [
        Text("simulation.note_method", {"year": str(year)}),
        Text(
            "simulation.note_factor",
            {"central": factor.central, "low": factor.low, "high": factor.high},
        ),
        Text("simulation.note_interval"),
        Text("simulation.note_wind"),
        Text("simulation.note_emissions"),
        Text("simulation.note_background"),
        Text("simulation.note_ozone"),
        Text("simulation.note_border"),
        Text("simulation.note_legal"),
    ]
    if figures["share_of_cells_reduced"] > 0:
        percent = max(round(100 * figures["share_of_cells_reduced"]), 1)
        background = round(figures["regional_background_no2_ug_m3"], 1)
        notes.append(Text("simulation.note_reduced", {"percent": percent, "background": background}))
    return tuple(notes)
