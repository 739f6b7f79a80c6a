"""Wind table: frequencies kept, sectors, calm rule, profile."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.meteorology import (
    frequency_over_speed,
    mean_inverse_speed,
    profile_factor,
    wind_statistics,
)


@pytest.fixture
def table() -> pd.DataFrame:
    """West wind 60 %, north-east 40 %, two seasons, an open class."""
    return pd.DataFrame(
        {
            "season": ["winter", "winter", "summer"],
            "sector_centre_deg": [270.0, 45.0, 270.0],
            "speed_low_m_s": [2.0, 0.0, 7.0],
            "speed_high_m_s": [3.0, 1.0, np.nan],
            "stability": ["D", "F", "A"],
            "frequency": [0.3, 0.4, 0.3],
        }
    )


def test_frequencies_sum_to_one_and_keep_their_place(table: pd.DataFrame) -> None:
    wind = wind_statistics(table.assign(frequency=table["frequency"] * 8760))
    assert wind.frequency.sum() == pytest.approx(1.0, abs=1e-12)
    assert wind.rose[12] == pytest.approx(0.6)
    assert wind.rose[2] == pytest.approx(0.4)
    np.testing.assert_allclose(wind.speed_bounds_m_s, [[0, 1], [2, 3], [7, 10]])
    assert wind.frequency[12, 1, 3] == pytest.approx(0.3)
    assert wind.frequency[12, 2, 0] == pytest.approx(0.3)


def test_one_season_is_normalised_to_itself(table: pd.DataFrame) -> None:
    wind = wind_statistics(table, "winter")
    assert wind.rose[2] == pytest.approx(0.4 / 0.7)
    with pytest.raises(BadInputError, match="wind_frequency"):
        wind_statistics(table, "monsoon")


def test_mean_inverse_speed_is_the_integral() -> None:
    bounds = np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 5.0]])
    for minimum in (0.5, 1.0, 1.5, 6.0):
        for (low, high), value in zip(bounds, mean_inverse_speed(bounds, minimum), strict=True):
            u = np.linspace(low, high, 200_001)
            assert value == pytest.approx(
                np.trapezoid(1 / np.maximum(u, minimum), u) / (high - low), rel=1e-6
            )


def test_speed_factor_divides_and_minimum_wind_matters(table: pd.DataFrame) -> None:
    wind = wind_statistics(table)
    base = frequency_over_speed(wind, height_m=10, terrain="urban")
    faster = frequency_over_speed(wind, height_m=10, terrain="urban", speed_factor=2.0)
    np.testing.assert_allclose(faster, base / 2)
    stiller = frequency_over_speed(wind, height_m=10, terrain="urban", minimum_speed_m_s=0.5)
    assert stiller[2, 5] > base[2, 5]
    assert base[2, 5] == pytest.approx(0.4)
    assert stiller[12, 3] == base[12, 3]


def test_wind_rises_with_height_more_when_stable() -> None:
    np.testing.assert_allclose(profile_factor(2.0, "urban"), np.ones(6))
    np.testing.assert_allclose(profile_factor(30.0, "rural")[[3, 5]], [3**0.15, 3**0.55])


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("sector_centre_deg", 10.0, "wind_class"),
        ("stability", "G", "wind_class"),
        ("speed_low_m_s", -1.0, "wind_class"),
        ("frequency", -0.1, "wind_frequency"),
        ("frequency", np.nan, "wind_frequency"),
    ],
)
def test_bad_tables_are_refused(table: pd.DataFrame, column: str, value: object, key: str) -> None:
    table.loc[0, column] = value
    with pytest.raises(BadInputError, match=key):
        wind_statistics(table)


def test_missing_column_and_bad_choices_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(BadInputError, match="wind_columns"):
        wind_statistics(table.drop(columns="stability"))
    wind = wind_statistics(table)
    with pytest.raises(BadInputError, match="minimum_speed"):
        frequency_over_speed(wind, height_m=2, terrain="urban", minimum_speed_m_s=0.0)
    with pytest.raises(BadInputError, match="speed_factor"):
        frequency_over_speed(wind, height_m=2, terrain="urban", speed_factor=float("nan"))
