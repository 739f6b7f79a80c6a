"""The map page: canvas, legend, scale, title; follows the project, says what is under the mouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Interval, Pollutant, RasterShape, Statistic, Territory
from aqah_desktop.reporting.style import Mark
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.canvas import MapCanvas
from aqah_desktop.views.map.contents import ContentLoader, LayerContent
from aqah_desktop.views.map.drawings import Surroundings, drawings_of, sample
from aqah_desktop.views.map.furniture import ScaleBar, ZoomButtons
from aqah_desktop.views.map.hits import Hit, find_hits
from aqah_desktop.views.map.legend import Legend
from aqah_desktop.views.map.legend_words import LegendWords, Shown
from aqah_desktop.views.map.scene import ArraySource, Drawing
from aqah_desktop.views.map.surroundings import GroundReader
from aqah_desktop.views.widgets import column, label

_EDGE = 12
_Z95 = 1.96
#: How long the former map is kept while layers are read, rather than one that lacks some of them, ms.
_PATIENCE_MS = 250
#: On a smaller map the legend is folded, px.
_ROOMY = (1000, 560)
#: Name among what is awaited, beside layer ids.
_GROUND = "#ground"


class MapPage(QWidget):
    """The map of the open territory."""

    #: Place under the mouse (m) and the words to show for it.
    hovered = Signal(float, float, str)
    #: Features under a click, the most likely first.
    clicked = Signal(float, float, list)
    #: Quality and source of what is shown.
    source_changed = Signal(str, str)
    #: The first map of the open territory is on screen.
    first_map = Signal()
    #: A layer that cannot be shown, and why.
    layer_failed = Signal(object, object)

    def __init__(self, context: ViewContext, loader: ContentLoader) -> None:
        super().__init__()
        self._context, self.loader = context, loader
        self._contents: dict[str, LayerContent] = {}
        self._waiting: set[str] = set()
        #: What was asked for each layer, so that one that failed is not asked again until it changes.
        self._asked: dict[str, str] = {}
        self._previews: dict[str, float] = {}
        self._marks: dict[str, tuple[Mark, ...]] = {}
        self._painted_once = self._complete = False
        #: Territory and layers followed so far: what is announced twice is done once.
        self._followed: tuple[str, tuple[LayerEntry, ...]] = ("", ())
        self._ground = GroundReader(loader.prepared)
        self._words = LegendWords(context)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self.refresh)
        #: What clicks mean while something is chosen or drawn on the map; None = what lies there.
        self.tool: object | None = None
        self.canvas = MapCanvas(context.dispatcher, context.theme.tokens.colour("sea"))
        self.canvas.setParent(self)
        self.canvas.setAccessibleName(context.t("window.map"))
        self._title = QFrame(self)
        self._title.setObjectName("card")
        self._title_layout = column(self._title, margins=10, spacing=2)
        self._heading, self._subheading = label("", "heading"), label("", "note")
        self._title_layout.addWidget(self._heading)
        self._title_layout.addWidget(self._subheading)
        self._title.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.legend = Legend(context, self)
        self.scale_bar = ScaleBar(context, self)
        self._zoom = ZoomButtons(context, self)
        self._connect()

    # ------------------------------------------------------------------ following the project

    def _connect(self) -> None:
        project, theme = self._context.project, self._context.theme
        project.layers_changed.connect(self._on_announced_layers)
        project.territory_changed.connect(self._on_territory)
        theme.changed.connect(self._on_theme)
        self.legend.resized.connect(self._on_legend)
        self.canvas.extent_changed.connect(lambda _: self.scale_bar.set_scale(self.canvas.metres_per_pixel()))
        self.canvas.hovered.connect(self._on_hover)
        self.canvas.clicked.connect(self._on_click)
        self.canvas.painted.connect(self._on_painted)

    def close_page(self) -> None:
        """Stop following the project."""
        self._context.project.layers_changed.disconnect(self._on_announced_layers)
        self._context.project.territory_changed.disconnect(self._on_territory)

    def set_marks(self, pollutant: Pollutant, marks: tuple[Mark, ...]) -> None:
        """Give the annual values of a pollutant (they class sites and stand in the legend)."""
        self._marks[pollutant.value] = marks
        self._refresh_soon()

    def home(self) -> None:
        """Show the whole territory, beside or above the legend."""
        territory = self._territory()
        if territory is not None:
            self.legend.set_roomy(self.width() >= _ROOMY[0] and self.height() >= _ROOMY[1])
            self.canvas.zoom_to(territory.extent, insets=self._insets(territory))

    def _insets(self, territory: Territory) -> tuple[int, int, int, int]:
        """Room left free for the legend: on its side or above it, whichever shows the territory larger."""
        beside = (self.legend.width() + _EDGE, 0, 0, 0)
        above = (0, 0, 0, self.legend.height() + _EDGE)
        camera = self.canvas.camera()
        return min(
            (beside, above), key=lambda free: camera.fitted(territory.extent, 0.0, free).metres_per_pixel
        )

    def set_tool(self, tool: object | None) -> None:
        """Give the clicks to a tool, or back to what lies there; its banner takes the place of the title."""
        self.tool = tool
        self._title.setVisible(tool is None)

    def surface_entry(self) -> LayerEntry | None:
        """The raster on top among the visible ones."""
        for entry in self._context.project.state.layers:
            is_surface = isinstance(entry.layer.shape, RasterShape) and entry.layer.role != BACKGROUND
            if entry.visible and is_surface:
                return entry
        return None

    def content(self, layer_id: str) -> LayerContent | None:
        """Content of a layer that was loaded."""
        return self._contents.get(layer_id)

    def _territory(self) -> Territory | None:
        return self._context.services.pack.territories.get(self._context.project.state.territory)

    def _on_territory(self, code: str) -> None:
        if code == self._followed[0]:
            return
        self._followed = (code, ())
        territory = self._territory()
        self._await(_GROUND)
        self._context.dispatcher.submit(
            lambda _: self._ground.read(territory), lambda _: self._arrived(_GROUND), key=f"ground.{id(self)}"
        )
        self.home()
        self._on_announced_layers(self._context.project.state.layers)

    def _on_announced_layers(self, entries: tuple[LayerEntry, ...]) -> None:
        if entries != self._followed[1]:
            self._followed = (self._followed[0], entries)
            self._on_layers(entries)

    def _on_layers(self, entries: tuple[LayerEntry, ...]) -> None:
        self.loader.forget({e.id for e in entries} | {f"{e.id}_std" for e in entries})
        self._previews.clear()
        self._asked = {e.id: self._asked[e.id] for e in entries if e.id in self._asked}
        # A layer that is read again is shown as it was until then.
        self._contents = {e.id: c for e in entries if (c := self._contents.get(e.id)) is not None}
        for entry in entries:
            if entry.visible and not self._is_asked(entry):
                self._load(entry)
        self._refresh_soon()

    def _is_asked(self, entry: LayerEntry) -> bool:
        return self._asked.get(entry.id) == f"{entry.origin}|{entry.layer.content_hash}"

    def reload(self, layer_id: str) -> None:
        """Read a layer again: its file came back, or has changed."""
        self._asked.pop(layer_id, None)
        self.loader.forget({e.id for e in self._context.project.state.layers if e.id != layer_id})
        self._on_layers(self._context.project.state.layers)

    def renew(self, entry: LayerEntry, content: LayerContent) -> None:
        """Show better content of a layer that is on the map."""
        self.loader.put(entry, content)
        self._on_content(entry, content)

    def preview_opacity(self, layer_id: str, opacity: float) -> None:
        """Show a layer with another opacity until the project changes (a slider being dragged)."""
        self._previews[layer_id] = opacity
        self.canvas.show_drawings(self._drawings())

    def _load(self, entry: LayerEntry) -> None:
        self._asked[entry.id] = f"{entry.origin}|{entry.layer.content_hash}"
        self._await(entry.id)
        self._context.dispatcher.submit(
            lambda _: self.loader.load(entry),
            lambda content: self._on_content(entry, content),
            lambda error: self._on_missing(entry, error),
            key=f"load.{id(self)}.{entry.id}",
        )

    def _on_content(self, entry: LayerEntry, content: LayerContent) -> None:
        self._contents[entry.id] = content
        self._arrived(entry.id)

    def _on_missing(self, entry: LayerEntry, error: Exception) -> None:
        from aqah_desktop.errors import AqahError

        self._contents.pop(entry.id, None)
        self._arrived(entry.id)
        if not isinstance(error, AqahError):
            raise error
        self.layer_failed.emit(entry, error)

    def _await(self, name: str) -> None:
        self._waiting.add(name)
        self._patience.start()

    def _arrived(self, name: str) -> None:
        self._waiting.discard(name)
        self._refresh_soon()

    def _refresh_soon(self) -> None:
        """Once for everything that changes at the same time, and not before it is all there."""
        if not self._waiting:
            self._patience.stop()
        if not self._patience.isActive():
            self._soon.start()

    def _on_theme(self) -> None:
        self.canvas.set_ground(self._context.theme.tokens.colour("sea"))
        self.refresh()

    def _on_painted(self) -> None:
        if not self._painted_once and self._complete:
            self._painted_once = True
            self.first_map.emit()

    # ------------------------------------------------------------------ what is shown

    def refresh(self) -> None:
        """Show the drawings of the layers loaded so far, with the legend that belongs to them."""
        drawings = self._drawings()
        self._complete = not self._waiting and bool(self._contents)
        # Words first: the room the legend takes is part of where the map looks.
        self._show_words(drawings)
        self._place()
        self.canvas.show_drawings(drawings)

    def _drawings(self) -> list[Drawing]:
        layers = tuple(
            replace(e, opacity=self._previews[e.id]) if e.id in self._previews else e
            for e in self._context.project.state.layers
        )
        return drawings_of(layers, self._contents, self.surroundings(self._classing_surface()))

    def surroundings(self, surface: ArraySource | None = None) -> Surroundings:
        """What the drawings of a map depend on; sites are classed by ``surface``."""
        marks = self._marks.get(self._context.project.state.pollutant.value, ())
        ground = self._ground.read(self._territory())
        return Surroundings(self._context.theme.tokens, marks, surface, ground)

    def _surface(self) -> ArraySource | None:
        entry = self.surface_entry()
        content = self._contents.get(entry.id) if entry else None
        return content.raster.shown() if content and content.raster is not None else None

    def _classing_surface(self) -> ArraySource | None:
        """The annual mean on top: annual values class sites by it, never by a change or a deviation."""
        for entry in self._context.project.state.layers:
            measure, content = entry.layer.measure, self._contents.get(entry.id)
            is_mean = measure is not None and measure.statistic is Statistic.ANNUAL_MEAN
            if entry.visible and is_mean and content and isinstance(content.raster, ArraySource):
                return content.raster
        return None

    def _show_words(self, drawings: list[Drawing]) -> None:
        surface, territory = self.surface_entry(), self._territory()
        if territory is None:
            return
        self._subheading.setText(territory.name)
        self._heading.setText(self._words.title(surface))
        self.source_changed.emit(*self._words.standing(surface))
        layers = self._context.project.state.layers
        shown = Shown(layers, self._contents, tuple(drawings), surface, self._marks, territory.extent)
        self.legend.show_content(self._words.legend(shown))

    # ------------------------------------------------------------------ the mouse

    def value_at(self, x: float, y: float) -> Interval | None:
        """Value of the surface at a place with its 95 % interval, or the bounds of a result; or None."""
        entry, surface = self.surface_entry(), self._surface()
        if entry is None or surface is None:
            return None
        at = (np.array([x]), np.array([y]))
        value = float(sample(surface, *at)[0])
        if not np.isfinite(value):
            return None
        bounds = self._contents[entry.id].bounds
        if bounds is not None:
            low, high = (float(sample(bound, *at)[0]) for bound in bounds)
            return Interval(low, value, high)
        std = self._contents[entry.id].std
        deviation = float(sample(std, *at)[0]) if std is not None else np.nan
        if not np.isfinite(deviation):
            return Interval(value, value, value)
        half = _Z95 * deviation
        return Interval(max(value - half, 0.0), value, value + half, 95.0)

    def _on_hover(self, x: float, y: float) -> None:
        value, entry = self.value_at(x, y), self.surface_entry()
        text = ""
        if value is not None and entry is not None:
            measure = entry.layer.measure
            catalogue, unit = self._context.catalogue, measure.unit if measure is not None else ""
            text = (
                catalogue.interval(value, unit)
                if value.low != value.high
                else catalogue.quantity(value.central, unit)
            )
        self.hovered.emit(x, y, text)

    def _on_click(self, x: float, y: float, _event: object) -> None:
        if self.tool is not None:
            return
        hits = self.hits(x, y)
        self.clicked.emit(x, y, hits)

    def hits(self, x: float, y: float) -> list[Hit]:
        """Features at a place."""
        layers = self._context.project.state.layers
        return find_hits(layers, self._contents, (x, y), self.canvas.metres_per_pixel())

    # ------------------------------------------------------------------ placing

    def resizeEvent(self, event) -> None:
        """Keep the furniture in its corners."""
        super().resizeEvent(event)
        self.canvas.setGeometry(self.rect())
        self._place()
        self._home_again()

    def _on_legend(self) -> None:
        self._place()
        self._home_again()

    def _home_again(self) -> None:
        """Keep the whole territory in view, unless the user went elsewhere."""
        territory = self._territory()
        if territory is not None and self.canvas.wanted_extent() == territory.extent:
            self.home()

    def _place(self) -> None:
        width, height = self.width(), self.height()
        self._title.adjustSize()
        self._title.move(_EDGE, _EDGE)
        self._zoom.adjustSize()
        self._zoom.move(width - self._zoom.width() - _EDGE, _EDGE)
        self.legend.move(
            _EDGE, max(height - self.legend.height() - _EDGE, self._title.geometry().bottom() + 8)
        )
        self.scale_bar.move(width - self.scale_bar.width() - _EDGE, height - self.scale_bar.height() - _EDGE)
