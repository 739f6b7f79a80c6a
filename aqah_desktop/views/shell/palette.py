"""Ctrl+K: one field that finds actions, places, layers and algorithms, for the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.models.search import Entry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.overlay import Overlay
from aqah_desktop.views.widgets import label

_ROW = 44
_MOST_ROWS = 9
_WIDTH = 640
_ENTRY = Qt.ItemDataRole.UserRole
_ICONS = {
    "action": "command",
    "territory": "map",
    "commune": "building-2",
    "place": "map-pin",
    "site": "locate",
    "layer": "layers",
    "algorithm": "sliders-horizontal",
}

Index = QModelIndex | QPersistentModelIndex
Finder = Callable[[str], list[Entry]]


class _Results(QAbstractListModel):
    """The entries found."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.found: list[Entry] = []

    def show(self, found: list[Entry]) -> None:
        """Replace them."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows."""
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole):
        """Title for readers of the screen, the entry for the delegate."""
        entry = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.title}, {entry.subtitle}"
        return entry if role == _ENTRY else None


class _Row(QStyledItemDelegate):
    """Icon, title, what it is."""

    def __init__(self, context: ViewContext, shortcut: Callable[[Entry], str], parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._shortcut = context, shortcut

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows are alike."""
        return QSize(200, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        entry: Entry = index.data(_ENTRY)
        theme, rect = self._context.theme, option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent_wash"))
            painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 6, 6)
        colour = "accent" if chosen else "ink_soft"
        middle = rect.center().y()
        painter.drawPixmap(rect.left() + 20, middle - 9, theme.pixmap(_ICONS[entry.kind], 18, colour))
        left, right = rect.left() + 52, rect.right() - 20
        keys = self._shortcut(entry)
        if keys:
            right -= self._keys(painter, QRect(left, rect.top(), right - left, rect.height()), keys) + 12
        self._words(painter, QRect(left, rect.top(), right - left, rect.height()), entry)
        painter.restore()

    def _words(self, painter: QPainter, room: QRect, entry: Entry) -> None:
        theme = self._context.theme
        title, small = _font(15, QFont.Weight.Medium), _font(13)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(title)
        painter.setPen(theme.colour("ink"))
        metrics = QFontMetrics(title)
        shown = metrics.elidedText(entry.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, shown)
        used = metrics.horizontalAdvance(shown) + 12
        rest = room.adjusted(used, 0, 0, 0)
        if rest.width() > 40:
            painter.setFont(small)
            painter.setPen(theme.colour("ink_faint"))
            words = QFontMetrics(small).elidedText(entry.subtitle, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, words)

    def _keys(self, painter: QPainter, room: QRect, keys: str) -> int:
        theme, font = self._context.theme, _font(12, QFont.Weight.Medium)
        width = QFontMetrics(font).horizontalAdvance(keys) + 12
        box = QRect(room.right() - width, room.center().y() - 10, width, 20)
        painter.setPen(theme.colour("line_strong"))
        painter.setBrush(theme.colour("wash"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(font)
        painter.setPen(theme.colour("ink_soft"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, keys)
        return width


class Palette(Overlay):
    """The field and what it found. The field keeps the keyboard; arrows choose, Enter takes.

    Parameters
    ----------
    window, context
        Where it lies; texts and colours.
    find : callable
        Query → entries, the best first; an empty query gives what is proposed at first.
    shortcut : callable
        Keys of an entry, "" for none.
    """

    chosen = Signal(object)

    def __init__(
        self, window: QWidget, context: ViewContext, find: Finder, shortcut: Callable[[Entry], str]
    ) -> None:
        super().__init__(window, context, veil=0.25)
        self._find = find
        t = context.t
        self.card.setAccessibleName(t("shell.palette"))
        layout = QVBoxLayout(self.card)
        layout.setContentsMargins(0, 8, 0, 8)
        layout.setSpacing(4)
        self.field = QLineEdit()
        self.field.setObjectName("palette_field")
        self.field.setPlaceholderText(t("shell.palette_hint"))
        self.field.setAccessibleName(t("shell.palette"))
        self.field.addAction(context.theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.installEventFilter(self)
        self.results = _Results(self)
        self.view = QListView()
        self.view.setModel(self.results)
        self.view.setItemDelegate(_Row(context, shortcut, self.view))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(t("shell.palette_results"))
        self.nothing = label(t("shell.palette_nothing"), "soft", wrap=True)
        self.nothing.setContentsMargins(20, 8, 20, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.view)
        layout.addWidget(self.nothing)
        self.field.textChanged.connect(self.refresh)
        self.view.clicked.connect(lambda index: self._take(index.row()))
        self.view.entered.connect(self.view.setCurrentIndex)
        self.refresh()

    def refresh(self) -> None:
        """Search again: the text changed, or there is more to find."""
        self.results.show(self._find(self.field.text()))
        if self.results.found:
            self._select(0)
        self.nothing.setVisible(not self.results.found)
        self.view.setVisible(bool(self.results.found))
        self.place_card()

    def say_reading(self, reading: bool) -> None:
        """Say that names are still being read when nothing is found."""
        self.nothing.setText(self._context.t(f"shell.palette_{'reading' if reading else 'nothing'}"))

    def place_card(self) -> None:
        """Below the selectors, as high as what was found."""
        room = self.room()
        rows = min(len(self.results.found), _MOST_ROWS)
        top = min(64, max((self.height() - 300) // 4, 8))
        head = self.field.sizeHint().height() + 24
        wanted = head + (rows * _ROW if rows else self.nothing.sizeHint().height())
        height = min(wanted, self.height() - top - 8)
        self.view.setFixedHeight(max(min(rows * _ROW, height - head), 0))
        width = min(_WIDTH, room.width())
        self.card.setGeometry((self.width() - width) // 2, top, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows, pages and Enter of the field move in the list."""
        if watched is self.field and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event.key())  # type: ignore[attr-defined]
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks through the results."""
        self._move(1 if forward else -1)
        return True

    # ------------------------------------------------------------------ parts

    def _on_key(self, key: int) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: _MOST_ROWS,
            Qt.Key.Key_PageUp: -_MOST_ROWS,
        }
        if key in steps:
            self._move(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.view.currentIndex().row())
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        count = len(self.results.found)
        if not count:
            return
        row = self.view.currentIndex().row() + step
        self._select(row % count if abs(step) == 1 else min(max(row, 0), count - 1))

    def _select(self, row: int) -> None:
        index = self.results.index(row)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)
        entry = self.results.found[row]
        self.field.setAccessibleDescription(f"{entry.title}, {entry.subtitle}")

    def _take(self, row: int) -> None:
        if not 0 <= row < len(self.results.found):
            return
        entry = self.results.found[row]
        self.dismiss()
        self.chosen.emit(entry)


def _font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont("Inter")
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font
