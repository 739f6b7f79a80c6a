"""The table in the real window: filtered, sorted, copied, saved, in step with the map."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.commands import AddLayer
from aqah_desktop.models.latest import RunKind
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.user_entries import Choice, make_entry
from aqah_desktop.models.user_layers import probe
from aqah_desktop.records import Pollutant
from aqah_desktop.views.exposure.panel import ExposurePanel
from aqah_desktop.views.table.panel import TablePanel
from aqah_desktop.views.table.save import SaveTable
from aqah_desktop.views.table.view import TableGrid
from aqah_desktop.views.workbench import Workbench

LONG_MS = 30_000


def table_of(bench: Workbench) -> TablePanel:
    return bench.window.findChild(TablePanel)


def opened(bench: Workbench, qtbot) -> TablePanel:
    """The exposure table, on screen."""
    qtbot.waitUntil(lambda: bench.latest.get(RunKind.SITES) is not None, timeout=LONG_MS)
    action = bench.context.actions.action("view.table")
    if not action.isChecked():
        action.trigger()
    panel = table_of(bench)
    qtbot.waitUntil(lambda: rows(panel) == 821, timeout=LONG_MS)
    return panel


def rows(panel: TablePanel) -> int:
    return panel.grid().model().rowCount()


def cell(panel: TablePanel, row: int, title: str) -> str:
    model = panel.grid().model()
    columns = [model.headerData(c, Qt.Orientation.Horizontal, 0) for c in range(model.columnCount())]
    return model.data(model.index(row, columns.index(title)), Qt.ItemDataRole.DisplayRole)


def filter_by(panel: TablePanel, qtbot, text: str) -> None:
    field = panel.findChild(QLineEdit)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def click_title(panel: TablePanel, qtbot, column: int) -> None:
    header = panel.grid().horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_key_opens_the_table_of_the_exposure(mel: Workbench, qtbot) -> None:
    qtbot.waitUntil(lambda: mel.latest.get(RunKind.SITES) is not None, timeout=LONG_MS)
    assert not mel.bottom.dock.isVisible()
    qtbot.keyClick(mel.window, Qt.Key.Key_F9)
    panel = table_of(mel)
    qtbot.waitUntil(lambda: rows(panel) == 821, timeout=LONG_MS)
    assert mel.bottom.dock.isVisible()
    assert cell(panel, 0, "Rang") == "1"
    assert cell(panel, 0, "Type de site") == "lycée"
    said = [words.text() for words in panel.findChildren(QLabel)]
    assert "821 lignes" in said
    assert any("indicatif" in text for text in said)
    assert mel.window.width() == 1366
    qtbot.keyClick(mel.window, Qt.Key.Key_F9)
    assert not mel.bottom.dock.isVisible()


def test_typing_filters_without_accents(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    filter_by(panel, qtbot, "college roubaix")
    qtbot.waitUntil(lambda: 0 < rows(panel) < 40, timeout=LONG_MS)
    assert {cell(panel, row, "Commune") for row in range(rows(panel))} == {"Roubaix"}
    assert any(" lignes sur 821" in words.text() for words in panel.findChildren(QLabel))
    filter_by(panel, qtbot, "nothing is called this")
    qtbot.waitUntil(lambda: rows(panel) == 0, timeout=LONG_MS)


def test_a_click_on_a_title_sorts_and_again_the_other_way(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    click_title(panel, qtbot, 1)
    qtbot.waitUntil(lambda: cell(panel, 0, "Rang") != "1", timeout=LONG_MS)
    first = cell(panel, 0, "Nom")
    click_title(panel, qtbot, 1)
    qtbot.waitUntil(lambda: cell(panel, 0, "Nom") != first, timeout=LONG_MS)
    names = [cell(panel, row, "Nom").casefold() for row in range(5)]
    assert names == sorted(names, reverse=True)


def test_a_row_selects_on_the_map_and_enter_opens_its_sheet(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    grid = panel.grid()
    grid.setFocus()
    place = grid.visualRect(grid.model().index(1, 1)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    feature = mel.selection.feature
    assert feature is not None
    assert feature.name == cell(panel, 1, "Nom")
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert mel.selection.feature.name == cell(panel, 2, "Nom")
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert mel.side.current() == "sheet"


def test_what_is_selected_elsewhere_is_selected_here(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    frame = mel.latest.get(RunKind.SITES).results.tables["sites"].frame
    code = str(frame["site_id"].iloc[500])
    layer = {"ecole": "ecoles", "hospital": "hospitals", "ehpad": "ehpad"}.get(
        str(frame["kind"].iloc[500]), "colleges_lycees"
    )
    mel.selection.choose(Feature(layer, code), "map")
    assert panel.grid().chosen_rows() == [500]
    visible = panel.grid().viewport().rect()
    assert visible.intersects(panel.grid().visualRect(panel.grid().model().index(500, 0)))
    mel.selection.choose(None, "map")
    assert panel.grid().chosen_rows() == []


def test_the_exposure_panel_opens_what_it_speaks_of(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    exposure = mel.window.findChild(ExposurePanel)
    exposure.table_wanted.emit("", "eu_2030", False)
    qtbot.waitUntil(lambda: rows(panel) == 476, timeout=LONG_MS)
    chip = next(b for b in panel.findChildren(QPushButton) if b.text().startswith("Seulement"))
    assert "UE 2030" in chip.text()
    exposure.table_wanted.emit("", "", True)
    qtbot.waitUntil(lambda: rows(panel) == 7, timeout=LONG_MS)
    assert cell(panel, 0, "Moyenne annuelle (µg/m³)") == ""
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(panel) == 821, timeout=LONG_MS)


def test_copied_rows_paste_into_a_spreadsheet(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    grid = panel.grid()
    grid.selectRow(0)
    grid.setFocus()
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(QGuiApplication.clipboard().text()), timeout=LONG_MS)
    lines = QGuiApplication.clipboard().text().strip().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("Rang\tNom\t")
    assert "26,43" in lines[1]


def test_any_layer_can_be_shown_and_its_rows_are_on_the_map(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    choice = panel.findChild(QComboBox)
    index = next(
        i for i in range(choice.count()) if choice.itemText(i) == "Couche : Communes".replace(" :", "\u00a0:")
    )
    choice.setCurrentIndex(index)
    choice.activated.emit(index)
    qtbot.waitUntil(lambda: rows(panel) == 3782, timeout=LONG_MS)
    panel.grid().selectRow(10)
    feature = mel.selection.feature
    assert feature is not None
    assert feature.layer_id == "communes"
    assert feature.index == 10
    x0, y0, x1, y1 = mel.map_page.canvas.extent()
    assert x0 < feature.x < x1
    assert y0 < feature.y < y1


def test_another_year_brings_the_same_table_again(mel: Workbench, qtbot) -> None:
    panel = opened(mel, qtbot)
    panel.show_sites()
    qtbot.waitUntil(lambda: rows(panel) == 821, timeout=LONG_MS)
    mel.choose_moment(Pollutant.NO2, 2013)
    assert rows(panel) == 0
    qtbot.waitUntil(lambda: rows(panel) == 821 and cell(panel, 0, "Année") == "2013", timeout=LONG_MS)


def test_a_layer_of_200_000_points_is_shown_filtered_and_sorted(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    panel = opened(mel, qtbot)
    count = 200_000
    rng = np.random.default_rng(3)
    frame = gpd.GeoDataFrame(
        {
            "id": [f"p{i}" for i in range(count)],
            "nom": [f"Lieu {i}" for i in range(count)],
            "categorie": [f"catégorie {i % 5000}" for i in range(count)],
            "valeur": rng.uniform(0, 50, count).round(2),
        },
        geometry=gpd.points_from_xy(rng.uniform(690000, 720000, count), rng.uniform(7040000, 7070000, count)),
        crs="EPSG:2154",
    )
    path = tmp_path / "beaucoup.gpkg"
    frame.to_file(path)
    found = probe(path)
    entry = make_entry(found, found.usable[0], Choice("Beaucoup"), set(), (Catalogue("fr"), Catalogue("en")))
    mel.context.project.do(AddLayer(entry))
    panel.show_layer(entry.id)
    qtbot.waitUntil(lambda: rows(panel) == count, timeout=120_000)
    filter_by(panel, qtbot, "categorie 4999")
    wanted = sum("4999" in str(i) or i % 5000 == 4999 for i in range(count))
    qtbot.waitUntil(lambda: rows(panel) == wanted, timeout=LONG_MS)
    columns = panel.grid().model().columnCount()
    click_title(panel, qtbot, columns - 1)
    qtbot.waitUntil(lambda: panel.grid().horizontalHeader().sortIndicatorSection() == columns - 1)
    panel.grid().selectRow(0)
    assert mel.selection.feature is not None
    assert mel.selection.feature.layer_id == entry.id
    assert mel.selection.feature.placed
    model = panel.grid().model()
    started = time.perf_counter()
    for row in range(40):
        for column in range(columns):
            model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole)
    assert time.perf_counter() - started < 0.5


def test_a_layer_whose_file_vanished_is_told_and_another_can_be_chosen(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    panel = opened(mel, qtbot)
    path = tmp_path / "parti.gpkg"
    points = gpd.points_from_xy([700000.0], [7050000.0])
    gpd.GeoDataFrame({"id": ["a"]}, geometry=points, crs="EPSG:2154").to_file(path)
    found = probe(path)
    entry = make_entry(found, found.usable[0], Choice("Parti"), set(), (Catalogue("fr"), Catalogue("en")))
    path.unlink()
    mel.context.project.do(AddLayer(entry))
    panel.show_layer(entry.id)
    qtbot.waitUntil(
        lambda: any("parti.gpkg" in words.text() for words in panel.findChildren(QLabel)), timeout=LONG_MS
    )
    panel.show_layer("hospitals")
    qtbot.waitUntil(lambda: rows(panel) == 119, timeout=LONG_MS)


# --------------------------------------------------------------------------- saving


def save_card(mel: Workbench, qtbot) -> SaveTable:
    mel.context.actions.action("share.table").trigger()
    found = mel.window.findChildren(SaveTable)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("kind", ["csv", "excel", "xlsx"])
def test_the_exposure_table_is_saved_in_every_format(
    mel: Workbench, qtbot, tmp_path: Path, kind: str
) -> None:
    opened(mel, qtbot)
    card = save_card(mel, qtbot)
    path = tmp_path / ("table.xlsx" if kind == "xlsx" else "table.csv")
    card.choose(kind, path)
    assert card.format() == kind
    told = []
    mel.context.notifications.added.connect(told.append)
    save = next(b for b in card.findChildren(QPushButton) if b.text() == "Enregistrer")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG_MS)
    assert told[0].level == "success"
    frame = {
        "csv": lambda: pd.read_csv(path),
        "excel": lambda: pd.read_csv(path, sep=";", decimal=","),
        "xlsx": lambda: pd.read_excel(path),
    }[kind]()
    assert len(frame) == 821
    qtbot.waitUntil(lambda: not mel.window.findChildren(SaveTable), timeout=LONG_MS)


def test_a_place_that_cannot_be_written_is_told_in_the_card(mel: Workbench, qtbot, tmp_path: Path) -> None:
    opened(mel, qtbot)
    card = save_card(mel, qtbot)
    card.choose("csv", tmp_path / "no such folder" / "table.csv")
    save = next(b for b in card.findChildren(QPushButton) if b.text() == "Enregistrer")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: any("no such folder" in words.text() for words in card.findChildren(QLabel)), timeout=LONG_MS
    )
    assert save.isEnabled()
    (tmp_path / "table.csv").write_text("already here")
    card.choose("csv", tmp_path / "table.csv")
    assert any("remplacé" in words.text() for words in card.findChildren(QLabel))
    qtbot.keyClick(card, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not mel.window.findChildren(SaveTable), timeout=LONG_MS)
    assert (tmp_path / "table.csv").read_text() == "already here"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_is_in_the_catalogue_and_the_keyboard_reaches_all(
    mel: Workbench, qtbot, language: str
) -> None:
    panel = opened(mel, qtbot)
    texts = [w.text() for w in panel.findChildren(QLabel)] + [
        b.text() for b in panel.findChildren(QPushButton)
    ]
    assert not [text for text in texts if "table." in text or "reporting." in text]
    for control in (panel.findChild(QComboBox), panel.findChild(QLineEdit), panel.findChild(TableGrid)):
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert control.accessibleName()
