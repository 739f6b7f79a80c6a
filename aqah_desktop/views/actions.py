"""Menus, shortcuts and palette entries made from the table of actions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.actions import ACTIONS, MENUS, ActionSpec
from aqah_desktop.views.theme import ThemeManager


class ActionCentre(QObject):
    """One ``QAction`` per entry of the table, enabled when it is bound and what it needs is there."""

    def __init__(self, window: QWidget, theme: ThemeManager, catalogue: Catalogue) -> None:
        super().__init__(window)
        self._theme, self._catalogue = theme, catalogue
        self._specs = {spec.id: spec for spec in ACTIONS}
        self._actions = {spec.id: self._make(spec, window) for spec in ACTIONS}
        self._bound: set[str] = set()
        self._there: set[str] = set()
        theme.changed.connect(self._recolour)
        self._recolour()
        self._refresh()

    def bind(self, action_id: str, function: Callable[..., object]) -> None:
        """Say what an action does; a checkable one receives whether it is checked."""
        action, spec = self._actions[action_id], self._specs[action_id]
        if spec.checkable:
            action.toggled.connect(function)
        else:
            action.triggered.connect(lambda _=False: function())
        self._bound.add(action_id)
        self._refresh()

    def set_there(self, need: str, there: bool) -> None:
        """Say whether something actions need is there."""
        (self._there.add if there else self._there.discard)(need)
        self._refresh()

    def action(self, action_id: str) -> QAction:
        """Return the action, for tool buttons."""
        return self._actions[action_id]

    def entries(self) -> list[tuple[ActionSpec, QAction]]:
        """Return every bound action, for the palette and the list of shortcuts."""
        return [(self._specs[i], a) for i, a in self._actions.items() if i in self._bound]

    def fill_menus(self, bar: QMenuBar) -> None:
        """Make the menus of the window."""
        bar.clear()
        for name in MENUS:
            menu = bar.addMenu(self._catalogue.text(f"window.menu_{name}"))
            menu.setObjectName(f"menu.{name}")
            specs = sorted((s for s in ACTIONS if s.menu == name), key=lambda s: s.group)
            group = specs[0].group if specs else 0
            for spec in specs:
                if spec.group != group:
                    menu.addSeparator()
                    group = spec.group
                menu.addAction(self._actions[spec.id])

    def _make(self, spec: ActionSpec, window: QWidget) -> QAction:
        action = QAction(self._catalogue.text(spec.text), window)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        tip = f"{spec.text}_help"
        words = self._catalogue.text(tip) if self._catalogue.has(tip) else action.text().replace("…", "")
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{words} ({keys})" if keys else words)
        window.addAction(action)
        return action

    def _recolour(self) -> None:
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.id].setIcon(self._theme.icon(spec.icon))

    def _refresh(self) -> None:
        for action_id, action in self._actions.items():
            needs = set(self._specs[action_id].needs)
            action.setEnabled(action_id in self._bound and needs <= self._there)
