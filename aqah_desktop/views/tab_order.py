"""The order in which Tab goes through what was built after its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def tab_stops(container: QWidget) -> list[QWidget]:
    """Widgets inside that Tab can reach, in the order they were laid out."""
    return [w for w in container.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]


def tab_through(before: QWidget, container: QWidget, after: Sequence[QWidget] = ()) -> None:
    """Let Tab go from ``before`` through a container that was filled later, then to ``after``."""
    window = before.window()
    chain = [w for w in (before, *tab_stops(container), *after) if w.window() is window]
    for first, second in pairwise(chain):
        QWidget.setTabOrder(first, second)
