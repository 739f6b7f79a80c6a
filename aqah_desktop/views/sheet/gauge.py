"""A value with its interval on a scale of annual values."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from aqah_desktop.models.exposure_words import interval_text
from aqah_desktop.models.sheets import Reading
from aqah_desktop.reporting.style import site_scale
from aqah_desktop.views.context import ViewContext

_BAR = 10
_TOP = 12
_LINE = 16


class Gauge(QWidget):
    """From zero to a little beyond the highest of value and annual values, µg/m³."""

    def __init__(self, context: ViewContext, reading: Reading) -> None:
        super().__init__()
        self._context, self._reading = context, reading
        self._marks = [c.mark for c in reading.comparisons]
        highest = max([reading.value.high, reading.value.central, *(m.value for m in self._marks)])
        self._end = highest * 1.08 if highest > 0 else 1.0
        self.setFixedHeight(_TOP + _BAR + 6 + 2 * _LINE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{reading.title}: {interval_text(reading.value, context.catalogue)}")
        context.theme.changed.connect(self.update)

    def paintEvent(self, _event) -> None:
        """Classes, annual values, interval, value."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(1, _TOP, self.width() - 2, _BAR)
        self._draw_classes(painter, bar)
        self._draw_marks(painter, bar)
        self._draw_value(painter, bar)
        painter.end()

    def _at(self, value: float, bar: QRectF) -> float:
        return bar.left() + bar.width() * min(value / self._end, 1.0)

    def _draw_classes(self, painter: QPainter, bar: QRectF) -> None:
        scale = site_scale(self._marks)
        ends = [mark.value for mark in scale.marks] + [self._end]
        start = 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, end in zip(scale.colours, ends, strict=False):
            left, right = self._at(start, bar), self._at(end, bar)
            fill = QColor(*colour)
            fill.setAlphaF(0.85)
            painter.setBrush(fill)
            painter.drawRect(QRectF(left, bar.top(), right - left - 1, bar.height()))
            start = end

    def _draw_marks(self, painter: QPainter, bar: QRectF) -> None:
        theme, t = self._context.theme, self._context.t
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        taken = [-1.0, -1.0]
        for mark in self._marks:
            x = self._at(mark.value, bar)
            painter.setPen(QPen(theme.colour("ink_soft"), 1))
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 4))
            text = (
                f"{t(f'reporting.framework.{mark.framework}')} · {self._context.catalogue.number(mark.value)}"
            )
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            line = 0 if left > taken[0] + 4 else 1
            taken[line] = left + width
            area = QRectF(left, bar.bottom() + 5 + line * _LINE, width + 2, _LINE)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_value(self, painter: QPainter, bar: QRectF) -> None:
        theme, value = self._context.theme, self._reading.value
        middle = bar.center().y()
        if value.level is not None:
            low, high = self._at(value.low, bar), self._at(value.high, bar)
            for token, width in (("halo", 4.0), ("ink", 1.8)):
                painter.setPen(QPen(theme.colour(token), width))
                painter.drawLine(QPointF(low, middle), QPointF(high, middle))
                for x in (low, high):
                    painter.drawLine(QPointF(x, middle - 4), QPointF(x, middle + 4))
        painter.setPen(QPen(theme.colour("halo"), 2))
        painter.setBrush(theme.colour("ink"))
        painter.drawEllipse(QPointF(self._at(value.central, bar), middle), 6.5, 6.5)
