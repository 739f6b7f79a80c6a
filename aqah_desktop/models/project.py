"""The open project: one immutable state, changed by commands only, announced by typed signals."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import Signal

from aqah_desktop.models.commands import Command
from aqah_desktop.models.state import ProjectState
from aqah_desktop.records import Text

UNDO_LIMIT = 200


class Project:
    """State, undo stack and signals. Not thread-safe: used from the thread that owns it.

    Signals carry the new value and are emitted only when it differs from the old one.

    Parameters
    ----------
    state : ProjectState, optional
        What the project starts from (opened file); an empty project by default.
    journal : callable, optional
        Called with each command **after** it succeeded, for crash recovery.
    """

    territory_changed = Signal(str)
    moment_changed = Signal(object, int)
    layers_changed = Signal(tuple)
    runs_changed = Signal(tuple)
    scenarios_changed = Signal(tuple)
    history_changed = Signal()
    #: Another project was opened or begun; emitted before what differs is announced.
    replaced = Signal()
    dirty_changed = Signal(bool)

    def __init__(
        self, state: ProjectState | None = None, journal: Callable[[str, Command | None], None] | None = None
    ) -> None:
        self._state = state or ProjectState()
        self._journal = journal
        self._done: list[tuple[Command, ProjectState]] = []
        self._undone: list[tuple[Command, ProjectState]] = []
        self._saved = self._state

    def set_journal(self, journal: Callable[[str, Command | None], None] | None) -> None:
        """Say who writes down each command after it succeeded."""
        self._journal = journal

    @property
    def state(self) -> ProjectState:
        """The current state (immutable)."""
        return self._state

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return self._state is not self._saved and self._state != self._saved

    def do(self, command: Command) -> None:
        """Apply a command; it enters the undo stack only after it succeeded.

        Raises
        ------
        AqahError
            From the command, when it cannot be applied; the project is unchanged.
        """
        before = self._state
        after = command.apply(before)
        self._done.append((command, before))
        del self._done[:-UNDO_LIMIT]
        self._undone.clear()
        self._become(after)
        self._note("do", command)

    def undo(self) -> bool:
        """Return to the state before the last command; whether there was one."""
        if not self._done:
            return False
        command, before = self._done.pop()
        self._undone.append((command, self._state))
        self._become(before)
        self._note("undo", None)
        return True

    def redo(self) -> bool:
        """Apply again the command last undone; whether there was one."""
        if not self._undone:
            return False
        command, after = self._undone.pop()
        self._done.append((command, self._state))
        self._become(after)
        self._note("redo", None)
        return True

    def undo_label(self) -> Text | None:
        """Label of what :meth:`undo` would undo."""
        return self._done[-1][0].label() if self._done else None

    def redo_label(self) -> Text | None:
        """Label of what :meth:`redo` would redo."""
        return self._undone[-1][0].label() if self._undone else None

    def mark_saved(self, state: ProjectState | None = None) -> None:
        """Say that a state, the current one by default, is the one on disk."""
        was_dirty = self.dirty
        self._saved = self._state if state is None else state
        if self.dirty != was_dirty:
            self.dirty_changed.emit(self.dirty)

    def replace(self, state: ProjectState) -> None:
        """Open another project: new state, empty undo stack, nothing to save."""
        self._done.clear()
        self._undone.clear()
        was_dirty = self.dirty
        before, self._state, self._saved = self._state, state, state
        self.replaced.emit()
        self._announce(before, was_dirty)

    def announce(self) -> None:
        """Tell everyone the current state, as if it had just been opened: some may listen only now."""
        self._announce(ProjectState(), self.dirty)

    def _become(self, state: ProjectState) -> None:
        was_dirty = self.dirty
        before, self._state = self._state, state
        self._announce(before, was_dirty)

    def _announce(self, before: ProjectState, was_dirty: bool) -> None:
        now = self._state
        if now.territory != before.territory:
            self.territory_changed.emit(now.territory)
        if (now.pollutant, now.year) != (before.pollutant, before.year):
            self.moment_changed.emit(now.pollutant, now.year)
        if now.layers != before.layers:
            self.layers_changed.emit(now.layers)
        if now.runs != before.runs:
            self.runs_changed.emit(now.runs)
        if now.scenarios != before.scenarios:
            self.scenarios_changed.emit(now.scenarios)
        self.history_changed.emit()
        if self.dirty != was_dirty:
            self.dirty_changed.emit(self.dirty)

    def _note(self, what: str, command: Command | None) -> None:
        if self._journal is not None:
            self._journal(what, command)
