"""Places named by a user: the territory, communes, a polygon, a file; what cannot be one is explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.processing.params import parse_params
from aqah_desktop.processing.places import resolve_places, territory_of
from aqah_desktop.records import AlgorithmSpec, Parameter, Place
from aqah_desktop.storage.pack import Pack

LILLE, DUNKERQUE = "200093201", "245900428"
SPEC = AlgorithmSpec(
    "test.place",
    "1",
    "t",
    "s",
    (
        Parameter("territory", "territory", "l"),
        Parameter("where", "place", "l"),
        Parameter("communes", "communes", "l"),
    ),
    (),
)
SQUARE = "POLYGON((704000 7059000, 706000 7059000, 706000 7061000, 704000 7061000, 704000 7059000))"

FLAT = "POLYGON((704000 7059000, 706000 7059000, 704000 7059000, 704000 7059000))"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def _resolve(pack: Pack, **given: Any) -> Place:
    params = parse_params(SPEC, {"territory": LILLE, **given})
    once = resolve_places(SPEC, params, pack)
    assert resolve_places(SPEC, once, pack) == once
    return once["where"]


def test_the_whole_territory(pack: Pack) -> None:
    place = _resolve(pack, where="territory")
    assert place.communes == pack.territory(LILLE).commune_codes and len(place.communes) == 95
    assert territory_of({"territory": DUNKERQUE}, pack).code == DUNKERQUE


def test_communes_and_polygon(pack: Pack) -> None:
    assert _resolve(pack, where="59350, 59512") == Place(communes=("59350", "59512"))
    polygon = shapely.from_wkt(_resolve(pack, where=SQUARE).polygon_wkt)
    assert polygon.equals(shapely.box(704_000, 7_059_000, 706_000, 7_061_000))


def test_the_same_outline_gives_the_same_text_whoever_drew_it(pack: Pack) -> None:
    turned = "POLYGON((706000.2 7061000, 704000 7061000.3, 704000 7059000, 706000 7059000, 706000.2 7061000))"
    assert _resolve(pack, where=turned) == _resolve(pack, where=SQUARE)


def test_a_file_in_another_coordinate_system(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "zone.geojson"
    squares = [shapely.from_wkt(SQUARE), shapely.box(706_000, 7_059_000, 707_000, 7_061_000)]
    gpd.GeoDataFrame(geometry=squares, crs="EPSG:2154").to_crs(4326).to_file(path, driver="GeoJSON")
    polygon = shapely.from_wkt(_resolve(pack, where=f"@{path}").polygon_wkt)
    assert polygon.area == pytest.approx(6e6, rel=2e-3)


def test_a_bow_tie_becomes_its_two_halves(pack: Pack) -> None:
    bow = "POLYGON((704000 7059000, 706000 7061000, 706000 7059000, 704000 7061000, 704000 7059000))"
    polygon = shapely.from_wkt(_resolve(pack, where=bow).polygon_wkt)
    assert polygon.is_valid and polygon.area == pytest.approx(2e6)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"where": "59999"}, "processing.place_unknown_commune"),
        ({"communes": "59999"}, "processing.place_unknown_commune"),
        ({"where": "POLYGON((3 50, 4 50, 4 51, 3 50))"}, "processing.place_outside"),
        ({"where": FLAT}, "processing.place_bad_polygon"),
        ({"where": "POLYGON nonsense"}, "processing.place_bad_polygon"),
        ({"where": "territory", "territory": None}, "processing.place_no_territory"),
    ],
)  # fmt: skip
def test_refusals(pack: Pack, given: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInputError) as caught:
        _resolve(pack, **given)
    assert caught.value.key == key
    for language in LANGUAGES:
        text = Catalogue(language).error(caught.value).as_lines()
        assert "processing." not in text and "{" not in text


def test_a_file_without_polygon_or_that_is_none(pack: Pack, tmp_path: Path) -> None:
    points = tmp_path / "points.geojson"
    gpd.GeoDataFrame(geometry=[shapely.Point(3, 50.6)], crs=4326).to_file(points, driver="GeoJSON")
    with pytest.raises(BadInputError, match="place_no_polygon"):
        _resolve(pack, where=f"@{points}")
    with pytest.raises(AqahError, match="storage"):
        _resolve(pack, where=f"@{tmp_path / 'absent.geojson'}")
