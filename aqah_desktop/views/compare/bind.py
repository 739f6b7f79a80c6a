"""The comparison in the window: its page beside the map, its table in the bottom dock, its action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from aqah_desktop.views.compare.page import ComparePage
from aqah_desktop.views.compare.table import CommuneTable

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_ACTION = "simulate.compare"


class Comparing(QObject):
    """Opens and closes the comparison; made once by the act side."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        context = bench.context
        self._bench, self._context = bench, context
        self._run_id = ""
        self.page = ComparePage(context, bench.map_page)
        self.table = CommuneTable(context, bench.keeper)
        bench.window.stack.addWidget(self.page)
        bench.bottom.add_page("compare", context.t("compare.table_tab"), self.table, order=20)
        context.actions.bind(_ACTION, self._on_toggled)
        self.page.closed.connect(self.close)
        self.page.hovered.connect(bench.map_page.hovered)
        self.page.pair_shown.connect(self.table.show_pair)
        self.page.table_asked.connect(lambda: bench.bottom.show_page("compare", focus=True))
        bench.window.stack.currentChanged.connect(self._on_page)
        project = context.project
        for signal in (project.layers_changed, project.runs_changed, project.territory_changed):
            signal.connect(self._on_project)
        bench.add_closing(self._on_closing)

    @property
    def shown(self) -> bool:
        """Whether the comparison is in front."""
        return self._bench.window.stack.currentWidget() is self.page

    def open_run(self, run_id: str) -> None:
        """Compare before and after of a run."""
        self._run_id = run_id
        action = self._context.actions.action(_ACTION)
        if action.isChecked():
            self.page.open_pair(run_id)
        else:
            action.setChecked(True)

    def close(self) -> None:
        """Go back to the map, looking where the comparison looked."""
        self._context.actions.action(_ACTION).setChecked(False)

    def _on_toggled(self, wanted: bool) -> None:
        bench = self._bench
        if wanted:
            bench.window.stack.setCurrentWidget(self.page)
            self.page.open_pair(self._run_id)
            self._run_id = ""
        elif self.shown:
            bench.window.stack.setCurrentWidget(bench.map_page)
            bench.map_page.canvas.setFocus()

    def _on_page(self, _index: int) -> None:
        """Another page came to the front: a territory was opened, or all of them are shown."""
        if not self.shown:
            self.page.leave()
            self._context.actions.action(_ACTION).setChecked(False)

    def _on_project(self, _value: object) -> None:
        self._context.actions.set_there("result", self.page.possible())

    def _on_closing(self) -> None:
        project = self._context.project
        for signal in (project.layers_changed, project.runs_changed, project.territory_changed):
            signal.disconnect(self._on_project)
        self.page.release()
