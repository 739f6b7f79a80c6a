"""Settings, plugins, help: the sheets that belong to the program, not to the map."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QToolButton

from aqah_desktop.locations import UserFolders
from aqah_desktop.models.actions import ACTIONS
from aqah_desktop.plugins.settings import read_settings, settings_file, user_plugins_folder
from aqah_desktop.views.help.guide import GuidePanel, GuideView
from aqah_desktop.views.settings.panel import SettingsPanel
from aqah_desktop.views.shell import files
from aqah_desktop.views.workbench import Workbench


def words(widget) -> str:
    return "\n".join(w.text() for w in widget.findChildren(QLabel))


def show(bench: Workbench, action: str, name: str):
    bench.context.actions.action(action).trigger()
    sheet = bench.frame.shell.sheet(name)
    assert sheet is not None
    return sheet.body


# --------------------------------------------------------------------------- sheets in general


def test_a_sheet_holds_the_keyboard_and_gives_it_back(mel: Workbench, qtbot) -> None:
    mel.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is mel.window, timeout=5000)
    mel.map_page.canvas.setFocus()
    panel = show(mel, "settings.open", "settings")
    sheet = mel.frame.shell.sheet("settings")
    seen = set()
    for _ in range(60):
        focus = QApplication.focusWidget()
        assert sheet.card.isAncestorOf(focus)
        seen.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert {panel.language, panel.calm, panel.memory} <= seen
    QTest.keyClick(mel.window.windowHandle(), Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert mel.keeper.path is None, "shortcuts of the window stay silent below a sheet"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert mel.frame.shell.sheet("settings") is None
    assert QApplication.focusWidget() is mel.map_page.canvas


def test_the_same_sheet_is_open_once_and_its_cross_closes_it(bench: Workbench) -> None:
    first = show(bench, "help.about", "help.about")
    assert show(bench, "help.about", "help.about") is first
    sheet = bench.frame.shell.sheet("help.about")
    cross = next(b for b in sheet.findChildren(QToolButton) if b.accessibleName() == "Fermer")
    QTest.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert bench.frame.shell.sheet("help.about") is None


# --------------------------------------------------------------------------- settings


def test_each_setting_is_kept_as_it_is_changed(bench: Workbench, monkeypatch, tmp_path: Path) -> None:
    panel, values = show(bench, "settings.open", "settings"), lambda: bench.context.settings.values
    assert not panel.restart.isVisible()
    panel.language.setCurrentIndex(panel.language.findData("en"))
    panel.language.activated.emit(panel.language.currentIndex())
    assert values().language == "en"
    assert "prochain démarrage" in panel.restart.text()
    assert panel.restart.isVisible()
    QTest.mouseClick(panel.calm, Qt.MouseButton.LeftButton, pos=panel.calm.rect().center() * 0.2)
    assert values().reduced_motion
    panel.memory.setValue(0)
    assert values().memory_mb == 256
    assert "256" in panel.memory_words.text()
    monkeypatch.setattr(files, "choose_folder", lambda *_: tmp_path)
    choose = next(
        b for b in panel.findChildren(QPushButton) if b.accessibleName().startswith("Dossier des exports")
    )
    QTest.mouseClick(choose, Qt.MouseButton.LeftButton)
    assert values().exports_folder == str(tmp_path)
    assert files.documents_folder(values().exports_folder) == tmp_path


def test_the_theme_changes_at_once_here_and_in_the_menu(bench: Workbench) -> None:
    panel = show(bench, "settings.open", "settings")
    panel.themes.button(1).click()
    assert bench.context.theme.name == "dark"
    assert bench.context.settings.values.theme == "dark"
    assert bench.context.actions.action("view.dark").isChecked()
    panel.themes.button(0).click()
    assert bench.context.theme.name == "light"


def test_portable_folders_are_said(bench: Workbench, tmp_path: Path) -> None:
    folders = UserFolders(tmp_path / "s", tmp_path / "d", tmp_path / "l", portable=True)
    panel = SettingsPanel(bench.context, folders)
    assert "Mode portable" in words(panel)
    assert str(tmp_path / "d") in "\n".join(w.toolTip() for w in panel.findChildren(QLabel))
    panel.close_panel()
    panel.deleteLater()


# --------------------------------------------------------------------------- plugins


def test_plugins_have_a_card_and_a_switch(bench: Workbench, qtbot) -> None:
    panel = show(bench, "plugins.list", "plugins")
    qtbot.waitUntil(lambda: bool(panel.findChildren(QCheckBox)), timeout=20000)
    assert "livrée avec le programme" in words(panel)
    switch = panel.findChildren(QCheckBox)[0]
    assert switch.isChecked()
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert read_settings(settings_file()).disabled == ("aqah-action-low-emission-zone",)
    assert "prochain démarrage" in words(panel)
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert read_settings(settings_file()).disabled == ()


def test_a_broken_plugin_says_what_is_wrong_and_can_be_switched_off(bench: Workbench, qtbot) -> None:
    broken = user_plugins_folder() / "mal-faite"
    broken.mkdir(parents=True)
    (broken / "aqah-plugin.toml").write_text("this is no toml [", encoding="utf-8")
    panel = show(bench, "plugins.list", "plugins")
    qtbot.waitUntil(lambda: "mal-faite" in words(panel), timeout=20000)
    assert "mal-faite" in words(panel)
    buttons = {b.text(): b for b in panel.findChildren(QPushButton) if "mal-faite" in b.accessibleName()}
    QTest.mouseClick(buttons["Détails"], Qt.MouseButton.LeftButton)
    assert any(str(broken) in w.text() and w.isVisible() for w in panel.findChildren(QLabel))
    QTest.mouseClick(buttons["Désactiver"], Qt.MouseButton.LeftButton)
    assert read_settings(settings_file()).disabled == ("mal-faite",)


# --------------------------------------------------------------------------- help


def test_every_shortcut_of_the_table_is_listed(mel: Workbench) -> None:
    panel = show(mel, "help.shortcuts", "help.shortcuts")
    listed = {keys for _, keys in panel.rows}
    bound = {spec.id for spec, _ in mel.context.actions.entries()}
    for spec in ACTIONS:
        if spec.shortcut and spec.id in bound:
            native = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            assert native in listed, spec.id


def test_about_names_version_licences_data_and_qt(bench: Workbench) -> None:
    import aqah_desktop

    shown = words(show(bench, "help.about", "help.about"))
    assert f"AQAH Desktop {aqah_desktop.__version__}" in shown
    for expected in ("EUPL", "LGPL", "qt.io", "geopandas", "Inter", "Licence Ouverte"):
        assert expected in shown, expected
    for dataset in bench.context.services.pack.datasets.values():
        assert dataset.origin.attribution in shown


def test_the_journal_can_be_copied(bench: Workbench) -> None:
    panel = show(bench, "help.journal", "help.journal")
    copy = next(b for b in panel.findChildren(QPushButton) if b.text() == "Copier")
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == panel.text.toPlainText()


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    folder = tmp_path / "guide"
    folder.mkdir()
    (folder / "README.md").write_text("# Accueil\n\n[Suite](02_suite.md) [dehors](../secret.md)\n", "utf-8")
    (folder / "02_suite.md").write_text("# La suite\n\nTexte.\n", "utf-8")
    (tmp_path / "secret.md").write_text("# Secret\n", "utf-8")
    return folder


def test_the_guide_shows_its_pages_and_follows_its_links(bench: Workbench, guide: Path, qtbot) -> None:
    panel = GuidePanel(bench.context, guide)
    qtbot.addWidget(panel)
    assert [title for title, _ in panel.pages] == ["Accueil", "La suite"]
    assert "Suite" in panel.view.toPlainText()
    panel.show_page("02_suite.md")
    assert "Texte." in panel.view.toPlainText()
    panel.view.setSource(panel.view.source().resolved("README.md"))
    assert panel.contents.currentRow() == 0


def test_the_guide_reads_nothing_outside_its_folder_and_no_network(guide: Path, qtbot) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QTextDocument

    view = GuideView(guide)
    qtbot.addWidget(view)
    view.setSource(QUrl.fromLocalFile(str(guide / "README.md")))
    html = QTextDocument.ResourceType.MarkdownResource
    for url in (
        "../secret.md",
        "http://127.0.0.1/x.md",
        str(guide.parent / "secret.md"),
        "file:///etc/hostname",
    ):
        assert view.loadResource(html, QUrl(url)) is None, url


def test_a_program_without_guide_says_so(bench: Workbench, tmp_path: Path, qtbot) -> None:
    panel = GuidePanel(bench.context, tmp_path / "nothing")
    qtbot.addWidget(panel)
    assert "pas installé" in words(panel)
