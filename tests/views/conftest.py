"""A real window on the bundled pack; fails a test that leaves a thread or a top-level widget behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.services import open_services
from aqah_desktop.models.settings import Settings
from aqah_desktop.views.main_window import MainWindow
from aqah_desktop.views.theme import ThemeManager
from aqah_desktop.views.workbench import Workbench

SIZE = (1366, 768)
MEL = "200093201"


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """Arguments of the application object."""
    return ["aqah"]


@pytest.fixture
def language() -> str:
    """Language of the window; a test may override it."""
    return "fr"


@pytest.fixture
def pack_folder() -> Path | None:
    """Folder of the pack; a test may override it to break a copy."""
    return None


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeManager]:
    """The light theme on the application of this test."""
    qapp.setStyle("Fusion")
    manager = ThemeManager(qapp)
    yield manager
    manager.deleteLater()


@pytest.fixture
def bench(
    qtbot,
    theme: ThemeManager,
    language: str,
    pack_folder: Path | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Workbench]:
    """A workbench in a window of 1366 × 768, on the bundled pack, with settings of its own."""
    monkeypatch.setenv("AQAH_HOME", str(tmp_path / "home"))
    # As in the program: what is no longer used is destroyed on this thread, never on a worker's.
    gc.disable()
    before = {t.ident for t in threading.enumerate()}
    tops = {id(w) for w in QApplication.topLevelWidgets()}
    settings = Settings(None)
    window = MainWindow(settings, theme, Catalogue(language))
    window.resize(*SIZE)
    window.show()
    qtbot.waitExposed(window)
    workbench = Workbench(window, open_services(pack_folder, language), settings, theme)
    window.workbench = workbench
    yield workbench
    workbench.close()
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, 52)  # DeferredDelete
    gc.collect()
    gc.enable()
    left = _threads_left(before)
    assert left == [], f"threads left running: {left}"
    widgets = [w for w in QApplication.topLevelWidgets() if id(w) not in tops and w.isVisible()]
    assert widgets == [], f"top-level widgets left open: {widgets}"


def _threads_left(before: set[int | None]) -> list[str]:
    """Threads that still run; one that was cancelled has a few seconds to wind down."""
    end = time.monotonic() + 5.0
    while True:
        new = [t for t in threading.enumerate() if t.ident not in before and t.is_alive() and not t.daemon]
        if not new or time.monotonic() > end:
            return [t.name for t in new]
        time.sleep(0.02)


@pytest.fixture
def mel(bench: Workbench, qtbot) -> Workbench:
    """The workbench with the Métropole Européenne de Lille open and its first map painted."""
    with qtbot.waitSignal(bench.first_map, timeout=20000):
        bench.open_territory(MEL)
    return bench
