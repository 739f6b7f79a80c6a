"""What the program tells the user outside a panel: one list, errors with their remedy, repeats counted."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

from psygnal import Signal

from aqah_desktop.errors import AqahError
from aqah_desktop.records import Text

Level = Literal["info", "success", "warning", "error"]
LIMIT = 200
_SAME_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Notification:
    """One message: ``error`` when it stems from one; ``times`` how often it came in a row."""

    level: Level
    text: Text | None
    error: AqahError | None
    at: float
    times: int = 1

    @property
    def key(self) -> str:
        """What makes two notifications the same."""
        return self.error.key + repr(self.error.params) if self.error else repr(self.text)


class Notifications:
    """The notifications of this session, newest last."""

    added = Signal(object)

    def __init__(self) -> None:
        self._items: list[Notification] = []

    @property
    def items(self) -> tuple[Notification, ...]:
        """All kept notifications, oldest first."""
        return tuple(self._items)

    def tell(self, key: str, level: Level = "info", **params: object) -> None:
        """Show a text of the catalogue."""
        self._add(Notification(level, Text(key, dict(params)), None, time.time()))

    def error(self, error: AqahError) -> None:
        """Show an error: what happened, why, what to do."""
        self._add(Notification("error", None, error, time.time()))

    def _add(self, item: Notification) -> None:
        last = self._items[-1] if self._items else None
        if last is not None and last.key == item.key and item.at - last.at < _SAME_WITHIN_S:
            item = replace(item, times=last.times + 1)
            self._items[-1] = item
        else:
            self._items.append(item)
            del self._items[:-LIMIT]
        self.added.emit(item)
