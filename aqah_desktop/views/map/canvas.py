"""The map canvas: pans and zooms the last picture at once while a new one is painted elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QPainter

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.painter import paint_scene
from aqah_desktop.views.map.scene import Drawing, Scene
from aqah_desktop.views.qt_dispatch import Dispatcher, Ticket

#: Painted beyond each edge of the view, as a share of its size, so that a short pan shows no blank.
_MARGIN = 0.15
#: The whole region with a margin: nothing is shown further out.
WORLD: Extent = (500000.0, 6780000.0, 870000.0, 7190000.0)
_CLOSEST_M = 250.0


class _Picture(pg.GraphicsObject):
    """The last painted picture, placed where it belongs in the world."""

    def __init__(self) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.extent: Extent = WORLD

    def show(self, image: QImage, extent: Extent) -> None:
        self.prepareGeometryChange()
        self.image, self.extent = image, extent
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(WORLD[0], WORLD[1], WORLD[2] - WORLD[0], WORLD[3] - WORLD[1])

    def paint(self, painter: QPainter, *_: object) -> None:
        if self.image is None:
            return
        # In pixels of the widget: a picture of the right scale is copied, not resampled. The world
        # transform leaves out where the widget lies in its window, which the painter adds by itself.
        transform = painter.worldTransform()
        corner = transform.map(QPointF(self.extent[0], self.extent[3]))
        opposite = transform.map(QPointF(self.extent[2], self.extent[1]))
        painter.save()
        painter.resetTransform()
        ratio = painter.device().devicePixelRatioF()
        target = QRectF(corner, opposite)
        if abs(target.width() * ratio - self.image.width()) < 1.0:
            place = QPointF(round(target.x() * ratio) / ratio, round(target.y() * ratio) / ratio)
            target = QRectF(place, QSizeF(self.image.width() / ratio, self.image.height() / ratio))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(target, self.image)
        painter.restore()


class MapCanvas(pg.GraphicsView):
    """Shows drawings, reports where the mouse is, pans and zooms.

    Signals carry coordinates in EPSG:2154, m.
    """

    extent_changed = Signal(tuple)
    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float, object)
    painted = Signal()

    def __init__(self, dispatcher: Dispatcher, ground: RGB, name: str = "map") -> None:
        # Set before the base class, which resizes itself while it is being made.
        self._ready = False
        #: Extent asked for and not yet changed by the user: kept whole when the widget is resized.
        self._wanted: tuple[Extent, float] | None = None
        super().__init__(background=None)
        self._dispatcher, self._ground, self._key = dispatcher, ground, f"paint.{name}.{id(self)}"
        self._drawings: tuple[Drawing, ...] = ()
        self._box = pg.ViewBox(lockAspect=True, enableMenu=False, invertY=False)
        self._box.setDefaultPadding(0.0)
        self._box.setLimits(
            xMin=WORLD[0],
            xMax=WORLD[2],
            yMin=WORLD[1],
            yMax=WORLD[3],
            minXRange=_CLOSEST_M,
            minYRange=_CLOSEST_M,
        )
        self._picture = _Picture()
        self._box.addItem(self._picture, ignoreBounds=True)
        self.setCentralItem(self._box)
        self._box.sigRangeChanged.connect(self._on_range)
        self._box.sigRangeChangedManually.connect(self._on_user_moved)
        self.scene().sigMouseMoved.connect(self._on_move)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._ready = True
        self.set_ground(ground)

    # ------------------------------------------------------------------ what is shown

    def set_ground(self, ground: RGB) -> None:
        """Set the colour of what is nowhere."""
        self._ground = ground
        self.setBackground(ground)
        self.repaint_scene()

    def show_drawings(self, drawings: Sequence[Drawing]) -> None:
        """Show these drawings, from the bottom up."""
        self._drawings = tuple(drawings)
        self.repaint_scene()

    def add_overlay(self, item: pg.GraphicsObject) -> None:
        """Add a light item drawn on the GUI thread above the picture (selection, sketch)."""
        self._box.addItem(item, ignoreBounds=True)

    def remove_overlay(self, item: pg.GraphicsObject) -> None:
        """Remove an item of :meth:`add_overlay`."""
        self._box.removeItem(item)

    def picture(self) -> QImage | None:
        """The last painted picture (with its margin)."""
        return self._picture.image

    # ------------------------------------------------------------------ where it looks

    def extent(self) -> Extent:
        """What is visible, m."""
        (x0, x1), (y0, y1) = self._box.viewRange()
        return (x0, y0, x1, y1)

    def metres_per_pixel(self) -> float:
        """Metres per logical pixel."""
        x0, _, x1, _ = self.extent()
        return (x1 - x0) / max(self._box.width(), 1.0)

    def zoom_to(self, extent: Extent, margin: float = 0.04) -> None:
        """Show an extent whole."""
        self._wanted = (extent, margin)
        rect = QRectF(extent[0], extent[1], extent[2] - extent[0], extent[3] - extent[1])
        self._box.setRange(rect, padding=margin)

    def zoom_by(self, factor: float) -> None:
        """Zoom around the centre; ``factor`` < 1 comes closer."""
        self._wanted = None
        self._box.scaleBy((factor, factor))

    def pan_by(self, right: float, up: float) -> None:
        """Move by shares of the visible width and height."""
        self._wanted = None
        x0, y0, x1, y1 = self.extent()
        self._box.translateBy(x=(x1 - x0) * right, y=(y1 - y0) * up)

    def to_screen(self, x: float, y: float) -> QPointF:
        """Position of a place in the widget, logical pixels."""
        return self.mapFromScene(self._box.mapViewToScene(QPointF(x, y))).toPointF()

    # ------------------------------------------------------------------ painting

    def repaint_scene(self) -> None:
        """Ask for a new picture; the newest request wins."""
        if not self._ready:
            return
        width, height = round(self._box.width()), round(self._box.height())
        if width < 8 or height < 8 or not self.isVisible():
            return
        ratio = self.devicePixelRatioF()
        x0, y0, x1, y1 = self.extent()
        margin_x, margin_y = round(width * _MARGIN), round(height * _MARGIN)
        per_pixel = (x1 - x0) / width
        scene = Scene(
            extent=(
                x0 - margin_x * per_pixel,
                y0 - margin_y * per_pixel,
                x1 + margin_x * per_pixel,
                y1 + margin_y * per_pixel,
            ),
            width_px=round((width + 2 * margin_x) * ratio),
            height_px=round((height + 2 * margin_y) * ratio),
            ratio=ratio,
            ground=self._ground,
            drawings=self._drawings,
        )

        def work(ticket: Ticket) -> QImage:
            return paint_scene(scene, ticket.dropped)

        self._dispatcher.submit(work, lambda image: self._on_painted(image, scene.extent), key=self._key)

    def _on_painted(self, image: QImage, extent: Extent) -> None:
        self._picture.show(image, extent)
        self.painted.emit()

    # ------------------------------------------------------------------ events

    def _on_range(self) -> None:
        self.repaint_scene()
        self.extent_changed.emit(self.extent())

    def _on_user_moved(self, *_: object) -> None:
        self._wanted = None

    def _on_move(self, position: QPointF) -> None:
        if self._box.sceneBoundingRect().contains(position):
            place = self._box.mapSceneToView(position)
            self.hovered.emit(place.x(), place.y())

    def _on_click(self, event) -> None:
        place = self._box.mapSceneToView(event.scenePos())
        self.clicked.emit(place.x(), place.y(), event)

    def leaveEvent(self, event) -> None:
        """Say that the mouse is no longer on the map."""
        self.left.emit()
        super().leaveEvent(event)

    def resizeEvent(self, event) -> None:
        """Paint again at the new size."""
        super().resizeEvent(event)
        if self._ready and self._wanted is not None:
            self.zoom_to(*self._wanted)
        self.repaint_scene()

    def showEvent(self, event) -> None:
        """Paint when first shown."""
        super().showEvent(event)
        self.repaint_scene()

    def keyPressEvent(self, event) -> None:
        """Arrows pan, + and − zoom."""
        steps = {
            Qt.Key.Key_Left: (-0.15, 0.0),
            Qt.Key.Key_Right: (0.15, 0.0),
            Qt.Key.Key_Up: (0.0, 0.15),
            Qt.Key.Key_Down: (0.0, -0.15),
        }
        if event.key() in steps:
            self.pan_by(*steps[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(0.7)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1 / 0.7)
        else:
            event.ignore()
            return
        event.accept()
