"""Parameters from text: units, ranges, choices, names; the canonical form; every error in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.processing.params import (
    canonical_params,
    check_params,
    parse_assignments,
    parse_params,
    plain_params,
    refuse_problems,
)
from aqah_desktop.processing.values import KINDS, allowed_range, convert, normal_unit, to_plain
from aqah_desktop.records import AlgorithmSpec, Parameter, Place, Pollutant, Problem, Text

SHARE = Parameter("share", "number", "l", unit="%", minimum=0, maximum=100, required=True)
RADIUS = Parameter("radius_m", "number", "l", unit="m", minimum=1, default=200.0)
KIND = Parameter("kind", "choice", "l", choices=("ecole", "college", "lycee"), default="ecole")
YEARS = Parameter("years", "years", "l", minimum=1990, maximum=2050)
SPEC = AlgorithmSpec("test.family.thing", "1", "t", "s", (SHARE, RADIUS, KIND, YEARS), ())


def _key(call: Any, *args: Any) -> str:
    with pytest.raises(BadInputError) as caught:
        call(*args)
    for language in LANGUAGES:
        text = Catalogue(language).error(caught.value).as_lines()
        assert caught.value.key not in text and "{" not in text, text
    return caught.value.key.removeprefix("processing.")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20.0), ("20 %", 20.0), ("20%", 20.0), ("20\u202f%", 20.0), ("20,5 %", 20.5), ("+7", 7.0),
        ("0.2", 0.2), ("1e1", 10.0), (" 33 ", 33.0), ("20 pour cent", 20.0), (20, 20.0), (20.5, 20.5),
    ],
)  # fmt: skip
def test_numbers(text: Any, value: float) -> None:
    assert convert(SHARE, text) == value


def test_thousands_may_be_spaced_and_minus_may_be_typographic() -> None:
    free = Parameter("x", "number", "l", unit="µg/m³")
    assert convert(free, "1 234,5 µg/m3") == 1234.5
    assert convert(free, "\u22122 ug/m3") == -2.0


@pytest.mark.parametrize(
    ("parameter", "raw", "key"),
    [
        (SHARE, "a fifth", "param_not_a_number"),
        (SHARE, "", "param_not_a_number"),
        (SHARE, "1.2.3", "param_not_a_number"),
        (SHARE, "1,234.5", "param_not_a_number"),
        (SHARE, "nan", "param_not_a_number"),
        (SHARE, float("nan"), "param_not_a_number"),
        (SHARE, float("inf"), "param_not_a_number"),
        (SHARE, True, "param_not_a_number"),
        (SHARE, [20], "param_not_a_number"),
        (SHARE, "20 m", "param_wrong_unit"),
        (RADIUS, "0.2 km", "param_wrong_unit"),
        (Parameter("n", "number", "l"), "3 kg", "param_no_unit"),
        (SHARE, "101", "param_out_of_range"),
        (SHARE, "-1", "param_out_of_range"),
        (Parameter("n", "integer", "l"), "2.5", "param_not_an_integer"),
        (Parameter("b", "boolean", "l"), "maybe", "param_not_a_boolean"),
        (Parameter("t", "text", "l"), "", "param_empty"),
        (Parameter("t", "text", "l"), 3, "param_not_a_text"),
        (KIND, "lycée", "param_not_a_choice"),
        (Parameter("k", "choices", "l", choices=("a", "b")), "a,c", "param_not_a_choice"),
        (Parameter("k", "choices", "l", choices=("a", "b")), 7, "param_not_a_list"),
        (Parameter("k", "choices", "l", choices=("a", "b")), " , ", "param_empty"),
        (Parameter("c", "communes", "l"), "5935", "param_not_a_commune"),
        (Parameter("p", "pollutant", "l"), "co2", "param_not_a_choice"),
        (Parameter("y", "year", "l"), "19", "param_not_a_year"),
        (YEARS, "1980", "param_not_a_year"),
        (YEARS, "2030-2025", "param_not_years"),
        (YEARS, "2020-2025-2030", "param_not_years"),
        (Parameter("p", "place", "l"), "the centre of town", "param_not_a_place"),
        (Parameter("f", "file", "l"), "/no/such/file.tif", "param_no_file"),
        (Parameter("x", "colour", "l"), "red", "param_unknown_kind"),
    ],
)  # fmt: skip
def test_refusals(parameter: Parameter, raw: Any, key: str) -> None:
    assert _key(convert, parameter, raw) == key


def test_a_wrong_unit_names_the_expected_one() -> None:
    with pytest.raises(BadInputError) as caught:
        convert(RADIUS, "0.2 km")
    assert caught.value.params["unit"] == "m"
    assert "m, not in km" in Catalogue("en").error(caught.value).cause


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("integer", "1 200", 1200),
        ("boolean", "Oui", True),
        ("boolean", "no", False),
        ("communes", "59350, 02691;2A004", ("59350", "02691", "2A004")),
        ("communes", ["59350", "59350"], ("59350",)),
        ("territory", "200093201", "200093201"),
        ("pollutant", "NO₂", Pollutant.NO2),
        ("pollutant", "PM2.5", Pollutant.PM25),
        ("year", 2019, 2019),
        ("years", "2025", (2025, 2025)),
        ("years", "2025–2030", (2025, 2030)),
        ("years", [2025, 2030], (2025, 2030)),
        ("place", "59350,59512", Place(communes=("59350", "59512"))),
        ("place", "Territoire", Place(communes=("territory",))),
        ("place", "@zone.geojson", Path("zone.geojson")),
        ("place", "POLYGON((0 0, 1 0, 1 1, 0 0))", Place(polygon_wkt="POLYGON((0 0, 1 0, 1 1, 0 0))")),
        ("place", {"communes": ["59350"], "polygon_wkt": ""}, Place(communes=("59350",))),
    ],
)
def test_kinds(kind: str, raw: Any, value: Any) -> None:
    assert convert(Parameter("p", kind, "l"), raw) == value


def test_choices_come_in_declared_order_whatever_case() -> None:
    parameter = Parameter("k", "choices", "l", choices=("ecole", "college", "lycee"))
    assert convert(parameter, "LYCEE, ecole") == ("ecole", "lycee")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_the_canonical_form(kind: str, tmp_path: Path) -> None:
    """What a run record holds is read back as the same value."""
    file = tmp_path / "x.csv"
    file.touch()
    raw = {
        "number": "3.5", "integer": "3", "boolean": "yes", "text": "words", "choice": "b", "choices": "a,b",
        "territory": "32", "communes": "59350", "place": "59350", "layer": "no2_2019", "pollutant": "no2",
        "year": "2019", "years": "2019-2020", "file": str(file),
    }[kind]  # fmt: skip
    parameter = Parameter("p", kind, "l", choices=("a", "b") if "choice" in kind else ())
    value = convert(parameter, raw)
    assert convert(parameter, json.loads(json.dumps(to_plain(value)))) == value


@given(st.floats(min_value=0, max_value=100, allow_nan=False))
def test_any_number_written_with_its_unit_is_read_back(value: float) -> None:
    assert convert(SHARE, f"{value!r} %") == value


def test_assignments() -> None:
    assert parse_assignments(["a=1", "b = x=y", "c="]) == {"a": "1", "b": " x=y", "c": ""}
    assert _key(parse_assignments, ["nonsense"]) == "param_syntax"
    assert _key(parse_assignments, ["=3"]) == "param_syntax"
    assert _key(parse_assignments, ["a=1", "a=2"]) == "param_twice"


def test_parse_fills_defaults_and_leaves_optional_ones_out() -> None:
    assert parse_params(SPEC, {"share": "20"}) == {
        "share": 20.0,
        "radius_m": 200.0,
        "kind": "ecole",
        "years": None,
    }


def test_unknown_and_missing_names() -> None:
    assert _key(parse_params, SPEC, {}) == "param_missing"
    with pytest.raises(BadInputError) as caught:
        parse_params(SPEC, {"shore": "20"})
    assert caught.value.key == "processing.param_unknown"
    assert caught.value.params["near"][0] == "share"


def test_check_lists_everything_wrong_at_once_and_never_raises() -> None:
    problems = check_params(SPEC, {"share": "120", "radius_m": "3 km", "colour": "red"})
    assert sorted(p.parameter for p in problems) == ["colour", "radius_m", "share"]
    assert all(p.severity == "error" for p in problems)
    for problem in problems:
        assert not Catalogue("fr").text(problem.text).startswith("processing.")


def test_a_fraction_given_as_a_percentage_is_a_warning() -> None:
    [problem] = check_params(SPEC, {"share": "0.2"})
    assert problem.severity == "warning"
    assert "20 %" in Catalogue("en").text(problem.text)
    assert check_params(SPEC, {"share": "20"}) == []


def test_problems_that_are_errors_stop_a_run() -> None:
    warning = Problem(
        "share",
        Text("processing.param_looks_like_a_fraction", {"name": "a", "value": "1", "percent": "2"}),
        "warning",
    )
    refuse_problems(SPEC, [warning])
    error = Problem("share", Text("processing.param_empty.message", {"name": "share"}))
    assert _key(refuse_problems, SPEC, [warning, error]) == "param_empty"
    told = Problem("share", Text("plugins.said", {"text": {"fr": "Trop.", "en": "Too much."}}))
    assert _key(refuse_problems, SPEC, [told]) == "check_failed"


def test_canonical_form_does_not_depend_on_order() -> None:
    first = parse_params(SPEC, {"share": "20", "years": "2025-2030"})
    second = dict(reversed(list(first.items())))
    text = canonical_params(first)
    assert text == canonical_params(second)
    assert text == '{"kind":"ecole","radius_m":200.0,"share":20.0,"years":[2025,2030]}'
    assert parse_params(SPEC, json.loads(text)) == first
    assert plain_params({"place": Place(communes=("59350",))}) == {
        "place": {"communes": ["59350"], "polygon_wkt": ""}
    }


def test_ranges_and_units_in_words() -> None:
    assert allowed_range(SHARE) == "0 … 100 %"
    assert allowed_range(RADIUS) == "≥ 1 m"
    assert allowed_range(Parameter("x", "number", "l")) == ""
    assert normal_unit("ug/m3") == normal_unit("μg/m³") == normal_unit("µg/m^3")
