"""What lies on the map without being the map: legend, scale bar with north arrow, zoom buttons."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.reporting.style import ColourScale, nice_step
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.painter import draw_symbol
from aqah_desktop.views.widgets import clear, label

_LEGEND_WIDTH = 248
#: Height of a class in the legend, px.
_STEP = 15


@dataclass(frozen=True)
class LegendRow:
    """A symbol or line of the legend with its words."""

    text: str
    colour: RGB
    shape: str = "circle"


@dataclass(frozen=True)
class LegendContent:
    """What the legend says: title, colour scale with marks (value, words), rows, quality, source."""

    title: str
    subtitle: str = ""
    scale: ColourScale | None = None
    marks: tuple[tuple[float, str], ...] = ()
    rows_title: str = ""
    rows: tuple[LegendRow, ...] = ()
    quality: str = ""
    source: str = ""


class _ScaleStrip(QWidget):
    """The classes of a colour scale from bottom to top, with their breaks and the annual values."""

    def __init__(
        self, context: ViewContext, scale: ColourScale, marks: tuple[tuple[float, str], ...]
    ) -> None:
        super().__init__()
        self._context, self._scale, self._marks = context, scale, marks
        self.setFixedHeight(_STEP * len(scale.colours) + 8)
        self.setMinimumWidth(190)
        words = ", ".join(self._number(b) for b in scale.breaks)
        self.setAccessibleName(f"{scale.unit}: {words}")

    def _number(self, value: float) -> str:
        decimals = self._scale.decimals
        if abs(value - round(value, decimals)) > 1e-9:
            decimals += 1
        return self._context.catalogue.number(value, decimals)

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, scale = self._context.theme, self._scale
        count = len(scale.colours)
        for i, colour in enumerate(scale.colours):
            painter.fillRect(QRectF(0, 4 + (count - 1 - i) * _STEP, 22, _STEP), QColor(*colour))
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(theme.colour("ink_soft"))
        for i, value in enumerate(scale.breaks):
            y = 4 + (count - 1 - i) * _STEP
            painter.drawText(QRectF(28, y - 9, 44, 18), Qt.AlignmentFlag.AlignVCenter, self._number(value))
        for value, words in self._marks:
            at = 4 + self._position(value)
            painter.setPen(QPen(theme.colour("ink"), 1.6))
            painter.drawLine(QPointF(0, at), QPointF(22, at))
            painter.setPen(theme.colour("ink"))
            painter.drawText(QRectF(74, at - 9, self.width() - 74, 18), Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _position(self, value: float) -> float:
        """Height of a value on the strip: linear inside a class, whose bounds are its breaks."""
        breaks, count = self._scale.breaks, len(self._scale.colours)
        if value <= breaks[0]:
            return (count - 1) * _STEP + (0 if value == breaks[0] else _STEP / 2)
        for i in range(1, len(breaks)):
            if value <= breaks[i]:
                share = (value - breaks[i - 1]) / (breaks[i] - breaks[i - 1])
                return (count - i - share) * _STEP
        return _STEP / 2


class _Symbol(QWidget):
    def __init__(self, row: LegendRow, ring: QColor) -> None:
        super().__init__()
        self._row, self._ring = row, ring
        self.setFixedSize(QSize(20, 18))

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._ring, 1.2))
        painter.setBrush(QColor(*self._row.colour))
        draw_symbol(painter, self._row.shape, 10, 9, 11)
        painter.end()


class Legend(QFrame):
    """The legend card."""

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.setObjectName("card")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(14, 12, 14, 12)
        self._layout.setSpacing(6)
        self.setFixedWidth(_LEGEND_WIDTH)

    def show_content(self, content: LegendContent) -> None:
        """Replace what the legend says."""
        clear(self._layout)
        self._add(content.title, "strong")
        self._add(content.subtitle, "note")
        if content.scale is not None:
            self._put(_ScaleStrip(self._context, content.scale, content.marks))
        if content.rows:
            self._add(content.rows_title, "note")
            for row in content.rows:
                self._add_row(row)
        self._add(content.quality, "note")
        self._add(content.source, "note")
        self.resize(
            _LEGEND_WIDTH, max(self._layout.heightForWidth(_LEGEND_WIDTH), self._layout.sizeHint().height())
        )

    def _add(self, text: str, role: str) -> None:
        if text:
            self._put(label(text, role, wrap=True))

    def _put(self, widget: QWidget) -> None:
        self._layout.addWidget(widget)
        # A widget added to a visible parent counts in its layout only once it is shown.
        widget.show()

    def _add_row(self, row: LegendRow) -> None:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(_Symbol(row, self._context.theme.colour("halo")))
        layout.addWidget(label(row.text, "note", wrap=True), 1)
        self._put(line)


class ScaleBar(QWidget):
    """A scale bar of a round length, and north."""

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._metres_per_pixel = 100.0
        self.setFixedSize(190, 44)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_scale(self, metres_per_pixel: float) -> None:
        """Follow the map."""
        if math.isfinite(metres_per_pixel) and metres_per_pixel > 0:
            self._metres_per_pixel = metres_per_pixel
            self.setAccessibleName(self._words())
            self.update()

    def _length_m(self) -> float:
        return nice_step(self._metres_per_pixel * 110) / (2 if self._bar_px(1.0) > 150 else 1)

    def _bar_px(self, share: float) -> float:
        return nice_step(self._metres_per_pixel * 110) * share / self._metres_per_pixel

    def _words(self) -> str:
        length = self._length_m()
        kilometres = length >= 1000
        value = length / 1000 if kilometres else length
        decimals = 0 if value >= 1 and value == round(value) else 1
        return self._context.catalogue.quantity(value, "km" if kilometres else "m", decimals)

    def paintEvent(self, _event) -> None:
        """Draw bar and arrow."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._context.theme
        width = self._length_m() / self._metres_per_pixel
        painter.setPen(QPen(theme.colour("halo"), 5))
        painter.drawLine(QPointF(30, 36), QPointF(30 + width, 36))
        painter.setPen(QPen(theme.colour("ink"), 2))
        painter.drawLine(QPointF(30, 36), QPointF(30 + width, 36))
        for x in (30.0, 30 + width):
            painter.drawLine(QPointF(x, 31), QPointF(x, 39))
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.drawText(QRectF(30, 10, 150, 18), Qt.AlignmentFlag.AlignLeft, self._words())
        painter.setPen(QPen(theme.colour("halo"), 1))
        painter.setBrush(theme.colour("ink"))
        painter.drawPolygon(QPolygonF([QPointF(12, 8), QPointF(19, 26), QPointF(12, 22), QPointF(5, 26)]))
        painter.setPen(theme.colour("ink"))
        painter.drawText(QRectF(4, 26, 16, 16), Qt.AlignmentFlag.AlignCenter, "N")
        painter.end()


class ZoomButtons(QFrame):
    """Closer, further, whole territory."""

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        for action_id in ("map.zoom_in", "map.zoom_out", "map.home"):
            button = QToolButton()
            button.setProperty("role", "quiet")
            button.setDefaultAction(context.actions.action(action_id))
            button.setIconSize(QSize(18, 18))
            button.setAccessibleName(context.actions.action(action_id).text())
            layout.addWidget(button)
