"""The table of the state of the data: one row per layer, sections, a filter, copy and export."""

from __future__ import annotations

import io
import unicodedata
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.errors import AqahError
from aqah_desktop.models.data_status import StatusRow, age_words, as_frame, status_rows
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.records import LayerStatus
from aqah_desktop.reporting.words import standing_tone
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, label, row

#: Share of the width of each column.
_SHARES = (24, 17, 24, 35)
_OLD_YEARS = 5
#: Width of the scroll bar, which the titles of the columns do not have.
_BAR_PX = 10


class DataStatusPanel(QWidget):
    """Body of the sheet."""

    #: Path of an exported table.
    exported = Signal(str)

    def __init__(self, context: ViewContext, watch: LayerWatch) -> None:
        super().__init__()
        self._context = context
        self._rows = status_rows(
            context.project.state.layers,
            context.services.pack,
            watch,
            context.catalogue.language,
            date.today().year,
        )
        self._lines: list[tuple[StatusRow, QWidget, str]] = []
        self._remedies: dict[str, _Remedy] = {}
        self._heads: dict[str, QWidget] = {}
        self.search = QLineEdit()
        self._empty = label("", "note")
        self._build()

    # ------------------------------------------------------------------ what the user asks

    def filter_rows(self, text: str) -> None:
        """Show the rows that contain every word of ``text``, whatever their accents."""
        words = _plain(text).split()
        shown: set[str] = set()
        above = ("", "")
        for found, line, haystack in self._lines:
            visible = all(word in haystack for word in words)
            line.setVisible(visible)
            if visible:
                shown.add(found.group)
                self._remedies[found.layer_id].show_once((found.group, found.better) == above)
                above = (found.group, found.better)
        for group, head in self._heads.items():
            head.setVisible(group in shown)
        self._empty.setVisible(not shown)
        self._empty.setText(self._t("none", text=text))

    def shown_rows(self) -> list[StatusRow]:
        """Rows that pass the filter, in order."""
        return [found for found, line, _ in self._lines if not line.isHidden()]

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
        intro = label(self._t("intro"), "soft", wrap=True)
        layout.addWidget(intro)
        layout.addLayout(self._tools())
        names = ("layer", "quality", "source_age", "better")
        head = self._line([label(self._t(f"column.{key}"), "overline") for key in names])
        head.layout().setContentsMargins(0, 8, 12 + _BAR_PX, 6)
        layout.addWidget(head)
        inside = QWidget()
        self._table = QVBoxLayout(inside)
        self._table.setContentsMargins(0, 0, 0, 0)
        self._table.setSpacing(0)
        for found in self._rows:
            if found.group not in self._heads:
                head = label(self._t(f"group.{found.group}"), "heading")
                head.setContentsMargins(0, 14, 0, 6)
                self._heads[found.group] = head
                self._table.addWidget(head)
            self._add(found)
        self._empty.setVisible(False)
        self.filter_rows("")
        self._table.addWidget(self._empty)
        self._table.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self._t("title"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        area.setWidget(inside)
        layout.addWidget(area, 1)
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

    def _add(self, found: StatusRow) -> None:
        title, quality = self._title(found), self._quality(found)
        source, better = self._source(found), self._better(found)
        line = self._line([title, quality, source, better])
        haystack = _plain(" ".join([found.layer_id, *(text for text in _texts(line))]))
        self._lines.append((found, line, haystack))
        self._table.addWidget(line)

    def _line(self, cells: list[QWidget]) -> QWidget:
        line = QFrame()
        line.setObjectName("table_line")
        grid = QGridLayout(line)
        grid.setContentsMargins(0, 8, 12, 8)
        grid.setHorizontalSpacing(16)
        for column, (cell, share) in enumerate(zip(cells, _SHARES, strict=True)):
            policy = cell.sizePolicy()
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            cell.setSizePolicy(policy)
            grid.addWidget(cell, 0, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, share)
        return line

    def _title(self, found: StatusRow) -> QWidget:
        parts: list[QWidget] = [_copyable(found.title, "strong")]
        if found.status is not LayerStatus.OK:
            tone = "danger" if found.status is LayerStatus.MISSING else "warning"
            parts.append(_badge(self._t(f"status.{found.status.value}"), tone))
        if found.replaces:
            known = self._context.services.pack.layers.get(found.replaces)
            title = self._context.t(known.title) if known is not None else found.replaces
            parts.append(_copyable(self._t("replaces", title=title), "note"))
        if found.replaced_by:
            titles = ", ".join(found.replaced_by)
            parts.append(_copyable(self._t("replaced", titles=titles), "note"))
        return _stacked(parts)

    def _quality(self, found: StatusRow) -> QWidget:
        if found.standing is None:
            return label("—", "note")
        t, standing = self._context.t, found.standing
        method = t(f"reporting.method.{standing.method.value}")
        words = [f"{method} — {t(f'layer_panel.quality.{standing.quality.value}')}"]
        words += [t(f"reporting.flag.{flag.value}") for flag in standing.flags]
        return _stacked([_badge(text, standing_tone(standing)) for text in words])

    def _source(self, found: StatusRow) -> QWidget:
        age = age_words(found, self._context.catalogue) or self._t("no_date")
        dated = " · ".join(text for text in (found.vintage, age) if text)
        return _stacked([_copyable(found.publisher, ""), _copyable(dated, "note")])

    def _better(self, found: StatusRow) -> QWidget:
        what = where = ""
        if found.better:
            what, where = (self._t(f"better.{found.better}.{part}") for part in ("what", "where"))
        remedy = _Remedy(what or "—", where, self._t("same"))
        self._remedies[found.layer_id] = remedy
        return remedy

    def _counts(self) -> str:
        official = sum(r.standing is not None and r.standing.quality == "official" for r in self._rows)
        old = sum((r.age_years or 0) > _OLD_YEARS for r in self._rows)
        return self._t("counts", layers=len(self._rows), official=official, old=old)

    # ------------------------------------------------------------------ answers

    def _on_written(self, path: Path) -> None:
        self._context.notifications.tell("data_status.exported", "success", path=str(path))
        self.exported.emit(str(path))

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._context.notifications.error(error)


class _Remedy(QWidget):
    """What would improve a layer; only a word where the row above already says it."""

    def __init__(self, what: str, where: str, same: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        self._full = [_copyable(what, ""), *([_copyable(where, "note")] if where else [])]
        self._same = label(same, "note")
        for widget in (*self._full, self._same):
            layout.addWidget(widget)
        self.show_once(False)

    def show_once(self, said_above: bool) -> None:
        """Shorten when the row above says the same."""
        for widget in self._full:
            widget.setVisible(not said_above)
        self._same.setVisible(said_above)


def _copyable(text: str, role: str) -> QLabel:
    words = label(text, role, wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return words


def _badge(text: str, tone: str) -> QWidget:
    holder = QWidget()
    words = label(text)
    words.setProperty("badge", tone)
    line = row(words, None)
    holder.setLayout(line)
    return holder


def _stacked(parts: list[QWidget]) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(3)
    for part in parts:
        layout.addWidget(part)
    return holder


def _texts(widget: QWidget) -> list[str]:
    return [found.text() for found in widget.findChildren(QLabel)]


def _plain(text: str) -> str:
    """Lower case without accents, for searching."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in parts if not unicodedata.combining(c))
