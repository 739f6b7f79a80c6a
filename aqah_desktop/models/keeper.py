"""The open project and its file: new, open, save, keep results, journal, recover after a crash."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import COMMANDS, AddRun, Command
from aqah_desktop.models.document import keep_results, read_state, write_state
from aqah_desktop.models.project import Project
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Text
from aqah_desktop.storage.journal import Journal, journal_path, read_journal
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.records_json import from_plain, to_plain

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.services import Finished
    from aqah_desktop.storage.pack import Pack


class Keeper:
    """Keeps one project on disk.

    A project without name yet lives in ``folder``: what is computed in it has a place to be, and a
    crash leaves its journal there.

    Parameters
    ----------
    project : Project
        State and undo stack; its journal is this keeper's.
    pack : Pack
        The open pack.
    folder : Path
        Where projects without name are.
    """

    def __init__(self, project: Project, pack: Pack, folder: Path) -> None:
        self.project, self._pack, self._folder = project, pack, folder
        self.file: ProjectFile | None = None
        self._journal: Journal | None = None
        project.set_journal(self._note)

    @property
    def path(self) -> Path | None:
        """The project's file; None while it has no name."""
        return None if self.file is None or self.untitled else self.file.path

    @property
    def untitled(self) -> bool:
        """Whether the project has no name yet."""
        return self.file is None or self.file.path.parent == self._folder

    def new(self) -> None:
        """Start an empty project without name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = ProjectFile.create(
            self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6}.aqah"
        )
        self._take(file)
        self.project.replace(ProjectState())

    def open(self, path: Path) -> list[Text]:
        """Open a project; commands a crash left in its journal are done again.

        Returns
        -------
        list of Text
            What the user should know: items left out, layers missing, work recovered.

        Raises
        ------
        AqahError
            The file cannot be opened; the project open before stays as it was.
        """
        file = ProjectFile.open(path)
        try:
            state, problems = read_state(file, self._pack)
        except AqahError:
            file.close()
            raise
        left = read_journal(journal_path(path))
        self._take(file)
        self.project.replace(state)
        if left.entries:
            problems.append(self._replay(left.entries))
        return problems

    def save(self, path: Path | None = None) -> None:
        """Save, under another name when given; the journal starts anew.

        Raises
        ------
        StorageError
            Nothing was changed on disk.
        """
        if self.file is None:
            self.new()
        assert self.file is not None
        write_state(self.file, self.project.state, self._pack)
        before = self._journal
        old = self.file.path
        was_untitled = self.untitled
        self.file.save(path)
        self.project.mark_saved()
        if before is not None:
            before.clear()
        if was_untitled and self.file.path != old:
            old.unlink(missing_ok=True)
        self._journal = Journal(journal_path(self.file.path))

    def keep(self, finished: Finished, catalogue: Catalogue) -> tuple[LayerEntry, ...]:
        """Store what a run returned and add it to the project as one undoable step."""
        if self.file is None:
            state = self.project.state
            self.new()
            self.project.replace(state)
        assert self.file is not None
        entries = keep_results(self.file, finished, catalogue)
        self.project.do(AddRun(finished.record, entries))
        return entries

    def close(self) -> None:
        """Close the file; what was not saved is given up, with its journal."""
        if self._journal is not None:
            self._journal.clear()
            self._journal = None
        if self.file is not None:
            untitled, path = self.untitled, self.file.path
            self.file.close()
            self.file = None
            if untitled:
                path.unlink(missing_ok=True)

    def _take(self, file: ProjectFile) -> None:
        self.close()
        self.file = file
        self._journal = Journal(journal_path(file.path))

    def _note(self, what: str, command: Command | None) -> None:
        if self._journal is None:
            return
        entry: dict[str, Any] = {"what": what}
        if command is not None:
            entry |= {"name": command.name, "data": to_plain(command)}
        self._journal.append(entry)

    def _replay(self, entries: list[dict[str, Any]]) -> Text:
        """Do the commands of a journal again; one that no longer can be done ends the replay."""
        done = 0
        for entry in entries:
            try:
                if entry.get("what") == "undo":
                    self.project.undo()
                elif entry.get("what") == "redo":
                    self.project.redo()
                else:
                    self.project.do(from_plain(COMMANDS[entry["name"]], entry["data"]))
            except (AqahError, KeyError):
                return Text("models.recovered_in_part", {"count": done, "total": len(entries)})
            done += 1
        return Text("models.recovered", {"count": done})
