"""The rows of the history as a table model."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from aqah_desktop.models.history import HistoryRow
from aqah_desktop.records import Outcome
from aqah_desktop.views.context import ViewContext

COLUMNS = ("when", "what", "parameters", "outcome", "duration")
_TOKENS = {Outcome.DONE: "ink", Outcome.FAILED: "danger", Outcome.CANCELLED: "ink_faint"}
Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractTableModel):
    """One row per run, newest first."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self.rows: tuple[HistoryRow, ...] = ()

    def show_rows(self, rows: tuple[HistoryRow, ...]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of runs."""
        return len(self.rows)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._context.t(f"history.column_{COLUMNS[section]}")
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Words, colour and tool tip of a cell."""
        row, name = self.rows[index.row()], COLUMNS[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(row, name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        if role == Qt.ItemDataRole.ForegroundRole:
            token = _TOKENS[row.outcome] if name == "outcome" else "ink"
            return self._context.theme.colour("ink_faint" if row.outcome is Outcome.CANCELLED else token)
        return None

    def _words(self, row: HistoryRow, name: str) -> str:
        if name == "outcome":
            words = self._context.t(f"history.outcome_{row.outcome.value}")
            return self._context.t("forms.pair", name=words, value=row.reason) if row.reason else words
        texts = {"when": row.when, "what": row.title, "parameters": row.summary, "duration": row.duration}
        return texts[name]

    def _tip(self, row: HistoryRow) -> str:
        t = self._context.t
        lines = [t("forms.pair", name=name, value=value) for name, value in row.parameters]
        return "\n".join([t("history.details", title=row.title, when=row.when), *lines, row.reason]).strip()
