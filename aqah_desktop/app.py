"""Start of the window: painted first, libraries after, first map as soon as it can be drawn."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Threads take turns at this interval, s: a quarter of Python's own.
_SWITCH_S = 0.00125
#: The docks have their sizes after this time, ms.
_SETTLE_MS = 40


@dataclass(frozen=True)
class StartOptions:
    """What the command line asks of the window.

    ``until`` = ``"first-map"`` leaves after the first usable map; ``timings`` receives the seconds from
    the creation of the process to the painted window and to that map. ``opened`` is called with the
    workbench when that map is there (measuring, taking pictures of the window).
    """

    open: tuple[Path, ...] = ()
    pack: Path | None = None
    territory: str = ""
    until: str = ""
    timings: Path | None = None
    language: str = ""
    opened: Callable[[Any], object] | None = None


def window_main(arguments: list[str]) -> int:
    """``aqah run`` with a display. Arguments as the command line documents them."""
    import argparse

    parser = argparse.ArgumentParser(prog="aqah run", add_help=False)
    parser.add_argument("open", nargs="*", type=Path)
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--territory", default="")
    parser.add_argument("--until", default="", choices=["", "first-map"])
    parser.add_argument("--timings", type=Path)
    parser.add_argument("--out", type=Path)
    wanted = parser.parse_args(arguments)
    language = os.environ.get("AQAH_LANGUAGE", "")
    return run_window(
        StartOptions(
            tuple(wanted.open), wanted.pack, wanted.territory, wanted.until, wanted.timings, language
        )
    )


def seconds_since_process_start() -> float:
    """Age of this process, s (from the system where it tells, else from the start of Python)."""
    system: str = sys.platform
    if system == "linux":
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0]) - started
    return time.perf_counter()


def run_window(options: StartOptions) -> int:
    """Open the window and stay until it is closed; return the exit code."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from aqah_desktop.locations import user_folders
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.settings import Settings
    from aqah_desktop.views.collector import Collector
    from aqah_desktop.views.main_window import MainWindow
    from aqah_desktop.views.theme import ThemeManager

    # The GUI thread waits at most this long for a worker that holds the interpreter.
    sys.setswitchinterval(_SWITCH_S)
    application = QApplication([sys.argv[0]])
    application.setApplicationName("AQAH Desktop")
    application.setDesktopFileName("aqah-desktop")
    application.setStyle("Fusion")
    settings = Settings(user_folders().settings / "settings.json")
    # Read by GDAL when it is loaded: a quarter of the memory the user allows keeps what was read at hand.
    os.environ.setdefault("GDAL_CACHEMAX", str(settings.values.memory_mb // 4))
    language = options.language or settings.values.language
    theme = ThemeManager(application, settings.values.theme)
    window = MainWindow(settings, theme, Catalogue(language))
    starting = _Starting(window, settings, theme, options, language)
    starting.collector = Collector(application)
    window.painted.connect(starting.on_painted)
    window.show()
    QTimer.singleShot(5000, starting.on_painted)  # a window that is never exposed still gets its content
    code = application.exec()
    starting.end()
    return code


class _Starting:
    """The steps of the start, each on its own turn of the event loop."""

    def __init__(self, window: Any, settings: Any, theme: Any, options: StartOptions, language: str) -> None:
        self._window, self._settings, self._theme = window, settings, theme
        self._options, self._language = options, language
        self._timings: dict[str, float] = {}
        self._begun = False
        self._bench: Any = None
        self.collector: Any = None
        self._catcher: Any = None

    def end(self) -> None:
        """The program ends: what nobody catches goes to the interpreter again."""
        if self._catcher is not None:
            self._catcher.remove()

    def _catch(self) -> None:
        """From here on, what nobody caught is told in the window and written to the journal."""
        from aqah_desktop.views.shell.catching import Catcher

        context = self._bench.context
        self._catcher = Catcher(
            lambda error: context.dispatcher.call(lambda: context.notifications.error(error))
        )
        for problem in self._settings.problems:
            context.notifications.tell(problem.key, "warning", **problem.params)

    def on_painted(self) -> None:
        """The window is on screen: load the rest."""
        if self._begun:
            return
        self._begun = True
        self._timings["painted_s"] = round(seconds_since_process_start(), 3)
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, self._furnish)

    def _furnish(self) -> None:
        from aqah_desktop.errors import AqahError
        from aqah_desktop.models.services import open_services
        from aqah_desktop.views.workbench import Workbench

        try:
            services = open_services(self._options.pack, self._language)
        except AqahError as error:
            self._stop(error)
            return
        bench = Workbench(self._window, services, self._settings, self._theme, panels=False)
        self._bench = self._window.workbench = bench
        self._window.closed.connect(bench.close)
        territory = self._options.territory or self._settings.values.last_territory
        if any(path.suffix.lower() == ".aqah" for path in self._options.open):
            territory = ""  # the project says which
        if self._options.until and territory not in services.pack.territories:
            territory = next(t.code for t in services.pack.territories.values() if t.aqah)
        if territory in services.pack.territories:
            bench.map_page.first_map.connect(self._on_first_map)
            self._window.reserve_sides(True)
            bench.open_territory(territory)
            self._window.docks_shown = False
        else:
            bench.show_start()
            self._add_panels()

    def _on_first_map(self) -> None:
        self._timings.setdefault("usable_map_s", round(seconds_since_process_start(), 3))
        if self._options.timings is not None:
            self._options.timings.write_text(json.dumps(self._timings) + "\n", encoding="utf-8")
        if self._options.until == "first-map":
            self._window.close()
            return
        self._add_panels()
        if self._options.opened is not None:
            self._options.opened(self._bench)

    def _add_panels(self) -> None:
        """Read the code of the panels on a worker thread, then build them one a turn of the event loop."""
        from aqah_desktop.views.workbench import import_panels

        self._catch()
        self._bench.context.dispatcher.submit(lambda _: import_panels(), lambda _: self._next_panel())

    def _next_panel(self) -> None:
        from PySide6.QtCore import QTimer

        if self._bench.add_next_panel():
            QTimer.singleShot(0, self._next_panel)
            return
        # The docks take exactly the room kept free for them: nothing is painted in between.
        window = self._window
        self.collector.start()
        window.setUpdatesEnabled(False)
        window.reserve_sides(False)
        window.show_docks(window.stack.currentWidget() is self._bench.map_page)
        QTimer.singleShot(_SETTLE_MS, lambda: window.setUpdatesEnabled(True))
        if self._options.open:
            self._bench.frame.desk.open_files(list(self._options.open))

    def _stop(self, error: Any) -> None:
        from PySide6.QtWidgets import QMessageBox

        from aqah_desktop.messages import Catalogue

        text = Catalogue(self._language).error(error)
        QMessageBox.critical(self._window, "AQAH Desktop", f"{text.message}\n\n{text.cause}\n\n{text.remedy}")
        self._window.close()
