"""The grid itself: whole rows, sorted by a click on a title, copied as a spreadsheet pastes them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView

from aqah_desktop.views.table.model import TableModel

_ROW = 30
_NARROW, _WIDE = 70, 280
#: Titles take two lines rather than a wide column.
_HEADER = 50
#: Rows looked at to find how wide a column must be.
_SAMPLE = 60


class TableGrid(QTableView):
    """Shows a :class:`TableModel`."""

    #: Row of the table (not of the view) the user went to.
    went_to = Signal(int)
    #: The user wants more of a row: Enter or double click.
    opened = Signal(int)
    #: Column to sort by, and whether from the highest.
    sort_wanted = Signal(int, bool)
    copy_wanted = Signal()

    def __init__(self, model: TableModel, name: str) -> None:
        super().__init__()
        self._model, self._quiet = model, False
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setMinimumSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setHighlightSections(False)
        header.setFixedHeight(_HEADER)
        header.setStretchLastSection(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sectionClicked.connect(self._on_header)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.activated.connect(lambda index: self.opened.emit(int(model.order[index.row()])))

    def fit_columns(self) -> None:
        """Give each column the room its title and its first cells need, within reason."""
        model, metrics = self._model, self.fontMetrics()
        for column in range(model.columnCount()):
            title = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole)
            words = str(title).split()
            longest = max((metrics.horizontalAdvance(word) for word in words), default=0)
            widest = max(longest, metrics.horizontalAdvance(str(title)) * 0.58) + 34
            for row in range(min(model.rowCount(), _SAMPLE)):
                text = model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole)
                widest = max(widest, metrics.horizontalAdvance(str(text)) + 24)
            self.setColumnWidth(column, round(max(_NARROW, min(widest, _WIDE))))

    def show_sorting(self, column: int, descending: bool) -> None:
        """Show by which column rows are sorted."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(column, order)

    def go_to(self, row: int | None) -> None:
        """Select a row of the table without announcing it; none when it is not shown."""
        place = None if row is None else self._model.place_of(row)
        self._quiet = True
        if place is None:
            self.selectionModel().clear()
        else:
            self.selectRow(place)
            self.scrollTo(self._model.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        self._quiet = False

    def chosen_rows(self) -> list[int]:
        """Rows of the table that are selected, in the order shown."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [int(self._model.order[place]) for place in places]

    def keyPressEvent(self, event) -> None:
        """Copy is copy of whole rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _on_header(self, column: int) -> None:
        header = self.horizontalHeader()
        self.sort_wanted.emit(column, header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder)

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._quiet and current.isValid():
            self.went_to.emit(int(self._model.order[current.row()]))
