"""The frame of the window: what belongs to no panel, made once and bound to its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from aqah_desktop.locations import resource_folder
from aqah_desktop.views.help.guide import bind_guide
from aqah_desktop.views.help.panels import bind_help
from aqah_desktop.views.plugins.panel import bind_plugins
from aqah_desktop.views.settings.panel import bind_settings
from aqah_desktop.views.share.bind import Sharing
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.shell.finding import Finding
from aqah_desktop.views.shell.map_tools import FullScreen, MapTools
from aqah_desktop.views.shell.notifications import Bell, ToastArea, open_messages
from aqah_desktop.views.shell.projects import ProjectDesk

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench


class Frame(QObject):
    """Sheets, messages, projects, palette, settings, help, sharing."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        context = workbench.context
        self.shell = Shell(workbench.window, context)
        self.toasts = ToastArea(workbench.window, workbench.foot, context)
        self.bell = Bell(context)
        self.bell.clicked.connect(lambda: open_messages(self.shell, self.bell))
        workbench.foot.add_button(self.bell)
        context.actions.bind("help.messages", lambda: open_messages(self.shell, self.bell))
        self._window, self._settings = workbench.window, context.settings
        self._window.setWindowIcon(QIcon(str(resource_folder() / "icons" / "aqah.svg")))
        self._window.setAnimated(not self._settings.values.reduced_motion)
        self._settings.changed.connect(self._on_setting)
        self.desk = ProjectDesk(workbench, self.shell)
        self.finding = Finding(workbench, self.shell)
        self.map_tools = MapTools(workbench, self.shell)
        self.full_screen = FullScreen(workbench)
        self.sharing = Sharing(workbench, self.shell)
        for bind in (bind_settings, bind_help, bind_guide, bind_plugins):
            bind(self.shell)

    def _on_setting(self, name: str, value: object) -> None:
        if name == "reduced_motion":
            self._window.setAnimated(not value)

    def close(self) -> None:
        """Let go of everything that is followed."""
        self._settings.changed.disconnect(self._on_setting)
        self.shell.close()
        self.desk.stop()
        self.map_tools.stop()
        self.bell.stop()
        self.toasts.close_area()
