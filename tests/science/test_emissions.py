"""Totals conserved, partial cells, composition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.science.emissions import coverage_fraction, overlay, remaining_fraction, spread_total

GRID = Grid(x_min=0.0, y_max=2_000.0, cell_m=200.0, nx=12, ny=10)
SHAPE = (GRID.ny, GRID.nx)


@given(
    st.floats(0.0, 1e6),
    st.lists(st.one_of(st.just(float("nan")), st.floats(0.0, 1e5)), min_size=2, max_size=50),
)
def test_total_is_conserved(total: float, weights: list[float]) -> None:
    array = np.array([[*weights, 1.0]])
    cells = spread_total(total, array)
    assert cells.sum() == pytest.approx(total, rel=1e-9)
    assert (cells >= 0).all()
    assert (cells[np.isnan(array)] == 0).all()


@pytest.mark.parametrize(
    ("total", "weights"),
    [(-1.0, [1.0]), (np.nan, [1.0]), (1.0, [0.0, np.nan]), (1.0, [1.0, -1.0]), (1.0, [np.inf, 1.0])],
)
def test_impossible_spreads_are_refused(total: float, weights: list[float]) -> None:
    with pytest.raises(BadInputError, match="unusable"):
        spread_total(total, np.array([weights]))


def test_border_cells_are_partly_covered() -> None:
    covered = coverage_fraction(shapely.box(100, 1_500, 500, 2_100), GRID)
    np.testing.assert_allclose(covered[0, :4], [0.5, 1.0, 0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(covered[2, :3], [0.25, 0.5, 0.25], atol=1e-6)
    assert covered.sum() * 200**2 == pytest.approx(400 * 500)
    assert coverage_fraction(shapely.box(9_000, 9_000, 9_500, 9_500), GRID).sum() == 0


@pytest.mark.parametrize(
    "geometry",
    [shapely.Point(1, 1), shapely.Polygon(), shapely.from_wkt("POLYGON((0 0,2 2,2 0,0 2,0 0))")],
)
def test_places_that_are_no_areas_are_refused(geometry: shapely.Geometry) -> None:
    with pytest.raises(BadInputError, match="place_polygon"):
        coverage_fraction(geometry, GRID)


def _left(places: dict[int, shapely.Geometry], factors: dict[int, float]) -> np.ndarray:
    pieces = [(coverage_fraction(g, GRID), keys) for g, keys in overlay(places)]
    return remaining_fraction(pieces, factors, SHAPE)


def test_same_ground_multiplies_on_what_remains() -> None:
    square = shapely.box(0, 0, 1_000, 2_000)
    left = _left({0: square, 1: square}, {0: -0.3, 1: -0.3})
    assert left[0, 0] == pytest.approx(0.49)
    assert left[0, 11] == 1.0


def test_disjoint_places_add_even_in_the_cell_they_share() -> None:
    west, east = shapely.box(0, 0, 500, 2_000), shapely.box(500, 0, 2_400, 2_000)
    both = _left({0: west, 1: east}, {0: -0.5, 1: -0.5})
    np.testing.assert_allclose(both, 0.5)
    apart = _left({0: west}, {0: -0.5}) + _left({1: east}, {1: -0.5}) - 1
    np.testing.assert_allclose(both, apart)


def test_order_does_not_matter() -> None:
    places = {
        0: shapely.box(0, 0, 1_300, 1_300),
        1: shapely.box(500, 500, 2_000, 2_000),
        2: shapely.Point(900, 900).buffer(600),
    }
    factors = {0: -0.3, 1: 0.2, 2: -0.6}
    reference = _left(places, factors)
    for order in itertools.permutations(places):
        np.testing.assert_allclose(_left({k: places[k] for k in order}, factors), reference, atol=1e-6)


def test_nothing_falls_below_zero_and_more_than_all_is_all() -> None:
    square = shapely.box(0, 0, 2_400, 2_000)
    assert (_left({0: square, 1: square}, {0: -1.5, 1: -1.0}) == 0).all()


def test_touching_places_leave_no_lines_behind() -> None:
    pieces = overlay({0: shapely.box(0, 0, 400, 400), 1: shapely.box(400, 0, 800, 400)})
    assert [keys for _, keys in pieces] == [frozenset({0}), frozenset({1})]
