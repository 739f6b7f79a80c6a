"""Furnishes the window: builds pages and panels, and connects what the user asks to what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from aqah_desktop.errors import AqahError
from aqah_desktop.locations import user_folders
from aqah_desktop.models import opening
from aqah_desktop.models.commands import ChooseMoment, OpenTerritory
from aqah_desktop.models.frames import FrameStore
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.latest import LatestRuns
from aqah_desktop.models.notifications import Notifications
from aqah_desktop.models.project import Project
from aqah_desktop.models.selection import Selection
from aqah_desktop.models.services import Services
from aqah_desktop.models.settings import Settings
from aqah_desktop.records import Pollutant, Territory
from aqah_desktop.views.actions import ActionCentre
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.main_window import MainWindow
from aqah_desktop.views.map.contents import ContentLoader
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.qt_dispatch import Dispatcher
from aqah_desktop.views.shell.dock_tabs import DockTabs, bind_docks
from aqah_desktop.views.shell.foot import Foot
from aqah_desktop.views.shell.topbar import TopBar
from aqah_desktop.views.shell.work import WorkLine
from aqah_desktop.views.start.page import Rings, StartPage, rings_of
from aqah_desktop.views.theme import ThemeManager

if TYPE_CHECKING:
    from aqah_desktop.views.acting import Acting
    from aqah_desktop.views.layers.bind import LayersDesk
    from aqah_desktop.views.shell.frame import Frame

#: Modules of the panels, which the first map does not wait for.
_PANELS = ("acting", "exposure.bind", "layers.bind", "sheet.bind", "shell.frame", "table.bind")


def import_panels() -> None:
    """Read the code of the panels; on any thread."""
    for name in _PANELS:
        import_module(f"aqah_desktop.views.{name}")


class Workbench(QObject):
    """Pages and panels of one window on one set of services.

    With ``panels=False`` there is the map only: the start of the program shows it first and then calls
    :meth:`add_next_panel` until nothing is missing.
    """

    frame: Frame
    #: Layer tree, its sheets, the files behind the user's layers.
    layers: LayersDesk
    #: Scenario, comparison, history and their runs.
    acting: Acting

    first_map = Signal()
    #: Files to add as layers: dropped on the window or named on the command line.
    layer_files = Signal(list)
    #: A layer or an algorithm was chosen by its id in the search.
    layer_chosen = Signal(str)
    algorithm_chosen = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        services: Services,
        settings: Settings,
        theme: ThemeManager,
        panels: bool = True,
    ) -> None:
        super().__init__(window)
        self.window = window
        self._mapped = self._furnished = self._filled = False
        self.context = self._make_context(services, settings, theme)
        #: The newest finished run of each kind, for panels, briefing and exports.
        self.latest = LatestRuns()
        #: The feature looked at in map, lists, table and sheet.
        self.selection = Selection()
        #: Project file, journal and recovery.
        self.keeper = Keeper(
            self.context.project, services.pack, user_folders().data / "untitled", self._on_keeper_problem
        )
        self._build_pages()
        self._connect()
        self._bind()
        self._missing = self._panels()
        self._fill_choices()
        if panels:
            while self.add_next_panel():
                pass
            self.show_start()

    def _build_pages(self) -> None:
        """Pages, bars and docks, still empty."""
        window = self.window
        self.loader = ContentLoader(self.context.services.pack, self.keeper.reading)
        #: Tables behind the layers, for sheets and table.
        self.frames = FrameStore(self.context.services.pack, self.keeper.reading)
        self.start_page = StartPage(self.context)
        self.map_page = MapPage(self.context, self.loader)
        self.top, self.foot = TopBar(self.context), Foot(self.context)
        window.stack.addWidget(self.start_page)
        window.stack.addWidget(self.map_page)
        window.add_bar(self.top, top=True)
        window.add_bar(self.foot, top=False)
        #: Work under way, shown in the foot when it lasts.
        self.work = WorkLine(self.foot)
        self._closing: list[Callable[[], object]] = []
        #: Pages of the right dock (exposure, scenario, sheet) and of the bottom one (table, history).
        self.side = DockTabs(window, self.context, "side", Qt.DockWidgetArea.RightDockWidgetArea)
        self.bottom = DockTabs(window, self.context, "bottom", Qt.DockWidgetArea.BottomDockWidgetArea, False)
        self.context.actions.fill_menus(window.menuBar())

    def _panels(self) -> Iterator[None]:
        """Build the panels, one a step; imported here, so that the first map does not wait for them."""
        from aqah_desktop.views.acting import Acting
        from aqah_desktop.views.exposure.bind import bind_exposure
        from aqah_desktop.views.layers.bind import bind_layers
        from aqah_desktop.views.sheet.bind import bind_sheet
        from aqah_desktop.views.shell.frame import Frame
        from aqah_desktop.views.table.bind import bind_table

        self.frame = Frame(self)
        yield
        exposure = bind_exposure(self)
        yield
        self.layers = bind_layers(self)
        yield
        bind_table(self, exposure, bind_sheet(self))
        yield
        self.acting = Acting(self)

    def add_next_panel(self) -> bool:
        """Build one more panel; whether there may be another one.

        Panels made after a territory was opened are told what it is, and that its map is there.
        """
        try:
            next(self._missing)
        except StopIteration:
            if not self._furnished:
                self._furnished = True
                self.context.project.announce()
                if self._mapped:
                    self.first_map.emit()
            return False
        return True

    def _on_first_map(self) -> None:
        self._mapped = True
        if self._furnished:
            self.first_map.emit()

    def _make_context(self, services: Services, settings: Settings, theme: ThemeManager) -> ViewContext:
        return ViewContext(
            services=services,
            project=Project(),
            settings=settings,
            dispatcher=Dispatcher(self),
            theme=theme,
            actions=ActionCentre(self.window, theme, services.catalogue),
            notifications=Notifications(),
            catalogue=services.catalogue,
        )

    # ------------------------------------------------------------------ what is shown

    def show_start(self) -> None:
        """Show the territory cards."""
        self._fill_cards()
        self.window.stack.setCurrentWidget(self.start_page)
        self.top.parentWidget().setVisible(False)
        self.foot.setVisible(False)
        self.window.show_docks(False)
        self.context.actions.set_there("territory", False)

    def open_territory(self, code: str) -> None:
        """Open a territory of the pack."""
        context, state = self.context, self.context.project.state
        pack = context.services.pack
        try:
            territory = pack.territory(code)
            year = opening.nearest_year(pack, state.pollutant, state.year)
            layers = opening.opening_layers(pack, state.pollutant, year)
        except AqahError as error:
            context.notifications.error(error)
            return
        context.project.do(OpenTerritory(code, territory.extent, layers))
        if year != state.year:
            self.choose_moment(state.pollutant, year)
        self._show_map()

    def show_project(self, extent: tuple[float, float, float, float] | None = None) -> None:
        """Show the project that was just opened, where it was looked at."""
        state = self.context.project.state
        if state.territory not in self.context.services.pack.territories:
            self.show_start()
            return
        self._show_map()
        if extent is not None:
            self.map_page.canvas.zoom_to(extent, margin=0.0)

    def choose_moment(self, pollutant: Pollutant, year: int) -> None:
        """Show another pollutant or year."""
        pack = self.context.services.pack
        year = opening.nearest_year(pack, pollutant, year)
        self.context.project.do(ChooseMoment(pollutant, year, pack.concentration(pollutant, year)))

    def _show_map(self) -> None:
        self.window.stack.setCurrentWidget(self.map_page)
        self.top.parentWidget().setVisible(True)
        self.foot.setVisible(True)
        self.window.show_docks(True)
        self.context.actions.set_there("territory", True)
        self._show_choice()
        self.map_page.home()
        self.map_page.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_choice(self) -> None:
        state, pack = self.context.project.state, self.context.services.pack
        years = opening.years_of(pack, state.pollutant)
        self.top.show_choice(state.territory, state.pollutant.value, years, state.year)

    # ------------------------------------------------------------------ connections

    def _connect(self) -> None:
        project, start, page = self.context.project, self.start_page, self.map_page
        start.territory_chosen.connect(self.open_territory)
        self.top.territory_chosen.connect(self.open_territory)
        self.top.pollutant_chosen.connect(
            lambda name: self.choose_moment(Pollutant(name), project.state.year)
        )
        self.top.years.chosen.connect(lambda year: self.choose_moment(project.state.pollutant, year))
        page.source_changed.connect(self.foot.show_source)
        page.first_map.connect(self._on_first_map)
        project.moment_changed.connect(self._on_moment)
        project.history_changed.connect(self._on_history)

    def _bind(self) -> None:
        actions, project, canvas = self.context.actions, self.context.project, self.map_page.canvas
        bind_docks(actions, self.side, self.bottom)
        actions.bind("app.quit", self.window.close)
        actions.bind("edit.undo", project.undo)
        actions.bind("edit.redo", project.redo)
        actions.bind("map.home", self.map_page.home)
        actions.bind("map.zoom_in", lambda: canvas.zoom_by(0.6))
        actions.bind("map.zoom_out", lambda: canvas.zoom_by(1 / 0.6))
        actions.bind("view.dark", lambda dark: self._use_theme("dark" if dark else "light"))

    def _use_theme(self, name: str) -> None:
        self.context.theme.use(name)
        self.context.settings.set("theme", name)

    def _on_moment(self, pollutant: Pollutant, _year: int) -> None:
        self._show_choice()
        self._ask_marks(pollutant)

    def _on_history(self) -> None:
        project, actions = self.context.project, self.context.actions
        actions.set_there("undo", project.undo_label() is not None)
        actions.set_there("redo", project.redo_label() is not None)

    def _ask_marks(self, pollutant: Pollutant) -> None:
        from aqah_desktop.reporting.style import threshold_marks

        pack = self.context.services.pack
        self.context.dispatcher.submit(
            lambda _: threshold_marks(pack.thresholds(pollutant), pollutant),
            lambda marks: self.map_page.set_marks(pollutant, marks),
            key=f"marks.{pollutant}",
        )

    # ------------------------------------------------------------------ content of the start page

    def _own_territories(self) -> list[Territory]:
        every = self.context.services.pack.territories.values()
        return sorted((t for t in every if t.aqah), key=lambda t: t.name)

    def _fill_choices(self) -> None:
        pack = self.context.services.pack
        everywhere = [t for t in pack.territories.values() if t.kind != "epci"]
        choices = [(t.code, t.name) for t in [*self._own_territories(), *everywhere]]
        self.top.fill(choices, opening.pollutants_of(pack))
        self._ask_marks(self.context.project.state.pollutant)

    def _fill_cards(self) -> None:
        if not self._filled:
            self._filled = True
            cards = [(t, self._card_lines(t), self._rings(t)) for t in self._own_territories()]
            self.start_page.show_territories(cards)

    def _card_lines(self, territory: Territory) -> list[str]:
        number = self.context.catalogue.number
        return [
            self.context.t(
                "window.card_size", people=number(territory.population), communes=len(territory.commune_codes)
            )
        ]

    def _rings(self, territory: Territory) -> Rings:
        limits = self.loader.prepared.outlines("epci")
        if limits is None or territory.code not in limits.codes:
            return []
        return rings_of(limits.coordinates, limits.starts, limits.owner, limits.codes.index(territory.code))

    def _on_keeper_problem(self, error: AqahError) -> None:
        """Say it, from whatever thread it comes."""
        self.context.dispatcher.call(lambda: self.context.notifications.error(error))

    def running_jobs(self) -> tuple[str, ...]:
        """Titles of the runs the user asked for that are not over."""
        return self.acting.running_jobs() if self._furnished else ()

    def add_closing(self, function: Callable[[], object]) -> None:
        """Have a panel told, before anything is stopped, that the window closes."""
        self._closing.append(function)

    def close(self) -> None:
        """Stop everything that works in the background."""
        for function in self._closing:
            function()
        if self._furnished:
            self.frame.close()
        self.context.dispatcher.close()
        self.context.services.close()
        self.keeper.close()
