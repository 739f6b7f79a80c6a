"""The program started for real: with a project, with a crash inside, with settings that cannot be read."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from aqah_desktop.models import opening
from aqah_desktop.models.commands import OpenTerritory
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.storage.pack import Pack

ROOT = Path(__file__).resolve().parents[2]
DUNKERQUE = "245900428"

#: Runs the program; ``when(window)`` says when to look, ``look(window)`` prints; then the window closes.
_PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from aqah_desktop import app
{prepare}

first = app._Starting.on_painted
def on_painted(self):
    first(self)
    timer = QTimer(self._window)
    def check():
        bench = self._window.workbench
        if bench is not None and hasattr(bench, "frame") and when(bench):
            timer.stop()
            look(bench)
            bench.window.close()
    timer.timeout.connect(check)
    timer.start(30)
    QTimer.singleShot(60000, lambda: (print("too late"), self._window.close()))
app._Starting.on_painted = on_painted
print("code", app.run_window(app.StartOptions(open=tuple(Path(p) for p in sys.argv[1:]), language="fr")))
"""


def run_program(home: Path, prepare: str, *files: Path) -> str:
    environment = {**os.environ, "AQAH_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(prepare=prepare), *map(str, files)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in answer.stderr, answer.stderr
    return answer.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    pack = Pack.open()
    keeper = Keeper(Project(), pack, tmp_path / "making")
    layers = opening.opening_layers(pack, "no2", 2019)
    keeper.project.do(OpenTerritory(DUNKERQUE, pack.territory(DUNKERQUE).extent, layers))
    keeper.save(tmp_path / "côte d’Opale.aqah")
    keeper.close()
    return tmp_path / "côte d’Opale.aqah"


def test_a_project_given_to_the_program_is_opened(tmp_path: Path, project: Path) -> None:
    prepare = """
when = lambda bench: bench.keeper.path is not None and bench.map_page.isVisible()
look = lambda bench: print(bench.window.windowTitle(), bench.context.project.state.territory)
"""
    printed = run_program(tmp_path / "home", prepare, project)
    assert f"côte d’Opale[*] — CU de Dunkerque — AQAH Desktop {DUNKERQUE}" in printed
    assert "code 0" in printed
    settings = (tmp_path / "home" / "settings" / "settings.json").read_text(encoding="utf-8")
    assert "Opale.aqah" in settings
    assert f'"last_territory": "{DUNKERQUE}"' in settings


def test_a_failure_inside_is_told_calmly_and_the_program_goes_on(tmp_path: Path) -> None:
    prepare = """
def fail():
    raise ZeroDivisionError("inside")
failed = []
def when(bench):
    if not failed:
        failed.append(QTimer.singleShot(0, fail))
        return False
    return bool(bench.context.notifications.items)
def look(bench):
    print(bench.context.notifications.items[0].error.key, len(bench.frame.toasts.toasts))
"""
    printed = run_program(tmp_path / "home", prepare)
    assert "shell.unexpected 1" in printed
    assert "code 0" in printed
    assert "ZeroDivisionError: inside" in (tmp_path / "home" / "logs" / "aqah.log").read_text("utf-8")


def test_settings_that_cannot_be_read_are_set_aside_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "settings"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text("{ broken", encoding="utf-8")
    prepare = """
when = lambda bench: bool(bench.context.notifications.items)
look = lambda bench: print(bench.context.notifications.items[0].text.key)
"""
    assert "models.settings_unreadable" in run_program(tmp_path / "home", prepare)
    assert (folder / "settings.unreadable.json").read_text(encoding="utf-8") == "{ broken"


def test_the_desktop_entry_and_the_file_type_belong_together() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(ROOT / "build" / "package" / "aqah-desktop.desktop", encoding="utf-8")
    section = entry["Desktop Entry"]
    assert section["Exec"] == "aqah run %F"
    kind = ET.parse(ROOT / "build" / "package" / "aqah-desktop-mime.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    mime = kind.find(f"{space}mime-type")
    assert mime is not None
    assert section["MimeType"] == f"{mime.get('type')};"
    glob = mime.find(f"{space}glob")
    assert glob is not None
    assert glob.get("pattern") == "*.aqah"
    for key in ("GenericName", "Comment", "Keywords"):
        assert section[f"{key}[fr]"]
