"""Points on the map: small pictures made once and copied, plain dots when there are thousands."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.scene import PointDrawing, Scene

#: More points than this in view are drawn as dots; more than that many as the smallest ones.
_MANY, _VERY_MANY = 3000, 20000
#: Ground size of a logical pixel at which symbols have their nominal size, and how they follow the scale.
_NOMINAL_M, _GROWTH, _SMALLEST, _LARGEST = 30.0, 0.3, 0.62, 1.2
#: Beyond the coloured heart: dark rim, then a ring in the colour of the ground, logical pixels.
_RIM_PX, _RING_PX = 0.8, 1.5
#: Opacity of points outside the open territory.
_FAINT = 0.35
_SQRT_3 = 1.7320508
_CORNERS = {
    "diamond": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "triangle": [(0, -1.2), (0.6 * _SQRT_3, 0.8), (-0.6 * _SQRT_3, 0.8)],
    "cross": [
        (-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4),
        (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4),
    ],
}  # fmt: skip


def paint_points(painter: QPainter, scene: Scene, drawing: PointDrawing) -> None:
    """Draw the points in view, the worst classes last, so that nothing hides them."""
    index, x, y = points_in_view(scene, drawing)
    order = np.argsort(drawing.classes[index], kind="stable")
    index, x, y = index[order], x[order], y[order]
    faint = np.zeros(len(index), bool) if drawing.faint is None else drawing.faint[index]
    paint = _paint_dots if len(index) > _MANY else _paint_symbols
    for some, opacity in ((faint, _FAINT), (~faint, 1.0)):
        if some.any():
            painter.setOpacity(drawing.opacity * opacity)
            paint(painter, scene, drawing, index[some], x[some], y[some])
    painter.setOpacity(1.0)


def points_in_view(scene: Scene, drawing: PointDrawing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of the points in view and their device pixels ``x, y``."""
    scale, margin = scene.pixels_per_m, 12 * scene.ratio
    x = (drawing.x - scene.extent[0]) * scale
    y = (scene.extent[3] - drawing.y) * scale
    inside = (x > -margin) & (x < scene.width_px + margin) & (y > -margin) & (y < scene.height_px + margin)
    index = np.flatnonzero(inside)
    return index, x[index], y[index]


def symbol_scale(scene: Scene) -> float:
    """Size of symbols beside their nominal one: smaller on far views, where they crowd."""
    metres = scene.ratio / scene.pixels_per_m
    return min(max((_NOMINAL_M / metres) ** _GROWTH, _SMALLEST), _LARGEST)


def _paint_symbols(
    painter: QPainter, scene: Scene, drawing: PointDrawing, index: np.ndarray, x: np.ndarray, y: np.ndarray
) -> None:
    growth = symbol_scale(scene)
    shapes = drawing.shape_index[index] if drawing.shape_index is not None else np.zeros(len(index), int)
    classes = drawing.classes[index]
    sprites: dict[tuple[int, int], tuple[QImage, int]] = {}
    for shape, kind in set(zip(shapes.tolist(), classes.tolist(), strict=True)):
        colour = drawing.no_value if kind < 0 else drawing.palette[kind]
        size = drawing.sizes[min(shape, len(drawing.sizes) - 1)]
        picture = sprite(drawing.shapes[shape], colour, drawing.ring, round(size * growth, 1), scene.ratio)
        sprites[(shape, kind)] = (picture, picture.width() // 2)
    columns, rows = np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist()
    for column, row, shape, kind in zip(columns, rows, shapes.tolist(), classes.tolist(), strict=True):
        picture, half = sprites[(shape, kind)]
        painter.drawImage(QPoint(column - half, row - half), picture)


@lru_cache(maxsize=256)
def sprite(shape: str, colour: RGB, ring: RGB, size: float, ratio: float) -> QImage:
    """Picture of a symbol of ``size`` logical pixels, an odd number of device pixels wide."""
    side = 2 * round((size * 1.25 / 2 + _RIM_PX + _RING_PX) * ratio) + 1
    picture = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    rim = QColor(22, 33, 43)
    for beyond, fill in (
        (_RIM_PX + _RING_PX, QColor(*ring, 225)),
        (_RIM_PX, rim),
        (0.0, QColor(*colour)),
    ):
        painter.setBrush(fill)
        draw_symbol(painter, shape, side / 2, side / 2, (size + 2 * beyond) * ratio)
    painter.end()
    return picture


def draw_symbol(painter: QPainter, shape: str, x: float, y: float, size: float) -> None:
    """Draw one symbol of ``size`` pixels centred on ``x, y`` with the painter's pen and brush."""
    half = size / 2
    if shape in _CORNERS:
        painter.drawPolygon(QPolygonF([QPointF(x + half * a, y + half * b) for a, b in _CORNERS[shape]]))
    elif shape == "square":
        painter.drawRect(QRectF(x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9))
    else:
        painter.drawEllipse(QPointF(x, y), half, half)


def _paint_dots(
    painter: QPainter, scene: Scene, drawing: PointDrawing, index: np.ndarray, x: np.ndarray, y: np.ndarray
) -> None:
    """Set a dot for each point directly in a picture: 200,000 points in some 20 ms."""
    pixels = np.zeros((scene.height_px, scene.width_px), np.uint32)
    palette = np.array([*drawing.palette, drawing.no_value], np.uint32)
    colours = (0xFF << 24 | palette[:, 0] << 16 | palette[:, 1] << 8 | palette[:, 2]).astype(np.uint32)
    classes = drawing.classes[index]
    colour = colours[np.where(classes < 0, len(palette) - 1, classes)]
    column, row = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    radius = max(1, round((1.0 if len(index) > _VERY_MANY else 2.0) * scene.ratio))
    inside = (
        (column >= radius)
        & (column < scene.width_px - radius)
        & (row >= radius)
        & (row < scene.height_px - radius)
    )
    flat, place = pixels.ravel(), (row * scene.width_px + column)[inside]
    colour = colour[inside]
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down * down + right * right <= radius * radius + 1:
                flat[place + (down * scene.width_px + right)] = colour
    picture = QImage(pixels.data, scene.width_px, scene.height_px, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(0, 0, picture)
