"""The layer tree as Qt sees it: sections and their layers, read from the project, changed by commands."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from aqah_desktop.models.layer_records import standing_of
from aqah_desktop.models.layer_tree import Section, drop, sections
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus, Standing
from aqah_desktop.views.context import ViewContext

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

_MIME = "application/x-aqah-layer"
#: Internal id of a section's index; a layer carries 1 + the row of its section.
_TOP = 0
_NOWHERE = QModelIndex()

_GROUP_NAMES = "sites observations activities training reference concentrations results own background"
_GROUPS = frozenset(_GROUP_NAMES.split())


class LayerTreeModel(QAbstractItemModel):
    """Two levels: sections, layers. Owns nothing but the sections it last announced."""

    #: A command the user's gesture asks for.
    asked = Signal(object)

    def __init__(self, context: ViewContext, watch: LayerWatch) -> None:
        super().__init__()
        self._context, self._watch = context, watch
        self._sections: tuple[Section, ...] = ()
        self.follow()

    # ------------------------------------------------------------------ following the project

    def follow(self) -> None:
        """Take over the layers of the project."""
        now = sections(self._context.project.state.layers)
        if _structure(now) == _structure(self._sections):
            self._sections = now
            self.refresh()
            return
        self.beginResetModel()
        self._sections = now
        self.endResetModel()

    def refresh(self) -> None:
        """Say that every row may look different."""
        for row in range(len(self._sections)):
            top = self.index(row, 0)
            self.dataChanged.emit(top, top)
            count = self.rowCount(top)
            if count:
                self.dataChanged.emit(self.index(0, 0, top), self.index(count - 1, 0, top))

    # ------------------------------------------------------------------ places

    def index_of(self, layer_id: str) -> QModelIndex:
        """Index of a layer; invalid when it is not in the tree."""
        for row, section in enumerate(self._sections):
            for place, entry in enumerate(section.entries):
                if entry.id == layer_id:
                    return self.index(place, 0, self.index(row, 0))
        return QModelIndex()

    def entry(self, index: Index) -> LayerEntry | None:
        """The layer at an index; None for a section."""
        if not index.isValid() or index.internalId() == _TOP:
            return None
        return self._sections[index.internalId() - 1].entries[index.row()]

    def section(self, index: Index) -> Section | None:
        """The section at an index; None for a layer."""
        if not index.isValid() or index.internalId() != _TOP:
            return None
        return self._sections[index.row()]

    def title(self, section: Section) -> str:
        """Title of a section."""
        name = section.group if section.group in _GROUPS else "own"
        return self._context.t(f"layer_panel.group.{name}")

    # ------------------------------------------------------------------ Qt's interface

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        """Index of a section, or of a layer of one."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _TOP)

    def parent(self, index: Index = _NOWHERE) -> QModelIndex:  # type: ignore[override]
        """The section a layer stands in."""
        if not index.isValid() or index.internalId() == _TOP:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, _TOP)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Number of sections, or of layers of one."""
        if not parent.isValid():
            return len(self._sections)
        return len(self._sections[parent.row()].entries) if parent.internalId() == _TOP else 0

    def columnCount(self, _parent: Index = _NOWHERE) -> int:
        """One column."""
        return 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Sections take layers, layers can be dragged."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.NoItemFlags
        plain = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsUserCheckable
        return plain | (flag.ItemIsDropEnabled if index.internalId() == _TOP else flag.ItemIsDragEnabled)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Words and check state."""
        section, entry = self.section(index), self.entry(index)
        if section is not None:
            return self._section_data(section, role)
        return self._entry_data(entry, role) if entry is not None else None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Ask to show or hide a layer or a section."""
        if role != Role.CheckStateRole:
            return False
        from aqah_desktop.models.commands import ChangeLayer, ShowLayers

        visible = Qt.CheckState(value) != Qt.CheckState.Unchecked
        section, entry = self.section(index), self.entry(index)
        if entry is not None:
            self.asked.emit(ChangeLayer(entry.id, visible=visible))
        elif section is not None:
            self.asked.emit(ShowLayers(tuple(e.id for e in section.entries), visible))
        return True

    # ------------------------------------------------------------------ dragging

    def supportedDropActions(self) -> Qt.DropAction:
        """Layers are moved, never copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Layers of this tree only."""
        return [_MIME]

    def mimeData(self, indexes: Any) -> QMimeData:
        """The id of the dragged layer."""
        entry = next((e for i in indexes if (e := self.entry(i)) is not None), None)
        data = QMimeData()
        data.setData(_MIME, QByteArray((entry.id if entry else "").encode()))
        return data

    def canDropMimeData(self, data: QMimeData, _action, row: int, _column: int, parent: Index) -> bool:
        """Whether the layer may be put there."""
        return self._move(data, row, parent) is not None

    def dropMimeData(self, data: QMimeData, _action, row: int, _column: int, parent: Index) -> bool:
        """Ask to put the layer there."""
        command = self._move(data, row, parent)
        if command is not None:
            self.asked.emit(command)
        return command is not None

    def _move(self, data: QMimeData, row: int, parent: Index) -> object | None:
        if not data.hasFormat(_MIME) or self.section(parent) is None:
            return None
        layer_id = bytes(data.data(_MIME).data()).decode()
        if not self.index_of(layer_id).isValid():
            return None
        return drop(self._context.project.state.layers, layer_id, parent.row(), max(row, 0))

    # ------------------------------------------------------------------ words

    def _section_data(self, section: Section, role: int) -> Any:
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self.title(section)
        if role == Role.CheckStateRole:
            states = {None: Qt.CheckState.PartiallyChecked, True: Qt.CheckState.Checked}
            return states.get(section.visible, Qt.CheckState.Unchecked)
        return None

    def _entry_data(self, entry: LayerEntry, role: int) -> Any:
        if role == Role.DisplayRole:
            return self._context.t(entry.layer.title)
        if role == Role.CheckStateRole:
            return Qt.CheckState.Checked if entry.visible else Qt.CheckState.Unchecked
        if role in (Role.ToolTipRole, Role.AccessibleTextRole):
            return "\n".join(self._words(entry))
        return None

    def standing(self, entry: LayerEntry) -> Standing | None:
        """How far a layer can be trusted."""
        return standing_of(entry, self._context.project.state, self._context.services.pack)

    def status(self, entry: LayerEntry) -> LayerStatus:
        """Whether the bytes behind a layer are there and what was read."""
        return self._watch.status(entry)

    def _words(self, entry: LayerEntry) -> list[str]:
        from aqah_desktop.reporting.words import standing_words

        t = self._context.t
        lines = [t(entry.layer.title)]
        standing = self.standing(entry)
        if standing is not None:
            lines.append(standing_words(standing, self._context.catalogue))
        status = self._watch.status(entry)
        if status is not LayerStatus.OK:
            lines.append(t(f"layer_panel.status.{status.value}"))
        if not entry.visible:
            lines.append(t("layer_panel.hidden"))
        return lines


def _structure(parts: tuple[Section, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(s.group, tuple(e.id for e in s.entries)) for s in parts]
