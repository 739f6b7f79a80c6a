"""The tree of layers as a widget: selection, keyboard, context menu."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QTreeView

from aqah_desktop.models.layer_tree import step
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.layers.delegate import LayerDelegate
from aqah_desktop.views.layers.model import LayerTreeModel

Index = QModelIndex | QPersistentModelIndex


class LayerTree(QTreeView):
    """Layers by section. Remembers which layer is selected and which sections are closed."""

    #: Id of the selected layer; empty for none.
    selected = Signal(str)
    #: The user asks for the properties of the selected layer, for its removal, for its menu (place).
    properties_asked = Signal()
    removal_asked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, context: ViewContext, model: LayerTreeModel) -> None:
        super().__init__()
        self._context, self._model = context, model
        self._closed: set[str] = set()
        self._known: set[str] = set()
        self._chosen = ""
        self._refilling = False
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(context, self, model))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setMouseTracking(True)
        self.setUniformRowHeights(False)
        self.setIconSize(QSize(16, 16))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setExpandsOnDoubleClick(False)
        self.setAccessibleName(context.t("layer_panel.tree"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        model.modelAboutToBeReset.connect(self._before_reset)
        model.modelReset.connect(self._after_reset)
        self.expanded.connect(lambda index: self._note(index, closed=False))
        self.collapsed.connect(lambda index: self._note(index, closed=True))
        self._open_sections()

    def chosen(self) -> LayerEntry | None:
        """The selected layer."""
        return self._model.entry(self._model.index_of(self._chosen)) if self._chosen else None

    def choose(self, layer_id: str) -> None:
        """Select a layer and bring it into view."""
        index = self._model.index_of(layer_id)
        if index.isValid():
            self.setExpanded(index.parent(), True)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def move_chosen(self, down: bool) -> None:
        """Move the selected layer one place up or down."""
        if self._chosen:
            command = step(self._context.project.state.layers, self._chosen, down)
            if command is not None:
                self._model.asked.emit(command)

    # ------------------------------------------------------------------ events

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which layer is selected."""
        super().currentChanged(current, previous)
        if self._refilling:
            return
        entry = self._model.entry(current)
        now = entry.id if entry is not None else ""
        if now != self._chosen:
            self._chosen = now
            self.selected.emit(now)

    def keyPressEvent(self, event) -> None:
        """Enter opens the properties, Delete removes, Alt with an arrow moves."""
        key, alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_chosen(key == Qt.Key.Key_Down)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._model.section(self.currentIndex()):
            self.setExpanded(self.currentIndex(), not self.isExpanded(self.currentIndex()))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen:
            self.properties_asked.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._chosen:
            self.removal_asked.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def mouseReleaseEvent(self, event) -> None:
        """A click on the title of a section opens or closes it."""
        index = self.indexAt(event.position().toPoint())
        checked = index.data(Qt.ItemDataRole.CheckStateRole)
        super().mouseReleaseEvent(event)
        same = index.isValid() and index.data(Qt.ItemDataRole.CheckStateRole) == checked
        if same and event.button() == Qt.MouseButton.LeftButton and self._model.section(index):
            self.setExpanded(index, not self.isExpanded(index))

    def mouseDoubleClickEvent(self, event) -> None:
        """A double click on a layer opens its properties."""
        index = self.indexAt(event.position().toPoint())
        super().mouseDoubleClickEvent(event)
        if self._model.entry(index) is not None and self._beside_box(event.position().x()):
            self.properties_asked.emit()

    @staticmethod
    def _beside_box(x: float) -> bool:
        return x > 36

    # ------------------------------------------------------------------ following the model

    def _before_reset(self) -> None:
        self._refilling = True

    def _after_reset(self) -> None:
        self._open_sections()
        index = self._model.index_of(self._chosen)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._refilling = False
        if self._chosen and not index.isValid():
            self._chosen = ""
            self.selected.emit("")

    def _open_sections(self) -> None:
        """Open what the user left open; a new section with nothing to see starts closed."""
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            section = self._model.section(index)
            assert section is not None
            if section.group not in self._known and section.visible is False:
                self._closed.add(section.group)
            self._known.add(section.group)
            self.setExpanded(index, section.group not in self._closed)

    def _note(self, index: QModelIndex, closed: bool) -> None:
        section = self._model.section(index)
        if section is not None and not self._refilling:
            (self._closed.add if closed else self._closed.discard)(section.group)

    def _on_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if not index.isValid():
            index = self.currentIndex()
            place = self.visualRect(index).center()
        if self._model.entry(index) is not None:
            self.setCurrentIndex(index)
            self.menu_asked.emit(self.viewport().mapToGlobal(place))
