"""The main window: start page or map, docks around it, menus from the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.settings import Settings
from aqah_desktop.views.theme import ThemeManager
from aqah_desktop.views.widgets import label

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_SIZE = (1366, 768)
#: Width of the panels on both sides of the map when there is no memory of it, px.
_SIDES = (271, 361)


class MainWindow(QMainWindow):
    """Painted at once, empty; :meth:`furnish` gives it its content when the libraries are loaded."""

    painted = Signal()
    #: The user asks to close; connect and call ``event.ignore()`` to refuse.
    closing = Signal(object)
    #: It closes: nobody refused.
    closed = Signal()
    files_dropped = Signal(list)

    def __init__(self, settings: Settings, theme: ThemeManager, catalogue: Catalogue) -> None:
        super().__init__()
        self._settings, self._theme, self._catalogue = settings, theme, catalogue
        self._painted = False
        self._docks: dict[str, QDockWidget] = {}
        #: Whether docks are shown at all: they belong to the map, not to the start page.
        self.docks_shown = False
        self.workbench: Workbench | None = None
        self.setWindowTitle("AQAH Desktop")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AnimatedDocks)
        self.stack = QStackedWidget()
        waiting = QWidget()
        waiting.setObjectName("page")
        layout = QVBoxLayout(waiting)
        layout.addWidget(label(catalogue.text("window.opening"), "soft"), 0, Qt.AlignmentFlag.AlignCenter)
        self.stack.addWidget(waiting)
        self._centre = QWidget()
        centre = QVBoxLayout(self._centre)
        centre.setContentsMargins(0, 0, 0, 0)
        centre.setSpacing(0)
        centre.addWidget(self.stack, 1)
        self.setCentralWidget(self._centre)
        self._restore_geometry()

    # ------------------------------------------------------------------ frame

    def add_bar(self, bar: QWidget, top: bool) -> None:
        """Put a full-width bar under the menus (``top``) or at the foot."""
        from PySide6.QtWidgets import QToolBar

        if not top:
            self._centre.layout().addWidget(bar)
            return
        holder = QToolBar()
        holder.setObjectName("bar.top")
        holder.setMovable(False)
        holder.setFloatable(False)
        holder.toggleViewAction().setVisible(False)
        holder.setContentsMargins(0, 0, 0, 0)
        holder.addWidget(bar)
        bar.setMinimumWidth(0)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, holder)

    def add_dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        """Add a panel that can be hidden, floated and moved."""
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock.{name}")
        dock.setAccessibleName(title)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        self._docks[name] = dock
        return dock

    def dock(self, name: str) -> QDockWidget:
        """A panel by its name."""
        return self._docks[name]

    def show_docks(self, shown: bool) -> None:
        """Docks belong to the map, not to the start page."""
        self.docks_shown = shown
        for dock in self._docks.values():
            dock.setVisible(shown and not dock.property("closed_by_user"))

    # ------------------------------------------------------------------ layout

    def reserve_sides(self, reserved: bool) -> None:
        """Leave free, beside the map, the room its panels had last time: they come a moment later."""
        kept = self._settings.values.layout.get("sides", "").split(",")
        known = len(kept) == 2 and all(width.isdigit() for width in kept)
        left, right = (int(width) for width in kept) if known else _SIDES
        if not reserved or left + right > self.width() * 2 // 3:
            left, right = 0, 0
        self._centre.layout().setContentsMargins(left, 0, right, 0)

    def default_layout(self) -> QByteArray:
        """Layout of the docks as they are now."""
        return self.saveState(1)

    def restore_layout(self, fallback: QByteArray) -> None:
        """Restore the remembered layout, or the given one."""
        kept = self._settings.values.layout.get("state", "")
        if not kept or not self.restoreState(QByteArray.fromBase64(kept.encode()), 1):
            self.restoreState(fallback, 1)

    def _restore_geometry(self) -> None:
        kept = self._settings.values.layout.get("geometry", "")
        if kept and self.restoreGeometry(QByteArray.fromBase64(kept.encode())) and self._on_a_screen():
            return
        screen = QGuiApplication.primaryScreen()
        room = screen.availableGeometry() if screen else QRect(0, 0, *_SIZE)
        self.resize(min(_SIZE[0], room.width()), min(_SIZE[1], room.height()))
        if room.width() <= _SIZE[0]:
            self.move(room.topLeft())

    def _on_a_screen(self) -> bool:
        """Whether the window can be seen: its screen may have been removed since."""
        return any(s.availableGeometry().intersects(self.frameGeometry()) for s in QGuiApplication.screens())

    def _keep_layout(self) -> None:
        state, geometry = self.saveState(1), self.saveGeometry()
        inside = self._centre.geometry()
        layout = {
            "sides": f"{inside.left()},{self.width() - inside.right() - 1}" if self.docks_shown else "",
            "geometry": geometry.toBase64().data().decode(),
            "state": state.toBase64().data().decode() if self._docks else "",
        }
        self._settings.set("layout", layout)

    # ------------------------------------------------------------------ events

    def paintEvent(self, event) -> None:
        """Tell once that the window has been painted."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event) -> None:
        """Ask, then keep the layout."""
        self.closing.emit(event)
        if event.isAccepted():
            self._keep_layout()
            self.closed.emit()

    def dragEnterEvent(self, event) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        """Open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)
