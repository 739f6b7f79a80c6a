"""The selected feature on the map: a ring around a point, a line around an area. Never repaints the map."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem

from aqah_desktop.models.selection import Feature, Selection
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.canvas import WORLD
from aqah_desktop.views.map.outlines import OutlineSet
from aqah_desktop.views.map.page import MapPage

_RADIUS_PX = 11.0
#: A feature nearer to the edge than this share of the view is brought to the middle.
_EDGE = 0.06


class _Ring(QGraphicsItem):
    """What is drawn above the map."""

    def __init__(self) -> None:
        super().__init__()
        self._place: QPointF | None = None
        self._path = QPainterPath()
        self._ink, self._halo = QColor(), QColor()
        self.setZValue(50)

    def show_colours(self, ink: QColor, halo: QColor) -> None:
        self._ink, self._halo = ink, halo
        self.update()

    def show_place(self, place: QPointF | None, path: QPainterPath) -> None:
        self._place, self._path = place, path
        self.setVisible(place is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(WORLD[0], WORLD[1], WORLD[2] - WORLD[0], WORLD[3] - WORLD[1])

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._place is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not self._path.isEmpty():
            for colour, width in ((self._halo, 5.0), (self._ink, 2.6)):
                pen = QPen(colour, width)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.drawPath(self._path)
            return
        centre = painter.worldTransform().map(self._place)
        painter.resetTransform()
        for colour, width in ((self._halo, 5.5), (self._ink, 2.8)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(centre, _RADIUS_PX, _RADIUS_PX)


class Highlight(QObject):
    """Shows the selection on a map and brings it into view when it was chosen elsewhere.

    Parameters
    ----------
    context : ViewContext
        Theme.
    page : MapPage
        The map.
    selection : Selection
        What is selected.
    """

    def __init__(self, context: ViewContext, page: MapPage, selection: Selection) -> None:
        super().__init__(page)
        self._context, self._page, self._selection = context, page, selection
        self._ring = _Ring()
        self._ring.setVisible(False)
        page.canvas.add_overlay(self._ring)
        selection.changed.connect(self._on_selection)
        context.theme.changed.connect(self._recolour)
        self._recolour()

    def close(self) -> None:
        """Follow the selection no more."""
        self._selection.changed.disconnect(self._on_selection)

    def _recolour(self) -> None:
        theme = self._context.theme
        self._ring.show_colours(theme.colour("accent"), theme.colour("halo"))

    def _on_selection(self, feature: Feature | None, by: str) -> None:
        if feature is None or not feature.placed:
            self._ring.show_place(None, QPainterPath())
            return
        self._ring.show_place(QPointF(feature.x, feature.y), self._outline(feature))
        if by != "map":
            self._bring_into_view(feature)

    def _outline(self, feature: Feature) -> QPainterPath:
        content = self._page.content(feature.layer_id)
        if content is None or content.outlines is None or feature.index < 0:
            return QPainterPath()
        return path_of(content.outlines, feature.index)

    def _bring_into_view(self, feature: Feature) -> None:
        x0, y0, x1, y1 = self._page.canvas.extent()
        right, up = (feature.x - x0) / (x1 - x0), (feature.y - y0) / (y1 - y0)
        if not (_EDGE < right < 1 - _EDGE and _EDGE < up < 1 - _EDGE):
            self._page.canvas.pan_by(right - 0.5, up - 0.5)


def path_of(outlines: OutlineSet, owner: int) -> QPainterPath:
    """Rings of one feature as a path in the world, m."""
    path = QPainterPath()
    for part in np.flatnonzero(outlines.owner == owner):
        ring = outlines.coordinates[outlines.starts[part] : outlines.starts[part + 1]]
        path.moveTo(*ring[0])
        for x, y in ring[1:]:
            path.lineTo(x, y)
    return path
