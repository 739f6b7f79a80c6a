"""Work under way in the foot of the window: shown when it lasts, the newest first, each can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from aqah_desktop.views.shell.foot import Foot

#: Shorter work is not shown: a bar that flashes says nothing.
SHOWN_AFTER_MS = 1000


@dataclass
class _Item:
    text: str
    cancel: Callable[[], object]
    fraction: float = 0.0
    shown: bool = False


class WorkLine(QObject):
    """What is computed in the background, for the foot.

    Parameters
    ----------
    foot : Foot
        Shows one piece of work at a time: the newest that has lasted.
    """

    def __init__(self, foot: Foot) -> None:
        super().__init__(foot)
        self._foot = foot
        self._items: dict[str, _Item] = {}
        foot.cancel_asked.connect(self._on_cancel)

    def begin(self, key: str, text: str, cancel: Callable[[], object]) -> None:
        """Say that work has begun; a second one of the same key takes its place."""
        item = _Item(text, cancel)
        self._items.pop(key, None)
        self._items[key] = item
        QTimer.singleShot(SHOWN_AFTER_MS, self, lambda: self._reveal(key, item))
        self._show()

    def progress(self, key: str, fraction: float, text: str = "") -> None:
        """Say how far it is, from 0 to 1, and what is being done."""
        item = self._items.get(key)
        if item is not None:
            item.fraction, item.text = fraction, text or item.text
            self._show()

    def end(self, key: str) -> None:
        """Say that it ended, however it did."""
        if self._items.pop(key, None) is not None:
            self._show()

    def _reveal(self, key: str, item: _Item) -> None:
        if self._items.get(key) is item:
            item.shown = True
            self._show()

    def _current(self) -> _Item | None:
        return next((item for item in reversed(self._items.values()) if item.shown), None)

    def _show(self) -> None:
        item = self._current()
        self._foot.show_work(None if item is None else item.text, item.fraction if item else 0.0)

    def _on_cancel(self) -> None:
        item = self._current()
        if item is not None:
            item.cancel()
