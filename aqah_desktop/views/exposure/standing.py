"""What stands under every figure: no verdict, what must be known, quality, sources."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QWidget

from aqah_desktop.models.exposure_result import Standings
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.text import unbroken
from aqah_desktop.views.widgets import clear, column, label


class StandingFoot(QWidget):
    """Notes of a run in a quiet card, then its quality and its sources."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._layout = column(self, margins=0, spacing=6)
        self._layout.setContentsMargins(0, 12, 0, 0)

    def show_standing(self, standing: Standings) -> None:
        """Show the words of a run."""
        clear(self._layout)
        if standing.notes:
            card = QFrame()
            card.setObjectName("notice")
            inside = column(card, margins=12, spacing=6)
            inside.addWidget(label(self._context.t("exposed.notes"), "strong"))
            for note in standing.notes:
                inside.addWidget(label(unbroken(note), "note", wrap=True))
            self._layout.addWidget(card)
        self._layout.addWidget(label(standing.quality, "overline", wrap=True))
        sources = self._context.t("exposed.source", sources=standing.sources)
        self._layout.addWidget(label(sources, "note", wrap=True))
