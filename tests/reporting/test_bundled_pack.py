"""The pages a user gets first: maps and briefings of the real territories."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.errors import AqahError
from aqah_desktop.reporting.briefing import build_briefing
from aqah_desktop.reporting.content import BriefingWriter
from aqah_desktop.reporting.mapcontent import SITE_KINDS, MapComposer
from aqah_desktop.reporting.mapimage import compose_page
from aqah_desktop.reporting.maprequest import MapPage
from aqah_desktop.storage.pack import Pack

AQAH = ("200093201", "245900428", "200040954", "200044618", "200067965", "200068047", "246000707")


@pytest.fixture(scope="module")
def bundled() -> Pack:
    return Pack.open()


@pytest.mark.parametrize("code", AQAH)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_map_of_each_territory_cuts_nothing(bundled: Pack, code: str, language: str) -> None:
    composer = MapComposer(bundled, bundled.territory(code), MapPage(1200, 825, language=language))
    page = compose_page(composer.layer("no2_2019"))
    assert [box for box in page.writer.boxes if not box.fits] == []
    assert {"legend_bar", "scale_bar", "north", "quality", "attribution"} <= set(page.places)
    names = [name for name in page.places if name.startswith("name:")]
    assert len(names) >= 8


@pytest.mark.parametrize("code", ["59", "32"])
def test_department_and_region_are_drawn(bundled: Pack, code: str) -> None:
    composer = MapComposer(bundled, bundled.territory(code), MapPage(1200, 825))
    page = compose_page(composer.layer("no2_2019"))
    assert all(box.fits for box in page.writer.boxes)


def test_every_layer_of_the_pack_is_drawn_or_refused_with_a_reason(bundled: Pack) -> None:
    composer = MapComposer(bundled, bundled.territory("245900428"), MapPage(700, 500))
    drawn = []
    for layer_id in bundled.layers:
        try:
            page = compose_page(composer.layer(layer_id))
        except AqahError as error:
            assert error.key in {"reporting.layer_not_mappable", "reporting.layer_empty_here"}, layer_id
        else:
            assert all(box.fits for box in page.writer.boxes), layer_id
            drawn.append(layer_id)
    assert {"communes", "ecoles", "stations", "population", "no2_2019", "no2_2019_std"} <= set(drawn)


@pytest.mark.parametrize("code", ["200093201", "246000707"])
def test_briefing_of_a_territory_is_one_page(bundled: Pack, code: str) -> None:
    territory = bundled.territory(code)
    sites = bundled.sites(SITE_KINDS, territory)
    placed = sites.geometry.notna().to_numpy()
    frame = pd.DataFrame(sites.drop(columns="geometry")).assign(pollutant="no2", year=2019)
    for name, layer in (("value_ug_m3", "no2_2019"), ("std_ug_m3", "no2_2019_std")):
        values = np.full(len(sites), np.nan)
        with bundled.open_raster(layer) as raster:
            values[placed] = raster.sample(sites.geometry[placed].x, sites.geometry[placed].y)
        frame[name] = values
    frame["rank"] = frame["value_ug_m3"].rank(ascending=False, method="min").astype("Int64")
    content = BriefingWriter(bundled, territory, date(2026, 11, 23)).content(frame)
    pdf = build_briefing(content)
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type/Page\n") + pdf.count(b"/Type /Page ") <= 1
    assert pdf == build_briefing(content)
