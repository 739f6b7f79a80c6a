"""Files behind layers: gone, changed, back; told once, never part of the undo stack."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from aqah_desktop.errors import StorageError
from aqah_desktop.models.layer_watch import Finding, LayerWatch, look, stamp_of, with_status
from aqah_desktop.models.state import LayerEntry, UserFile
from aqah_desktop.records import LayerStatus

from .test_project import entry, user_file


def shown(path: Path) -> LayerEntry:
    file = replace(user_file("EPSG:2154"), stamp=stamp_of(path))
    assert isinstance(file, UserFile)
    return replace(entry("u"), origin=f"file:{path}", file=file)


def test_layers_of_the_pack_and_of_the_project_are_not_looked_at() -> None:
    assert look([entry("a"), entry("b", "pack")]) == []


def test_a_file_that_vanishes_comes_back_and_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"one")
    layer, watch = shown(path), LayerWatch()
    seen: list[str] = []
    watch.changed.connect(seen.append)
    assert watch.note(look([layer])) == []
    assert watch.status(layer) is LayerStatus.OK
    data = path.read_bytes()
    state = path.stat()
    path.unlink()
    news = watch.note(look([layer]))
    assert [f.status for f in news] == [LayerStatus.MISSING]
    assert watch.note(look([layer])) == [], "told once"
    error = watch.error("u")
    assert isinstance(error, StorageError)
    assert error.key == "storage.missing_file"
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert [f.status for f in watch.note(look([layer]))] == [LayerStatus.OK]
    path.write_bytes(b"another")
    assert [f.status for f in watch.note(look([layer]))] == [LayerStatus.STALE]
    assert watch.note(look([layer])) == []
    assert seen.count("u") >= 3


def test_a_file_that_cannot_be_read_stays_failed_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"damaged")
    layer, watch = shown(path), LayerWatch()
    damaged = StorageError("storage.raster_damaged", path=str(path), reason="x")
    assert watch.fail(layer, damaged)
    assert not watch.fail(layer, damaged), "told once"
    assert watch.note(look([layer])) == []
    assert watch.status(layer) is LayerStatus.MISSING
    path.write_bytes(b"repaired!")
    assert [f.status for f in watch.note(look([layer]))] == [LayerStatus.STALE]
    watch.forget("u")
    assert watch.status(layer) is LayerStatus.OK


def test_the_companions_of_a_shapefile_count(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    path.write_bytes(b"1")
    before = stamp_of(path)
    path.with_suffix(".dbf").write_bytes(b"22")
    assert stamp_of(path) != before
    assert stamp_of(tmp_path / "absent.shp") == ""


def test_status_on_opening_a_project(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"one")
    layer = shown(path)
    assert with_status(layer).layer.status is LayerStatus.OK
    path.write_bytes(b"other")
    assert with_status(layer).layer.status is LayerStatus.STALE
    path.unlink()
    assert with_status(layer).layer.status is LayerStatus.MISSING
    assert with_status(entry("b", "pack")) == entry("b", "pack")


def test_layers_that_left_the_project_are_forgotten() -> None:
    watch = LayerWatch()
    watch.note([Finding("gone", LayerStatus.MISSING)])
    watch.keep_only({"other"})
    assert watch.error("gone") is None
    assert watch.status(replace(entry("gone"), origin="file:/x")) is LayerStatus.OK
