"""The state of the data on its sheet: every layer, the filter, copy and export, both languages and sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from aqah_desktop.storage.tables import read_table
from aqah_desktop.views.data_status.panel import DataStatusPanel
from aqah_desktop.views.workbench import Workbench


@pytest.fixture
def panel(bench: Workbench) -> DataStatusPanel:
    """The sheet, opened by its action from the start page: it needs no territory."""
    bench.context.actions.action("data.status").trigger()
    sheet = bench.frame.shell.sheet("data_status")
    assert sheet is not None
    body = sheet.body
    assert isinstance(body, DataStatusPanel)
    return body


def words(panel: DataStatusPanel) -> str:
    return panel.text.toPlainText().replace("\u00a0", " ")


def test_every_layer_of_the_pack_is_there_with_its_remedy(bench: Workbench, panel: DataStatusPanel) -> None:
    shown = {row.layer_id for row in panel.shown_rows()}
    assert shown == set(bench.context.services.pack.layers)
    text = words(panel)
    for wanted in ("Air et émissions", "déclaré — officiel", "FINESS", "Atmo Hauts-de-France", "13 ans"):
        assert wanted in text
    assert "data_status." not in text


def test_the_filter_ignores_accents_and_says_when_nothing_is_left(panel: DataStatusPanel) -> None:
    QTest.keyClicks(panel.search, "ECOLE ministere")
    shown = {row.layer_id for row in panel.shown_rows()}
    assert {"ecoles", "colleges_lycees"} <= shown
    assert "rivers" not in shown
    assert "Mesures" not in words(panel)
    panel.search.setText("xyzzy")
    assert panel.shown_rows() == []
    assert "xyzzy" in words(panel)


def test_a_remedy_is_said_once_also_when_the_row_that_said_it_is_filtered(panel: DataStatusPanel) -> None:
    whole = words(panel)
    assert whole.count("Cartes annuelles d’Atmo Hauts-de-France") == 1
    panel.search.setText("PM2,5 2019")
    assert words(panel).count("Cartes annuelles d’Atmo Hauts-de-France") == 1


def test_copy_and_export_hold_what_is_shown(
    bench: Workbench, panel: DataStatusPanel, qtbot, tmp_path: Path
) -> None:
    panel.search.setText("finess")
    panel.copy()
    lines = QGuiApplication.clipboard().text().strip().splitlines()
    assert len(lines) == 1 + len(panel.shown_rows())
    for name in ("etat.csv", "etat.xlsx"):
        with qtbot.waitSignal(panel.exported, timeout=20000):
            panel.write(tmp_path / name)
        table = read_table(tmp_path / name)
        assert len(table) == len(panel.shown_rows())


def test_a_table_that_cannot_be_written_is_told(
    bench: Workbench, panel: DataStatusPanel, qtbot, tmp_path: Path
) -> None:
    panel.write(tmp_path / "absent" / "etat.csv")
    qtbot.waitUntil(lambda: any(i.level == "error" for i in bench.context.notifications.items), timeout=20000)


def test_escape_closes_and_the_search_has_the_keyboard(bench: Workbench, panel: DataStatusPanel) -> None:
    assert QApplication.focusWidget() is panel.search
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert bench.frame.shell.sheet("data_status") is None


@pytest.mark.parametrize("language", ["en"])
def test_in_english_on_a_small_screen(bench: Workbench, panel: DataStatusPanel, language: str) -> None:
    bench.window.resize(1024, 640)
    QApplication.processEvents()
    text = words(panel)
    assert "Same file as above" in text
    assert "13 years" in text
    assert panel.width() <= 1024
    assert panel.text.document().idealWidth() <= panel.text.viewport().width() + 1


@pytest.mark.parametrize("name", ["light", "dark"])
def test_colours_follow_the_theme(bench: Workbench, panel: DataStatusPanel, name: str) -> None:
    bench.context.theme.use(name)
    assert bench.context.theme.tokens.colours["warning_wash"] in panel.text.toHtml()
    bench.context.theme.use("light")


def test_words_can_be_selected(panel: DataStatusPanel) -> None:
    flags = panel.text.textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.TextSelectableByMouse
    assert flags & Qt.TextInteractionFlag.TextSelectableByKeyboard
    assert not flags & Qt.TextInteractionFlag.LinksAccessibleByMouse
