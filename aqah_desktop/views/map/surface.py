"""Rasters on the map: classes of colour at the resolution of the screen, hatching where they are weak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QImage, QPainter, qRgba

from aqah_desktop.records import Grid
from aqah_desktop.reporting.resampling import resample
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.scene import RasterDrawing, Scene

#: Rows painted between two looks at whether anybody still waits.
_ROWS = 128
#: Hatching: distance of the lines and their width, logical pixels, and their opacity.
_HATCH_PX, _HATCH_WIDTH_PX, _HATCH_OPACITY = 9.0, 1.1, 0.55


def paint_raster(
    painter: QPainter, scene: Scene, drawing: RasterDrawing, dropped: Callable[[], bool]
) -> None:
    """Lay a raster; what has no data is left as it is."""
    answer = drawing.source.read(scene.extent, (scene.height_px, scene.width_px))
    if answer is None:
        return
    values, grid = answer
    colours = [qRgba(int(r), int(g), int(b), int(a)) for r, g, b, a in drawing.scale.lookup()]
    painter.setOpacity(drawing.opacity)
    for top, rows, extent in _bands(scene):
        if dropped():
            break
        band = resample(values, grid, extent, (rows, scene.width_px), drawing.smooth)
        _lay_indexed(painter, top, drawing.scale.classify(band), colours)
    painter.setOpacity(1.0)
    if drawing.weak is not None and not dropped():
        weak = drawing.weak.read(scene.extent, (scene.height_px, scene.width_px))
        if weak is not None:
            _hatch(painter, scene, *weak, drawing.hatching)


def _lay_indexed(painter: QPainter, top: int, classes: np.ndarray, colours: list[int]) -> None:
    """Lay classes ``(ny, nx) uint8`` in their colours from a row of the picture downwards."""
    height, width = classes.shape
    picture = QImage(classes.data, width, height, classes.strides[0], QImage.Format.Format_Indexed8)
    picture.setColorTable(colours)
    painter.drawImage(0, top, picture)


def _bands(scene: Scene) -> list[tuple[int, int, Extent]]:
    """First row, number of rows and extent of the bands a scene is painted in."""
    x0, _, x1, y1 = scene.extent
    height_m = 1 / scene.pixels_per_m
    bands = []
    for top in range(0, scene.height_px, _ROWS):
        bottom = min(top + _ROWS, scene.height_px)
        bands.append((top, bottom - top, (x0, y1 - bottom * height_m, x1, y1 - top * height_m)))
    return bands


def _hatch(painter: QPainter, scene: Scene, weak: np.ndarray, grid: Grid, ink: RGB) -> None:
    """Draw fine diagonal lines over the cells that are true; the lines stay on their ground in a pan."""
    where = resample(weak, grid, scene.extent, (scene.height_px, scene.width_px), smooth=False) > 0.5
    if where.any():
        first = (scene.extent[0] - scene.extent[3]) * scene.pixels_per_m
        painter.drawImage(0, 0, hatched(where, scene.ratio, ink, first))


def hatched(where: np.ndarray, ratio: float, ink: RGB, first: float = 0.0) -> QImage:
    """Picture of diagonal lines where ``where`` (rows, columns) is true.

    Parameters
    ----------
    where : ndarray of bool, (ny, nx)
        Pixels to hatch.
    ratio : float
        Device pixels per logical pixel.
    ink : RGB
        Colour of the lines.
    first : float
        Where the upper left pixel lies across the lines, device pixels.
    """
    period, width = _HATCH_PX * ratio, _HATCH_WIDTH_PX * ratio
    along = (first + np.arange(sum(where.shape) - 1)) / np.sqrt(2)
    distance = np.abs(along % period - period / 2)
    line = (np.clip(width / 2 + 0.5 - distance, 0, 1) * 255 * _HATCH_OPACITY).astype(np.uint8)
    cover = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(line, where.shape[1]) * where)
    picture = QImage(
        cover.data, cover.shape[1], cover.shape[0], cover.strides[0], QImage.Format.Format_Indexed8
    )
    picture.setColorTable([qRgba(*ink, alpha) for alpha in range(256)])
    return picture.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
