"""The place of an action on the map: shown, chosen by clicking communes, drawn as an outline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.parameter_words import Gazetteer
from aqah_desktop.models.sketch import Sketch, rings_of_place
from aqah_desktop.processing.values import WHOLE_TERRITORY
from aqah_desktop.records import Place
from aqah_desktop.storage.drawing_files import Outlines
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.canvas import WORLD
from aqah_desktop.views.map.hits import area_at
from aqah_desktop.views.map.outlines import OutlineSet
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.map.tools import MapTool

#: A click this close to the first vertex closes the outline, px.
_CLOSE_PX = 10.0
Ring = Sequence[tuple[float, float]] | np.ndarray


class _GroundItem(QGraphicsItem):
    """Drawn above the picture in metres; never takes the mouse."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(10)

    def boundingRect(self) -> QRectF:
        return QRectF(WORLD[0], WORLD[1], WORLD[2] - WORLD[0], WORLD[3] - WORLD[1])


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


class PlaceItem(_GroundItem):
    """The chosen place: filled and outlined in the accent of the theme."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._path = QPainterPath()

    def show_rings(self, rings: Iterable[Ring]) -> None:
        """Show closed rings, m."""
        self._path = QPainterPath()
        for ring in rings:
            self._path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in ring]))
        self.update()

    def paint(self, painter: QPainter, _option: object, _widget: object = None) -> None:
        """Fill and outline it."""
        theme = self._context.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_pen(theme.colour("halo", 0.9), 5))
        painter.drawPath(self._path)
        painter.setBrush(theme.colour("accent", 0.28))
        painter.setPen(_pen(theme.colour("accent"), 2.4))
        painter.drawPath(self._path)


class SketchItem(_GroundItem):
    """The outline under the hand: its sides, its corners, the side that follows the mouse."""

    def __init__(self, context: ViewContext, sketch: Sketch) -> None:
        super().__init__()
        self._context, self._sketch = context, sketch
        self.mouse: tuple[float, float] | None = None
        self.bad = False

    def paint(self, painter: QPainter, _option: object, _widget: object = None) -> None:
        """Draw sides and corners; red when they cross."""
        theme, corners = self._context.theme, [QPointF(*v) for v in self._sketch.vertices]
        if not corners:
            return
        colour = "danger" if self.bad else "accent"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = [*corners, QPointF(*self.mouse)] if self.mouse is not None else corners
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(colour, 0.18))
        painter.drawPolygon(QPolygonF(line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (_pen(theme.colour("halo", 0.9), 5), _pen(theme.colour(colour), 2.4)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(line))
        closing = _pen(theme.colour(colour), 1.6)
        closing.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(closing)
        painter.drawLine(line[-1], line[0])
        for pen in (_pen(theme.colour("halo"), 12), _pen(theme.colour(colour), 8)):
            painter.setPen(pen)
            painter.drawPoints(QPolygonF(corners))


class CommunePicker(MapTool):
    """A click adds a commune of the territory, another one removes it."""

    def __init__(
        self,
        context: ViewContext,
        page: MapPage,
        names: Gazetteer,
        codes: tuple[str, ...],
        chosen: Callable[[tuple[str, ...]], None],
    ) -> None:
        super().__init__(context, page)
        self._names, self._before, self._codes, self._chosen = names, codes, codes, chosen
        lines = page.loader.prepared.outlines("communes")
        self._lines = lines
        self._areas = None if lines is None else _set(lines)
        territory = context.services.pack.territories.get(context.project.state.territory)
        self._allowed = frozenset(territory.commune_codes) if territory is not None else frozenset()

    def start(self) -> None:
        """Take the clicks."""
        t = self.context.t
        self.begin(t("forms.picking"), t("forms.finish"))
        self._say()

    def show_codes(self, codes: tuple[str, ...]) -> None:
        """Follow a choice made elsewhere (a chip removed)."""
        self._codes = codes
        self._say()

    def click(self, x: float, y: float) -> None:
        """Add or remove the commune there."""
        owner = None if self._areas is None else area_at(self._areas, x, y)
        if owner is None or self._lines is None:
            return
        code = self._lines.codes[owner]
        if code not in self._allowed:
            if self.banner is not None:
                self.banner.say(self.context.t("forms.picking_elsewhere", name=self._names.name(code)), True)
            return
        without = tuple(c for c in self._codes if c != code)
        self._codes = without if len(without) < len(self._codes) else (*self._codes, code)
        self._chosen(self._codes)
        self._say()

    def double_click(self, x: float, y: float) -> None:
        """Two quick clicks are two clicks."""
        self.click(x, y)

    def give_up(self) -> None:
        """Go back to what was chosen before."""
        self._chosen(self._before)
        self.end()

    def _say(self) -> None:
        if self.banner is None:
            return
        t, count = self.context.t, len(self._codes)
        if count == 1:
            self.banner.say(t("forms.picking_one", name=self._names.name(self._codes[0])))
        else:
            self.banner.say(t("forms.picking_count", count=count) if count else t("forms.picking_none"))


class OutlineSketcher(MapTool):
    """Draws an outline corner by corner."""

    #: Nothing is said of what lies under the mouse meanwhile.
    quiet = True

    def __init__(self, context: ViewContext, page: MapPage, chosen: Callable[[Place], None]) -> None:
        super().__init__(context, page)
        territory = context.services.pack.territories.get(context.project.state.territory)
        self.sketch = Sketch(context.services.pack, territory)
        self._chosen = chosen
        self._item = SketchItem(context, self.sketch)
        self.sketch.changed.connect(self._on_changed)

    def start(self) -> None:
        """Take the clicks."""
        t = self.context.t
        self.page.canvas.add_overlay(self._item)
        self.begin(t("forms.drawing"), t("forms.close_outline"))
        self._on_changed()

    def click(self, x: float, y: float) -> None:
        """Set a corner; on the first one, close."""
        if self.sketch.closes(x, y, _CLOSE_PX * self.page.canvas.metres_per_pixel()):
            self.finish()
        else:
            self.sketch.add(x, y)

    def double_click(self, _x: float, _y: float) -> None:
        """Close: the corner was set by the first half."""
        self.finish()

    def move(self, x: float, y: float) -> None:
        """Let the last side follow the mouse."""
        self._item.mouse = (x, y)
        self._item.update()

    def key(self, key: int) -> bool:
        """Backspace takes the last corner back."""
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.sketch.take_back()
            return True
        return super().key(key)

    def finish(self) -> None:
        """Close the outline, or say what stands against it and go on."""
        try:
            place = self.sketch.close()
        except BadInputError as error:
            words = self.context.catalogue.error(error)
            self._item.bad = True
            self._item.update()
            if self.banner is not None:
                self.banner.say(f"{words.message} {words.remedy}", bad=True)
            return
        self._chosen(place)
        self.end()

    def end(self) -> None:
        """Take the drawing off the map."""
        if self.in_force:
            self.page.canvas.remove_overlay(self._item)
        super().end()

    def _on_changed(self) -> None:
        problem = self.sketch.problem()
        self._item.bad = problem is not None and problem.key == "forms.sketch_crosses"
        self._item.update()
        if self.banner is not None:
            self._say(problem)

    def _say(self, problem: BadInputError | None) -> None:
        assert self.banner is not None
        count = len(self.sketch.vertices)
        if self._item.bad and problem is not None:
            self.banner.say(self.context.catalogue.error(problem).message, bad=True)
        elif count < 3:
            self.banner.say(self.context.t("forms.drawing_few", count=count))
        else:
            area = QPolygonF([QPointF(*v) for v in self.sketch.vertices])
            words = self.context.catalogue.quantity(_area_km2(area), "km²", 2)
            self.banner.say(self.context.t("forms.drawing_area", count=count, area=words))


class PlaceOnMap:
    """Shows the place of the open form on the map, and lets it be chosen there."""

    def __init__(self, context: ViewContext, page: MapPage) -> None:
        self._context, self._page = context, page
        self._item: PlaceItem | None = None
        self._tool: MapTool | None = None

    @property
    def tool(self) -> MapTool | None:
        """The tool in force."""
        return self._tool if self._tool is not None and self._tool.in_force else None

    def show(self, place: object) -> None:
        """Show a place (or commune codes); the whole territory and nothing show nothing."""
        rings = self._rings(place)
        if not rings:
            self.hide()
            return
        if self._item is None:
            self._item = PlaceItem(self._context)
            self._page.canvas.add_overlay(self._item)
        self._item.show_rings(rings)
        self._page.canvas.viewport().update()

    def hide(self) -> None:
        """Show no place."""
        if self._item is not None:
            self._page.canvas.remove_overlay(self._item)
            self._item = None
            self._page.canvas.viewport().update()

    def pick(
        self, names: Gazetteer, codes: tuple[str, ...], chosen: Callable[[tuple[str, ...]], None]
    ) -> CommunePicker:
        """Let the user click communes."""
        self.stop()
        picker = CommunePicker(self._context, self._page, names, codes, chosen)
        self._tool = picker
        picker.start()
        return picker

    def draw(self, chosen: Callable[[Place], None]) -> OutlineSketcher:
        """Let the user draw an outline."""
        self.stop()
        sketcher = OutlineSketcher(self._context, self._page, chosen)
        self._tool = sketcher
        sketcher.start()
        return sketcher

    def stop(self) -> None:
        """End the tool in force, if any."""
        if self._tool is not None:
            self._tool.end()
            self._tool.deleteLater()
            self._tool = None

    def _rings(self, place: object) -> list[Ring]:
        if isinstance(place, tuple):
            place = Place(communes=place)
        if not isinstance(place, Place) or place.communes == (WHOLE_TERRITORY,):
            return []
        if place.polygon_wkt:
            return list(rings_of_place(place))
        lines = self._page.loader.prepared.outlines("communes")
        if lines is None:
            return []
        wanted = {i for i, code in enumerate(lines.codes) if code in set(place.communes)}
        parts = [p for p in range(len(lines.owner)) if int(lines.owner[p]) in wanted] if wanted else []
        return [lines.coordinates[lines.starts[p] : lines.starts[p + 1]] for p in parts]


def _set(lines: Outlines) -> OutlineSet:
    return OutlineSet.from_arrays(lines.coordinates, lines.starts, lines.owner)


def _area_km2(polygon: QPolygonF) -> float:
    x = np.array([polygon.at(i).x() for i in range(polygon.size())])
    y = np.array([polygon.at(i).y() for i in range(polygon.size())])
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2e6
