"""Projects on disk: round trip, results, recovery after a crash, wrong files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import opening
from aqah_desktop.models.commands import ChangeLayer, ChooseMoment, OpenTerritory, PutScenario, RemoveLayer
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.services import Finished
from aqah_desktop.models.state import Scenario
from aqah_desktop.processing.contract import RasterResult, Results
from aqah_desktop.records import (
    Grid,
    Measure,
    Method,
    Outcome,
    Pollutant,
    Quality,
    RunRecord,
    Standing,
    Statistic,
    Text,
)
from aqah_desktop.storage.pack import Pack

DUNKERQUE = "245900428"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


@pytest.fixture
def keeper(pack: Pack, tmp_path: Path) -> Keeper:
    keeper = Keeper(Project(), pack, tmp_path / "untitled")
    keeper.new()
    yield keeper
    keeper.close()


def _work(keeper: Keeper, pack: Pack) -> None:
    territory = pack.territory(DUNKERQUE)
    layers = opening.opening_layers(pack, "no2", 2019)
    keeper.project.do(OpenTerritory(DUNKERQUE, territory.extent, layers))
    keeper.project.do(ChooseMoment(Pollutant.PM25, 2013, pack.concentration("pm25", 2013)))
    keeper.project.do(ChangeLayer("communes", opacity=0.4))
    keeper.project.do(RemoveLayer("ehpad"))
    keeper.project.do(PutScenario(Scenario("s", "Été", 2019)))


def _finished() -> Finished:
    grid = Grid(650000.0, 7110000.0, 200.0, 4, 3)
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    measure = Measure("µg/m³", Statistic.DIFFERENCE, Pollutant.NO2, (2019, 2019))
    raster = RasterResult(values, grid, measure, Text("models.command_add_run", {"algorithm": "x"}))
    standing = Standing(Quality.INDICATIVE, Method.MODELLED)
    record = RunRecord(
        "a" * 32,
        "aqah.action.x",
        "1",
        "{}",
        {},
        None,
        None,
        "2026-01-01T00:00:00+00:00",
        outcome=Outcome.DONE,
    )
    return Finished(Results(standing, rasters={"delta_central": raster}), record, ())


def test_a_saved_project_opens_as_it_was(keeper: Keeper, pack: Pack, tmp_path: Path) -> None:
    _work(keeper, pack)
    keeper.keep(_finished(), Catalogue("fr"))
    target = tmp_path / "été à l’air.aqah"
    keeper.save(target)
    assert not keeper.project.dirty
    assert keeper.path == target
    state = keeper.project.state
    keeper.close()
    other = Keeper(Project(), pack, tmp_path / "other")
    assert other.open(target) == []
    assert other.project.state == state
    assert other.file is not None
    with other.file.open_raster(next(e.id for e in state.layers if e.origin == "project")) as raster:
        values, _ = raster.read()
    np.testing.assert_array_equal(values, _finished().results.rasters["delta_central"].values)
    other.close()


def test_an_untitled_project_leaves_nothing_behind(keeper: Keeper, pack: Pack, tmp_path: Path) -> None:
    _work(keeper, pack)
    keeper.close()
    assert list((tmp_path / "untitled").iterdir()) == []


def test_a_project_that_cannot_be_opened_leaves_the_open_one(
    keeper: Keeper, pack: Pack, tmp_path: Path
) -> None:
    _work(keeper, pack)
    state = keeper.project.state
    wrong = tmp_path / "wrong.aqah"
    wrong.write_bytes(b"not a project")
    for path in (wrong, tmp_path / "missing.aqah"):
        with pytest.raises(AqahError):
            keeper.open(path)
        assert keeper.project.state is state


def test_a_second_program_is_told_that_the_project_is_open(
    keeper: Keeper, pack: Pack, tmp_path: Path
) -> None:
    target = tmp_path / "p.aqah"
    keeper.save(target)
    with pytest.raises(StorageError) as caught:
        Keeper(Project(), pack, tmp_path / "b").open(target)
    assert caught.value.key == "storage.project_in_use"


def test_killed_in_the_middle_of_work_the_commands_come_back(pack: Pack, tmp_path: Path) -> None:
    """A real process is killed without warning after saved and unsaved changes."""
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_keeper import *
from test_keeper import _work
pack = Pack.open()
keeper = Keeper(Project(), pack, Path({str(tmp_path / "u")!r}))
keeper.new()
_work(keeper, pack)
keeper.save(Path({str(tmp_path / "p.aqah")!r}))
keeper.project.do(RemoveLayer("hospitals"))
keeper.project.do(ChangeLayer("communes", visible=False))
keeper.project.undo()
os.kill(os.getpid(), 9)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == -9, answer.stderr
    keeper = Keeper(Project(), pack, tmp_path / "v")
    problems = keeper.open(tmp_path / "p.aqah")
    assert [p.key for p in problems] == ["models.recovered"]
    assert problems[0].params == {"count": 3}
    ids = {e.id for e in keeper.project.state.layers}
    assert "hospitals" not in ids
    assert keeper.project.state.entry("communes").visible
    assert keeper.project.dirty
    keeper.close()
