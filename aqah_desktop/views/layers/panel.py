"""The layers panel: tree, what can be done with the selected layer, adding, empty state."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import ChangeLayer, Command, RemoveLayer
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.layers.model import LayerTreeModel
from aqah_desktop.views.layers.selected import SelectedLayer
from aqah_desktop.views.layers.tree import LayerTree
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, column, label, row, rule, tool_button


class LayersPanel(QWidget):
    """Left dock. Changes the project by commands only."""

    opacity_previewed = Signal(str, float)
    reread_asked = Signal(str)
    find_asked = Signal(str)

    def __init__(self, context: ViewContext, watch: LayerWatch) -> None:
        super().__init__()
        self._context, self._watch = context, watch
        self._notes: dict[str, str] = {}
        self.setObjectName("panel")
        self.setMinimumWidth(236)
        self.model = LayerTreeModel(context, watch)
        self.tree = LayerTree(context, self.model)
        self.selected = SelectedLayer(context)
        self._foot = QWidget()
        self._build()
        self._connect()
        self._on_layers(context.project.state.layers)

    # ------------------------------------------------------------------ what is shown

    def chosen(self) -> LayerEntry | None:
        """The selected layer."""
        return self.tree.chosen()

    def note_drawing(self, layer_id: str, note: str) -> None:
        """Say what is unusual about how a layer is drawn (coarse view); empty when nothing is."""
        if self._notes.get(layer_id, "") != note:
            self._notes[layer_id] = note
            self._show_selected()

    def remove_chosen(self) -> None:
        """Remove the selected layer; undo puts it back."""
        entry = self.chosen()
        if entry is None:
            return
        layers = self._context.project.state.layers
        at = next(i for i, e in enumerate(layers) if e.id == entry.id)
        self.selected.finish()
        self.apply(RemoveLayer(entry.id))
        rest = self._context.project.state.layers
        if rest:
            self.tree.choose(rest[min(at, len(rest) - 1)].id)
        self._context.notifications.tell("layer_panel.removed", title=entry.layer.title)

    def apply(self, command: Command) -> None:
        """Do a command; tell why when it cannot be done."""
        try:
            self._context.project.do(command)
        except AqahError as error:
            self._context.notifications.error(error)

    # ------------------------------------------------------------------ parts

    def _build(self) -> None:
        t, actions = self._context.t, self._context.actions
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        add = with_icon(
            button(t("layer_panel.add"), actions.action("layer.add").trigger), self._context.theme, "plus"
        )
        head = row(add, tool_button(actions.action("layer.add_background")), spacing=4)
        head.setStretch(0, 1)
        head.setContentsMargins(12, 10, 8, 8)
        layout.addLayout(head)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.tree)
        self._pages.addWidget(self._empty())
        layout.addWidget(self._pages, 1)
        inside = QVBoxLayout(self._foot)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(rule())
        inside.addWidget(self.selected)
        layout.addWidget(self._foot)
        self.setFocusProxy(self.tree)

    def _empty(self) -> QWidget:
        t = self._context.t
        page = QWidget()
        layout = column(page, margins=20, spacing=8)
        layout.addWidget(label(t("layer_panel.empty_title"), "heading"))
        layout.addWidget(label(t("layer_panel.empty_text"), "note", wrap=True))
        layout.addStretch(1)
        return page

    def _connect(self) -> None:
        self._context.project.layers_changed.connect(self._on_layers)
        self._context.project.runs_changed.connect(self._on_runs)
        self._watch.changed.connect(self._on_watch)
        self._context.theme.changed.connect(self.model.refresh)
        # A command resets the model: not while Qt is still handling the click or drop that asked for it.
        self.model.asked.connect(self.apply, Qt.ConnectionType.QueuedConnection)
        self.tree.selected.connect(self._on_selected)
        self.tree.removal_asked.connect(self.remove_chosen)
        self.tree.menu_asked.connect(self.show_menu)
        self.selected.opacity_previewed.connect(self.opacity_previewed)
        self.selected.opacity_chosen.connect(self._on_opacity)
        self.selected.move_asked.connect(self.tree.move_chosen)
        self.selected.reread_asked.connect(self.reread_asked)
        self.selected.find_asked.connect(self.find_asked)

    def close_panel(self) -> None:
        """Stop following the project."""
        self._context.project.layers_changed.disconnect(self._on_layers)
        self._context.project.runs_changed.disconnect(self._on_runs)
        self._watch.changed.disconnect(self._on_watch)

    # ------------------------------------------------------------------ following

    def _on_layers(self, layers: tuple[LayerEntry, ...]) -> None:
        self._notes = {k: v for k, v in self._notes.items() if k in {e.id for e in layers}}
        self.model.follow()
        self._pages.setCurrentIndex(0 if layers else 1)
        self._show_selected()

    def _on_runs(self, _runs: object) -> None:
        self.model.refresh()

    def _on_watch(self, _layer_id: str) -> None:
        self.model.refresh()
        self._show_selected()

    def _on_selected(self, layer_id: str) -> None:
        self._context.actions.set_there("layer", bool(layer_id))
        self._show_selected()

    def _show_selected(self) -> None:
        entry = self.chosen()
        self._foot.setVisible(entry is not None)
        if entry is not None:
            self.selected.show_layer(entry, self._watch.status(entry), self._notes.get(entry.id, ""))

    def _on_opacity(self, layer_id: str, opacity: float) -> None:
        state = self._context.project.state
        known = next((e for e in state.layers if e.id == layer_id), None)
        if known is not None and abs(known.opacity - opacity) > 1e-9:
            self.apply(ChangeLayer(layer_id, opacity=opacity))

    # ------------------------------------------------------------------ menu

    def show_menu(self, place: QPoint) -> None:
        """Show what can be done with the selected layer."""
        entry = self.chosen()
        if entry is None:
            return
        menu = self.menu_for(entry)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def menu_for(self, entry: LayerEntry) -> QMenu:
        """The context menu of a layer."""
        t, actions, icon = self._context.t, self._context.actions, self._context.theme.icon
        menu = QMenu(self)
        menu.addAction(actions.action("map.zoom_layer"))
        menu.addAction(actions.action("layer.properties"))
        menu.addSeparator()
        up = menu.addAction(icon("arrow-up"), t("layer_panel.move_up"))
        up.triggered.connect(lambda: self.tree.move_chosen(False))
        down = menu.addAction(icon("arrow-down"), t("layer_panel.move_down"))
        down.triggered.connect(lambda: self.tree.move_chosen(True))
        if entry.path is not None:
            menu.addSeparator()
            reread = menu.addAction(icon("refresh-cw"), t("layer_panel.reread"))
            reread.triggered.connect(lambda: self.reread_asked.emit(entry.id))
            if self._watch.status(entry) is LayerStatus.MISSING:
                find = menu.addAction(icon("folder-open"), t("layer_panel.find"))
                find.triggered.connect(lambda: self.find_asked.emit(entry.id))
        menu.addSeparator()
        menu.addAction(actions.action("layer.remove"))
        return menu
