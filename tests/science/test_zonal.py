"""Polygon statistics: exact mean, maximum by cell centre, tiny and missing polygons."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid
from aqah_desktop.science import zonal

GRID = Grid(600_000.0, 7_000_000.0, 200.0, 30, 20)
WEST, SOUTH = 600_000.0, 6_996_000.0


def _map(seed: int = 0, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.uniform(5, 40, (20, 30)).astype(np.float32)
    values[rng.random((20, 30)) < missing] = np.nan
    return values


def _cells() -> tuple[np.ndarray, np.ndarray]:
    row, column = np.indices((20, 30))
    west, north = WEST + column * 200.0, 7_000_000.0 - row * 200.0
    return shapely.box(west, north - 200.0, west + 200.0, north), shapely.points(west + 100.0, north - 100.0)


@given(
    corners=st.lists(st.tuples(st.floats(0, 6000), st.floats(0, 4000)), min_size=3, max_size=6, unique=True),
    seed=st.integers(0, 30),
)
@settings(max_examples=60, deadline=None)
def test_against_geometry(corners: list[tuple[float, float]], seed: int) -> None:
    polygon = shapely.convex_hull(shapely.MultiPoint([(WEST + x, SOUTH + y) for x, y in corners]))
    if polygon.geom_type != "Polygon" or polygon.area < 1e3:
        return
    values = _map(seed, missing=0.1)
    found = zonal.polygon_statistics(values, GRID, [polygon]).iloc[0]
    cells, centres = _cells()
    area = np.where(np.isfinite(values), shapely.area(shapely.intersection(cells, polygon)), 0.0)
    assert found["covered_share"] == pytest.approx(area.sum() / polygon.area, abs=1e-5)
    if area.sum() > 1.0:
        assert found["mean"] == pytest.approx(
            float((area * np.nan_to_num(values)).sum() / area.sum()), rel=1e-5
        )
    inside = shapely.contains(polygon, centres) & np.isfinite(values)
    # A centre exactly on the border may count or not.
    touched = shapely.distance(polygon, centres) <= 1e-6
    assert inside.sum() <= found["centres"] <= (touched & np.isfinite(values)).sum()
    if inside.any() and found["centres"] == inside.sum():
        assert found["max"] == values[inside].max()


def test_a_grazed_neighbour_does_not_make_the_maximum() -> None:
    values = np.full((20, 30), 10.0)
    values[10, 11] = 99.0
    polygon = shapely.box(
        WEST + 2000.0, SOUTH + 1800.0, WEST + 2201.0, SOUTH + 2000.0
    )  # 1 m into the hot cell
    found = zonal.polygon_statistics(values, GRID, [polygon]).iloc[0]
    assert found["max"] == 10.0
    assert found["mean"] == pytest.approx(10 + 89 / 201)
    assert found["centres"] == 1


def test_tiny_missing_empty_and_outside_polygons() -> None:
    values = _map()
    values[0, 0] = np.nan
    tiny = shapely.box(WEST + 405.0, 6_999_990.0, WEST + 410.0, 6_999_995.0)
    polygons = [
        tiny,
        None,
        shapely.Polygon(),
        shapely.box(0, 0, 100, 100),
        shapely.box(WEST, 6_999_800.0, WEST + 200.0, 7_000_000.0),
        shapely.MultiPolygon([tiny, shapely.box(WEST + 800.0, 6_999_600.0, WEST + 1000.0, 6_999_800.0)]),
    ]
    found = zonal.polygon_statistics(values, GRID, polygons)
    assert found.loc[0, ["mean", "max"]].tolist() == pytest.approx([values[0, 2]] * 2)
    assert found["centres"].tolist() == [0, 0, 0, 0, 0, 1]
    assert found.loc[1:4, ["mean", "max"]].isna().all(axis=None)
    assert found.loc[1:4, "covered_share"].tolist() == [0, 0, 0, 0]
    assert found.loc[5, "max"] == values[1, 4]


def test_halfway_outside_keeps_the_inside_and_says_so() -> None:
    values = np.full((20, 30), 12.0)
    polygon = shapely.box(WEST - 1000.0, SOUTH, WEST + 1000.0, SOUTH + 1000.0)
    found = zonal.polygon_statistics(values, GRID, [polygon]).iloc[0]
    assert found["mean"] == pytest.approx(12.0)
    assert found["covered_share"] == pytest.approx(0.5)


def test_polygons_may_overlap_and_reach_the_last_cell() -> None:
    values = _map(4)
    east, south = WEST + 6000.0, SOUTH
    polygons = [
        shapely.box(WEST, SOUTH, east, 7_000_000.0),
        shapely.box(east - 1000.0, south, east, south + 1000.0),
        shapely.box(east - 600.0, south, east + 5000.0, south + 600.0),
    ]
    found = zonal.polygon_statistics(values, GRID, polygons)
    assert found["max"].tolist() == [values.max(), values[-5:, -5:].max(), values[-3:, -3:].max()]
    assert found["centres"].tolist() == [600, 25, 9]


def test_a_hole_is_left_out_of_the_maximum() -> None:
    values = np.full((20, 30), 10.0)
    values[10, 10] = 99.0
    hole = shapely.box(WEST + 2000.0, SOUTH + 1800.0, WEST + 2200.0, SOUTH + 2000.0)
    ring = shapely.difference(shapely.box(WEST + 1000.0, SOUTH + 1000.0, WEST + 4000.0, SOUTH + 3000.0), hole)
    found = zonal.polygon_statistics(values, GRID, [ring]).iloc[0]
    assert (found["max"], found["centres"]) == (10.0, 15 * 10 - 1)


def test_a_centre_on_a_shared_border_counts_once() -> None:
    """Borders run through cell centres in both directions."""
    whole = shapely.box(WEST + 300.0, SOUTH + 300.0, WEST + 2300.0, SOUTH + 2300.0)
    halves = [
        shapely.box(WEST + 300.0, SOUTH + 300.0, WEST + 1300.0, SOUTH + 2300.0),
        shapely.box(WEST + 1300.0, SOUTH + 300.0, WEST + 2300.0, SOUTH + 1100.0),
        shapely.box(WEST + 1300.0, SOUTH + 1100.0, WEST + 2300.0, SOUTH + 2300.0),
    ]
    found = zonal.polygon_statistics(_map(), GRID, [whole, *halves])["centres"]
    assert found[0] == found[1:].sum() == 100


def test_nothing_in_nothing_out() -> None:
    found = zonal.polygon_statistics(_map(), GRID, [])
    assert list(found.columns) == ["mean", "max", "covered_share", "centres"]
    assert found.empty


def test_bad_input() -> None:
    with pytest.raises(BadInputError) as caught:
        zonal.polygon_statistics(_map(), GRID, [shapely.Point(603_000, 6_998_000)])
    assert caught.value.key == "mapping.not_polygons"
    with pytest.raises(BadInputError) as caught:
        zonal.polygon_statistics(_map().T, GRID, [])
    assert caught.value.key == "mapping.grid_shape"
