"""Lines on the map, piece by piece: one call for thousands of vertices would stop the whole program."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from aqah_desktop.reporting.tokens import RGB

#: A saved element of a path: 0 = begin a part, 1 = line.
_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
#: A pen up to this width, device pixels, is drawn as a hairline: ten to a hundred times faster.
_HAIRLINE = 1.3
#: Vertices drawn by one call: a few milliseconds each. Wide pens cost more than in proportion to them.
_HAIRLINE_VERTICES, _WIDE_VERTICES = 4000, 64

Lines = tuple[np.ndarray, np.ndarray, np.ndarray]


def stroke(painter: QPainter, lines: Lines, colour: RGB, width: float, opacity: float = 1.0) -> None:
    """Draw lines ``x, y, connect`` (screen coordinates) with a pen of ``width`` device pixels."""
    # A hairline is one pixel wide: a thinner one is fainter instead.
    opacity = min(opacity, 1.0) * min(width, 1.0)
    pen = QPen(QColor(*colour, round(255 * opacity)), 0 if width <= _HAIRLINE else width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if opacity >= 1 else Qt.PenCapStyle.FlatCap)
    x, y, connect = lines
    size = _HAIRLINE_VERTICES if width <= _HAIRLINE else _WIDE_VERTICES
    for at in range(0, len(x), size):
        piece = slice(at, at + size + 1)
        painter.strokePath(path_of(x[piece], y[piece], connect[piece]), pen)


def path_of(x: np.ndarray, y: np.ndarray, connect: np.ndarray) -> QPainterPath:
    """Path through all vertices, ``connect[i]`` = whether vertex ``i`` is joined to the next one.

    Written in the form in which Qt saves paths: a hundred times faster than one call a vertex.
    """
    path = QPainterPath()
    if not len(x):
        return path
    elements = np.empty(len(x), _ELEMENT)
    elements["x"], elements["y"], elements["kind"] = x, y, 1
    elements["kind"][0] = 0
    elements["kind"][1:][connect[:-1] == 0] = 0
    count = np.array([len(x)], ">i4").tobytes()
    start_and_fill_rule = np.array([0, 0], ">i4").tobytes()
    stream = QDataStream(QByteArray(count + elements.tobytes() + start_and_fill_rule))
    stream >> path
    return path
