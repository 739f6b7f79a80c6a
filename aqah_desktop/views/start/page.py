"""The start page: one card per territory, the projects last worked on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from aqah_desktop.models.untitled import Leftover
from aqah_desktop.records import Territory
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, clear, column, label

#: Outline of a territory as normalised rings: 0–1 in both directions, y downwards.
Rings = list[list[tuple[float, float]]]


class _Thumbnail(QWidget):
    """The outline of a territory."""

    def __init__(self, context: ViewContext, rings: Rings) -> None:
        super().__init__()
        self._context, self._rings = context, rings
        self.setFixedSize(96, 84)
        context.theme.changed.connect(self.update)

    def paintEvent(self, _event) -> None:
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QPolygonF

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._context.theme
        painter.setPen(QPen(theme.colour("accent"), 1.4))
        painter.setBrush(theme.colour("accent_wash"))
        area = QRectF(4, 4, self.width() - 8, self.height() - 8)
        for ring in self._rings:
            painter.drawPolygon(
                QPolygonF(
                    [QPointF(area.x() + x * area.width(), area.y() + y * area.height()) for x, y in ring]
                )
            )
        painter.end()


class TerritoryCard(QFrame):
    """A territory one can open with a click or the Enter key."""

    chosen = Signal(str)

    def __init__(self, context: ViewContext, territory: Territory, lines: list[str], rings: Rings) -> None:
        super().__init__()
        self._code = territory.code
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{territory.name}. {' '.join(lines)}")
        self.setMinimumHeight(116)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(14)
        layout.addWidget(_Thumbnail(context, rings), 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch(1)
        words.addWidget(label(territory.name, "heading", wrap=True))
        for line in lines:
            words.addWidget(label(line, "note", wrap=True))
        words.addStretch(1)
        layout.addLayout(words, 1)

    def mouseReleaseEvent(self, event) -> None:
        """Open the territory."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self._code)

    def keyPressEvent(self, event) -> None:
        """Open the territory with Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._code)
        else:
            super().keyPressEvent(event)


class StartPage(QScrollArea):
    """Territories and recent projects."""

    territory_chosen = Signal(str)
    project_chosen = Signal(str)
    #: Work a crash left: to be taken up again, or thrown away.
    leftover_chosen = Signal(object)
    leftover_refused = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setObjectName("page")
        self._layout = column(page, margins=40, spacing=8)
        self.setWidget(page)
        self._cards = QGridLayout()
        self._cards.setSpacing(16)
        self._recent, self._leftovers = QVBoxLayout(), QVBoxLayout()
        self._leftovers.setSpacing(8)
        t = context.t
        self._layout.addWidget(label(t("window.start_title"), "display"))
        self._layout.addWidget(label(t("window.start_subtitle"), "soft", wrap=True))
        self._layout.addSpacing(16)
        self._layout.addLayout(self._leftovers)
        self._layout.addLayout(self._cards)
        self._layout.addSpacing(20)
        self._layout.addLayout(self._recent)
        self._layout.addStretch(1)
        self._layout.addWidget(label(t("window.start_foot"), "note", wrap=True))

    def show_territories(self, cards: list[tuple[Territory, list[str], Rings]]) -> None:
        """Fill the cards."""
        clear(self._cards)
        self._widgets = []
        for territory, lines, rings in cards:
            card = TerritoryCard(self._context, territory, lines, rings)
            card.chosen.connect(self.territory_chosen)
            self._widgets.append(card)
        self._place()

    def show_recent(self, paths: list[Path]) -> None:
        """Fill the list of projects last worked on; says so when there is none."""
        clear(self._recent)
        t = self._context.t
        self._recent.addWidget(label(t("window.start_recent"), "heading"))
        if not paths:
            self._recent.addWidget(label(t("window.start_no_recent"), "note"))
        for path in paths:
            self._recent.addWidget(self._recent_line(path), 0, Qt.AlignmentFlag.AlignLeft)

    def _recent_line(self, path: Path) -> QWidget:
        holder = QWidget()
        name = button(path.stem, partial(self.project_chosen.emit, str(path)), "link")
        name.setIcon(self._context.theme.icon("file-text", "accent"))
        name.setAccessibleName(f"{path.stem}, {path.parent}")
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(name)
        layout.addWidget(label(str(path.parent), "note"))
        return holder

    def show_leftovers(self, leftovers: list[Leftover]) -> None:
        """Offer the work that crashes left."""
        clear(self._leftovers)
        for leftover in leftovers:
            self._leftovers.addWidget(self._leftover_line(leftover))
        if leftovers:
            self._leftovers.addSpacing(8)

    def _leftover_line(self, leftover: Leftover) -> QWidget:
        t, catalogue = self._context.t, self._context.catalogue
        line = QFrame()
        line.setObjectName("notice")
        territory = self._context.services.pack.territories.get(leftover.territory)
        when = f"{catalogue.day(leftover.when)}, {leftover.when:%H:%M}"
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(t("shell.found_again", when=when), "strong", wrap=True))
        changes = t("shell.found_changes", count=leftover.changes) if leftover.changes else ""
        parts = [territory.name if territory else "", changes]
        words.addWidget(label(" · ".join(p for p in parts if p) or t("shell.found_results"), "note", True))
        layout = QHBoxLayout(line)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addLayout(words, 1)
        layout.addWidget(button(t("shell.throw_away"), partial(self.leftover_refused.emit, leftover)))
        layout.addWidget(button(t("shell.take_up"), partial(self.leftover_chosen.emit, leftover), "primary"))
        return line

    def first_card(self) -> QWidget | None:
        """The card that receives the keyboard first."""
        return self._widgets[0] if getattr(self, "_widgets", None) else None

    def resizeEvent(self, event) -> None:
        """Two, three or four cards a row."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        columns = max(1, min(3, (self.viewport().width() - 80) // 340))
        for index, card in enumerate(getattr(self, "_widgets", [])):
            self._cards.addWidget(card, index // columns, index % columns)
        for index in range(3):
            self._cards.setColumnStretch(index, 1 if index < columns else 0)


def rings_of(coordinates, starts, owner, feature: int) -> Rings:
    """Rings of one feature of an outline set, scaled into a unit square with its shape kept."""
    import numpy as np

    parts = [coordinates[starts[i] : starts[i + 1]] for i in range(len(owner)) if owner[i] == feature]
    if not parts:
        return []
    every = np.concatenate(parts)
    low, high = every.min(axis=0), every.max(axis=0)
    span = max(float((high - low).max()), 1.0)
    offset = (span - (high - low)) / 2
    rings = []
    for part in parts:
        scaled = (part - low + offset) / span
        rings.append([(float(x), 1.0 - float(y)) for x, y in scaled])
    return rings
