"""Icons of one SVG set, recoloured by the theme and sharp at every screen scale."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from aqah_desktop.locations import resource_folder


@cache
def _source(name: str) -> str:
    path = resource_folder() / "icons" / f"{name}.svg"
    return path.read_text(encoding="utf-8")


def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


class _SvgEngine(QIconEngine):
    """Draws the SVG at whatever size is asked; a disabled icon is fainter."""

    def __init__(self, name: str, colour: str, active: str) -> None:
        super().__init__()
        self._name, self._colour, self._active = name, colour, active

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = self._active if state == QIcon.State.On else self._colour
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(0.38)
        _renderer(self._name, colour).render(painter, QRectF(rect))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _SvgEngine(self._name, self._colour, self._active)


def icon(name: str, colour: str, active: str | None = None) -> QIcon:
    """Return an icon in ``colour`` (``"#rrggbb"``), in ``active`` when checked."""
    return QIcon(_SvgEngine(name, colour, active or colour))


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return the icon as a pixmap of ``size`` logical pixels for a screen of scale ``ratio``."""
    target = QPixmap(round(size * ratio), round(size * ratio))
    target.setDevicePixelRatio(ratio)
    target.fill(Qt.GlobalColor.transparent)
    painter = QPainter(target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return target
