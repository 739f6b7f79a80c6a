"""The right panel *Fiche*: what was clicked on the map, or chosen in a list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.selection import Feature, Selection
from aqah_desktop.models.sheets import Moment, Sheet, SheetWriter
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.exposure.states import StatePage
from aqah_desktop.views.loading import with_charts
from aqah_desktop.views.map.hits import Hit
from aqah_desktop.views.sheet.content import SheetContent
from aqah_desktop.views.widgets import button, clear, column, label, row


@dataclass(frozen=True)
class _Candidate:
    """Something that lies under a click."""

    entry: LayerEntry
    feature: Feature
    name: str = ""


class _Choice(QPushButton):
    """One of the features under a click; a long name is shortened, never the panel widened."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._name = name
        self.setProperty("role", "choice")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAutoDefault(True)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event) -> None:
        """Shorten the name to the room there is."""
        super().resizeEvent(event)
        room = self.width() - 20
        self.setText(self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, room))


class SheetPanel(QWidget):
    """Writes sheets on a worker and shows them.

    Parameters
    ----------
    context : ViewContext
        Project, dispatcher, texts.
    writer : SheetWriter
        Makes the sheets.
    selection : Selection
        The feature looked at.
    """

    #: Extent to look at: place of the feature, m.
    zoom_wanted = Signal(object)
    #: The table of the layer of a feature is wanted.
    table_wanted = Signal(object)

    def __init__(self, context: ViewContext, writer: SheetWriter, selection: Selection) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._context, self._writer, self._selection = context, writer, selection
        self._sheet: Sheet | None = None
        self._shown: tuple[LayerEntry, Feature] | None = None
        layout = column(self, margins=0, spacing=0)
        self._chooser = QFrame()
        self._choices = column(self._chooser, margins=16, spacing=4)
        self._chooser.setVisible(False)
        layout.addWidget(self._chooser)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        self._body: QVBoxLayout = column(self._page, margins=16, spacing=8)
        self._area.setWidget(self._page)
        layout.addWidget(self._area, 1)
        self.setMinimumWidth(300)
        project = context.project
        project.moment_changed.connect(self._on_moment)
        project.territory_changed.connect(self._on_territory)
        selection.changed.connect(self._on_selection)
        self.show_empty()

    def close_panel(self) -> None:
        """Follow the models no more."""
        self._context.project.moment_changed.disconnect(self._on_moment)
        self._context.project.territory_changed.disconnect(self._on_territory)
        self._selection.changed.disconnect(self._on_selection)

    # ------------------------------------------------------------------ what is asked

    def show_hits(self, hits: list[Hit]) -> None:
        """Show what lies under a click, the most likely first, with the others to choose from."""
        if not hits:
            self._selection.choose(None, "map")
            self._message("nothing_here")
            return
        found = [_Candidate(h.entry, Feature(h.entry.id, h.code, h.index, h.name, h.x, h.y)) for h in hits]
        self._ask(found[0], found, "map")

    def show_empty(self) -> None:
        """Nothing is selected."""
        self._message("empty")

    def sheet(self) -> Sheet | None:
        """The sheet on screen."""
        return self._sheet

    def choices(self) -> list[QWidget]:
        """Buttons of the chooser."""
        found = (self._choices.itemAt(i).widget() for i in range(self._choices.count()))
        return [widget for widget in found if isinstance(widget, _Choice)]

    # ------------------------------------------------------------------ following

    def _on_selection(self, feature: Feature | None, by: str) -> None:
        if by == "map":
            return
        if feature is None:
            self.show_empty()
            return
        entry = self._entry_of(feature.layer_id)
        if entry is None:
            self._message("nothing_here")
        else:
            self._ask(_Candidate(entry, feature), [], by)

    def _entry_of(self, layer_id: str) -> LayerEntry | None:
        for entry in self._context.project.state.layers:
            if entry.id == layer_id:
                return entry
        layer = self._context.services.pack.layers.get(layer_id)
        return LayerEntry(layer) if layer is not None else None

    def _on_moment(self, *_: object) -> None:
        if self._shown is not None:
            self._ask(_Candidate(*self._shown), None, "moment")

    def _on_territory(self, _code: str) -> None:
        self._selection.choose(None, "sheet")
        self.show_empty()

    # ------------------------------------------------------------------ writing

    def _ask(self, wanted: _Candidate, others: list[_Candidate] | None, by: str) -> None:
        """Write a sheet; ``others`` are what else can be chosen, ``None`` leaves the chooser as it is."""
        state, writer = self._context.project.state, self._writer
        moment = Moment(state.pollutant.value, state.year)

        def work(_ticket: object) -> tuple[Sheet, list[_Candidate] | None]:
            sheet = writer.write(wanted.entry, wanted.feature, moment)
            named = others
            if others is not None and len(others) > 1:
                named = [_Candidate(c.entry, c.feature, writer.name(c.entry, c.feature)) for c in others]
            return with_charts(sheet) if sheet.series else sheet, named

        def done(answer: tuple[Sheet, list[_Candidate] | None]) -> None:
            sheet, named = answer
            if named is not None:
                self._fill_chooser(named, wanted)
            self._show(sheet, wanted.entry)
            if by == "map":
                self._selection.choose(sheet.feature, "map")

        self._context.dispatcher.submit(work, done, self._on_failed, key=f"sheet.{id(self)}")

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._reset()
        state = StatePage(self._context)
        state.trouble(error)
        self._body.addWidget(state)

    # ------------------------------------------------------------------ showing

    def _show(self, sheet: Sheet, entry: LayerEntry) -> None:
        self._reset(keep_chooser=True)
        self._sheet, self._shown = sheet, (entry, sheet.feature)
        self._body.addWidget(SheetContent(self._context, sheet), 1)
        t = self._context.t
        zoom = button(t("sheet.zoom"), lambda: self.zoom_wanted.emit(sheet.feature), "link")
        zoom.setEnabled(sheet.feature.placed)
        table = button(t("sheet.table"), lambda: self.table_wanted.emit(sheet.feature), "link")
        self._body.addLayout(row(zoom, table, None, spacing=16))
        self._area.verticalScrollBar().setValue(0)

    def _fill_chooser(self, found: list[_Candidate], wanted: _Candidate) -> None:
        clear(self._choices)
        self._chooser.setVisible(len(found) > 1)
        if len(found) < 2:
            return
        self._choices.addWidget(label(self._context.t("sheet.several"), "note", wrap=True))
        for candidate in found:
            line = _Choice(candidate.name)
            line.setChecked(candidate.feature == wanted.feature)
            line.clicked.connect(partial(self._on_choice, candidate))
            self._choices.addWidget(line)

    def _on_choice(self, candidate: _Candidate, _checked: bool = False) -> None:
        self._ask(candidate, None, "map")

    def _message(self, key: str) -> None:
        self._reset()
        state = StatePage(self._context)
        t = self._context.t
        state.message(t(f"sheet.{key}"), t(f"sheet.{key}_help"))
        self._body.addWidget(state, 1)

    def _reset(self, keep_chooser: bool = False) -> None:
        self._sheet = self._shown = None
        clear(self._body)
        if not keep_chooser:
            clear(self._choices)
            self._chooser.setVisible(False)
