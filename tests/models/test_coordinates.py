"""Coordinates in other systems against published values; scales as people write them."""

from __future__ import annotations

import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.coordinates import (
    LAMBERT,
    coordinate_system,
    metres_per_pixel,
    parse_scale,
    scale_of,
    scale_words,
)

FR, EN = Catalogue("fr"), Catalogue("en")
#: Origin of Lambert-93: 3° E, 46° 30′ N is x 700 000, y 6 600 000 (IGN, NT/G 71).
ORIGIN = (700_000.0, 6_600_000.0)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


# UTM: 0.9996 × arc of the meridian (series in e²); web map: 6 378 137 · ln tan(π/4 + φ/2), both by hand.
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("2154", "x 700 000  y 6 600 000 m"),
        ("EPSG:4326", "46,50000 °N  3,00000 °E"),
        ("epsg 32631", "x 500 000  y 5 149 603 m"),
        ("3857", "x 333 958  y 5 860 840 m"),
    ],
)
def test_the_origin_of_lambert_93(code: str, words: str) -> None:
    assert plain(coordinate_system(code).words(*ORIGIN, FR)) == words


def test_west_and_language() -> None:
    west = coordinate_system("4326").words(400_000.0, 6_600_000.0, FR)
    assert plain(west).endswith("°O")
    assert plain(coordinate_system("4326").words(400_000.0, 6_600_000.0, EN)).endswith("°W")


def test_a_place_the_system_does_not_know() -> None:
    assert coordinate_system("3857").words(float("nan"), 0.0, FR) == "—"


@pytest.mark.parametrize("text", ["", "abc", "99999", "EPSG:", "4978", "5720", "2154; rm", "1e5"])
def test_what_is_no_system_is_refused(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        coordinate_system(text)
    assert caught.value.key == "models.bad_crs_code"


def test_lambert_needs_no_library() -> None:
    assert coordinate_system("EPSG:2154") is LAMBERT


@pytest.mark.parametrize("text", ["25000", "1:25 000", "1/25 000", " 1 : 25\u202f000 ", "25.000", "1:25,000"])
def test_scales_as_they_are_typed(text: str) -> None:
    assert parse_scale(text) == 25_000


@pytest.mark.parametrize("text", ["", "1:", "abc", "12", "1:99999999", "-5000", "2:5000"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        parse_scale(text)


def test_scale_and_pixels_belong_together() -> None:
    """At 96 pixels an inch and 1 : 96 000 / 2.54 a pixel is 10 m."""
    assert scale_of(10.0, 96.0) == pytest.approx(37_795.28, rel=1e-6)
    assert metres_per_pixel(scale_of(10.0, 96.0), 96.0) == pytest.approx(10.0)
    assert plain(scale_words(37_795.28, FR)) == "1 : 37 800"
    assert plain(scale_words(999.6, EN)) == "1 : 1,000"
    assert scale_words(float("nan"), FR) == ""
