"""What every part of the window may ask of its frame: show a sheet, ask a question, say that it is busy."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QWidget

from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.overlay import Answer, Overlay, Question, Sheet
from aqah_desktop.views.widgets import column, label

#: A wait shorter than this shows nothing, ms.
_BUSY_AFTER_MS = 300
SHEET_SIZE = QSize(760, 620)


class Shell(QObject):
    """Sheets and questions over one window."""

    def __init__(self, window: QWidget, context: ViewContext) -> None:
        super().__init__(window)
        self.window, self.context = window, context
        self._sheets: dict[str, Sheet] = {}
        self._questions: dict[str, Question] = {}
        self._busy: _Busy | None = None
        self._waits = QTimer(self)
        self._waits.setSingleShot(True)
        self._waits.setInterval(_BUSY_AFTER_MS)
        self._waits.timeout.connect(self._show_busy)
        self._busy_text = ""

    # ------------------------------------------------------------------ sheets

    def open_sheet(
        self,
        name: str,
        title: str,
        make: Callable[[], QWidget],
        size: QSize = SHEET_SIZE,
        scrolls: bool = True,
    ) -> QWidget:
        """Show a panel on a card; one of the same name that is open is shown again. Return the panel."""
        known = self._sheets.get(name)
        if known is not None:
            known.raise_()
            return known.body
        sheet = Sheet(self.window, self.context, title, make(), size, scrolls)
        sheet.setObjectName(f"sheet.{name}")
        self._sheets[name] = sheet
        sheet.closed.connect(lambda: self._sheets.pop(name, None))
        sheet.open_over()
        return sheet.body

    def sheet(self, name: str) -> Sheet | None:
        """The open sheet of this name."""
        return self._sheets.get(name)

    def close_sheet(self, name: str) -> None:
        """Close a sheet, if it is open."""
        known = self._sheets.get(name)
        if known is not None:
            known.dismiss()

    # ------------------------------------------------------------------ questions

    def ask(
        self, name: str, title: str, text: str, answers: list[Answer], then: Callable[[str], None]
    ) -> Question | None:
        """Ask; ``then`` receives the id of the answer. The same question is asked once at a time."""
        if name in self._questions:
            self._questions[name].raise_()
            return None
        question = Question(self.window, self.context, title, text, answers)
        question.setObjectName(f"question.{name}")
        self._questions[name] = question

        def answered(answer: str) -> None:
            self._questions.pop(name, None)
            then(answer)

        question.answered.connect(answered)
        question.open_over(question.buttons[answers[0].id])
        return question

    def question(self, name: str) -> Question | None:
        """The question of this name that waits for an answer."""
        return self._questions.get(name)

    # ------------------------------------------------------------------ busy

    def busy(self, text: str) -> None:
        """Say that the whole window waits; shown only when it takes longer than a moment."""
        self._busy_text = text
        self._waits.start()

    def idle(self) -> None:
        """The wait is over."""
        self._waits.stop()
        if self._busy is not None:
            self._busy.dismiss()
            self._busy = None

    def _show_busy(self) -> None:
        self._busy = _Busy(self.window, self.context, self._busy_text)
        self._busy.open_over()

    def close(self) -> None:
        """Close everything that lies over the window, unanswered."""
        self.idle()
        for overlay in [*self._sheets.values(), *self._questions.values()]:
            overlay.blockSignals(True)
            overlay.dismiss()
        self._sheets.clear()
        self._questions.clear()


class _Busy(Overlay):
    """A card that only says what is going on."""

    def __init__(self, window: QWidget, context: ViewContext, text: str) -> None:
        super().__init__(window, context, 0.3)
        words = label(text, "strong")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column(self.card, margins=24).addWidget(words)
        self.card.setAccessibleName(text)

    def place_card(self) -> None:
        self.centre_card(self.card.sizeHint())

    def keyPressEvent(self, event) -> None:
        event.accept()

    def mousePressEvent(self, event) -> None:
        event.accept()
