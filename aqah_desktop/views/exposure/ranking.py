"""A short list of places with their class colour and value; one is selected, as on the map."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate

from aqah_desktop.models.selection import Feature
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.painter import draw_symbol

_ROW = 50
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One line: rank (empty without one), name, what it is, value and its half-width, class colour."""

    feature: Feature
    rank: str
    name: str
    note: str
    value: str
    spread: str
    colour: RGB
    shape: str
    said: str


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[PlaceRow, ...] = ()

    def show(self, rows: tuple[PlaceRow, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole):
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return row.said
        return None


class _Delegate(QStyledItemDelegate):
    """Rank, symbol, name over note, value over its half-width."""

    def __init__(self, context: ViewContext, parent: PlaceList) -> None:
        super().__init__(parent)
        self._context = context

    def sizeHint(self, _option, _index) -> QSize:
        return QSize(240, _ROW)

    def paint(self, painter: QPainter, option, index) -> None:
        row: PlaceRow = index.model().rows[index.row()]
        theme = self._context.theme
        area = QRectF(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option, area)
        x = area.left() + 6
        if row.rank:
            width = 26.0
            self._text(painter, QRectF(x, area.top(), width, area.height()), row.rank, 12, "ink_faint")
            x += width
        painter.setPen(QPen(theme.colour("ink_soft"), 0.8))
        painter.setBrush(QColor(*row.colour))
        draw_symbol(painter, row.shape, x + 8, area.center().y(), 11)
        x += 24
        numbers = 52.0
        words = QRectF(x, area.top() + 6, area.right() - x - numbers - 8, 19)
        self._text(painter, words, row.name, 13, "ink", bold=True)
        self._text(painter, words.translated(0, 19), row.note, 12, "ink_soft")
        right = QRectF(area.right() - numbers - 6, area.top() + 6, numbers, 19)
        self._text(painter, right, row.value, 14, "ink", bold=True, right=True)
        self._text(painter, right.translated(0, 19), row.spread, 12, "ink_soft", right=True)
        painter.restore()

    def _ground(self, painter: QPainter, option, area: QRectF) -> None:
        theme = self._context.theme
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(theme.colour("accent_wash"))
            painter.drawRoundedRect(area, 6, 6)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme.colour("wash"))
            painter.drawRoundedRect(area, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.colour("accent"), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 0, -1, 0), 6, 6)

    def _text(
        self,
        painter: QPainter,
        area: QRectF,
        text: str,
        size: int,
        token: str,
        bold: bool = False,
        right: bool = False,
    ) -> None:
        font = QFont(painter.font())
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(self._context.theme.colour(token))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)


class PlaceList(QListView):
    """As high as its rows; the panel around it scrolls."""

    #: The user chose a place, by mouse or arrows.
    chosen = Signal(object)
    #: The user wants the sheet of a place: Enter or double click.
    opened = Signal(object)

    def __init__(self, context: ViewContext, name: str) -> None:
        super().__init__()
        self._model = _Rows()
        self._quiet = False
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(context, self))
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.activated.connect(lambda index: self.opened.emit(self._model.rows[index.row()].feature))
        context.theme.changed.connect(self.viewport().update)

    def show_rows(self, rows: tuple[PlaceRow, ...], selected: Feature | None) -> None:
        """Show these rows, with the selected feature marked."""
        self._quiet = True
        self._model.show(rows)
        self.setFixedHeight(max(len(rows) * _ROW, 1))
        self._quiet = False
        self.select(selected)

    def rows(self) -> tuple[PlaceRow, ...]:
        """What is listed."""
        return self._model.rows

    def select(self, feature: Feature | None) -> None:
        """Mark a feature, without announcing it; none when it is not listed."""
        self._quiet = True
        found = next((i for i, row in enumerate(self._model.rows) if row.feature.same_as(feature)), None)
        if found is None:
            self.selectionModel().clear()
        else:
            self.setCurrentIndex(self._model.index(found))
        self._quiet = False

    def wheelEvent(self, event) -> None:
        """Leave the wheel to the panel."""
        event.ignore()

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._quiet and current.isValid():
            self.chosen.emit(self._model.rows[current.row()].feature)
