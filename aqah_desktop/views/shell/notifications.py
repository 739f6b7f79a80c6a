"""Messages of the program: cards at the bottom right, and all of them in a panel."""

from __future__ import annotations

import time
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.models.notifications import Notification
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import clear, column, label, rule

#: How long a card stays, s; errors stay long enough to be read twice.
SHOWN_S = {"info": 6.0, "success": 5.0, "warning": 12.0, "error": 25.0}
_ICONS = {"info": "info", "success": "circle-check", "warning": "triangle-alert", "error": "circle-x"}
_COLOURS = {"info": "accent", "success": "accent", "warning": "warning", "error": "danger"}
_WIDTH = 380
_MOST = 3
_EDGE = 16


def parts_of(context: ViewContext, item: Notification) -> list[str]:
    """What a notification says: its sentence, and for an error its cause and remedy."""
    if item.error is not None:
        text = context.catalogue.error(item.error)
        return [part for part in (text.message, text.cause, text.remedy) if part]
    return [context.t(item.text)] if item.text is not None else []


class MessageBody(QWidget):
    """Icon and sentences of one message."""

    def __init__(self, context: ViewContext, item: Notification) -> None:
        super().__init__()
        self._context, self._item = context, item
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self._icon = QLabel()
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        parts = parts_of(context, item)
        for index, part in enumerate(parts):
            role = ("strong" if item.error is not None else "") if index == 0 else "note"
            words.addWidget(label(part, role, wrap=True))
        if item.times > 1:
            words.addWidget(label(context.t("shell.repeated", count=item.times), "note"))
        layout.addLayout(words, 1)
        self._recolour()
        context.theme.changed.connect(self._recolour)

    def _recolour(self) -> None:
        level = self._item.level
        self._icon.setPixmap(self._context.theme.pixmap(_ICONS[level], 20, _COLOURS[level]))


class Toast(QFrame):
    """One card; goes away by itself, or by its cross."""

    def __init__(self, area: ToastArea, context: ViewContext, item: Notification) -> None:
        super().__init__(area)
        self.setObjectName("toast")
        self.setProperty("level", item.level)
        self.item = item
        self._area = area
        self.setAccessibleName(" ".join(parts_of(context, item)))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 14, 10, 14)
        layout.setSpacing(8)
        layout.addWidget(MessageBody(context, item), 1)
        cross = QToolButton()
        cross.setProperty("role", "quiet")
        cross.setIcon(context.theme.icon("x"))
        cross.setIconSize(QSize(14, 14))
        cross.setAccessibleName(context.t("shell.close"))
        cross.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        cross.clicked.connect(self.leave)
        layout.addWidget(cross, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * SHOWN_S[item.level]))
        self._timer.timeout.connect(self.leave)
        self._timer.start()

    def leave(self) -> None:
        """Take the card away."""
        self._timer.stop()
        self._area.remove(self)

    def enterEvent(self, event) -> None:
        """Stay while it is read."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event) -> None:
        """Go away later."""
        self._timer.start()
        super().leaveEvent(event)


class ToastArea(QWidget):
    """Holds the cards at the bottom right of the window, the newest below.

    Only as large as its cards: what lies beside them stays clickable.
    """

    def __init__(self, window: QWidget, foot: QWidget, context: ViewContext) -> None:
        super().__init__(window)
        self._window, self._foot, self._context = window, foot, context
        self._toasts: list[Toast] = []
        window.installEventFilter(self)
        foot.installEventFilter(self)
        context.notifications.added.connect(self.show_item)
        self.hide()
        for item in context.notifications.items[-_MOST:]:  # said before there was a window to say it in
            self.show_item(item)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The cards on screen, oldest first."""
        return tuple(self._toasts)

    def show_item(self, item: Notification) -> None:
        """Show a message; one that repeats replaces its card."""
        for toast in [t for t in self._toasts if t.item.key == item.key]:
            self.remove(toast)
        for toast in self._toasts[: max(len(self._toasts) + 1 - _MOST, 0)]:
            self.remove(toast)
        toast = Toast(self, self._context, item)
        self._toasts.append(toast)
        toast.show()
        self._place()

    def remove(self, toast: Toast) -> None:
        """Take a card away."""
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def close_area(self) -> None:
        """Stop following the notifications."""
        self._context.notifications.added.disconnect(self.show_item)
        for toast in self.toasts:
            self.remove(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        if not self._toasts:
            self.hide()
            return
        width = min(_WIDTH, self._window.width() - 2 * _EDGE)
        top = 0
        for toast in self._toasts:
            height = toast.layout().heightForWidth(width)
            toast.setGeometry(0, top, width, height)
            top += height + 8
        below = self._foot.height() if self._foot.isVisible() else 0
        height = top - 8
        self.setGeometry(
            self._window.width() - width - _EDGE,
            max(self._window.height() - below - height - _EDGE, 0),
            width,
            height,
        )
        self.show()
        self.raise_()


class MessagesPanel(QWidget):
    """Every message of this session, newest first."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._layout = column(self, margins=24, spacing=12)
        context.notifications.added.connect(self._fill)
        self._fill()

    def close_panel(self) -> None:
        """Stop following the notifications."""
        self._context.notifications.added.disconnect(self._fill)

    def _fill(self, *_: object) -> None:
        clear(self._layout)
        items = self._context.notifications.items
        if not items:
            self._layout.addWidget(label(self._context.t("shell.no_messages"), "soft", wrap=True))
        for index, item in enumerate(reversed(items)):
            if index:
                self._layout.addWidget(rule())
            self._layout.addWidget(label(_clock(item.at), "overline"))
            self._layout.addWidget(MessageBody(self._context, item))
        self._layout.addStretch(1)


class Bell(QToolButton):
    """Opens the messages; says how many have not been read."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context, self._unread = context, 0
        self.setProperty("role", "quiet")
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._show()
        context.theme.changed.connect(self._show)
        context.notifications.added.connect(self._count)

    @property
    def unread(self) -> int:
        """Warnings and errors since the messages were last opened."""
        return self._unread

    def read_all(self) -> None:
        """The messages were opened."""
        self._unread = 0
        self._show()

    def stop(self) -> None:
        """Stop following the notifications."""
        self._context.notifications.added.disconnect(self._count)

    def _count(self, item: Notification) -> None:
        if item.level in ("warning", "error"):
            self._unread += 1
            self._show()

    def _show(self) -> None:
        self.setIcon(self._context.theme.icon("bell", "danger" if self._unread else "ink_soft"))
        self.setText(self._context.catalogue.number(self._unread) if self._unread else "")
        name = self._context.t("shell.messages_unread", count=self._unread) if self._unread else ""
        self.setAccessibleName(name or self._context.t("shell.messages"))
        self.setToolTip(self.accessibleName())


def open_messages(shell: Shell, bell: Bell) -> None:
    """Show every message of this session."""
    bell.read_all()
    shell.open_sheet(
        "messages",
        shell.context.t("shell.messages"),
        lambda: MessagesPanel(shell.context),
        QSize(620, 560),
    )


def _clock(at: float) -> str:
    moment = datetime.fromtimestamp(at)
    return moment.strftime("%H:%M:%S") if time.time() - at < 86_400 else moment.strftime("%d/%m %H:%M")
