"""The legend card: colours and their numbers, annual values, symbols; folds to a ribbon on small maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.reporting.style import ColourScale
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.surface import hatched
from aqah_desktop.views.map.symbols import sprite
from aqah_desktop.views.widgets import clear, label

_WIDTH = 252
#: Height of a class in the strip, of the ribbon, least distance of two numbers, px.
_STEP, _RIBBON, _NUMBER_GAP = 13, 12, 15
_STRIP_WIDTH = 22


@dataclass(frozen=True)
class LegendRow:
    """A symbol of the legend with its words; ``"hatched"`` and ``"swatch"`` are no symbols of points."""

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
    #: What has no data, what is uncertain.
    cells: tuple[LegendRow, ...] = ()
    rows_title: str = ""
    rows: tuple[LegendRow, ...] = ()
    #: Classes of colour of the points.
    classes: tuple[LegendRow, ...] = ()
    quality: str = ""
    source: str = ""


class _Scale(QWidget):
    """The classes of a colour scale with their breaks and the annual values."""

    def __init__(
        self, context: ViewContext, scale: ColourScale, marks: tuple[tuple[float, str], ...]
    ) -> None:
        super().__init__()
        self._context, self._scale, self._marks = context, scale, marks
        words = ", ".join(self._number(b) for b in scale.breaks)
        self.setAccessibleName(f"{scale.unit}: {words}")

    def _number(self, value: float) -> str:
        decimals = self._scale.decimals
        if abs(value - round(value, decimals)) > 1e-9:
            decimals += 1
        text = self._context.catalogue.number(value, decimals)
        return f"+{text}" if self._scale.diverging and value > 0 else text

    def _begin(self) -> QPainter:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _font(self, strong: bool) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font

    def _position(self, value: float) -> float:
        """Place of a value in classes from the lowest: linear inside a class, whose bounds are its breaks."""
        breaks = self._scale.breaks
        if value <= breaks[0]:
            return 1.0 if value == breaks[0] else 0.5
        for i in range(1, len(breaks)):
            if value <= breaks[i]:
                return i + (value - breaks[i - 1]) / (breaks[i] - breaks[i - 1])
        return len(breaks) + 0.5


class _Strip(_Scale):
    """The scale upright, highest class on top."""

    def __init__(
        self, context: ViewContext, scale: ColourScale, marks: tuple[tuple[float, str], ...]
    ) -> None:
        super().__init__(context, scale, marks)
        self.setFixedHeight(_STEP * len(scale.colours) + 10)

    def paintEvent(self, _event) -> None:
        painter = self._begin()
        theme, scale = self._context.theme, self._scale
        count = len(scale.colours)
        for i, colour in enumerate(scale.colours):
            painter.fillRect(
                QRectF(0, 5 + (count - 1 - i) * _STEP, _STRIP_WIDTH, _STEP + 0.2), QColor(*colour)
            )
        used = [self._height(value) for value, _ in self._marks]
        for value, words in self._marks:
            at = self._height(value)
            painter.setPen(QPen(theme.colour("ink"), 1.6))
            painter.drawLine(QPointF(0, at), QPointF(_STRIP_WIDTH + 4, at))
            self._write(painter, _STRIP_WIDTH + 8, at, self._number(value), True)
            painter.setPen(theme.colour("accent"))
            self._write(painter, 68, at, words, True)
        painter.setPen(theme.colour("ink_soft"))
        for value in scale.breaks:
            at = self._height(value)
            if all(abs(at - other) >= _NUMBER_GAP for other in used):
                used.append(at)
                self._write(painter, _STRIP_WIDTH + 8, at, self._number(value), False)
        painter.end()

    def _height(self, value: float) -> float:
        return 5 + (len(self._scale.colours) - self._position(value)) * _STEP

    def _write(self, painter: QPainter, x: float, y: float, text: str, strong: bool) -> None:
        painter.setFont(self._font(strong))
        area = QRectF(x, y - 9, self.width() - x, 18)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class _Ribbon(_Scale):
    """The scale lying down, lowest class on the left: numbers at the annual values, or a few of them."""

    def __init__(
        self, context: ViewContext, scale: ColourScale, marks: tuple[tuple[float, str], ...]
    ) -> None:
        super().__init__(context, scale, marks)
        self.setFixedHeight(_RIBBON + 22)

    def paintEvent(self, _event) -> None:
        painter = self._begin()
        theme, scale = self._context.theme, self._scale
        step = self.width() / len(scale.colours)
        for i, colour in enumerate(scale.colours):
            painter.fillRect(QRectF(i * step, 0, step + 0.2, _RIBBON), QColor(*colour))
        metrics = QFontMetricsF(self._font(True))
        ends: list[tuple[float, float]] = []
        marked = [value for value, _ in self._marks]
        for value in [*marked, *(b for b in scale.breaks if b not in marked)]:
            at, strong = self._position(value) * step, value in marked
            half = metrics.horizontalAdvance(self._number(value)) / 2 + 5
            left = min(max(at, half), self.width() - half)
            if any(left - half < right and left + half > begin for begin, right in ends):
                continue
            ends.append((left - half, left + half))
            painter.setPen(QPen(theme.colour("ink" if strong else "line_strong"), 1.6 if strong else 1))
            painter.drawLine(QPointF(at, 0 if strong else _RIBBON), QPointF(at, _RIBBON + 4))
            painter.setPen(theme.colour("ink" if strong else "ink_soft"))
            painter.setFont(self._font(strong))
            area = QRectF(left - half, _RIBBON + 4, 2 * half, 18)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._number(value))
        painter.end()


class _Symbol(QWidget):
    """A symbol as it is on the map, a swatch or a hatched square."""

    def __init__(self, row: LegendRow, context: ViewContext) -> None:
        super().__init__()
        self._row, self._context = row, context
        self.setFixedSize(QSize(22, 18))

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, ratio = self._context.theme, self.devicePixelRatioF()
        box = QRectF(0.5, 2.5, 20, 13)
        if self._row.shape in ("hatched", "swatch"):
            painter.setPen(QPen(theme.colour("line_strong"), 1))
            painter.setBrush(QColor(*self._row.colour))
            painter.drawRoundedRect(box, 2, 2)
            if self._row.shape == "hatched":
                size = (round(box.height() * ratio), round(box.width() * ratio))
                painter.drawImage(box, hatched(np.ones(size, bool), ratio, theme.tokens.colour("ink")))
        else:
            picture = sprite(self._row.shape, self._row.colour, theme.tokens.colour("paper"), 9.5, ratio)
            side = picture.width() / ratio
            painter.drawImage(QRectF(11 - side / 2, 9 - side / 2, side, side), picture)
        painter.end()


class Legend(QFrame):
    """The legend card, unfolded or folded to title and ribbon."""

    #: Its size has changed: it must be put in its place again.
    resized = Signal()

    def __init__(self, context: ViewContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.setObjectName("card")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(14, 10, 14, 12)
        self._layout.setSpacing(4)
        self.setFixedWidth(_WIDTH)
        self._content: LegendContent | None = None
        self._theme = ""
        #: What the user chose; None = what the size of the map suggests.
        self._chosen: bool | None = None
        self._roomy = True

    @property
    def folded(self) -> bool:
        """Whether only title and ribbon are shown."""
        return not self._roomy if self._chosen is None else self._chosen

    def set_roomy(self, roomy: bool) -> None:
        """Say whether the map is large enough for the whole legend; the user's choice comes first."""
        before = self.folded
        self._roomy = roomy
        if self.folded != before:
            self._fill()

    def fold(self, folded: bool) -> None:
        """Fold or unfold at the user's wish."""
        self._chosen = folded
        self._fill()

    def content(self) -> LegendContent | None:
        """What the legend says."""
        return self._content

    def show_content(self, content: LegendContent) -> None:
        """Replace what the legend says."""
        if content != self._content or self._theme != self._context.theme.name:
            self._content = content
            self._fill()

    def _fill(self) -> None:
        content = self._content
        if content is None:
            return
        self._theme = self._context.theme.name
        clear(self._layout)
        self._put(self._header(content))
        if content.scale is not None:
            kind = _Ribbon if self.folded else _Strip
            self._put(kind(self._context, content.scale, content.marks))
        if not self.folded:
            self._fill_below(content)
        height = max(self._layout.heightForWidth(_WIDTH), self._layout.sizeHint().height())
        self.resize(_WIDTH, height)
        self.resized.emit()

    def _fill_below(self, content: LegendContent) -> None:
        for row in content.cells:
            self._add_row(row)
        if content.rows or content.classes:
            self._layout.addSpacing(4)
            self._add(content.rows_title, "strong")
        for row in (*content.classes, *content.rows):
            self._add_row(row)
        self._layout.addSpacing(2)
        self._add(content.quality, "note")
        self._add(content.source, "note")

    def _header(self, content: LegendContent) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        unit = content.scale.unit if content.scale is not None else ""
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(content.title, "strong", wrap=True))
        subtitle = content.subtitle or unit
        if subtitle:
            words.addWidget(label(subtitle, "note", wrap=True))
        layout.addLayout(words, 1)
        layout.addWidget(self._fold_button(), 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _fold_button(self) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setIcon(self._context.theme.icon("chevron-right" if self.folded else "chevron-down"))
        button.setIconSize(QSize(16, 16))
        words = self._context.t("map.legend_unfold" if self.folded else "map.legend_fold")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(partial(self._on_fold, not self.folded))
        return button

    def _on_fold(self, folded: bool, _checked: bool = False) -> None:
        self.fold(folded)
        again = self.findChildren(QToolButton)
        if again:
            again[-1].setFocus(Qt.FocusReason.OtherFocusReason)

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
        layout.setSpacing(8)
        layout.addWidget(_Symbol(row, self._context), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label(row.text, "note", wrap=True), 1)
        self._put(line)
