"""The page of farming: parcels and farms, what they breathe, which sensitive sites stand beside them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.errors import AqahError
from aqah_desktop.models.exposure_result import FarmsResult
from aqah_desktop.models.farm_view import FarmWords, Land
from aqah_desktop.models.selection import Feature
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.exposure.ranking import PlaceList
from aqah_desktop.views.exposure.rows import place_row
from aqah_desktop.views.exposure.segments import Segments
from aqah_desktop.views.exposure.standing import StandingFoot
from aqah_desktop.views.exposure.states import StatePage
from aqah_desktop.views.text import unbroken
from aqah_desktop.views.widgets import button, clear, column, label

DATASETS = ("declared", "training", "own")
#: Rows listed here; the table has all of them.
_SHOWN = 12


class FarmsPage(QWidget):
    """Asks for a run by set of data and shows it."""

    #: Set of data (``declared`` or ``training``), parcels file or None, coordinate system to assume.
    wanted = Signal(str, object, str)
    chosen = Signal(object)
    opened = Signal(object)
    #: The invented layers should be shown and looked at.
    training_wanted = Signal()

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._path: Path | None = None
        self._lists: list[PlaceList] = []
        self._selected: Feature | None = None
        t = context.t
        layout = column(self, margins=16, spacing=10)
        self._sets = Segments(
            {name: t(f"exposed.farms_{name}") for name in DATASETS}, t("exposed.farms_source")
        )
        self._sets.chosen.connect(self._on_set)
        layout.addWidget(self._sets)
        self._state = StatePage(context)
        self._body = QWidget()
        self._content = column(self._body, margins=0, spacing=8)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._state)
        self._pages.addWidget(self._body)
        layout.addWidget(self._pages, 1)
        self._crs = QComboBox()
        self._crs_label = label(t("exposed.farms_crs"), "note", wrap=True)
        self._fill_systems()
        for part in (self._crs_label, self._crs):
            layout.addWidget(part)
            part.setVisible(False)

    # ------------------------------------------------------------------ what is asked

    def ask(self) -> None:
        """Ask for the run of the set chosen; a file is asked for first where one is needed."""
        name = self._sets.current()
        if name != "own":
            self.wanted.emit(name, None, "")
        elif self._path is not None:
            self.wanted.emit("declared", self._path, str(self._crs.currentData() or ""))
        else:
            self._show_own_empty()

    def open_file(self) -> None:
        """Let the user choose a file of parcels."""
        t = self._context.t
        path, _ = QFileDialog.getOpenFileName(
            self.window(), t("exposed.farms_open_title"), "", t("exposed.farms_open_types")
        )
        if path:
            self.use_file(Path(path))

    def use_file(self, path: Path) -> None:
        """Read the parcels of a file."""
        self._path = path
        self._crs.setCurrentIndex(0)
        self._show_systems(False)
        self._sets.choose("own")
        self.ask()

    # ------------------------------------------------------------------ what is shown

    def show_waiting(self) -> None:
        """A run is under way."""
        self._state.waiting(self._context.t("exposed.working_farms"))
        self._pages.setCurrentWidget(self._state)

    def show_trouble(self, error: AqahError) -> None:
        """A run could not be made; a file without coordinate system can be given one."""
        self._show_systems(error.key == "storage.vector_no_crs")
        step = (self._context.t("exposed.retry"), self.ask)
        if self._sets.current() == "own":
            step = (self._context.t("exposed.farms_open"), self.open_file)
        self._state.trouble(error, step)
        self._pages.setCurrentWidget(self._state)

    def show_cancelled(self) -> None:
        """The user stopped the run."""
        t = self._context.t
        step = (t("exposed.again"), self.ask)
        self._state.message(t("exposed.cancelled"), t("exposed.cancelled_help"), step)
        self._pages.setCurrentWidget(self._state)

    def show_result(self, result: FarmsResult) -> None:
        """Show a run."""
        self._show_systems(False)
        clear(self._content)
        self._lists = []
        view, words = result.view, FarmWords(self._context.catalogue)
        if result.standing.fictitious:
            self._content.addWidget(self._fictitious())
        elif self._path is not None and self._sets.current() == "own":
            name = self._context.t("exposed.farms_file", name=self._path.name)
            self._content.addWidget(label(name, "note", wrap=True))
        figure = words.figure(view)
        if figure:
            self._content.addWidget(label(figure, "figure", wrap=True))
        self._content.addWidget(label(unbroken(words.sentence(view)), wrap=True))
        if self._sets.current() != "training":
            self._content.addWidget(self._open_button(), 0, Qt.AlignmentFlag.AlignLeft)
        if not view.empty:
            self._content.addWidget(self._near(result, words))
        self._add_list("parcels_title", view.parcels, result, words)
        self._add_list("farms_title", view.farms, result, words)
        foot = StandingFoot(self._context)
        foot.show_standing(result.standing)
        self._content.addWidget(foot)
        self._content.addStretch(1)
        self._pages.setCurrentWidget(self._body)

    def select(self, feature: Feature | None) -> None:
        """Mark the place selected elsewhere."""
        self._selected = feature
        for places in self._lists:
            places.select(feature)

    # ------------------------------------------------------------------ parts

    def _on_set(self, _name: str) -> None:
        self._show_systems(False)
        self.ask()

    def _show_own_empty(self) -> None:
        t = self._context.t
        step = (t("exposed.farms_open"), self.open_file)
        self._state.message(t("exposed.farms_own"), t("exposed.farms_own_empty"), step)
        self._pages.setCurrentWidget(self._state)

    def _open_button(self) -> QWidget:
        return button(self._context.t("exposed.farms_open"), self.open_file)

    def _fictitious(self) -> QFrame:
        t = self._context.t
        card = QFrame()
        card.setObjectName("danger")
        inside = column(card, margins=12, spacing=4)
        inside.addWidget(label(t("exposed.fictitious"), "strong", wrap=True))
        inside.addWidget(label(t("exposed.fictitious_help"), wrap=True))
        show = button(t("exposed.show_on_map"), self.training_wanted.emit, "link")
        inside.addWidget(show, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _near(self, result: FarmsResult, words: FarmWords) -> QWidget:
        box = QWidget()
        whole = QVBoxLayout(box)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.setSpacing(6)
        whole.addWidget(label(self._context.t("exposed.near"), "strong"))
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for line, near in enumerate(result.view.near):
            for place, text in enumerate(words.near(near)):
                cell = label(text, "note" if place == 0 else "")
                side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
                grid.addWidget(cell, line, place, side)
        whole.addLayout(grid)
        return box

    def _add_list(self, title: str, land: Land, result: FarmsResult, words: FarmWords) -> None:
        if not len(land):
            return
        t, catalogue = self._context.t, self._context.catalogue
        heading = label(t(f"exposed.{title}"), "strong")
        heading.setContentsMargins(0, 10, 0, 0)
        self._content.addWidget(heading)
        places = PlaceList(self._context, t(f"exposed.{title}"))
        places.chosen.connect(self.chosen)
        places.opened.connect(self.opened)
        rows = tuple(
            place_row(
                land.rows,
                row,
                None,
                result.marks,
                catalogue,
                words.note(land, row, result.standing.fictitious),
            )
            for row in range(min(len(land), _SHOWN))
        )
        places.show_rows(rows, self._selected)
        self._lists.append(places)
        self._content.addWidget(places)
        if len(land) > _SHOWN:
            more = t("exposed.missing_more", count=catalogue.number(len(land) - _SHOWN))
            self._content.addWidget(label(more, "note"))

    def _show_systems(self, shown: bool) -> None:
        self._crs_label.setVisible(shown)
        self._crs.setVisible(shown)

    def _fill_systems(self) -> None:
        spec = self._context.services.algorithm("aqah.exposure.farms").spec
        systems = next(p.choices for p in spec.parameters if p.name == "assume_crs")
        self._crs.setAccessibleName(self._context.t("exposed.farms_crs"))
        self._crs.addItem("—", "")
        for code in systems:
            self._crs.addItem(code, code)
        self._crs.activated.connect(lambda _: self.ask())
