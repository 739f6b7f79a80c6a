"""The small picture of how a layer is drawn: its symbol, line, colours or kind."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import RasterShape
from aqah_desktop.reporting.style import LINES, scale_for, symbol_for
from aqah_desktop.views.map.painter import draw_symbol
from aqah_desktop.views.theme import ThemeManager

SIZE = QSize(26, 18)
#: Symbol by the role of a layer whose features have no kind of their own.
_SYMBOLS = {
    "stations": "station", "industry": "industry", "farms": "farm", "places": "place", "ecoles": "ecole",
    "colleges_lycees": "college", "hospitals": "hospital", "ehpad": "ehpad",
    "social_centres": "social_centre",
}  # fmt: skip


def draw_swatch(painter: QPainter, rect: QRectF, entry: LayerEntry, theme: ThemeManager) -> None:
    """Draw how a layer looks into a rectangle of :data:`SIZE`."""
    shape = entry.layer.shape
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if entry.layer.role == BACKGROUND:
        _icon(painter, rect, theme.pixmap("image", 16))
    elif isinstance(shape, RasterShape):
        _colours(painter, rect, entry, theme)
    elif shape.geometry_type == "None":
        _icon(painter, rect, theme.pixmap("table", 16))
    elif "Point" in shape.geometry_type:
        _symbol(painter, rect, entry, theme)
    else:
        _line_or_area(painter, rect, entry, theme)
    painter.restore()


def _icon(painter: QPainter, rect: QRectF, pixmap: QPixmap) -> None:
    side = 16.0
    painter.drawPixmap(
        QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side),
        pixmap,
        QRectF(pixmap.rect()),
    )


def _colours(painter: QPainter, rect: QRectF, entry: LayerEntry, theme: ThemeManager) -> None:
    colours = scale_for(entry.layer.measure).colours
    # A ramp without fixed classes shows its first colour only: its ends say more.
    box = rect.adjusted(1, 3, -1, -3)
    width = box.width() / len(colours)
    for i, colour in enumerate(colours):
        painter.fillRect(QRectF(box.x() + i * width, box.y(), width + 0.6, box.height()), QColor(*colour))
    painter.setPen(QPen(theme.colour("line_strong"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, 2, 2)


def _symbol(painter: QPainter, rect: QRectF, entry: LayerEntry, theme: ThemeManager) -> None:
    name = _SYMBOLS.get(entry.id) or _SYMBOLS.get(entry.layer.role, "other")
    painter.setPen(QPen(theme.colour("halo"), 1.2))
    painter.setBrush(theme.colour("ink_soft" if entry.layer.role == "sites" else "accent"))
    draw_symbol(painter, symbol_for(name).shape, rect.center().x(), rect.center().y(), 11)


def _line_or_area(painter: QPainter, rect: QRectF, entry: LayerEntry, theme: ThemeManager) -> None:
    style = LINES.get(entry.id) if entry.origin == "pack" else None
    if style is not None or "Line" in entry.layer.shape.geometry_type:
        colour = theme.colour(style.colour if style is not None else "accent")
        painter.setPen(QPen(colour, max(1.6, style.width if style is not None else 1.6)))
        y = rect.center().y()
        painter.drawPolyline(
            [
                QPointF(rect.x() + 3, y + 4),
                QPointF(rect.x() + 10, y - 3),
                QPointF(rect.x() + 16, y + 2),
                QPointF(rect.right() - 3, y - 5),
            ]
        )
        return
    painter.setPen(QPen(theme.colour("accent"), 1.2))
    painter.setBrush(theme.colour("accent", 0.25))
    painter.drawRoundedRect(rect.adjusted(3, 3, -3, -3), 2, 2)
