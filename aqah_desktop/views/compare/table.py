"""Before and after by commune: the table a simulation leaves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget, QTableView, QVBoxLayout, QWidget

from aqah_desktop.models import comparison
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import column, label

if TYPE_CHECKING:
    import pandas as pd

Index = QModelIndex | QPersistentModelIndex
#: Text of the header → column of the table, decimals.
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("commune", "name", 0),
    ("population", "population", 0),
    ("before", "no2_before_ug_m3", 1),
    ("after", "no2_after_ug_m3", 1),
    ("change", "change_central_ug_m3", 2),
    ("low", "change_low_ug_m3", 2),
    ("high", "change_high_ug_m3", 2),
)


class CommuneModel(QAbstractTableModel):
    """Communes with their means."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._cells: list[list[Any]] = []

    def show_frame(self, frame: pd.DataFrame | None) -> None:
        """Replace the rows."""
        self.beginResetModel()
        names = [name for _, name, _ in COLUMNS]
        known = [] if frame is None else [n if n in frame.columns else "" for n in names]
        self._cells = (
            []
            if frame is None
            else [[row.get(n) if n else None for n in known] for row in frame.to_dict("records")]
        )
        self.endResetModel()

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of communes."""
        return len(self._cells)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._context.t(f"compare.column_{COLUMNS[section][0]}")
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 0:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Words of a cell; the value itself to sort by."""
        value, (name, _, decimals) = self._cells[index.row()][index.column()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.UserRole:
            if name == "commune":
                return str(value)
            return float("inf") if value is None or math.isnan(value) else float(value)
        if role == Qt.ItemDataRole.DisplayRole:
            return str(value) if name == "commune" else self._context.catalogue.number(value, decimals)
        if role == Qt.ItemDataRole.TextAlignmentRole and name != "commune":
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class _Sorted(QSortFilterProxyModel):
    """Rows in order; the title of the column they are sorted by says which way."""

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Title of a column."""
        title = super().headerData(section, orientation, role)
        is_title = role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal
        if not is_title or section != self.sortColumn():
            return title
        return f"{'↑' if self.sortOrder() == Qt.SortOrder.AscendingOrder else '↓'} {title}"


class CommuneTable(QWidget):
    """The table, or where it comes from when there is none."""

    def __init__(self, context: ViewContext, keeper: Keeper) -> None:
        super().__init__()
        self._context, self._keeper = context, keeper
        self.model = CommuneModel(context)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._sorted.setSortLocaleAware(True)
        self.table = self._make_table()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        full = QWidget()
        inside = column(full, margins=8, spacing=4)
        inside.addWidget(label(context.t("compare.table_note"), "note", wrap=True))
        inside.addWidget(self.table, 1)
        self._stack.addWidget(full)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def _empty(self) -> QWidget:
        page = QWidget()
        layout = column(page, margins=24, spacing=0)
        layout.addWidget(label(self._context.t("compare.table_none"), "soft", wrap=True))
        layout.addStretch(1)
        return page

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._sorted)
        table.setAccessibleName(self._context.t("compare.table_tab"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setSortingEnabled(True)
        table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(28)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicatorShown(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table

    def show_pair(self, a: LayerEntry, b: LayerEntry) -> None:
        """Show the table of the run both maps are before and after of."""
        run_id, keeper = comparison.run_of(a, b), self._keeper
        if not run_id:
            self.show_frame(None)
            return
        self._context.dispatcher.submit(
            lambda _: comparison.commune_table(keeper, run_id), self.show_frame, key="compare.table"
        )

    def show_frame(self, frame: pd.DataFrame | None) -> None:
        """Show a table, or say where it would come from."""
        self.model.show_frame(frame)
        self._stack.setCurrentIndex(0 if frame is None else 1)
