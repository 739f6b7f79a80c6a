"""Pairs, nearest and hectares within a distance, against closed forms and against GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.science import proximity

SQUARE = shapely.box(0, 0, 100, 100)


def points(*xy: tuple[float, float] | None) -> np.ndarray:
    return np.array([None if c is None else shapely.Point(c) for c in xy], dtype=object)


def polygons(*geometries: shapely.Geometry | None) -> np.ndarray:
    return np.array(geometries, dtype=object)


def scattered(seed: int, n_points: int = 60, n_polygons: int = 25) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    centres = generator.uniform(0, 2_000, (n_polygons, 2))
    angles = np.sort(generator.uniform(0, 2 * np.pi, (n_polygons, 9)), axis=1)
    radii = generator.uniform(20, 160, (n_polygons, 9, 1))
    rings = centres[:, None, :] + radii * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    shapes = shapely.make_valid(shapely.polygons(rings))
    keep = np.isin(shapely.get_type_id(shapes), (3, 6))
    return shapely.points(generator.uniform(0, 2_000, (n_points, 2))), shapes[keep]


def test_the_distance_itself_is_included_and_a_point_inside_is_at_zero() -> None:
    point, other, distance = proximity.pairs_within(
        points((150, 50), (150.001, 50), (50, 50)), polygons(SQUARE), 50
    )
    assert point.tolist() == [0, 2]
    assert other.tolist() == [0, 0]
    assert distance.tolist() == [50.0, 0.0]


def test_an_exact_disc_finds_what_a_drawn_one_misses() -> None:
    """149.9 m away in a direction where an 8-segment buffer of 150 m is 147.1 m wide."""
    angle = np.pi / 16
    x, y = 100 + 149.9 * np.cos(angle), 100 + 149.9 * np.sin(angle)
    assert not shapely.intersects(shapely.buffer(SQUARE, 150, quad_segs=4), shapely.Point(x, y))
    assert len(proximity.pairs_within(points((x, y)), polygons(SQUARE), 150)[0]) == 1


@pytest.mark.parametrize("distance", [1.0, 20.0, 150.0])
def test_pairs_are_those_of_every_combination(distance: float) -> None:
    sites, parcels = scattered(5)
    point, other, metres = proximity.pairs_within(sites, parcels, distance)
    every = shapely.distance(sites[:, None], parcels[None, :])
    expected = np.argwhere(every <= distance)
    assert np.array_equal(np.column_stack([point, other]), expected)
    assert np.array_equal(metres, every[point, other])


def test_missing_and_empty_geometries_are_near_nothing() -> None:
    sites = points((10, 10), None)
    parcels = polygons(None, shapely.Polygon(), SQUARE)
    point, other, _ = proximity.pairs_within(sites, parcels, 1_000)
    assert (point.tolist(), other.tolist()) == ([0], [2])
    position, metres = proximity.nearest(sites, parcels)
    assert position.tolist() == [2, -1]
    assert metres[0] == 0 and np.isnan(metres[1])
    assert proximity.hectares_around_points(sites, parcels, 5_000).tolist() == pytest.approx([1.0, 0.0])
    assert proximity.hectares_near_points(sites, parcels, 5_000).tolist() == pytest.approx([0.0, 0.0, 1.0])


@pytest.mark.parametrize("empty", [polygons(), polygons(None)])
def test_nothing_to_be_near_to(empty: np.ndarray) -> None:
    sites = points((1, 1), (2, 2))
    assert proximity.nearest(sites, empty)[0].tolist() == [-1, -1]
    assert proximity.pairs_within(sites, empty, 10)[0].tolist() == []
    assert proximity.hectares_around_points(sites, empty, 10).tolist() == [0.0, 0.0]
    assert proximity.hectares_near_points(empty, empty, 10).tolist() == [0.0] * len(empty)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearest_is_the_smallest_of_all_distances(seed: int) -> None:
    sites, parcels = scattered(seed)
    position, metres = proximity.nearest(sites, parcels)
    every = shapely.distance(sites[:, None], parcels[None, :])
    assert metres == pytest.approx(every.min(axis=1))
    assert np.array_equal(position, every.argmin(axis=1))
    back, metres = proximity.nearest(parcels, sites)
    assert metres == pytest.approx(every.min(axis=0))
    assert np.array_equal(back, every.argmin(axis=0))


def test_threads_change_nothing() -> None:
    generator = np.random.default_rng(8)
    sites = shapely.points(generator.uniform(0, 20_000, (25_000, 2)))
    parcels = shapely.box(*(generator.uniform(0, 19_900, (2, 400))), *np.full((2, 400), 20_000.0))
    parcels = shapely.buffer(shapely.centroid(parcels), 90)
    position, metres = proximity.nearest(sites, parcels)
    assert metres == pytest.approx(shapely.distance(sites, parcels[position]))
    some = generator.integers(0, len(sites), 50)
    assert metres[some] == pytest.approx(shapely.distance(sites[some, None], parcels[None, :]).min(axis=1))


@pytest.mark.parametrize(
    ("centre", "radius", "square_m"),
    [
        ((50, 50), 30, np.pi * 900),  # disc inside the square
        ((50, 50), 1_000, 10_000),  # square inside the disc
        ((0, 50), 30, np.pi * 900 / 2),  # centre on an edge
        ((0, 0), 30, np.pi * 900 / 4),  # centre on a corner
        ((-10, 50), 20, 400 * np.arccos(0.5) - 10 * np.sqrt(300)),  # circular segment
        ((50, 50), 60, 3600 * (np.pi - 4 * np.arccos(5 / 6)) + 4 * 50 * np.sqrt(1100)),  # cut on four sides
        ((-100, 50), 60, 0),
    ],
)
def test_the_area_of_a_square_in_a_disc_is_the_closed_form(
    centre: tuple[float, float], radius: float, square_m: float
) -> None:
    for shape in (SQUARE, shapely.reverse(SQUARE)):
        hectares = proximity.hectares_around_points(points(centre), polygons(shape), radius)
        assert hectares[0] * 1e4 == pytest.approx(square_m, rel=1e-12, abs=1e-9)


def test_holes_and_several_parts_are_counted() -> None:
    holed = shapely.difference(SQUARE, shapely.box(40, 40, 60, 60))
    both = shapely.MultiPolygon([*shapely.get_parts(holed), shapely.box(200, 0, 300, 100)])
    near = proximity.hectares_near_points(points((50, 50)), polygons(holed, both), 400)
    assert near.tolist() == pytest.approx([0.96, 1.96])
    inside = proximity.hectares_around_points(points((50, 50)), polygons(holed), 5)
    assert inside[0] == pytest.approx(0, abs=1e-12)


def test_overlapping_discs_count_an_area_once() -> None:
    wide = polygons(shapely.box(-1_000, -1_000, 1_000, 1_000))
    twice = proximity.hectares_near_points(points((0, 0), (0, 0), (500, 0)), wide, 100)
    assert twice[0] == pytest.approx(2 * np.pi, rel=1e-9)
    lens = 2 * (100**2 * np.arccos(0.5) - 50 * np.sqrt(7_500))
    apart_by_a_radius = proximity.hectares_near_points(points((0, 0), (100, 0)), wide, 100)
    assert apart_by_a_radius[0] == pytest.approx((2 * np.pi * 1e4 - lens) / 1e4, rel=1e-4)


def test_drawn_discs_have_the_area_of_a_disc() -> None:
    disc = proximity.discs(points((3, 4)), 150)[0]
    assert disc.area == pytest.approx(np.pi * 150**2, rel=1e-12)
    reach = shapely.distance(shapely.Point(3, 4), shapely.points(shapely.get_coordinates(disc)))
    assert np.abs(reach - 150).max() < 150e-4
    assert shapely.distance(shapely.Point(3, 4), disc.exterior) > 150 * (1 - 1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 900))
def test_areas_agree_with_fine_drawn_discs(seed: int, radius: float) -> None:
    sites, parcels = scattered(seed, n_points=4, n_polygons=6)
    ours = proximity.hectares_around_points(sites, parcels, radius)
    fine = shapely.buffer(sites, radius, quad_segs=400)
    peer = shapely.area(shapely.intersection(fine[:, None], parcels[None, :])).sum(axis=1) / 1e4
    assert ours == pytest.approx(peer, rel=2e-5, abs=2e-5 * radius**2 / 1e4)
    union = proximity.hectares_near_points(sites, parcels, radius)
    peer = shapely.area(shapely.intersection(shapely.union_all(fine), parcels)) / 1e4
    assert union == pytest.approx(peer, rel=2e-4, abs=2e-4 * radius**2 / 1e4)
    assert (union <= shapely.area(parcels) / 1e4 + 1e-9).all()
