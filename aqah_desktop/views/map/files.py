"""Raster files of the user as the map reads them: the visible part, at the resolution of the screen.

Used from worker threads. A file that vanishes or can no longer be read leaves the map without it; the
error is kept for the layer tree to tell.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aqah_desktop.errors import AqahError
from aqah_desktop.models.layer_watch import stamp_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Grid
from aqah_desktop.storage.pictures import Opening, Picture, read_picture
from aqah_desktop.storage.raster_screen import Overview, ScreenValues, make_overview, read_screen
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.scene import ArraySource

#: Cells read over the whole file, from which the classes of its colours are made.
_SAMPLE = (400, 400)
#: Views kept: the map, the surroundings painted behind it, a second map beside it.
_KEPT_VIEWS = 3
_NOTHING = object()


def opening_of(entry: LayerEntry) -> Opening:
    """How the raster file of a layer is opened."""
    path = Path(entry.origin.removeprefix("file:"))
    if entry.file is None:
        return Opening(path)
    return Opening(path, entry.file.crs, entry.file.crs_forced, entry.file.inside)


class _LastAnswers:
    """The last few answers, as long as the file is the same: other layers may change meanwhile."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._kept: dict[object, object] = {}

    def get(self, extent: Extent, shape: tuple[int, int]) -> tuple[object, object]:
        """Key of a view, and what was read for it; ``None`` when it was not."""
        key = (extent, shape, stamp_of(self._opening.path))
        return key, self._kept.get(key)

    def clear(self) -> None:
        """Forget them: the next ones may be better."""
        self._kept.clear()

    def put(self, key: object, answer: object) -> None:
        """Keep an answer, and the newest others."""
        self._kept[key] = answer
        for old in list(self._kept)[:-_KEPT_VIEWS]:
            del self._kept[old]


class FileSource:
    """A raster of values, larger than memory or not.

    Parameters
    ----------
    opening : Opening
        The file.
    band : int
        From 1.
    """

    def __init__(self, opening: Opening, band: int = 1) -> None:
        self.opening, self._band = opening, band
        self.error: AqahError | None = None
        #: Whether the last view was only sampled: the file has no reduced views.
        self.coarse = False
        self._shown: ArraySource | None = None
        self._overview: Overview | None = None
        self._last = _LastAnswers(opening)
        self._lock = threading.Lock()

    def sample(self, extent: Extent) -> np.ndarray:
        """Values from all over the file, for its colour classes.

        Raises
        ------
        AqahError
            When the file cannot be read.
        """
        with self._lock, self.opening.open() as raster:
            found = read_screen(raster, extent, _SAMPLE, self._band)
        return found.values if found is not None else np.empty((0, 0), np.float32)

    def prepare(self, dropped: Callable[[], bool], progress: Callable[[float], None]) -> np.ndarray | None:
        """Read the whole file once for views from afar; its values thinned, None when given up.

        Raises
        ------
        AqahError
            When the file cannot be read.
        """
        with self.opening.open() as raster:
            made = make_overview(raster, self._band, dropped, progress)
        if made is None:
            return None
        with self._lock:
            self._overview = made
            self._last.clear()
        return made.values

    def read(self, extent: Extent, shape: tuple[int, int]) -> tuple[np.ndarray, Grid] | None:
        """Values of the part that meets ``extent`` (EPSG:2154, m), NaN = no data."""
        with self._lock:
            key, answer = self._last.get(extent, shape)
            if answer is None:
                try:
                    with self.opening.open() as raster:
                        answer = read_screen(raster, extent, shape, self._band, self._overview) or _NOTHING
                    self.error = None
                except AqahError as error:
                    self.error, answer = error, _NOTHING
                self._last.put(key, answer)
        if not isinstance(answer, ScreenValues):
            return None
        self.coarse = answer.coarse
        self._shown = ArraySource(answer.values, answer.grid)
        return answer.values, answer.grid

    def shown(self) -> ArraySource | None:
        """Values of the view last read, at the resolution of the screen."""
        return self._shown


class PictureFile:
    """A picture or a mosaic of pictures."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.error: AqahError | None = None
        #: Whether the last view was from too far: the file has no reduced views.
        self.coarse = False
        self._last = _LastAnswers(opening)
        self._lock = threading.Lock()

    def read(self, extent: Extent, shape: tuple[int, int]) -> np.ndarray | None:
        """Colours ``(ny, nx, 4) uint8`` of a view (EPSG:2154, m), or None."""
        with self._lock:
            key, answer = self._last.get(extent, shape)
            if answer is None:
                try:
                    answer = read_picture(self.opening, extent, shape)
                    self.error = None
                except AqahError as error:
                    self.error, answer = error, _NOTHING
                self._last.put(key, answer)
        if not isinstance(answer, Picture):
            return None
        self.coarse = answer.too_far
        return answer.colours
