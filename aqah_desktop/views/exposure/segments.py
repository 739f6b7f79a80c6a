"""A few choices side by side, one of them taken."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Buttons of one row; arrows and Tab move between them."""

    chosen = Signal(str)

    def __init__(self, choices: dict[str, str], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for code, text in choices.items():
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setAccessibleName(f"{name} : {text}")
            button.clicked.connect(lambda _=False, code=code: self.chosen.emit(code))
            self._group.addButton(button)
            self._buttons[code] = button
            layout.addWidget(button, 1)
        next(iter(self._buttons.values())).setChecked(True)

    def current(self) -> str:
        """The choice taken."""
        return next(code for code, button in self._buttons.items() if button.isChecked())

    def choose(self, code: str) -> None:
        """Take a choice without announcing it."""
        self._buttons[code].setChecked(True)

    def button(self, code: str) -> QPushButton:
        """The button of a choice."""
        return self._buttons[code]
