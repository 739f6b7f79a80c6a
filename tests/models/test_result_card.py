"""The card of a result: figures with their interval, savings never negative, quality and limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.result_card import card_of
from aqah_desktop.models.services import Finished
from aqah_desktop.processing.contract import RasterResult, Results, TableResult
from aqah_desktop.records import (
    Flag,
    Grid,
    LocalText,
    Measure,
    Method,
    Pollutant,
    Quality,
    RunRecord,
    Standing,
    Statistic,
    Text,
)

FIGURES: dict[str, Any] = {
    "emission_region_t_per_year": 39_908.0,
    "emission_change_t_per_year": {"low": -792.6, "central": -1189.0, "high": -1585.3},
    "largest_decrease_ug_m3": {"low": 0.67, "central": 1.43, "high": 1.92},
    "population_mean_before_ug_m3": 20.09,
    "population_mean_change_ug_m3": {"low": -0.289, "central": -0.738, "high": -1.286},
    "sites": 821,
    "sites_without_value": 7,
    "sites_improved": 814,
}
LIMITS = LocalText("Ni rue, ni ozone.", "Neither streets nor ozone.")
STANDING = Standing(Quality.INDICATIVE, Method.MODELLED, (Flag.PROXY,), limits=LIMITS)
GRID = Grid(0.0, 0.0, 200.0, 2, 2)
MEAN = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2, (2019, 2019))


def finished(**changes: Any) -> Finished:
    results = Results(STANDING, figures=FIGURES, notes=(Text("simulation.note_wind"),) * 2)
    record = RunRecord("a" * 32, "x", "1", "{}", {}, None, None, "2026-01-01T00:00:00+00:00")
    return Finished(replace(results, **changes), record, ())


def test_an_action_in_french() -> None:
    card = card_of(finished(), Catalogue("fr"))
    emission, residents, sites, largest = card.figures
    assert emission.label == "Émissions de NOx évitées"
    assert (emission.value, emission.bounds) == ("1\u202f189\u00a0t/an", "de 793 à 1\u202f585")
    assert (residents.value, residents.bounds) == ("−0,74\u00a0µg/m³", "de −1,29 à −0,29")
    assert "20,1\u00a0µg/m³" in residents.note
    assert sites.value == "814 sur 821" and "7 sans valeur" in sites.note
    assert largest.bounds == "de 0,67 à 1,92"
    assert card.quality.startswith("modélisé — indicatif") and card.tone == "warning"
    assert card.limits == LIMITS.fr and len(card.notes) == 1 and card.outputs == ()


def test_an_action_in_english() -> None:
    card = card_of(finished(), Catalogue("en"))
    assert card.figures[0].value == "1,189\u00a0t/yr" and card.limits == LIMITS.en
    assert all(f.label and "{" not in f.note for f in card.figures)


def test_a_rise_of_emissions_is_called_a_rise() -> None:
    levels = {"low": 3.0, "central": 5.0, "high": 8.0}
    card = card_of(finished(figures={**FIGURES, "emission_change_t_per_year": levels}), Catalogue("fr"))
    assert card.figures[0].label == "Émissions de NOx ajoutées"
    assert (card.figures[0].value, card.figures[0].bounds) == ("5,0\u00a0t/an", "de 3,0 à 8,0")


def test_nobody_covered_shows_a_dash_and_no_invented_figure() -> None:
    nothing = dict.fromkeys(("low", "central", "high"), float("nan"))
    figures = {
        **FIGURES,
        "population_mean_change_ug_m3": nothing,
        "population_mean_before_ug_m3": float("nan"),
    }
    residents = card_of(finished(figures=figures), Catalogue("fr")).figures[1]
    assert residents.value.startswith("—") and "—" in residents.note


@pytest.mark.parametrize(
    ("names", "expected"), [(("no2_before", "no2_after"), True), (("no2_after",), False)]
)
def test_before_and_after_make_it_comparable(names: tuple[str, ...], expected: bool) -> None:
    values = np.zeros((2, 2), np.float32)
    rasters = {name: RasterResult(values, GRID, MEAN, Text("exposure.sites.title")) for name in names}
    assert card_of(finished(rasters=rasters), Catalogue("fr")).comparable is expected


def test_another_result_lists_what_it_left() -> None:
    table = TableResult(pd.DataFrame({"a": [1, 2, 3]}), Text("exposure.sites.table"))
    card = card_of(finished(figures={"sites": 3}, tables={"sites": table}), Catalogue("fr"))
    assert card.figures == () and card.outputs[0].endswith("3 lignes")
