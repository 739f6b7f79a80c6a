"""How a row of the layer tree looks: check box, swatch, title, standing, what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus
from aqah_desktop.reporting.words import standing_tone
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.layers.model import LayerTreeModel
from aqah_desktop.views.layers.swatches import SIZE, draw_swatch

Index = QModelIndex | QPersistentModelIndex
State = QStyle.StateFlag

_ROW, _HEADER = 42, 28
_EDGE, _BOX, _GAP = 12, 16, 8
_CHECK = Qt.ItemDataRole.CheckStateRole
_TONES = {LayerStatus.MISSING: "danger", LayerStatus.STALE: "warning"}


class LayerDelegate(QStyledItemDelegate):
    """Paints sections and layers, and toggles their check box by click and space bar."""

    def __init__(self, context: ViewContext, view: QTreeView, model: LayerTreeModel) -> None:
        super().__init__(view)
        self._context, self._view, self._model = context, view, model

    # ------------------------------------------------------------------ Qt's interface

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Sections are lower than layers."""
        return QSize(200, _HEADER if self._model.section(index) is not None else _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        self._check_box(painter, self._box(option.rect, index), Qt.CheckState(index.data(_CHECK)))
        entry = self._model.entry(index)
        if entry is None:
            self._section(painter, option, index)
        else:
            self._layer(painter, option.rect, entry, bool(option.state & State.State_Selected))
        painter.restore()

    def editorEvent(self, event, model, option: QStyleOptionViewItem, index: Index) -> bool:
        """Toggle the check box by a click on it or by the space bar."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress:
            toggles = event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select)
        elif kind == QEvent.Type.MouseButtonRelease:
            toggles = event.button() == Qt.MouseButton.LeftButton and self.on_box(option.rect, index, event)
        else:
            # The second press of a double click on the box must not open the properties.
            return kind == QEvent.Type.MouseButtonDblClick and self.on_box(option.rect, index, event)
        if not toggles:
            return False
        checked = Qt.CheckState(index.data(_CHECK)) == Qt.CheckState.Checked
        state = Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked
        return bool(model.setData(index, state, _CHECK))

    def on_box(self, rect: QRect, index: Index, event) -> bool:
        """Whether the mouse is on the check box of a row, with some room around it."""
        return self._box(rect, index).adjusted(-8, -12, 6, 12).contains(event.position().toPoint())

    # ------------------------------------------------------------------ parts

    def _box(self, rect: QRect, index: Index) -> QRect:
        left = rect.left() + _EDGE + (18 if self._model.section(index) is not None else 0)
        return QRect(left, rect.center().y() - _BOX // 2, _BOX, _BOX)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        theme = self._context.theme
        rect = QRectF(option.rect).adjusted(4, 1, -4, -1)
        selected = bool(option.state & State.State_Selected)
        if selected or option.state & State.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent_wash" if selected else "wash"))
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & State.State_HasFocus and self._view.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)

    def _check_box(self, painter: QPainter, box: QRect, state: Qt.CheckState) -> None:
        theme = self._context.theme
        rect = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5)
        filled = state != Qt.CheckState.Unchecked
        painter.setPen(QPen(theme.colour("accent" if filled else "line_strong"), 1))
        painter.setBrush(theme.colour("accent" if filled else "paper"))
        painter.drawRoundedRect(rect, 4, 4)
        pen = QPen(theme.colour("paper"), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if state == Qt.CheckState.Checked:
            points = [(0.25, 0.52), (0.43, 0.70), (0.75, 0.32)]
            painter.drawPolyline(QPolygonF([_inside(rect, x, y) for x, y in points]))
        elif filled:
            painter.drawLine(_inside(rect, 0.28, 0.5), _inside(rect, 0.72, 0.5))

    def _section(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect = self._context.theme, option.rect
        chevron = "chevron-down" if self._view.isExpanded(index) else "chevron-right"
        pixmap = theme.pixmap(chevron, 14, "ink_faint")
        painter.drawPixmap(rect.left() + _EDGE - 3, rect.center().y() - 7, pixmap)
        painter.setFont(self._font("note", QFont.Weight.DemiBold))
        left = self._box(rect, index).right() + _GAP
        room = QRect(left, rect.top(), rect.right() - left - _EDGE, rect.height())
        section = self._model.section(index)
        if section is not None and not self._view.isExpanded(index):
            painter.setPen(theme.colour("ink_faint"))
            painter.drawText(
                room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(len(section.entries))
            )
            room = room.adjusted(0, 0, -24, 0)
        painter.setPen(theme.colour("ink_soft"))
        _write(painter, room, str(index.data()))

    def _layer(self, painter: QPainter, rect: QRect, entry: LayerEntry, selected: bool) -> None:
        theme, status = self._context.theme, self._model.status(entry)
        swatch = QRectF(rect.left() + _EDGE + _BOX + _GAP, rect.top() + 3, SIZE.width(), SIZE.height())
        painter.setOpacity(1.0 if entry.visible else 0.4)
        draw_swatch(painter, swatch, entry, theme)
        painter.setOpacity(1.0)
        left, right = round(swatch.right()) + _GAP, rect.right() - _EDGE
        if status is not LayerStatus.OK:
            right -= 20
            pixmap = theme.pixmap("triangle-alert", 16, _TONES[status])
            painter.drawPixmap(right + 4, rect.top() + 4, pixmap)
        painter.setFont(self._font("small", QFont.Weight.Medium))
        painter.setPen(theme.colour("ink" if entry.visible else "ink_faint"))
        _write(painter, QRect(left, rect.top() + 2, right - left, 20), self._context.t(entry.layer.title))
        below = QRect(left, rect.top() + 21, rect.right() - _EDGE - left, 18)
        # On the ground of a selected row a badge in the same colour would be lost.
        self._badges(painter, below, entry, "paper" if selected else "")

    def _badges(self, painter: QPainter, room: QRect, entry: LayerEntry, ground: str) -> None:
        theme, t = self._context.theme, self._context.t
        painter.setFont(self._font("note", QFont.Weight.Medium))
        if entry.opacity < 0.995:
            words = t("layer_panel.percent", value=round(entry.opacity * 100))
            painter.setPen(theme.colour("ink_faint"))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
            room = room.adjusted(0, 0, -round(QFontMetricsF(painter.font()).horizontalAdvance(words)) - 6, 0)
        left = room.left()
        for text, tone in self._pills(entry):
            box = QRect(left, room.top(), room.right() - left, room.height())
            left = self._pill(painter, box, text, (tone, ground or f"{tone}_wash"))

    def _pills(self, entry: LayerEntry) -> list[tuple[str, str]]:
        t, standing, status = self._context.t, self._model.standing(entry), self._model.status(entry)
        pills: list[tuple[str, str]] = []
        if status is not LayerStatus.OK:
            pills.append((t(f"layer_panel.badge.{status.value}"), _TONES[status]))
        if standing is not None:
            tone = standing_tone(standing)
            pills.append((t(f"layer_panel.quality.{standing.quality.value}"), tone))
            pills += [(t(f"layer_panel.flag.{flag.value}"), tone) for flag in standing.flags]
        return pills

    def _pill(self, painter: QPainter, room: QRect, text: str, tokens: tuple[str, str]) -> int:
        """Draw one badge; return where the next one begins."""
        theme = self._context.theme
        metrics = QFontMetricsF(painter.font())
        width = min(metrics.horizontalAdvance(text) + 12, float(room.width()))
        if width < 34:
            return room.right()
        box = QRectF(room.left(), room.top() + 1, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(tokens[1]))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(theme.colour(tokens[0]))
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 11)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        return round(box.right()) + 4

    def _font(self, size: str, weight: QFont.Weight) -> QFont:
        sizes = self._context.theme.tokens.sizes["type"]
        font = QFont(str(sizes["family"]))
        font.setPixelSize(int(sizes[size]))
        font.setWeight(weight)
        return font


def _inside(rect: QRectF, x: float, y: float) -> QPointF:
    return QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height())


def _write(painter: QPainter, room: QRect, text: str) -> None:
    """Write one line, shortened where it does not fit."""
    words = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
