"""The panel *Historique*: what was computed, and what can be done with it again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.errors import AqahError
from aqah_desktop.locations import data_folder
from aqah_desktop.models.command_line import command_of
from aqah_desktop.models.history import HistoryRow, history_rows
from aqah_desktop.models.parameter_words import Gazetteer, read_gazetteer
from aqah_desktop.models.run_desk import Run, RunDesk
from aqah_desktop.models.services import Services
from aqah_desktop.records import AlgorithmSpec, Outcome
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.forms.flow import FlowLayout
from aqah_desktop.views.history.table import COLUMNS, HistoryModel
from aqah_desktop.views.qt_dispatch import Dispatcher
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, column, label

_WIDTHS = {"when": 170, "what": 240, "outcome": 120, "duration": 100}
#: What can be done with a run, and its icon.
_ACTIONS = {"rerun": "refresh-cw", "edit": "pencil", "copy": "copy", "show_layers": "layers"}


class HistoryPanel(QWidget):
    """Runs of the project, and the failed and cancelled ones of this session."""

    #: Run again with the parameters of this record, by this declaration.
    rerun_asked = Signal(object, object)
    #: Open these parameters in the form.
    edit_asked = Signal(object)
    #: Put the layers of this run on top of the map.
    layers_asked = Signal(object)

    def __init__(self, context: ViewContext, asker: Dispatcher, desk: RunDesk) -> None:
        super().__init__()
        self._context, self._asker, self._desk = context, asker, desk
        self._specs: dict[str, AlgorithmSpec] = {}
        self._missing: set[str] = set()
        self._names = Gazetteer()
        self.model = HistoryModel(context)
        self.table = self._make_table()
        self.buttons: dict[str, QPushButton] = {}
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._full())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        project = context.project
        project.runs_changed.connect(self._on_changed)
        project.layers_changed.connect(self._on_changed)
        desk.ended.connect(self._on_ended)
        self.refresh()

    def release(self) -> None:
        """Stop following project and desk."""
        project = self._context.project
        project.runs_changed.disconnect(self._on_changed)
        project.layers_changed.disconnect(self._on_changed)
        self._desk.ended.disconnect(self._on_ended)

    # ------------------------------------------------------------------ making

    def _empty(self) -> QWidget:
        page = QWidget()
        layout = column(page, margins=24, spacing=0)
        layout.addWidget(label(self._context.t("history.empty"), "soft", wrap=True))
        layout.addStretch(1)
        return page

    def _full(self) -> QWidget:
        page, t = QWidget(), self._context.t
        layout = column(page, margins=8, spacing=8)
        tools = FlowLayout()
        for name, icon in _ACTIONS.items():
            made = button(t(f"history.{name}"), partial(self.act, name))
            made.setToolTip(t(f"history.{name}_help"))
            self.buttons[name] = with_icon(made, self._context.theme, icon)
            tools.addWidget(made)
        layout.addLayout(tools)
        layout.addWidget(self.table, 1)
        return page

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self._context.t("history.tab"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setShowGrid(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(30)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for place, name in enumerate(COLUMNS):
            if name in _WIDTHS:
                table.setColumnWidth(place, _WIDTHS[name])
            else:
                header.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        table.activated.connect(lambda _: self.act("edit"))
        table.selectionModel().selectionChanged.connect(lambda *_: self._show_possible())
        return table

    # ------------------------------------------------------------------ following

    def _on_changed(self, _: object) -> None:
        self.refresh()

    def _on_ended(self, _run: Run) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Show the runs as they are; the selected one stays selected."""
        chosen = self.current()
        state = self._context.project.state
        others = [run.record for run in self._desk.runs if run.record is not None]
        catalogue = self._context.services.catalogue
        rows = history_rows(state, others, self._specs, catalogue, self._names)
        self.model.show_rows(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        self.select(chosen.record.id if chosen else rows[0].record.id if rows else "")
        self._ask_words(rows)

    def _ask_words(self, rows: tuple[HistoryRow, ...]) -> None:
        """Ask for declarations and names not known yet; rows are written anew when they come."""
        services = self._context.services
        wanted = {r.record.algorithm_id for r in rows} - set(self._specs) - self._missing
        for name in wanted:
            self._missing.add(name)
            read = partial(_spec_of, services, name)
            self._asker.submit(read, partial(self._on_spec, name), self._on_no_spec)
        if rows and not self._names.communes:
            self._asker.submit(lambda _: read_gazetteer(services.pack), self._on_names, key="gazetteer")

    def _on_spec(self, name: str, spec: AlgorithmSpec) -> None:
        self._specs[name] = spec
        self.refresh()

    def _on_no_spec(self, error: Exception) -> None:
        """The algorithm is gone or broken: its rows keep names as they are in the record."""
        if not isinstance(error, AqahError):
            raise error

    def _on_names(self, names: Gazetteer) -> None:
        self._names = names
        self.refresh()

    # ------------------------------------------------------------------ what can be done

    def current(self) -> HistoryRow | None:
        """The selected run."""
        chosen = self.table.selectionModel().selectedRows()
        return self.model.rows[chosen[0].row()] if chosen and chosen[0].row() < len(self.model.rows) else None

    def select(self, record_id: str) -> None:
        """Select a run."""
        for place, found in enumerate(self.model.rows):
            if found.record.id == record_id:
                self.table.selectRow(place)
        self._show_possible()

    def act(self, name: str) -> None:
        """Do one of the actions with the selected run."""
        found = self.current()
        if found is None or not self._possible(found)[name]:
            return
        if name == "copy":
            self._copy(found)
        elif name == "rerun":
            self.rerun_asked.emit(found.record, self._specs[found.record.algorithm_id])
        else:
            (self.edit_asked if name == "edit" else self.layers_asked).emit(found.record)

    def _possible(self, found: HistoryRow) -> dict[str, bool]:
        known = found.record.algorithm_id in self._specs
        kept = found.record.outcome is Outcome.DONE
        return {"rerun": known, "edit": known, "copy": True, "show_layers": kept}

    def _show_possible(self) -> None:
        found = self.current()
        possible = self._possible(found) if found else dict.fromkeys(_ACTIONS, False)
        for name, made in self.buttons.items():
            made.setEnabled(possible[name])

    def _copy(self, found: HistoryRow) -> None:
        folder = self._context.services.pack.folder
        other: Path | None = None if folder.resolve() == data_folder().resolve() else folder
        spec = self._specs.get(found.record.algorithm_id)
        line = command_of(found.record, spec, pack=other, members=self._names.members)
        QGuiApplication.clipboard().setText(line)
        self._context.notifications.tell("history.copied", "success", command=line)

    def _menu(self, place: QPoint) -> None:
        found = self.current()
        if found is None:
            return
        menu, possible = QMenu(self), self._possible(found)
        for name, icon in _ACTIONS.items():
            action = menu.addAction(self._context.theme.icon(icon), self._context.t(f"history.{name}"))
            action.setEnabled(possible[name])
            action.triggered.connect(lambda _=False, name=name: self.act(name))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.table.viewport().mapToGlobal(place))


def _spec_of(services: Services, algorithm_id: str, _ticket: object) -> AlgorithmSpec:
    spec: AlgorithmSpec = services.algorithm(algorithm_id).spec
    return spec
