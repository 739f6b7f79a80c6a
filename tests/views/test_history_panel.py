"""The history of runs: what is listed, and what can be done with it again."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from aqah_desktop.models.commands import RemoveLayer
from aqah_desktop.models.run_desk import Run, Stage
from aqah_desktop.views.history.panel import HistoryPanel
from aqah_desktop.views.workbench import Workbench

ZONE = "aqah.action.low_emission_zone"
MEL, DUNKERQUE = "200093201", "245900428"
GIVEN = {
    "share_concerned_percent": "50",
    "reduction_low_percent": "20",
    "reduction_central_percent": "30",
    "reduction_high_percent": "40",
}


def compute(bench: Workbench, qtbot, **changes: str) -> Run:
    run = bench.acting.desk.start(ZONE, {"territory": MEL, **GIVEN, **changes}, "Zone")
    qtbot.waitUntil(lambda: run.stage.over, timeout=30000)
    return run


@pytest.fixture
def panel(mel: Workbench, qtbot) -> HistoryPanel:
    """The history in front."""
    mel.bottom.show_page("history")
    return mel.acting.history


def cells(panel: HistoryPanel, row: int = 0) -> list[str]:
    return [panel.model.index(row, c).data(Qt.ItemDataRole.DisplayRole) for c in range(5)]


def test_it_says_what_to_do_while_there_is_nothing(panel: HistoryPanel) -> None:
    assert panel._stack.currentIndex() == 0
    assert panel.current() is None
    panel.act("copy")


def test_its_action_brings_it_to_the_front(panel, mel) -> None:
    mel.bottom.set_open(False)
    mel.context.actions.action("history.show").trigger()
    assert mel.bottom.is_open() and mel.bottom.current() == "history"


def test_a_run_is_listed_with_its_parameters_in_words(panel, mel, qtbot) -> None:
    run = compute(mel, qtbot)
    assert run.stage is Stage.DONE
    qtbot.waitUntil(lambda: "Zone à faibles émissions" in cells(panel)[1], timeout=15000)
    qtbot.waitUntil(lambda: "Métropole Européenne de Lille" in cells(panel)[2], timeout=15000)
    when, _, parameters, outcome, duration = cells(panel)
    assert when[2] == "/" and outcome == "terminé" and duration
    assert "tout le territoire" in parameters and "50\u00a0%" in parameters
    tip = panel.model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "Part des émissions routières concernée\u00a0: 50\u00a0%" in tip
    mel.context.project.undo()
    assert panel.model.rowCount() == 0 and panel._stack.currentIndex() == 0
    mel.context.project.redo()
    assert panel.model.rowCount() == 1


def test_a_failed_and_a_cancelled_run_of_the_session_are_listed(panel, mel, qtbot) -> None:
    failed = compute(mel, qtbot, reduction_low_percent="35")
    assert failed.stage is Stage.FAILED
    started = mel.acting.desk.start(ZONE, {"territory": MEL, **GIVEN}, "Zone")
    qtbot.waitUntil(lambda: started.stage is Stage.RUNNING, timeout=15000)
    mel.acting.desk.cancel(started)
    qtbot.waitUntil(lambda: started.stage.over, timeout=5000)
    outcomes = {cells(panel, r)[3].partition("\u00a0")[0] for r in range(panel.model.rowCount())}
    assert outcomes == {"annulé", "échec"}
    assert not panel.buttons["show_layers"].isEnabled()
    assert mel.context.project.state.runs == ()


def test_a_run_is_done_again_with_the_same_figures(panel, mel, qtbot) -> None:
    first = compute(mel, qtbot, perimeter="59350,59512", years="2025-2030")
    qtbot.waitUntil(panel.buttons["rerun"].isEnabled, timeout=15000)
    QTest.mouseClick(panel.buttons["rerun"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(mel.context.project.state.runs) == 2, timeout=30000)
    one, two = mel.context.project.state.runs
    assert one.parameters == two.parameters and one.outputs == two.outputs
    again = mel.acting.desk.finished(two.id)
    assert again.results.figures == first.finished.results.figures


def test_a_run_is_opened_in_the_form_on_its_own_territory(panel, mel, qtbot) -> None:
    compute(mel, qtbot, perimeter="59350,59512", years="2025-2030")
    mel.open_territory(DUNKERQUE)
    qtbot.waitUntil(panel.buttons["edit"].isEnabled, timeout=15000)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    simulate = mel.acting.simulate
    qtbot.waitUntil(lambda: simulate._form is not None, timeout=15000)
    assert mel.context.project.state.territory == MEL and mel.side.current() == "scenario"
    form = simulate._form
    assert form.value("share_concerned_percent") == "50" and form.value("years") == "2025-2030"
    assert set(form.value("perimeter").communes) == {"59350", "59512"} and form.ready
    kept = json.loads(mel.context.project.state.runs[0].parameters)
    assert kept["perimeter"]["communes"] == list(form.value("perimeter").communes)


def test_the_whole_territory_comes_back_as_the_whole_territory(panel, mel, qtbot) -> None:
    compute(mel, qtbot)
    qtbot.waitUntil(panel.buttons["edit"].isEnabled, timeout=15000)
    panel.act("edit")
    simulate = mel.acting.simulate
    qtbot.waitUntil(lambda: simulate._form is not None, timeout=15000)
    assert simulate._form.value("perimeter").communes == ("territory",)


def test_the_command_is_copied_and_told(panel, mel, qtbot) -> None:
    compute(mel, qtbot)
    qtbot.waitUntil(panel.buttons["rerun"].isEnabled, timeout=15000)
    qtbot.waitUntil(lambda: bool(panel._names.members), timeout=15000)
    QTest.mouseClick(panel.buttons["copy"], Qt.MouseButton.LeftButton)
    line = QGuiApplication.clipboard().text()
    assert line.startswith(f"aqah simulate {ZONE} --territory {MEL} --param perimeter=territory")
    assert "--param share_concerned_percent=50" in line and "--pack" not in line
    assert mel.context.notifications.items[-1].text.key == "history.copied"


def test_layers_taken_away_come_back_on_top_in_one_step(panel, mel, qtbot) -> None:
    compute(mel, qtbot)
    project = mel.context.project
    own = [e.id for e in project.state.layers if e.layer.run_id]
    for layer_id in own:
        project.do(RemoveLayer(layer_id))
    before = project.state
    assert panel.current().layers == ()
    QTest.mouseClick(panel.buttons["show_layers"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: project.state is not before, timeout=10000)
    back = [e for e in project.state.layers if e.layer.run_id]
    assert {e.id for e in back} == set(own)
    assert [e.id.rpartition("_")[0] for e in back if e.visible] == ["delta_no2_central"]
    qtbot.waitUntil(lambda: mel.map_page.content(next(e.id for e in back if e.visible)) is not None)
    project.undo()
    assert project.state == before


def test_a_saved_project_brings_its_history_back(panel, mel, qtbot, tmp_path) -> None:
    compute(mel, qtbot)
    target = tmp_path / "projet.aqah"
    mel.keeper.save(target)
    mel.keeper.new()
    assert panel.model.rowCount() == 0
    assert mel.keeper.open(target) == []
    assert panel.model.rowCount() == 1
    entry = next(e for e in mel.context.project.state.layers if e.visible and e.layer.run_id)
    assert mel.loader.load(entry).raster.values.shape == (215, 222)
    assert mel.acting.comparing.page.possible()


def test_an_algorithm_that_is_gone_can_be_read_and_copied_but_not_run(panel, mel, qtbot) -> None:
    from dataclasses import replace

    from aqah_desktop.models.commands import AddRun

    run = compute(mel, qtbot)
    gone = replace(run.record, id="f" * 32, algorithm_id="gone.action.zone")
    mel.context.project.do(AddRun(gone))
    panel.select("f" * 32)
    qtbot.wait(300)
    assert panel.current().title == "gone.action.zone"
    assert not panel.buttons["rerun"].isEnabled() and not panel.buttons["edit"].isEnabled()
    assert panel.buttons["copy"].isEnabled()


@pytest.mark.parametrize("language", ["en"])
def test_in_english(panel, mel, qtbot, language: str) -> None:
    compute(mel, qtbot)
    qtbot.waitUntil(lambda: "Low emission zone" in cells(panel)[1], timeout=15000)
    qtbot.waitUntil(lambda: "the whole territory" in cells(panel)[2], timeout=15000)
    assert cells(panel)[3] == "done"
    assert panel.buttons["copy"].text() == "Copy as a command"
