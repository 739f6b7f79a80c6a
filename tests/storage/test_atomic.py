"""A write is the old file or the new one: faults of every kind, and a killed program."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from aqah_desktop.errors import StorageError
from aqah_desktop.storage import atomic
from aqah_desktop.storage.atomic import atomic_path, storage_error, write_bytes, write_text
from aqah_desktop.storage.project_file import ProjectFile


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_takes_its_place_and_nothing_else_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "note.txt", "élément\n")
    assert (tmp_path / "note.txt").read_bytes() == "élément\n".encode()
    assert names(tmp_path) == ["note.txt"]


def test_the_temporary_file_has_the_suffix_and_the_folder_of_the_target(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.gpkg") as temporary:
        assert temporary.suffix == ".gpkg"
        assert temporary.parent == tmp_path
        assert not (tmp_path / "a.gpkg").exists()
        temporary.write_bytes(b"x")


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".txt")
    write_text(target, "x")
    assert target.read_text() == "x"


def test_an_exception_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_database_journal_of_the_temporary_file_is_removed_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "a.gpkg") as temporary:
        temporary.write_bytes(b"x")
        temporary.with_name(temporary.name + "-journal").write_bytes(b"x")
        raise RuntimeError
    assert names(tmp_path) == []


def test_the_previous_file_is_kept_on_demand(tmp_path: Path) -> None:
    target = tmp_path / "a.aqah"
    for content in ("one", "two", "three"):
        write_text(target, content, keep_previous=True)
    assert target.read_text() == "three"
    assert (tmp_path / "a.aqah.previous").read_text() == "two"
    assert names(tmp_path) == ["a.aqah", "a.aqah.previous"]


def test_the_previous_file_is_kept_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "a.txt"
    write_text(target, "one")
    write_text(target, "two", keep_previous=True)
    assert (tmp_path / "a.txt.previous").read_text() == "one"


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "storage.disk_full"),
        (errno.EDQUOT, "storage.disk_full"),
        (errno.EACCES, "storage.no_permission"),
        (errno.EROFS, "storage.read_only"),
        (errno.EFBIG, "storage.file_too_large"),
        (errno.EBUSY, "storage.file_in_use"),
        (errno.EIO, "storage.write_failed"),
    ],
)
def test_a_fault_while_flushing_leaves_the_old_file_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, key: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    target = tmp_path / "a.txt"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError) as caught:
        write_bytes(target, b"new")
    assert caught.value.key == key
    assert caught.value.params["path"] == str(target)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_missing_folder_and_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        write_text(tmp_path / "absent" / "a.txt", "x")
    assert caught.value.key == "storage.missing_folder"
    assert caught.value.params["folder"] == str(tmp_path / "absent")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError) as caught:
        write_text(tmp_path / "folder", "x")
    assert caught.value.key == "storage.is_folder"


def test_reading_and_writing_have_different_words_for_a_missing_path() -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file")
    assert storage_error(error, "a/b").key == "storage.missing_file"
    assert storage_error(error, "a/b", writing=True).key == "storage.missing_folder"


def test_windows_is_given_time_to_let_go_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [PermissionError(errno.EACCES, "in use")] * 3
    replace = Path.replace

    def sometimes(self: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return replace(self, target)

    monkeypatch.setattr(atomic, "_WINDOWS", True)
    monkeypatch.setattr(atomic, "_RETRY_DELAYS_S", (0.0,) * 5)
    monkeypatch.setattr(Path, "replace", sometimes)
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"
    refusals.extend([PermissionError(errno.EACCES, "in use")] * 99)
    with pytest.raises(StorageError) as caught:
        write_text(tmp_path / "a.txt", "y")
    assert caught.value.key == "storage.no_permission"
    assert (tmp_path / "a.txt").read_text() == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_program_killed_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from aqah_desktop.storage.atomic import atomic_path
        with atomic_path(Path(sys.argv[1])) as temporary:
            with temporary.open("wb") as stream:
                stream.write(b"new" * 1000)
                stream.flush()
                print("half", flush=True)
                time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"half"
        process.send_signal(signal.SIGKILL)
    assert target.read_bytes() == b"old"


_LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np, pandas as pd, geopandas as gpd, shapely
from aqah_desktop.errors import StorageError
from aqah_desktop.records import Grid
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.tables import write_xlsx
from aqah_desktop.storage.vectors import write_geopackage
folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
frame = pd.DataFrame(rng.random((5000, 4)), columns=list("abcd"))
points = gpd.GeoDataFrame(frame, geometry=shapely.points(rng.random((5000, 2)) * 1e5), crs=2154)
project = ProjectFile.create(folder / "a.aqah")
project.save()
project.put("state", "long", "x" * 200_000)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
jobs = {
    "a.tif": lambda path: write_raster(path, rng.random((500, 500)).astype("f4"), Grid(0, 0, 200, 500, 500)),
    "a.gpkg": lambda path: write_geopackage(path, {"t": points}),
    "a.xlsx": lambda path: write_xlsx(path, {"t": frame}),
    "a.aqah": project.save,
}
for limit in (5_000, 60_000, 100_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for name, job in jobs.items():
        try:
            job(folder / name)
            print(limit, name, "written")
        except StorageError as error:
            print(limit, name, error.key)
project.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits")
def test_a_disk_that_refuses_more_bytes_leaves_the_old_files(tmp_path: Path) -> None:
    """The system itself refuses writes beyond a size: no library hides it, nothing half-written stays."""
    for name in ("a.tif", "a.gpkg", "a.xlsx"):
        (tmp_path / name).write_bytes(b"old")
    process = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    outcomes = process.stdout.split("\n")[:-1]
    assert len(outcomes) == 12, process.stderr
    assert [
        line for line in outcomes if not re.search(r"storage\.(file_too_large|write_failed)$", line)
    ] == []
    assert "Traceback" not in process.stderr
    assert [(tmp_path / name).read_bytes() for name in ("a.tif", "a.gpkg", "a.xlsx")] == [b"old"] * 3
    with ProjectFile.open(tmp_path / "a.aqah") as project:
        assert project.get_all("state") == {}
    assert names(tmp_path) == ["a.aqah", "a.gpkg", "a.tif", "a.xlsx"]
