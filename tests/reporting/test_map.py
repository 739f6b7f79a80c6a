"""Map pages: what is drawn where, nothing cut, nothing invented."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aqah_desktop.errors import BadInputError, UnknownItemError
from aqah_desktop.processing.contract import RasterResult
from aqah_desktop.records import Grid, Measure, Method, Pollutant, Quality, Standing, Statistic, Text
from aqah_desktop.reporting.mapcontent import MapComposer
from aqah_desktop.reporting.mapdraw import fit_extent, resample
from aqah_desktop.reporting.mapimage import compose_page, render_map
from aqah_desktop.reporting.maplabels import place_names
from aqah_desktop.reporting.mappage import Page
from aqah_desktop.reporting.maprequest import MapPage, MapRequest, Outlines, PlaceName
from aqah_desktop.reporting.style import LineStyle
from aqah_desktop.reporting.tokens import theme
from aqah_desktop.storage.pack import Pack

CODE = "999999999"
GROUND = (700_000.0, 7_060_000.0, 718_000.0, 7_078_000.0)


@pytest.fixture(scope="module")
def request_no2(pack: Pack) -> MapRequest:
    return MapComposer(pack, pack.territory(CODE)).layer("no2_2019")


@pytest.fixture(scope="module")
def page(request_no2: MapRequest) -> Page:
    return compose_page(request_no2)


def bare(request: MapRequest) -> MapRequest:
    """Raster and territory only: probes meet nothing else."""
    surface = replace(request.surface, weak=None) if request.surface else None
    return replace(
        request, symbols=None, surface=surface, basemap=replace(request.basemap, names=(), lines=())
    )


def pixel(page: Page, x: float, y: float) -> tuple[int, int, int]:
    value = page.image.getpixel((round(x * page.ratio), round(y * page.ratio)))
    assert isinstance(value, tuple)
    return value[0], value[1], value[2]


def at_ground(page: Page, request: MapRequest, x: float, y: float) -> tuple[int, int, int]:
    """Colour of the page at a ground coordinate."""
    x0, y0, x1, y1 = page.places["map"]
    left, _, right, top = fit_extent(request.basemap.extent, round(x1 - x0), round(y1 - y0))
    scale = (x1 - x0) / (right - left)
    return pixel(page, x0 + (x - left) * scale, y0 + (top - y) * scale)


def test_png_has_the_size_asked_and_the_same_bytes_each_time(request_no2: MapRequest) -> None:
    small = replace(request_no2, page=MapPage(800, 560, pixel_ratio=1.5))
    first, second = render_map(small), render_map(small)
    assert first == second
    image = Image.open(io.BytesIO(first))
    assert image.format == "PNG"
    assert image.size == (1200, 840)
    assert len(image.getcolors(1_000_000) or []) > 500


def test_legend_shows_every_class_in_order(page: Page, request_no2: MapRequest) -> None:
    assert request_no2.surface is not None
    colours = request_no2.surface.scale.colours
    x0, y0, x1, y1 = page.places["legend_bar"]
    height = (y1 - y0) / len(colours)
    for i, colour in enumerate(reversed(colours)):
        assert pixel(page, (x0 + x1) / 2, y0 + (i + 0.5) * height) == colour


def test_legend_tells_unit_and_annual_values(page: Page) -> None:
    texts = [box.text for box in page.writer.boxes]
    assert "µg/m³" in texts
    for value, framework in (("10", "OMS 2021"), ("20", "UE 2030"), ("40", "UE 2008")):
        assert value in texts
        assert framework in texts


def test_page_tells_what_where_when_and_how_sure(page: Page) -> None:
    text = "\n".join(box.text for box in page.writer.boxes)
    assert "Dioxyde d’azote (NO₂) en 2019" in text
    assert "Pays d’Essai (fictif) · 81\u202f000 habitants" in text
    assert "modélisé — indicatif" in text
    assert "aucun verdict réglementaire" in text.replace("\n", " ")
    assert "Jeu d’essai inventé" in text
    assert {"scale_bar", "north", "quality", "attribution", "notice"} <= set(page.places)


@pytest.mark.parametrize(
    ("width", "height"), [(1600, 1100), (1000, 470), (900, 900), (700, 1000), (2400, 1000)]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_text_leaves_its_place(pack: Pack, width: int, height: int, language: str) -> None:
    composer = MapComposer(pack, pack.territory(CODE), MapPage(width, height, language=language))
    drawn = compose_page(composer.layer("no2_2019"))
    outside = [box for box in drawn.writer.boxes if not box.fits]
    assert not outside
    sheet = (0, 0, *drawn.image.size)
    assert all(shapely.box(*sheet).contains(shapely.box(*box.box)) for box in drawn.writer.boxes)


def test_very_long_texts_are_wrapped_or_shrunk_not_cut(request_no2: MapRequest) -> None:
    long = replace(
        request_no2.texts,
        title="Communauté d’agglomération de la très longue intercommunalité " * 2,
        attribution="Producteur au nom interminable, Licence Ouverte 2.0 · " * 12,
        notice="Attention, " * 40,
    )
    assert request_no2.surface is not None
    surface = replace(request_no2.surface, title="x" * 90)
    drawn = compose_page(replace(request_no2, texts=long, surface=surface))
    assert all(box.fits for box in drawn.writer.boxes)
    written = "".join(box.text for box in drawn.writer.boxes)
    assert written.count("Producteur") == 12
    assert written.count("intercommunalité") == 2
    assert written.count("x") >= 90


def test_raster_has_the_colour_of_its_class(request_no2: MapRequest) -> None:
    request = bare(request_no2)
    drawn = compose_page(request)
    assert request.surface is not None
    grid, values = request.surface.grid, request.surface.values
    rng = np.random.default_rng(5)
    checked = 0
    points = zip(
        rng.uniform(GROUND[0] + 800, GROUND[2] - 800, 60),
        rng.uniform(GROUND[1] + 800, GROUND[3] - 800, 60),
        strict=True,
    )
    for x, y in points:
        row, column = int((grid.y_max - y) / grid.cell_m), int((x - grid.x_min) / grid.cell_m)
        around = request.surface.scale.classify(values[row - 1 : row + 2, column - 1 : column + 2])
        if around.min() != around.max():
            continue
        assert at_ground(drawn, request, x, y) == request.surface.scale.colours[around[0, 0]]
        checked += 1
    assert checked > 15


def test_surroundings_are_lightened_and_holes_stay_empty(request_no2: MapRequest) -> None:
    request = bare(request_no2)
    drawn = compose_page(request)
    assert request.surface is not None
    inside = at_ground(drawn, request, GROUND[0] + 600, GROUND[1] + 9_000)
    outside = at_ground(drawn, request, GROUND[0] - 900, GROUND[1] + 9_000)
    assert sum(outside) > sum(inside) + 60
    paper = np.array(theme().colour("paper"))
    no_data = np.array(theme().colour("no_data"))
    hole = at_ground(drawn, request, GROUND[0] + 21_900, GROUND[1] + 9_000)
    assert np.abs(np.array(hole) - (0.7 * paper + 0.3 * no_data)).max() <= 2
    assert "no_data" in drawn.places
    assert "Pas de donnée" in [box.text for box in drawn.writer.boxes]


def test_weak_confidence_is_hatched_and_said(request_no2: MapRequest) -> None:
    assert request_no2.surface is not None
    assert request_no2.surface.weak is not None
    drawn = compose_page(request_no2)
    assert "legend_hatching" in drawn.places
    everywhere = np.ones_like(request_no2.surface.values, bool)
    plain = np.asarray(compose_page(bare(request_no2)).image, int)
    hatched_request = bare(request_no2)
    assert hatched_request.surface is not None
    hatched_request = replace(
        hatched_request, surface=replace(hatched_request.surface, weak=everywhere, weak_text="faible")
    )
    hatched = np.asarray(compose_page(hatched_request).image, int)
    window = (slice(500, 700), slice(500, 700))
    darker = (plain[window].sum(axis=2) - hatched[window].sum(axis=2)) > 40
    assert 0.08 < darker.mean() < 0.5


def test_fictitious_data_are_marked_across_the_map(training_pack: Pack, page: Page) -> None:
    request = MapComposer(training_pack, training_pack.territory(CODE)).layer("no2_2019")
    assert request.texts.watermark == "FICTIF — JEU D’ENTRAÎNEMENT"
    drawn = compose_page(request)
    changed = np.asarray(drawn.image, int) != np.asarray(page.image, int)
    x0, y0, x1, y1 = (round(edge) for edge in drawn.places["map"])
    halves = np.array_split(changed[y0:y1, x0:x1], 2)
    quarters = [quarter for half in halves for quarter in np.array_split(half, 2, axis=1)]
    assert all(quarter.any(axis=2).mean() > 0.02 for quarter in quarters)
    assert "modélisé — fictif, jeu d’entraînement" in [box.text for box in drawn.writer.boxes]


def test_scale_bar_is_true(page: Page, request_no2: MapRequest) -> None:
    x0, y0, x1, y1 = page.places["map"]
    left, _, right, _ = fit_extent(request_no2.basemap.extent, round(x1 - x0), round(y1 - y0))
    bar = page.places["scale_bar"]
    length_m = (bar[2] - bar[0]) * (right - left) / (x1 - x0)
    label = next(box.text for box in page.writer.boxes if box.text.endswith(" km"))
    assert float(label.removesuffix(" km")) * 1000 == pytest.approx(length_m, rel=0.01)


def test_sites_keep_their_class_colour(pack: Pack, request_no2: MapRequest) -> None:
    symbols = request_no2.symbols
    assert symbols is not None
    assert symbols.scale is not None
    assert symbols.values is not None
    assert len(symbols.x) == 26  # two of the 28 have no position and are not drawn
    request = replace(request_no2, basemap=replace(request_no2.basemap, names=()))
    drawn = compose_page(request)
    classes = symbols.scale.classify(symbols.values)
    for i in range(len(symbols.x)):
        seen = at_ground(drawn, request, float(symbols.x[i]), float(symbols.y[i]))
        assert seen == symbols.scale.colour(int(classes[i]))


def test_difference_map_is_centred(pack: Pack) -> None:
    composer = MapComposer(pack, pack.territory(CODE))
    with pack.open_raster("no2_2019") as new, pack.open_raster("no2_2013") as old:
        values, grid = new.read()
        change = values - old.read()[0]
    measure = Measure("µg/m³", Statistic.DIFFERENCE, Pollutant.NO2, (2013, 2019))
    result = RasterResult(change, grid, measure, Text("reporting.statistic.difference"))
    standing = Standing(Quality.INDICATIVE, Method.MODELLED)
    request = composer.result(result, standing, ["no2_2013", "no2_2019"])
    drawn = compose_page(request)
    assert request.surface is not None
    assert request.surface.scale.diverging
    texts = [box.text for box in drawn.writer.boxes]
    assert any(text.startswith("+") for text in texts)
    assert any(text.startswith("−") for text in texts)
    assert "bleu, l’air s’améliore" in " ".join(texts)
    red, _, blue = at_ground(drawn, bare(request), GROUND[0] + 9_300, GROUND[1] + 8_700)
    assert blue > red  # the air improved at the centre


def test_any_layer_can_be_drawn_but_a_table(pack: Pack) -> None:
    composer = MapComposer(pack, pack.territory(CODE), MapPage(700, 500))
    for layer_id in pack.layers:
        if layer_id == "thresholds":
            continue
        drawn = compose_page(composer.layer(layer_id))
        assert all(box.fits for box in drawn.writer.boxes), layer_id
    with pytest.raises(BadInputError) as error:
        composer.layer("thresholds")
    assert error.value.key == "reporting.layer_not_mappable"
    with pytest.raises(UnknownItemError):
        composer.layer("no2_1850")


def test_a_result_without_any_value_is_refused(pack: Pack) -> None:
    composer = MapComposer(pack, pack.territory(CODE))
    grid = Grid(GROUND[0], GROUND[3], 200, 10, 10)
    measure = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2)
    empty = RasterResult(np.full((10, 10), np.nan, np.float32), grid, measure, Text("x"))
    with pytest.raises(BadInputError) as error:
        composer.result(empty, Standing(Quality.INDICATIVE, Method.MODELLED))
    assert error.value.key == "reporting.layer_empty_here"


def test_names_do_not_collide_on_the_page(page: Page) -> None:
    boxes = [shapely.box(*box) for name, box in page.places.items() if name.startswith("name:")]
    assert len(boxes) >= 9
    tree = shapely.STRtree(boxes)
    first, second = tree.query(boxes, predicate="intersects")
    assert (first == second).all()
    assert "name:Grand-Bourg" in page.places


coordinates = st.tuples(
    st.floats(0, 900), st.floats(0, 600), st.integers(1, 1000), st.text("abcé ", min_size=1, max_size=12)
)


@settings(max_examples=60)
@given(st.lists(coordinates, max_size=40))
def test_placed_names_never_overlap_nor_leave(rows: list[tuple[float, float, int, str]]) -> None:
    area, taken = (0.0, 0.0, 900.0, 600.0), [(0.0, 500.0, 200.0, 600.0)]
    names = [(PlaceName(text, x, y, weight), x, y) for x, y, weight, text in rows]
    placed = place_names(names, lambda n: (8.0 * len(n.text), 14.0), area, taken)
    shapes = [shapely.box(*p.box) for p in placed] + [shapely.box(*taken[0])]
    for i, shape in enumerate(shapes):
        assert shapely.box(*area).covers(shape)
        assert all(shape.disjoint(other) for other in shapes[i + 1 :])


def test_the_heaviest_name_comes_first() -> None:
    names = [
        (PlaceName("Village", 400, 300, 5), 400.0, 300.0),
        (PlaceName("Ville", 400, 300, 9), 400.0, 300.0),
    ]
    placed = place_names(names, lambda n: (60.0, 14.0), (0, 0, 900, 600), limit=1)
    assert [(p.name.text, p.x, p.y) for p in placed] == [("Ville", 400, 300)]


def test_a_name_moves_off_the_symbols() -> None:
    names = [(PlaceName("Ville", 400, 300, 9), 400.0, 300.0)]
    placed = place_names(names, lambda n: (60.0, 14.0), (0, 0, 900, 600), avoid=[(395, 295, 405, 305)])
    assert placed[0].box[3] < 295


def test_resampling_invents_nothing() -> None:
    grid = Grid(0, 1000, 100, 10, 10)
    values = np.full((10, 10), 5.0, np.float32)
    values[4:6, 4:6] = np.nan
    out = resample(values, grid, (0, 0, 1000, 1000), (200, 200), smooth=True)
    hole = np.zeros((200, 200), bool)
    hole[80:120, 80:120] = True
    assert np.isnan(out[hole]).all()
    assert np.allclose(out[~hole], 5.0)
    beyond = resample(values, grid, (-500, -500, 1500, 1500), (200, 200), smooth=True)
    assert np.isnan(beyond[:50]).all()
    assert np.isfinite(beyond[51:60, 60:140]).all()


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.booleans())
def test_resampling_stays_within_the_values(seed: int, smooth: bool) -> None:
    values = np.random.default_rng(seed).normal(20, 5, (12, 9)).astype(np.float32)
    out = resample(values, Grid(0, 1200, 100, 9, 12), (150, 210, 800, 1100), (60, 50), smooth)
    assert out.min() >= values.min() - 1e-4
    assert out.max() <= values.max() + 1e-4


def test_lines_and_polygons_of_a_user_are_drawn(request_no2: MapRequest) -> None:
    area = shapely.box(GROUND[0] + 4_000, GROUND[1] + 4_000, GROUND[0] + 8_000, GROUND[1] + 8_000)
    group = Outlines((area,), LineStyle("danger", 4.0), legend="Périmètre")
    request = replace(bare(request_no2), outlines=(group,))
    drawn = compose_page(request)
    seen = np.array(at_ground(drawn, request, GROUND[0] + 6_000, GROUND[1] + 4_000))
    assert np.abs(seen - theme().colour("danger")).max() <= 12
    assert "Périmètre" in [box.text for box in drawn.writer.boxes]


def test_colours_of_themes_are_used(pack: Pack) -> None:
    composer = MapComposer(pack, pack.territory(CODE), MapPage(800, 560, theme="dark"))
    drawn: Any = compose_page(composer.layer("no2_2019"))
    assert pixel(drawn, 790, 5) == theme("dark").colour("paper")


def test_doubtful_positions_are_left_out_and_counted(pack: Pack) -> None:
    frame = pack.read_vector("ecoles").assign(position_suspect=lambda f: f["site_id"] == "F0000")
    composer = MapComposer(pack, pack.territory(CODE))
    kept, legend = composer._trusted(frame, "Sites")
    assert len(kept) == len(frame) - 1
    assert legend == "Sites (positions douteuses, non dessinées\u00a0: 1)"
