"""Before and after: curtain by mouse and keyboard, linked maps, centred difference, table by commune."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from aqah_desktop.models.commands import RemoveLayer
from aqah_desktop.views.compare.page import ComparePage
from aqah_desktop.views.map.curtain import Mode
from aqah_desktop.views.map.scene import PointDrawing, RasterDrawing
from aqah_desktop.views.workbench import Workbench

ZONE = "aqah.action.low_emission_zone"
GIVEN = {
    "share_concerned_percent": "50",
    "reduction_low_percent": "20",
    "reduction_central_percent": "30",
    "reduction_high_percent": "40",
}


@pytest.fixture
def done(mel: Workbench, qtbot) -> Workbench:
    """A workbench with one run of the zone."""
    run = mel.acting.desk.start(ZONE, {"territory": "200093201", **GIVEN}, "Zone")
    qtbot.waitUntil(lambda: run.stage.over, timeout=30000)
    assert run.error is None
    return mel


def open_page(bench: Workbench, qtbot) -> ComparePage:
    bench.context.actions.action("simulate.compare").trigger()
    page = bench.acting.comparing.page
    assert bench.acting.comparing.shown
    qtbot.waitUntil(lambda: page._pair is not None, timeout=15000)
    qtbot.wait(200)
    return page


def rasters(drawings) -> list[RasterDrawing]:
    return [d for d in drawings if isinstance(d, RasterDrawing)]


def drawn(canvas) -> tuple:
    return canvas._painting.drawings


def test_before_and_after_of_the_newest_run_come_first(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    assert page.bar.a.currentText().startswith("NO₂ avant") and page.bar.b.currentText().startswith(
        "NO₂ après"
    )
    assert page.maps.mode is Mode.CURTAIN and page.maps.handle.hasFocus()
    (a,), (b,) = rasters(drawn(page.maps.first)), rasters(drawn(page.maps.second))
    assert a.scale == b.scale
    np.testing.assert_array_equal(a.source.values, page._pair.first.values)
    assert "−1,43 à −0,0" in page.bar.summary._whole
    assert "médiane" in page.bar.summary.toolTip()


def test_without_a_run_two_years_are_compared(mel: Workbench, qtbot) -> None:
    page = open_page(mel, qtbot)
    assert (page._pair.a.id, page._pair.b.id) == ("no2_2013", "no2_2019")
    assert not page.bar.table.isVisibleTo(page)


def test_the_curtain_follows_arrows_and_mouse(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    handle, maps = page.maps.handle, page.maps
    for _ in range(5):
        QTest.keyClick(handle, Qt.Key.Key_Left)
    assert handle.share == pytest.approx(0.4)
    QTest.keyClick(handle, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert handle.share == pytest.approx(0.5)
    QTest.keyClick(handle, Qt.Key.Key_Home)
    assert handle.share == 0.0 and maps._window.width() == maps.width()
    QTest.keyClick(handle, Qt.Key.Key_Left)
    assert handle.share == 0.0
    QTest.keyClick(handle, Qt.Key.Key_End)
    assert handle.share == 1.0 and "100" in handle.accessibleDescription()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    QTest.mouseMove(handle, handle.rect().center() - QPoint(maps.width() // 4, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert handle.share == pytest.approx(0.75, abs=0.05)
    assert maps.second.pos().x() == -maps._window.pos().x()


def test_the_picture_right_of_the_curtain_is_b_and_left_is_a(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    for share, canvas in ((1.0, page.maps.first), (0.0, page.maps.second)):
        page.maps.handle.set_share(share)
        qtbot.wait(300)
        shown = page.maps.grab().toImage()
        alone = canvas.grab().toImage()
        place = QPoint(page.maps.width() // 2, page.maps.height() // 2)
        assert shown.pixelColor(place) == alone.pixelColor(place)


@pytest.mark.parametrize("mode", ["curtain", "side"])
def test_both_maps_look_at_the_same_place(done: Workbench, qtbot, mode: str) -> None:
    page = open_page(done, qtbot)
    page.bar.modes[mode].click()
    first, second = page.maps.first, page.maps.second
    for move in (lambda: first.zoom_by(0.5), lambda: second.pan_by(0.2, 0.1), lambda: first.zoom_by(1.3)):
        move()
        a, b = first.camera(), second.camera()
        assert (a.x, a.y, a.metres_per_pixel) == (b.x, b.y, b.metres_per_pixel)
    done.context.actions.action("map.zoom_in").trigger()
    assert first.metres_per_pixel() == done.map_page.canvas.metres_per_pixel()


def test_side_by_side_shares_the_room(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    page.bar.modes["side"].click()
    assert abs(page.maps.first.width() - page.maps.second.width()) <= 1
    assert not page.maps.handle.isVisibleTo(page)


def test_the_difference_is_centred_with_equal_limits(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    page.bar.modes["difference"].click()
    (change,) = rasters(drawn(page.maps.first))
    assert change.scale.diverging
    assert [-b for b in reversed(change.scale.breaks)] == list(change.scale.breaks)
    assert not any(isinstance(d, PointDrawing) for d in drawn(page.maps.first))
    expected = page._pair.second.values - page._pair.first.values
    np.testing.assert_allclose(change.source.values, expected, atol=1e-5)
    assert page.legend.content().scale is change.scale


def test_a_and_b_are_swapped_and_the_difference_turns_round(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    before = page._pair
    page.bar.swap.click()
    qtbot.waitUntil(lambda: page._pair is not before, timeout=10000)
    assert (page._pair.a.id, page._pair.b.id) == (before.b.id, before.a.id)
    np.testing.assert_array_equal(page._pair.change.values, -before.change.values)


def test_another_a_keeps_b_only_when_it_is_the_same_thing(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    b = page._pair.b.id
    page.bar.a.setCurrentIndex(page.bar.a.findData("no2_2013"))
    page.bar.a.activated.emit(page.bar.a.currentIndex())
    qtbot.waitUntil(lambda: page._pair.a.id == "no2_2013", timeout=10000)
    assert page._pair.b.id == b and page._pair.change.grid == page._pair.second.grid
    page.bar.a.setCurrentIndex(page.bar.a.findData("pm10_2013"))
    page.bar.a.activated.emit(page.bar.a.currentIndex())
    qtbot.waitUntil(lambda: page._pair.a.id == "pm10_2013", timeout=10000)
    assert page._pair.b.id == "pm10_2019"


def test_the_table_by_commune_is_sorted_and_in_words(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    QTest.mouseClick(page.bar.table, Qt.MouseButton.LeftButton)
    table = done.acting.comparing.table
    qtbot.waitUntil(lambda: table.model.rowCount() == 95, timeout=10000)
    assert done.bottom.current() == "compare" and done.bottom.is_open()
    shown = table.table.model()
    first = [shown.index(0, c).data() for c in range(shown.columnCount())]
    assert first[0] and first[4].startswith("−1,1")
    values = [shown.index(r, 4).data(Qt.ItemDataRole.UserRole) for r in range(shown.rowCount())]
    assert values == sorted(values)
    table.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert shown.index(0, 0).data() == "Allennes-les-Marais"
    page.choose("no2_2013", "no2_2019")
    qtbot.waitUntil(lambda: table.model.rowCount() == 0, timeout=10000)


def test_undoing_the_run_while_it_is_compared_falls_back(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    done.context.project.undo()
    qtbot.waitUntil(lambda: page._pair.a.id == "no2_2013", timeout=10000)
    assert done.acting.comparing.shown


def test_a_map_removed_while_it_is_compared(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    done.context.project.do(RemoveLayer(page._pair.b.id))
    qtbot.waitUntil(lambda: page._pair.b.origin == "pack", timeout=10000)


@pytest.mark.parametrize("how", ["action", "cross", "territory", "start"])
def test_leaving_the_comparison(done: Workbench, qtbot, how: str) -> None:
    page = open_page(done, qtbot)
    action = done.context.actions.action("simulate.compare")
    {
        "action": action.trigger,
        "cross": page.bar.leave.click,
        "territory": lambda: done.open_territory("245900428"),
        "start": done.show_start,
    }[how]()
    assert not action.isChecked() and not done.acting.comparing.shown
    expected = done.start_page if how == "start" else done.map_page
    assert done.window.stack.currentWidget() is expected
    if how == "territory":
        extent = done.context.services.pack.territory("245900428").extent
        x0, y0, x1, y1 = done.map_page.canvas.extent()
        assert x0 <= extent[0] and y0 <= extent[1] and x1 >= extent[2] and y1 >= extent[3]


def test_a_territory_shown_whole_stays_whole(done: Workbench, qtbot) -> None:
    extent = done.context.services.pack.territory("200093201").extent
    page = open_page(done, qtbot)
    for mode in ("curtain", "side", "difference"):
        page.bar.modes[mode].click()
        qtbot.wait(50)
        for canvas in (page.maps.first, page.maps.second):
            x0, y0, x1, y1 = canvas.extent()
            assert x0 <= extent[0] and y0 <= extent[1] and x1 >= extent[2] and y1 >= extent[3], mode
    done.acting.comparing.close()
    qtbot.wait(100)
    scale = done.map_page.canvas.metres_per_pixel()
    done.map_page.home()
    assert done.map_page.canvas.metres_per_pixel() == pytest.approx(scale)


def test_the_map_keeps_looking_where_the_comparison_looked(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    page.maps.first.zoom_by(0.4)
    page.maps.first.pan_by(0.2, 0.0)
    camera = page.maps.first.camera()
    done.acting.comparing.close()
    back = done.map_page.canvas.camera()
    assert (back.x, back.y, back.metres_per_pixel) == (camera.x, camera.y, camera.metres_per_pixel)


def test_what_lies_under_the_mouse_is_told_for_both(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    heard: list[str] = []
    page.hovered.connect(lambda _x, _y, text: heard.append(text))
    page.maps.first.hovered.emit(704_000.0, 7_059_300.0)
    assert heard[-1].startswith("A 2") and "B − A −1," in heard[-1] and "µg/m³" in heard[-1]
    page.maps.first.hovered.emit(600_000.0, 7_000_000.0)
    assert heard[-1] == ""


def test_the_theme_changes_under_the_comparison(done: Workbench, qtbot) -> None:
    page = open_page(done, qtbot)
    qtbot.wait(300)
    light = page.maps.grab().toImage()
    done.context.theme.use("dark")
    qtbot.wait(500)
    assert page.maps.grab().toImage() != light
    assert done.context.theme.tokens.colour("sea") == page.maps.second._painting.ground
