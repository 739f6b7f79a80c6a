"""When a map is painted: one picture at a time off the GUI thread, the newest view next.

The last picture stays until the next one is there. A pan inside its margin needs no new picture at once;
when the view rests, a wide and coarse picture is painted too, which lies below the sharp one so that
zooming out or a quick pan shows no blank.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.map.camera import Camera
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.painter import paint_scene
from aqah_desktop.views.map.scene import Drawing, LabelDrawing, PointDrawing, Scene
from aqah_desktop.views.qt_dispatch import Dispatcher, Ticket

#: Painted beyond each edge of the view, logical pixels: what a pan may use before the next picture comes.
_MARGIN_PX = 80
#: Left of the margin when a new picture is asked for, logical pixels.
_RESERVE_PX = 48
#: A view that rests this long gets its full margin again and a backdrop, ms.
_REST_MS = 160
#: The backdrop covers this many times the width and height of the view, in as many pixels.
_BACKDROP = 3.0


@dataclass(frozen=True)
class Picture:
    """A painted picture and where it belongs, m."""

    image: QImage
    extent: Extent

    @property
    def metres_per_pixel(self) -> float:
        """Metres per device pixel."""
        return (self.extent[2] - self.extent[0]) / max(self.image.width(), 1)

    def share_of(self, extent: Extent) -> float:
        """Share of an extent that the picture covers, 0–1."""
        own = self.extent
        width = min(own[2], extent[2]) - max(own[0], extent[0])
        height = min(own[3], extent[3]) - max(own[1], extent[1])
        area = (extent[2] - extent[0]) * (extent[3] - extent[1])
        return max(width, 0.0) * max(height, 0.0) / max(area, 1e-9)


class Painting(QObject):
    """The pictures of one canvas.

    Parameters
    ----------
    canvas : QWidget
        Nothing is painted while it is hidden; its screen gives the pixel ratio.
    dispatcher : Dispatcher
        Runs the painting.
    ground : RGB
        Colour where nothing is drawn.
    key : str
        Key of the requests.
    """

    #: There is a new sharp picture.
    arrived = Signal()

    def __init__(self, canvas: QWidget, dispatcher: Dispatcher, ground: RGB, key: str) -> None:
        super().__init__(canvas)
        self._canvas, self._dispatcher, self._key = canvas, dispatcher, key
        self.ground: RGB = ground
        self.drawings: tuple[Drawing, ...] = ()
        self.picture: Picture | None = None
        self.backdrop: Picture | None = None
        self._camera = Camera()
        self._ticket: Ticket | None = None
        self._backdrop_ticket: Ticket | None = None
        self._outdated = True
        self._backdrop_stale = True
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rest)

    def look(self, camera: Camera) -> None:
        """The view has moved."""
        self._camera = camera
        self._stop_backdrop()
        self._rest.start()
        self._go_on()

    def outdated(self) -> None:
        """What is drawn has changed: paint again, now."""
        self._outdated = self._backdrop_stale = True
        if self._ticket is not None:
            # A picture of the former drawings is of no use, and a file it reads may be slow.
            self._ticket.drop()
            self._ticket = None
        self._stop_backdrop()
        self._go_on()

    def _go_on(self) -> None:
        if self._ticket is None and self._can_paint() and (self._outdated or self._falls_short(_RESERVE_PX)):
            self._paint()

    def _can_paint(self) -> bool:
        camera = self._camera
        return min(camera.width, camera.height) >= 8 and self._canvas.isVisible()

    def _falls_short(self, reserve_px: float) -> bool:
        """Whether the picture is of another scale, or leaves less than a reserve beyond an edge."""
        picture, camera = self.picture, self._camera
        if picture is None:
            return True
        ratio = self._canvas.devicePixelRatioF()
        if abs(picture.metres_per_pixel * ratio / camera.metres_per_pixel - 1) > 1e-6:
            return True
        reserve = reserve_px * camera.metres_per_pixel
        own, view = picture.extent, camera.extent
        spare = (view[0] - own[0], view[1] - own[1], own[2] - view[2], own[3] - view[3])
        return min(spare) < reserve

    def _paint(self) -> None:
        self._outdated = False
        scene = self._scene(_MARGIN_PX, self._canvas.devicePixelRatioF(), self.drawings)

        def work(ticket: Ticket) -> QImage:
            return paint_scene(scene, ticket.dropped)

        self._ticket = self._dispatcher.submit(
            work, lambda image: self._on_painted(image, scene.extent), self._on_failed, key=self._key
        )

    def _on_painted(self, image: QImage, extent: Extent) -> None:
        self._ticket = None
        self.picture = Picture(image, extent)
        self.arrived.emit()
        self._rest.start()
        self._go_on()

    def _on_failed(self, error: Exception) -> None:
        self._ticket = None
        raise error

    # ------------------------------------------------------------------ at rest

    def _on_rest(self) -> None:
        if self._ticket is not None or not self._can_paint():
            return
        if self._falls_short(_MARGIN_PX - 8):
            self._paint()
        elif self._backdrop_stale or self._backdrop_is_poor():
            self._paint_backdrop()

    def _backdrop_is_poor(self) -> bool:
        """Whether the backdrop is of another place or of quite another scale than the view."""
        backdrop, camera = self.backdrop, self._camera
        if backdrop is None:
            return True
        finer = camera.metres_per_pixel * _BACKDROP / self._canvas.devicePixelRatioF()
        around = camera.zoomed(_BACKDROP / 2).extent
        return not 0.5 < backdrop.metres_per_pixel / finer < 2.0 or backdrop.share_of(around) < 0.98

    def _stop_backdrop(self) -> None:
        if self._backdrop_ticket is not None:
            self._backdrop_ticket.drop()
            self._backdrop_ticket = None

    def _paint_backdrop(self) -> None:
        self._backdrop_stale = False
        drawings = tuple(d for d in self.drawings if not isinstance(d, (LabelDrawing, PointDrawing)))
        camera = self._camera
        margin = (_BACKDROP - 1) / 2 * max(camera.width, camera.height)
        scene = self._scene(margin, self._canvas.devicePixelRatioF() / _BACKDROP, drawings)
        self._backdrop_ticket = self._dispatcher.submit(
            lambda ticket: paint_scene(scene, ticket.dropped),
            lambda image: self._on_backdrop(image, scene.extent),
            self._on_failed,
            key=f"{self._key}.backdrop",
        )

    def _on_backdrop(self, image: QImage, extent: Extent) -> None:
        self._backdrop_ticket = None
        self.backdrop = Picture(image, extent)

    def _scene(self, margin_px: float, ratio: float, drawings: tuple[Drawing, ...]) -> Scene:
        camera = self._camera
        step = camera.metres_per_pixel / ratio
        width_px = round((camera.width + 2 * margin_px) * ratio)
        height_px = round((camera.height + 2 * margin_px) * ratio)
        half_x, half_y = width_px * step / 2, height_px * step / 2
        return Scene(
            extent=(camera.x - half_x, camera.y - half_y, camera.x + half_x, camera.y + half_y),
            width_px=width_px,
            height_px=height_px,
            ratio=ratio,
            ground=self.ground,
            drawings=drawings,
        )
