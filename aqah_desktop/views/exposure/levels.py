"""How many sites are above each annual value, as bars that are also the filter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from aqah_desktop.models.exposure_view import Level
from aqah_desktop.models.exposure_words import ExposureWords
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import clear, column

_HEIGHT = 50
_BAR = 8


class LevelBar(QAbstractButton):
    """One annual value: its name, the count above it, a bar with the range of the count."""

    def __init__(self, context: ViewContext, colour: RGB) -> None:
        super().__init__()
        self._context, self._colour = context, QColor(*colour)
        self._words: tuple[str, str, str] = ("", "", "")
        self._shares: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_level(self, level: Level, known: int, words: ExposureWords) -> None:
        """Say how many of ``known`` sites are above the value."""
        mark = words.mark(level.mark)
        counts, bounds = words.level(level, known)
        self._words = (mark, counts, bounds)
        whole = max(known, 1)
        low = level.above if level.low is None else level.low
        high = level.above if level.high is None else level.high
        self._shares = (low / whole, level.above / whole, high / whole)
        t = self._context.t
        self.setAccessibleName(t("exposed.level_said", mark=mark, counts=counts, bounds=bounds).strip())
        self.setToolTip(f"{self.accessibleName()}\n{t('exposed.level_help', mark=mark)}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line of words, one bar."""
        return QSize(240, _HEIGHT)

    def paintEvent(self, _event) -> None:
        """Words above, bar below; chosen, hovered and focused are told apart."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._context.theme
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent_wash" if self.isChecked() else "wash"))
            painter.drawRoundedRect(area, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, 6, 6)
        inner = area.adjusted(9, 6, -9, -8)
        self._draw_words(painter, inner)
        self._draw_bar(painter, QRectF(inner.left(), inner.bottom() - _BAR, inner.width(), _BAR))
        painter.end()

    def _draw_words(self, painter: QPainter, inner: QRectF) -> None:
        theme = self._context.theme
        line = QRectF(inner.left(), inner.top(), inner.width(), 20)
        mark, counts, bounds = self._words
        font = QFont(self.font())
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(theme.colour("ink"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, mark)
        right = line.right()
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        wide = painter.fontMetrics().horizontalAdvance
        if wide(mark) + QFontMetrics(bold).horizontalAdvance(counts) + wide(bounds) + 24 > line.width():
            bounds = ""  # it is drawn on the bar all the same
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if bounds:
            painter.setPen(theme.colour("ink_faint"))
            painter.drawText(line, align, bounds)
            right -= wide(bounds) + 8
        painter.setFont(bold)
        painter.setPen(theme.colour("ink"))
        painter.drawText(QRectF(line.left(), line.top(), right - line.left(), line.height()), align, counts)

    def _draw_bar(self, painter: QPainter, bar: QRectF) -> None:
        theme = self._context.theme
        low, above, high = self._shares
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        painter.setClipRect(QRectF(bar.left(), bar.top(), bar.width() * above, bar.height()))
        painter.setBrush(self._colour)
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        painter.setClipping(False)
        if low < high:  # the range of the count, as an error bar
            left, right = bar.left() + bar.width() * low, bar.left() + bar.width() * high
            painter.setPen(QPen(theme.colour("ink"), 1.4))
            painter.drawLine(QPointF(left, bar.center().y()), QPointF(right, bar.center().y()))
            for x in (left, right):
                painter.drawLine(QPointF(x, bar.top() - 1), QPointF(x, bar.bottom() + 1))


class LevelBars(QWidget):
    """The bars of every framework; at most one is chosen."""

    #: Framework chosen, or empty.
    chosen = Signal(str)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._layout = column(self, margins=0, spacing=2)
        self._bars: dict[str, LevelBar] = {}

    def show_levels(
        self, levels: Sequence[Level], colours: Sequence[RGB], known: int, words: ExposureWords
    ) -> None:
        """Show a bar per annual value, in the colour of the class above it."""
        names = [level.mark.framework for level in levels]
        if names != list(self._bars):
            clear(self._layout)
            self._bars = {}
            for name, colour in zip(names, colours, strict=True):
                bar = LevelBar(self._context, colour)
                bar.clicked.connect(lambda _=False, name=name: self._on_clicked(name))
                self._bars[name] = bar
                self._layout.addWidget(bar)
        for level in levels:
            self._bars[level.mark.framework].show_level(level, known, words)

    def bars(self) -> tuple[LevelBar, ...]:
        """The bars, from the lowest value."""
        return tuple(self._bars.values())

    def choose(self, framework: str) -> None:
        """Show which value is chosen."""
        for name, bar in self._bars.items():
            bar.setChecked(name == framework)

    def _on_clicked(self, framework: str) -> None:
        wanted = framework if self._bars[framework].isChecked() else ""
        self.choose(wanted)
        self.chosen.emit(wanted)
