"""What a panel shows instead of a result: waiting, failed, cancelled, nothing yet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, clear, column, label


class StatePage(QWidget):
    """One calm message in the middle of a panel, with the next step where there is one."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._layout: QVBoxLayout = column(self, margins=24, spacing=10)

    def waiting(self, text: str) -> None:
        """Say that something is computed."""
        self._begin()
        self._layout.addWidget(label(text, "soft", wrap=True), 0, Qt.AlignmentFlag.AlignHCenter)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(160)
        bar.setAccessibleName(text)
        self._layout.addWidget(bar, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addStretch(2)

    def message(self, title: str, text: str, step: tuple[str, Callable[[], object]] | None = None) -> None:
        """Say why there is nothing, and what to do."""
        self._begin()
        heading = label(title, "heading", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = label(text, "soft", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._layout.addWidget(heading)
        self._layout.addWidget(words)
        if step is not None:
            self._layout.addWidget(button(*step), 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addStretch(2)

    def trouble(self, error: AqahError, step: tuple[str, Callable[[], object]] | None = None) -> None:
        """Say what failed, why, and what to do."""
        clear(self._layout)
        text = self._context.catalogue.error(error)
        card = QFrame()
        card.setObjectName("danger")
        inside = column(card, margins=16, spacing=8)
        inside.addWidget(label(text.message, "strong", wrap=True))
        for part in (text.cause, text.remedy):
            if part:
                inside.addWidget(label(part, wrap=True))
        self._layout.addWidget(card)
        if step is not None:
            self._layout.addWidget(button(*step), 0, Qt.AlignmentFlag.AlignLeft)
        self._layout.addStretch(1)

    def _begin(self) -> None:
        clear(self._layout)
        self._layout.addStretch(1)
