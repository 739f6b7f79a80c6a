"""Tools that take the clicks and keys of a map for a while: choosing communes, drawing an outline."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame

from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.widgets import button, column, label, row

_TOP = 12
_WIDEST = 460


class Banner(QFrame):
    """Says over the map what a click does now, with the buttons that end it."""

    finished = Signal()
    given_up = Signal()

    def __init__(self, context: ViewContext, page: MapPage, text: str, finish: str) -> None:
        super().__init__(page)
        self.setObjectName("card")
        self._page = page
        layout = column(self, margins=12, spacing=8)
        self._text, self._state = label(text, "", wrap=True), label("", "note", wrap=True)
        layout.addWidget(self._text)
        layout.addWidget(self._state)
        self.done = button(finish, self.finished.emit, "primary")
        self.stop = button(context.t("forms.give_up"), self.given_up.emit)
        layout.addLayout(row(None, self.stop, self.done))
        page.installEventFilter(self)

    def state(self) -> str:
        """What :meth:`say` said last."""
        return self._state.text()

    def say(self, text: str, bad: bool = False) -> None:
        """Show how far it is, or what is wrong."""
        self._state.setText(text)
        role = "bad" if bad else "note"
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            self._state.style().unpolish(self._state)
            self._state.style().polish(self._state)
        self.place()

    def place(self) -> None:
        """Put it at the top of the map, in the middle."""
        width = min(_WIDEST, self._page.width() - 2 * _TOP)
        height = self.layout().heightForWidth(width)
        self.setGeometry((self._page.width() - width) // 2, _TOP, width, height)
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when the map is resized."""
        if watched is self._page and event.type() == QEvent.Type.Resize:
            self.place()
        return False


class MapTool(QObject):
    """Base: while in force it has the left clicks, double clicks and keys of the canvas."""

    #: The tool is no longer in force, whatever the reason.
    ended = Signal()

    def __init__(self, context: ViewContext, page: MapPage) -> None:
        super().__init__(page)
        self.context, self.page = context, page
        self._on = False
        self.banner: Banner | None = None

    @property
    def in_force(self) -> bool:
        """Whether it has the clicks."""
        return self._on

    def begin(self, text: str, finish: str) -> None:
        """Take the clicks of the map."""
        canvas = self.page.canvas
        self._on = True
        self.page.set_tool(self)
        self.banner = Banner(self.context, self.page, text, finish)
        self.banner.finished.connect(self.finish)
        self.banner.given_up.connect(self.give_up)
        canvas.clicked.connect(self._on_clicked)
        canvas.hovered.connect(self.move)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)
        canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.banner.place()

    def end(self) -> None:
        """Give the clicks back."""
        if not self._on:
            return
        canvas = self.page.canvas
        self._on = False
        self.page.set_tool(None)
        canvas.clicked.disconnect(self._on_clicked)
        canvas.hovered.disconnect(self.move)
        canvas.removeEventFilter(self)
        canvas.viewport().removeEventFilter(self)
        canvas.viewport().unsetCursor()
        if self.banner is not None:
            self.page.removeEventFilter(self.banner)
            self.banner.hide()
            self.banner.deleteLater()
            self.banner = None
        self.ended.emit()

    # ------------------------------------------------------------------ what a tool does

    def click(self, x: float, y: float) -> None:
        """A place was clicked, m."""

    def double_click(self, x: float, y: float) -> None:
        """A place was double clicked, m; its first half came as a click."""

    def move(self, x: float, y: float) -> None:
        """The mouse is over a place, m."""

    def finish(self) -> None:
        """The user is done."""
        self.end()

    def give_up(self) -> None:
        """The user wants it undone."""
        self.end()

    def key(self, key: int) -> bool:
        """A key was pressed; whether it was meant for the tool."""
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        elif key == Qt.Key.Key_Escape:
            self.give_up()
        else:
            return False
        return True

    # ------------------------------------------------------------------ events

    def _on_clicked(self, x: float, y: float, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.click(x, y)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Keys and double clicks of the map."""
        if not self._on:
            return False
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            return self.key(event.key())
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # Esc is the tool's before it is any shortcut's
            return kind == QEvent.Type.ShortcutOverride
        if isinstance(event, QMouseEvent) and kind == QEvent.Type.MouseButtonDblClick:
            place = event.position()
            self.double_click(*self.page.canvas.camera().to_ground(place.x(), place.y()))
            return True
        return False
