"""Garbage collection on the GUI thread, in short steps.

Python collects on whatever thread happens to allocate, and a full collection after the libraries of
tables were loaded takes a tenth of a second: the window would stand still in the middle of a pan, and a
widget could be destroyed on a worker thread. Here the automatic collection is off; a timer of the GUI
thread does it, and what libraries leave in memory for good is not looked at again.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500
#: New objects worth a look, young collections before a middle one, middle ones before a full one.
_YOUNG, _MIDDLE, _FULL = 2000, 12, 12


class Collector(QObject):
    """Collects while it exists; :meth:`stop` gives the collection back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._modules = 0
        self._young = self._middle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin; until then nothing is collected at all (the start of the program)."""
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def look(self) -> None:
        """Set aside what newly loaded libraries hold, or collect what there is to collect."""
        known, self._modules = self._modules, len(sys.modules)
        if self._modules != known:
            gc.freeze()
            return
        if gc.get_count()[0] < _YOUNG:
            return
        self._young += 1
        if self._young < _MIDDLE:
            gc.collect(0)
            return
        self._young, self._middle = 0, self._middle + 1
        if self._middle < _FULL:
            gc.collect(1)
            return
        self._middle = 0
        gc.collect(2)
