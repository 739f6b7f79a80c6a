"""The page of sensitive sites: the answer in one sentence, against what, how spread, where it is worst."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QVBoxLayout, QWidget

from aqah_desktop.models.exposure_result import SitesResult
from aqah_desktop.models.exposure_view import RANKED, ExposureView, kinds_of, view_of
from aqah_desktop.models.exposure_words import ExposureWords, concentration, kind_name
from aqah_desktop.models.selection import Feature
from aqah_desktop.reporting import words as phrases
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.exposure.levels import LevelBars
from aqah_desktop.views.exposure.ranking import PlaceList
from aqah_desktop.views.exposure.rows import class_colours, place_row
from aqah_desktop.views.exposure.standing import StandingFoot
from aqah_desktop.views.text import unbroken
from aqah_desktop.views.widgets import button, clear, column, label

if TYPE_CHECKING:
    from aqah_desktop.views.charts import Chart

_CHART_HEIGHT = 168
#: Names listed of each group without value.
_MISSING_SHOWN = 4
#: An annual value this near to the values is shown with them, µg/m³.
_NEAR_UG_M3 = 2.0
#: With more kinds than this, one types to find a kind.
_TYPED_ABOVE = 40


class SitesPage(QWidget):
    """Shows one result; what the user chooses here is announced, nothing is computed elsewhere."""

    #: A place was chosen in the list; or its sheet is wanted.
    chosen = Signal(object)
    opened = Signal(object)
    #: Sites the table should show: kind, framework, whether those without value.
    table_wanted = Signal(str, str, bool)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._result: SitesResult | None = None
        self._view: ExposureView | None = None
        self._kind = self._above = ""
        self._selected: Feature | None = None
        self._layout = column(self, margins=16, spacing=8)
        self._build()
        context.theme.changed.connect(self._draw_histogram)

    # ------------------------------------------------------------------ what is shown

    def show_result(self, result: SitesResult) -> None:
        """Show a run; the choice of kind is kept where the run has that kind."""
        self._result = result
        kinds = kinds_of(result.sites)
        if self._kind not in kinds:
            self._kind = ""
        if all(mark.framework != self._above for mark in result.marks):
            self._above = ""
        self._fill_kinds(kinds)
        self._words = ExposureWords(self._context.catalogue, result.pollutant, result.year)
        self._standing.show_standing(result.standing)
        self._refresh()

    def choice(self) -> tuple[str, str]:
        """Kind and framework chosen, empty for all."""
        return self._kind, self._above

    def select(self, feature: Feature | None) -> None:
        """Mark the place selected elsewhere; one outside the ten first is added below them."""
        self._selected = feature
        if self._view is not None:
            self._fill_ranking()

    # ------------------------------------------------------------------ parts

    def _build(self) -> None:
        t = self._context.t
        self._kinds = QComboBox()
        self._kinds.setAccessibleName(t("exposed.kind_filter"))
        self._kinds.setToolTip(t("exposed.kind_filter"))
        self._kinds.setMaxVisibleItems(14)
        self._kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._kinds.setMinimumContentsLength(12)
        self._kinds.activated.connect(self._on_kind)
        self._figure, self._sentence = label("", "figure", wrap=True), label("", wrap=True)
        self._details = label("", "note", wrap=True)
        self._bars = LevelBars(self._context)
        self._bars.chosen.connect(self._on_level)
        self._chart_place = QWidget()
        self._chart_layout = column(self._chart_place, margins=0, spacing=0)
        self._chart: Chart | None = None
        self._people_title, self._people = self._title("residents"), label("", wrap=True)
        self._ranking_title = self._title("ranking")
        self._ranking = PlaceList(self._context, t("exposed.ranking"))
        self._ranking_title.setToolTip(t("exposed.ranking_help"))
        self._ranking.chosen.connect(self.chosen)
        self._ranking.opened.connect(self.opened)
        self._order = label(t("exposed.ranking_unsure"), "note", wrap=True)
        self._more = button("", self._on_more, "link")
        self._missing = QVBoxLayout()
        self._missing.setSpacing(4)
        self._standing = StandingFoot(self._context)
        self._answer = (self._kinds, self._figure, self._sentence, self._details)
        self._charted = (self._title("levels"), self._bars, self._title("histogram"), self._chart_place)
        self._listed = (self._ranking_title, self._ranking, self._order, self._more)
        for part in (*self._answer, *self._charted, self._people_title, self._people, *self._listed):
            self._layout.addWidget(part)
        self._charted[0].setToolTip(t("exposed.levels_help"))
        self._layout.addLayout(self._missing)
        self._layout.addWidget(self._standing)
        self._layout.addStretch(1)

    def _title(self, key: str) -> QLabel:
        title = label(self._context.t(f"exposed.{key}"), "strong", wrap=True)
        title.setContentsMargins(0, 10, 0, 0)
        return title

    def _fill_kinds(self, kinds: dict[str, int]) -> None:
        """One entry per kind; with more than a list can show, the user types part of a name."""
        t, number = self._context.t, self._context.catalogue.number
        self._kinds.clear()
        self._kinds.addItem(t("exposed.all_kinds", count=number(sum(kinds.values()))), "")
        for kind, count in kinds.items():
            name = self._words_for(kind)
            self._kinds.addItem(t("exposed.kind_choice", name=name, count=number(count)), kind)
        self._kinds.setCurrentIndex(max(self._kinds.findData(self._kind), 0))
        many = len(kinds) > _TYPED_ABOVE
        if many != self._kinds.isEditable():
            self._kinds.setEditable(many)
        if many:
            self._kinds.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            completer = self._kinds.completer()
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(completer.CompletionMode.PopupCompletion)

    def _words_for(self, kind: str) -> str:
        key = f"exposed.noun_{kind}_many"
        known = self._context.catalogue.has(key)
        name = self._context.t(key) if known else kind_name(kind, self._context.catalogue)
        return name[:1].upper() + name[1:]

    def _refresh(self) -> None:
        result = self._result
        assert result is not None
        view = view_of(result.sites, result.marks, self._kind, self._above)
        self._view = view
        self._figure.setText(self._words.figure(view, self._above, self._kind))
        self._figure.setVisible(bool(self._figure.text()))
        self._sentence.setText(unbroken(self._words.sentence(view, self._above, self._kind)))
        self._details.setText(unbroken("\n".join(self._words.details(view, self._above))))
        self._details.setVisible(bool(self._details.text()))
        colours = class_colours(np.array([mark.value + 1e-6 for mark in result.marks]), result.marks)
        self._bars.show_levels(view.levels, colours, view.known, self._words)
        self._bars.choose(self._above)
        for part in self._charted:
            part.setVisible(view.known > 0)
        self._draw_histogram()
        self._fill_people(view)
        self._fill_ranking()
        self._fill_missing(view)

    def _draw_histogram(self) -> None:
        result, view = self._result, self._view
        if result is None or view is None or not view.known:
            return
        context, chart, bins = self._context, self._made_chart(), view.histogram
        chart.clear()
        middles = (np.array(bins.edges[:-1]) + np.array(bins.edges[1:])) / 2
        chart.bars(bins.edges, bins.counts, class_colours(middles, result.marks))
        low, high = bins.edges[0], bins.edges[-1]
        reach = max((high - low) * 0.35, _NEAR_UG_M3)
        near = [mark for mark in result.marks if low - reach <= mark.value <= high + reach]
        low, high = min([low, *(m.value for m in near)]), max([high, *(m.value for m in near)])
        for mark in near:
            name = context.t(f"reporting.framework.{mark.framework}")
            at_end = mark.value > low + 0.8 * (high - low)
            chart.mark(mark.value, name, context.theme.colour("ink"), before=at_end)
        pad = (high - low) * 0.03
        chart.setXRange(low - pad, high + pad, padding=0)
        chart.setYRange(0, max(bins.counts) * 1.18, padding=0)
        symbol = phrases.pollutant_symbol(result.pollutant, context.catalogue)
        year = "" if result.year is None else str(result.year)
        chart.restyle()
        chart.words(context.t("exposed.histogram_axis", pollutant=symbol, year=year))
        ends = (concentration(value, context.catalogue) for value in (bins.edges[0], bins.edges[-1]))
        said = dict(zip(("low", "high"), ends, strict=True))
        count = context.catalogue.number(view.known)
        chart.setAccessibleName(context.t("exposed.histogram_said", count=count, **said))

    def _made_chart(self) -> Chart:
        """The chart, made when there is something to draw: its library takes long to load."""
        if self._chart is None:
            from aqah_desktop.views.charts import Chart

            self._chart = Chart(self._context, _CHART_HEIGHT)
            self._chart_layout.addWidget(self._chart)
        return self._chart

    def _fill_people(self, view: ExposureView) -> None:
        assert self._result is not None
        level = view.level(self._above)
        text = ""
        if level is not None and not self._kind:
            text = self._words.residents(self._result.figures, level.mark.framework)
        self._people.setText(unbroken(text))
        self._people.setVisible(bool(text))
        self._people_title.setVisible(bool(text))

    def _fill_ranking(self) -> None:
        result, view = self._result, self._view
        assert result is not None and view is not None
        context = self._context
        shown = [(int(row), int(rank)) for row, rank in zip(view.listed[:RANKED], view.ranks, strict=False)]
        own = result.sites.row_of(self._selected)
        place = np.flatnonzero(view.listed == own) if own is not None else np.empty(0, np.intp)
        if own is not None and len(place) and place[0] >= RANKED:
            shown.append((own, int(view.ranks[place[0]])))
        rows = tuple(
            place_row(result.sites, row, rank, result.marks, context.catalogue) for row, rank in shown
        )
        self._ranking.show_rows(rows, self._selected)
        level = view.level(self._above)
        value = concentration(level.mark.value, context.catalogue) if level is not None else ""
        key = "ranking" if len(view.listed) >= RANKED and not self._above else "ranking_fewer"
        if self._above:
            key = "ranking_above" if rows else "ranking_none"
        title = self._ranking_title
        title.setText(unbroken(context.t(f"exposed.{key}", value=value)))
        title.setVisible(view.known > 0)
        self._ranking.setVisible(bool(rows))
        self._order.setVisible(view.order_unsure)
        more = context.t("exposed.show_listed", count=context.catalogue.number(len(view.listed)))
        self._more.setText(more)
        self._more.setAccessibleName(more)
        self._more.setVisible(len(view.listed) > RANKED)

    def _fill_missing(self, view: ExposureView) -> None:
        clear(self._missing)
        assert self._result is not None
        groups = self._words.missing(view)
        if not groups:
            return
        t, sites = self._context.t, self._result.sites
        self._missing.addWidget(self._title("missing"))
        for reason, sentence in groups:
            rows = view.missing[reason]
            card = QFrame()
            card.setObjectName("missing")
            inside = column(card, margins=0, spacing=2)
            inside.addWidget(label(sentence, wrap=True))
            names = [f"{sites.names[row]} ({sites.communes[row]})" for row in rows[:_MISSING_SHOWN]]
            rest = len(rows) - len(names)
            if rest > 0:
                names.append(t("exposed.missing_more", count=self._context.catalogue.number(rest)))
            inside.addWidget(label("\n".join(names), "note", wrap=True))
            self._missing.addWidget(card)
        show = partial(self.table_wanted.emit, self._kind, "", True)
        link = button(t("exposed.show_missing"), show, "link")
        self._missing.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    # ------------------------------------------------------------------ choices

    def _on_kind(self, index: int) -> None:
        self._kind = str(self._kinds.itemData(index) or "")
        self._refresh()

    def _on_level(self, framework: str) -> None:
        self._above = framework
        self._refresh()

    def _on_more(self) -> None:
        self.table_wanted.emit(self._kind, self._above, False)
