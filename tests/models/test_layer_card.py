"""The record of a layer as facts: complete, in words, in both languages, with computed figures readable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.layer_card import Fact, as_text, card, evidence_facts
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Method, Quality, RunRecord, Standing
from aqah_desktop.storage.pack import Pack

from .test_project import entry, run, user_file


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_layer_of_the_pack_has_a_card_in_words(pack: Pack, language: str) -> None:
    words = Catalogue(language)
    for layer in pack.layers.values():
        dataset = pack.dataset_of(layer.id)
        text = as_text("t", card(LayerEntry(layer), ProjectState(), pack, words))
        assert "layer_panel." not in text
        assert "reporting." not in text
        assert dataset.origin.publisher in text
        assert dataset.origin.licence in text
        assert dataset.standing.limits.in_language(language) in text
        assert dataset.lineage.product_hash in text


def test_held_out_scores_are_told_with_unit_and_interval(pack: Pack) -> None:
    facts = {f.name: f.value for f in evidence_facts(pack.dataset_of("no2_2013").evidence, Catalogue("fr"))}
    assert facts["Erreur quadratique moyenne"].endswith("µg/m³")
    assert facts["Gain sur la simple moyenne (intervalle à 90\u00a0%)"].count("[") == 1
    assert facts["Modèle retenu"] != "kriging_sqrt_population_shape"


def test_figures_keep_what_means_something_and_lists_stay_short() -> None:
    evidence = {
        "unknown_key": 0.00139712,
        "rmse": 2.8919731,
        "empty": [],
        "many": list(range(40)),
        "names": ["a", "b"],
        "yes": True,
        "height_m": 2.0,
        "area_m2": 28817.4,
        "200093201": 12,
        "part": {"low": 0.1, "central": 0.2, "high": 0.3, "level": 95.0},
        "spatial_skill": "not assessable",
        "nothing": {},
    }
    found = list(evidence_facts(evidence, Catalogue("fr"), {"200093201": "Lille"}))
    values = {f.name: f.value for f in found}
    assert values["unknown key"] == "0,00140"
    assert values["Erreur quadratique moyenne"] == "2,9\u00a0µg/m³"
    assert values["many"] == "40 éléments"
    assert values["names"] == "a, b"
    assert values["yes"] == "oui"
    assert values["Hauteur"] == "2\u00a0m"
    assert values["area m2"] == "28\u202f817\u00a0m²"
    assert values["Lille"] == "12"
    assert values["part"] == "0,200 [0,100 ; 0,300]"
    assert values["Capacité à placer les différences sur la carte"].startswith("non évaluable")
    assert values["empty"] == "—"


def test_nested_figures_stand_below_their_name() -> None:
    found = list(evidence_facts({"observations": {"stations": 3}}, Catalogue("en")))
    assert found == [Fact("Observations", "", 0), Fact("Stations", "3", 1)]


def test_a_result_shows_the_standing_of_its_run(pack: Pack) -> None:
    standing = Standing(Quality.EXPLORATORY, Method.MODELLED)
    record: RunRecord = replace(run("r1"), standing=standing)
    layer = replace(pack.layers["no2_2019"], run_id="r1")
    parts = card(LayerEntry(layer, "project"), ProjectState(runs=(record,)), pack, Catalogue("fr"))
    assert "exploratoire" in as_text("t", parts)


def test_a_file_of_the_user_and_a_layer_without_record(pack: Pack) -> None:
    own = replace(entry("u"), origin="file:/data/crèches.gpkg", file=user_file("EPSG:2154"))
    text = as_text("Crèches", card(own, ProjectState(), pack, Catalogue("fr")))
    assert "crèches.gpkg" in text
    assert "fourni par l’utilisateur" in text
    bare = as_text("x", card(entry("x"), ProjectState(), pack, Catalogue("fr")))
    assert "Aucune fiche" in bare
