"""Watches the files behind the user's layers: tells once when one goes, comes back or changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import RenewLayer
from aqah_desktop.models.layer_watch import Finding, LayerWatch, look
from aqah_desktop.models.state import LayerEntry, UserFile
from aqah_desktop.records import Layer, LayerStatus
from aqah_desktop.views.context import ViewContext

#: Programs write a file in several goes: looked at when it rests this long.
_REST_MS = 400


class FileGuard(QObject):
    """Looks at files when the system says they changed, and when the program comes to the front."""

    #: Id of a layer to be read again: its file is back, or the user asked.
    reload_asked = Signal(str)

    def __init__(self, context: ViewContext, watch: LayerWatch) -> None:
        super().__init__()
        self._context, self._watch = context, watch
        self._system = QFileSystemWatcher(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.look_now)
        self._system.fileChanged.connect(self._rest.start)
        self._system.directoryChanged.connect(self._rest.start)
        QGuiApplication.instance().applicationStateChanged.connect(self._on_application)
        context.project.layers_changed.connect(self._on_layers)
        self._on_layers(context.project.state.layers)

    def close_guard(self) -> None:
        """Stop watching."""
        self._rest.stop()
        self._context.project.layers_changed.disconnect(self._on_layers)
        QGuiApplication.instance().applicationStateChanged.disconnect(self._on_application)

    def look_now(self) -> None:
        """Look at every file, on a worker: a network drive may take long."""
        entries = self._own()
        if entries:
            self._context.dispatcher.submit(lambda _: look(entries), self._on_found, key=f"look.{id(self)}")

    def note_failure(self, entry: LayerEntry, error: AqahError) -> None:
        """A layer could not be read or drawn: say so once (a project that is opened has said it)."""
        known = entry.layer.status is LayerStatus.MISSING
        if entry.path is None or (self._watch.fail(entry, error) and not known):
            self._context.notifications.error(error)

    def read_again(self, layer_id: str, path: Path | None = None) -> None:
        """Read the file of a layer again, or another file in its place."""
        from aqah_desktop.messages import Catalogue
        from aqah_desktop.models.user_entries import renewed

        entry = self._entry(layer_id)
        if entry is None or entry.path is None:
            return
        if entry.file is None:
            self._fresh(layer_id)
            return
        where = path or entry.path
        words = (Catalogue("fr"), Catalogue("en"))

        def done(found: tuple[Layer, str, UserFile]) -> None:
            layer, origin, file = found
            if self._entry(layer_id) is not None:
                self._watch.forget(layer_id)
                self._context.project.do(RenewLayer(layer_id, layer, origin, file))
                self._fresh(layer_id)

        self._context.dispatcher.submit(
            lambda _: renewed(entry, where, words), done, self._on_unreadable, key=f"renew.{layer_id}"
        )

    # ------------------------------------------------------------------ following

    def _own(self) -> list[LayerEntry]:
        return [e for e in self._context.project.state.layers if e.path is not None]

    def _entry(self, layer_id: str) -> LayerEntry | None:
        return next((e for e in self._context.project.state.layers if e.id == layer_id), None)

    def _fresh(self, layer_id: str) -> None:
        self._watch.forget(layer_id)
        self.reload_asked.emit(layer_id)

    def _on_layers(self, layers: tuple[LayerEntry, ...]) -> None:
        self._watch.keep_only({e.id for e in layers})
        self._follow_files()
        if any(e.path is not None for e in layers):
            self._rest.start()

    def _follow_files(self) -> None:
        """Watch the files and their folders: a file that was replaced is another one to the system."""
        paths = [e.path for e in self._own() if e.path is not None]
        wanted = {str(p) for p in paths if p.exists()} | {str(p.parent) for p in paths if p.parent.is_dir()}
        now = {*self._system.files(), *self._system.directories()}
        if now - wanted:
            self._system.removePaths(sorted(now - wanted))
        if wanted - now:
            self._system.addPaths(sorted(wanted - now))

    def _on_application(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and self._own():
            self._rest.start()

    def _on_found(self, findings: list[Finding]) -> None:
        before = {f.layer_id: self._watch.error(f.layer_id) for f in findings}
        for news in self._watch.note(findings):
            entry = self._entry(news.layer_id)
            if entry is not None:
                self._tell(entry, news, came_back=before[news.layer_id] is not None)
        self._follow_files()

    def _tell(self, entry: LayerEntry, news: Finding, came_back: bool) -> None:
        tell, title = self._context.notifications.tell, entry.layer.title
        if news.status is LayerStatus.MISSING:
            tell("layer_panel.gone", "warning", title=title)
        elif news.status is LayerStatus.STALE:
            tell("layer_panel.changed", "warning", title=title)
        elif came_back:
            tell("layer_panel.back", "info", title=title)
            self.reload_asked.emit(entry.id)

    def _on_unreadable(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._context.notifications.error(error)
