"""The table as Qt asks for it: cells are made when they are on screen, whatever the number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.table_data import Indices, NumberColumn, TableData

_Index = QModelIndex | QPersistentModelIndex
_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class TableModel(QAbstractTableModel):
    """Rows of a :class:`TableData` in the order they were arranged."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue
        self.table: TableData | None = None
        self.order: Indices = np.empty(0, np.intp)

    def show(self, table: TableData | None, order: Indices) -> None:
        """Show other rows, or the same ones in another order."""
        self.beginResetModel()
        self.table, self.order = table, order
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Rows shown."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Columns of the table."""
        if self.table is None or (parent is not None and parent.isValid()):
            return 0
        return len(self.table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Title of a column with its unit."""
        if orientation != Qt.Orientation.Horizontal or self.table is None:
            return None
        column = self.table.columns[section]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.header
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = _NUMBER if isinstance(column, NumberColumn) else _TEXT
            return int(side) | int(Qt.TextFlag.TextWordWrap)
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """A cell, in the reader's language."""
        if self.table is None:
            return None
        column = self.table.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(int(self.order[index.row()]), self._catalogue)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBER if isinstance(column, NumberColumn) else _TEXT
        return None

    def place_of(self, row: int) -> int | None:
        """Where a row of the table is shown, or None."""
        found = np.flatnonzero(self.order == row)
        return int(found[0]) if len(found) else None
