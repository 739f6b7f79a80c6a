"""What lies on the map without being the map: scale bar with north arrow, zoom buttons."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.views.context import ViewContext

#: The bar is as long as a round length lets it be within these, px.
_LONGEST_PX = 140.0
#: Room for the arrow on the left of the bar, on its right, height of the bar in its card, px.
_ARROW_PX, _AFTER_PX, _BAR_Y = 34.0, 14.0, 34.0


class ScaleBar(QWidget):
    """A scale bar of a round length, and north."""

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._metres_per_pixel = 100.0
        self.setFixedSize(round(_ARROW_PX + _LONGEST_PX + _AFTER_PX), 46)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_scale(self, metres_per_pixel: float) -> None:
        """Follow the map."""
        if math.isfinite(metres_per_pixel) and metres_per_pixel > 0:
            self._metres_per_pixel = metres_per_pixel
            self.setAccessibleName(self.words())
            self.update()

    def length_m(self) -> float:
        """Ground length of the bar: the longest of 1, 2, 5 × 10ⁿ m that fits."""
        longest = self._metres_per_pixel * _LONGEST_PX
        power = 10.0 ** math.floor(math.log10(longest))
        return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= longest)

    def length_px(self) -> float:
        """Length of the bar on screen."""
        return self.length_m() / self._metres_per_pixel

    def words(self) -> str:
        """``5 km``."""
        length = self.length_m()
        kilometres = length >= 1000
        value = length / 1000 if kilometres else length
        return self._context.catalogue.quantity(value, "km" if kilometres else "m", 0 if value >= 1 else 1)

    def paintEvent(self, _event) -> None:
        """Draw card, bar and arrow, to the right of the widget."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, length = self._context.theme, self.length_px()
        card = QRectF(self.width() - _ARROW_PX - length - _AFTER_PX, 0, 0, self.height())
        card.setRight(self.width())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("paper", 0.85))
        painter.drawRoundedRect(card, 8, 8)
        left = card.left() + _ARROW_PX
        painter.setPen(QPen(theme.colour("ink"), 2))
        painter.drawLine(QPointF(left, _BAR_Y), QPointF(left + length, _BAR_Y))
        for x in (left, left + length):
            painter.drawLine(QPointF(x, _BAR_Y - 5), QPointF(x, _BAR_Y + 1))
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.drawText(QRectF(left, 8, length, 18), Qt.AlignmentFlag.AlignCenter, self.words())
        self._draw_north(painter, card.left() + 16)
        painter.end()

    def _draw_north(self, painter: QPainter, x: float) -> None:
        ink = self._context.theme.colour("ink")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        corners = [QPointF(x, 8), QPointF(x + 6, 24), QPointF(x, 20), QPointF(x - 6, 24)]
        painter.drawPolygon(QPolygonF(corners))
        painter.setPen(ink)
        painter.drawText(QRectF(x - 8, 25, 16, 15), Qt.AlignmentFlag.AlignCenter, "N")


class ZoomButtons(QFrame):
    """Closer, further, whole territory."""

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        for action_id in ("map.zoom_in", "map.zoom_out", "map.home"):
            button = QToolButton()
            button.setProperty("role", "quiet")
            button.setDefaultAction(context.actions.action(action_id))
            button.setIconSize(QSize(18, 18))
            button.setAccessibleName(context.actions.action(action_id).text())
            layout.addWidget(button)
