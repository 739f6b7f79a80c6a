"""Scale typed, coordinates in a chosen system, full screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from aqah_desktop.views.workbench import Workbench


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def hover(bench: Workbench, qtbot, x: int = 300, y: int = 250) -> str:
    """Put the mouse somewhere on the map and return what the foot says."""
    view = bench.map_page.canvas.viewport()
    QTest.mouseMove(view, QPoint(x - 5, y))
    qtbot.wait(30)
    QTest.mouseMove(view, QPoint(x, y))
    qtbot.wait(30)
    return plain(bench.foot.place.text())


def body(bench: Workbench, name: str):
    sheet = bench.frame.shell.sheet(name)
    assert sheet is not None
    return sheet.body


def test_the_foot_follows_the_map(mel: Workbench, qtbot) -> None:
    before = plain(mel.foot.scale.text())
    assert before.startswith("1 : ")
    mel.map_page.canvas.zoom_by(0.5)
    assert plain(mel.foot.scale.text()) != before
    words = hover(mel, qtbot)
    assert words.startswith("x ")
    assert "µg/m³" in words


@pytest.mark.parametrize("typed", ["50000", "1:50 000", "1/50000"])
def test_a_scale_is_typed(mel: Workbench, qtbot, typed: str) -> None:
    QTest.mouseClick(mel.foot.scale, Qt.MouseButton.LeftButton)
    panel = body(mel, "scale")
    assert QApplication.focusWidget() is panel.field
    panel.field.selectAll()
    QTest.keyClicks(panel.field, typed)
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    assert plain(mel.foot.scale.text()) == "1 : 50 000"
    assert mel.frame.shell.sheet("scale") is None
    metres = mel.map_page.canvas.metres_per_pixel()
    assert metres * mel.map_page.canvas.logicalDpiX() / 0.0254 == pytest.approx(50_000, rel=1e-6)


def test_a_wrong_scale_is_said_in_place(mel: Workbench) -> None:
    mel.context.actions.action("map.scale").trigger()
    panel = body(mel, "scale")
    panel.field.setText("beaucoup")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    assert "n’est pas une échelle" in panel.problem.text()
    assert panel.field.property("state") == "bad"
    assert mel.frame.shell.sheet("scale") is not None


def test_a_usual_scale_is_one_press_away(mel: Workbench) -> None:
    from PySide6.QtWidgets import QPushButton

    mel.context.actions.action("map.scale").trigger()
    usual = [b for b in body(mel, "scale").findChildren(QPushButton) if plain(b.text()) == "1 : 100 000"]
    usual[0].setFocus()
    QTest.keyClick(usual[0], Qt.Key.Key_Return)
    assert plain(mel.foot.scale.text()) == "1 : 100 000"


def test_coordinates_in_another_system_are_kept(mel: Workbench, qtbot) -> None:
    mel.context.actions.action("map.crs").trigger()
    panel = body(mel, "crs")
    panel.choices.button(1).click()
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: mel.frame.map_tools.system.code == "EPSG:4326", timeout=15000)
    assert mel.context.settings.values.coordinates_crs == "EPSG:4326"
    words = hover(mel, qtbot)
    assert "°N" in words
    assert "50," in words


def test_any_code_is_taken_and_a_wrong_one_refused_in_place(mel: Workbench, qtbot) -> None:
    mel.context.actions.action("map.crs").trigger()
    panel = body(mel, "crs")
    panel.field.setFocus()
    QTest.keyClicks(panel.field, "99999")
    assert panel.other.isChecked()
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.field.property("state") == "bad", timeout=15000)
    assert "99999" in panel.problem.text()
    assert mel.context.settings.values.coordinates_crs == "EPSG:2154"
    panel.field.clear()
    QTest.keyClicks(panel.field, "3950")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: mel.frame.map_tools.system.code == "EPSG:3950", timeout=15000)
    assert "CC50" in mel.foot.place.toolTip()


def test_full_screen_is_the_map_alone_and_esc_comes_back(mel: Workbench, qtbot) -> None:
    window = mel.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    docks = {name: dock.isVisible() for name, dock in window._docks.items()}
    assert any(docks.values())
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen, timeout=5000)
    assert not any(dock.isVisible() for dock in window._docks.values())
    assert not mel.foot.isVisible()
    assert not window.menuBar().isVisible()
    assert mel.map_page.isVisible()
    assert "F11" in mel.frame.toasts.toasts[-1].accessibleName()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen(), timeout=5000)
    assert {name: dock.isVisible() for name, dock in window._docks.items()} == docks
    assert mel.foot.isVisible()
    assert window.menuBar().isVisible()


def test_full_screen_from_the_start_page(bench: Workbench, qtbot) -> None:
    action = bench.context.actions.action("map.full_screen")
    action.trigger()
    action.trigger()
    assert not bench.foot.isVisible()
    assert bench.start_page.isVisible()
