"""The open project and its file: new, open, save, keep results, journal, recover after a crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.models.commands import COMMANDS, AddRun, Command
from aqah_desktop.models.document import keep_results, read_state, write_state
from aqah_desktop.models.opening import opening_layers
from aqah_desktop.models.project import Project
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.models.untitled import Leftover, Place, journal_of
from aqah_desktop.records import Text
from aqah_desktop.storage.journal import Journal, journal_path, read_journal
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.records_json import from_plain, to_plain

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.services import Finished
    from aqah_desktop.storage.pack import Pack

#: Why a folder lets nobody write: its projects are then opened to be looked at.
_NOT_WRITABLE = frozenset({"storage.no_permission", "storage.read_only"})


@dataclass(frozen=True)
class RestoreState:
    """Go back to a state a journal holds: undo and redo reach further back than what is replayed."""

    name: ClassVar[str] = "state.restore"
    state: ProjectState

    def apply(self, _state: ProjectState) -> ProjectState:
        """Return the kept state."""
        return self.state

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_restore_state")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A project read from disk: its file, its state, what to tell, where its journal is and what it holds."""

    file: ProjectFile | None
    state: ProjectState
    problems: tuple[Text, ...]
    journal: Path | None
    entries: tuple[dict[str, Any], ...] = ()
    place: Place | None = None

    def refuse(self) -> None:
        """Close it again: nobody wants it any more."""
        if self.file is not None:
            self.file.close()
        if self.place is not None:
            self.place.release(keep=True)


class Keeper:
    """Keeps one project on disk. Used from the thread that owns it, but for what says otherwise.

    A project without name yet has a place in ``folder`` from its first change on, so that a crash leaves
    its journal, and its results, there.

    Parameters
    ----------
    project : Project
        State and undo stack; its journal is this keeper's.
    pack : Pack
        The open pack.
    folder : Path
        Where projects without name are.
    on_problem : callable, optional
        Receives what keeps the journal from being written; the work itself goes on.
    """

    def __init__(
        self,
        project: Project,
        pack: Pack,
        folder: Path,
        on_problem: Callable[[AqahError], None] | None = None,
    ) -> None:
        self.project, self._pack, self.folder = project, pack, folder
        self.file: ProjectFile | None = None
        self._on_problem = on_problem or (lambda _: None)
        self._place: Place | None = None
        self._journal: Journal | None = None
        self._journals = True
        # The file is written by one thread at a time: a result may be stored while the project is saved.
        self._lock = threading.RLock()
        project.set_journal(self._note)

    @property
    def path(self) -> Path | None:
        """The project's file; None while it has no name."""
        return None if self.file is None or self.untitled else self.file.path

    @property
    def untitled(self) -> bool:
        """Whether the project has no name yet."""
        return self.file is None or self._place is not None

    @property
    def read_only(self) -> bool:
        """Whether the project can only be saved under another name."""
        return self.file is not None and self.file.read_only

    def unsaved_work(self) -> bool:
        """Whether closing would lose something; a look at the map without name is nothing to lose."""
        return _has_own_work(self.project.state, self._pack) if self.untitled else self.project.dirty

    def new(self) -> None:
        """Start an empty project without name."""
        self.close()
        self.project.replace(ProjectState())

    def open(self, path: Path, *, read_only: bool = False) -> list[Text]:
        """Open a project: :meth:`load`, then :meth:`take`.

        Raises
        ------
        AqahError
            The file cannot be opened; the project open before stays as it was.
        """
        return self.take(self.load(path, read_only=read_only))

    def load(self, path: Path, *, read_only: bool = False) -> Loaded:
        """Read a project from disk. Usable from any thread; then :meth:`take` it.

        A project in a folder that cannot be written is opened to be looked at.

        Raises
        ------
        AqahError
            The file cannot be opened.
        """
        try:
            file = ProjectFile.open(path, read_only=read_only)
        except StorageError as error:
            if read_only or error.key not in _NOT_WRITABLE or not path.is_file():
                raise
            file = ProjectFile.open(path, read_only=True)
        state, problems = self._read(file)
        if file.read_only:
            note = Text("models.opened_read_only", {"name": path.name})
            return Loaded(file, state, (note, *problems), None)
        journal = journal_path(path)
        return Loaded(file, state, tuple(problems), journal, tuple(read_journal(journal).entries))

    def load_leftover(self, leftover: Leftover) -> Loaded:
        """Read work a crash left without name. Usable from any thread; then :meth:`take` it.

        Raises
        ------
        AqahError
            It cannot be opened; it stays where it is.
        """
        place = Place(leftover.stem)
        state, file = ProjectState(), None
        problems: list[Text] = []
        try:
            entries = read_journal(journal_of(leftover.stem)).entries
            if place.path.is_file():
                file = ProjectFile.open(place.path)
                state, problems = self._read(file)
        except AqahError:
            place.release(keep=True)
            raise
        return Loaded(file, state, tuple(problems), journal_of(leftover.stem), tuple(entries), place)

    def take(self, loaded: Loaded) -> list[Text]:
        """Make a project that was read the open one; commands a crash left are done again.

        Returns
        -------
        list of Text
            What the user should know: items left out, layers missing, work recovered.
        """
        self.close()
        self.file, self._place = loaded.file, loaded.place
        self._journal = Journal(loaded.journal) if loaded.journal is not None else None
        self._journals = loaded.journal is not None
        self.project.replace(loaded.state)
        return [*loaded.problems, *self._replay(list(loaded.entries))]

    def save(self, path: Path | None = None) -> None:
        """Save, under another name when given; the journal starts anew.

        Raises
        ------
        StorageError
            Nothing was changed on disk.
        """
        state = self.project.state
        self.write(state, path)
        self.written(state)

    def write(self, state: ProjectState, path: Path | None = None) -> None:
        """Write a state to the project's file. Usable from any thread; then call :meth:`written`.

        Raises
        ------
        StorageError
            Nothing was changed on disk.
        """
        with self._lock:
            file = self._file()
            target = Path(path) if path is not None else file.path
            write_state(file, state, self._pack, target.parent)
            file.save(target)

    def written(self, state: ProjectState) -> None:
        """Take note that a state is on disk; what was changed since stays in the journal."""
        assert self.file is not None
        self.project.mark_saved(state)
        self._forget_journal()
        if self._place is not None and self.file.path != self._place.path:
            self._place.release()
            self._place = None
        self._journal, self._journals = Journal(journal_path(self.file.path)), True
        if self.project.state is not state:
            self._note("later", None)

    def keep(self, finished: Finished, catalogue: Catalogue) -> tuple[LayerEntry, ...]:
        """Store what a run returned and add it to the project as one undoable step."""
        entries = self.store(finished, catalogue)
        self.project.do(AddRun(finished.record, entries))
        return entries

    def store(self, finished: Finished, catalogue: Catalogue) -> tuple[LayerEntry, ...]:
        """Store what a run returned; the entries go to :class:`AddRun`. Usable from any thread.

        Raises
        ------
        AqahError
            The working copy cannot be written.
        """
        with self._lock:
            file = self._file()
            entries = keep_results(file, finished, catalogue)
            if self._place is not None:
                # A journal holds no bytes: those of a project without name are saved as they come.
                try:
                    file.save()
                except AqahError as error:
                    self._on_problem(error)
        return entries

    def discard(self, run_id: str) -> None:
        """Remove what :meth:`store` kept of a run the project never got. Usable from any thread.

        Raises
        ------
        AqahError
            The working copy cannot be written.
        """
        with self._lock:
            if self.file is not None:
                for layer_id in [k for k, layer in self.file.layers().items() if layer.run_id == run_id]:
                    self.file.remove_layer(layer_id)

    @contextmanager
    def reading(self) -> Iterator[ProjectFile | None]:
        """The project's file for as long as it is read, None without one. Usable from any thread."""
        with self._lock:
            yield self.file

    def close(self) -> None:
        """Close the file; what was not saved is given up, with its journal."""
        with self._lock:
            self._forget_journal()
            if self.file is not None:
                self.file.close()
                self.file = None
            if self._place is not None:
                self._place.release()
                self._place = None
            self._journals = True

    # ------------------------------------------------------------------ parts

    def _read(self, file: ProjectFile) -> tuple[ProjectState, list[Text]]:
        try:
            return read_state(file, self._pack)
        except AqahError:
            file.close()
            raise

    def _file(self) -> ProjectFile:
        """The project's file; one without name is made when it is needed first."""
        if self.file is None:
            if self._place is None:
                self._place = Place.make(self.folder)
            self.file = ProjectFile.create(self._place.path)
        return self.file

    def _forget_journal(self) -> None:
        if self._journal is not None:
            try:
                self._journal.clear()
            except AqahError as error:
                self._on_problem(error)
            self._journal = None

    def _note(self, what: str, command: Command | None) -> None:
        """Write a change down. A disk that refuses is told once and does not stop the work."""
        if not self._journals:
            return
        entry: dict[str, Any] = {"what": what}
        if command is not None and command.name in COMMANDS:
            entry |= {"name": command.name, "data": to_plain(command)}
        else:
            entry["state"] = to_plain(self.project.state)
        try:
            self._open_journal().append(entry)
        except AqahError as error:
            self._journals = False
            self._on_problem(error)

    def _open_journal(self) -> Journal:
        if self._journal is None:
            with self._lock:
                if self._place is None:
                    self._place = Place.make(self.folder)
                self._journal = Journal(journal_of(self._place.stem))
        return self._journal

    def _replay(self, entries: list[dict[str, Any]]) -> list[Text]:
        """Do the commands of a journal again; one that no longer can be done ends the replay."""
        if not entries:
            return []
        self._journals, journals = False, self._journals
        done = 0
        try:
            for entry in entries:
                self.project.do(_command(entry))
                done += 1
        except (AqahError, KeyError):
            found = Text("models.recovered_in_part", {"count": done, "total": len(entries)})
        else:
            found = Text("models.recovered", {"count": done})
        finally:
            self._journals = journals
        return [found, *self._leave_out_lost()]

    def _leave_out_lost(self) -> list[Text]:
        """Results computed since the last save are named by the journal, but their bytes are gone."""
        own = self.file.layers() if self.file is not None else {}
        state = self.project.state
        lost = [e for e in state.layers if e.origin == "project" and e.id not in own]
        if lost:
            kept = tuple(e for e in state.layers if e not in lost)
            self.project.do(RestoreState(replace(state, layers=kept)))
        return [Text("models.layer_lost", {"title": entry.layer.title}) for entry in lost]


def _command(entry: dict[str, Any]) -> Command:
    if "state" in entry:
        return RestoreState(from_plain(ProjectState, entry["state"]))
    return from_plain(COMMANDS[entry["name"]], entry["data"])


def _has_own_work(state: ProjectState, pack: Pack) -> bool:
    """Whether a state is more than a territory as it opens; what is shown or hidden does not count."""
    if state.runs or state.scenarios or not state.territory:
        return bool(state.runs or state.scenarios or state.layers)
    opened = opening_layers(pack, state.pollutant, state.year)
    return [replace(e, visible=True) for e in state.layers] != [replace(e, visible=True) for e in opened]
