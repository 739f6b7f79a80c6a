"""The panel beside the map: graphic legend with unit, classes and annual values, symbols, notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aqah_desktop.reporting.mapdraw import MapCanvas, stamp, symbol_classes, symbol_colour
from aqah_desktop.reporting.mappage import Page
from aqah_desktop.reporting.maprequest import MapRequest, Outlines, Surface, Symbols
from aqah_desktop.reporting.style import SYMBOLS, ColourScale, Mark, SymbolStyle, symbol_for
from aqah_desktop.reporting.typography import LINE_HEIGHT, Box, Ink

_BAR_WIDTH = 30.0
_SWATCH = 22.0
_TALLEST_CLASS = 24.0
_SMALLEST_LABEL_STEP = 15.5

#: The panel is drawn at these scales in turn until everything stands in it.
_SCALES = (1.0, 0.93, 0.86, 0.8, 0.74, 0.68, 0.62, 0.56, 0.5, 0.44)


def draw_legend(page: Page, request: MapRequest, area: Box) -> None:
    """Draw the panel, smaller when its content would not fit.

    Parameters
    ----------
    page : Page
        Receives the panel, its places and its text boxes.
    request : MapRequest
        What the map shows.
    area : Box
        Where the panel stands, logical pixels.
    """
    width, height = area[2] - area[0], area[3] - area[1]
    for scale in _SCALES:
        settings = replace(
            page.settings,
            width=round(width / scale),
            height=round(height / scale),
            pixel_ratio=page.ratio * scale,
            header=False,
            footer=False,
        )
        own = Page(settings)
        if "no_data" in page.places:
            own.places["no_data"] = page.places["no_data"]
        panel = LegendPanel(own, (0.0, 0.0, settings.width, settings.height))
        if panel.draw(request):
            break
    page.absorb(own, (area[0], area[1]))


class LegendPanel:
    """Fills the panel from top to bottom; the notice stands at the bottom.

    Parameters
    ----------
    page : Page
        Where to draw.
    area : Box
        The panel, logical pixels.
    """

    def __init__(self, page: Page, area: Box) -> None:
        self.page, self.area = page, area
        pad = page.theme.space("large") - 2
        self._x0, self._x1 = area[0] + pad, area[2] - pad
        self._y = area[1] + pad
        self._floor = area[3] - pad

    def draw(self, request: MapRequest) -> bool:
        """Draw everything the request has; whether it all stood in the panel."""
        self._notice(request.texts.notice)
        if request.surface is not None:
            self._surface(request, request.surface)
        if request.symbols is not None and len(request.symbols.x):
            self._symbols(request.symbols)
        for points in request.points:
            self._point_rows(points)
        for group in request.outlines:
            if group.legend:
                self._outline_row(group)
        return self._y <= self._floor + 4

    # ------------------------------------------------------------------ raster

    def _surface(self, request: MapRequest, surface: Surface) -> None:
        page = self.page
        heading = page.ink("heading", weight=600)
        self._paragraph(surface.title or request.texts.title, heading)
        self._paragraph(surface.scale.unit, page.ink("body", "ink_soft"))
        self._y += 14
        rows = self._rows_below(request)
        count = len(surface.scale.colours)
        height = min(_TALLEST_CLASS, max((self._floor - self._y - rows) / count, 8.0))
        self._bar(surface, height)
        if surface.weak is not None:
            self._hatched_row(surface.weak_text)
        if page.places.get("no_data"):
            self._swatch_row(page.text("legend.no_data"), "no_data")

    def _rows_below(self, request: MapRequest) -> float:
        """Height that the rest of the legend will take, so that the bar leaves room for it."""
        surface, symbols = request.surface, request.symbols
        rows = 34.0 if surface is not None and surface.weak is not None else 0.0
        rows += 34.0 if self.page.places.get("no_data") else 0.0
        if symbols is not None and len(symbols.x):
            rows += 50 + 24.0 * (len(grouped_kinds(symbols)) + len(self._classes(symbols)))
        rows += 24.0 * sum(len(grouped_kinds(points)) for points in request.points)
        return rows + 24 + 30.0 * sum(bool(g.legend) for g in request.outlines)

    def _bar(self, surface: Surface, height: float) -> None:
        """Classes stacked, highest on top, numbers at the breaks."""
        page, scale = self.page, surface.scale
        top, x0 = self._y, self._x0
        edge = page.theme.colour("line_strong")
        page.rectangle((x0 - 1, top - 1, x0 + _BAR_WIDTH + 1, top + len(scale.colours) * height + 1), edge)
        for i, colour in enumerate(reversed(scale.colours)):
            y = top + i * height
            page.rectangle((x0, y, x0 + _BAR_WIDTH, y + height), colour)
        bottom = top + len(scale.colours) * height
        page.places["legend_bar"] = (x0, top, x0 + _BAR_WIDTH, bottom)
        self._break_labels(surface, bottom, height)
        self._y = bottom + 16

    def _break_labels(self, surface: Surface, bottom: float, height: float) -> None:
        scale = surface.scale
        marks = {m.value: m for m in surface.marks if m.value in scale.breaks}
        places = {b: bottom - (i + 1) * height for i, b in enumerate(scale.breaks)}
        used = [places[b] for b in marks]
        for value, mark in marks.items():
            self._mark_label(scale, mark, places[value])
        for value, y in places.items():
            if value in marks or any(abs(y - other) < _SMALLEST_LABEL_STEP for other in used):
                continue
            used.append(y)
            self._break_label(scale, value, y, signed=scale.diverging)

    def _break_label(self, scale: ColourScale, value: float, y: float, signed: bool) -> None:
        page, x = self.page, self._x0 + _BAR_WIDTH
        page.rectangle((x, y - 0.5, x + 5, y + 0.5), page.theme.colour("line_strong"))
        number = self._number(scale, value)
        text = f"+{number}" if signed and value > 0 else number
        page.writer.line((x + 11, y), text, page.ink("body", "ink_soft"), self.area, "lm")

    def _mark_label(self, scale: ColourScale, mark: Mark, y: float) -> None:
        page, x0 = self.page, self._x0
        x = x0 + _BAR_WIDTH
        page.rectangle((x0 - 4, y - 1, x + 7, y + 1), page.theme.colour("ink"))
        strong = page.ink("body", weight=700)
        number = self._number(scale, mark.value)
        page.writer.line((x + 11, y), number, strong, self.area, "lm")
        name = page.text(f"framework.{mark.framework}")
        if not mark.verified:
            name = f"{name}, {page.text('flag.to-be-verified')}"
        at = x + 11 + page.writer.width(number, strong) + 8
        page.writer.line((at, y), name, page.ink("small", "accent", 600), self.area, "lm")

    def _number(self, scale: ColourScale, value: float) -> str:
        decimals = scale.decimals
        while decimals < 3 and round(value, decimals) != round(value, 6):
            decimals += 1
        return self.page.catalogue.number(value, decimals)

    # ------------------------------------------------------------------ rows

    def _swatch_row(self, text: str, colour: str) -> None:
        page = self.page
        box = (self._x0, self._y, self._x0 + _BAR_WIDTH, self._y + _SWATCH)
        page.card(box, page.theme.colour(colour), 3, edge=page.theme.colour("line_strong"))
        self._row_text(text)

    def _hatched_row(self, text: str) -> None:
        page = self.page
        box = (self._x0, self._y, self._x0 + _BAR_WIDTH, self._y + _SWATCH)
        x0, y0, x1, y1 = page.real(box)
        canvas = MapCanvas((0, 0, 1, 1), (x1 - x0, y1 - y0), page.ratio, page.theme)
        canvas.image.paste(page.theme.colour("wash"), (0, 0, x1 - x0, y1 - y0))
        canvas.hatch(np.ones((y1 - y0, x1 - x0), bool))
        page.image.paste(canvas.image, (x0, y0))
        page.places["legend_hatching"] = box
        self._row_text(text)

    def _row_text(self, text: str) -> None:
        page = self.page
        ink = page.ink("small", "ink_soft")
        x = self._x0 + _BAR_WIDTH + 11
        height = page.writer.paragraph_height(text, ink, self._x1 - x)
        top = self._y + max((_SWATCH - height) / 2, 0)
        page.writer.paragraph((x, top), text, ink, (x, self.area[1], self._x1, self.area[3]))
        self._y += max(_SWATCH, height) + 12

    # ------------------------------------------------------------------ symbols

    def _symbols(self, symbols: Symbols) -> None:
        page = self.page
        self._y += 6
        self._paragraph(page.text("legend.sites"), page.ink("heading", weight=600))
        self._y += 8
        neutral = page.theme.colour("paper") if symbols.scale else page.theme.colour("accent")
        for kinds, name in grouped_kinds(symbols):
            count = sum(kind in kinds for kind in symbols.kinds)
            text = f"{name} ({page.catalogue.number(count)})"
            self._symbol_row(symbol_for(kinds[0]), neutral, text)
        self._y += 6
        for index, name in self._classes(symbols):
            self._symbol_row(SYMBOLS["ecole"], symbol_colour(symbols, index, page.theme), name)

    def _point_rows(self, points: Symbols) -> None:
        """One row a kind, in the colour the points have on the map."""
        page = self.page
        for kinds, name in grouped_kinds(points):
            count = sum(kind in kinds for kind in points.kinds)
            text = f"{name} ({page.catalogue.number(count)})"
            self._symbol_row(symbol_for(kinds[0]), page.theme.colour("accent"), text)

    @staticmethod
    def _classes(symbols: Symbols) -> list[tuple[int, str]]:
        """Classes that some point has, with their names."""
        present = set(symbol_classes(symbols).tolist())
        return [(index, name) for index, name in enumerate(symbols.class_names) if index in present]

    def _symbol_row(self, style: SymbolStyle, colour: tuple[int, int, int], text: str) -> None:
        page = self.page
        ink = page.ink("small", "ink_soft")
        x = self._x0 + 22
        rows = page.writer.wrap(text, ink, self._x1 - x)
        middle = (self._y + ink.size * 0.66) * page.ratio
        stamp(page.image, ((self._x0 + 7) * page.ratio, middle), style, colour, page.ratio)
        area = (x, self.area[1], self._x1, self.area[3])
        page.writer.paragraph((x, self._y), "\n".join(rows), ink, area)
        self._y += len(rows) * ink.size * LINE_HEIGHT + 6

    def _outline_row(self, group: Outlines) -> None:
        page = self.page
        y = self._y + _SWATCH / 2
        colour = page.theme.colour(group.style.colour)
        page.rectangle((self._x0, y - 1.2, self._x0 + _BAR_WIDTH, y + 1.2), colour)
        self._row_text(group.legend)

    # ------------------------------------------------------------------ texts

    def _paragraph(self, text: str, ink: Ink) -> None:
        area = (self._x0, self.area[1], self._x1, self.area[3])
        self._y = self.page.writer.paragraph((self._x0, self._y), text, ink, area)

    def _notice(self, text: str) -> None:
        if not text:
            return
        page = self.page
        ink = page.ink("small", "ink_soft")
        pad = 12.0
        width = self._x1 - self._x0 - 2 * pad
        height = page.writer.paragraph_height(text, ink, width) + 2 * pad - 2
        box = (self._x0, self._floor - height, self._x1, self._floor)
        page.card(box, page.theme.colour("wash"), page.theme.size("radius", "medium"))
        inner = (box[0] + pad, box[1], box[2] - pad, box[3])
        page.writer.paragraph((inner[0], box[1] + pad - 1), text, ink, inner)
        page.places["notice"] = box
        self._floor = box[1] - 16


def grouped_kinds(symbols: Symbols) -> list[tuple[tuple[str, ...], str]]:
    """Kinds present, in the order of the style table, those with one name together."""
    order = list(SYMBOLS)
    present = sorted(set(symbols.kinds), key=lambda k: (order.index(k) if k in order else len(order), k))
    groups: dict[str, list[str]] = {}
    for kind in present:
        groups.setdefault(symbols.names.get(kind, kind), []).append(kind)
    return [(tuple(kinds), name) for name, kinds in groups.items()]
