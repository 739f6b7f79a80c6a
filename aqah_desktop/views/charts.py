"""Charts in the look of the window: quiet axes, a units line, annual values as marks; follow the theme."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPen

from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.context import ViewContext

_FONT_PX = 11


class _Axis(pg.AxisItem):
    """An axis whose numbers are written in the reader's language."""

    def __init__(self, orientation: str, context: ViewContext, grouped: bool = True) -> None:
        super().__init__(orientation)
        self._context, self._grouped = context, grouped

    def tickStrings(self, values, _scale, spacing) -> list[str]:
        """Numbers with as many decimals as the spacing needs; years without separator."""
        if not self._grouped:
            return [str(round(v)) if abs(v - round(v)) < 1e-6 else "" for v in values]
        decimals = 0 if spacing >= 1 else 1
        return [self._context.catalogue.number(float(v), decimals) for v in values]


class Chart(pg.PlotWidget):
    """A still chart: no zoom, no menu, the wheel scrolls the panel it stands in.

    Parameters
    ----------
    context : ViewContext
        Theme and numbers.
    height : int
        Height, logical px.
    years : bool
        Whether the horizontal axis counts years.
    """

    def __init__(self, context: ViewContext, height: int, years: bool = False) -> None:
        self._context = context
        axes = {"bottom": _Axis("bottom", context, grouped=not years), "left": _Axis("left", context)}
        super().__init__(background=None, axisItems=axes)
        self.setFixedHeight(height)
        self.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.getViewBox().setDefaultPadding(0.02)
        item.setContentsMargins(0, 6, 6, 0)

    def restyle(self) -> None:
        """Take the colours of the theme; call after the content is drawn and when the theme changes."""
        theme = self._context.theme
        self.setBackground(theme.colour("paper"))
        font = QFont(self.font())
        font.setPixelSize(_FONT_PX)
        for name in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(QPen(theme.colour("line_strong"), 1))
            axis.setTextPen(theme.colour("ink_soft"))
            axis.setStyle(tickFont=font, tickLength=-4, tickTextOffset=4, maxTickLevel=0)

    def words(self, bottom: str, left: str = "") -> None:
        """Units line under the chart and, where it helps, what is counted upwards."""
        colour = self._context.theme.colour("ink_soft").name()
        style = {"color": colour, "font-size": f"{_FONT_PX}px"}
        if bottom:
            self.getPlotItem().setLabel("bottom", bottom, **style)
        if left:
            self.getPlotItem().setLabel("left", left, **style)

    def mark(
        self, value: float, text: str, colour: QColor, horizontal: bool = False, before: bool = False
    ) -> None:
        """A thin line at an annual value with its name after it: above, or to the right.

        ``before``: below a horizontal line, to the left of an upright one.
        """
        font = QFont(self.font())
        font.setPixelSize(_FONT_PX)
        line = pg.InfiniteLine(
            value,
            angle=0 if horizontal else 90,
            pen=QPen(colour, 1.4, Qt.PenStyle.DashLine),
            label=text,
            labelOpts={
                "position": 0.97 if horizontal else 0.94,
                "color": colour,
                "anchors": [(1, 0 if before else 1)] * 2 if horizontal else [(1 if before else 0, 0.5)] * 2,
                "movable": False,
            },
        )
        line.pen.setCosmetic(True)
        line.label.setFont(font)
        self.addItem(line)

    def bars(self, edges: Sequence[float], counts: Sequence[int], colours: Sequence[RGB]) -> None:
        """Bars between edges, each in its colour."""
        lefts = list(edges[:-1])
        rights = list(edges[1:])
        item = pg.BarGraphItem(
            x0=lefts,
            x1=rights,
            y0=[0] * len(counts),
            height=list(counts),
            brushes=[pg.mkBrush(*colour) for colour in colours],
            pen=pg.mkPen(self._context.theme.colour("paper"), width=1),
        )
        self.addItem(item)

    def wheelEvent(self, event) -> None:
        """Leave the wheel to the panel."""
        event.ignore()
