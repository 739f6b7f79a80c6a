"""The act side of the window: scenario, comparison, history, and the runs they share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from aqah_desktop.models.command_line import arguments_of
from aqah_desktop.models.commands import RaiseLayers
from aqah_desktop.models.history import entries_of_run
from aqah_desktop.models.latest import RunKind
from aqah_desktop.models.run_desk import Run, RunDesk, Stage
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import AlgorithmSpec, RunRecord
from aqah_desktop.views.compare.bind import Comparing
from aqah_desktop.views.history.panel import HistoryPanel
from aqah_desktop.views.map.contents import LayerContent, bounds_of
from aqah_desktop.views.map.place_tools import PlaceOnMap
from aqah_desktop.views.map.scene import ArraySource
from aqah_desktop.views.qt_dispatch import Dispatcher
from aqah_desktop.views.simulate.panel import SimulatePanel

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_WORK = "acting"


class Acting(QObject):
    """Panels and runs of the act side; made once by the workbench."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        context = bench.context
        self._bench, self._context = bench, context
        #: Asks plugins and reads sheets: a plugin that hangs must not keep the map from being painted.
        self.asker = Dispatcher(self, threads=4)
        self.desk = RunDesk(context.services, bench.keeper, self.asker.submit, self.asker.call)
        self.places = PlaceOnMap(context, bench.map_page)
        self.simulate = SimulatePanel(context, self.asker, self.desk, self.places)
        self.history = HistoryPanel(context, self.asker, self.desk)
        bench.side.add_page("scenario", context.t("simulate.tab"), self.simulate, order=10)
        bench.bottom.add_page("history", context.t("history.tab"), self.history, order=30)
        self.comparing = Comparing(bench)
        self._connect()

    def _connect(self) -> None:
        bench, project = self._bench, self._context.project
        self._context.actions.bind("simulate.action", self.show_scenario)
        self._context.actions.bind("history.show", lambda: bench.bottom.show_page("history", focus=True))
        bench.side.page_changed.connect(self._on_page)
        bench.algorithm_chosen.connect(self.open_action)
        self.simulate.history_asked.connect(self.show_in_history)
        self.simulate.layers_asked.connect(self.show_layers)
        self.simulate.compare_asked.connect(self.comparing.open_run)
        self.history.rerun_asked.connect(self._on_rerun)
        self.history.edit_asked.connect(self.open_record)
        self.history.layers_asked.connect(lambda record: self.show_layers(record.id))
        self.desk.started.connect(self._on_started)
        self.desk.stored.connect(self._on_stored)
        self.desk.changed.connect(self._on_changed)
        self.desk.ended.connect(self._on_ended)
        project.runs_changed.connect(self._on_runs)
        bench.add_closing(self._on_closing)

    # ------------------------------------------------------------------ going somewhere

    def show_scenario(self) -> None:
        """Bring the panel *Scénario* to the front."""
        self._bench.side.show_page("scenario", focus=True)
        self.simulate.ask_offers()

    def open_action(self, algorithm_id: str) -> None:
        """Open the form of an action."""
        self.show_scenario()
        self.simulate.open_action(algorithm_id)

    def open_record(self, record: RunRecord) -> None:
        """Open the parameters of a run in the form, on the territory it was about."""
        parameters = json.loads(record.parameters)
        territory = parameters.get("territory")
        known = territory in self._context.services.pack.territories
        if known and territory != self._context.project.state.territory:
            self._bench.open_territory(territory)
        self.show_scenario()
        self.simulate.open_action(record.algorithm_id, parameters)

    def show_in_history(self, record_id: str) -> None:
        """Show a run in the history."""
        self._bench.bottom.show_page("history", focus=True)
        self.history.select(record_id)

    def _on_page(self, name: str) -> None:
        if name == "scenario":
            self.simulate.ask_offers()

    # ------------------------------------------------------------------ runs

    def running_jobs(self) -> tuple[str, ...]:
        """Titles of the runs that are not over, for the question asked before the window closes."""
        return tuple(run.title for run in self.desk.active)

    def _on_rerun(self, record: RunRecord, spec: AlgorithmSpec) -> None:
        title = self._context.services.catalogue.text(spec.title)
        self.desk.start(record.algorithm_id, arguments_of(record, spec), title)

    def _on_started(self, run: Run) -> None:
        self._bench.work.begin(_WORK, self._words(run), lambda: self.desk.cancel(run))

    def _on_changed(self, run: Run) -> None:
        if not run.stage.over:
            self._bench.work.progress(_WORK, run.fraction, self._words(run))

    def _words(self, run: Run) -> str:
        """What is done now and how many wait, in one line."""
        t, catalogue = self._context.t, self._context.services.catalogue
        step = catalogue.text(run.text) if run.text and not run.unwanted else ""
        stage = "cancelling" if run.unwanted else run.stage.value
        words = t("simulate.progress", title=run.title, step=step or t(f"simulate.stage_{stage}"))
        waiting = sum(1 for other in self.desk.active if other is not run)
        return f"{words} · {t('simulate.waiting', count=waiting)}" if waiting else words

    def _on_ended(self, run: Run) -> None:
        self._bench.work.end(_WORK)
        for other in reversed(self.desk.active):
            self._on_started(other)
            self._on_changed(other)
            break
        if run.stage is Stage.DONE:
            self._on_runs(self._context.project.state.runs)
        elif run.error is not None and not self._is_told(run):
            self._context.notifications.error(run.error)

    def _is_told(self, run: Run) -> bool:
        """Whether the panel shows why a run failed: it need not be said twice."""
        in_front = self._bench.side.current() == "scenario" and self._bench.side.is_open()
        return in_front and self.simulate.shows(run)

    def _on_stored(self, run: Run) -> None:
        """Give the map what is in memory: it need not read the file the layers were just written to."""
        assert run.finished is not None
        rasters = run.finished.results.rasters
        short = run.finished.record.id[:8]
        sources = {f"{name}_{short}": ArraySource(r.values, r.grid) for name, r in rasters.items()}
        for entry in run.entries:
            if entry.id in sources:
                bounds = [sources[name] for name in bounds_of(entry.id) if name in sources]
                pair = (bounds[0], bounds[1]) if len(bounds) == 2 else None
                self._bench.loader.put(entry, LayerContent(raster=sources[entry.id], bounds=pair))

    def _on_runs(self, runs: tuple[RunRecord, ...]) -> None:
        """The newest action that is in the project is what briefing and exports take."""
        latest = self._bench.latest
        newest = None
        for record in reversed(runs):
            found = self.desk.finished(record.id)
            if found is not None and found.results.emission_changes:
                newest = found
                break
        if newest is None:
            latest.forget(RunKind.ACTION)
        elif latest.get(RunKind.ACTION) is not newest:
            latest.put(RunKind.ACTION, newest)

    def show_layers(self, record_id: str) -> None:
        """Put the layers of a run above the others, those taken away since too."""
        keeper, state = self._bench.keeper, self._context.project.state
        self._context.dispatcher.submit(
            lambda _: entries_of_run(keeper, state, record_id), self._on_entries, key="entries_of_run"
        )

    def _on_entries(self, entries: tuple[LayerEntry, ...]) -> None:
        if entries:
            self._context.project.do(RaiseLayers(entries))
        else:
            self._context.notifications.tell("history.no_layers", "warning")

    # ------------------------------------------------------------------ the end

    def _on_closing(self) -> None:
        """Let go of what is followed, and stop asking: no plugin keeps a window from closing."""
        self._context.project.runs_changed.disconnect(self._on_runs)
        self.places.stop()
        self.simulate.release()
        self.history.release()
        self._context.services.stop_asking()
        self.asker.close()
