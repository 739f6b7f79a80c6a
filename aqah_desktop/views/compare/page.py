"""The page that compares two maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.models import comparison
from aqah_desktop.models.comparison import Surface
from aqah_desktop.models.comparison_words import marks_in_words, reading_of, summary_of, titles_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import RasterShape
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import ColourScale
from aqah_desktop.views.compare.bar import CompareBar
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.contents import ContentLoader, LayerContent
from aqah_desktop.views.map.curtain import Linked, Mode, TwoMaps
from aqah_desktop.views.map.drawings import drawings_of, sample
from aqah_desktop.views.map.furniture import ScaleBar, ZoomButtons
from aqah_desktop.views.map.legend import Legend, LegendContent
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.map.scene import ArraySource, Drawing, PointDrawing, RasterDrawing
from aqah_desktop.views.simulate.cards import ErrorCard
from aqah_desktop.views.widgets import clear, column, label

_EDGE = 12
_OPACITY = 0.9
#: Space around the words of a chip, px.
_CHIP = 26


@dataclass(frozen=True, eq=False)
class Pair:
    """Two maps in memory, their difference or why there is none, and the scales they are drawn in."""

    a: LayerEntry
    b: LayerEntry
    first: Surface
    second: Surface
    scale: ColourScale
    change: Surface | None
    change_scale: ColourScale | None
    problem: AqahError | None = None

    @property
    def unit(self) -> str:
        """Unit of both."""
        return self.a.layer.measure.unit if self.a.layer.measure else ""


def read_pair(loader: ContentLoader, a: LayerEntry, b: LayerEntry) -> Pair:
    """Read two maps and take their difference; on a worker thread.

    Raises
    ------
    AqahError
        A map cannot be read, or is too large for memory.
    """
    first, second = _surface(loader, a), _surface(loader, b)
    scale = comparison.common_scale(a.layer.measure, first, second)
    unit = a.layer.measure.unit if a.layer.measure else ""
    try:
        change = comparison.difference(first, second)
    except BadInputError as error:
        return Pair(a, b, first, second, scale, None, None, error)
    return Pair(a, b, first, second, scale, change, comparison.centred_scale(change, unit))


def _surface(loader: ContentLoader, entry: LayerEntry) -> Surface:
    source = loader.load(entry).raster
    if not isinstance(source, ArraySource):
        raise BadInputError("compare.not_in_memory")
    return Surface(source.values, source.grid)


class ComparePage(QWidget):
    """Maps A and B with their bar, legend and scale."""

    closed = Signal()
    #: The table by commune is wanted.
    table_asked = Signal()
    #: Place under the mouse (m) and the words to show for it.
    hovered = Signal(float, float, str)
    #: Two maps are shown: their entries.
    pair_shown = Signal(object, object)

    def __init__(self, context: ViewContext, map_page: MapPage) -> None:
        super().__init__()
        self._context, self._map = context, map_page
        self._pair: Pair | None = None
        self._mode = "curtain"
        self._every: tuple[LayerEntry, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.bar, self.maps = CompareBar(context), TwoMaps(context)
        self._body = QStackedWidget()
        self._body.addWidget(self.maps)
        self._message = QWidget()
        self._message.setObjectName("page")
        self._message_layout = column(self._message, margins=40, spacing=8)
        self._body.addWidget(self._message)
        layout.addWidget(self.bar)
        layout.addWidget(self._body, 1)
        self._furnish()
        self._linked = Linked(self.maps.first, self.maps.second, map_page.canvas)
        self._linked.set_on(False)
        self._connect()

    def _furnish(self) -> None:
        context = self._context
        self.legend, self.scale_bar = Legend(context, self.maps), ScaleBar(context, self.maps)
        self.legend.set_roomy(False)
        self._zoom = ZoomButtons(context, self.maps)
        self._chips = {"a": label("", "strong"), "b": label("", "strong")}
        self._names = {"a": "", "b": ""}
        for chip in self._chips.values():
            chip.setParent(self.maps)
            chip.setObjectName("card")
            chip.setContentsMargins(10, 6, 10, 6)
            chip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _connect(self) -> None:
        project, theme, maps = self._context.project, self._context.theme, self.maps
        self.bar.chosen.connect(self.choose)
        self.bar.mode_chosen.connect(self.set_mode)
        self.bar.closed.connect(self.closed)
        self.bar.table_asked.connect(self.table_asked)
        maps.handle.moved.connect(lambda _: self._place())
        maps.first.extent_changed.connect(
            lambda _: self.scale_bar.set_scale(self.maps.first.metres_per_pixel())
        )
        self.legend.resized.connect(self._place)
        for canvas in (maps.first, maps.second):
            canvas.hovered.connect(self._on_hover)
        theme.changed.connect(self._on_theme)
        project.layers_changed.connect(self._on_project)

    def release(self) -> None:
        """Stop following the project."""
        self._context.project.layers_changed.disconnect(self._on_project)

    # ------------------------------------------------------------------ what is compared

    def possible(self) -> bool:
        """Whether there are two maps to compare."""
        every = comparison.candidates(self._context.project.state, self._context.services.pack)
        return comparison.default_pair(self._context.project.state, every) is not None

    def open_pair(self, run_id: str = "") -> None:
        """Compare before and after of a run, else what was compared last, else the obvious pair."""
        state = self._context.project.state
        self._every = comparison.candidates(state, self._context.services.pack)
        found = comparison.pair_of_run(run_id, self._every) if run_id else self._kept()
        found = found or comparison.default_pair(state, self._every)
        self._look()
        if found is None:
            self._say(label(self._context.t("compare.nothing"), "soft", wrap=True))
            return
        self.choose(found[0].id, found[1].id)

    def _look(self) -> None:
        """Look where the map looks."""
        self._linked.set_on(True)
        self._linked.follow(self._map.canvas)

    def leave(self) -> None:
        """The page is no longer shown: the map goes its own way again."""
        self._linked.set_on(False)
        if self.maps.first.wanted_extent() is not None:
            self._map.home()

    def _kept(self) -> tuple[LayerEntry, LayerEntry] | None:
        if self._pair is None:
            return None
        known = {e.id: e for e in self._every}
        a, b = known.get(self._pair.a.id), known.get(self._pair.b.id)
        return (a, b) if a is not None and b is not None else None

    def choose(self, a_id: str, b_id: str) -> None:
        """Compare two maps."""
        known = {e.id: e for e in self._every}
        a, b = known[a_id], known[b_id]
        titles = titles_of(self._every, self._context.project.state, self._context.services.catalogue)
        self.bar.show_choice(self._every, titles, a_id, b_id)
        for letter, entry in (("a", a), ("b", b)):
            self._names[letter] = self._context.t(
                "compare.chip", letter=letter.upper(), title=titles[entry.id]
            )
        loader = self._map.loader
        self._context.dispatcher.submit(
            lambda _: read_pair(loader, a, b), self._on_pair, self._on_failed, key=f"compare.{id(self)}"
        )

    def _on_pair(self, pair: Pair) -> None:
        self._pair = pair
        territory = self._context.services.pack.territories.get(self._context.project.state.territory)
        extent = territory.extent if territory is not None else None
        catalogue = self._context.catalogue
        short, whole = ("", "")
        if pair.change is not None:
            short, whole = summary_of(pair.change, pair.unit, extent, catalogue)
        self.bar.show_summary(short, whole)
        self.bar.show_table(bool(comparison.run_of(pair.a, pair.b)))
        self.pair_shown.emit(pair.a, pair.b)
        self.set_mode(self._mode)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._say(ErrorCard(self._context, error, self._context.t("compare.cannot")))

    def set_mode(self, name: str) -> None:
        """Show the two maps behind the curtain, side by side, or their difference."""
        self._mode = name
        self.bar.show_mode(name)
        pair = self._pair
        if pair is None:
            return
        if name == "difference" and pair.change is None:
            assert pair.problem is not None
            self._say(ErrorCard(self._context, pair.problem, self._context.t("compare.cannot")))
            return
        modes = {"curtain": Mode.CURTAIN, "side": Mode.SIDE, "difference": Mode.SINGLE}
        self._body.setCurrentWidget(self.maps)
        self.maps.set_mode(modes[name])
        self._linked.follow(self.maps.first)
        self._draw()
        if name == "curtain":
            self.maps.handle.setFocus()

    # ------------------------------------------------------------------ what is drawn

    def _draw(self) -> None:
        pair = self._pair
        if pair is None:
            return
        if self._mode == "difference" and pair.change is not None and pair.change_scale is not None:
            self.maps.first.show_drawings(self._drawings(pair.a, pair.change, pair.change_scale, False))
        else:
            self.maps.first.show_drawings(self._drawings(pair.a, pair.first, pair.scale))
            self.maps.second.show_drawings(self._drawings(pair.b, pair.second, pair.scale))
        self._show_legend(pair)
        self._place()

    def _drawings(
        self, entry: LayerEntry, surface: Surface, scale: ColourScale, sites: bool = True
    ) -> list[Drawing]:
        """Drawings of one map: its surface in the given scale, with the lines and points of the project."""
        source = ArraySource(surface.values, surface.grid)
        others = tuple(
            e for e in self._context.project.state.layers if not isinstance(e.layer.shape, RasterShape)
        )
        contents = {e.id: c for e in others if (c := self._map.content(e.id)) is not None}
        shown = replace(entry, visible=True, opacity=_OPACITY)
        around = self._map.surroundings(source if sites else None)
        drawn = drawings_of((*others, shown), {**contents, entry.id: LayerContent(raster=source)}, around)
        kept = [d for d in drawn if sites or not isinstance(d, PointDrawing)]
        return [replace(d, scale=scale) if isinstance(d, RasterDrawing) else d for d in kept]

    def _show_legend(self, pair: Pair) -> None:
        catalogue, t = self._context.catalogue, self._context.t
        measure = pair.a.layer.measure
        if self._mode == "difference":
            title = f"{t('compare.legend_difference')} ({pair.unit})"
            subtitle = t("compare.legend_lower")
            self.legend.show_content(LegendContent(title, subtitle=subtitle, scale=pair.change_scale))
            return
        name = words.legend_title(pair.a.layer.title.in_language(catalogue.language), measure, catalogue)
        title = f"{name} ({pair.unit})"
        marks = marks_in_words(measure, self._map.surroundings().marks, catalogue)
        content = LegendContent(title, subtitle=t("compare.legend_common"), scale=pair.scale, marks=marks)
        self.legend.show_content(content)

    def _on_theme(self) -> None:
        ground = self._context.theme.tokens.colour("sea")
        for canvas in (self.maps.first, self.maps.second):
            canvas.set_ground(ground)
        self._draw()

    def _on_project(self, _entries: object) -> None:
        """Follow the layers; a map that is gone is replaced by the obvious pair."""
        if not self.isVisible():
            return
        state = self._context.project.state
        self._every = comparison.candidates(state, self._context.services.pack)
        if self._kept() is None:
            self.open_pair()
        else:
            self._draw()

    def _say(self, widget: QWidget) -> None:
        clear(self._message_layout)
        self._message_layout.addWidget(widget)
        self._message_layout.addStretch(1)
        self._body.setCurrentWidget(self._message)

    # ------------------------------------------------------------------ mouse and places

    def _on_hover(self, x: float, y: float) -> None:
        pair, text = self._pair, ""
        if pair is not None:
            at = (np.array([x]), np.array([y]))
            a, b = (float(sample(ArraySource(s.values, s.grid), *at)[0]) for s in (pair.first, pair.second))
            text = reading_of(a, b, pair.unit, self._context.catalogue)
        self.hovered.emit(x, y, text)

    def resizeEvent(self, event) -> None:
        """Keep the furniture in its corners."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        maps = self.maps
        width, height = maps.width(), maps.height()
        self._zoom.adjustSize()
        self._zoom.move(width - self._zoom.width() - _EDGE, _EDGE + 44)
        self.legend.move(_EDGE, max(height - self.legend.height() - _EDGE, 52))
        self.scale_bar.move(width - self.scale_bar.width() - _EDGE, height - self.scale_bar.height() - _EDGE)
        for letter, canvas in (("a", maps.first), ("b", maps.second)):
            self._place_chip(letter, maps.part_of(canvas))
        for widget in (self.legend, self.scale_bar, self._zoom, *self._chips.values()):
            widget.raise_()
        maps.handle.raise_()

    def _place_chip(self, letter: str, part: QRectF) -> None:
        """Name a map at the outer corner of what is seen of it; too narrow a part has no name."""
        chip, name = self._chips[letter], self._names[letter]
        metrics = chip.fontMetrics()
        room = part.width() - 2 * _EDGE - _CHIP
        words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(int(room), 0))
        chip.setVisible(self._mode != "difference" and room > 90)
        chip.setText(words)
        chip.setToolTip(name)
        chip.resize(metrics.horizontalAdvance(words) + _CHIP, chip.sizeHint().height())
        x = part.right() - chip.width() - _EDGE if letter == "b" else part.left() + _EDGE
        chip.move(int(x), _EDGE)
