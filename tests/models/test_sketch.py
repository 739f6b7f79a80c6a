"""Outlines drawn by hand: crossing, empty, tiny, elsewhere."""

from __future__ import annotations

import pytest
import shapely

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.models.sketch import Sketch, rings_of_place
from aqah_desktop.records import Place
from aqah_desktop.storage.pack import Pack

DUNKERQUE = "245900428"
SQUARE = [
    (650_000.0, 7_102_000.0),
    (652_000.0, 7_102_000.0),
    (652_000.0, 7_104_000.0),
    (650_000.0, 7_104_000.0),
]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def drawn(pack: Pack, points: list[tuple[float, float]]) -> Sketch:
    sketch = Sketch(pack, pack.territory(DUNKERQUE))
    for x, y in points:
        sketch.add(x, y)
    return sketch


def test_a_square_becomes_a_place(pack: Pack) -> None:
    sketch = drawn(pack, SQUARE)
    assert sketch.problem() is None
    shape = shapely.from_wkt(sketch.close().polygon_wkt)
    assert shape.area == pytest.approx(4e6)
    assert [len(ring) for ring in rings_of_place(sketch.close())] == [5]


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ([], "forms.sketch_few"),
        (SQUARE[:2], "forms.sketch_few"),
        ([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]], "forms.sketch_few"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "forms.sketch_crosses"),
        ([(650_000, 7_102_000), (651_000, 7_102_000), (652_000, 7_102_000)], "forms.sketch_small"),
        ([(650_000, 7_102_000), (650_050, 7_102_000), (650_050, 7_102_050)], "forms.sketch_small"),
        ([(x + 150_000, y - 150_000) for x, y in SQUARE], "forms.sketch_elsewhere"),
        ([(x - 600_000, y) for x, y in SQUARE], "forms.sketch_elsewhere"),
    ],
)
def test_what_stands_against_an_outline(pack: Pack, points: list[tuple[float, float]], key: str) -> None:
    problem = drawn(pack, points).problem()
    assert problem is not None and problem.key == key
    for language in LANGUAGES:
        text = Catalogue(language).error(problem)
        assert "{" not in text.as_lines() and text.remedy


def test_an_outline_outside_the_region_without_a_territory(pack: Pack) -> None:
    sketch = Sketch(pack)
    for x, y in SQUARE:
        sketch.add(x - 600_000, y)
    with pytest.raises(BadInputError) as caught:
        sketch.close()
    assert caught.value.key == "processing.place_outside"


def test_vertices_are_taken_back_and_doubles_left_out(pack: Pack) -> None:
    sketch = drawn(pack, SQUARE)
    heard: list[int] = []
    sketch.changed.connect(lambda: heard.append(len(sketch.vertices)))
    sketch.add(*SQUARE[-1])
    sketch.take_back()
    sketch.clear()
    sketch.take_back()
    assert heard == [3, 0] and sketch.vertices == ()


def test_a_click_on_the_first_vertex_closes(pack: Pack) -> None:
    sketch = drawn(pack, SQUARE)
    assert sketch.closes(650_040, 7_102_000, 50) and not sketch.closes(651_000, 7_102_000, 50)
    assert not drawn(pack, SQUARE[:2]).closes(650_000, 7_102_000, 50)


def test_rings_of_places_that_hold_none() -> None:
    assert rings_of_place(Place(communes=("59350",))) == []
    assert rings_of_place(Place(polygon_wkt="not a polygon")) == []
