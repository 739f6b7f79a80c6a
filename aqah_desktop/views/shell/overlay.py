"""Cards over the window: sheets with a panel, questions. No second window to lose behind the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, column, label, row, rule

#: Free space kept around a card, px.
_EDGE = 24


class Overlay(QWidget):
    """Covers the window with a veil and shows one card; holds the keyboard until it is closed.

    Esc and a click beside the card close it. The widget that had the keyboard gets it back.
    """

    closed = Signal()

    def __init__(self, window: QWidget, context: ViewContext, veil: float = 0.45) -> None:
        super().__init__(window)
        self._window, self._context, self._veil = window, context, veil
        self._before: QWidget | None = None
        self._open = True
        self.card = QFrame(self)
        self.card.setObjectName("sheet")
        window.installEventFilter(self)

    # ------------------------------------------------------------------ life

    def open_over(self, focus: QWidget | None = None) -> None:
        """Show it above everything, with the keyboard in ``focus`` or its first field."""
        self._before = QApplication.focusWidget()
        self.setGeometry(self._window.rect())
        self.place_card()
        self.show()
        self.raise_()
        target = focus or next(iter(self._stops()), None)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def dismiss(self) -> None:
        """Close it."""
        if not self._open:
            return
        self._open = False
        self._window.removeEventFilter(self)
        self.hide()
        self._give_focus_back()
        self.closed.emit()
        self.deleteLater()

    def place_card(self) -> None:
        """Put the card where it belongs; the window was resized."""
        raise NotImplementedError

    def room(self) -> QSize:
        """Size the card may take at the most."""
        edge = _EDGE if self.width() >= 900 else 8
        return QSize(self.width() - 2 * edge, self.height() - 2 * edge)

    def centre_card(self, size: QSize) -> None:
        """Put a card of ``size`` into the middle."""
        room = self.room()
        width, height = min(size.width(), room.width()), min(size.height(), room.height())
        self.card.setGeometry((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    # ------------------------------------------------------------------ events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if watched is self._window and event.type() == QEvent.Type.Resize and self._open:
            self.setGeometry(self._window.rect())
            self.place_card()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Keys belong to the card: shortcuts of the window stay silent."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def mousePressEvent(self, event) -> None:
        """A click beside the card closes."""
        if not self.card.geometry().contains(event.position().toPoint()):
            self.dismiss()
        event.accept()

    def wheelEvent(self, event) -> None:
        """The map below does not move."""
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the card."""
        stops = self._stops()
        if not stops:
            return True
        now = QApplication.focusWidget()
        step = 1 if forward else -1
        at = stops.index(now) if now in stops else (-1 if forward else 0)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        stops[(at + step) % len(stops)].setFocus(reason)
        return True

    def paintEvent(self, _event) -> None:
        """The veil."""
        if self._veil <= 0:
            return
        colour = QColor(0, 0, 0)
        colour.setAlphaF(self._veil)
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour)
        painter.end()

    # ------------------------------------------------------------------ parts

    def _stops(self) -> list[QWidget]:
        """Widgets of the card the keyboard can reach, in order."""
        found: list[QWidget] = []
        widget = self.card.nextInFocusChain()
        while widget is not None and widget is not self.card and len(found) < 2000:
            reachable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
            if self.card.isAncestorOf(widget) and reachable and widget.isVisibleTo(self.card):
                found.append(widget)
            widget = widget.nextInFocusChain()
        return found

    def _give_focus_back(self) -> None:
        from shiboken6 import isValid

        before = self._before
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)


class Sheet(Overlay):
    """A panel on a card with a title and a cross.

    Parameters
    ----------
    window, context
        Where it lies; texts and icons.
    title : str
        What it is.
    body : QWidget
        The panel; scrolls when ``scrolls``, else takes care of that itself. Its ``close_panel()``, where it
        has one, is called before it goes; its ``first_focus``, where it has one, gets the keyboard first.
    size : QSize
        Wanted size; less on a small window.
    """

    def __init__(
        self,
        window: QWidget,
        context: ViewContext,
        title: str,
        body: QWidget,
        size: QSize,
        scrolls: bool = True,
    ) -> None:
        super().__init__(window, context)
        self.body, self._size = body, size
        self.card.setAccessibleName(title)
        layout = QVBoxLayout(self.card)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._close = QToolButton()
        self._close.setProperty("role", "quiet")
        self._close.setIconSize(QSize(18, 18))
        self._close.setAccessibleName(context.t("shell.close"))
        self._close.setToolTip(context.t("shell.close"))
        self._close.clicked.connect(self.dismiss)
        head = row(label(title, "title"), None, self._close)
        head.setContentsMargins(24, 16, 16, 12)
        layout.addLayout(head)
        layout.addWidget(rule())
        if scrolls:
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            area.setAccessibleName(title)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(body)
            layout.addWidget(area, 1)
        else:
            layout.addWidget(body, 1)
        self._recolour()
        context.theme.changed.connect(self._recolour)

    def place_card(self) -> None:
        """In the middle, smaller when the window is."""
        self.centre_card(self._size)

    def open_over(self, focus: QWidget | None = None) -> None:
        """Show it; the keyboard goes into the panel, not to the cross."""
        inside = [w for w in self._stops() if w is not self._close]
        fields = [w for w in inside if not isinstance(w, QScrollArea)]
        wanted = focus or getattr(self.body, "first_focus", None)
        super().open_over(wanted or next(iter(fields or inside), None))

    def dismiss(self) -> None:
        """Close it, and let the panel let go of what it follows."""
        if self._open and hasattr(self.body, "close_panel"):
            self.body.close_panel()
        super().dismiss()

    def _recolour(self) -> None:
        self._close.setIcon(self._context.theme.icon("x"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A button of a question: what it stands for, its words, its style (``primary``, ``danger``, "")."""

    id: str
    text: str
    role: str = ""


class Question(Overlay):
    """A question with its answers; Esc and a click beside it give the last one."""

    answered = Signal(str)

    def __init__(
        self, window: QWidget, context: ViewContext, title: str, text: str, answers: list[Answer]
    ) -> None:
        super().__init__(window, context)
        self._answer = answers[-1].id
        self.card.setAccessibleName(f"{title}. {text}")
        layout = column(self.card, margins=24, spacing=12)
        layout.addWidget(label(title, "heading", wrap=True))
        layout.addWidget(label(text, "soft", wrap=True))
        layout.addSpacing(8)
        self.buttons = {a.id: button(a.text, self._chooser(a.id), a.role) for a in answers}
        layout.addLayout(row(None, *reversed(self.buttons.values())))
        self.closed.connect(lambda: self.answered.emit(self._answer))

    def place_card(self) -> None:
        """In the middle, as high as its words."""
        width = min(480, self.room().width())
        height = self.card.layout().heightForWidth(width)
        self.centre_card(QSize(width, max(height, self.card.layout().minimumSize().height())))

    def _chooser(self, answer: str) -> Callable[[], None]:
        def choose() -> None:
            self._answer = answer
            self.dismiss()

        return choose
