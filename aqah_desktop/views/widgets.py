"""Small widgets every panel uses, so that words and spaces are the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


def label(text: str, role: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the styles of the theme (``title``, ``heading``, ``strong``, ``note``…)."""
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    widget.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    if role:
        widget.setProperty("role", role)
    widget.setWordWrap(wrap)
    return widget


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; the whole is in its tool tip.

    ``path`` keeps the end, which is the name of the file, and leaves out what is in the middle.
    """

    def __init__(self, role: str = "", *, path: bool = False) -> None:
        super().__init__()
        self._mode = Qt.TextElideMode.ElideMiddle if path else Qt.TextElideMode.ElideRight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        if role:
            self.setProperty("role", role)

    def setText(self, text: str) -> None:
        """Show a text as far as there is room."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event) -> None:
        """Show more or less of it."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.contentsRect().width()
        super().setText(self.fontMetrics().elidedText(self._whole, self._mode, room))


def button(text: str, function: Callable[[], object], role: str = "", icon=None) -> QPushButton:
    """A push button: ``primary`` for the one obvious step, ``link`` for a quiet one."""
    widget = QPushButton(text)
    widget.clicked.connect(lambda _=False: function())
    if role:
        widget.setProperty("role", role)
    if icon is not None:
        widget.setIcon(icon)
    widget.setAccessibleName(text)
    widget.setAutoDefault(True)  # Enter presses it as Space does
    return widget


def tool_button(action, size: int = 18) -> QToolButton:
    """A quiet icon button for an action."""
    widget = QToolButton()
    widget.setProperty("role", "quiet")
    widget.setDefaultAction(action)
    widget.setIconSize(QSize(size, size))
    widget.setAccessibleName(action.text())
    return widget


def rule() -> QFrame:
    """A thin horizontal line."""
    line = QFrame()
    line.setObjectName("rule")
    return line


def column(parent: QWidget | None = None, margins: int = 16, spacing: int = 10) -> QVBoxLayout:
    """A vertical layout on the 4 px grid."""
    layout = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    layout.setContentsMargins(margins, margins, margins, margins)
    layout.setSpacing(spacing)
    return layout


def row(*widgets: QWidget | None, spacing: int = 8) -> QHBoxLayout:
    """A horizontal layout; ``None`` stands for free space."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


def clear(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        if item.widget() is not None:
            item.widget().hide()  # it goes a moment later and must not be drawn beside what replaces it
            item.widget().deleteLater()
        else:
            inner = item.layout()
            if inner is not None:
                clear(inner)
