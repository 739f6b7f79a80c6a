"""Paints a scene into an image. Runs on a worker thread: touches no widget and no pixmap.

A call of the painter holds the interpreter until it returns, so nothing here is drawn in one long call:
while a map is painted the window must stay at hand.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath

from aqah_desktop.views.map.labels import draw_labels
from aqah_desktop.views.map.scene import (
    AreaDrawing,
    Drawing,
    LabelDrawing,
    PictureDrawing,
    PointDrawing,
    RasterDrawing,
    Scene,
    VeilDrawing,
)
from aqah_desktop.views.map.strokes import stroke
from aqah_desktop.views.map.surface import paint_raster
from aqah_desktop.views.map.symbols import draw_symbol, paint_points

__all__ = ["draw_symbol", "paint_scene"]

#: Features this small on screen are left out, px.
_SMALLEST_PX = 0.6
#: Paths of more vertices are filled without smoothed edges: fourteen times faster, and their strokes hide it.
_SMOOTH_FILL = 4000
#: Rows of a picture laid between two looks at whether anybody still waits.
_ROWS = 128


def paint_scene(scene: Scene, dropped: Callable[[], bool] = lambda: False) -> QImage:
    """Paint a scene; returns early (unfinished) when ``dropped()`` says nobody waits any more."""
    image = QImage(scene.width_px, scene.height_px, QImage.Format.Format_RGB32)
    image.fill(QColor(*scene.ground))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for drawing in scene.drawings:
        if dropped():
            break
        _paint(painter, scene, drawing, dropped)
    painter.end()
    return image


def _paint(painter: QPainter, scene: Scene, drawing: Drawing, dropped: Callable[[], bool]) -> None:
    match drawing:
        case RasterDrawing():
            paint_raster(painter, scene, drawing, dropped)
        case PictureDrawing():
            _picture(painter, scene, drawing, dropped)
        case AreaDrawing():
            _areas(painter, scene, drawing)
        case VeilDrawing():
            _veil(painter, scene, drawing)
        case PointDrawing():
            paint_points(painter, scene, drawing)
        case LabelDrawing():
            draw_labels(painter, scene, drawing)


def _picture(painter: QPainter, scene: Scene, drawing: PictureDrawing, dropped: Callable[[], bool]) -> None:
    colours = drawing.source.read(scene.extent, (scene.height_px, scene.width_px))
    if colours is None:
        return
    painter.setOpacity(drawing.opacity)
    for top in range(0, scene.height_px, _ROWS):
        if dropped():
            break
        band = np.ascontiguousarray(colours[top : top + _ROWS])
        height, width = band.shape[:2]
        picture = QImage(band.data, width, height, band.strides[0], QImage.Format.Format_RGBA8888)
        painter.drawImage(0, top, picture)
    painter.setOpacity(1.0)


# --------------------------------------------------------------------------- areas and lines


def _areas(painter: QPainter, scene: Scene, drawing: AreaDrawing) -> None:
    if drawing.fill is not None or drawing.fills is not None:
        _fill(painter, scene, drawing)
    if drawing.stroke is None:
        return
    lines = drawing.outlines.lines(scene.extent, scene.pixels_per_m)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width = drawing.width * scene.ratio
    if drawing.casing is not None:
        stroke(painter, lines, drawing.casing, drawing.casing_width * scene.ratio, 0.7 * drawing.opacity)
    stroke(painter, lines, drawing.stroke, width, drawing.opacity)


def _fill(painter: QPainter, scene: Scene, drawing: AreaDrawing) -> None:
    painter.setOpacity(drawing.fill_opacity * drawing.opacity)
    visible = drawing.outlines.visible(scene.extent, _SMALLEST_PX / scene.pixels_per_m)
    if drawing.fills is None:
        assert drawing.fill is not None
        groups = [(drawing.fill, visible)]
    else:
        classes = drawing.fills[drawing.outlines.owner[visible]]
        groups = [(drawing.palette[c], visible[classes == c]) for c in np.unique(classes) if c >= 0]
    for colour, parts in groups:
        path = drawing.outlines.path(scene.extent, scene.pixels_per_m, parts)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, path.elementCount() <= _SMOOTH_FILL)
        painter.fillPath(path, QBrush(QColor(*colour)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(1.0)


def _veil(painter: QPainter, scene: Scene, drawing: VeilDrawing) -> None:
    path = QPainterPath()
    path.addRect(QRectF(0, 0, scene.width_px, scene.height_px))
    path.addPath(drawing.outlines.path(scene.extent, scene.pixels_per_m))
    path.setFillRule(Qt.FillRule.OddEvenFill)
    painter.setOpacity(drawing.opacity)
    painter.fillPath(path, QBrush(QColor(*drawing.colour)))
    painter.setOpacity(1.0)
