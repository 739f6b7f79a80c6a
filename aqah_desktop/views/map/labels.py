"""Names on the map without collisions, heaviest first, with a halo so that they read on any ground."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from aqah_desktop.views.map.scene import LabelDrawing, Scene

_FONT_PX = 12.5
_STRONG_PX = 14.5
#: One name per so many square pixels at the most, so that the map stays a map.
_PX2_PER_NAME = 16000


def draw_labels(painter: QPainter, scene: Scene, drawing: LabelDrawing) -> None:
    """Draw as many names as fit, from the heaviest to the lightest."""
    for text, strong, place in choose_labels(scene, drawing):
        path = QPainterPath()
        path.addText(place, _font(scene.ratio, strong), text)
        pen = QPen(QColor(*drawing.halo, 225), 3.2 * scene.ratio)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)
        painter.fillPath(path, QColor(*drawing.ink))


def choose_labels(scene: Scene, drawing: LabelDrawing) -> list[tuple[str, bool, QPointF]]:
    """Return the names to draw: text, whether it is a main town, position of its base line."""
    x = (drawing.x - scene.extent[0]) * scene.pixels_per_m
    y = (scene.extent[3] - drawing.y) * scene.pixels_per_m
    inside = np.flatnonzero((x > 0) & (x < scene.width_px) & (y > 0) & (y < scene.height_px))
    order = inside[np.argsort(-drawing.weights[inside], kind="stable")]
    most = max(6, int(scene.width_px * scene.height_px / scene.ratio**2 / _PX2_PER_NAME))
    taken: list[QRectF] = []
    chosen: list[tuple[str, bool, QPointF]] = []
    metrics = {strong: QFontMetricsF(_font(scene.ratio, strong)) for strong in (False, True)}
    heaviest = float(drawing.weights[order[0]]) if len(order) else 0.0
    for i in order[: most * 6]:
        strong = bool(drawing.weights[i] >= 0.3 * heaviest)
        text = drawing.texts[i]
        width, height = metrics[strong].horizontalAdvance(text), metrics[strong].height()
        box = QRectF(float(x[i]) - width / 2, float(y[i]) - height / 2, width, height)
        wide = box.adjusted(-6 * scene.ratio, -3 * scene.ratio, 6 * scene.ratio, 3 * scene.ratio)
        if any(wide.intersects(other) for other in taken):
            continue
        taken.append(wide)
        chosen.append((text, strong, QPointF(box.left(), box.bottom() - metrics[strong].descent())))
        if len(chosen) >= most:
            break
    return chosen


def _font(ratio: float, strong: bool) -> QFont:
    font = QFont("Inter")
    font.setPixelSize(max(8, round((_STRONG_PX if strong else _FONT_PX) * ratio)))
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Medium)
    return font
