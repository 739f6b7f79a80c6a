"""The exposure panel in the real window: computed by itself, filtered, in step with the map."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from shapely.geometry import box

from aqah_desktop.locations import data_folder
from aqah_desktop.models.exposure_result import SitesResult, Standings
from aqah_desktop.models.exposure_view import Sites
from aqah_desktop.models.latest import RunKind, parameters_of
from aqah_desktop.processing.algorithms.exposure.sites import SiteExposure
from aqah_desktop.records import Pollutant
from aqah_desktop.reporting.style import Mark
from aqah_desktop.views.exposure.panel import ExposurePanel
from aqah_desktop.views.exposure.ranking import PlaceList
from aqah_desktop.views.exposure.sites_page import SitesPage
from aqah_desktop.views.workbench import Workbench

MEL, FLANDERS = "200093201", "200040954"
LONG_MS = 30_000


def panel_of(bench: Workbench) -> ExposurePanel:
    return bench.window.findChild(ExposurePanel)


def words_in(widget: QWidget) -> list[str]:
    shown = [w for w in widget.findChildren(QWidget) if w.isVisibleTo(widget)]
    return [w.text() for w in shown if isinstance(w, QLabel | QPushButton) and w.text()]


def computed(bench: Workbench, qtbot) -> ExposurePanel:
    panel = panel_of(bench)
    qtbot.waitUntil(lambda: bool(panel.sites.findChild(PlaceList).rows()), timeout=LONG_MS)
    return panel


def button_named(widget: QWidget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget))


# --------------------------------------------------------------------------- the answer


def test_exposure_is_computed_by_itself_after_the_first_map(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    finished = mel.latest.get(RunKind.SITES)
    assert finished is not None
    figures = finished.results.figures
    said = " ".join(words_in(panel.sites))
    above = figures["frameworks"]["who_2021"]["exceeded"]
    assert f"{above} lieux sur {figures['sites_ok']}" in said
    assert "dépassent la recommandation de l’OMS" in said
    assert "verdict" in said
    assert "indicatif" in said
    assert "Sources" in said
    assert "7 sans position connue" in said
    assert len(panel.sites.findChild(PlaceList).rows()) == 10


def test_a_kind_chosen_with_the_keyboard_restricts_the_answer(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    kinds = panel.sites.findChild(QComboBox)
    kinds.setFocus()
    qtbot.keyClick(kinds, Qt.Key.Key_Down)
    assert panel.sites.choice()[0] == "ecole"
    assert any("écoles sur" in text for text in words_in(panel.sites))
    rows = panel.sites.findChild(PlaceList).rows()
    assert {row.feature.layer_id for row in rows} == {"ecoles"}


def test_a_bar_keeps_what_is_above_it_and_again_all(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    who, eu_2030, eu_2008 = panel.sites._bars.bars()
    qtbot.mouseClick(eu_2030, Qt.MouseButton.LeftButton)
    assert panel.sites.choice() == ("", "eu_2030")
    assert any(text.startswith("476 lieux") for text in words_in(panel.sites))
    eu_2008.setFocus()
    qtbot.keyClick(eu_2008, Qt.Key.Key_Space)
    assert panel.sites.choice() == ("", "eu_2008")
    assert any(text.startswith("Aucun lieu ne dépasse") for text in words_in(panel.sites))
    assert not eu_2030.isChecked()
    qtbot.mouseClick(eu_2008, Qt.MouseButton.LeftButton)
    assert panel.sites.choice() == ("", "")
    assert not any(bar.isChecked() for bar in (who, eu_2030, eu_2008))


# --------------------------------------------------------------------------- in step with the map


def test_a_row_selects_on_the_map_which_moves_when_the_place_is_outside(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    canvas = mel.map_page.canvas
    canvas.zoom_to((700000, 7075000, 702000, 7077000))
    places = panel.sites.findChild(PlaceList)
    first = places.visualRect(places.model().index(0)).center()
    qtbot.mouseClick(places.viewport(), Qt.MouseButton.LeftButton, pos=first)
    feature = mel.selection.feature
    assert feature is not None
    assert feature.code == places.rows()[0].feature.code
    x0, y0, x1, y1 = canvas.extent()
    assert x0 < feature.x < x1
    assert y0 < feature.y < y1


def test_arrows_move_the_selection_and_enter_opens_the_sheet(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    places = panel.sites.findChild(PlaceList)
    places.setFocus()
    places.setCurrentIndex(places.model().index(0))
    qtbot.keyClick(places, Qt.Key.Key_Down)
    assert mel.selection.feature is not None
    assert mel.selection.feature.code == places.rows()[1].feature.code
    qtbot.keyClick(places, Qt.Key.Key_Return)
    assert mel.side.current() == "sheet"


def test_a_click_on_the_map_marks_the_row(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    places = panel.sites.findChild(PlaceList)
    feature = places.rows()[2].feature
    canvas = mel.map_page.canvas
    canvas.zoom_to((feature.x - 150, feature.y - 150, feature.x + 150, feature.y + 150))
    place = canvas.to_screen(feature.x, feature.y).toPoint()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: places.currentIndex().row() == 2, timeout=LONG_MS)
    assert mel.side.current() == "sheet"


def test_a_place_outside_the_ten_first_is_added_with_its_rank(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    finished = mel.latest.get(RunKind.SITES)
    assert finished is not None
    frame = finished.results.tables["sites"].frame
    row = frame[(frame["rank"] > 300) & (frame["kind"] == "ecole")].iloc[0]
    from aqah_desktop.models.selection import Feature

    mel.selection.choose(Feature("ecoles", row["site_id"]), "table")
    rows = panel.sites.findChild(PlaceList).rows()
    assert len(rows) == 11
    assert rows[-1].feature.code == row["site_id"]
    assert rows[-1].rank == str(row["rank"])
    mel.selection.choose(None, "table")
    assert len(panel.sites.findChild(PlaceList).rows()) == 10


# --------------------------------------------------------------------------- when it is computed


def test_another_year_or_pollutant_supersedes_what_was_computed(mel: Workbench, qtbot) -> None:
    computed(mel, qtbot)
    heard = []
    mel.latest.changed.connect(lambda kind, run: heard.append((kind, run)))
    mel.choose_moment(Pollutant.NO2, 2013)
    mel.choose_moment(Pollutant.PM25, 2013)
    mel.choose_moment(Pollutant.PM25, 2019)
    assert heard == [("sites", None)]
    qtbot.waitUntil(lambda: mel.latest.get(RunKind.SITES) is not None, timeout=LONG_MS)
    given = parameters_of(mel.latest.get(RunKind.SITES))
    assert (given["pollutant"], given["year"]) == ("pm25", 2019)
    assert [kind for kind, run in heard if run is not None] == ["sites"]
    panel = panel_of(mel)
    qtbot.waitUntil(lambda: "PM2,5" in " ".join(words_in(panel.sites)), timeout=LONG_MS)


def test_another_territory_is_computed_too(mel: Workbench, qtbot) -> None:
    computed(mel, qtbot)
    mel.open_territory(FLANDERS)
    assert mel.latest.get(RunKind.SITES) is None
    qtbot.waitUntil(lambda: mel.latest.get(RunKind.SITES) is not None, timeout=LONG_MS)
    assert parameters_of(mel.latest.get(RunKind.SITES))["territory"] == FLANDERS


class _Slow:
    """Stands in for the work of the algorithm: waits until told, or until it is cancelled."""

    def __init__(self) -> None:
        self.go, self.began = threading.Event(), threading.Event()

    def run(self, algorithm, params, context, feedback):
        self.began.set()
        while not self.go.wait(0.02):
            feedback.progress(0.3)
            feedback.check()
        return self.real(algorithm, params, context, feedback)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> _Slow:
    waiting = _Slow()
    waiting.real = SiteExposure.run

    def run(*given: object) -> object:
        return waiting.run(*given)

    monkeypatch.setattr(SiteExposure, "run", run)
    return waiting


def test_long_work_is_shown_in_the_foot_and_can_be_cancelled(slow: _Slow, mel: Workbench, qtbot) -> None:
    panel = panel_of(mel)
    cancel = mel.foot._cancel
    assert not cancel.isVisible()
    qtbot.waitUntil(cancel.isVisible, timeout=LONG_MS)
    width = mel.window.width()
    assert width == 1366
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not cancel.isVisible(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: any("annulé" in text for text in words_in(panel)), timeout=LONG_MS)
    assert mel.latest.get(RunKind.SITES) is None
    slow.go.set()
    qtbot.mouseClick(button_named(panel, "Calculer"), Qt.MouseButton.LeftButton)
    computed(mel, qtbot)


def test_the_window_may_be_closed_during_the_run(slow: _Slow, mel: Workbench, qtbot) -> None:
    qtbot.waitUntil(slow.began.is_set, timeout=LONG_MS)
    started = time.perf_counter()
    mel.close()
    assert time.perf_counter() - started < 5  # the fixture then fails on any thread left


# --------------------------------------------------------------------------- what can go wrong


class TestBrokenPack:
    @pytest.fixture
    def pack_folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "pack"
        shutil.copytree(data_folder(), folder)
        return folder

    def test_a_map_altered_on_disk_is_told_and_the_rest_works(
        self, bench: Workbench, pack_folder: Path, qtbot
    ) -> None:
        (pack_folder / "rasters" / "no2_2019.tif").write_bytes(b"not a map at all")
        with qtbot.waitSignal(bench.first_map, timeout=LONG_MS):
            bench.open_territory(MEL)
        panel = panel_of(bench)
        retry = lambda: [b for b in panel.findChildren(QPushButton) if b.text() == "Réessayer"]  # noqa: E731
        qtbot.waitUntil(lambda: bool(retry()), timeout=LONG_MS)
        assert any("no2_2019.tif" in text for text in words_in(panel))
        assert bench.latest.get(RunKind.SITES) is None
        bench.choose_moment(Pollutant.PM25, 2019)
        computed(bench, qtbot)


def test_a_year_without_map_is_told(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    given = {"territory": MEL, "pollutant": "no2", "year": 1991}
    panel._runs.sites.start("aqah.exposure.sites", given, "…")
    qtbot.waitUntil(lambda: any("1991" in text for text in words_in(panel)), timeout=LONG_MS)
    assert any("2013" in text and "2019" in text for text in words_in(panel))


def test_parcels_that_are_all_outside_are_told(mel: Workbench, qtbot, tmp_path: Path) -> None:
    computed(mel, qtbot)
    path = tmp_path / "lyon.gpkg"
    shape = box(842000, 6520000, 842100, 6520100)
    gpd.GeoDataFrame({"id": [1]}, geometry=[shape], crs="EPSG:2154").to_file(path)
    panel = panel_of(mel)
    panel.show_farms()
    panel.farms.use_file(path)
    qtbot.waitUntil(
        lambda: any("n’est sur la carte" in text for text in words_in(panel.farms)), timeout=LONG_MS
    )
    assert button_named(panel.farms, "Ouvrir mon fichier de parcelles…").isEnabled()
    panel.show_sites()
    assert panel.sites.findChild(PlaceList).rows()


def test_five_thousand_kinds_can_be_searched(qtbot, bench: Workbench) -> None:
    count = 20_000
    names = np.array([f"Lieu {i}" for i in range(count)], dtype=object)
    kinds = np.array([f"type {i % 5000:04d}" for i in range(count)], dtype=object)
    value = np.linspace(5, 30, count)
    ones = np.ones(count)
    status = np.full(count, "ok", dtype=object)
    sites = Sites(names, names, kinds, status, status, value, ones, ones, ones * 700000, ones * 7050000)
    marks = (Mark("who_2021", 10.0), Mark("eu_2030", 20.0))
    standing = Standings("indicatif", "ici", ("note",), False)
    page = SitesPage(bench.context)
    qtbot.addWidget(page)
    page.show()
    started = time.perf_counter()
    page.show_result(SitesResult(sites, marks, {}, "no2", 2019, standing))
    assert time.perf_counter() - started < 5
    combo = page.findChild(QComboBox)
    assert combo.count() == 5001
    assert combo.isEditable()
    combo.setCurrentIndex(combo.findData("type 4321"))
    combo.activated.emit(combo.currentIndex())
    assert page.choice()[0] == "type 4321"
    assert any(text.endswith("lieux sur 4") or text.endswith("lieu sur 4") for text in words_in(page))


# --------------------------------------------------------------------------- farming


def test_farming_is_computed_when_it_is_looked_at(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    assert mel.latest.get(RunKind.FARMS) is None
    qtbot.mouseClick(button_named(panel, "Agriculture"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: mel.latest.get(RunKind.FARMS) is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: any("n’est déclarée" in text for text in words_in(panel.farms)), timeout=LONG_MS)


def test_the_training_set_is_said_to_be_invented_and_can_be_looked_at(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    mel.context.actions.action("exposure.farms").trigger()
    qtbot.mouseClick(button_named(panel.farms, "Entraînement"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("12 parcelles" in text for text in words_in(panel.farms)), timeout=LONG_MS)
    said = words_in(panel.farms)
    assert "Fictif — jeu d’entraînement" in said
    assert any("Ne rien en conclure" in text for text in said)
    qtbot.mouseClick(button_named(panel.farms, "Voir sur la carte"), Qt.MouseButton.LeftButton)
    project = mel.context.project
    assert project.state.entry("training_parcels").visible
    x0, y0, x1, y1 = mel.map_page.canvas.extent()
    assert x0 < 652900 < x1
    assert y0 < 7093600 < y1
    parcels = panel.farms.findChildren(PlaceList)[0]
    first = parcels.visualRect(parcels.model().index(0)).center()
    qtbot.mouseClick(parcels.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, first.y()))
    assert mel.selection.feature is not None
    assert mel.selection.feature.layer_id == "training_parcels"


def test_a_file_of_parcels_is_read_and_named(mel: Workbench, qtbot, tmp_path: Path) -> None:
    panel = computed(mel, qtbot)
    path = tmp_path / "mes parcelles.gpkg"
    shapes = [box(704000, 7050000, 704200, 7050300)]
    gpd.GeoDataFrame({"ID_PARCEL": ["a"]}, geometry=shapes, crs="EPSG:2154").to_file(path)
    panel.show_farms()
    panel.farms.use_file(path)
    qtbot.waitUntil(
        lambda: any("1 parcelle · 6,0 ha" in text for text in words_in(panel.farms)), timeout=LONG_MS
    )
    assert any("mes parcelles.gpkg" in text for text in words_in(panel.farms))
    path.unlink()  # nothing keeps it open


# --------------------------------------------------------------------------- every panel


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_is_in_the_catalogue_and_nothing_is_cut(mel: Workbench, qtbot, language: str) -> None:
    panel = computed(mel, qtbot)
    assert not [text for text in words_in(panel) if "exposed." in text or "reporting." in text]
    assert mel.window.size().width() == 1366
    panel.show_farms()
    for page in (panel.sites, panel.farms):
        assert page.minimumSizeHint().width() <= 320
    for words in panel.sites.findChildren(QLabel):
        if words.isVisible() and words.wordWrap():
            assert words.height() >= words.heightForWidth(words.width()) - 2, words.text()


def test_the_keyboard_reaches_every_control_and_each_has_a_name(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    controls = [
        w
        for w in panel.findChildren(QWidget)
        if w.isVisibleTo(panel) and isinstance(w, QPushButton | QComboBox | PlaceList)
    ]
    assert len(controls) >= 6
    for control in [*controls, *panel.sites._bars.bars()]:
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert control.accessibleName()


def test_the_dark_theme_redraws_the_chart(mel: Workbench, qtbot) -> None:
    panel = computed(mel, qtbot)
    chart = panel.sites._chart
    before = chart.grab().toImage().pixelColor(4, 4)
    mel.context.theme.use("dark")
    QApplication.processEvents()
    after = chart.grab().toImage().pixelColor(4, 4)
    assert before.lightness() > 200
    assert after.lightness() < 60
