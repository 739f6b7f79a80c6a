"""Shortcuts, journal, about: made from the table of actions, the log and the pack."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QVBoxLayout, QWidget

from aqah_desktop.models import about
from aqah_desktop.models.actions import MENUS
from aqah_desktop.models.eventlog import log_file, read_log
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import button, column, label, row, rule

#: Keys of the map itself, which are no actions: keys shown, text key.
_MAP_KEYS = (
    ("← ↑ ↓ →", "help_page.key_pan"),
    ("+  −", "help_page.key_zoom"),
)


class ShortcutsPanel(QWidget):
    """Every shortcut by menu."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        layout = column(self, margins=24, spacing=16)
        self.rows: list[tuple[str, str]] = []
        for name in MENUS:
            found = [
                (action.text().replace("&", "").rstrip("…"), _keys(action.shortcut()))
                for spec, action in context.actions.entries()
                if spec.menu == name and not action.shortcut().isEmpty()
            ]
            if found:
                self._add(layout, context.t(f"window.menu_{name}").replace("&", ""), found)
        self._add(layout, context.t("help_page.on_the_map"), [(context.t(k), keys) for keys, k in _MAP_KEYS])
        layout.addStretch(1)

    def _add(self, layout: QVBoxLayout, title: str, rows: list[tuple[str, str]]) -> None:
        layout.addWidget(label(title, "overline"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for number, (words, keys) in enumerate(rows):
            shown = label(keys, "key")
            shown.setAccessibleName(f"{words}: {keys}")
            grid.addWidget(label(words, wrap=True), number, 0)
            grid.addWidget(shown, number, 1, Qt.AlignmentFlag.AlignRight)
        layout.addLayout(grid)
        self.rows += rows


class JournalPanel(QWidget):
    """The end of the journal of events, for whoever helps."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        t = context.t
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(label(t("help_page.journal_text"), "soft", wrap=True))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setObjectName("journal")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setPlainText(read_log() or t("help_page.journal_empty"))
        self.text.setAccessibleName(t("help_page.journal"))
        layout.addWidget(self.text, 1)
        copy = button(t("help_page.copy"), self._copy)
        folder = button(t("help_page.open_folder"), partial(files.show_folder, log_file()))
        folder.setEnabled(log_file().is_file())
        layout.addLayout(row(label(str(log_file()), "note"), None, copy, folder))
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())


class AboutPanel(QWidget):
    """Version, licences, data."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        t, manifest = context.t, context.services.pack.manifest
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(label(f"AQAH Desktop {about.version()}", "title"))
        layout.addWidget(label(t("help_page.what"), "soft", wrap=True))
        layout.addWidget(label(t("help_page.licence"), wrap=True))
        pack = t("help_page.pack", title=context.t(manifest.title), version=manifest.version)
        layout.addWidget(label(pack, "note", wrap=True))
        layout.addWidget(rule())
        layout.addWidget(label(t("help_page.qt_title"), "strong"))
        layout.addWidget(label(t("help_page.qt", version=qVersion()), "note", wrap=True))
        licences = context.services.pack.folder / "licences"
        if licences.is_dir():
            opens = button(t("help_page.licence_texts"), partial(files.show_folder, licences), "link")
            layout.addWidget(opens, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(rule())
        layout.addWidget(label(t("help_page.data"), "strong"))
        for credit in about.data_credits(context.services.pack, context.catalogue):
            words = " · ".join(part for part in (credit.attribution, credit.licence) if part)
            layout.addWidget(label(credit.title, wrap=True))
            layout.addWidget(label(words, "note", wrap=True))
        layout.addWidget(rule())
        layout.addWidget(label(t("help_page.libraries"), "strong"))
        for library in about.libraries():
            words = " · ".join(part for part in (library.name, library.version, library.licence) if part)
            layout.addWidget(label(words, "note", wrap=True))
        layout.addWidget(label(t("help_page.fonts"), "note", wrap=True))
        layout.addStretch(1)


def bind_help(shell: Shell) -> None:
    """Bind shortcuts, journal and about."""
    context, t = shell.context, shell.context.t

    def show(
        name: str, title: str, panel: Callable[[ViewContext], QWidget], size: QSize, scrolls: bool
    ) -> None:
        shell.open_sheet(name, t(title), lambda: panel(context), size, scrolls)

    for action, title, panel, size, scrolls in (
        ("help.shortcuts", "help_page.shortcuts", ShortcutsPanel, QSize(560, 640), True),
        ("help.journal", "help_page.journal", JournalPanel, QSize(1000, 640), False),
        ("help.about", "help_page.about", AboutPanel, QSize(680, 620), True),
    ):
        context.actions.bind(action, partial(show, action, title, panel, size, scrolls))


def _keys(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)
