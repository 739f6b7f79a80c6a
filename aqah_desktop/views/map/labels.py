"""Names on the map without collisions, heaviest first, with a halo so that they read on any ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.scene import LabelDrawing, PointDrawing, Scene
from aqah_desktop.views.map.symbols import points_in_view

#: Residents from which a name is written larger, its size in logical pixels, its weight.
_TIERS: tuple[tuple[float, float, QFont.Weight], ...] = (
    (90_000.0, 15.5, QFont.Weight.Bold),
    (20_000.0, 13.5, QFont.Weight.DemiBold),
    (0.0, 12.0, QFont.Weight.Medium),
)
#: A name counts for so many times more inside the open territory than around it.
_INSIDE = 8.0
#: Free room kept around a name, logical pixels: across and down; inside the territory and around it.
_ROOM_INSIDE, _ROOM_OUTSIDE = (14.0, 8.0), (46.0, 30.0)
#: One name per so many square logical pixels at the most, so that the map stays a map.
_PX2_PER_NAME = 10000
#: Names tried for each one written at the most.
_TRIES = 8
_HALO_PX = 2
#: Positions tried in turn, in units of the half size of the name plus a gap: centre, above, below, beside.
_OFFSETS = ((0.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.62, -0.55), (-0.62, -0.55), (0.62, 0.55), (-0.62, 0.55))
_GAP_PX = (5.0, 8.0)
#: Side of the cells in which free room is booked, logical pixels.
_CELL_PX = 4.0


@dataclass(frozen=True)
class PlacedName:
    """A name to write: its size and weight, the upper left corner and size of its box, device pixels."""

    text: str
    tier: int
    inside: bool
    x: float
    y: float
    width: float
    height: float


def draw_labels(painter: QPainter, scene: Scene, drawing: LabelDrawing) -> None:
    """Write as many names as fit, from the heaviest to the lightest."""
    for name in choose_labels(scene, drawing):
        ink = drawing.ink if name.inside else drawing.soft
        picture = name_picture(name.text, name.tier, ink, drawing.halo, scene.ratio)
        half_x, half_y = (picture.width() - name.width) / 2, (picture.height() - name.height) / 2
        painter.drawImage(QPoint(round(name.x - half_x), round(name.y - half_y)), picture)


def choose_labels(scene: Scene, drawing: LabelDrawing) -> list[PlacedName]:
    """Return the names to write; no two of them meet, and they hide as few symbols as they can."""
    x = (drawing.x - scene.extent[0]) * scene.pixels_per_m
    y = (scene.extent[3] - drawing.y) * scene.pixels_per_m
    seen = np.flatnonzero((x > 0) & (x < scene.width_px) & (y > 0) & (y < scene.height_px))
    inside = np.ones(len(x), bool) if drawing.inside is None else drawing.inside
    order = seen[np.argsort(-drawing.weights[seen] * np.where(inside[seen], _INSIDE, 1.0), kind="stable")]
    most = max(6, int(scene.width_px * scene.height_px / scene.ratio**2 / _PX2_PER_NAME))
    room = _Room(scene)
    chosen: list[PlacedName] = []
    for i in order[: most * _TRIES]:
        tier = _tier(float(drawing.weights[i]))
        width, height = name_size(drawing.texts[i], tier, scene.ratio)
        place = room.find(float(x[i]), float(y[i]), width, height, bool(inside[i]))
        if place is not None:
            chosen.append(PlacedName(drawing.texts[i], tier, bool(inside[i]), *place, width, height))
            if len(chosen) >= most:
                break
    return chosen


class _Room:
    """What is booked by names and where symbols lie, in cells of a few pixels."""

    def __init__(self, scene: Scene) -> None:
        self._cell, self._ratio = _CELL_PX * scene.ratio, scene.ratio
        shape = (int(scene.height_px / self._cell) + 1, int(scene.width_px / self._cell) + 1)
        self._size = (scene.width_px, scene.height_px)
        self._taken = np.zeros(shape, bool)
        self._symbols = np.zeros(shape, np.int32)
        for drawing in scene.drawings:
            if isinstance(drawing, PointDrawing):
                _, x, y = points_in_view(scene, drawing)
                rows = np.clip((y / self._cell).astype(np.intp), 0, shape[0] - 1)
                columns = np.clip((x / self._cell).astype(np.intp), 0, shape[1] - 1)
                np.add.at(self._symbols, (rows, columns), 1)

    def find(
        self, x: float, y: float, width: float, height: float, inside: bool
    ) -> tuple[float, float] | None:
        """Corner of the free position that hides fewest symbols, which is then booked; None = no room."""
        best: tuple[int, float, float] | None = None
        for right, down in _OFFSETS if inside else _OFFSETS[:1]:
            left = x + right * (width / 2 + _GAP_PX[0] * self._ratio) - width / 2
            top = y + down * (height / 2 + _GAP_PX[1] * self._ratio) - height / 2
            if not self._is_free(left, top, width, height, _ROOM_INSIDE if inside else _ROOM_OUTSIDE):
                continue
            hidden = int(self._symbols[self._cells(left, top, width, height)].sum())
            if best is None or hidden < best[0]:
                best = (hidden, left, top)
            if hidden == 0:
                break
        if best is None:
            return None
        self._taken[self._cells(best[1], best[2], width, height)] = True
        return best[1], best[2]

    def _is_free(
        self, left: float, top: float, width: float, height: float, room: tuple[float, float]
    ) -> bool:
        if left < 0 or top < 0 or left + width > self._size[0] or top + height > self._size[1]:
            return False
        beside, above = room[0] * self._ratio, room[1] * self._ratio
        around = self._cells(left - beside, top - above, width + 2 * beside, height + 2 * above)
        return not self._taken[around].any()

    def _cells(self, left: float, top: float, width: float, height: float) -> tuple[slice, slice]:
        cell = self._cell
        return (
            slice(max(int(top / cell), 0), int((top + height) / cell) + 1),
            slice(max(int(left / cell), 0), int((left + width) / cell) + 1),
        )


def _tier(weight: float) -> int:
    return next(i for i, (least, _, _) in enumerate(_TIERS) if weight >= least)


def _font(tier: int, ratio: float) -> QFont:
    font = QFont("Inter")
    font.setPixelSize(max(8, round(_TIERS[tier][1] * ratio)))
    font.setWeight(_TIERS[tier][2])
    return font


@lru_cache(maxsize=4096)
def name_size(text: str, tier: int, ratio: float) -> tuple[float, float]:
    """Width and height of a name, device pixels."""
    metrics = QFontMetricsF(_font(tier, ratio))
    return metrics.horizontalAdvance(text), metrics.ascent() + metrics.descent()


@lru_cache(maxsize=1024)
def name_picture(text: str, tier: int, ink: RGB, halo: RGB, ratio: float) -> QImage:
    """Picture of a name with its halo, a little larger than its box; made once for every size and colour."""
    width, height = name_size(text, tier, ratio)
    reach = max(1, round(_HALO_PX * ratio))
    size = (int(width) + 2 * reach + 4, int(height) + 2 * reach + 2)
    mask = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    mask.fill(Qt.GlobalColor.transparent)
    painter = QPainter(mask)
    painter.setFont(_font(tier, ratio))
    painter.setPen(QColor(0, 0, 0))
    painter.drawText(mask.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    letters = np.frombuffer(mask.constBits(), np.uint8).reshape(size[1], size[0], 4)[..., 3]
    return _coloured(letters.astype(np.float32) / 255, reach, ink, halo)


def _coloured(letters: np.ndarray, reach: int, ink: RGB, halo: RGB) -> QImage:
    """Letters ``(ny, nx)`` 0–1 in ``ink`` over themselves grown by ``reach`` pixels in ``halo``."""
    padded = np.pad(letters, reach)
    grown = np.zeros_like(letters)
    rows, columns = letters.shape
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            # The rim of the disc counts in part, so that the halo has a soft edge.
            share = min(max(reach + 0.5 - (down * down + right * right) ** 0.5, 0.0), 1.0)
            if share > 0:
                part = padded[reach + down : reach + down + rows, reach + right : reach + right + columns]
                np.maximum(grown, part * np.float32(share), out=grown)
    behind = grown * 0.9 * (1 - letters)
    colour = letters[..., None] * np.array(ink, np.float32) + behind[..., None] * np.array(halo, np.float32)
    pixels = np.empty((rows, columns, 4), np.uint8)
    # Byte order of premultiplied ARGB on every machine Qt is built for here: blue first.
    pixels[..., :3] = np.rint(colour[..., ::-1])
    pixels[..., 3] = np.rint((letters + behind) * 255)
    picture = QImage(pixels.data, columns, rows, QImage.Format.Format_ARGB32_Premultiplied)
    return picture.copy()
