"""The card that saves a table: what, in which format, where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QRadioButton, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.table_files import FORMATS
from aqah_desktop.reporting.exports import safe_name
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.overlay import Sheet
from aqah_desktop.views.widgets import button, column, label, row

#: Writes a table: path, whether for Excel; returns the files written. Called on a worker.
Writer = Callable[[Path, bool], list[Path]]


class SaveTable(QWidget):
    """Body of the card.

    Parameters
    ----------
    context : ViewContext
        Settings (folder), dispatcher, notifications.
    title : str
        What is saved; gives the name of the file.
    rows : int
        Rows of the table.
    write : callable
        See :data:`Writer`.
    """

    done = Signal()

    def __init__(self, context: ViewContext, title: str, rows: int, write: Writer) -> None:
        super().__init__()
        self._context, self._write = context, write
        t = context.t
        layout = column(self, margins=24, spacing=10)
        count = context.catalogue.number(rows)
        layout.addWidget(label(t("table.save_what", title=title, count=count), wrap=True))
        self._formats = {name: QRadioButton(t(f"table.format_{name}")) for name in FORMATS}
        for name, choice in self._formats.items():
            choice.setToolTip(t(f"table.format_{name}_help"))
            choice.toggled.connect(self._on_format)
            note = label(t(f"table.format_{name}_help"), "note", wrap=True)
            note.setContentsMargins(27, 0, 0, 4)
            both = column(margins=0, spacing=0)
            both.addWidget(choice)
            both.addWidget(note)
            layout.addLayout(both)
        layout.addSpacing(6)
        layout.addWidget(label(t("table.file"), "strong"))
        self._path = QLineEdit()
        self._path.setAccessibleName(t("table.file"))
        self._path.textChanged.connect(self._on_path)
        layout.addLayout(row(self._path, button(t("table.browse"), self._browse)))
        self._warning = label("", "note", wrap=True)
        layout.addWidget(self._warning)
        self._save = button(t("table.save_now"), self._on_save, "primary")
        layout.addStretch(1)
        layout.addLayout(row(None, button(t("window.cancel"), self.done.emit), self._save))
        folder = context.settings.values.exports_folder
        self._path.setText(str((Path(folder) if folder else Path.home()) / f"{safe_name(title)}.csv"))
        first = "excel" if context.catalogue.language == "fr" else "csv"
        self._formats[first].setChecked(True)

    def path(self) -> Path:
        """Where the table goes."""
        return Path(self._path.text().strip()).expanduser()

    def format(self) -> str:
        """Format chosen: ``csv``, ``excel`` or ``xlsx``."""
        return next(name for name, choice in self._formats.items() if choice.isChecked())

    def choose(self, name: str, path: Path) -> None:
        """Choose a format and a place."""
        self._formats[name].setChecked(True)
        self._path.setText(str(path))

    def first_field(self) -> QWidget:
        """Where the keyboard goes first."""
        return next(choice for choice in self._formats.values() if choice.isChecked())

    def _on_format(self, taken: bool) -> None:
        if taken and self._path.text().strip():
            self._path.setText(str(self.path().with_suffix(FORMATS[self.format()])))

    def _on_path(self, text: str) -> None:
        exists = bool(text.strip()) and self.path().is_file()
        self._warning.setText(self._context.t("table.replaces") if exists else "")
        self._save.setEnabled(bool(text.strip()))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self.window(), self._context.t("table.browse"), str(self.path().parent)
        )
        if folder:
            self._path.setText(str(Path(folder) / self.path().name))

    def _on_save(self) -> None:
        path, excel, write = self.path(), self.format() == "excel", self._write
        self._save.setEnabled(False)
        self._context.dispatcher.submit(
            lambda _: write(path, excel), self._on_saved, self._on_failed, key="table.save"
        )

    def _on_saved(self, written: list[Path]) -> None:
        first = written[0]
        self._context.notifications.tell("table.saved", "success", name=first.name, folder=str(first.parent))
        self.done.emit()

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._save.setEnabled(True)
        self._warning.setText(self._context.catalogue.error(error).as_lines())


def open_save_card(window: QWidget, context: ViewContext, title: str, rows: int, write: Writer) -> Sheet:
    """Show the card over the window."""
    body = SaveTable(context, title, rows, write)
    sheet = Sheet(window, context, context.t("table.save_title"), body, QSize(580, 510))
    body.done.connect(sheet.dismiss)
    sheet.open_over(body.first_field())
    return sheet
