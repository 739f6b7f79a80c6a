"""Many polygons or lines as flat arrays, and the few of them worth drawing in a view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.storage.drawing_files import first_lines

if TYPE_CHECKING:
    from PySide6.QtGui import QPainterPath

Extent = tuple[float, float, float, float]

#: Parts this small on screen are left out, px.
_SMALLEST_PX = 0.6
#: Vertices closer than this on screen to the one kept before are left out, px.
_TOLERANCE_PX = 0.75


@dataclass(frozen=True, eq=False)
class OutlineSet:
    """Rings and lines of one layer.

    Parameters
    ----------
    coordinates : ndarray, (n, 2) float64
        Vertices of every part, one after the other, m (EPSG:2154).
    starts : ndarray, (p + 1,) int64
        Part ``i`` is ``coordinates[starts[i]:starts[i + 1]]``.
    owner : ndarray, (p,) int64
        Index of the feature each part belongs to.
    first : ndarray, (n,) bool, optional
        False where the line from this vertex to the next was already drawn by an earlier part: a border
        of two polygons is stroked once.
    """

    coordinates: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    bounds: np.ndarray
    first: np.ndarray | None = None

    @classmethod
    def from_arrays(
        cls,
        coordinates: np.ndarray,
        starts: np.ndarray,
        owner: np.ndarray,
        first: np.ndarray | None = None,
    ) -> OutlineSet:
        """Make a set from flat arrays (prebuilt files)."""
        coordinates = np.asarray(coordinates, dtype=np.float64)
        if len(starts) < 2:
            return cls(np.empty((0, 2)), np.zeros(1, np.int64), np.empty(0, np.int64), np.empty((0, 4)))
        begin = starts[:-1]
        low = np.minimum.reduceat(coordinates, begin, axis=0)
        high = np.maximum.reduceat(coordinates, begin, axis=0)
        return cls(coordinates, np.asarray(starts), np.asarray(owner), np.hstack([low, high]), first)

    @classmethod
    def from_geometries(cls, geometries: Iterable[object]) -> OutlineSet:
        """Make a set from shapely polygons and lines (empty and missing ones are skipped)."""
        import shapely

        features = np.asarray(list(geometries), dtype=object)
        parts, owner = shapely.get_parts(features, return_index=True)
        is_area = np.isin(shapely.get_type_id(parts), (3,))
        rings, ring_owner = shapely.get_rings(parts[is_area], return_index=True)
        lines = np.concatenate([rings, parts[~is_area]])
        owners = np.concatenate([owner[is_area][ring_owner], owner[~is_area]]).astype(np.int64)
        counts = shapely.get_num_coordinates(lines)
        keep = counts > 1
        coordinates = shapely.get_coordinates(lines[keep])
        starts = np.concatenate([[0], np.cumsum(counts[keep])]).astype(np.int64)
        return cls.from_arrays(coordinates, starts, owners[keep], first_lines(coordinates, starts))

    def __len__(self) -> int:
        """Number of parts."""
        return len(self.owner)

    def visible(self, extent: Extent, smallest_m: float = 0.0) -> np.ndarray:
        """Indices of the parts that meet ``extent`` and are not smaller than ``smallest_m``."""
        b = self.bounds
        if not len(b):
            return np.empty(0, np.int64)
        meets = (
            (b[:, 0] <= extent[2]) & (b[:, 2] >= extent[0]) & (b[:, 1] <= extent[3]) & (b[:, 3] >= extent[1])
        )
        if smallest_m > 0:
            meets &= np.maximum(b[:, 2] - b[:, 0], b[:, 3] - b[:, 1]) >= smallest_m
        return np.flatnonzero(meets)

    def lines(self, extent: Extent, pixels_per_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Screen coordinates of what is stroked in a view, each border once; see :meth:`screen_arrays`."""
        parts = self.visible(extent, _SMALLEST_PX / pixels_per_m)
        return self.screen_arrays(parts, extent, pixels_per_m, once=True)

    def screen_arrays(
        self, parts: np.ndarray, extent: Extent, pixels_per_m: float, once: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Screen coordinates of some parts, thinned to what a screen can show.

        Returns
        -------
        x, y : ndarray, (m,) float64
            Pixels from the upper left corner of ``extent``.
        connect : ndarray, (m,) int32
            1 where a vertex is joined to the next one, 0 at the end of a part (with ``once`` also where
            the line was drawn by an earlier part).
        """
        lengths = self.starts[parts + 1] - self.starts[parts]
        total = int(lengths.sum())
        if total == 0:
            return np.empty(0), np.empty(0), np.empty(0, np.int32)
        ends = np.cumsum(lengths)
        index = np.arange(total) + np.repeat(self.starts[parts] - (ends - lengths), lengths)
        joined = np.ones(total, bool)
        joined[ends - 1] = False
        if once and self.first is not None:
            joined &= self.first[index]
            used = joined.copy()
            used[1:] |= joined[:-1]
            index, joined = index[used], joined[used]
        x = (self.coordinates[index, 0] - extent[0]) * pixels_per_m
        y = (extent[3] - self.coordinates[index, 1]) * pixels_per_m
        keep = _worth_drawing(x, y, ~joined)
        return x[keep], y[keep], joined[keep].astype(np.int32)

    def path(self, extent: Extent, pixels_per_m: float, parts: np.ndarray | None = None) -> QPainterPath:
        """Path of the visible parts in screen coordinates."""
        from aqah_desktop.views.map.strokes import path_of

        chosen = self.visible(extent, _SMALLEST_PX / pixels_per_m) if parts is None else parts
        return path_of(*self.screen_arrays(chosen, extent, pixels_per_m))


def _worth_drawing(x: np.ndarray, y: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Keep first and last vertices of parts, and those that land on another cell of the screen."""
    cell_x, cell_y = np.floor(x / _TOLERANCE_PX), np.floor(y / _TOLERANCE_PX)
    moved = np.ones(len(x), bool)
    moved[1:] = (cell_x[1:] != cell_x[:-1]) | (cell_y[1:] != cell_y[:-1])
    moved |= last
    moved[1:] |= last[:-1]
    return moved
