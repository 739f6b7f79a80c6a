"""The right panel *Exposition*: sites and farming of the open territory."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.exposure_result import farms_result, sites_result
from aqah_desktop.models.latest import LatestRuns, RunKind
from aqah_desktop.models.selection import Feature, Selection
from aqah_desktop.models.services import Finished
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.exposure.farms_page import FarmsPage
from aqah_desktop.views.exposure.runs import ExposureRuns
from aqah_desktop.views.exposure.segments import Segments
from aqah_desktop.views.exposure.sites_page import SitesPage
from aqah_desktop.views.exposure.states import StatePage
from aqah_desktop.views.loading import with_charts
from aqah_desktop.views.widgets import button, column, row, tool_button


class ExposurePanel(QWidget):
    """Follows :class:`LatestRuns` and the runs under way.

    Parameters
    ----------
    context : ViewContext
        Texts, theme, dispatcher.
    runs : ExposureRuns
        Asked for computations.
    latest : LatestRuns
        What is shown.
    selection : Selection
        The place looked at.
    """

    #: The sheet of the selected place is wanted.
    sheet_wanted = Signal()
    #: Sites the table should show: kind, framework, whether those without value.
    table_wanted = Signal(str, str, bool)
    #: The invented layers should be shown on the map.
    training_wanted = Signal()

    def __init__(
        self, context: ViewContext, runs: ExposureRuns, latest: LatestRuns, selection: Selection
    ) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._context, self._runs = context, runs
        self._latest, self._selection = latest, selection
        self._farms_stale = True
        t = context.t
        layout = column(self, margins=0, spacing=0)
        self._tabs = Segments(
            {name: t(f"exposed.{name}_tab") for name in ("sites", "farms")}, t("exposed.title")
        )
        bar = QFrame()
        inside = QHBoxLayout(bar)
        inside.setContentsMargins(16, 12, 16, 0)
        inside.addWidget(self._tabs)
        layout.addWidget(bar)
        self.sites, self.farms = SitesPage(context), FarmsPage(context)
        self._sites_state = StatePage(context)
        self._sites_stack, self._stack = QStackedWidget(), QStackedWidget()
        self._sites_stack.addWidget(self._sites_state)
        self._sites_stack.addWidget(_scrolled(self.sites))
        self._stack.addWidget(self._sites_stack)
        self._stack.addWidget(_scrolled(self.farms))
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._next_steps())
        self.setMinimumWidth(300)
        self._connect()
        self._show_empty()

    def show_sites(self) -> None:
        """Bring the page of sites to the front."""
        self._tabs.choose("sites")
        self._stack.setCurrentIndex(0)

    def show_farms(self) -> None:
        """Bring the page of farming to the front; computed at first use."""
        self._tabs.choose("farms")
        self._stack.setCurrentIndex(1)
        if self._farms_stale:
            self._farms_stale = False
            self.farms.ask()

    def close_panel(self) -> None:
        """Follow the models no more."""
        self._latest.changed.disconnect(self._on_latest)
        self._selection.changed.disconnect(self._on_selection)

    def _next_steps(self) -> QFrame:
        """What one does once it is known who is exposed: try an action, take a note or the table."""
        actions = self._context.actions
        bar = QFrame()
        bar.setObjectName("steps")
        bar.setAccessibleName(self._context.t("exposed.next_steps"))
        simulate = actions.action("simulate.action")
        step = button(simulate.text(), simulate.trigger, "primary")
        step.setEnabled(simulate.isEnabled())
        simulate.enabledChanged.connect(step.setEnabled)
        tools = [
            tool_button(actions.action(name)) for name in ("share.briefing", "share.table", "view.table")
        ]
        inside = row(step, None, *tools, spacing=4)
        inside.setContentsMargins(16, 8, 12, 8)
        bar.setLayout(inside)
        return bar

    # ------------------------------------------------------------------ connections

    def _connect(self) -> None:
        self._tabs.chosen.connect(lambda name: self.show_sites() if name == "sites" else self.show_farms())
        self._latest.changed.connect(self._on_latest)
        self._selection.changed.connect(self._on_selection)
        runs, sites, farms = self._runs, self.sites, self.farms
        runs.sites.started.connect(self._show_waiting)
        runs.sites.failed.connect(self._show_trouble)
        runs.sites.cancelled.connect(self._show_cancelled)
        runs.farms.started.connect(farms.show_waiting)
        runs.farms.failed.connect(farms.show_trouble)
        runs.farms.cancelled.connect(farms.show_cancelled)
        farms.wanted.connect(runs.ask_farms)
        farms.training_wanted.connect(self.training_wanted)
        sites.table_wanted.connect(self.table_wanted)
        for page in (sites, farms):
            page.chosen.connect(self._on_chosen)
            page.opened.connect(self._on_opened)

    def _on_chosen(self, feature: Feature) -> None:
        self._selection.choose(feature, "exposure")

    def _on_opened(self, feature: Feature) -> None:
        self._selection.choose(feature, "exposure")
        self.sheet_wanted.emit()

    def _on_selection(self, feature: Feature | None, by: str) -> None:
        if by != "exposure":
            self.sites.select(feature)
            self.farms.select(feature)

    def _on_latest(self, kind: str, finished: Finished | None) -> None:
        pack, catalogue = self._context.services.pack, self._context.catalogue
        if kind == RunKind.SITES and finished is not None:
            self._context.dispatcher.submit(
                lambda _: with_charts(sites_result(pack, finished, catalogue)),
                self._show_result,
                self._on_unreadable,
                key="result of sites",
            )
        elif kind == RunKind.FARMS:
            self._on_farms(finished)

    def _on_farms(self, finished: Finished | None) -> None:
        pack, catalogue = self._context.services.pack, self._context.catalogue
        if finished is not None:
            self._context.dispatcher.submit(
                lambda _: farms_result(pack, finished, catalogue),
                self.farms.show_result,
                self._on_unreadable_farms,
                key="result of farms",
            )
        elif self._stack.currentIndex() == 1:
            self.farms.ask()
        else:
            self._farms_stale = True

    # ------------------------------------------------------------------ states

    def _show_result(self, result) -> None:
        self.sites.show_result(result)
        self._sites_stack.setCurrentIndex(1)

    def _on_unreadable(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._show_trouble(error)

    def _on_unreadable_farms(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self.farms.show_trouble(error)

    def _show_waiting(self) -> None:
        self._sites_state.waiting(self._context.t("exposed.working"))
        self._sites_stack.setCurrentIndex(0)

    def _show_trouble(self, error: AqahError) -> None:
        self._sites_state.trouble(error, (self._context.t("exposed.retry"), self._runs.ask_sites))
        self._sites_stack.setCurrentIndex(0)

    def _show_cancelled(self) -> None:
        t = self._context.t
        step = (t("exposed.again"), self._runs.ask_sites)
        self._sites_state.message(t("exposed.cancelled"), t("exposed.cancelled_help"), step)
        self._sites_stack.setCurrentIndex(0)

    def _show_empty(self) -> None:
        t = self._context.t
        self._sites_state.message(t("exposed.title"), t("exposed.empty"))


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
