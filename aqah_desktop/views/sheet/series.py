"""Measured years of a station as a small chart; what was not measured is not joined."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from aqah_desktop.models.sheets import Series
from aqah_desktop.reporting import words
from aqah_desktop.views.charts import Chart
from aqah_desktop.views.context import ViewContext

_HEIGHT = 144
#: Shortest span of years shown, so that one measured year is not stretched over the whole chart.
_LEAST_YEARS = 8
#: Annual values closer than this share of the height have their names on either side.
_CROWDED = 0.2


class SeriesChart(Chart):
    """One pollutant at one station."""

    def __init__(self, context: ViewContext, series: Series) -> None:
        super().__init__(context, _HEIGHT, years=True)
        self._series = series
        context.theme.changed.connect(self.draw)
        self.draw()

    def draw(self) -> None:
        """Draw in the colours of the theme."""
        context, series = self._context, self._series
        theme = context.theme
        self.clear()
        years = [year for part in series.parts for year in part.years]
        values = [value for part in series.parts for value in part.values]
        highest = max(values)
        near = [mark for mark in series.marks if mark.value <= highest * 1.3]
        for mark, higher in zip(near, [*near[1:], None], strict=True):
            name = context.t(f"reporting.framework.{mark.framework}")
            crowded = higher is not None and higher.value - mark.value < highest * _CROWDED
            self.mark(mark.value, name, theme.colour("ink_faint"), horizontal=True, before=crowded)
        for part in series.parts:
            self._draw_part(part.years, part.values, part.estimated)
        if series.break_year:
            line = pg.InfiniteLine(
                series.break_year - 0.5, pen=QPen(theme.colour("warning"), 1.4, Qt.PenStyle.DotLine)
            )
            line.pen.setCosmetic(True)
            self.addItem(line)
        middle, span = (min(years) + max(years)) / 2, max(max(years) - min(years), _LEAST_YEARS)
        self.setXRange(middle - span / 2 - 0.6, middle + span / 2 + 0.6, padding=0)
        self.setYRange(0, highest * 1.15, padding=0)
        self.restyle()
        symbol = words.pollutant_symbol(series.pollutant, context.catalogue)
        number = context.catalogue.number
        pairs = zip(years, values, strict=True)
        said = ", ".join(f"{year} {number(value, 1)}" for year, value in pairs)
        self.setAccessibleName(context.t("sheet.series_said", pollutant=symbol, values=said))

    def _draw_part(
        self, years: tuple[int, ...], values: tuple[float, ...], estimated: tuple[bool, ...]
    ) -> None:
        theme = self._context.theme
        accent = theme.colour("accent")
        self.plot(list(years), list(values), pen=pg.mkPen(accent, width=1.6), antialias=True)
        brushes = [pg.mkBrush(theme.colour("paper") if e else accent) for e in estimated]
        self.addItem(
            pg.ScatterPlotItem(
                x=list(years), y=list(values), size=6, brush=brushes, pen=pg.mkPen(accent, width=1.4)
            )
        )
