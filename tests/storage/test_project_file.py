"""The project file: what is kept, what survives a crash, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from aqah_desktop.errors import BadInputError, IntegrityError, StorageError, UnknownItemError
from aqah_desktop.records import LayerStatus, VectorShape
from aqah_desktop.storage import project_schema
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.records_json import hash_frame

from .conftest import GRID, raster_layer, text, vector_layer
from .test_records_json import RUN

VALUES = np.where(np.arange(GRID.nx * GRID.ny).reshape(GRID.ny, GRID.nx) < 100, np.nan, 12.345).astype(
    "float32"
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed programs leave their working copies: not among everybody's temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def path(tmp_path: Path, points: gpd.GeoDataFrame) -> Path:
    """A saved project with a vector layer, a table, a raster, a run and some items."""
    path = tmp_path / "étude.aqah"
    with ProjectFile.create(path) as project:
        project.add_vector(vector_layer("sites", "sites", ("code",)), points)
        table = vector_layer("table", "table", ("a",))
        table = replace(table, shape=VectorShape("None", "", (0, 0, 0, 0)))
        project.add_vector(table, pd.DataFrame({"a": [1, 2]}))
        project.add_raster(replace(raster_layer(2019), run_id=RUN.id), VALUES, GRID)
        project.add_run(RUN)
        project.put("state", "project", {"territory": "200093201"})
        project.put("views", "main", {"scale": 50_000})
        project.save()
    return path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


# --------------------------------------------------------------------------- what is kept


def test_layers_rasters_runs_and_items_come_back(path: Path, points: gpd.GeoDataFrame) -> None:
    with ProjectFile.open(path) as project:
        layers = project.layers()
        assert list(layers) == ["sites", "table", "no2_2019"]
        assert {layer.status for layer in layers.values()} == {LayerStatus.OK}
        assert layers["sites"].content_hash == hash_frame(points)
        assert hash_frame(project.read_vector("sites")) == hash_frame(points)
        assert list(project.read_table("table")["a"]) == [1, 2]
        with project.open_raster("no2_2019") as raster:
            values, grid = raster.read()
            assert grid == GRID
            np.testing.assert_array_equal(values, VALUES)
            assert raster.sample(np.array([GRID.x_min + 50.0]), np.array([7055000.0]))[0] == np.float32(
                12.345
            )
        assert project.runs() == {RUN.id: RUN}
        assert project.get_all("state") == {"project": {"territory": "200093201"}}
        assert project.problems == []
    assert names(path.parent) == ["étude.aqah"]


def test_items_are_replaced_in_place_reordered_and_removed(tmp_path: Path) -> None:
    with ProjectFile.create(tmp_path / "a.aqah") as project:
        for name in "abc":
            project.put("scenarios", name, {"name": name})
        project.put("scenarios", "a", {"name": "A"})
        assert list(project.get_all("scenarios")) == ["a", "b", "c"]
        project.remove("scenarios", "b")
        project.remove("scenarios", "nothing")
        project.put_all("scenarios", {"z": 1, "a": 2})
        assert project.get_all("scenarios") == {"z": 1, "a": 2}
        assert list(project.get_all("scenarios")) == ["z", "a"]
        with pytest.raises(BadInputError) as caught:
            project.put("secrets; DROP TABLE aqah_meta", "a", 1)
        assert caught.value.key == "storage.unknown_kind"
        with pytest.raises(BadInputError) as caught:
            project.put("state", "a", {"x": float("nan")})
        assert caught.value.key == "storage.not_json"


def test_a_layer_is_replaced_and_removed(path: Path, points: gpd.GeoDataFrame) -> None:
    with ProjectFile.open(path) as project:
        project.add_vector(vector_layer("sites", "sites", ("code",)), points.iloc[:1])
        project.add_raster(raster_layer(2019), VALUES + 1, GRID, scale=0.001)
        assert len(project.read_vector("sites")) == 1
        with project.open_raster("no2_2019") as raster:
            assert raster.read()[0][-1, -1] == pytest.approx(13.345)
        for layer_id in ("sites", "no2_2019"):
            project.remove_layer(layer_id)
            with pytest.raises(UnknownItemError):
                project.remove_layer(layer_id)
        project.save()
    with ProjectFile.open(path) as project:
        assert list(project.layers()) == ["table"]
    assert {str(row[0]) for row in pyogrio.list_layers(path)} == {"aqah_project", "table"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM aqah_rasters").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("name", ["", "  ", "aqah_meta", "gpkg_contents", "RTREE_x", "sqlite_master"])
def test_a_layer_cannot_take_the_name_of_an_own_table(tmp_path: Path, name: str) -> None:
    with ProjectFile.create(tmp_path / "a.aqah") as project, pytest.raises(BadInputError) as caught:
        project.add_vector(vector_layer(name, "sites", ()), pd.DataFrame({"a": [1]}))
    assert caught.value.key == "storage.bad_layer_id"


def test_identity_is_kept_for_life_and_unknown_tables_are_preserved(path: Path, tmp_path: Path) -> None:
    change(path, "CREATE TABLE aqah_future (x)", "INSERT INTO aqah_future VALUES ('kept')")
    change(path, "CREATE TABLE mine (y)", "INSERT INTO mine VALUES (42)")
    with ProjectFile.open(path) as project:
        uuid = project.uuid
        project.put("state", "project", {"territory": "59"})
        project.save(tmp_path / "copy.aqah")
        assert project.path == tmp_path / "copy.aqah"
        project.put("state", "project", {"territory": "62"})
        project.save()
    with ProjectFile.open(path) as project:
        assert project.get_all("state")["project"] == {"territory": "200093201"}
    with ProjectFile.open(tmp_path / "copy.aqah") as project:
        assert project.uuid == uuid
        assert project.get_all("state")["project"] == {"territory": "62"}
    with closing(sqlite3.connect(tmp_path / "copy.aqah")) as connection:
        assert connection.execute("SELECT x FROM aqah_future").fetchone() == ("kept",)
        assert connection.execute("SELECT y FROM mine").fetchone() == (42,)


def test_the_previous_version_is_kept_and_opens(path: Path) -> None:
    with ProjectFile.open(path) as project:
        project.put("state", "project", {"territory": "62"})
        project.save()
    previous = path.with_name(path.name + ".previous")
    with ProjectFile.open(previous) as project:
        assert project.get_all("state")["project"] == {"territory": "200093201"}


def test_creating_never_overwrites_without_consent(path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        ProjectFile.create(path)
    assert caught.value.key == "storage.project_exists"
    with ProjectFile.create(path, overwrite=True) as project:
        project.save()
    with ProjectFile.open(path) as project:
        assert project.layers() == {}


def test_nothing_of_the_working_copy_stays_behind(path: Path) -> None:
    project = ProjectFile.open(path)
    working = project._working.parent
    assert working.is_dir()
    project.close()
    project.close()
    assert not working.exists()


# --------------------------------------------------------------------------- QGIS


def test_an_export_opens_elsewhere_with_rasters_and_provenance(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "pour-qgis.gpkg"
    with ProjectFile.open(path) as project:
        project.export_geopackage(target)
    assert {str(n): k for n, k in pyogrio.list_layers(target)} == {
        "sites": "Point",
        "table": None,
        "about_layers": None,
    }
    about = pyogrio.read_dataframe(target, layer="about_layers")
    assert list(about["layer_id"]) == ["sites", "table", "no2_2019"]
    assert list(about["run"].fillna(""))[:2] == ["", ""]
    assert json.loads(about["run"][2])["algorithm_id"] == RUN.algorithm_id
    with rasterio.open(target) as source:
        assert source.crs.to_epsg() == 2154
        assert source.bounds == rasterio.coords.BoundingBox(*GRID.extent)
        np.testing.assert_array_equal(source.read(1), VALUES)


def test_the_project_itself_opens_as_a_geopackage(path: Path) -> None:
    listed = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert listed == {"aqah_project": None, "sites": "Point", "table": None}


# --------------------------------------------------------------------------- two programs, killed programs


HOLD = """
    import sys, time
    from pathlib import Path
    from aqah_desktop.storage.project_file import ProjectFile
    project = ProjectFile.open(Path(sys.argv[1]))
    project.put("state", "project", {"territory": "killed"})
    if sys.argv[2] == "save":
        import aqah_desktop.storage.atomic as atomic, os
        real = os.fsync
        def slow(handle):
            print("ready", flush=True)
            time.sleep(60)
        os.fsync = slow
        project.save()
    print("ready", flush=True)
    time.sleep(60)
"""


def held(path: Path, what: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), str(path), what],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": tempfile.gettempdir()},
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def test_a_second_program_is_told_who_has_the_project(path: Path) -> None:
    with held(path, "hold") as process:
        with pytest.raises(StorageError) as caught:
            ProjectFile.open(path)
        assert caught.value.key == "storage.project_in_use"
        assert caught.value.params["pid"] == str(process.pid)
        assert caught.value.params["since"] != "?"
        with pytest.raises(StorageError):
            ProjectFile.create(path, overwrite=True)
        with ProjectFile.open(path, read_only=True) as project:
            assert project.get_all("state")["project"] == {"territory": "200093201"}
            with pytest.raises(StorageError) as caught:
                project.save()
            assert caught.value.key == "storage.project_read_only"
            project.save(path.with_name("copy.aqah"))
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    with ProjectFile.open(path) as project:  # the lock of a dead program is no lock
        assert len(project.layers()) == 3


def test_a_second_window_of_the_same_program_is_refused_too(path: Path, tmp_path: Path) -> None:
    with ProjectFile.open(path), pytest.raises(StorageError) as caught:
        ProjectFile.open(path)
    assert caught.value.key == "storage.project_in_use"
    with ProjectFile.create(tmp_path / "b.aqah") as other, ProjectFile.open(path):
        with pytest.raises(StorageError):
            other.save(path)
        assert other.path == tmp_path / "b.aqah"
        other.save()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_program_killed_while_saving_leaves_the_old_project(path: Path) -> None:
    before = path.read_bytes()
    with held(path, "save") as process:
        process.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    with ProjectFile.open(path) as project:
        assert project.get_all("state")["project"] == {"territory": "200093201"}
        project.save()


def test_a_lock_left_by_an_older_crash_is_no_lock(path: Path) -> None:
    path.with_name(path.name + ".lock").write_text('{"pid": 1, "host": "autre-poste", "since": "2020"}')
    with ProjectFile.open(path) as project:
        project.save()
    assert not path.with_name(path.name + ".lock").exists()


def test_what_a_killed_program_left_is_removed_a_day_later(path: Path) -> None:
    with held(path, "save") as process:
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    leftover = [p for p in path.parent.iterdir() if p.name.startswith(".aqah-")]
    assert len(leftover) == 1
    yesterday = time.time() - 90_000
    abandoned = Path(tempfile.mkdtemp(prefix="aqah-project-"))
    os.utime(abandoned, (yesterday, yesterday))
    with ProjectFile.open(path) as project:
        os.utime(project._working.parent, (yesterday, yesterday))
        assert leftover[0].exists()  # it may still be in use elsewhere
        with ProjectFile.open(path, read_only=True):
            assert project._working.exists()  # old, but its program lives
    assert not abandoned.exists()
    os.utime(leftover[0], (yesterday, yesterday))
    ProjectFile.open(path).close()
    assert not leftover[0].exists()


# --------------------------------------------------------------------------- wrong files


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.3, 0.7, 0.95])
def test_a_truncated_project_is_a_clear_error(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(StorageError) as caught:
        ProjectFile.open(path)
    assert caught.value.key in ("storage.project_damaged", "storage.not_a_project")
    assert names(path.parent) == ["étude.aqah"]


def test_foreign_files_are_no_projects(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    pyogrio.write_dataframe(points, tmp_path / "a.gpkg")
    (tmp_path / "b.aqah").write_bytes(b"PK\x03\x04 zip, or so")
    (tmp_path / "c.aqah").write_bytes(b"\x89PNG" * 500)
    change(tmp_path / "d.aqah", "CREATE TABLE aqah_meta (key, value)")
    with pytest.raises(StorageError) as caught:
        ProjectFile.open(tmp_path / "absent.aqah")
    assert caught.value.key == "storage.missing_file"
    for name in ("a.gpkg", "c.aqah", "d.aqah"):
        with pytest.raises(StorageError) as caught:
            ProjectFile.open(tmp_path / name)
        assert caught.value.key == "storage.not_a_project", name
    with pytest.raises(StorageError) as caught:
        ProjectFile.open(tmp_path / "b.aqah")
    assert caught.value.key == "storage.bad_zip"


def test_a_newer_project_is_refused_unless_it_says_we_can_read_it(path: Path) -> None:
    change(path, "UPDATE aqah_meta SET value = '7' WHERE key = 'format_version'")
    with ProjectFile.open(path) as project:
        assert len(project.layers()) == 3
    change(path, "UPDATE aqah_meta SET value = '2' WHERE key = 'minimum_reader_version'")
    with pytest.raises(IntegrityError) as caught:
        ProjectFile.open(path)
    assert caught.value.key == "storage.project_newer"
    for value in ("", "x", "-1"):
        change(path, f"UPDATE aqah_meta SET value = '{value}' WHERE key = 'minimum_reader_version'")
        with pytest.raises(StorageError) as caught:
            ProjectFile.open(path)
        assert caught.value.key == "storage.project_damaged"


def test_an_older_project_is_migrated_step_by_step_on_the_working_copy(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = {
        1: lambda c: c.execute("UPDATE aqah_state SET record = '{\"step\": 1}'"),
        2: lambda c: c.execute("UPDATE aqah_state SET record = replace(record, '1', '12')"),
    }
    monkeypatch.setattr(project_schema, "MIGRATIONS", steps)
    monkeypatch.setattr(project_schema, "FORMAT_VERSION", 3)
    before = path.read_bytes()
    with ProjectFile.open(path) as project:
        assert project.get_all("state")["project"] == {"step": 12}
        assert project.meta["format_version"] == "3"
        assert path.read_bytes() == before
        project.save()
    with ProjectFile.open(path) as project:  # not migrated twice
        assert project.get_all("state")["project"] == {"step": 12}


def test_one_unreadable_item_is_set_aside_and_named_the_rest_opens(path: Path) -> None:
    change(
        path,
        "UPDATE aqah_runs SET record = '{\"id\": 3}'",
        "UPDATE aqah_layers SET record = 'not json' WHERE id = 'table'",
        "INSERT INTO aqah_views VALUES ('v', 1, x'00ff')",
    )
    with ProjectFile.open(path) as project:
        assert sorted(p.parameter for p in project.problems) == ["layers/table", f"runs/{RUN.id}", "views/v"]
        assert {p.severity for p in project.problems} == {"warning"}
        assert list(project.layers()) == ["sites", "no2_2019"]
        assert project.runs() == {}
        project.save()
    with ProjectFile.open(path) as project:
        assert project.problems == []
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT kind, id FROM aqah_set_aside ORDER BY kind").fetchall()
    assert kept == [("layers", "table"), ("runs", RUN.id), ("views", "v")]


def test_a_layer_whose_bytes_are_gone_says_so(path: Path) -> None:
    change(
        path,
        "DELETE FROM aqah_rasters",
        'DROP TABLE "table"',
        "DELETE FROM gpkg_contents WHERE table_name='table'",
    )
    with ProjectFile.open(path) as project:
        status = {key: layer.status for key, layer in project.layers().items()}
        assert status == {"sites": "ok", "table": "missing", "no2_2019": "missing"}
        for read in (lambda: project.read_table("table"), lambda: project.open_raster("no2_2019")):
            with pytest.raises(StorageError) as caught:
                read()
            assert caught.value.key == "storage.layer_bytes_missing"
        assert len(project.read_vector("sites")) == 2


def test_damaged_raster_bytes_are_a_clear_error(path: Path) -> None:
    change(path, "UPDATE aqah_rasters SET tiff = x'49492a00'")
    with ProjectFile.open(path) as project:
        with pytest.raises(StorageError) as caught:
            project.open_raster("no2_2019")
        assert caught.value.key == "storage.raster_unreadable"


def test_a_record_cannot_choose_where_something_is_written(path: Path, tmp_path: Path) -> None:
    evil = str(tmp_path / "evil")
    change(
        path,
        f"UPDATE aqah_rasters SET id = '{evil}'",
        f'UPDATE aqah_layers SET record = replace(record, \'"table":"no2_2019"\', \'"table":"{evil}"\')',
    )
    with ProjectFile.open(path) as project, project.open_raster("no2_2019") as raster:
        assert raster.grid == GRID
    assert not Path(evil + ".tif").exists()


def test_a_full_disk_while_saving_leaves_the_old_project(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    with ProjectFile.open(path) as project:
        project.put("state", "project", {"territory": "62"})
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "copyfile", full)
            with pytest.raises(StorageError) as caught:
                project.save()
        assert caught.value.key == "storage.disk_full"
        assert path.read_bytes() == before
        project.save()  # nothing was lost: once there is room, it is saved
    with ProjectFile.open(path) as project:
        assert project.get_all("state")["project"] == {"territory": "62"}


def test_a_project_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        ProjectFile.create(tmp_path / "absent" / "a.aqah")
    assert caught.value.key == "storage.missing_folder"


def test_titles_with_any_text_survive(tmp_path: Path) -> None:
    layer = replace(vector_layer('l\'été "n°1"', "sites", ()), title=text("É\u202f«\u00a0x\u00a0» 😀"))
    points = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(7e5, 7e6)], crs=2154)
    with ProjectFile.create(tmp_path / "a.aqah") as project:
        project.add_vector(layer, points)
        project.save()
    with ProjectFile.open(tmp_path / "a.aqah") as project:
        assert project.layers()[layer.id].title == layer.title
        assert len(project.read_vector(layer.id)) == 1
