"""A ring around a place on the map, the same size at every scale."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from aqah_desktop.views.theme import ThemeManager

_RADIUS = 16.0


class Marker(QGraphicsItem):
    """Hidden until :meth:`show_at`."""

    def __init__(self, theme: ThemeManager) -> None:
        super().__init__()
        self._theme = theme
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def show_at(self, x: float, y: float) -> None:
        """Mark a place (EPSG:2154, m)."""
        self.setPos(x, y)
        self.show()

    def boundingRect(self) -> QRectF:
        """What it covers, px."""
        edge = _RADIUS + 4
        return QRectF(-edge, -edge, 2 * edge, 2 * edge)

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw the ring with a pale edge, so that it shows on any ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(-_RADIUS, -_RADIUS, 2 * _RADIUS, 2 * _RADIUS)
        for colour, width in (("halo", 6.0), ("accent", 3.0)):
            painter.setPen(QPen(self._theme.colour(colour), width))
            painter.drawEllipse(ring)
