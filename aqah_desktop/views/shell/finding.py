"""What the palette finds, and where choosing it leads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence

from aqah_desktop.models import findable
from aqah_desktop.models.actions import MENUS
from aqah_desktop.models.commands import ChangeLayer
from aqah_desktop.models.search import Entry, Index, Match
from aqah_desktop.models.selection import Feature
from aqah_desktop.views.map.marker import Marker
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.shell.palette import Palette

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_MOST = 30
#: What is proposed before anything is typed.
_PROPOSED = (
    "exposure.sites",
    "simulate.action",
    "share.briefing",
    "layer.add",
    "territory.choose",
    "project.open",
    "help.guide",
    "help.shortcuts",
)
_PREFER = {"action": 0.25, "algorithm": 0.15, "layer": 0.1}
#: Half of what is shown around a place, by kind, m.
_AROUND_M = {"place": 4000.0, "site": 1500.0, "commune": 4000.0}
_MARKED_MS = 6000


@dataclass(frozen=True)
class _Known:
    places: Index
    algorithms: tuple[Entry, ...]


class Finding(QObject):
    """Opens the palette and goes where it leads."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__(workbench)
        self._bench, self._shell, self._context = workbench, shell, workbench.context
        self._known: _Known | None = None
        self._asked = False
        self._palette: Palette | None = None
        self.marker = Marker(self._context.theme)
        workbench.map_page.canvas.add_overlay(self.marker)
        self._fading = QTimer(self)
        self._fading.setSingleShot(True)
        self._fading.setInterval(_MARKED_MS)
        self._fading.timeout.connect(self.marker.hide)
        self._context.actions.bind("palette.open", self.open)
        self._context.actions.bind("territory.choose", lambda: self.open(self._territories()))

    @property
    def palette(self) -> Palette | None:
        """The palette while it is open."""
        return self._palette

    def ready(self) -> bool:
        """Whether the names of places were read."""
        return self._known is not None

    def open(self, only: list[Entry] | None = None) -> None:
        """Open the palette, on some entries ``only`` when given."""
        if self._palette is not None:
            return
        self._read_places()
        own = Index(only if only is not None else self._own_entries())
        proposed = only if only is not None else self._proposed(own)

        def find(query: str) -> list[Entry]:
            if not query.strip():
                return proposed
            matches: list[Match] = own.find(query, _MOST, _PREFER)
            if only is None and self._known is not None:
                matches += self._known.places.find(query, _MOST)
            matches.sort(key=lambda match: -match.score)
            return [match.entry for match in matches[:_MOST]]

        self._palette = Palette(self._bench.window, self._context, find, self._keys)
        self._palette.say_reading(only is None and self._known is None)
        self._palette.chosen.connect(self.go)
        self._palette.closed.connect(self._on_closed)
        self._palette.open_over(self._palette.field)

    def go(self, entry: Entry) -> None:
        """Do, open or show what was chosen."""
        if entry.kind == "action":
            self._context.actions.action(entry.key).trigger()
        elif entry.kind == "territory":
            self._bench.open_territory(entry.key)
        elif entry.kind == "layer":
            self._bench.layer_chosen.emit(entry.key)
        elif entry.kind == "algorithm":
            self._bench.algorithm_chosen.emit(entry.key)
        else:
            self._show_place(entry)

    # ------------------------------------------------------------------ what there is

    def _own_entries(self) -> list[Entry]:
        entries = self._actions() + self._territories()
        if self._context.project.state.territory:
            entries += findable.layer_entries(self._context.project.state.layers, self._context.catalogue)
        return entries + (list(self._known.algorithms) if self._known is not None else [])

    def _actions(self) -> list[Entry]:
        menus = {name: self._context.t(f"window.menu_{name}").replace("&", "") for name in MENUS}
        return [
            Entry(
                "action",
                spec.id,
                action.text().replace("&", ""),
                menus.get(spec.menu, ""),
                0.8,
                action.toolTip(),
            )
            for spec, action in self._context.actions.entries()
            if action.isEnabled() and spec.id != "palette.open"
        ]

    def _territories(self) -> list[Entry]:
        return findable.territory_entries(self._context.services.pack, self._context.catalogue)

    def _proposed(self, own: Index) -> list[Entry]:
        known = {entry.key: entry for entry in own.entries}
        return [known[key] for key in _PROPOSED if key in known]

    def _keys(self, entry: Entry) -> str:
        if entry.kind != "action":
            return ""
        shortcut = self._context.actions.action(entry.key).shortcut()
        return shortcut.toString(QKeySequence.SequenceFormat.NativeText)

    def _read_places(self) -> None:
        """Read the names of places once, elsewhere: the palette is open meanwhile."""
        if self._asked:
            return
        self._asked = True
        services, drawings = self._context.services, self._bench.loader.prepared

        def read(_: object) -> _Known:
            algorithms = findable.algorithm_entries(services)
            places = findable.place_entries(services.pack, drawings, services.catalogue)
            return _Known(Index(places), tuple(algorithms))

        self._context.dispatcher.submit(read, self._on_places)

    def _on_places(self, known: _Known) -> None:
        self._known = known
        if self._palette is not None:
            self._palette.say_reading(False)
            self._palette.refresh()

    def _on_closed(self) -> None:
        self._palette = None

    # ------------------------------------------------------------------ going there

    def _show_place(self, entry: Entry) -> None:
        if not self._context.project.state.territory:
            self._bench.open_territory(self._territory_of(entry))
        canvas = self._bench.map_page.canvas
        extent = None
        if entry.kind == "commune":
            extent = findable.commune_extent(self._bench.loader.prepared, entry.key)
        if extent is None:
            half = _AROUND_M[entry.kind]
            extent = (entry.x - half, entry.y - half, entry.x + half, entry.y + half)
        if not all(map(math.isfinite, extent)):
            return
        canvas.zoom_to(extent, 0.1)
        self._select(entry)
        if entry.kind != "commune":
            self.marker.show_at(entry.x, entry.y)
            self._fading.start()
        canvas.setFocus()

    def _select(self, entry: Entry) -> None:
        if entry.kind == "commune":
            feature = Feature("communes", entry.key, name=entry.title, x=entry.x, y=entry.y)
            self._bench.selection.choose(feature, "palette")
        elif entry.kind == "site":
            layer_id, _, code = entry.key.partition("/")
            state = self._context.project.state
            if any(e.id == layer_id and not e.visible for e in state.layers):
                self._context.project.do(ChangeLayer(layer_id, visible=True))
            feature = Feature(layer_id, code, name=entry.title, x=entry.x, y=entry.y)
            self._bench.selection.choose(feature, "palette")

    def _territory_of(self, entry: Entry) -> str:
        """The territory a place lies in: one of the seven if possible, else the whole region."""
        territories = self._context.services.pack.territories.values()
        mine = [t for t in territories if t.aqah and entry.key in t.commune_codes]
        mine = mine or [t for t in territories if t.aqah and _inside(entry, t.extent)]
        everywhere = [t for t in territories if t.kind == "region"]
        return (mine or everywhere or list(territories))[0].code


def _inside(entry: Entry, extent: tuple[float, float, float, float]) -> bool:
    return extent[0] <= entry.x <= extent[2] and extent[1] <= entry.y <= extent[3]
