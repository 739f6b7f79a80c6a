"""Colour scales, site classes and tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.records import Confidence, Measure, Pollutant, Statistic, Threshold
from aqah_desktop.reporting import style
from aqah_desktop.reporting.tokens import resource_table, theme

ANNUAL = {"no2": (10, 20, 40), "pm10": (15, 20, 40), "pm25": (5, 10, 25)}


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance of sRGB (IEC 61966-2-1)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    """WCAG contrast ratio."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def annual(pollutant: str) -> Measure:
    return Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant(pollutant), (2019, 2019))


@pytest.mark.parametrize("name", sorted(resource_table("colormaps", "ramps.toml")))
def test_ramps_are_monotonic_in_grey(name: str) -> None:
    stops = [luminance(stop) for stop in style.ramp_stops(name)]
    assert len(stops) == 17
    steps = np.diff(stops)
    if resource_table("colormaps", "ramps.toml")[name]["kind"] == "diverging":
        assert (steps[:8] > 0).all()
        assert (steps[8:] < 0).all()
    else:
        assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize("pollutant", sorted(ANNUAL))
def test_every_annual_value_is_a_break(pollutant: str) -> None:
    scale = style.scale_for(annual(pollutant))
    assert set(ANNUAL[pollutant]) <= set(scale.breaks)
    assert list(scale.breaks) == sorted(set(scale.breaks))
    assert len(scale.colours) == len(scale.breaks) + 1


def test_a_value_on_a_break_does_not_exceed_it() -> None:
    scale = style.scale_for(annual("no2"))
    on, above = scale.classify(np.array([10.0, 10.01], np.float32))
    assert above == on + 1
    assert scale.breaks[on] == 10


def test_no_value_has_no_colour() -> None:
    scale = style.scale_for(annual("no2"))
    classes = scale.classify(np.array([[np.nan, 12.0]], np.float32))
    assert classes[0, 0] == style.NO_DATA
    lookup = scale.lookup()
    assert lookup[style.NO_DATA, 3] == 0
    assert tuple(lookup[classes[0, 1], :3]) == scale.colours[classes[0, 1]]


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40))
def test_differences_are_centred_on_zero(values: list[float]) -> None:
    scale = style.difference_scale(np.array(values, np.float32), "µg/m³")
    assert np.allclose(scale.breaks, -np.array(scale.breaks)[::-1])
    assert len(scale.colours) % 2 == 1
    middle = len(scale.colours) // 2
    assert scale.classify(np.zeros(1, np.float32))[0] == middle
    assert luminance(scale.colours[middle]) == max(map(luminance, scale.colours))


@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=60))
def test_a_measure_without_table_gets_ascending_round_breaks(values: list[float]) -> None:
    scale = style.scale_for(None, np.array(values, np.float32))
    assert list(scale.breaks) == sorted(set(scale.breaks))
    assert 2 <= len(scale.colours) <= 20


@given(st.floats(1e-6, 1e9))
def test_nice_steps_are_one_two_five(raw: float) -> None:
    step = style.nice_step(raw)
    mantissa = step / 10 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5, 10)) < 1e-6
    assert raw * (1 - 1e-6) <= step <= raw * 2.5000001


def threshold(name: str, value: float, confidence: Confidence = Confidence.PUBLISHED) -> Threshold:
    return Threshold(name, "framework", Pollutant.NO2, "annual", value, "", confidence, "")


def test_sites_are_classed_by_the_guideline_not_by_interim_targets() -> None:
    given_values = [
        threshold("who_2021_no2_annual_interim_1", 40),
        threshold("who_2021_no2_annual", 10),
        threshold("eu_2030_no2_annual", 20),
        threshold("eu_2008_no2_annual", 40, Confidence.RECALLED),
        threshold("fr_objective_no2_annual", 30),
    ]
    marks = style.threshold_marks(given_values, "no2")
    assert [(m.framework, m.value) for m in marks] == [("who_2021", 10), ("eu_2030", 20), ("eu_2008", 40)]
    assert [m.verified for m in marks] == [True, True, False]
    scale = style.site_scale(marks)
    assert scale.classify(np.array([9.0, 10.0, 10.5, 21, 41, np.nan])).tolist() == [0, 0, 1, 2, 3, -1]
    assert scale.colour(-1) == scale.no_value
    assert len(set(scale.colours)) == 4


def test_site_classes_without_thresholds_are_one() -> None:
    scale = style.site_scale(())
    assert scale.classify(np.array([3.0, 300.0])).tolist() == [0, 0]
    assert len(scale.colours) == 1


@pytest.mark.parametrize("name", ["light", "dark"])
def test_texts_of_both_themes_are_legible(name: str) -> None:
    tokens = theme(name)
    paper = tokens.colour("paper")
    for token, least in (("ink", 12), ("ink_soft", 6), ("ink_faint", 4.4), ("accent", 4.5)):
        assert contrast(tokens.colour(token), paper) >= least, token
    for tone in ("warning", "danger"):
        assert contrast(tokens.colour(tone), tokens.colour(f"{tone}_wash")) >= 4.5, tone


def test_themes_hold_the_same_tokens_and_spaces_are_on_the_grid() -> None:
    assert set(theme("light").colours) == set(theme("dark").colours)
    assert all(theme().space(token) % 4 == 0 for token in ("tight", "small", "medium", "large", "page"))


def test_unknown_names_are_said() -> None:
    with pytest.raises(UnknownItemError) as theme_error:
        theme("sepia")
    assert theme_error.value.key == "reporting.unknown_theme"
    with pytest.raises(UnknownItemError) as ramp_error:
        style.ramp_stops("rainbow")
    assert "lipari" in ramp_error.value.params["known"]
