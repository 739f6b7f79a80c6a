"""The form: values as written, problems beside their field, the same rules as the command line."""

from __future__ import annotations

from typing import Any

import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.form import Choice, Form, fields_of
from aqah_desktop.models.parameter_words import Gazetteer, parameters_in_words
from aqah_desktop.processing.params import canonical_params, parse_params
from aqah_desktop.records import AlgorithmSpec, Parameter, Place, Problem, Text

SPEC = AlgorithmSpec(
    id="test.form",
    version="1",
    title="exposure.sites.title",
    summary="exposure.sites.summary",
    parameters=(
        Parameter("territory", "territory", "exposure.territory.label", required=True),
        Parameter("share", "number", "Part", unit="%", minimum=0, maximum=100, required=True),
        Parameter("radius_m", "number", "Rayon", unit="m", minimum=1, default=200.0, reference="Rapport X"),
        Parameter("count", "integer", "Nombre", minimum=1, maximum=9),
        Parameter("kinds", "choices", "exposure.kinds.label", choices=("ecole", "ehpad"), default=("ecole",)),
        Parameter("dataset", "choice", "exposure.dataset.label", choices=("declared", "training")),
        Parameter("perimeter", "place", "Périmètre", default="territory"),
        Parameter("communes", "communes", "Communes"),
        Parameter("years", "years", "Années", minimum=2010, maximum=2050),
        Parameter("year", "year", "Année", minimum=1990, maximum=2050),
        Parameter("pollutant", "pollutant", "Polluant", choices=("no2", "pm10")),
        Parameter("verbose", "boolean", "Détails"),
        Parameter("note", "text", "Remarque"),
        Parameter("raster", "file", "Carte", content="raster"),
        Parameter("layer", "layer", "Couche"),
    ),
    outputs=(),
)
NAMES = Gazetteer({"59350": "Lille", "59512": "Roubaix"}, {"200093201": "MEL"})


def form(language: str = "fr", **start: Any) -> Form:
    catalogue = Catalogue(language)
    fields = fields_of(SPEC, catalogue, {"layer": (Choice("ecoles", "Écoles"),)})
    return Form(SPEC, fields, catalogue, {"territory": "200093201", **start})


def test_every_kind_of_parameter_has_a_field_with_label_range_and_source() -> None:
    fields = {field.name: field for field in form().fields}
    assert list(fields) == [p.name for p in SPEC.parameters]
    assert fields["share"].allowed == "de 0 à 100\u00a0%"
    assert fields["radius_m"].allowed == "au moins 1\u00a0m"
    assert fields["share"].source == "Hypothèse de l’utilisateur"
    assert fields["radius_m"].source == "Référence\u00a0: Rapport X"
    assert fields["years"].allowed == "de 2010 à 2050"
    assert fields["kinds"].choices == (Choice("ecole", "Écoles"), Choice("ehpad", "EHPAD"))
    assert fields["territory"].fixed and fields["share"].needed and not fields["years"].needed
    english = {f.name: f for f in form("en").fields}
    assert english["share"].source == "The user’s assumption"


def test_a_new_form_is_calm_until_the_user_asks_to_run() -> None:
    shown = form()
    assert not shown.ready
    assert [shown.problems(f.name) for f in shown.fields if shown.problems(f.name)] == []
    assert not shown.ask()
    assert "Part" in shown.problems("share")[0].text
    assert shown.first_bad() == "share"


def test_values_start_with_defaults_and_are_given_as_the_command_line_would() -> None:
    shown = form()
    shown.set("share", "12,5 %")
    assert shown.ready
    params = parse_params(SPEC, shown.given())
    assert (params["share"], params["radius_m"], params["kinds"]) == (12.5, 200.0, ("ecole",))
    assert params["perimeter"] == Place(communes=("territory",))
    assert params["count"] is None and params["verbose"] is False


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("share", "120", "hors des limites"),
        ("share", "20 m", "autre unité"),
        ("share", "beaucoup", "nombre"),
        ("count", "2,5", "entier"),
        ("years", "2040-2030", "période"),
        ("years", "1990", "2010"),
        ("year", "20", "année"),
        ("communes", ("5935",), "commune"),
        ("raster", "/nowhere/map.tif", "n’existe pas"),
    ],
)
def test_a_bad_value_is_explained_beside_its_field_only(name: str, value: Any, words: str) -> None:
    shown = form(share="10")
    shown.set(name, value)
    texts = [problem.text for problem in shown.problems(name)]
    assert any(words in text for text in texts), texts
    label = next(f.label for f in shown.fields if f.name == name)
    assert not any(f"«\u00a0{name}" in text for text in texts) or label == name
    others = [f.name for f in shown.fields if f.name != name and shown.problems(f.name)]
    assert others == []


def test_a_fraction_given_as_percent_is_a_warning_and_does_not_stop() -> None:
    shown = form(share="0,3")
    assert [p.severity for p in shown.problems("share")] == ["warning"]
    assert shown.ready


def test_what_the_algorithm_says_stands_beside_its_field_until_a_value_changes() -> None:
    shown = form(share="10")
    heard: list[str] = []
    shown.changed.connect(heard.append)
    shown.put_found(
        [
            Problem("share", Text("exposure.sites.title")),
            Problem("", Text("exposure.sites.summary"), "warning"),
            Problem("elsewhere", Text("exposure.farms.title")),
        ]
    )
    assert len(shown.problems("share")) == 1 and not shown.ready
    assert [p.severity for p in shown.other_problems()] == ["warning", "error"]
    shown.set("share", "11")
    assert shown.problems("share") == () and shown.other_problems() == () and shown.ready
    assert heard == ["", "share"]


def test_setting_the_same_value_says_nothing() -> None:
    shown = form(share="10")
    heard: list[str] = []
    shown.changed.connect(heard.append)
    shown.set("share", "10")
    assert heard == []


def test_a_stored_run_comes_back_as_it_was_given() -> None:
    first = form(share="12,5")
    for name, value in {
        "perimeter": Place(communes=("59350", "59512")),
        "communes": ("59350",),
        "years": "2025-2030",
        "year": "2019",
        "kinds": ("ehpad",),
        "dataset": "training",
        "pollutant": "pm10",
        "verbose": True,
        "note": "à relire",
        "count": "3",
    }.items():
        first.set(name, value)
    assert first.ready, [p for f in first.fields for p in first.problems(f.name)]
    import json

    kept = canonical_params(parse_params(SPEC, first.given()))
    again = form()
    again.load(json.loads(kept))
    assert canonical_params(parse_params(SPEC, again.given())) == kept
    assert again.value("share") == "12,5"


@pytest.mark.parametrize(("name", "nothing"), [("perimeter", Place()), ("kinds", ())])
def test_a_list_emptied_by_the_user_is_never_replaced_by_its_default(name: str, nothing: Any) -> None:
    shown = form(share="10")
    shown.set(name, nothing)
    assert not shown.ready and shown.first_bad() == name
    assert [p.severity for p in shown.problems(name)] == ["error"]


def test_an_emptied_line_stands_for_its_default() -> None:
    shown = form(share="10")
    shown.set("radius_m", "")
    assert shown.ready and parse_params(SPEC, shown.given())["radius_m"] == 200.0


def test_words_of_every_kind() -> None:
    plain = {
        "territory": "200093201",
        "share": 12.5,
        "kinds": ["ecole", "ehpad"],
        "perimeter": {"communes": ["59350", "59512"], "polygon_wkt": ""},
        "communes": ["59350"],
        "years": [2025, 2030],
        "pollutant": "pm10",
        "verbose": True,
        "raster": "/a/b/carte.tif",
        "note": None,
    }
    words = dict(parameters_in_words(SPEC, plain, Catalogue("fr"), NAMES))
    assert words["Part"] == "12,5\u00a0%"
    assert words["Périmètre"] == "Lille, Roubaix"
    assert words["Années"] == "2025-2030"
    assert words["Polluant"] == "PM10"
    assert words["Détails"] == "oui"
    assert words["Carte"] == "carte.tif"
    assert "MEL" in words.values() and "Remarque" not in words
    without = dict(parameters_in_words(None, plain, Catalogue("en"), NAMES))
    assert without["share"] == "12.5" and without["raster"] == "/a/b/carte.tif"


def test_places_in_words() -> None:
    catalogue = Catalogue("fr")
    spec = AlgorithmSpec("a", "1", "t", "s", (Parameter("where", "place", "Lieu"),), ())

    def words(value: Any) -> str:
        return parameters_in_words(spec, {"where": value}, catalogue, NAMES)[0][1]

    assert words({"communes": ["territory"]}) == "tout le territoire"
    square = "POLYGON ((0 0, 2000 0, 2000 3000, 0 3000, 0 0))"
    assert words({"communes": [], "polygon_wkt": square}) == "périmètre dessiné, 6,0\u00a0km²"
    assert words({"communes": [f"5900{i}" for i in range(5)]}).startswith("5 communes, dont 59000, 59001")
    assert words("/a/perimetre.geojson") == "perimetre.geojson"
