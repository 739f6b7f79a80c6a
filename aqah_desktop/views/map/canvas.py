"""The map canvas: pans and zooms the last picture at once while a new one is painted elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsRectItem, QGraphicsScene, QGraphicsView

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.camera import WORLD, Camera
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.painting import Painting, Picture
from aqah_desktop.views.map.scene import Drawing
from aqah_desktop.views.qt_dispatch import Dispatcher

__all__ = ["WORLD", "MapCanvas"]

#: The mouse moved this far with a button down is a pan, not a click, px.
_DRAG_PX = 4
#: A notch of the wheel comes closer by this factor.
_WHEEL = 0.8
#: Longest time the picture of another place is kept while the first one of the new place is painted, ms.
_HOLD_MS = 500
_PAN = 0.15
_STEPS = {
    Qt.Key.Key_Left: (-_PAN, 0.0),
    Qt.Key.Key_Right: (_PAN, 0.0),
    Qt.Key.Key_Up: (0.0, _PAN),
    Qt.Key.Key_Down: (0.0, -_PAN),
}
_KEY_ZOOM = 0.7


class MapCanvas(QGraphicsView):
    """Shows drawings, reports where the mouse is, pans and zooms.

    Signals carry coordinates in EPSG:2154, m; ``clicked`` also the mouse event (any button).
    """

    extent_changed = Signal(tuple)
    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float, object)
    painted = Signal()

    def __init__(self, dispatcher: Dispatcher, ground: RGB, name: str = "map") -> None:
        super().__init__()
        self._camera = Camera()
        #: Extent asked for and not yet changed by the user: kept whole when the widget is resized.
        self._wanted: tuple[Extent, float, tuple[int, int, int, int]] | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragging = False
        self._shown = QRectF()
        self._painting = Painting(self, dispatcher, ground, f"paint.{name}.{id(self)}")
        self._painting.arrived.connect(self._on_arrived)
        self._hold = QTimer(self, singleShot=True, interval=_HOLD_MS)
        self._hold.timeout.connect(self.viewport().update)
        self._make_scene()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _make_scene(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        #: Parent of what is drawn above the picture: its coordinates are those of the ground.
        self._ground_items = QGraphicsRectItem()
        self._ground_items.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        scene.addItem(self._ground_items)
        self.setScene(scene)

    # ------------------------------------------------------------------ what is shown

    def set_ground(self, ground: RGB) -> None:
        """Set the colour of what is nowhere."""
        self._painting.ground = ground
        self._painting.outdated()

    def show_drawings(self, drawings: Sequence[Drawing]) -> None:
        """Show these drawings, from the bottom up."""
        self._painting.drawings = tuple(drawings)
        self._painting.outdated()

    def add_overlay(self, item: QGraphicsItem) -> None:
        """Add a light item drawn on the GUI thread above the picture (selection, sketch), in m."""
        item.setParentItem(self._ground_items)

    def remove_overlay(self, item: QGraphicsItem) -> None:
        """Remove an item of :meth:`add_overlay`."""
        self.scene().removeItem(item)

    def picture(self) -> QImage | None:
        """The last painted picture (with its margin)."""
        return self._painting.picture.image if self._painting.picture else None

    def picture_extent(self) -> Extent:
        """Extent of :meth:`picture`, m."""
        return self._painting.picture.extent if self._painting.picture else self.extent()

    # ------------------------------------------------------------------ where it looks

    def camera(self) -> Camera:
        """Where the map looks."""
        return self._camera

    def extent(self) -> Extent:
        """What is visible, m."""
        return self._camera.extent

    def metres_per_pixel(self) -> float:
        """Metres per logical pixel."""
        return self._camera.metres_per_pixel

    def wanted_extent(self) -> Extent | None:
        """The extent last asked for, None once the user has moved the map."""
        return self._wanted[0] if self._wanted is not None else None

    def zoom_to(
        self, extent: Extent, margin: float = 0.04, insets: tuple[int, int, int, int] = (0, 0, 0, 0)
    ) -> None:
        """Show an extent whole; ``insets`` (left, top, right, bottom; px) are covered by something else."""
        self._wanted = (extent, margin, insets)
        camera = self._camera.fitted(extent, margin, insets)
        picture = self._painting.picture
        if picture is not None and picture.share_of(camera.extent) < 0.5:
            self._hold.start()
        self._look(camera)

    def look_at(self, x: float, y: float, metres_per_pixel: float) -> None:
        """Centre on a place at a scale, as another canvas does."""
        self._wanted = None
        self._look(replace(self._camera, x=x, y=y, metres_per_pixel=metres_per_pixel).limited())

    def zoom_by(self, factor: float) -> None:
        """Zoom around the centre; ``factor`` < 1 comes closer."""
        self._wanted = None
        self._look(self._camera.zoomed(factor))

    def pan_by(self, right: float, up: float) -> None:
        """Move by shares of the visible width and height."""
        self._wanted = None
        self._look(self._camera.moved(-right * self._camera.width, up * self._camera.height))

    def to_screen(self, x: float, y: float) -> QPointF:
        """Position of a place in the widget, logical pixels."""
        return QPointF(*self._camera.to_screen(x, y))

    def _look(self, camera: Camera) -> None:
        if camera == self._camera:
            return
        self._camera = camera
        x0, _, _, y1 = camera.extent
        scale = 1 / camera.metres_per_pixel
        self._ground_items.setTransform(QTransform(scale, 0, 0, -scale, -x0 * scale, y1 * scale))
        self._painting.look(camera)
        self.viewport().update()
        self.extent_changed.emit(camera.extent)

    # ------------------------------------------------------------------ painting

    def repaint_scene(self) -> None:
        """Ask for a new picture of what is visible."""
        self._painting.outdated()

    def _on_arrived(self) -> None:
        self._hold.stop()
        self.viewport().update()
        self.painted.emit()

    def drawBackground(self, painter, _rect) -> None:
        """Lay the last pictures where they belong."""
        painter.fillRect(self.viewport().rect(), QColor(*self._painting.ground))
        picture = self._painting.picture
        if self._painting.backdrop is not None and not self._hold.isActive():
            self._lay(painter, self._painting.backdrop, smooth=True)
        if picture is None:
            return
        if self._hold.isActive() and not self._shown.isEmpty():
            painter.drawImage(self._shown, picture.image)
        else:
            self._shown = self._lay(painter, picture, smooth=False)

    def _lay(self, painter: QPainter, picture: Picture, smooth: bool) -> QRectF:
        image, (x0, y0, x1, y1) = picture.image, picture.extent
        corner, ratio = self.to_screen(x0, y1), self.devicePixelRatioF()
        target = QRectF(corner, self.to_screen(x1, y0))
        if abs(target.width() * ratio - image.width()) < 1.0:
            # A picture of the right scale is copied pixel by pixel, not resampled.
            place = QPointF(round(corner.x() * ratio) / ratio, round(corner.y() * ratio) / ratio)
            target = QRectF(place, QSizeF(image.width() / ratio, image.height() / ratio))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, image)
        return target

    # ------------------------------------------------------------------ events

    def mousePressEvent(self, event) -> None:
        """Begin a pan or a click, unless an item above the picture takes it."""
        super().mousePressEvent(event)
        if self.scene().mouseGrabberItem() is None:
            self._pressed = self._last = event.position()
            self._dragging = False
            event.accept()

    def mouseMoveEvent(self, event) -> None:
        """Pan, or tell what is under the mouse."""
        place = event.position()
        if self._pressed is None:
            super().mouseMoveEvent(event)
            self.hovered.emit(*self._camera.to_ground(place.x(), place.y()))
            return
        pans = event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton)
        if pans and (self._dragging or (place - self._pressed).manhattanLength() >= _DRAG_PX):
            if not self._dragging:
                self._dragging = True
                self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            moved = place - self._last
            self._last = place
            self._wanted = None
            self._look(self._camera.moved(moved.x(), moved.y()))

    def mouseReleaseEvent(self, event) -> None:
        """End a pan, or tell a click."""
        if self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        dragged, self._pressed, self._dragging = self._dragging, None, False
        self.viewport().unsetCursor()
        place = event.position()
        if not dragged:
            self.clicked.emit(*self._camera.to_ground(place.x(), place.y()), event)

    def mouseDoubleClickEvent(self, event) -> None:
        """Come closer around the place."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._wanted = None
            self._look(self._camera.zoomed(0.5, event.position().x(), event.position().y()))

    def wheelEvent(self, event) -> None:
        """Zoom around the mouse."""
        notches = event.angleDelta().y() / 120
        if notches:
            self._wanted = None
            place = event.position()
            self._look(self._camera.zoomed(_WHEEL**notches, place.x(), place.y()))
        event.accept()

    def leaveEvent(self, event) -> None:
        """Say that the mouse is no longer on the map."""
        self.left.emit()
        super().leaveEvent(event)

    def resizeEvent(self, event) -> None:
        """Follow the size: what was asked for is kept whole."""
        super().resizeEvent(event)
        size = self.viewport().size()
        self.setSceneRect(0, 0, size.width(), size.height())
        camera = self._camera.resized(size.width(), size.height())
        if self._wanted is not None:
            camera = camera.fitted(*self._wanted)
        self._look(camera)

    def showEvent(self, event) -> None:
        """Paint when first shown."""
        super().showEvent(event)
        self._painting.look(self._camera)

    def keyPressEvent(self, event) -> None:
        """Arrows pan, + and − zoom; other keys go to the items above the picture."""
        if event.key() in _STEPS:
            self.pan_by(*_STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_KEY_ZOOM)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1 / _KEY_ZOOM)
        else:
            super().keyPressEvent(event)
            return
        event.accept()
