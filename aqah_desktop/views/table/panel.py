"""The bottom panel *Table*: one table at a time, filtered, sorted, copied, in step with the map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QStackedWidget, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.frames import FrameStore
from aqah_desktop.models.latest import LatestRuns, RunKind
from aqah_desktop.models.selection import Feature, Selection
from aqah_desktop.models.table_data import Arrangement, Indices, TableData, arrange, as_tsv
from aqah_desktop.models.table_sources import (
    TableSource,
    layer_table,
    rows_of_sites,
    run_table,
    sources,
)
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.exposure.states import StatePage
from aqah_desktop.views.table.model import TableModel
from aqah_desktop.views.table.view import TableGrid
from aqah_desktop.views.widgets import ElidedLabel, button, column, label

_TYPED_MS = 200


class TablePanel(QWidget):
    """Shows one of :func:`sources`.

    Parameters
    ----------
    context : ViewContext
        Project, dispatcher, texts.
    latest : LatestRuns
        Tables of runs.
    frames : FrameStore
        Tables of layers.
    selection : Selection
        The feature looked at.
    """

    #: The sheet of the selected row is wanted.
    sheet_wanted = Signal()
    #: The table shown should be saved.
    save_wanted = Signal()

    def __init__(
        self, context: ViewContext, latest: LatestRuns, frames: FrameStore, selection: Selection
    ) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._context, self._latest = context, latest
        self._frames, self._selection = frames, selection
        self._sources: tuple[TableSource, ...] = ()
        self._shown: TableSource | None = None
        self._made: object = None
        #: Key of the table the user chose; empty = the first there is.
        self._wanted = ""
        self._table: TableData | None = None
        self._arrangement = Arrangement()
        self._base: tuple[str, Indices] | None = None
        self._awake = False
        self._model = TableModel(context.catalogue)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._typed.timeout.connect(self._on_filter)
        self._build()
        latest.changed.connect(self._on_latest)
        context.project.layers_changed.connect(self._on_layers)
        selection.changed.connect(self._on_selection)
        self._refill()

    # ------------------------------------------------------------------ what is shown

    def source(self) -> TableSource | None:
        """The table on screen."""
        return self._shown

    def rows(self) -> int:
        """Rows of the table on screen, shown or filtered out."""
        return 0 if self._table is None else self._table.rows

    def grid(self) -> TableGrid:
        """The rows on screen."""
        return self._grid

    def show_layer(self, layer_id: str) -> None:
        """Show the attributes of a layer."""
        self._choose(lambda source: source.layer_id == layer_id)

    def show_sites(self, kind: str = "", above: str = "", missing: bool = False) -> None:
        """Show the exposure table: of a kind, above an annual value, or without value."""
        finished = self._latest.get(RunKind.SITES)
        base = None
        if finished is not None and (kind or above or missing):
            rows = rows_of_sites(finished.results.tables["sites"].frame, kind, above, missing)
            base = (self._base_words(kind, above, missing), rows)
        self._choose(lambda source: source.kind is RunKind.SITES and source.table == "sites", base)

    def close_panel(self) -> None:
        """Follow the models no more."""
        self._latest.changed.disconnect(self._on_latest)
        self._context.project.layers_changed.disconnect(self._on_layers)
        self._selection.changed.disconnect(self._on_selection)
        self._typed.stop()

    def showEvent(self, event) -> None:
        """Read the table only once somebody looks at it."""
        super().showEvent(event)
        if not self._awake:
            self._awake = True
            self._load()

    # ------------------------------------------------------------------ parts

    def _build(self) -> None:
        layout = column(self, margins=0, spacing=0)
        layout.addWidget(self._build_bar())
        self._grid = TableGrid(self._model, self._context.t("table.tab"))
        self._grid.went_to.connect(self._on_went_to)
        self._grid.opened.connect(self._on_opened)
        self._grid.sort_wanted.connect(self._on_sort)
        self._grid.copy_wanted.connect(self.copy_rows)
        self._state = StatePage(self._context)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._state)
        self._pages.addWidget(self._grid)
        layout.addWidget(self._pages, 1)
        self._standing = ElidedLabel("note")
        self._standing.setContentsMargins(12, 4, 12, 6)
        layout.addWidget(self._standing)

    def _build_bar(self) -> QWidget:
        t = self._context.t
        bar = QWidget()
        inside = QHBoxLayout(bar)
        inside.setContentsMargins(12, 8, 12, 8)
        inside.setSpacing(8)
        self._choice = QComboBox()
        self._choice.setAccessibleName(t("table.source"))
        self._choice.setToolTip(t("table.source"))
        self._choice.setMinimumWidth(220)
        self._choice.setMaximumWidth(320)
        self._choice.setMaxVisibleItems(16)
        self._choice.activated.connect(self._on_choice)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText(t("table.filter"))
        self._filter.setAccessibleName(t("table.filter"))
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaximumWidth(260)
        self._filter.textChanged.connect(lambda _: self._typed.start())
        self._only = button("", self._drop_base)
        self._only.setToolTip(t("table.show_all"))
        self._only.setVisible(False)
        self._count = label("", "note")
        self._copy = button(t("table.copy"), self.copy_rows)
        self._copy.setToolTip(t("table.copy_help"))
        self._save = button(t("table.save"), self.save_wanted.emit)
        for part in (self._choice, self._filter, self._only, self._count):
            inside.addWidget(part)
        inside.addStretch(1)
        inside.addWidget(self._copy)
        inside.addWidget(self._save)
        return bar

    def _base_words(self, kind: str, above: str, missing: bool) -> str:
        t, parts = self._context.t, []
        if kind:
            key = f"exposed.noun_{kind}_many"
            parts.append(t(key) if self._context.catalogue.has(key) else kind)
        if missing:
            parts.append(t("table.only_missing"))
        if above:
            parts.append(t("table.only_above", name=t(f"reporting.framework.{above}")))
        return t("table.only", what=", ".join(parts))

    # ------------------------------------------------------------------ which table

    def _on_latest(self, _kind: str, _finished: object) -> None:
        self._refill()

    def _on_layers(self, _entries: object) -> None:
        self._refill()

    def _refill(self) -> None:
        """Offer what there is now. The table the user chose stays, or is waited for."""
        found = sources(self._latest, self._context.project.state, self._context.catalogue)
        self._sources = found
        self._choice.clear()
        for source in found:
            self._choice.addItem(source.title, source.key)
        wanted = next((i for i, source in enumerate(found) if source.key == self._wanted), None)
        if self._wanted and wanted is None:
            self._choice.setCurrentIndex(-1)
            self._show(None)
        elif found:
            index = wanted or 0
            self._choice.setCurrentIndex(index)
            if self._stale(found[index]):
                self._base = None
                self._show(found[index])
        else:
            self._show(None)

    def _stale(self, source: TableSource) -> bool:
        """Whether the table on screen is not, or no longer, that of a source."""
        return source != self._shown or self._made_from(source) != self._made

    def _made_from(self, source: TableSource) -> object:
        """What a table is made from: a run, or the content of a layer."""
        if source.kind is not None:
            return self._latest.get(source.kind)
        entry = self._context.project.state.entry(source.layer_id)
        return (entry.origin, entry.layer.content_hash)

    def _choose(self, wanted: Callable[[TableSource], bool], base: tuple[str, Indices] | None = None) -> None:
        for index, source in enumerate(self._sources):
            if wanted(source):
                self._choice.setCurrentIndex(index)
                self._base, self._wanted = base, source.key
                self._filter.clear()
                self._show(source)
                return

    def _on_choice(self, index: int) -> None:
        self._base, self._wanted = None, self._sources[index].key
        self._show(self._sources[index])

    def _show(self, source: TableSource | None) -> None:
        self._shown = source
        self._made = None if source is None else self._made_from(source)
        if self._awake:
            self._load()

    def _load(self) -> None:
        source, context = self._shown, self._context
        self._table = None
        self._arrangement = Arrangement(self._filter.text())
        self._model.show(None, np.empty(0, np.intp))
        self._show_count()
        if source is None:
            key = "pending" if self._wanted else "empty"
            self._state.message(context.t(f"table.{key}"), context.t(f"table.{key}_help"))
            self._pages.setCurrentWidget(self._state)
            return
        self._state.waiting(context.t("table.reading"))
        self._pages.setCurrentWidget(self._state)
        work = self._reader(source)
        context.dispatcher.submit(lambda _: work(), self._on_table, self._on_failed, key=f"table.{id(self)}")

    def _reader(self, source: TableSource) -> Callable[[], TableData]:
        services, frames = self._context.services, self._frames
        if source.kind is not None:
            finished = self._latest.get(source.kind)
            assert finished is not None
            return lambda: run_table(services, finished, source.table, source.title)
        entry = self._context.project.state.entry(source.layer_id)
        return lambda: layer_table(services, frames, entry, source.title)

    def _on_table(self, table: TableData) -> None:
        self._table = table
        self._arrange(fit=True)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._state.trouble(error, (self._context.t("exposed.retry"), self._load))
        self._pages.setCurrentWidget(self._state)

    # ------------------------------------------------------------------ which rows

    def _on_filter(self) -> None:
        if self._filter.text() != self._arrangement.text:
            self._arrangement = replace(self._arrangement, text=self._filter.text())
            self._arrange()

    def _on_sort(self, index: int, descending: bool) -> None:
        self._arrangement = replace(self._arrangement, column=index, descending=descending)
        self._arrange()

    def _drop_base(self) -> None:
        self._base = None
        self._arrange()

    def _arrange(self, fit: bool = False) -> None:
        table = self._table
        if table is None:
            return
        arrangement, base = self._arrangement, self._base

        def done(order: Indices) -> None:
            if table is self._table:
                self._on_arranged(order, fit)

        self._context.dispatcher.submit(
            lambda _: arrange(table, arrangement, None if base is None else base[1]),
            done,
            key=f"table.order.{id(self)}",
        )

    def _on_arranged(self, order: Indices, fit: bool) -> None:
        self._model.show(self._table, order)
        if fit:
            self._grid.fit_columns()
        self._grid.show_sorting(self._arrangement.column, self._arrangement.descending)
        self._pages.setCurrentWidget(self._grid)
        self._show_count()
        self._on_selection(self._selection.feature, "")

    def _show_count(self) -> None:
        table, t, number = self._table, self._context.t, self._context.catalogue.number
        self._only.setVisible(self._base is not None)
        self._only.setText(f"{self._base[0]}  ✕" if self._base is not None else "")
        for part in (self._copy, self._save):
            part.setEnabled(table is not None)
        if table is None:
            self._count.setText("")
            self._standing.setText("")
            return
        shown = len(self._model.order)
        key = "rows" if shown == table.rows else "rows_of"
        self._count.setText(t(f"table.{key}", shown=number(shown), total=number(table.rows)))
        self._standing.setText(table.standing)

    # ------------------------------------------------------------------ with the map

    def _on_selection(self, feature: Feature | None, by: str) -> None:
        if by == "table" or self._table is None:
            return
        self._grid.go_to(None if feature is None else self._table.row_of(feature))

    def _on_went_to(self, row: int) -> None:
        if self._table is not None:
            self._selection.choose(self._table.feature(row), "table")

    def _on_opened(self, row: int) -> None:
        self._on_went_to(row)
        self.sheet_wanted.emit()

    # ------------------------------------------------------------------ out of the window

    def copy_rows(self) -> None:
        """Copy the selected rows, or all that are shown, as a spreadsheet pastes them."""
        table, catalogue = self._table, self._context.catalogue
        if table is None:
            return
        rows = np.array(self._grid.chosen_rows() or self._model.order, np.intp)

        def done(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            self._context.notifications.tell("table.copied", "success", count=catalogue.number(len(rows)))

        self._context.dispatcher.submit(lambda _: as_tsv(table, rows, catalogue), done, key="table.copy")
