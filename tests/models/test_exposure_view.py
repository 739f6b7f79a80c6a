"""What the exposure panel says: counted by hand on small tables, then on the bundled pack."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.exposure_result import sites_result
from aqah_desktop.models.exposure_view import Sites, histogram, interval_of, kinds_of, sites_of, view_of
from aqah_desktop.models.exposure_words import ExposureWords, kind_name
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.services import Services, open_services
from aqah_desktop.reporting.style import Mark

MARKS = (Mark("who_2021", 10.0), Mark("eu_2030", 20.0), Mark("eu_2008", 40.0))
MEL = "200093201"


def _frame(values: list[float | None], std: float | None = 1.0, **columns: object) -> gpd.GeoDataFrame:
    count = len(values)
    known = [v is not None for v in values]
    return gpd.GeoDataFrame(
        {
            "site_id": [f"s{i}" for i in range(count)],
            "name": [f"Site {i}" for i in range(count)],
            "kind": ["ecole"] * count,
            "commune_code": ["59350"] * count,
            "value_ug_m3": pd.Series(values, dtype="float64"),
            "std_ug_m3": [std if k else None for k in known],
            "pupils": pd.array([100 if i % 2 == 0 else None for i in range(count)], dtype="Int64"),
            "status": ["ok" if k else "unplaced" for k in known],
            **columns,
        },
        geometry=[Point(700000 + i, 7050000) if k else None for i, k in enumerate(known)],
        crs="EPSG:2154",
    )


def _sites(*args: object, **columns: object) -> Sites:
    return sites_of(_frame(*args, **columns), {"59350": "Lille"})  # type: ignore[arg-type]


def test_a_value_equal_to_a_threshold_does_not_exceed_it() -> None:
    view = view_of(_sites([10.0, 10.01, 20.0, 41.0]), MARKS)
    assert [level.above for level in view.levels] == [3, 1, 1]


def test_range_of_a_count_is_that_of_every_interval_at_its_end() -> None:
    view = view_of(_sites([9.0, 11.0, 30.0], std=1.0), MARKS)
    level = view.levels[0]
    assert (level.above, level.low, level.high) == (2, 1, 3)


def test_without_standard_deviation_nothing_is_said_of_uncertainty() -> None:
    view = view_of(_sites([9.0, 11.0], std=None), MARKS)
    assert (view.levels[0].low, view.levels[0].high) == (None, None)
    assert view.mean is not None
    assert view.mean.level is None
    assert not view.order_unsure


def test_sites_without_value_are_apart_and_never_zero() -> None:
    view = view_of(_sites([None, 12.0, None]), MARKS)
    assert (view.total, view.known) == (3, 1)
    assert view.missing["unplaced"].tolist() == [0, 2]
    assert view.mean is not None
    assert view.mean.central == 12.0
    assert view.histogram.counts == (1,)
    assert view.listed.tolist() == [1]


def test_pupils_are_counted_only_where_known_and_above() -> None:
    level = view_of(_sites([12.0, 12.0, 8.0]), MARKS).levels[0]
    assert (level.pupils, level.with_pupils) == (100, 1)


def test_listed_sites_are_the_most_exposed_first_with_equal_ranks_for_equal_values() -> None:
    view = view_of(_sites([12.0, 30.0, 12.0, 5.0]), MARKS)
    assert view.listed.tolist() == [1, 0, 2, 3]
    assert view.ranks.tolist() == [1, 2, 2, 4]


def test_a_threshold_keeps_what_is_above_it_and_leaves_the_counts() -> None:
    view = view_of(_sites([12.0, 30.0, 5.0]), MARKS, above="eu_2030")
    assert view.listed.tolist() == [1]
    assert view.ranks.tolist() == [1]
    assert view.known == 3
    assert [level.above for level in view.levels] == [2, 1, 0]
    assert view_of(_sites([12.0]), MARKS, above="eu_2008").listed.tolist() == []


def test_a_kind_restricts_everything() -> None:
    sites = _sites([12.0, 30.0, None], kind=["ecole", "ehpad", "ehpad"])
    view = view_of(sites, MARKS, kind="ehpad")
    assert (view.total, view.known, view.listed.tolist()) == (2, 1, [1])
    assert view.missing["unplaced"].tolist() == [2]


def test_nothing_at_all_is_an_empty_view() -> None:
    view = view_of(_sites([]), MARKS)
    assert (view.total, view.known, view.mean, view.histogram.counts) == (0, 0, None, ())


def test_the_order_is_unsure_when_values_differ_less_than_their_uncertainty() -> None:
    assert view_of(_sites([12.0, 12.5], std=1.0), MARKS).order_unsure
    assert not view_of(_sites([12.0, 32.5], std=1.0), MARKS).order_unsure


@given(
    st.lists(st.floats(0.01, 90).map(lambda v: round(v, 2)), min_size=1, max_size=60),
    st.sampled_from([[10.0, 20.0, 40.0], [5.0, 10.0, 25.0], []]),
)
def test_histogram_counts_every_value_once_and_never_across_a_threshold(
    values: list[float], breaks: list[float]
) -> None:
    found = histogram(np.array(values), breaks)
    assert sum(found.counts) == len(values)
    edges = np.array(found.edges)
    assert (np.diff(edges) > 0).all()
    assert edges[0] < min(values) <= max(values) <= edges[-1] + 1e-9
    inside = [b for b in breaks if min(values) < b < max(values)]
    width = edges[1] - edges[0]
    if all(abs(b / width - round(b / width)) < 1e-6 for b in inside):
        for limit in inside:
            above = sum(n for n, left in zip(found.counts, edges[:-1], strict=True) if left >= limit - 1e-9)
            assert above == sum(v > limit for v in values)


def test_histogram_edges_hold_the_annual_values() -> None:
    found = histogram(np.linspace(7.3, 27.1, 500), [10.0, 20.0, 40.0])
    assert 10.0 in found.edges
    assert 20.0 in found.edges
    assert 12 <= len(found.counts) <= 40


def test_interval_never_goes_below_zero() -> None:
    interval = interval_of(1.0, 2.0)
    assert (interval.low, interval.level) == (0.0, 95.0)
    assert interval_of(1.0, math.nan).level is None


def test_a_row_is_a_feature_of_the_layer_of_its_kind_and_back() -> None:
    sites = _sites([12.0, 30.0], kind=["ecole", "strange"])
    assert sites.feature(0) == Feature("ecoles", "s0", -1, "Site 0", 700000.0, 7050000.0)
    assert sites.row_of(Feature("ecoles", "s0", 4)) == 0
    assert sites.row_of(Feature("hospitals", "s0")) is None
    assert sites.row_of(Feature("ecoles", "unknown")) is None
    assert sites.row_of(None) is None
    assert sites.feature(1).layer_id == ""
    assert sites.row_of(Feature("anything", "s1")) == 1


def test_areas_are_placed_at_a_point_inside_them() -> None:
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["p"], "crop_label": ["blé"], "mean_ug_m3": [9.0]},
        geometry=[Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])],
        crs="EPSG:2154",
    )
    sites = sites_of(frame, {}, "mean_ug_m3", "crop_label", layer_id="training_parcels")
    assert sites.feature(0).layer_id == "training_parcels"
    assert 0 < sites.x[0] < 10
    assert math.isnan(sites.std[0])


def test_five_thousand_kinds_and_200_000_sites_are_counted() -> None:
    count = 200_000
    kinds = np.array([f"type {i % 5000}" for i in range(count)], dtype=object)
    rng = np.random.default_rng(1)
    ids = np.arange(count).astype(str).astype(object)
    value = rng.uniform(5, 45, count)
    same = np.full(count, "", dtype=object)
    sites = Sites(ids, ids, kinds, same, same, value, np.full(count, 1.0), value, value, value)
    assert len(kinds_of(sites)) == 5000
    assert set(kinds_of(sites).values()) == {40}
    view = view_of(sites, MARKS, kind="type 17")
    assert view.known == 40
    assert view_of(sites, MARKS).known == count


# --------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("language", "values", "figure", "sentence"),
    [
        ("fr", [12.0, 30.0, 5.0], "2 écoles sur 3", "dépassent la recommandation de l’OMS"),
        ("fr", [12.0, 5.0], "1 école sur 2", "dépasse la recommandation de l’OMS"),
        ("fr", [5.0, 5.0], "0 école sur 2", "dépasse la recommandation de l’OMS"),
        ("en", [12.0, 5.0], "1 of 2 schools", "is above the WHO guideline"),
        ("en", [5.0, 5.0], "0 of 2 schools", "are above the WHO guideline"),
    ],
)
def test_figure_and_sentence_agree_in_number(
    language: str, values: list[float], figure: str, sentence: str
) -> None:
    words = ExposureWords(Catalogue(language), "no2", 2019)
    view = view_of(_sites(values), MARKS)
    assert words.figure(view, "", "ecole") == figure
    said = words.sentence(view, "", "ecole")
    assert said.startswith(sentence)
    assert "2019" in said
    assert "10\u00a0µg/m³" in said


def test_the_sentence_follows_the_threshold_chosen() -> None:
    words = ExposureWords(Catalogue("fr"), "no2", 2019)
    view = view_of(_sites([12.0, 30.0, 5.0]), MARKS, above="eu_2030")
    assert words.figure(view, "eu_2030") == "1 lieu sur 3"
    assert "20\u00a0µg/m³" in words.sentence(view, "eu_2030")


def test_a_territory_without_values_says_why() -> None:
    words = ExposureWords(Catalogue("fr"), "no2", 2019)
    nothing = view_of(_sites([None, None]), MARKS)
    assert words.figure(nothing) == ""
    assert words.sentence(nothing).startswith("Sans position connue")
    assert words.sentence(view_of(_sites([]), MARKS)).startswith("Aucun lieu")
    assert words.missing(nothing) == [("unplaced", "2 sans position connue")]


def test_without_annual_values_the_mean_is_given() -> None:
    words = ExposureWords(Catalogue("fr"), "no2", None)
    said = words.sentence(view_of(_sites([12.0, 14.0]), ()))
    assert "13,0\u00a0µg/m³" in said


def test_unverified_values_are_marked_and_ranges_are_ordered() -> None:
    words = ExposureWords(Catalogue("fr"), "no2", 2019)
    assert words.mark(Mark("eu_2008", 40.0, verified=False)).endswith("(à vérifier)")
    view = view_of(_sites([9.0, 11.0, 30.0]), MARKS)
    assert words.level(view.levels[0], view.known) == ("2 sur 3", "[1\u00a0; 3]")
    assert words.level(view.levels[2], view.known) == ("0 sur 3", "")


def test_a_kind_of_a_users_file_keeps_its_own_word() -> None:
    catalogue = Catalogue("fr")
    assert kind_name("ecole", catalogue) == "école"
    assert kind_name("Crèche parentale", catalogue) == "Crèche parentale"
    assert ExposureWords(catalogue, "no2", 2019).noun("Crèche parentale", 3) == "lieux"


# --------------------------------------------------------------------------- the bundled pack


@pytest.fixture(scope="module")
def services() -> Services:
    opened = open_services()
    yield opened
    opened.close()


def test_the_panel_counts_what_the_algorithm_counts(services: Services) -> None:
    finished = services.run("aqah.exposure.sites", {"territory": MEL, "pollutant": "no2", "year": 2019})
    result = sites_result(services.pack, finished, services.catalogue)
    view = view_of(result.sites, result.marks)
    figures = finished.results.figures
    assert (view.total, view.known) == (figures["sites"], figures["sites_ok"])
    for level in view.levels:
        theirs = figures["frameworks"][level.mark.framework]
        assert level.above == theirs["exceeded"]
        assert level.pupils == theirs["pupils_known_above"]
        assert level.mark.value == theirs["value_ug_m3"]
    table = finished.results.tables["sites"].frame
    assert view.ranks.tolist() == sorted(table["rank"].dropna().astype(int).tolist())
    assert len(view.missing["unplaced"]) == figures["sites_unplaced"]
    words = ExposureWords(services.catalogue, "no2", 2019)
    assert words.residents(figures, "who_2021")
    assert any("verdict" in note for note in result.standing.notes)
    assert result.standing.quality
    assert result.standing.sources
    assert not result.standing.fictitious
