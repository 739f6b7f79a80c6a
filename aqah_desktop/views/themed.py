"""Icons on buttons and labels that follow the theme for as long as their widget lives."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton, QLabel

from aqah_desktop.views.theme import ThemeManager

Widget = TypeVar("Widget", bound=QAbstractButton | QLabel)


class _Follower(QObject):
    """Child of the widget, so that the theme forgets it when the widget goes."""

    def __init__(self, widget: QAbstractButton | QLabel, theme: ThemeManager, name: str, token: str) -> None:
        super().__init__(widget)
        self._widget, self._theme, self._name, self._token = widget, theme, name, token
        theme.changed.connect(self.apply)
        self.apply()

    def apply(self) -> None:
        if isinstance(self._widget, QLabel):
            self._widget.setPixmap(self._theme.pixmap(self._name, 18, self._token))
        else:
            self._widget.setIcon(self._theme.icon(self._name, self._token))


def with_icon(widget: Widget, theme: ThemeManager, name: str, token: str = "ink_soft") -> Widget:
    """Give a widget an icon in the colour of a token, now and after every change of theme."""
    _Follower(widget, theme, name, token)
    return widget
