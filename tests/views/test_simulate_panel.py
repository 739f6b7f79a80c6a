"""The panel *Scénario*: list, generated form, run, cancel, result, undo, plugins that misbehave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from aqah_desktop.models.latest import RunKind
from aqah_desktop.models.run_desk import Stage
from aqah_desktop.records import Place
from aqah_desktop.views.simulate.cards import ErrorCard
from aqah_desktop.views.simulate.panel import SimulatePanel
from aqah_desktop.views.workbench import Workbench

ZONE = "aqah.action.low_emission_zone"
DUNKERQUE = "245900428"
HOSTILE = Path(__file__).resolve().parents[1] / "plugins" / "hostile"
VALUES = {
    "share_concerned_percent": "50",
    "reduction_low_percent": "20",
    "reduction_central_percent": "30",
    "reduction_high_percent": "40",
}
MANIFEST = """\
id = "hostile-{slug}"
kind = "action"
version = "0.1.0"
contract = "1"
app = ">=0.1"
entry = "{module}:Plugin"
title = {{ fr = "Essai {module}", en = "Trial {module}" }}
author = "Nobody"
licence = "EUPL-1.2"
algorithms = ["hostile.action.{module}"]
limits = {{ seconds = {seconds}, memory_mb = 256, output_mb = 8 }}
"""
SLOW_TO_SPEAK = """\
import time
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec

time.sleep(60)


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.mute", "1", "t", "s", (), ())
"""


@pytest.fixture
def plugins(tmp_path: Path) -> list[str]:
    """Modules of hostile plugins to install for a test; it may override this."""
    return []


@pytest.fixture(autouse=True)
def installed(plugins: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put hostile plugins where the user's are, before the window opens."""
    monkeypatch.setenv("AQAH_HOME", str(tmp_path / "home"))
    from aqah_desktop.plugins.settings import user_plugins_folder

    for module in plugins:
        folder = user_plugins_folder() / f"hostile-{module.replace('_', '-')}"
        folder.mkdir(parents=True)
        source = HOSTILE / f"{module}.py"
        text = source.read_text(encoding="utf-8") if source.is_file() else SLOW_TO_SPEAK
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
        manifest = MANIFEST.format(slug=module.replace("_", "-"), module=module, seconds=20)
        (folder / "aqah-plugin.toml").write_text(manifest, encoding="utf-8")


@pytest.fixture
def panel(mel: Workbench, qtbot) -> SimulatePanel:
    """The panel in front, its list read."""
    mel.acting.show_scenario()
    panel = mel.acting.simulate
    qtbot.waitUntil(lambda: bool(panel.offers_page.cards), timeout=15000)
    return panel


def open_action(panel: SimulatePanel, qtbot, algorithm_id: str = ZONE) -> None:
    panel.open_action(algorithm_id)
    qtbot.waitUntil(lambda: panel._sheet is not None and panel._sheet.spec.id == algorithm_id, timeout=15000)


def fill(panel: SimulatePanel) -> None:
    for name, value in VALUES.items():
        panel._form.set(name, value)


def click_run(panel: SimulatePanel) -> None:
    QTest.mouseClick(panel.action_page.footer.run, Qt.MouseButton.LeftButton)


def until_over(panel: SimulatePanel, qtbot) -> None:
    qtbot.waitUntil(lambda: panel._run is not None and panel._run.stage.over, timeout=30000)


def words(widget: QWidget) -> str:
    QApplication.sendPostedEvents(None, 52)  # what was taken away goes (DeferredDelete)…
    QApplication.processEvents()  # …and what was just added is shown by its layout
    return "\n".join(w.text() for w in widget.findChildren(QLabel) if w.isVisibleTo(widget))


# --------------------------------------------------------------------------- list and form


def test_the_list_is_opened_by_its_action_and_by_the_keyboard(mel: Workbench, qtbot) -> None:
    mel.context.actions.action("simulate.action").trigger()
    panel = mel.acting.simulate
    assert mel.side.current() == "scenario"
    qtbot.waitUntil(lambda: len(panel.offers_page.cards) >= 3, timeout=15000)
    assert next(iter(panel.offers_page.cards)) == ZONE
    card = panel.offers_page.cards[ZONE]
    qtbot.waitUntil(lambda: "périmètre" in card.accessibleName(), timeout=15000)
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel._sheet is not None, timeout=15000)
    assert "Zone à faibles émissions" in panel.action_page.title.text()


def test_the_search_opens_the_form_of_an_algorithm(mel: Workbench, qtbot) -> None:
    mel.algorithm_chosen.emit("aqah.exposure.sites")
    panel = mel.acting.simulate
    qtbot.waitUntil(lambda: panel._sheet is not None, timeout=15000)
    rows = panel.action_page.form_view.rows
    assert list(rows) == [p.name for p in panel._sheet.spec.parameters]
    assert panel._form.value("pollutant") == "no2" and panel._form.value("year") == "2019"
    assert panel._form.value("territory") == "200093201" and panel._form.ready


def test_each_field_says_label_unit_range_help_and_whose_assumption_it_is(panel, qtbot) -> None:
    open_action(panel, qtbot)
    row = panel.action_page.form_view.rows["share_concerned_percent"]
    text = words(row)
    assert "Part des émissions routières concernée" in text and "%" in text
    assert "de 0 à 100" in text and "Hypothèse de l’utilisateur" in text
    assert "véhicules visés" not in text
    helper = next(b for b in row.findChildren(QAbstractButton) if b.isCheckable())
    helper.click()
    assert "véhicules visés" in words(row)


def test_published_effects_and_the_law_stand_beside_the_form(panel, qtbot) -> None:
    open_action(panel, qtbot)
    page = panel.action_page
    assert "État du droit" in words(page) and "à vérifier" in words(page)
    fold = next(b for b in page.findChildren(QAbstractButton) if "effets publiés" in b.text())
    assert "Source" not in words(page).replace("Source\u00a0: www.", "")
    fold.click()
    assert "À ne pas reprendre" in words(page) and "Source\u00a0:" in words(page)


@pytest.mark.parametrize(
    ("value", "said"),
    [("150", "hors des limites"), ("30 m", "autre unité"), ("", "Il manque"), ("beaucoup", "nombre")],
)
def test_a_bad_value_is_told_beside_its_field_and_nothing_runs(panel, qtbot, value: str, said: str) -> None:
    open_action(panel, qtbot)
    fill(panel)
    edit = panel.action_page.form_view.rows["reduction_low_percent"].edit.edit
    edit.selectAll()
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, value)
    click_run(panel)
    assert panel._run is None and panel._desk.runs == ()
    row = panel.action_page.form_view.rows["reduction_low_percent"]
    assert said in words(row)
    assert edit.property("state") == "bad" and said in edit.accessibleDescription()
    assert "valeur basse" in panel.action_page.footer.hint.text()
    assert "reduction_low_percent" not in words(panel)


def test_what_only_the_action_can_tell_comes_by_itself(panel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel._form.set("reduction_low_percent", "35")
    row = panel.action_page.form_view.rows["reduction_central_percent"]
    qtbot.waitUntil(lambda: "dans l’ordre" in words(row), timeout=15000)
    click_run(panel)
    assert panel._desk.runs == ()
    panel._form.set("reduction_low_percent", "20")
    assert "dans l’ordre" not in words(row)


def test_a_slider_and_its_line_are_one_value(panel, qtbot) -> None:
    open_action(panel, qtbot)
    edit = panel.action_page.form_view.rows["share_concerned_percent"].edit
    edit.slider.setValue(40)
    assert edit.edit.text() == "40" and panel._form.value("share_concerned_percent") == "40"
    edit.edit.setText("")
    QTest.keyClicks(edit.edit, "62,5 %")
    assert edit.slider.value() == 62 and panel._form.ready is False


def test_every_field_can_be_reached_and_is_named(panel, qtbot) -> None:
    open_action(panel, qtbot)
    page = panel.action_page
    reached: list[QWidget] = []
    page.back.setFocus()
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is page.footer.run:
            break
        reached.append(now)
    assert QApplication.focusWidget() is page.footer.run
    lines = [row.edit.edit for row in page.form_view.rows.values() if hasattr(row.edit, "edit")]
    assert all(line in reached for line in lines)
    assert [w for w in reached if not (w.accessibleName() or getattr(w, "text", str)())] == []


# --------------------------------------------------------------------------- run


def test_a_run_from_the_keys_to_the_card_undone_and_redone_in_one_step(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    for name, value in VALUES.items():
        edit = panel.action_page.form_view.rows[name].edit.edit
        edit.setFocus()
        QTest.keyClicks(edit, value)
    before = mel.context.project.state
    seen: list[str] = []
    panel._desk.changed.connect(lambda run: seen.append(panel.action_page.footer.step.text()))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.DONE, panel._run.error
    assert any("Dispersion" in text for text in seen), seen
    text = words(panel.action_page.result)
    assert "Émissions de NOx évitées" in text and "t/an" in text and "de 793 à 1\u202f585" in text
    assert "−0,74\u00a0µg/m³" in text and "814 sur 821" in text
    assert "indicatif" in text and "Simulation indicative" in text and "tout le territoire" in text
    after = mel.context.project.state
    assert len(after.runs) == 1 and len(after.layers) == len(before.layers) + 6
    assert mel.latest.get(RunKind.ACTION) is panel._run.finished
    shown = [e.id for e in after.layers if e.visible and e.layer.run_id]
    assert len(shown) == 1 and shown[0].startswith("delta_no2_central")
    sites = next(i for i, e in enumerate(after.layers) if e.id == "ecoles")
    assert sites < after.layers.index(next(e for e in after.layers if e.id == shown[0]))
    mel.context.actions.action("edit.undo").trigger()
    assert mel.context.project.state == before
    assert mel.latest.get(RunKind.ACTION) is None
    assert panel.action_page.result.gone.isVisibleTo(panel)
    assert not panel.action_page.result.next.isEnabled()
    mel.context.actions.action("edit.redo").trigger()
    assert mel.context.project.state == after
    assert mel.latest.get(RunKind.ACTION) is panel._run.finished
    assert not panel.action_page.result.gone.isVisibleTo(panel)


def test_the_card_of_another_computation_offers_its_layers(panel, mel, qtbot) -> None:
    open_action(panel, qtbot, "aqah.exposure.sites")
    panel.run()
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.DONE, panel._run.error
    result = panel.action_page.result
    assert "821 lignes" in words(result) and "Comparer" not in result.next.text()
    assert mel.latest.get(RunKind.ACTION) is None
    QTest.mouseClick(result.next, Qt.MouseButton.LeftButton)
    own = panel._run.record.id
    qtbot.waitUntil(
        lambda: any(e.visible for e in mel.context.project.state.layers if e.layer.run_id == own),
        timeout=10000,
    )


def test_the_map_shows_the_result_that_was_just_computed(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel.run()
    until_over(panel, qtbot)
    entry = next(e for e in mel.context.project.state.layers if e.visible and e.layer.run_id)
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=10000)
    raster = mel.map_page.content(entry.id).raster
    expected = panel._run.finished.results.rasters["delta_no2_central"].values
    assert raster.values is expected
    value = mel.map_page.value_at(704_000.0, 7_059_300.0)
    assert value.high < value.central < value.low < 0
    heard: list[str] = []
    mel.map_page.hovered.connect(lambda _x, _y, text: heard.append(text))
    mel.map_page.canvas.hovered.emit(704_000.0, 7_059_300.0)
    assert heard[-1].startswith("−1,4\u00a0µg/m³ [−1,9 ; −0,6")
    mel.loader.forget(set())
    again = mel.loader.load(entry).raster.values
    assert again is not expected and (abs(again - expected)[~(again != again)] < 1e-4).all()
    assert mel.loader.load(entry).bounds is not None
    sites = next(e for e in mel.context.project.state.layers if e.id.startswith("sites_"))
    assert len(mel.loader.load(sites).points.x) == 821 - 7


def test_cancelled_within_two_seconds_and_nothing_is_left(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    before = mel.context.project.state
    click_run(panel)
    qtbot.waitUntil(lambda: panel._run.stage is Stage.RUNNING and panel._run.fraction > 0, timeout=15000)
    footer = panel.action_page.footer
    assert footer.cancel.isVisibleTo(panel) and not footer.run.isVisibleTo(panel)
    asked = time.monotonic()
    QTest.mouseClick(footer.cancel, Qt.MouseButton.LeftButton)
    until_over(panel, qtbot)
    assert time.monotonic() - asked < 2.0
    assert panel._run.stage is Stage.CANCELLED
    assert "rien n’a été gardé" in footer.hint.text() and footer.run.isVisibleTo(panel)
    assert mel.context.project.state == before
    with mel.keeper.reading() as file:
        assert file is None or file.layers() == {}
    click_run(panel)
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.DONE


def test_several_runs_wait_their_turn_and_the_foot_says_so(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    given = panel._form.given()
    runs = [mel.acting.desk.start(ZONE, given, f"Essai {i}") for i in range(4)]
    assert len(mel.running_jobs()) == 4
    seen: set[str] = set()

    def look() -> bool:
        seen.add(mel.foot._task._whole)
        return all(run.stage.over for run in runs)

    qtbot.waitUntil(look, timeout=60000)
    assert any("en attente" in text for text in seen), seen
    assert [run.stage for run in runs] == [Stage.DONE] * 4
    assert mel.running_jobs() == ()
    assert len(mel.context.project.state.runs) == 4


def test_the_foot_cancels_the_run_it_shows(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel.run()
    qtbot.waitUntil(lambda: panel._run.stage is Stage.RUNNING, timeout=15000)
    mel.work._items["acting"].cancel()
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.CANCELLED


def test_the_window_closes_during_a_run(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel.run()
    qtbot.waitUntil(lambda: panel._run.stage is Stage.RUNNING, timeout=15000)
    assert len(mel.running_jobs()) == 1 and "Zone" in mel.running_jobs()[0]
    # The fixture closes the window now and fails on anything left behind.


# --------------------------------------------------------------------------- around


def test_another_territory_keeps_the_form_and_names_what_no_longer_fits(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel._form.set("perimeter", Place(communes=("59350",)))
    mel.open_territory(DUNKERQUE)
    assert panel._form.value("territory") == DUNKERQUE
    row = panel.action_page.form_view.rows
    assert "Dunkerque" in words(row["territory"])
    qtbot.waitUntil(lambda: "59350" in words(row["perimeter"]), timeout=15000)
    assert "Le territoire a changé" in panel.action_page.footer.hint.text()


def test_the_theme_changes_under_form_and_result(panel, mel, qtbot) -> None:
    open_action(panel, qtbot)
    fill(panel)
    panel._form.set("perimeter", Place(communes=("59350",)))
    pick = panel.action_page.form_view.rows["perimeter"].edit.chips.pick
    light = pick.icon().pixmap(16).toImage()
    mel.context.theme.use("dark")
    assert pick.icon().pixmap(16).toImage() != light
    panel.run()
    until_over(panel, qtbot)
    mel.context.theme.use("light")
    panel.show_offers()
    mel.context.theme.use("dark")
    assert "Que se passerait-il" in words(panel.offers_page)


@pytest.mark.parametrize("language", ["en"])
def test_the_panel_in_english(panel, qtbot, language: str) -> None:
    open_action(panel, qtbot)
    text = words(panel)
    assert "The user’s assumption" in text and "from 0 to 100" in text
    for french in ("Hypothèse", "Lancer", "État du droit", "simulate.", "forms."):
        assert french not in text + panel.action_page.footer.run.text()


# --------------------------------------------------------------------------- hostile plugins


@pytest.mark.parametrize(
    ("plugins", "said"),
    [(["raises"], "hostile-raises"), (["exits"], "hostile-exits"), (["returns_nan"], "hostile-returns-nan")],
)
def test_a_plugin_that_fails_leaves_the_window_usable(panel, mel, qtbot, plugins, said: str) -> None:
    name = f"hostile.action.{plugins[0]}"
    before = mel.context.project.state
    open_action(panel, qtbot, name)
    click_run(panel)
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.FAILED
    cards = panel.action_page.findChildren(ErrorCard)
    assert len(cards) == 1 and said in words(cards[0]) and "Le projet n’a pas changé" in words(cards[0])
    assert mel.context.project.state == before
    panel.show_offers()
    open_action(panel, qtbot)
    fill(panel)
    panel.run()
    until_over(panel, qtbot)
    assert panel._run.stage is Stage.DONE


@pytest.mark.parametrize("plugins", [["hangs"]])
def test_a_plugin_that_hangs_is_cancelled_within_two_seconds(panel, mel, qtbot, plugins) -> None:
    open_action(panel, qtbot, "hostile.action.hangs")
    click_run(panel)
    qtbot.waitUntil(lambda: panel._run.stage is Stage.RUNNING, timeout=15000)
    qtbot.wait(600)
    asked = time.monotonic()
    QTest.mouseClick(panel.action_page.footer.cancel, Qt.MouseButton.LeftButton)
    until_over(panel, qtbot)
    assert time.monotonic() - asked < 2.0 and panel._run.stage is Stage.CANCELLED


@pytest.mark.parametrize("plugins", [["mute"]])
def test_a_plugin_that_never_says_what_it_is_keeps_nobody_waiting(panel, mel, qtbot, plugins) -> None:
    panel.open_action("hostile.action.mute")
    assert "Lecture de la fiche" in panel.action_page.summary.text()
    panel.show_offers()
    open_action(panel, qtbot)
    assert "Zone à faibles émissions" in panel.action_page.title.text()
    painted = mel.map_page.canvas
    with qtbot.waitSignal(painted.painted, timeout=5000):
        painted.zoom_by(0.8)
    started = time.monotonic()
    mel.acting._on_closing()
    assert time.monotonic() - started < 4.0
    mel._closing.remove(mel.acting._on_closing)


@pytest.mark.parametrize("plugins", [["raises"]])
def test_a_plugin_with_a_broken_manifest_is_listed_with_its_reason(mel, qtbot, plugins) -> None:
    from aqah_desktop.plugins.settings import user_plugins_folder

    (user_plugins_folder() / "hostile-raises" / "aqah-plugin.toml").write_text("id = 3", encoding="utf-8")
    mel.acting.show_scenario()
    panel = mel.acting.simulate
    qtbot.waitUntil(lambda: bool(panel.offers_page.cards), timeout=15000)
    cards = panel.offers_page.findChildren(ErrorCard)
    assert len(cards) == 1 and "Extensions inutilisables" in words(panel.offers_page)
    assert ZONE in panel.offers_page.cards


def test_a_small_window_still_shows_the_whole_foot_of_the_form(panel, mel, qtbot) -> None:
    mel.window.resize(1024, 640)
    open_action(panel, qtbot)
    qtbot.wait(100)
    run = panel.action_page.footer.run
    assert run.isVisibleTo(mel.window)
    corner = run.mapTo(mel.window, QPoint(run.width(), run.height()))
    assert corner.y() <= mel.window.height() and corner.x() <= mel.window.width()
    for line in panel.action_page.findChildren(QLineEdit):
        if line.isVisibleTo(panel):
            right = line.mapTo(panel, QPoint(line.width(), 0)).x()
            assert right <= panel.width()
