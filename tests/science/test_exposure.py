"""A map read at points, in discs and by people; compared with shapely's geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.science import exposure

GRID = Grid(600_000.0, 7_000_000.0, 200.0, 30, 20)


def _map(seed: int = 0, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.uniform(5, 40, (20, 30)).astype(np.float32)
    values[rng.random((20, 30)) < missing] = np.nan
    return values


def _disc_by_shapely(values: np.ndarray, x: float, y: float, radius_m: float) -> tuple[float, float]:
    disc = shapely.Point(x, y).buffer(radius_m, quad_segs=256)
    rows, columns = np.nonzero(np.isfinite(values))
    west = GRID.x_min + columns * 200.0
    north = GRID.y_max - rows * 200.0
    area = shapely.area(shapely.intersection(disc, shapely.box(west, north - 200.0, west + 200.0, north)))
    covered = area.sum() / disc.area
    return (float((area * values[rows, columns]).sum() / area.sum()) if area.sum() else np.nan), float(
        covered
    )


def test_nearest_cell_edges_and_outside() -> None:
    values = _map()
    x = [600_000.0, 600_199.9, 600_200.0, 605_999.9, 606_000.0, 599_999.9, np.nan, 600_100.0, 600_100.0]
    y = [
        7_000_000.0,
        6_999_900.0,
        6_999_900.0,
        6_996_000.1,
        6_999_900.0,
        6_999_900.0,
        1.0,
        6_996_000.0,
        7e6 + 0.1,
    ]
    found = exposure.values_at_points(values, GRID, x, y)
    assert found[:4] == pytest.approx([values[0, 0], values[0, 0], values[0, 1], values[19, 29]])
    assert np.isnan(found[4:]).all()


def test_no_data_is_not_a_value() -> None:
    values = _map()
    values[3, 4] = np.nan
    assert np.isnan(exposure.values_at_points(values, GRID, [600_900.0], [6_999_300.0])).all()


@given(
    x=st.floats(600_000, 605_999),
    y=st.floats(6_996_001, 7_000_000),
    radius_m=st.floats(200, 900),
    seed=st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_disc_mean_is_exact(x: float, y: float, radius_m: float, seed: int) -> None:
    values = _map(seed, missing=0.2)
    found = exposure.mean_within_radius(values, GRID, [x], [y], radius_m, minimum_share=0.05)
    mean, share = _disc_by_shapely(values, x, y, radius_m)
    assert found.covered_share[0] == pytest.approx(share, abs=1e-4)
    if share > 0.06:
        assert found.mean[0] == pytest.approx(mean, rel=1e-4)


@given(value=st.floats(1, 100), radius_m=st.floats(200, 2000), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_constant_map_gives_the_constant(value: float, radius_m: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(600_000, 606_000, 50), rng.uniform(6_996_001, 7_000_000, 50)
    found = exposure.mean_within_radius(np.full((20, 30), value), GRID, x, y, radius_m, minimum_share=0.0)
    assert found.mean == pytest.approx(np.full(50, value))
    assert (found.covered_share <= 1).all()


def test_disc_with_too_little_data_is_nan_and_says_how_little() -> None:
    values = _map()
    values[:, 15:] = np.nan
    x = np.array([602_000.0, 603_000.0, 603_150.0, 604_000.0, 700_000.0, np.nan])
    found = exposure.mean_within_radius(values, GRID, x, np.full(6, 6_998_000.0), 300.0)
    assert found.covered_share[0] == pytest.approx(1.0)
    assert found.covered_share[1] == pytest.approx(0.5)
    assert np.isfinite(found.mean).tolist() == [True, True, False, False, False, False]
    assert found.covered_share[3:] == pytest.approx([0.0, 0.0, 0.0])


def test_radius_below_the_cell_is_refused() -> None:
    for radius_m in (199.0, 0.0, float("nan")):
        with pytest.raises(BadInputError) as caught:
            exposure.mean_within_radius(_map(), GRID, [603_000.0], [6_998_000.0], radius_m)
        assert caught.value.key == "mapping.radius_below_cell"
    with pytest.raises(BadInputError):
        exposure.values_at_points(_map().T, GRID, [603_000.0], [6_998_000.0])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(600_000, 606_000, 100), rng.uniform(6_996_000, 7_000_000, 100)
    whole = exposure.mean_within_radius(_map(), GRID, x, y, 450.0)
    monkeypatch.setattr(exposure, "_BLOCK", 7)
    parts = exposure.mean_within_radius(_map(), GRID, x, y, 450.0)
    assert np.array_equal(whole.mean, parts.mean, equal_nan=True)


def test_population_weighted_mean_by_hand() -> None:
    values = np.array([[10.0, 20.0], [np.nan, 40.0]])
    residents = np.array([[100.0, 300.0], [100.0, np.nan]])
    mean, covered = exposure.population_weighted_mean(values, residents)
    assert mean == pytest.approx((1000 + 6000) / 400)
    assert covered == pytest.approx(400 / 500)
    nobody = exposure.population_weighted_mean(np.full((2, 2), np.nan), residents)
    assert np.isnan(nobody[0])
    assert nobody[1] == 0.0


def test_people_above_counts_strictly_and_names_the_unknown() -> None:
    values = np.array([[10.0, 20.0], [np.nan, 40.0]])
    residents = np.array([[100.0, 300.0], [50.0, 7.0]])
    assert exposure.people_above(values, residents, 20.0) == (7.0, 50.0)
    assert exposure.people_above(values, residents, 9.9) == (407.0, 50.0)


def test_rank_shares_ties_and_leaves_missing_out() -> None:
    ranks = exposure.rank_descending([5.0, 9.0, np.nan, 9.0, 1.0])
    assert ranks.isna().tolist() == [False, False, True, False, False]
    assert ranks.dropna().tolist() == [3, 1, 1, 4]
