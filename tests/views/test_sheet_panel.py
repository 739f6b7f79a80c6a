"""The sheet of what was clicked, the ring on the map and the card under the mouse, in the real window."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from aqah_desktop.locations import data_folder
from aqah_desktop.models.commands import ChangeLayer
from aqah_desktop.models.selection import Feature
from aqah_desktop.records import Pollutant
from aqah_desktop.views.map.highlight import Highlight, path_of
from aqah_desktop.views.sheet.gauge import Gauge
from aqah_desktop.views.sheet.hover import HoverCard
from aqah_desktop.views.sheet.panel import SheetPanel
from aqah_desktop.views.workbench import Workbench

MEL = "200093201"
LONG_MS = 30_000
SCHOOL = "0591562C"


def sheet_of(bench: Workbench) -> SheetPanel:
    return bench.window.findChild(SheetPanel)


def all_words(widget: QWidget) -> str:
    labels = [w.text() for w in widget.findChildren(QLabel)]
    return " ".join([*labels, *(b.text() for b in widget.findChildren(QPushButton))])


def place_of(bench: Workbench, layer: str, code: str) -> tuple[float, float]:
    points = bench.map_page.content(layer).points
    at = points.ids.index(code)
    return float(points.x[at]), float(points.y[at])


def click(bench: Workbench, qtbot, x: float, y: float, half_m: float = 200.0) -> None:
    canvas = bench.map_page.canvas
    canvas.zoom_to((x - half_m, y - half_m, x + half_m, y + half_m))
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.to_screen(x, y).toPoint())


def shown(bench: Workbench, qtbot, title: str) -> SheetPanel:
    panel = sheet_of(bench)

    def there() -> bool:
        sheet = panel.sheet()
        return sheet is not None and sheet.title == title

    qtbot.waitUntil(there, timeout=LONG_MS)
    return panel


def test_nothing_clicked_says_what_to_do(mel: Workbench) -> None:
    assert "Cliquez sur la carte" in all_words(sheet_of(mel))


def test_a_click_on_a_school_shows_its_sheet_and_selects_it(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL))
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    assert mel.side.current() == "sheet"
    said = all_words(panel)
    for wanted in ("26,4\u00a0µg/m³", "[21,7\u00a0; 31,1]", "au-dessus", "en dessous", "261", "verdict"):
        assert wanted in said, wanted
    assert panel.findChild(Gauge) is not None
    assert mel.selection.feature is not None
    assert mel.selection.feature.code == SCHOOL


def test_several_features_under_a_click_can_be_chosen_from(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL))
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    qtbot.waitUntil(lambda: len(panel.choices()) >= 2, timeout=LONG_MS)
    commune = next(choice for choice in panel.choices() if choice.accessibleName().startswith("Lille"))
    commune.setFocus()
    qtbot.keyClick(commune, Qt.Key.Key_Space)
    shown(mel, qtbot, "Lille")
    assert mel.selection.feature is not None
    assert mel.selection.feature.layer_id == "communes"
    assert len(panel.choices()) >= 2
    assert mel.window.width() == 1366


def test_a_commune_has_its_figures_and_its_outline_on_the_map(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, 692000.0, 7046000.0, 400.0)
    panel = sheet_of(mel)
    qtbot.waitUntil(lambda: panel.sheet() is not None, timeout=LONG_MS)
    assert panel.sheet().kind == "Commune"
    assert "Habitants" in all_words(panel)
    assert "Au plus haut" in all_words(panel)
    feature = mel.selection.feature
    assert feature is not None
    outlines = mel.map_page.content("communes").outlines
    path = path_of(outlines, feature.index)
    assert path.boundingRect().contains(692000.0, 7046000.0)
    ring = mel.map_page.findChild(Highlight)._ring
    assert ring.isVisible()
    assert not ring._path.isEmpty()


def test_a_station_shows_its_measured_years(mel: Workbench, qtbot) -> None:
    mel.context.project.do(ChangeLayer("stations", visible=True))
    qtbot.waitUntil(lambda: mel.map_page.content("stations") is not None, timeout=LONG_MS)
    click(mel, qtbot, *place_of(mel, "stations", "FR11025"))
    panel = sheet_of(mel)
    qtbot.waitUntil(lambda: panel.sheet() is not None and bool(panel.sheet().series), timeout=LONG_MS)
    from aqah_desktop.views.sheet.series import SeriesChart

    charts = panel.findChildren(SeriesChart)
    assert len(charts) == len(panel.sheet().series)
    assert charts[0].accessibleName()
    mel.context.theme.use("dark")
    QApplication.processEvents()
    assert charts[0].grab().toImage().pixelColor(3, 3).lightness() < 60


def test_a_click_on_nothing_empties_the_sheet(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL))
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    click(mel, qtbot, 780000.0, 7100000.0)
    qtbot.waitUntil(lambda: panel.sheet() is None, timeout=LONG_MS)
    assert mel.selection.feature is None
    assert "Rien à cet endroit" in all_words(panel)
    assert not mel.map_page.findChild(Highlight)._ring.isVisible()


def test_what_is_chosen_in_a_list_has_its_sheet_too(mel: Workbench, qtbot) -> None:
    mel.selection.choose(Feature("hospitals", "590000089", name="x", x=700000.0, y=7058000.0), "table")
    shown(mel, qtbot, "Hopital D'Haubourdin")


def test_the_sheet_follows_the_year_and_is_emptied_by_another_territory(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL))
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    mel.choose_moment(Pollutant.PM25, 2019)
    qtbot.waitUntil(
        lambda: panel.sheet() is not None and "PM2,5" in panel.sheet().reading.title, timeout=LONG_MS
    )
    mel.open_territory("200040954")
    assert panel.sheet() is None
    assert mel.selection.feature is None


def test_the_buttons_of_a_sheet_zoom_and_open_the_table(mel: Workbench, qtbot) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL), half_m=8000.0)
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    buttons = {b.text(): b for b in panel.findChildren(QPushButton)}
    before = mel.map_page.canvas.metres_per_pixel()
    qtbot.mouseClick(buttons["Zoomer ici"], Qt.MouseButton.LeftButton)
    assert mel.map_page.canvas.metres_per_pixel() < before
    qtbot.mouseClick(buttons["Voir dans le tableau"], Qt.MouseButton.LeftButton)
    assert mel.bottom.is_open()
    assert mel.bottom.current() == "table"


def test_the_card_under_the_mouse_names_the_place_and_gives_the_value(mel: Workbench, qtbot) -> None:
    hover = mel.map_page.findChild(HoverCard)
    x, y = place_of(mel, "ecoles", SCHOOL)
    canvas = mel.map_page.canvas
    canvas.zoom_to((x - 200, y - 200, x + 200, y + 200))
    qtbot.waitUntil(lambda: bool(hover._communes), timeout=LONG_MS)
    at = canvas.to_screen(x, y).toPoint()

    def card_says(text: str) -> bool:
        qtbot.mouseMove(canvas.viewport(), at + QPoint(1, 0))
        qtbot.mouseMove(canvas.viewport(), at)
        return hover.card.isVisible() and text in hover.value.text()

    qtbot.waitUntil(lambda: card_says("[21,7"), timeout=LONG_MS)
    assert hover.name.text() == "École élémentaire Internationale Sophie Germain"
    assert hover.place.text() == "Lille"
    assert mel.map_page.rect().contains(hover.card.geometry())
    canvas.pan_by(0.1, 0.0)
    assert not hover.card.isVisible()


def test_a_hundred_moves_of_the_mouse_cost_little(mel: Workbench, qtbot) -> None:
    import time

    hover = mel.map_page.findChild(HoverCard)
    x, y = place_of(mel, "ecoles", SCHOOL)
    started = time.perf_counter()
    for step in range(100):
        hover._on_hover(x + step * 10, y, "26,4")
        hover._show()
    assert (time.perf_counter() - started) / 100 < 0.05


class TestBrokenPack:
    @pytest.fixture
    def pack_folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "pack"
        shutil.copytree(data_folder(), folder)
        return folder

    def test_tables_altered_on_disk_are_told_in_the_sheet(
        self, bench: Workbench, pack_folder: Path, qtbot
    ) -> None:
        with qtbot.waitSignal(bench.first_map, timeout=LONG_MS):
            bench.open_territory(MEL)
        (pack_folder / "vectors.gpkg").write_bytes(b"not a database")
        click(bench, qtbot, *place_of(bench, "ecoles", SCHOOL))
        panel = sheet_of(bench)
        qtbot.waitUntil(lambda: "vectors.gpkg" in all_words(panel), timeout=LONG_MS)
        assert panel.sheet() is None
        click(bench, qtbot, 780000.0, 7100000.0)
        qtbot.waitUntil(lambda: "Rien à cet endroit" in all_words(panel), timeout=LONG_MS)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_is_in_the_catalogue(mel: Workbench, qtbot, language: str) -> None:
    click(mel, qtbot, *place_of(mel, "ecoles", SCHOOL))
    panel = shown(mel, qtbot, "École élémentaire Internationale Sophie Germain")
    assert "sheet." not in all_words(panel)
    assert "exposed." not in all_words(panel)
    for words in panel.findChildren(QLabel):
        if words.isVisible() and words.wordWrap():
            assert words.height() >= words.heightForWidth(words.width()) - 2, words.text()
