"""Projects in the window: save, open, ask before a loss, recover, two windows, full disks, runs under way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from aqah_desktop.models.commands import AddRun, ChangeLayer, RemoveLayer
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.run_desk import Stage
from aqah_desktop.processing.contract import Feedback
from aqah_desktop.records import Outcome, RunRecord
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.projects import ProjectDesk
from aqah_desktop.views.workbench import Workbench

MEL, DUNKERQUE = "200093201", "245900428"


@pytest.fixture
def desk(bench: Workbench) -> ProjectDesk:
    return bench.frame.desk


def work(bench: Workbench) -> None:
    """Something worth saving."""
    bench.context.project.do(ChangeLayer("communes", opacity=0.4))


def answer_file(monkeypatch: pytest.MonkeyPatch, path: Path | None) -> list[Path]:
    """Have the dialogs of the system answer a path; return what they were proposed."""
    proposed: list[Path] = []

    def save(_window, _title, where, _kinds, _ending) -> Path | None:
        proposed.append(where)
        return path

    def choose(_window, _title, folder, _kinds) -> Path | None:
        proposed.append(folder)
        return path

    monkeypatch.setattr(files, "choose_to_save", save)
    monkeypatch.setattr(files, "choose_to_open", choose)
    return proposed


def press(bench: Workbench, question: str, answer: str) -> None:
    """Press a button of a question with the mouse."""
    asked = bench.frame.shell.question(question)
    assert asked is not None
    QTest.mouseClick(asked.buttons[answer], Qt.MouseButton.LeftButton)


def saved(bench: Workbench, qtbot, path: Path) -> None:
    qtbot.waitUntil(lambda: bench.keeper.path == path and not bench.context.project.dirty, timeout=15000)


def title(bench: Workbench) -> tuple[str, bool]:
    return bench.window.windowTitle(), bench.window.isWindowModified()


# --------------------------------------------------------------------------- saving


def test_save_asks_for_a_name_once_and_shows_it(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert title(mel) == ("Métropole Européenne de Lille[*] — AQAH Desktop", False)
    work(mel)
    assert title(mel)[1]
    target = tmp_path / "été à l’air.aqah"
    proposed = answer_file(monkeypatch, target)
    QTest.keyClick(mel.window.windowHandle(), Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    saved(mel, qtbot, target)
    assert proposed[0].name == "Métropole Européenne de Lille.aqah"
    assert title(mel) == ("été à l’air[*] — Métropole Européenne de Lille — AQAH Desktop", False)
    assert mel.frame.toasts.toasts[-1].item.level == "success"
    assert mel.context.settings.values.recent_projects == (str(target),)
    mel.context.project.do(RemoveLayer("ehpad"))
    assert title(mel)[1]
    mel.frame.desk.save()
    saved(mel, qtbot, target)
    assert len(proposed) == 1


def test_save_as_leaves_the_first_file(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(mel)
    first, second = tmp_path / "a.aqah", tmp_path / "b.aqah"
    answer_file(monkeypatch, first)
    mel.frame.desk.save()
    saved(mel, qtbot, first)
    answer_file(monkeypatch, second)
    mel.context.actions.action("project.save_as").trigger()
    saved(mel, qtbot, second)
    assert first.is_file()


def test_a_full_disk_loses_nothing_and_is_said(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "p.aqah"
    answer_file(monkeypatch, target)
    work(mel)
    mel.frame.desk.save()
    saved(mel, qtbot, target)
    before = target.read_bytes()
    mel.context.project.do(RemoveLayer("ehpad"))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("aqah_desktop.storage.project_file.shutil.copyfile", full)
        mel.frame.desk.save()
        qtbot.waitUntil(lambda: any(t.item.level == "error" for t in mel.frame.toasts.toasts), timeout=15000)
    error = next(t.item.error for t in mel.frame.toasts.toasts if t.item.level == "error")
    assert error is not None
    assert error.key == "storage.disk_full"
    assert target.read_bytes() == before
    assert title(mel)[1]
    mel.frame.desk.save()
    saved(mel, qtbot, target)


def test_a_folder_that_is_gone_is_said(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_file(monkeypatch, tmp_path / "nowhere" / "p.aqah")
    work(mel)
    mel.frame.desk.save()
    qtbot.waitUntil(lambda: bool(mel.frame.toasts.toasts), timeout=15000)
    item = mel.frame.toasts.toasts[-1].item
    assert item.error is not None
    assert item.error.key == "storage.missing_folder"
    assert title(mel)[1]


# --------------------------------------------------------------------------- before a loss


def test_looking_at_a_map_is_closed_without_a_question(mel: Workbench) -> None:
    assert mel.window.close()


@pytest.mark.parametrize("answer", ["save", "discard", "cancel", "escape"])
def test_closing_with_unsaved_work_asks(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    target = tmp_path / "p.aqah"
    answer_file(monkeypatch, target)
    work(mel)
    assert not mel.window.close()
    question = mel.frame.shell.question("unsaved")
    assert question is not None
    assert QApplication.focusWidget() is question.buttons["save"]
    if answer == "escape":
        QTest.keyClick(question.buttons["save"], Qt.Key.Key_Escape)
    else:
        press(mel, "unsaved", answer)
    if answer in ("save", "discard"):
        qtbot.waitUntil(lambda: not mel.window.isVisible(), timeout=15000)
    else:
        qtbot.wait(100)
        assert mel.window.isVisible()
        assert mel.context.project.dirty
    assert target.is_file() == (answer == "save")
    mel.keeper.close()


def test_closing_and_cancelling_the_name_stays_open(mel: Workbench, qtbot, monkeypatch) -> None:
    answer_file(monkeypatch, None)
    work(mel)
    mel.window.close()
    press(mel, "unsaved", "save")
    qtbot.wait(100)
    assert mel.window.isVisible()
    assert mel.context.project.dirty


def test_a_new_project_asks_and_shows_the_territories(mel: Workbench, qtbot) -> None:
    work(mel)
    mel.context.actions.action("project.new").trigger()
    press(mel, "unsaved", "discard")
    assert mel.window.stack.currentWidget() is mel.start_page
    assert mel.context.project.state.layers == ()
    assert title(mel) == ("AQAH Desktop", False)
    assert list(mel.keeper.folder.glob("*.journal")) == []


# --------------------------------------------------------------------------- opening


def make_project(bench: Workbench, folder: Path, name: str = "dunkerque.aqah") -> Path:
    """A project of another territory on disk."""
    from aqah_desktop.models import opening
    from aqah_desktop.models.commands import OpenTerritory

    pack = bench.context.services.pack
    keeper = Keeper(Project(), pack, folder / "making")
    territory = pack.territory(DUNKERQUE)
    layers = opening.opening_layers(pack, "no2", 2013)
    keeper.project.do(OpenTerritory(DUNKERQUE, territory.extent, layers))
    keeper.project.do(ChangeLayer("communes", opacity=0.25))
    keeper.save(folder / name)
    keeper.close()
    return folder / name


def opened(bench: Workbench, qtbot, path: Path) -> None:
    qtbot.waitUntil(lambda: bench.keeper.path == path, timeout=15000)


def test_open_shows_the_territory_and_the_layers_of_the_project(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_project(mel, tmp_path)
    answer_file(monkeypatch, path)
    mel.context.actions.action("project.open").trigger()
    opened(mel, qtbot, path)
    state = mel.context.project.state
    assert state.territory == DUNKERQUE
    assert state.entry("communes").opacity == 0.25
    assert title(mel) == ("dunkerque[*] — CU de Dunkerque — AQAH Desktop", False)
    assert mel.top.territory.currentData() == DUNKERQUE
    entries = [a.text() for a in mel.frame.desk.recent_menu.actions()]
    assert entries == ["dunkerque"]


def test_where_the_map_looked_comes_back(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.aqah"
    answer_file(monkeypatch, path)
    canvas = mel.map_page.canvas
    canvas.zoom_to((700_000.0, 7_055_000.0, 706_000.0, 7_060_000.0), 0.0)
    looked = canvas.extent()
    work(mel)
    mel.frame.desk.save()
    saved(mel, qtbot, path)
    mel.frame.desk.guard(mel.keeper.new)
    canvas.zoom_to((640_000.0, 7_000_000.0, 700_000.0, 7_060_000.0))
    mel.frame.desk.open(path)
    opened(mel, qtbot, path)
    assert canvas.extent() == pytest.approx(looked, abs=1.0)


def test_a_project_dropped_on_the_window_is_opened_and_other_files_become_layers(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    path, other = make_project(mel, tmp_path), tmp_path / "parcelles.gpkg"
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)), QUrl.fromLocalFile(str(other))])
    event = QDropEvent(
        QPointF(600, 400),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(mel.layer_files) as received:
        mel.window.dropEvent(event)
    assert received.args == [[other]]
    opened(mel, qtbot, path)


def test_an_old_entry_of_a_file_that_is_gone_is_said_and_forgotten(bench: Workbench, qtbot, tmp_path) -> None:
    bench.context.settings.add_recent(tmp_path / "gone.aqah")
    qtbot.waitUntil(lambda: "gone" in _words(bench.start_page))
    bench.frame.desk.open(tmp_path / "gone.aqah")
    qtbot.waitUntil(lambda: bool(bench.frame.toasts.toasts), timeout=15000)
    assert bench.context.settings.values.recent_projects == ()
    qtbot.waitUntil(lambda: "gone" not in _words(bench.start_page))


def test_what_is_no_project_leaves_the_open_one(mel: Workbench, qtbot, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.aqah"
    wrong.write_bytes(b"not a project")
    state = mel.context.project.state
    mel.frame.desk.open(wrong)
    qtbot.waitUntil(lambda: bool(mel.frame.toasts.toasts), timeout=15000)
    assert mel.context.project.state is state
    assert mel.context.settings.values.recent_projects == ()


def test_a_project_open_elsewhere_can_be_looked_at(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = make_project(mel, tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom aqah_desktop.storage.project_file import ProjectFile\n"
        "file = ProjectFile.open(Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        mel.frame.desk.open(path)
        qtbot.waitUntil(lambda: mel.frame.shell.question("in_use") is not None, timeout=15000)
        press(mel, "in_use", "look")
        opened(mel, qtbot, path)
        assert mel.keeper.read_only
        assert mel.context.notifications.items[-1].text.key == "models.opened_read_only"
        other.communicate("")


def test_saving_what_is_read_only_asks_for_another_name(
    mel: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mine = make_project(mel, tmp_path), tmp_path / "mine.aqah"
    mel.frame.desk.open(path, read_only=True)
    opened(mel, qtbot, path)
    work(mel)
    answer_file(monkeypatch, mine)
    mel.frame.desk.save()
    saved(mel, qtbot, mine)
    assert not mel.keeper.read_only


# --------------------------------------------------------------------------- recovery


def test_work_of_a_crash_is_offered_and_taken_up(
    bench: Workbench, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"""
import os, sys
from pathlib import Path
from aqah_desktop.models import opening
from aqah_desktop.models.commands import OpenTerritory, RemoveLayer
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.run_desk import Stage
from aqah_desktop.storage.pack import Pack
pack = Pack.open()
keeper = Keeper(Project(), pack, Path({str(bench.keeper.folder)!r}))
territory = pack.territory({DUNKERQUE!r})
layers = opening.opening_layers(pack, "no2", 2019)
keeper.project.do(OpenTerritory(territory.code, territory.extent, layers))
keeper.project.do(RemoveLayer("ehpad"))
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    bench.frame.desk.refresh()
    assert "Travail retrouvé du" in _words(bench.start_page)
    assert "CU de Dunkerque · 1 modification" in _words(bench.start_page)
    take_up = next(b for b in bench.start_page.findChildren(QPushButton) if b.text() == "Reprendre")
    QTest.mouseClick(take_up, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.context.project.state.territory == DUNKERQUE, timeout=15000)
    assert "ehpad" not in {e.id for e in bench.context.project.state.layers}
    assert bench.context.notifications.items[-1].text.key == "models.recovered"
    assert title(bench)[1]
    target = tmp_path / "kept.aqah"
    answer_file(monkeypatch, target)
    bench.frame.desk.save()
    saved(bench, qtbot, target)
    assert "Travail retrouvé" not in _words(bench.start_page)


def test_work_of_a_crash_can_be_thrown_away(bench: Workbench, qtbot) -> None:
    folder = bench.keeper.folder
    other = Keeper(Project(), bench.context.services.pack, folder)
    other.project.do(AddRun(_record()))
    journal = next(folder.glob("*.journal")).read_bytes()
    other.close()
    (folder / "20260101-120000-1.aqah.journal").write_bytes(journal)
    bench.frame.desk.refresh()
    QApplication.processEvents()
    delete = next(b for b in bench.start_page.findChildren(QPushButton) if b.text() == "Supprimer")
    QTest.mouseClick(delete, Qt.MouseButton.LeftButton)
    press(bench, "throw_away", "delete")
    qtbot.waitUntil(lambda: "Travail retrouvé" not in _words(bench.start_page))
    assert list(folder.iterdir()) == []


# --------------------------------------------------------------------------- runs under way


class _Endless:
    """A run that ends only when it is told to."""

    lane = "thread"

    def __init__(self, spec, begun: threading.Event) -> None:
        self.spec, self._begun = spec, begun

    def check(self, _params, _context) -> list:
        return []

    def run(self, _params, _context, feedback: Feedback):
        self._begun.set()
        while True:
            feedback.check()
            threading.Event().wait(0.02)


@pytest.mark.parametrize("answer", ["stop", "stay"])
def test_closing_during_a_run_asks_stops_and_joins(mel: Workbench, qtbot, answer: str) -> None:
    services = mel.context.services
    begun = threading.Event()
    endless = _Endless(services.algorithm("aqah.exposure.sites").spec, begun)
    dispose = services.registry.add(endless, algorithm_id="aqah.test.endless")
    given = {"territory": MEL, "pollutant": "no2", "year": 2019, "kinds": "ecole"}
    run = mel.acting.desk.start("aqah.test.endless", given, "Calcul sans fin")
    qtbot.waitUntil(begun.is_set, timeout=15000)
    assert not mel.window.close()
    assert "Calcul sans fin" in _words(mel.frame.shell.question("running"))
    press(mel, "running", answer)
    if answer == "stop":
        qtbot.waitUntil(lambda: not mel.window.isVisible(), timeout=15000)
        assert run.stage is Stage.CANCELLED
        assert services.jobs() == ()
    else:
        qtbot.wait(100)
        assert mel.window.isVisible()
        assert not run.stage.over
        mel.acting.desk.cancel(run)
        qtbot.waitUntil(lambda: run.stage.over, timeout=15000)
    dispose()


def _record() -> RunRecord:
    return RunRecord(
        "c" * 32, "aqah.x", "1", "{}", {}, None, None, "2026-01-01T00:00:00+00:00", outcome=Outcome.DONE
    )


def _words(widget) -> str:
    from PySide6.QtWidgets import QLabel

    found = [w.text() for w in widget.findChildren(QLabel)] + [
        w.text() for w in widget.findChildren(QPushButton)
    ]
    return "\n".join(found)
