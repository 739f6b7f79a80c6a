"""The place of an action chosen on the map: communes clicked, outlines drawn, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from aqah_desktop.records import Place
from aqah_desktop.views.simulate.panel import SimulatePanel
from aqah_desktop.views.workbench import Workbench

ZONE = "aqah.action.low_emission_zone"
#: Centres of communes of the territory, m.
LILLE, WAVRIN, WASQUEHAL = (704_000, 7_059_300), (694_000, 7_053_200), (710_300, 7_066_000)


@pytest.fixture
def panel(mel: Workbench, qtbot) -> SimulatePanel:
    """The form of the zone, open."""
    mel.acting.open_action(ZONE)
    panel = mel.acting.simulate
    qtbot.waitUntil(lambda: panel._sheet is not None, timeout=15000)
    qtbot.wait(400)  # the docks take their room
    return panel


def place_edit(panel: SimulatePanel):
    return panel.action_page.form_view.rows["perimeter"].edit


def at(mel: Workbench, place: tuple[float, float]) -> QPoint:
    return mel.map_page.canvas.to_screen(*place).toPoint()


def click(mel: Workbench, place: tuple[float, float], button=Qt.MouseButton.LeftButton) -> None:
    QTest.mouseClick(mel.map_page.canvas.viewport(), button, pos=at(mel, place))
    QTest.qWait(30)


def key(mel: Workbench, name: Qt.Key) -> None:
    QTest.keyClick(mel.map_page.canvas, name)


def begin_drawing(panel: SimulatePanel, mel: Workbench):
    edit = place_edit(panel)
    edit.outline.click()
    edit.draw.click()
    tool = mel.acting.places.tool
    assert tool is not None
    return tool


def code_at(mel: Workbench, place: tuple[float, float]) -> str:
    lines = mel.loader.prepared.outlines("communes")
    for index, code in enumerate(lines.codes):
        parts = np.flatnonzero(lines.owner == index)
        rings = [lines.coordinates[lines.starts[p] : lines.starts[p + 1]] for p in parts]
        if any(len(r) > 3 and shapely.Polygon(r).contains(shapely.Point(place)) for r in rings):
            return code
    raise AssertionError("no commune there")


# --------------------------------------------------------------------------- communes


def test_communes_are_added_and_removed_by_clicks(panel, mel, qtbot) -> None:
    heard: list[object] = []
    mel.map_page.clicked.connect(lambda *a: heard.append(a))
    edit = place_edit(panel)
    edit.communes.click()
    assert panel._form.value("perimeter") == Place()
    edit.chips.pick.click()
    click(mel, WAVRIN)
    click(mel, WASQUEHAL)
    wavrin, roubaix = code_at(mel, WAVRIN), code_at(mel, WASQUEHAL)
    assert panel._form.value("perimeter") == Place(communes=(wavrin, roubaix))
    assert "2 communes" in mel.acting.places.tool.banner.state()
    click(mel, WAVRIN)
    assert panel._form.value("perimeter").communes == (roubaix,)
    name = panel._sheet.names.name(roubaix)
    assert name in mel.acting.places.tool.banner.state()
    click(mel, LILLE, Qt.MouseButton.RightButton)
    assert panel._form.value("perimeter").communes == (roubaix,)
    key(mel, Qt.Key.Key_Return)
    assert mel.acting.places.tool is None and mel.map_page.tool is None
    assert heard == [], "a click for the tool must not open a sheet"
    chips = [b.text() for b in edit.chips.findChildren(QPushButton) if b.property("role") == "chip"]
    assert name in chips
    click(mel, LILLE)
    assert len(heard) == 1


def test_escape_takes_back_what_was_clicked(panel, mel, qtbot) -> None:
    edit = place_edit(panel)
    edit.communes.click()
    panel._form.set("perimeter", Place(communes=("59350",)))
    edit.chips.pick.click()
    click(mel, WASQUEHAL)
    assert len(panel._form.value("perimeter").communes) == 2
    key(mel, Qt.Key.Key_Escape)
    assert panel._form.value("perimeter") == Place(communes=("59350",))
    assert mel.acting.places.tool is None


def test_a_commune_elsewhere_is_named_and_not_taken(panel, mel, qtbot) -> None:
    edit = place_edit(panel)
    edit.communes.click()
    edit.chips.pick.click()
    mel.map_page.canvas.zoom_by(2.0)
    click(mel, (682_500, 7_044_500))
    assert panel._form.value("perimeter") == Place()
    assert "n’est pas dans ce territoire" in mel.acting.places.tool.banner.state()


def test_a_commune_is_found_by_its_name_and_removed_by_its_chip(panel, mel, qtbot) -> None:
    edit = place_edit(panel)
    edit.communes.click()
    QTest.keyClicks(edit.chips.search, "roubaix")
    QTest.keyClick(edit.chips.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel._form.value("perimeter").communes == ("59512",))
    QTest.keyClicks(edit.chips.search, "Nulle-Part")
    QTest.keyClick(edit.chips.search, Qt.Key.Key_Return)
    assert panel._form.value("perimeter").communes == ("59512",)
    assert edit.chips.search.property("state") == "bad"
    chip = next(b for b in edit.chips.findChildren(QPushButton) if b.property("role") == "chip")
    assert chip.accessibleName() == "Retirer Roubaix"
    chip.click()
    assert panel._form.value("perimeter") == Place()
    assert not panel._form.ready and panel._form.first_bad() == "perimeter"


def test_back_to_the_whole_territory(panel, mel, qtbot) -> None:
    edit = place_edit(panel)
    edit.communes.click()
    panel._form.set("perimeter", Place(communes=("59350",)))
    edit.whole.click()
    assert panel._form.value("perimeter") == Place(communes=("territory",))
    assert mel.acting.places._item is None


# --------------------------------------------------------------------------- outlines

SQUARE = [(698_000, 7_055_000), (708_000, 7_055_000), (708_000, 7_062_000), (698_000, 7_062_000)]


def test_an_outline_is_drawn_and_closed_by_enter(panel, mel, qtbot) -> None:
    begin_drawing(panel, mel)
    for corner in SQUARE:
        click(mel, corner)
    key(mel, Qt.Key.Key_Return)
    shape = shapely.from_wkt(panel._form.value("perimeter").polygon_wkt)
    assert shape.is_valid and shape.area == pytest.approx(70e6, rel=0.05)
    assert "km²" in place_edit(panel).words.text()
    assert mel.acting.places.tool is None and mel.acting.places._item is not None


def test_an_outline_is_closed_by_a_double_click_which_does_not_zoom(panel, mel, qtbot) -> None:
    tool = begin_drawing(panel, mel)
    scale = mel.map_page.canvas.metres_per_pixel()
    for corner in SQUARE[:2]:
        click(mel, corner)
    viewport = mel.map_page.canvas.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at(mel, SQUARE[2]))
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=at(mel, SQUARE[2]))
    assert not tool.in_force
    assert len(shapely.from_wkt(panel._form.value("perimeter").polygon_wkt).exterior.coords) == 4
    assert mel.map_page.canvas.metres_per_pixel() == scale


def test_an_outline_is_closed_on_its_first_corner(panel, mel, qtbot) -> None:
    begin_drawing(panel, mel)
    for corner in [*SQUARE, SQUARE[0]]:
        click(mel, corner)
    assert len(shapely.from_wkt(panel._form.value("perimeter").polygon_wkt).exterior.coords) == 5


def test_a_crossing_outline_is_refused_and_can_be_mended(panel, mel, qtbot) -> None:
    tool = begin_drawing(panel, mel)
    for corner in (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]):
        click(mel, corner)
    assert "se coupe" in tool.banner.state() and tool._item.bad
    key(mel, Qt.Key.Key_Return)
    assert tool.in_force and panel._form.value("perimeter") == Place()
    key(mel, Qt.Key.Key_Backspace)
    assert not tool._item.bad and "3 sommets" in tool.banner.state()
    key(mel, Qt.Key.Key_Return)
    assert panel._form.value("perimeter").polygon_wkt


def test_an_outline_that_is_empty_or_elsewhere_is_refused(panel, mel, qtbot) -> None:
    tool = begin_drawing(panel, mel)
    QTest.mouseClick(tool.banner.done, Qt.MouseButton.LeftButton)
    assert tool.in_force and "pas assez de sommets" in tool.banner.state()
    mel.map_page.canvas.zoom_by(4.0)
    QTest.qWait(50)
    for x, y in SQUARE:
        click(mel, (x, y - 60_000))
    key(mel, Qt.Key.Key_Return)
    assert tool.in_force and "hors du territoire" in tool.banner.state()
    assert panel._form.value("perimeter") == Place()
    QTest.mouseClick(tool.banner.stop, Qt.MouseButton.LeftButton)
    assert not tool.in_force and panel._form.value("perimeter") == Place()


def test_panning_while_drawing_sets_no_corner(panel, mel, qtbot) -> None:
    tool = begin_drawing(panel, mel)
    viewport = mel.map_page.canvas.viewport()
    start, end = at(mel, SQUARE[0]), at(mel, SQUARE[2])
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(viewport, start + (end - start) * share)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert tool.sketch.vertices == ()


@pytest.mark.parametrize("how", ["run", "territory", "list", "again"])
def test_a_tool_ends_with_what_it_was_for(panel, mel, qtbot, how: str) -> None:
    tool = begin_drawing(panel, mel)
    click(mel, SQUARE[0])
    {
        "run": panel.run,
        "territory": lambda: mel.open_territory("245900428"),
        "list": panel.show_offers,
        "again": place_edit(panel).draw.click,
    }[how]()
    QApplication.processEvents()
    assert not tool.in_force
    assert (mel.map_page.tool is None) == (how != "again")


def test_the_drawn_place_is_what_is_computed(panel, mel, qtbot) -> None:
    begin_drawing(panel, mel)
    for corner in SQUARE:
        click(mel, corner)
    key(mel, Qt.Key.Key_Return)
    for name, value in {
        "share_concerned_percent": "50",
        "reduction_low_percent": "20",
        "reduction_central_percent": "30",
        "reduction_high_percent": "40",
    }.items():
        panel._form.set(name, value)
    panel.run()
    qtbot.waitUntil(lambda: panel._run.stage.over, timeout=30000)
    (change,) = panel._run.finished.results.emission_changes
    drawn = shapely.from_wkt(change.place.polygon_wkt)
    assert drawn.area == pytest.approx(70e6, rel=0.05)
    avoided = panel._run.finished.results.figures["emission_change_t_per_year"]["central"]
    assert -1189 < avoided < 0
