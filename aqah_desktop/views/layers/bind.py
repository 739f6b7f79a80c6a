"""Puts the layers side into the window: tree, properties, adding, watching files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtWidgets import QFileDialog

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import BACKGROUND, AddLayer, ChangeLayer
from aqah_desktop.models.layer_records import extent_of
from aqah_desktop.models.layer_tree import place_for
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.models.pack_layers import entry_for
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.data_status.bind import bind_data_status
from aqah_desktop.views.layers.guard import FileGuard
from aqah_desktop.views.layers.overviews import Overviews, Preparable
from aqah_desktop.views.layers.panel import LayersPanel
from aqah_desktop.views.shell.dock_tabs import DockTabs

if TYPE_CHECKING:
    from aqah_desktop.models.user_layers import Probe
    from aqah_desktop.views.layers.adding import AddLayerPanel
    from aqah_desktop.views.workbench import Workbench

_ADD_SIZE, _ADD_BACKGROUND_SIZE, _CARD_SIZE = QSize(880, 620), QSize(600, 540), QSize(680, 640)
_WIDTH = 270
#: A surface more opaque than this hides the background below it.
_HIDES = 0.6


def bind_layers(bench: Workbench) -> LayersDesk:
    """Make the panel, add it to the window, bind its actions and the state of the data."""
    desk = LayersDesk(bench)
    bind_data_status(bench, desk.watch)
    return desk


class LayersDesk(QObject):
    """Connects the tree, the sheets and the files with the map and the project."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench, self._context = bench, bench.context
        self.watch = LayerWatch()
        self.panel = LayersPanel(bench.context, self.watch)
        self.guard = FileGuard(bench.context, self.watch)
        self.overviews = Overviews(bench.context, bench.map_page, bench.work)
        area = Qt.DockWidgetArea.LeftDockWidgetArea
        self.dock = DockTabs(bench.window, bench.context, "layers", area)
        self.dock.add_page("layers", bench.context.t("layer_panel.tab"), self.panel)
        bench.window.resizeDocks([self.dock.dock], [_WIDTH], Qt.Orientation.Horizontal)
        self._connect()
        self._bind()
        bench.add_closing(self.panel.close_panel)
        bench.add_closing(self.guard.close_guard)
        bench.add_closing(self.overviews.close_overviews)

    # ------------------------------------------------------------------ what the user asks

    def zoom(self) -> None:
        """Show the selected layer whole."""
        entry = self.panel.chosen()
        if entry is None:
            return
        extent = extent_of(entry)
        if extent is None:
            self._context.notifications.tell("layer_panel.not_placed", "warning", title=entry.layer.title)
            return
        self._bench.map_page.canvas.zoom_to(extent)

    def show_properties(self) -> None:
        """Show the record of the selected layer."""
        from aqah_desktop.views.layers.properties import PropertiesCard

        entry = self.panel.chosen()
        if entry is not None:
            title = self._context.t("layer_panel.card.title")
            shell = self._bench.frame.shell
            shell.open_sheet(
                "layer", title, lambda: PropertiesCard(self._context, entry), _CARD_SIZE, scrolls=False
            )

    def add(self, background: bool = False) -> AddLayerPanel:
        """Open the sheet that adds a layer or a background."""
        from aqah_desktop.views.layers.adding import AddLayerPanel

        shell = self._bench.frame.shell
        name = "add_background" if background else "add_layer"
        title = self._context.t(f"layer_panel.adding.title{'_background' if background else ''}")
        size = _ADD_BACKGROUND_SIZE if background else _ADD_SIZE

        def make() -> AddLayerPanel:
            panel = AddLayerPanel(self._context, background)
            panel.finished.connect(lambda: shell.close_sheet(name))
            panel.added.connect(self._on_added)
            return panel

        panel = shell.open_sheet(name, title, make, size, scrolls=False)
        assert isinstance(panel, AddLayerPanel)
        return panel

    def add_files(self, paths: list[Path]) -> None:
        """Add dropped files: at once where nothing has to be asked, else with the sheet."""
        from aqah_desktop.models.user_layers import split_dropped

        _, files = split_dropped(paths)
        if files:
            self._context.dispatcher.submit(lambda _: _look(files), self._on_looked, key="layers.dropped")

    def show_layer(self, layer_id: str) -> None:
        """Bring a layer to sight: put it on the map when it is not, show it, select it."""
        state, pack = self._context.project.state, self._context.services.pack
        known = next((e for e in state.layers if e.id == layer_id), None)
        if known is None and layer_id in pack.layers:
            self._put(*entry_for(state.layers, pack.layers[layer_id]))
        elif known is not None and not known.visible:
            self.panel.apply(ChangeLayer(layer_id, visible=True))
        self.dock.show_page("layers")
        self.panel.tree.choose(layer_id)

    def find(self, layer_id: str) -> None:
        """Let the user show where the file of a layer is now."""
        title = self._context.t("layer_panel.find")
        name, _ = QFileDialog.getOpenFileName(self._bench.window, title)
        if name:
            self.guard.read_again(layer_id, Path(name))

    # ------------------------------------------------------------------ connections

    def _connect(self) -> None:
        page, panel = self._bench.map_page, self.panel
        # Files dropped on the map are for the window.
        page.canvas.setAcceptDrops(False)
        page.canvas.viewport().setAcceptDrops(False)
        panel.opacity_previewed.connect(page.preview_opacity)
        panel.reread_asked.connect(self.guard.read_again)
        panel.find_asked.connect(self.find)
        panel.tree.properties_asked.connect(self.show_properties)
        page.layer_failed.connect(self.guard.note_failure)
        page.canvas.painted.connect(self._on_painted)
        self.guard.reload_asked.connect(page.reload)
        self._bench.layer_files.connect(self.add_files)
        self._bench.layer_chosen.connect(self.show_layer)

    def _bind(self) -> None:
        actions = self._context.actions
        actions.bind("map.zoom_layer", self.zoom)
        actions.bind("layer.properties", self.show_properties)
        actions.bind("layer.remove", self.panel.remove_chosen)
        actions.bind("layer.add", self.add)
        actions.bind("layer.add_background", lambda: self.add(background=True))
        shown = actions.action("view.layers")
        shown.setChecked(self.dock.is_open())
        actions.bind("view.layers", self.dock.set_open)
        self.dock.open_changed.connect(shown.setChecked)

    def _on_painted(self) -> None:
        """Tell what went wrong while user files were drawn."""
        for entry in self._context.project.state.layers:
            content = self._bench.map_page.content(entry.id)
            if entry.path is None or not entry.visible or content is None:
                continue
            source: object = content.picture or content.raster
            error = getattr(source, "error", None)
            if isinstance(error, AqahError):
                self.guard.note_failure(entry, error)
            key = ""
            if source is not None and getattr(source, "coarse", False):
                key = "layer_panel.too_far_text" if content.picture else "layer_panel.coarse_text"
            self.panel.note_drawing(entry.id, self._context.t(key) if key else "")
            if key and isinstance(source, Preparable):
                self.overviews.want(entry, source)

    # ------------------------------------------------------------------ dropped files

    def _on_looked(self, looked: tuple[list[Probe], list[Path]]) -> None:
        obvious, questions = looked
        if questions:
            self.add().open_files(questions)
        for found in obvious:
            self._add_at_once(found)

    def _add_at_once(self, found: Probe) -> None:
        from aqah_desktop.messages import Catalogue
        from aqah_desktop.models.user_entries import Choice, make_entry
        from aqah_desktop.models.user_layers import default_title

        words = (Catalogue("fr"), Catalogue("en"))
        candidate = found.candidates[0]
        choice = Choice(default_title(found, candidate))
        taken = {e.id for e in self._context.project.state.layers}
        self._context.dispatcher.submit(
            lambda _: make_entry(found, candidate, choice, taken, words), self._on_entry, self._on_refused
        )

    def _on_entry(self, entry: LayerEntry) -> None:
        self._put(entry, place_for(self._context.project.state.layers, entry))

    def _put(self, entry: LayerEntry, place: int) -> None:
        try:
            self._context.project.do(AddLayer(entry, place))
        except AqahError as error:
            self._context.notifications.error(error)
            return
        self._on_added(entry.id)

    def _on_added(self, layer_id: str) -> None:
        """Select the new layer, and say what hides a new background."""
        state, tell = self._context.project.state, self._context.notifications.tell
        self.panel.tree.choose(layer_id)
        entry = state.entry(layer_id)
        above = self._bench.map_page.surface_entry()
        if entry.layer.role == BACKGROUND and above is not None and above.opacity > _HIDES:
            title = entry.layer.title
            tell("layer_panel.added_below", "success", title=title, surface=above.layer.title)
        else:
            tell("layer_panel.added", "success", title=entry.layer.title)

    def _on_refused(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._context.notifications.error(error)


def _look(paths: list[Path]) -> tuple[list[Probe], list[Path]]:
    """Files that can be added without a question, and those the sheet must ask or refuse."""
    from aqah_desktop.models.user_layers import is_obvious, probe

    obvious, questions = [], []
    for path in paths:
        try:
            found = probe(path)
        except AqahError:
            questions.append(path)
            continue
        if is_obvious(found):
            obvious.append(found)
        else:
            questions.append(path)
    return obvious, questions
