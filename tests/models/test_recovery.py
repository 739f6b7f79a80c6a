"""What a crash, a full disk, a protected folder or a second window do to a project: nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import opening, untitled
from aqah_desktop.models.commands import (
    AddLayer,
    ChangeLayer,
    ChooseMoment,
    OpenTerritory,
    RemoveLayer,
)
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.services import Finished
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.processing.contract import RasterResult, Results
from aqah_desktop.records import (
    Grid,
    Layer,
    LocalText,
    Measure,
    Method,
    Outcome,
    Pollutant,
    Quality,
    RunRecord,
    Source,
    Standing,
    Statistic,
    Text,
    VectorShape,
)
from aqah_desktop.storage.journal import journal_path, read_journal
from aqah_desktop.storage.pack import Pack

DUNKERQUE = "245900428"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


@pytest.fixture
def keeper(pack: Pack, tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(Project(), pack, tmp_path / "untitled")
    yield keeper
    keeper.close()


def look(keeper: Keeper, pack: Pack) -> None:
    """Open a territory and choose a moment: nothing anybody would save."""
    layers = opening.opening_layers(pack, "no2", 2019)
    keeper.project.do(OpenTerritory(DUNKERQUE, pack.territory(DUNKERQUE).extent, layers))
    keeper.project.do(ChooseMoment(Pollutant.PM25, 2013, pack.concentration("pm25", 2013)))


def finished() -> Finished:
    grid = Grid(650000.0, 7110000.0, 200.0, 4, 3)
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    measure = Measure("µg/m³", Statistic.DIFFERENCE, Pollutant.NO2, (2019, 2019))
    raster = RasterResult(values, grid, measure, Text("models.command_remove_layer"))
    record = RunRecord(
        "b" * 32,
        "aqah.action.x",
        "1",
        "{}",
        {},
        None,
        None,
        "2026-01-01T00:00:00+00:00",
        outcome=Outcome.DONE,
    )
    standing = Standing(Quality.INDICATIVE, Method.MODELLED)
    return Finished(Results(standing, rasters={"delta_central": raster}), record, ())


def crash(tmp_path: Path, work: str) -> None:
    """Do some work in a process that is killed without warning."""
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_recovery import *
folder = Path({str(tmp_path)!r})
pack = Pack.open()
keeper = Keeper(Project(), pack, folder / "untitled")
{work}
os.kill(os.getpid(), 9)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == -9, answer.stderr


def test_undoing_what_was_saved_before_the_crash_comes_back_undone(pack: Pack, tmp_path: Path) -> None:
    crash(
        tmp_path,
        """
look(keeper, pack)
keeper.project.do(RemoveLayer("ehpad"))
keeper.save(folder / "p.aqah")
keeper.project.do(RemoveLayer("hospitals"))
keeper.project.undo(); keeper.project.undo()
""",
    )
    keeper = Keeper(Project(), pack, tmp_path / "v")
    assert [p.key for p in keeper.open(tmp_path / "p.aqah")] == ["models.recovered"]
    assert {"ehpad", "hospitals"} <= {e.id for e in keeper.project.state.layers}
    keeper.close()


def test_a_second_crash_does_not_repeat_the_first(pack: Pack, tmp_path: Path) -> None:
    crash(
        tmp_path,
        """
look(keeper, pack)
keeper.save(folder / "p.aqah")
keeper.project.do(RemoveLayer("hospitals"))
""",
    )
    crash(
        tmp_path,
        """
assert [p.key for p in keeper.open(folder / "p.aqah")] == ["models.recovered"]
keeper.project.do(RemoveLayer("ehpad"))
""",
    )
    keeper = Keeper(Project(), pack, tmp_path / "v")
    found = keeper.open(tmp_path / "p.aqah")
    assert (found[0].key, found[0].params) == ("models.recovered", {"count": 2})
    assert not {"ehpad", "hospitals"} & {e.id for e in keeper.project.state.layers}
    keeper.close()


def test_work_without_name_is_found_again_with_its_results(pack: Pack, tmp_path: Path) -> None:
    crash(
        tmp_path,
        """
look(keeper, pack)
keeper.keep(finished(), Catalogue("fr"))
keeper.project.do(ChangeLayer("communes", opacity=0.3))
""",
    )
    (left,) = untitled.leftovers(tmp_path / "untitled")
    assert (left.territory, left.changes) == (DUNKERQUE, 2)
    keeper = Keeper(Project(), pack, tmp_path / "untitled")
    assert [p.key for p in keeper.take(keeper.load_leftover(left))] == ["models.recovered"]
    state = keeper.project.state
    assert state.territory == DUNKERQUE
    assert state.entry("communes").opacity == 0.3
    assert keeper.file is not None
    assert keeper.untitled
    with keeper.file.open_raster(next(e.id for e in state.layers if e.origin == "project")) as raster:
        np.testing.assert_array_equal(raster.read()[0], finished().results.rasters["delta_central"].values)
    keeper.save(tmp_path / "kept.aqah")
    assert untitled.leftovers(tmp_path / "untitled") == []
    assert [p.name for p in (tmp_path / "untitled").iterdir()] == []
    keeper.close()


def test_results_lost_with_a_crash_are_named(pack: Pack, tmp_path: Path) -> None:
    crash(
        tmp_path,
        """
look(keeper, pack)
keeper.save(folder / "p.aqah")
keeper.keep(finished(), Catalogue("fr"))
""",
    )
    keeper = Keeper(Project(), pack, tmp_path / "v")
    assert [p.key for p in keeper.open(tmp_path / "p.aqah")] == ["models.recovered", "models.layer_lost"]
    assert all(e.origin == "pack" for e in keeper.project.state.layers)
    assert len(keeper.project.state.runs) == 1
    keeper.close()


def test_what_only_looked_at_the_map_is_not_offered(pack: Pack, tmp_path: Path) -> None:
    crash(tmp_path, "look(keeper, pack)")
    assert untitled.leftovers(tmp_path / "untitled") == []
    assert list((tmp_path / "untitled").iterdir()) == []


def test_work_of_an_open_window_is_not_offered_to_another(keeper: Keeper, pack: Pack, tmp_path: Path) -> None:
    look(keeper, pack)
    keeper.project.do(RemoveLayer("ehpad"))
    assert untitled.leftovers(tmp_path / "untitled") == []
    assert list((tmp_path / "untitled").glob("*.journal")) != []


def test_work_left_can_be_thrown_away(pack: Pack, tmp_path: Path) -> None:
    crash(tmp_path, "look(keeper, pack); keeper.project.do(RemoveLayer('ehpad'))")
    (left,) = untitled.leftovers(tmp_path / "untitled")
    untitled.discard(left)
    assert list((tmp_path / "untitled").iterdir()) == []


def test_a_full_disk_while_saving_loses_nothing(
    keeper: Keeper, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(keeper, pack)
    target = tmp_path / "p.aqah"
    keeper.save(target)
    before = target.read_bytes()
    keeper.project.do(RemoveLayer("ehpad"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("aqah_desktop.storage.project_file.shutil.copyfile", full)
        with pytest.raises(StorageError) as caught:
            keeper.save()
    assert caught.value.key == "storage.disk_full"
    assert target.read_bytes() == before
    assert keeper.project.dirty
    assert len(read_journal(journal_path(target)).entries) == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".aqah-")] == []
    keeper.save()
    assert not keeper.project.dirty
    assert target.read_bytes() != before


def test_a_journal_that_cannot_be_written_is_said_once_and_work_goes_on(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[AqahError] = []
    (tmp_path / "untitled").write_text("a file where the folder should be")
    keeper = Keeper(Project(), pack, tmp_path / "untitled", told.append)
    look(keeper, pack)
    keeper.project.do(RemoveLayer("ehpad"))
    assert len(told) == 1
    assert "ehpad" not in {e.id for e in keeper.project.state.layers}
    keeper.close()


@pytest.fixture
def protected(pack: Pack) -> Iterator[Path]:
    """A folder with a project that this user may read and not write."""
    folder = Path(tempfile.mkdtemp(prefix="aqah-protected-"))
    keeper = Keeper(Project(), pack, folder / "untitled")
    look(keeper, pack)
    keeper.save(folder / "p.aqah")
    keeper.close()
    shutil.rmtree(folder / "untitled", ignore_errors=True)
    (folder / "p.aqah").chmod(0o644)
    folder.chmod(0o555)
    administrator = os.geteuid() == 0
    if administrator:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if administrator:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="folders are not protected by a mode on Windows")
def test_a_project_in_a_protected_folder_opens_to_be_looked_at(
    pack: Pack, protected: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = Path(tempfile.mkdtemp(prefix="aqah-own-"))
    keeper = Keeper(Project(), pack, own / "untitled")
    assert [p.key for p in keeper.open(protected / "p.aqah")] == ["models.opened_read_only"]
    assert keeper.read_only
    keeper.project.do(RemoveLayer("ehpad"))
    with pytest.raises(StorageError) as caught:
        keeper.save()
    assert caught.value.key == "storage.project_read_only"
    keeper.save(own / "mine.aqah")
    assert not keeper.project.dirty
    assert not keeper.read_only
    keeper.project.do(RemoveLayer("hospitals"))
    assert len(read_journal(journal_path(own / "mine.aqah")).entries) == 1
    keeper.close()
    shutil.rmtree(own)


def test_files_stay_found_when_the_project_is_saved_elsewhere(
    keeper: Keeper, pack: Pack, tmp_path: Path
) -> None:
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir()
    there.mkdir()
    data = here / "parcelles.gpkg"
    data.write_bytes(b"x")
    layer = Layer(
        "file-1",
        "",
        LocalText("Parcelles", "Parcels"),
        "user",
        VectorShape("Polygon", "EPSG:2154", (0.0, 0.0, 1.0, 1.0)),
        Source("", ""),
    )
    look(keeper, pack)
    keeper.project.do(AddLayer(LayerEntry(layer, f"file:{data}")))
    keeper.save(here / "p.aqah")
    keeper.save(there / "p.aqah")
    keeper.close()
    for folder in (here, there):
        other = Keeper(Project(), pack, tmp_path / "v")
        assert other.open(folder / "p.aqah") == []
        assert other.project.state.entry("file-1").origin == f"file:{data}"
        other.close()


def test_only_own_work_is_worth_a_question(keeper: Keeper, pack: Pack, tmp_path: Path) -> None:
    look(keeper, pack)
    keeper.project.do(ChangeLayer("communes", visible=False))
    assert not keeper.unsaved_work()
    keeper.project.do(ChangeLayer("communes", opacity=0.2))
    assert keeper.unsaved_work()
    keeper.project.undo()
    assert not keeper.unsaved_work()
    keeper.keep(finished(), Catalogue("fr"))
    assert keeper.unsaved_work()
    keeper.save(tmp_path / "p.aqah")
    assert not keeper.unsaved_work()
    keeper.project.do(ChooseMoment(Pollutant.NO2, 2019, pack.concentration("no2", 2019)))
    assert keeper.unsaved_work()


def test_changes_made_while_saving_stay_unsaved(keeper: Keeper, pack: Pack, tmp_path: Path) -> None:
    look(keeper, pack)
    state = keeper.project.state
    keeper.write(state, tmp_path / "p.aqah")
    keeper.project.do(RemoveLayer("ehpad"))
    keeper.written(state)
    assert keeper.project.dirty
    assert len(read_journal(journal_path(tmp_path / "p.aqah")).entries) == 1
    keeper.project.undo()
    assert keeper.project.state == replace(state)
    assert not keeper.project.dirty
