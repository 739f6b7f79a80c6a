"""The map page: canvas, legend, scale, title; follows the project, says what is under the mouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.models.layer_records import dataset_of, standing_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Interval, Layer, Pollutant, RasterShape, Statistic, Territory
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import Mark, symbol_for
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.canvas import MapCanvas
from aqah_desktop.views.map.contents import ContentLoader, LayerContent
from aqah_desktop.views.map.drawings import Surroundings, drawings_of, sample, scale_of
from aqah_desktop.views.map.furniture import Legend, LegendContent, LegendRow, ScaleBar, ZoomButtons
from aqah_desktop.views.map.hits import Hit, find_hits
from aqah_desktop.views.map.outlines import OutlineSet
from aqah_desktop.views.map.scene import ArraySource, Drawing
from aqah_desktop.views.widgets import column, label

_EDGE = 12
_Z95 = 1.96


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
        self._painted_once = False
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
        self.tip = label("")
        self._connect()

    # ------------------------------------------------------------------ following the project

    def _connect(self) -> None:
        project, theme = self._context.project, self._context.theme
        project.layers_changed.connect(self._on_layers)
        project.territory_changed.connect(self._on_territory)
        theme.changed.connect(self._on_theme)
        self.canvas.extent_changed.connect(lambda _: self.scale_bar.set_scale(self.canvas.metres_per_pixel()))
        self.canvas.hovered.connect(self._on_hover)
        self.canvas.clicked.connect(self._on_click)
        self.canvas.painted.connect(self._on_painted)

    def close_page(self) -> None:
        """Stop following the project."""
        self._context.project.layers_changed.disconnect(self._on_layers)
        self._context.project.territory_changed.disconnect(self._on_territory)

    def set_marks(self, pollutant: Pollutant, marks: tuple[Mark, ...]) -> None:
        """Give the annual values of a pollutant (they class sites and stand in the legend)."""
        self._marks[pollutant.value] = marks
        self.refresh()

    def home(self) -> None:
        """Show the whole territory."""
        territory = self._territory()
        if territory is not None:
            self.canvas.zoom_to(territory.extent)

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

    def _on_territory(self, _code: str) -> None:
        self.home()
        self._on_layers(self._context.project.state.layers)

    def _on_layers(self, entries: tuple[LayerEntry, ...]) -> None:
        self.loader.forget({e.id for e in entries} | {f"{e.id}_std" for e in entries})
        self._previews.clear()
        self._asked = {e.id: self._asked[e.id] for e in entries if e.id in self._asked}
        kept = {e.id: c for e in entries if (c := self._contents.get(e.id)) is not None}
        self._contents = {e.id: kept[e.id] for e in entries if e.id in kept and self._is_asked(e)}
        for entry in entries:
            if entry.visible and not self._is_asked(entry):
                self._load(entry)
        self.refresh()

    def _is_asked(self, entry: LayerEntry) -> bool:
        return self._asked.get(entry.id) == f"{entry.origin}|{entry.layer.content_hash}"

    def reload(self, layer_id: str) -> None:
        """Read a layer again: its file came back, or has changed."""
        self._asked.pop(layer_id, None)
        self.loader.forget({e.id for e in self._context.project.state.layers if e.id != layer_id})
        self._on_layers(self._context.project.state.layers)

    def preview_opacity(self, layer_id: str, opacity: float) -> None:
        """Show a layer with another opacity until the project changes (a slider being dragged)."""
        self._previews[layer_id] = opacity
        self.canvas.show_drawings(self._drawings())

    def _load(self, entry: LayerEntry) -> None:
        self._asked[entry.id] = f"{entry.origin}|{entry.layer.content_hash}"
        self._waiting.add(entry.id)
        self._context.dispatcher.submit(
            lambda _: self.loader.load(entry),
            lambda content: self._on_content(entry, content),
            lambda error: self._on_missing(entry, error),
            key=f"load.{id(self)}.{entry.id}",
        )

    def _on_content(self, entry: LayerEntry, content: LayerContent) -> None:
        self._waiting.discard(entry.id)
        self._contents[entry.id] = content
        self.refresh()

    def _on_missing(self, entry: LayerEntry, error: Exception) -> None:
        from aqah_desktop.errors import AqahError

        self._waiting.discard(entry.id)
        if not isinstance(error, AqahError):
            raise error
        self.layer_failed.emit(entry, error)

    def _on_theme(self) -> None:
        self.canvas.set_ground(self._context.theme.tokens.colour("sea"))
        self.refresh()

    def _on_painted(self) -> None:
        if not self._painted_once and not self._waiting and self._contents:
            self._painted_once = True
            self.first_map.emit()

    # ------------------------------------------------------------------ what is shown

    def refresh(self) -> None:
        """Show the drawings of the layers loaded so far, with the legend that belongs to them."""
        self.canvas.show_drawings(self._drawings())
        self._show_words()
        self._place()

    def _drawings(self) -> list[Drawing]:
        layers = tuple(
            replace(e, opacity=self._previews[e.id]) if e.id in self._previews else e
            for e in self._context.project.state.layers
        )
        return drawings_of(layers, self._contents, self.surroundings(self._classing_surface()))

    def surroundings(self, surface: ArraySource | None = None) -> Surroundings:
        """What the drawings of a map depend on; sites are classed by ``surface``."""
        prepared = self.loader.prepared
        pack, state = self._context.services.pack, self._context.project.state
        land = prepared.outlines("land") or prepared.outlines("departments")
        around = Surroundings(
            theme=self._context.theme.tokens,
            marks=self._marks.get(state.pollutant.value, ()),
            surface=surface,
            land=_outlines(land),
            departments=_outlines(prepared.outlines("departments")),
            places=prepared.points("places"),
        )
        territory = pack.territories.get(state.territory)
        limit = prepared.outlines("departments" if territory and territory.kind == "department" else "epci")
        if territory is None or limit is None or territory.code not in limit.codes:
            return around
        return replace(around, territory=_feature(limit, limit.codes.index(territory.code)))

    def _surface(self) -> ArraySource | None:
        entry = self.surface_entry()
        content = self._contents.get(entry.id) if entry else None
        return content.raster if content and isinstance(content.raster, ArraySource) else None

    def _classing_surface(self) -> ArraySource | None:
        """The annual mean on top: annual values class sites by it, never by a change or a deviation."""
        for entry in self._context.project.state.layers:
            measure, content = entry.layer.measure, self._contents.get(entry.id)
            is_mean = measure is not None and measure.statistic is Statistic.ANNUAL_MEAN
            if entry.visible and is_mean and content and isinstance(content.raster, ArraySource):
                return content.raster
        return None

    def _show_words(self) -> None:
        entry, territory = self.surface_entry(), self._territory()
        catalogue = self._context.catalogue
        if territory is None:
            return
        self._subheading.setText(territory.name)
        if entry is None:
            self._heading.setText(self._context.t("window.no_surface"))
            self.legend.show_content(
                LegendContent(self._context.t("window.legend"), rows=self._symbol_rows())
            )
            self.source_changed.emit("", "")
            return
        layer = entry.layer
        title = layer.title.in_language(catalogue.language)
        self._heading.setText(words.map_title(title, layer.measure, catalogue))
        quality, source = self._standing_of(entry)
        self.source_changed.emit(quality, source)
        scale = scale_of(layer.measure, self._contents.get(entry.id))
        self.legend.show_content(
            LegendContent(
                words.legend_title(title, layer.measure, catalogue),
                scale=scale,
                marks=self._mark_words(layer),
                rows_title=self._context.t("window.legend_sites"),
                rows=self._symbol_rows(),
                quality=quality,
            )
        )

    def _standing_of(self, entry: LayerEntry) -> tuple[str, str]:
        pack = self._context.services.pack
        standing = standing_of(entry, self._context.project.state, pack)
        dataset = dataset_of(entry, pack)
        source = dataset.origin.attribution if dataset is not None else ""
        if standing is None:
            return self._context.t("window.no_record"), source
        return words.standing_words(standing, self._context.catalogue), source

    def _mark_words(self, layer: Layer) -> tuple[tuple[float, str], ...]:
        measure = layer.measure
        if measure is None or measure.pollutant is None or measure.statistic != "annual_mean":
            return ()
        marks = self._marks.get(measure.pollutant.value, ())
        return tuple((m.value, self._context.t(f"reporting.framework.{m.framework}")) for m in marks)

    def _symbol_rows(self) -> tuple[LegendRow, ...]:
        rows = []
        theme = self._context.theme.tokens
        for entry in self._context.project.state.layers:
            content = self._contents.get(entry.id)
            if not entry.visible or content is None or content.points is None:
                continue
            kinds = sorted(set(content.points.kinds)) if any(content.points.kinds) else [entry.layer.role]
            for kind in kinds:
                key = f"reporting.kind.{kind}"
                text = (
                    self._context.t(key)
                    if self._context.catalogue.has(key)
                    else self._context.t(entry.layer.title)
                )
                rows.append(LegendRow(text, theme.colour("ink_faint"), symbol_for(kind).shape))
        return tuple(dict.fromkeys(rows))

    # ------------------------------------------------------------------ the mouse

    def value_at(self, x: float, y: float) -> Interval | None:
        """Value of the surface at a place with its 95 % interval, or None."""
        entry, surface = self.surface_entry(), self._surface()
        if entry is None or surface is None:
            return None
        at = (np.array([x]), np.array([y]))
        value = float(sample(surface, *at)[0])
        if not np.isfinite(value):
            return None
        companion = self._contents.get(f"{entry.id}#std")
        if companion is None or not isinstance(companion.raster, ArraySource):
            self._load_companion(entry)
            return Interval(value, value, value)
        half = _Z95 * float(sample(companion.raster, *at)[0])
        return Interval(max(value - half, 0.0), value, value + half, 95.0)

    def _load_companion(self, entry: LayerEntry) -> None:
        layers = self._context.services.pack.layers
        layer = layers.get(entry.layer.uncertainty)
        if layer is None or entry.origin != "pack":
            return
        companion = LayerEntry(layer)

        def keep(content: LayerContent) -> None:
            self._contents[f"{entry.id}#std"] = content

        self._context.dispatcher.submit(
            lambda _: self.loader.load(companion), keep, lambda _: None, key=f"std.{id(self)}.{layer.id}"
        )

    def _on_hover(self, x: float, y: float) -> None:
        value, entry = self.value_at(x, y), self.surface_entry()
        text = ""
        if value is not None and entry is not None and entry.layer.measure is not None:
            catalogue, unit = self._context.catalogue, entry.layer.measure.unit
            text = (
                catalogue.interval(value, unit)
                if value.level is not None
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


def _outlines(lines) -> OutlineSet | None:
    if lines is None:
        return None
    return OutlineSet.from_arrays(lines.coordinates, lines.starts, lines.owner, lines.first)


def _feature(lines, index: int) -> OutlineSet:
    """The rings of one feature alone."""
    parts = np.flatnonzero(lines.owner == index)
    pieces = [lines.coordinates[lines.starts[p] : lines.starts[p + 1]] for p in parts]
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return OutlineSet.from_arrays(np.concatenate(pieces), starts, np.zeros(len(pieces), np.int64))
