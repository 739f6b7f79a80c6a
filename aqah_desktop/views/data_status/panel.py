"""The table of the state of the data: one row per layer, sections, a filter, copy and export."""

from __future__ import annotations

import io
import unicodedata
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QFrame, QLineEdit, QTextBrowser, QVBoxLayout, QWidget
from shiboken6 import isValid

from aqah_desktop.errors import AqahError
from aqah_desktop.models.data_status import StatusRow, as_frame, status_rows
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.data_status.document import StatusDocument
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, label, row

_OLD_YEARS = 5


class DataStatusPanel(QWidget):
    """Body of the sheet."""

    #: Path of an exported table.
    exported = Signal(str)

    def __init__(self, context: ViewContext, watch: LayerWatch) -> None:
        super().__init__()
        self._context = context
        self._document = StatusDocument(context)
        self._rows = status_rows(
            context.project.state.layers,
            context.services.pack,
            watch,
            context.catalogue.language,
            date.today().year,
        )
        self._haystacks = [_plain(f"{r.layer_id} {self._document.words(r)}") for r in self._rows]
        self.search, self.text = QLineEdit(), QTextBrowser()
        self._build()
        self.filter_rows("")
        context.theme.changed.connect(self._on_theme)

    # ------------------------------------------------------------------ what the user asks

    def filter_rows(self, text: str) -> None:
        """Show the rows that contain every word of ``text``, whatever their accents."""
        rows = self.shown_rows()
        self.text.setHtml(self._document.html(rows) if rows else self._document.nothing(text))

    def shown_rows(self) -> list[StatusRow]:
        """Rows that pass the filter, in order."""
        words = _plain(self.search.text()).split()
        pairs = zip(self._rows, self._haystacks, strict=True)
        return [found for found, haystack in pairs if all(word in haystack for word in words)]

    def copy(self) -> None:
        """Put the shown rows on the clipboard, one a line, columns by tabulators."""
        text = io.StringIO()
        as_frame(self.shown_rows(), self._context.catalogue).to_csv(text, sep="\t", index=False)
        QGuiApplication.clipboard().setText(text.getvalue())
        self._context.notifications.tell("data_status.copied", "success")

    def export(self) -> None:
        """Ask for a file and write the shown rows."""
        name, _ = QFileDialog.getSaveFileName(
            self, self._t("export_title"), "etat-des-donnees.csv", "CSV (*.csv);;Excel (*.xlsx)"
        )
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write the shown rows as CSV for Excel, or XLSX by its ending."""
        rows, catalogue = self.shown_rows(), self._context.catalogue

        def work(_ticket: object) -> Path:
            from aqah_desktop.storage.tables import write_csv, write_xlsx

            frame = as_frame(rows, catalogue)
            if path.suffix.lower() == ".xlsx":
                write_xlsx(path, {catalogue.text("data_status.title"): frame})
            else:
                write_csv(path, frame, excel=True)
            return path

        self._context.dispatcher.submit(work, self._on_written, self._on_error, key="data_status.write")

    # ------------------------------------------------------------------ parts

    def _t(self, key: str, **params: object) -> str:
        return self._context.t(f"data_status.{key}", **params)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 12, 16)
        layout.setSpacing(10)
        layout.addWidget(label(self._t("intro"), "soft", wrap=True))
        layout.addLayout(self._tools())
        self.text.setObjectName("record")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.setAccessibleName(self._t("title"))
        self.text.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addWidget(self.text, 1)
        layout.addWidget(label(self._counts(), "note"))

    def _tools(self):
        theme = self._context.theme
        self.search.setPlaceholderText(self._t("search"))
        self.search.setAccessibleName(self._t("search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.filter_rows)
        copy = with_icon(button(self._t("copy"), self.copy), theme, "copy")
        export = with_icon(button(self._t("export"), self.export), theme, "download")
        line = row(self.search, copy, export)
        line.setStretch(0, 1)
        line.setContentsMargins(0, 0, 12, 0)
        return line

    def _counts(self) -> str:
        official = sum(r.standing is not None and r.standing.quality == "official" for r in self._rows)
        old = sum((r.age_years or 0) > _OLD_YEARS for r in self._rows)
        return self._t("counts", layers=len(self._rows), official=official, old=old)

    # ------------------------------------------------------------------ answers

    def _on_theme(self) -> None:
        self.filter_rows(self.search.text())

    def _on_written(self, path: Path) -> None:
        self._context.notifications.tell("data_status.exported", "success", path=str(path))
        # The sheet may have been closed meanwhile.
        if isValid(self):
            self.exported.emit(str(path))

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._context.notifications.error(error)


def _plain(text: str) -> str:
    """Lower case without accents, for searching."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in parts if not unicodedata.combining(c))
