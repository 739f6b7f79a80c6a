"""One identity sheet on screen: built anew for every feature."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from aqah_desktop.models.exposure_words import UNIT, concentration
from aqah_desktop.models.sheets import Comparison, Fact, Reading, Series, Sheet
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import site_scale
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.sheet.gauge import Gauge
from aqah_desktop.views.text import unbroken
from aqah_desktop.views.widgets import column, label, row

#: Width of the names of the facts, px.
_LABEL = 112


class SheetContent(QWidget):
    """Title, reading, facts, measured years, notes, quality and source."""

    def __init__(self, context: ViewContext, sheet: Sheet) -> None:
        super().__init__()
        self._context = context
        self._layout = column(self, margins=0, spacing=6)
        if sheet.fictitious:
            self._card("danger", context.t("exposed.fictitious"), context.t("exposed.fictitious_help"))
        self._layout.addWidget(label(sheet.kind, "overline", wrap=True))
        self._layout.addWidget(label(sheet.title, "title", wrap=True))
        if sheet.place:
            self._layout.addWidget(label(sheet.place, "soft", wrap=True))
        self._layout.addSpacing(6)
        if sheet.reading is not None:
            self._add_reading(sheet.reading)
        if sheet.trouble is not None:
            trouble = sheet.trouble
            self._card("warning", trouble.message, f"{trouble.cause} {trouble.remedy}")
        self._add_facts(sheet.facts)
        for series in sheet.series:
            self._add_series(series)
        if sheet.notes:
            self._card("notice", "", "\n".join(sheet.notes))
        self._layout.addSpacing(8)
        if sheet.quality:
            self._layout.addWidget(label(sheet.quality, "overline", wrap=True))
        if sheet.source:
            source = context.t("exposed.source", sources=sheet.source)
            self._layout.addWidget(label(source, "note", wrap=True))
        self._layout.addStretch(1)

    # ------------------------------------------------------------------ parts

    def _add_reading(self, reading: Reading) -> None:
        context, value = self._context, reading.value
        self._layout.addWidget(label(reading.title, "note", wrap=True))
        self._layout.addWidget(label(context.catalogue.quantity(value.central, UNIT), "figure"))
        if value.level is not None:
            number = context.catalogue.number
            bounds = context.t("exposed.bounds", low=number(value.low, 1), high=number(value.high, 1))
            self._layout.addWidget(label(f"{context.t('sheet.interval')} {bounds}", "note", wrap=True))
        else:
            self._layout.addWidget(label(context.t("sheet.no_interval"), "note", wrap=True))
        self._layout.addWidget(Gauge(context, reading))
        for comparison in reading.comparisons:
            self._layout.addLayout(self._comparison(comparison, reading))
        note = f"{reading.note} {context.t('sheet.no_verdict')}".strip()
        self._layout.addWidget(label(unbroken(note), "note", wrap=True))
        self._layout.addSpacing(8)

    def _comparison(self, comparison: Comparison, reading: Reading):
        context, mark = self._context, comparison.mark
        name = context.t(f"reporting.framework.{mark.framework}")
        limit = label(f"{name} · {concentration(mark.value, context.catalogue)}", "soft")
        key = ("above" if comparison.above else "below") + ("_unsure" if comparison.unsure else "")
        verdict = label(context.t(f"sheet.{key}"), "strong" if not comparison.unsure else "")
        if comparison.unsure:
            verdict.setToolTip(context.t("sheet.unsure_help"))
        scale = site_scale([c.mark for c in reading.comparisons])
        index = next((i for i, m in enumerate(scale.marks) if m.value == mark.value), 0)
        colour = QColor(*scale.colours[index + 1 if comparison.above else 0])
        return row(_Dot(colour), limit, None, verdict)

    def _add_facts(self, facts: tuple[Fact, ...]) -> None:
        if not facts:
            return
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for line, fact in enumerate(facts):
            name = label(fact.label, "note", wrap=True)
            name.setFixedWidth(_LABEL)
            value = label(unbroken(fact.value), wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, line, 1)
        self._layout.addLayout(grid)

    def _add_series(self, series: Series) -> None:
        from aqah_desktop.views.sheet.series import SeriesChart  # loads the chart library

        context = self._context
        symbol = words.pollutant_symbol(series.pollutant, context.catalogue)
        title = label(context.t("sheet.series", pollutant=symbol), "strong", wrap=True)
        title.setContentsMargins(0, 10, 0, 0)
        self._layout.addWidget(title)
        self._layout.addWidget(SeriesChart(context, series))
        notes = []
        if series.break_year:
            notes.append(context.t("sheet.series_break", year=str(series.break_year)))
        if len(series.parts) > 1:
            notes.append(context.t("sheet.series_gaps"))
        if any(any(part.estimated) for part in series.parts):
            notes.append(context.t("sheet.series_estimated"))
        notes += [f"{note}." for note in series.notes]
        if notes:
            self._layout.addWidget(label(unbroken(" ".join(notes)), "note", wrap=True))

    def _card(self, name: str, title: str, text: str) -> None:
        card = QFrame()
        card.setObjectName(name)
        inside = column(card, margins=12, spacing=4)
        if title:
            inside.addWidget(label(title, "strong", wrap=True))
        inside.addWidget(label(unbroken(text), "note" if name == "notice" else "", wrap=True))
        self._layout.addWidget(card)


class _Dot(QWidget):
    def __init__(self, colour: QColor) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(10, 10)

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(0, 0, 10, 10)
        painter.end()
