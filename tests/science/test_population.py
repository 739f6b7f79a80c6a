"""Smoothed population: nobody lost, a Gaussian inside, the edge rule at the edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.science.population import density_per_km2, smooth_population

GRID = Grid(0.0, 12_000.0, 200.0, 80, 60)


@given(seed=st.integers(0, 1000), sigma_m=st.floats(100, 5000), masked=st.booleans())
@settings(max_examples=25, deadline=None)
def test_total_is_conserved(seed: int, sigma_m: float, masked: bool) -> None:
    rng = np.random.default_rng(seed)
    allowed = rng.random((60, 80)) < 0.6 if masked else None
    residents = rng.gamma(0.3, 100, (60, 80)) * (1 if allowed is None else allowed)
    smoothed = smooth_population(residents, GRID, sigma_m, allowed)
    assert smoothed.sum() == pytest.approx(residents.sum(), rel=1e-9)
    assert (smoothed >= 0).all()
    if allowed is not None:
        assert (smoothed[~allowed] == 0).all()


def test_one_town_becomes_a_gaussian() -> None:
    residents = np.zeros((60, 80))
    residents[30, 40] = 1000.0
    smoothed = smooth_population(residents, GRID, 600.0)
    # Density at the centre of a Gaussian of 3 cells: 1000 / (2π·9) per cell.
    assert smoothed[30, 40] == pytest.approx(1000 / (2 * np.pi * 9), rel=2e-3)
    assert smoothed[30, 43] / smoothed[30, 40] == pytest.approx(np.exp(-0.5), rel=1e-6)
    assert smoothed[30, 43] == pytest.approx(smoothed[27, 40])


def test_people_at_the_edge_stay_on_the_grid() -> None:
    residents = np.zeros((60, 80))
    residents[0, 0] = 1000.0
    smoothed = smooth_population(residents, GRID, 600.0)
    inner = np.zeros((60, 80))
    inner[30, 40] = 1000.0
    # A corner keeps a quarter of the kernel (a little more: the middle row and column), given back.
    share = smooth_population(inner, GRID, 600.0)[30:, 40:].sum() / 1000
    assert smoothed[0, 0] == pytest.approx(smooth_population(inner, GRID, 600.0)[30, 40] / share)


def test_missing_cells_are_empty_and_density_is_per_km2() -> None:
    residents = np.full((60, 80), np.nan)
    residents[10, 10] = 40.0
    assert smooth_population(residents, GRID).sum() == pytest.approx(40.0)
    assert density_per_km2(np.array([40.0]), GRID)[0] == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("residents", "sigma_m", "key"),
    [
        (np.zeros((80, 60)), 2000.0, "mapping.grid_shape"),
        (np.full((60, 80), -1.0), 2000.0, "mapping.population_values"),
        (np.zeros((60, 80)), 0.0, "mapping.population_values"),
    ],
)
def test_bad_input(residents: np.ndarray, sigma_m: float, key: str) -> None:
    with pytest.raises(BadInputError) as caught:
        smooth_population(residents, GRID, sigma_m)
    assert caught.value.key == key


def test_residents_where_none_is_allowed_are_refused() -> None:
    with pytest.raises(BadInputError):
        smooth_population(np.ones((60, 80)), GRID, 2000.0, np.zeros((60, 80), dtype=bool))
