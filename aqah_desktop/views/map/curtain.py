"""Two maps of the same place: one drawn over the other behind a curtain, or side by side, looking as one."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.canvas import MapCanvas

_HANDLE_PX, _KNOB_PX = 36, 15
#: Space kept between two maps side by side, px.
_GAP = 4
#: An arrow moves the curtain by this share of the map; with Shift by five times as much.
_STEP = 0.02


class Mode(StrEnum):
    """How two maps are shown."""

    CURTAIN = "curtain"
    SIDE = "side"
    #: One map alone.
    SINGLE = "single"


class Linked:
    """Canvases that look at the same place at the same scale, whatever their sizes."""

    def __init__(self, *canvases: MapCanvas) -> None:
        self._canvases, self._busy, self._on = canvases, False, True
        for canvas in canvases:
            canvas.extent_changed.connect(lambda _extent, canvas=canvas: self.follow(canvas))

    def set_on(self, on: bool) -> None:
        """Link them or let each go its own way."""
        self._on = on

    def follow(self, leader: MapCanvas) -> None:
        """Let all others look where one looks; what it shows whole, each shows whole in its own room."""
        if self._busy or not self._on:
            return
        self._busy = True
        camera, whole = leader.camera(), leader.wanted_extent()
        for canvas in self._canvases:
            if canvas is not leader and whole is not None:
                canvas.zoom_to(whole)
            elif canvas is not leader:
                canvas.look_at(camera.x, camera.y, camera.metres_per_pixel)
        self._busy = False


class CurtainHandle(QWidget):
    """The edge of the curtain: dragged with the mouse, moved with the arrows."""

    #: Share of the map left of the edge, 0 to 1.
    moved = Signal(float)

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._share = context, 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(context.t("compare.curtain"))
        self.setToolTip(context.t("compare.curtain"))
        context.theme.changed.connect(self.update)
        self.place()

    @property
    def share(self) -> float:
        """Share of the map left of the edge."""
        return self._share

    def set_share(self, share: float) -> None:
        """Move the edge."""
        share = min(max(share, 0.0), 1.0)
        if share != self._share:
            self._share = share
            self.place()
            self.moved.emit(share)

    def place(self) -> None:
        """Stand where the edge is."""
        room = self.parentWidget().size()
        self.setGeometry(round(room.width() * self._share) - _HANDLE_PX // 2, 0, _HANDLE_PX, room.height())
        percent = round(100 * self._share)
        self.setAccessibleDescription(self._context.t("compare.curtain_position", percent=percent))

    def mouseMoveEvent(self, event) -> None:
        """Follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            place = self.mapToParent(event.position().toPoint())
            self.set_share(place.x() / max(self.parentWidget().width(), 1))

    def mousePressEvent(self, event) -> None:
        """Take the edge."""
        event.accept()

    def keyPressEvent(self, event) -> None:
        """Arrows move the edge, Home and End go to the sides."""
        step = _STEP * (5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        moves = {
            Qt.Key.Key_Left: self._share - step,
            Qt.Key.Key_Right: self._share + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        if event.key() in moves:
            self.set_share(moves[event.key()])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event) -> None:
        """A line, and a round knob with two arrows."""
        painter, theme = QPainter(self), self._context.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.width() / 2, self.height() / 2
        painter.setPen(QPen(theme.colour("halo"), 5))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(QPen(theme.colour("accent"), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setBrush(theme.colour("accent" if self.hasFocus() else "paper"))
        painter.drawEllipse(QPointF(x, y), _KNOB_PX, _KNOB_PX)
        painter.setPen(QPen(theme.colour("paper" if self.hasFocus() else "accent"), 2))
        for side in (-1, 1):
            tip = QPointF(x + side * 9, y)
            painter.drawLine(tip, QPointF(x + side * 5, y - 4))
            painter.drawLine(tip, QPointF(x + side * 5, y + 4))
        painter.end()

    def focusInEvent(self, event) -> None:
        """Show the keyboard on the knob."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:
        """Show that it left."""
        super().focusOutEvent(event)
        self.update()


class TwoMaps(QWidget):
    """Two linked canvases and the curtain between them."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        ground = context.theme.tokens.colour("sea")
        self.mode = Mode.CURTAIN
        self.first = MapCanvas(context.dispatcher, ground, "compare.a")
        self.second = MapCanvas(context.dispatcher, ground, "compare.b")
        self.first.setParent(self)
        #: Holds the second map and shows only what lies right of the edge.
        self._window = QWidget(self)
        self.second.setParent(self._window)
        self.handle = CurtainHandle(context, self)
        self.handle.moved.connect(lambda _share: self._place())
        self.first.setAccessibleName(context.t("compare.a_name"))
        self.second.setAccessibleName(context.t("compare.b_name"))

    def set_mode(self, mode: Mode) -> None:
        """Show them another way, looking at the same place."""
        self.mode = mode
        self._window.setVisible(mode is not Mode.SINGLE)
        self.handle.setVisible(mode is Mode.CURTAIN)
        self._place()

    def resizeEvent(self, event) -> None:
        """Share the room."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Small windows are fine."""
        return QSize(160, 120)

    def edge(self) -> float:
        """Where the right map begins, px from the left."""
        if self.mode is Mode.SIDE:
            return (self.width() + _GAP) / 2
        return self.width() * self.handle.share

    def _place(self) -> None:
        width, height = self.width(), self.height()
        if self.mode is Mode.SIDE:
            half = (width - _GAP) // 2
            self.first.setGeometry(0, 0, half, height)
            self._window.setGeometry(width - half, 0, half, height)
            self.second.setGeometry(0, 0, half, height)
            return
        self.first.setGeometry(0, 0, width, height)
        if self.mode is Mode.CURTAIN:
            edge = round(width * self.handle.share)
            self._window.setGeometry(edge, 0, max(width - edge, 1), height)
            # The second map is as large as the first: both are painted once, the edge only uncovers.
            self.second.setGeometry(-edge, 0, width, height)
            self.handle.place()
            self.handle.raise_()

    def part_of(self, canvas: MapCanvas) -> QRectF:
        """What is seen of a canvas, in pixels of this widget."""
        if self.mode is Mode.SINGLE:
            return QRectF(self.rect())
        if canvas is self.second:
            return QRectF(self._window.geometry())
        return QRectF(0, 0, self.edge(), self.height())
