"""The result of a run: figures with interval, quality, what to do next, method and limits."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from aqah_desktop.models.result_card import CardFigure, ResultCard
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.simulate.cards import Fold
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, column, label, rule

_TONES = {"accent": "notice", "warning": "warning", "danger": "danger"}


class FigureRow(QWidget):
    """One figure: label, central value, interval beside it, what must be said with it."""

    def __init__(self, figure: CardFigure) -> None:
        super().__init__()
        layout = column(self, margins=0, spacing=2)
        layout.addWidget(label(figure.label, "soft", wrap=True))
        layout.addWidget(label(figure.value, "figure", wrap=True))
        if figure.bounds:
            layout.addWidget(label(figure.bounds, "strong", wrap=True))
        if figure.note:
            layout.addWidget(label(figure.note, "note", wrap=True))
        self.setAccessibleName(
            " ".join(filter(None, (figure.label, figure.value, figure.bounds, figure.note)))
        )


class ResultView(QWidget):
    """The card of a run that is done."""

    compare_asked = Signal()
    layers_asked = Signal()
    history_asked = Signal()
    change_asked = Signal()

    def __init__(self, context: ViewContext, card: ResultCard, parameters: str, layers: int) -> None:
        super().__init__()
        t = context.t
        layout = column(self, margins=16, spacing=14)
        self.gone = label(t("simulate.result_gone"), "bad", wrap=True)
        self.gone.setVisible(False)
        layout.addWidget(self.gone)
        for figure in card.figures:
            layout.addWidget(FigureRow(figure))
        for words in card.outputs:
            layout.addWidget(label(words, "", wrap=True))
        layout.addWidget(self._quality(card))
        #: The one obvious next step.
        self.next = (
            button(t("simulate.compare"), self.compare_asked.emit, "primary")
            if card.comparable
            else button(t("simulate.show_layers"), self.layers_asked.emit, "primary")
        )
        self.change = button(t("simulate.back_to_form"), self.change_asked.emit)
        self.history = button(t("simulate.show_history"), self.history_asked.emit, "link")
        with_icon(self.change, context.theme, "pencil")
        for widget in (self.next, self.change, self.history):
            layout.addWidget(widget)
        layout.addWidget(rule())
        layout.addWidget(label(t("simulate.with", parameters=parameters), "note", wrap=True))
        layout.addWidget(label(t("simulate.layers_added", count=layers), "note", wrap=True))
        fold = Fold(t("simulate.method_show"), t("simulate.method_hide"))
        for note in card.notes:
            fold.content.addWidget(label(f"•  {note}", "note", wrap=True))
        fold.setVisible(bool(card.notes))
        layout.addWidget(fold)
        layout.addStretch(1)

    def show_gone(self, gone: bool) -> None:
        """Say that the result was undone: its figures stay readable, its layers are not there."""
        self.gone.setVisible(gone)
        self.next.setEnabled(not gone)

    def _quality(self, card: ResultCard) -> QFrame:
        frame = QFrame()
        frame.setObjectName(_TONES.get(card.tone, "notice"))
        layout = column(frame, margins=10, spacing=4)
        layout.addWidget(label(card.quality, "strong", wrap=True))
        if card.limits:
            layout.addWidget(label(card.limits, "note", wrap=True))
        return frame
