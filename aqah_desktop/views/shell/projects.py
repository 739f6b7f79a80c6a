"""Projects of the window: new, open, save, recent ones, recovered ones, and the question before a loss."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMenu

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.models import untitled
from aqah_desktop.models.keeper import Keeper, Loaded
from aqah_desktop.models.notifications import Level
from aqah_desktop.models.untitled import Leftover
from aqah_desktop.records import Text
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.shell.overlay import Answer

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

ENDING = ".aqah"
_POLL_MS = 50


class ProjectDesk(QObject):
    """Everything the *Fichier* menu does to a project.

    Nothing here loses work without having asked: new, open and close go through :meth:`guard`.
    """

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__(workbench)
        self._bench, self._shell, self._context = workbench, shell, workbench.context
        self._keeper: Keeper = workbench.keeper
        self._leaving = False
        self._saving = False
        self.recent_menu = QMenu(self._context.t("shell.recent_projects"), workbench.window)
        self.recent_menu.setObjectName("menu.recent")
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        project, start, window = self._context.project, self._bench.start_page, self._bench.window
        actions = self._context.actions
        actions.bind("project.new", lambda: self.guard(self._new))
        actions.bind("project.open", self.choose_and_open)
        actions.bind("project.save", self.save)
        actions.bind("project.save_as", self.save_as)
        before = actions.action("project.save")
        file_menu = window.menuBar().findChild(QMenu, "menu.file")
        if file_menu is not None:
            file_menu.insertMenu(before, self.recent_menu)
        project.history_changed.connect(self._show_title)
        project.territory_changed.connect(self._on_territory)
        self._context.settings.changed.connect(self._on_setting)
        start.project_chosen.connect(lambda path: self.open(Path(path)))
        start.leftover_chosen.connect(self.recover)
        start.leftover_refused.connect(self._throw_away)
        window.closing.connect(self.on_closing)
        window.files_dropped.connect(self.open_files)

    def stop(self) -> None:
        """Stop following the project."""
        project = self._context.project
        project.history_changed.disconnect(self._show_title)
        project.territory_changed.disconnect(self._on_territory)
        self._context.settings.changed.disconnect(self._on_setting)

    # ------------------------------------------------------------------ before a loss

    def guard(self, then: Callable[[], None]) -> None:
        """Do something that gives the open project up, after asking whether to save it."""
        if not self._keeper.unsaved_work():
            then()
            return
        t = self._context.t

        def answered(answer: str) -> None:
            if answer == "save":
                self.save(then)
            elif answer == "discard":
                then()

        self._shell.ask(
            "unsaved",
            t("shell.unsaved_title", name=self.name()),
            t("shell.unsaved_text"),
            [
                Answer("save", t("shell.save"), "primary"),
                Answer("discard", t("shell.do_not_save")),
                Answer("cancel", t("shell.cancel")),
            ],
            answered,
        )

    def on_closing(self, event) -> None:
        """Ask before the window closes: about runs under way, then about unsaved work."""
        if self._leaving:
            return
        if self._bench.running_jobs():
            event.ignore()
            self._ask_about_runs()
        elif self._keeper.unsaved_work():
            event.ignore()
            self.guard(self._leave)

    def _ask_about_runs(self) -> None:
        t = self._context.t

        def answered(answer: str) -> None:
            if answer == "stop":
                self._stop_runs()

        self._shell.ask(
            "running",
            t("shell.running_title", titles=", ".join(self._bench.running_jobs())),
            t("shell.running_text"),
            [Answer("stop", t("shell.stop_and_close"), "primary"), Answer("stay", t("shell.let_it_run"))],
            answered,
        )

    def _stop_runs(self) -> None:
        """Cancel every run, wait until each has ended, then go on closing."""
        services = self._context.services
        self._bench.acting.desk.cancel_all()
        for job in services.jobs():
            services.runner.cancel(job)
        self._shell.busy(self._context.t("shell.stopping"))

        def look() -> None:
            if services.jobs() or self._bench.running_jobs():
                QTimer.singleShot(_POLL_MS, self, look)
                return
            self._shell.idle()
            self.guard(self._leave)

        look()

    def _leave(self) -> None:
        self._leaving = True
        self._bench.window.close()

    # ------------------------------------------------------------------ new, open

    def _new(self) -> None:
        self._keeper.new()
        self._bench.show_start()
        self.refresh()

    def choose_and_open(self) -> None:
        """Ask which project to open."""
        t, settings = self._context.t, self._context.settings.values
        folder = files.documents_folder(settings.projects_folder)
        kinds = f"{t('shell.projects')} (*{ENDING})"
        path = files.choose_to_open(self._bench.window, t("shell.open_project"), folder, kinds)
        if path is not None:
            self.open(path)

    def open_files(self, paths: list[Path]) -> None:
        """Open what was dropped or named on the command line: a project, or layers on the map."""
        projects = [p for p in paths if p.suffix.lower() == ENDING]
        others = [p for p in paths if p not in projects]
        if projects:
            self.open(projects[0])
        if others:
            self._bench.layer_files.emit(others)

    def open(self, path: Path, *, read_only: bool = False) -> None:
        """Open a project after asking about the one that is open."""
        self.guard(lambda: self._load(lambda: self._keeper.load(path, read_only=read_only), path))

    def recover(self, leftover: Leftover) -> None:
        """Open work a crash left."""
        self.guard(lambda: self._load(lambda: self._keeper.load_leftover(leftover), None))

    def _load(self, load: Callable[[], Loaded], path: Path | None) -> None:
        self._shell.busy(self._context.t("shell.opening_project"))
        self._context.dispatcher.submit(
            lambda _: load(),
            lambda loaded: self._take(loaded, path),
            lambda error: self._on_not_opened(error, path),
        )

    def _take(self, loaded: Loaded, path: Path | None) -> None:
        self._shell.idle()
        state = loaded.state
        notes = self._keeper.take(loaded)
        if path is not None:
            self._context.settings.add_recent(path.absolute())
        self._bench.show_project(state.extent)
        for note in notes:
            self._tell(note)
        self.refresh()

    def _tell(self, note: Text) -> None:
        level: Level = "success" if note.key.startswith("models.recovered") else "warning"
        self._context.notifications.tell(note.key, level, **note.params)

    def _on_not_opened(self, error: Exception, path: Path | None) -> None:
        self._shell.idle()
        if not isinstance(error, AqahError):
            raise error
        if path is not None and error.key == "storage.project_in_use":
            self._offer_to_look(error, path)
            return
        if path is not None and not path.is_file():
            recent = self._context.settings.values.recent_projects
            self._context.settings.set("recent_projects", tuple(p for p in recent if Path(p) != path))
        self._context.notifications.error(error)
        self.refresh()

    def _offer_to_look(self, error: AqahError, path: Path) -> None:
        t, words = self._context.t, self._context.catalogue.error(error)
        self._shell.ask(
            "in_use",
            words.message,
            f"{words.cause} {t('shell.in_use_remedy')}",
            [Answer("look", t("shell.open_read_only"), "primary"), Answer("cancel", t("shell.cancel"))],
            lambda answer: self.open(path, read_only=True) if answer == "look" else None,
        )

    # ------------------------------------------------------------------ save

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save under the project's name; ask for one when it has none or may not keep it."""
        if self._keeper.path is None or self._keeper.read_only:
            self.save_as(then)
        else:
            self._write(self._keeper.path, then)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a name and save."""
        t, settings = self._context.t, self._context.settings.values
        folder = files.documents_folder(settings.projects_folder)
        proposed = self._keeper.path or folder / f"{files.file_name_of(self.name())}{ENDING}"
        kinds = f"{t('shell.projects')} (*{ENDING})"
        path = files.choose_to_save(self._bench.window, t("shell.save_project"), proposed, kinds, ENDING)
        if path is not None:
            self._write(path, then)

    def _write(self, path: Path, then: Callable[[], None] | None) -> None:
        if self._saving:
            return
        self._saving = True
        state = self._context.project.state
        shown = replace(state, extent=self._bench.map_page.canvas.extent())
        self._shell.busy(self._context.t("shell.saving"))

        def done(_: object) -> None:
            self._saving = False
            self._shell.idle()
            self._keeper.written(state)
            self._context.settings.add_recent(path.absolute())
            self._context.notifications.tell("shell.saved", "success", name=path.name)
            self.refresh()
            if then is not None:
                then()

        def failed(error: Exception) -> None:
            self._saving = False
            self._shell.idle()
            if not isinstance(error, AqahError):
                raise error
            self._context.notifications.error(error)

        self._context.dispatcher.submit(lambda _: self._keeper.write(shown, path), done, failed)

    # ------------------------------------------------------------------ what is shown of it

    def name(self) -> str:
        """Name of the project, or of its territory, or "no name"."""
        if self._keeper.path is not None:
            return self._keeper.path.stem
        territory = self._context.services.pack.territories.get(self._context.project.state.territory)
        return territory.name if territory is not None else self._context.t("shell.untitled")

    def refresh(self) -> None:
        """Show title, recent projects and what crashes left."""
        self._show_title()
        self._show_recent()
        self._bench.start_page.show_leftovers(untitled.leftovers(self._keeper.folder))

    def _show_title(self) -> None:
        window, state = self._bench.window, self._context.project.state
        territory = self._context.services.pack.territories.get(state.territory)
        parts = [self._keeper.path.stem if self._keeper.path else "", territory.name if territory else ""]
        shown = [part for part in parts if part]
        if shown:
            shown[0] += "[*]"
        window.setWindowTitle(" — ".join([*shown, "AQAH Desktop"]))
        window.setWindowModified(bool(shown) and self._keeper.unsaved_work())

    def _show_recent(self) -> None:
        recent = [Path(p) for p in self._context.settings.values.recent_projects]
        self._bench.start_page.show_recent(recent)
        self.recent_menu.clear()
        for path in recent:
            entry = self.recent_menu.addAction(path.stem, partial(self.open, path))
            entry.setToolTip(str(path))
            entry.setStatusTip(str(path))
        self.recent_menu.setToolTipsVisible(True)
        self.recent_menu.setEnabled(bool(recent))

    def _on_territory(self, code: str) -> None:
        if code:
            self._context.settings.set("last_territory", code)
        self._show_title()

    def _on_setting(self, name: str, _value: object) -> None:
        if name == "recent_projects":
            self._show_recent()

    def _throw_away(self, leftover: Leftover) -> None:
        t = self._context.t

        def answered(answer: str) -> None:
            if answer == "delete":
                with contextlib.suppress(StorageError):  # another window took it meanwhile
                    untitled.discard(leftover)
                self.refresh()

        self._shell.ask(
            "throw_away",
            t("shell.throw_away_title"),
            t("shell.throw_away_text"),
            [Answer("delete", t("shell.throw_away"), "danger"), Answer("cancel", t("shell.cancel"))],
            answered,
        )
