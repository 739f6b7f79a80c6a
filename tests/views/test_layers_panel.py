"""The layers panel: everything by mouse and by keyboard, every change with its undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QTextBrowser

from aqah_desktop.models.layer_tree import sections
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.layers.panel import LayersPanel
from aqah_desktop.views.layers.tree import LayerTree
from aqah_desktop.views.workbench import Workbench

Key, Mod, Check = Qt.Key, Qt.KeyboardModifier, Qt.CheckState


@pytest.fixture
def panel(mel: Workbench) -> LayersPanel:
    return mel.layers.panel


def entry(bench: Workbench, layer_id: str) -> LayerEntry:
    return bench.context.project.state.entry(layer_id)


def row_place(tree: LayerTree, layer_id: str, x: int) -> QPoint:
    rect = tree.visualRect(tree.model().index_of(layer_id))
    return QPoint(rect.left() + x, rect.center().y())


def choose(tree: LayerTree, layer_id: str) -> None:
    tree.choose(layer_id)
    tree.setFocus()


def test_the_tree_shows_the_layers_in_drawing_order_by_section(mel: Workbench, panel: LayersPanel) -> None:
    model, state = panel.model, mel.context.project.state
    parts = sections(state.layers)
    assert model.rowCount() == len(parts)
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names[0] == "Établissements"
    assert "Concentrations" in names
    first = model.index(0, 0)
    assert model.rowCount(first) == len(parts[0].entries)
    words = model.index_of("no2_2019").data(Qt.ItemDataRole.AccessibleTextRole)
    assert "indicatif" in words
    assert not panel.tree.isExpanded(model.index(names.index("Mesures"), 0)), "nothing to see there yet"


def test_a_click_on_the_box_hides_a_layer_and_undo_shows_it(
    mel: Workbench, panel: LayersPanel, qtbot
) -> None:
    tree = panel.tree
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=row_place(tree, "ehpad", 20))
    qtbot.waitUntil(lambda: not entry(mel, "ehpad").visible)
    assert panel.model.index_of("ehpad").data(Qt.ItemDataRole.CheckStateRole) == Check.Unchecked
    mel.context.actions.action("edit.undo").trigger()
    assert entry(mel, "ehpad").visible


def test_a_click_on_the_title_only_selects(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    tree = panel.tree
    assert not mel.context.actions.action("layer.properties").isEnabled()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=row_place(tree, "ehpad", 120))
    assert panel.chosen() is entry(mel, "ehpad")
    assert entry(mel, "ehpad").visible
    assert mel.context.actions.action("layer.properties").isEnabled()
    assert panel.selected.isVisible()


def test_the_space_bar_toggles_a_layer_and_a_whole_section(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    tree = panel.tree
    choose(tree, "ecoles")
    QTest.keyClick(tree, Key.Key_Space)
    qtbot.waitUntil(lambda: not entry(mel, "ecoles").visible)
    top = panel.model.index(0, 0)
    assert top.data(Qt.ItemDataRole.CheckStateRole) == Check.PartiallyChecked
    tree.setCurrentIndex(top)
    QTest.keyClick(tree, Key.Key_Space)
    qtbot.waitUntil(lambda: top.data(Qt.ItemDataRole.CheckStateRole) == Check.Checked)
    QTest.keyClick(tree, Key.Key_Space)
    qtbot.waitUntil(lambda: top.data(Qt.ItemDataRole.CheckStateRole) == Check.Unchecked)
    mel.context.project.undo()
    assert top.data(Qt.ItemDataRole.CheckStateRole) == Check.Checked, "one step for the whole section"


def test_a_section_is_closed_and_opened_by_click_and_by_arrows(panel: LayersPanel) -> None:
    tree, top = panel.tree, panel.model.index(0, 0)
    place = tree.visualRect(top).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not tree.isExpanded(top)
    tree.setCurrentIndex(top)
    tree.setFocus()
    QTest.keyClick(tree, Key.Key_Right)
    assert tree.isExpanded(top)
    QTest.keyClick(tree, Key.Key_Return)
    assert not tree.isExpanded(top)


def test_layers_move_by_keyboard_and_keep_the_selection(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    choose(panel.tree, "ecoles")
    QTest.keyClick(panel.tree, Key.Key_Down, Mod.AltModifier)
    qtbot.waitUntil(lambda: mel.context.project.state.layers[1].id == "ecoles")
    assert panel.chosen() is entry(mel, "ecoles")
    QTest.keyClick(panel.tree, Key.Key_Up, Mod.AltModifier)
    qtbot.waitUntil(lambda: mel.context.project.state.layers[0].id == "ecoles")
    mel.context.project.undo()
    assert mel.context.project.state.layers[1].id == "ecoles"


def test_layers_are_dropped_into_another_section(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    model = panel.model
    data = model.mimeData([model.index_of("ecoles")])
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    target = model.index(names.index("Repères"), 0)
    assert model.canDropMimeData(data, Qt.DropAction.MoveAction, 1, 0, target)
    assert model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, target)
    qtbot.waitUntil(lambda: entry(mel, "ecoles").group == "reference")
    ids = [e.id for e in mel.context.project.state.layers]
    assert ids.index("ecoles") == ids.index("communes") + 1
    mel.context.project.undo()
    assert entry(mel, "ecoles").group == "sites"
    assert not model.canDropMimeData(data, Qt.DropAction.MoveAction, 0, 0, model.index_of("communes"))


def test_the_order_of_the_tree_is_the_order_of_drawing(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    from aqah_desktop.models.commands import MoveLayer
    from aqah_desktop.views.map.scene import RasterDrawing

    def raster_place() -> int:
        drawings = mel.map_page._drawings()
        return next(i for i, d in enumerate(drawings) if isinstance(d, RasterDrawing))

    before = raster_place()
    mel.context.project.do(MoveLayer("no2_2019", 0))
    assert raster_place() > before + 3


def test_delete_removes_and_undo_puts_back_where_it_was(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    before = mel.context.project.state.layers
    choose(panel.tree, "hospitals")
    QTest.keyClick(panel.tree, Key.Key_Delete)
    assert "hospitals" not in [e.id for e in mel.context.project.state.layers]
    assert panel.chosen() is not None, "the next layer is selected"
    text = mel.context.notifications.items[-1].text
    assert text is not None
    assert "Hôpitaux" in mel.context.t(text)
    mel.context.project.undo()
    assert mel.context.project.state.layers == before
    with qtbot.waitSignal(mel.map_page.canvas.painted, timeout=10000):
        mel.map_page.canvas.repaint_scene()
    assert mel.map_page.content("hospitals") is not None


def test_opacity_by_keyboard_is_one_step_and_seen_at_once(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    choose(panel.tree, "no2_2019")
    slider = panel.selected.findChild(QSlider)
    assert slider.value() == 85
    steps = len(mel.context.project._done)
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Key.Key_Left)
    assert entry(mel, "no2_2019").opacity == 0.85, "nothing is done while it moves"
    shown = [d.opacity for d in mel.map_page._drawings() if type(d).__name__ == "RasterDrawing"]
    assert shown == [0.7], "but the map follows"
    qtbot.waitUntil(lambda: entry(mel, "no2_2019").opacity == 0.7)
    assert len(mel.context.project._done) == steps + 1
    mel.context.project.undo()
    assert slider.value() == 85


def test_opacity_by_mouse_is_one_step(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    choose(panel.tree, "no2_2019")
    slider = panel.selected.findChild(QSlider)
    steps = len(mel.context.project._done)
    centre = slider.rect().center().y()
    handle = QPoint(round(slider.width() * 0.85) - 4, centre)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
    for x in (0.7, 0.5, 0.4):
        QTest.mouseMove(slider, QPoint(round(slider.width() * x), centre))
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPoint(round(slider.width() * x), centre).toPointF(),
            slider.mapToGlobal(QPoint(round(slider.width() * x), centre)).toPointF(),
            Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Mod.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(slider, move)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(slider.width() * 0.4), centre))
    assert 0.2 < entry(mel, "no2_2019").opacity < 0.6
    assert len(mel.context.project._done) == steps + 1


def test_zoom_to_a_layer(mel: Workbench, panel: LayersPanel) -> None:
    choose(panel.tree, "training_parcels")
    mel.context.actions.action("map.zoom_layer").trigger()
    own = entry(mel, "training_parcels").layer.shape.extent
    seen = mel.map_page.canvas.extent()
    assert seen[0] <= own[0]
    assert seen[2] >= own[2]
    assert seen[3] - seen[1] < 5 * (own[3] - own[1])


def test_properties_show_the_whole_record_and_can_be_copied(mel: Workbench, panel: LayersPanel) -> None:
    choose(panel.tree, "no2_2019")
    QTest.keyClick(panel.tree, Key.Key_Return)
    sheet = mel.frame.shell.sheet("layer")
    assert sheet is not None
    text = sheet.body.findChild(QTextBrowser).toPlainText().replace("\u00a0", " ")
    dataset = mel.context.services.pack.dataset_of("no2_2019")
    for wanted in (
        dataset.origin.publisher, dataset.origin.licence, dataset.origin.attribution, dataset.origin.source,
        dataset.coverage.resolution.fr, dataset.standing.limits.fr[:60], "Erreur quadratique moyenne",
        "Validation", "Fiabilité",
    ):  # fmt: skip
        assert wanted.replace("\u00a0", " ") in text, wanted
    assert dataset.lineage.product_hash in text
    browser = sheet.body.findChild(QTextBrowser)
    assert browser.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
    sheet.body.copy()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(dataset.title.fr)
    assert dataset.lineage.product_hash in copied
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    assert mel.frame.shell.sheet("layer") is None


def test_the_context_menu_offers_what_can_be_done(mel: Workbench, panel: LayersPanel) -> None:
    choose(panel.tree, "ecoles")
    menu = panel.menu_for(entry(mel, "ecoles"))
    names = [a.text() for a in menu.actions() if not a.isSeparator()]
    assert names == [
        "Zoomer sur la couche", "Propriétés de la couche", "Monter", "Descendre", "Retirer la couche",
    ]  # fmt: skip
    menu.deleteLater()


def test_the_panel_is_hidden_and_shown_by_its_key(mel: Workbench, panel: LayersPanel) -> None:
    action = mel.context.actions.action("view.layers")
    assert panel.isVisible()
    assert action.isChecked()
    action.trigger()
    assert not panel.isVisible()
    action.trigger()
    assert panel.isVisible()


def test_without_layers_the_panel_says_what_to_do(mel: Workbench, panel: LayersPanel) -> None:
    from aqah_desktop.models.commands import RemoveLayer

    for one in mel.context.project.state.layers:
        mel.context.project.do(RemoveLayer(one.id))
    assert panel._pages.currentIndex() == 1
    mel.context.project.undo()
    assert panel._pages.currentIndex() == 0


def test_a_layer_of_the_pack_is_added_from_the_sheet(mel: Workbench, panel: LayersPanel, qtbot) -> None:
    mel.context.actions.action("layer.add").trigger()
    sheet = mel.frame.shell.sheet("add_layer")
    assert sheet is not None
    from PySide6.QtWidgets import QPushButton

    put = next(
        b for b in sheet.body.findChildren(QPushButton) if b.accessibleName() == "Ajouter Intercommunalités"
    )
    QTest.keyClick(put, Key.Key_Space)
    assert entry(mel, "epci").group == "reference"
    assert "epci" not in [o.accessibleName() for o in sheet.body.findChildren(QPushButton)]
    assert panel.chosen() is entry(mel, "epci")
    mel.context.project.undo()
    mel.frame.shell.close_sheet("add_layer")


def test_a_layer_found_by_the_search_is_brought_to_sight(mel: Workbench, panel: LayersPanel) -> None:
    mel.layer_chosen.emit("stations")
    assert entry(mel, "stations").visible
    assert panel.chosen() is entry(mel, "stations")
    mel.layer_chosen.emit("coast")
    assert entry(mel, "coast").visible


@pytest.mark.parametrize("language", ["en"])
def test_the_panel_in_english(mel: Workbench, panel: LayersPanel, language: str) -> None:
    assert panel.model.index(0, 0).data() == "Places"
    tip = panel.model.index_of("training_houses").data(Qt.ItemDataRole.ToolTipRole)
    assert "fictitious" in tip or "invented" in tip


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_tree_paints_in_both_themes_at_a_small_size(
    mel: Workbench, panel: LayersPanel, name: str
) -> None:
    mel.context.theme.use(name)
    panel.resize(236, 400)
    choose(panel.tree, "training_parcels")
    image = panel.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, 300, 3)}
    assert len(colours) > 20
    mel.context.theme.use("light")
