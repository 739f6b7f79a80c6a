"""Damaged and foreign files of every kind, given to every reader: a clear error or an answer, never a crash.

Each reader runs in this process: an abort of a C library would end the whole run.
"""

from __future__ import annotations

import random
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import Catalogue
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.pack_archive import unpack, write_pack
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.rasters import open_raster, write_raster
from aqah_desktop.storage.tables import read_table, write_csv, write_xlsx
from aqah_desktop.storage.vectors import list_tables, read_attributes, read_vector, write_geopackage

from .conftest import GRID, raster_layer, vector_layer

CATALOGUES = (Catalogue("fr"), Catalogue("en"))
POINTS = gpd.GeoDataFrame(
    {"code": ["02001", "59002"] * 20, "v": np.arange(40) / 7},
    geometry=[shapely.Point(7e5 + i, 7e6).buffer(50) for i in range(40)],
    crs=2154,
)


def raster(path: Path) -> None:
    with open_raster(path) as opened:
        opened.sample(np.array([651000.0, 655000.0]), np.array([7055000.0, 7052000.0]))
        opened.read(out_shape=(20, 20))
        opened.is_all_nodata()


def vector(path: Path) -> None:
    for table, kind in list_tables(path).items():
        read_attributes(path, table)
        if kind != "None":
            read_vector(path, table, anywhere=True, assume_crs="EPSG:4326")


def project(path: Path) -> None:
    with ProjectFile.open(path) as opened:
        for layer_id in opened.layers():
            if layer_id == "no2_2019":
                opened.open_raster(layer_id).close()
            else:
                opened.read_vector(layer_id)
        opened.runs()


def pack(path: Path) -> None:
    Pack.open(unpack(path, path.parent / "cache")).read_vector("communes")


READERS: dict[str, Callable[[Path], object]] = {
    ".tif": raster,
    ".gpkg": vector,
    ".geojson": vector,
    ".shp": vector,
    ".fgb": vector,
    ".kml": vector,
    ".gml": vector,
    ".csv": read_table,
    ".xlsx": read_table,
    ".aqah": project,
    ".aqahpack": pack,
}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, pack_template: Path) -> dict[str, bytes]:
    """One sound file of each kind."""
    folder = tmp_path_factory.mktemp("seeds")
    values = np.random.default_rng(1).uniform(0, 40, (GRID.ny, GRID.nx)).astype("float32")
    write_raster(folder / "a.tif", values, GRID, scale=0.01)
    write_geopackage(folder / "a.gpkg", {"t": POINTS, "u": pd.DataFrame({"a": [1, 2]})})
    drivers = {
        ".geojson": "GeoJSON",
        ".shp": "ESRI Shapefile",
        ".fgb": "FlatGeobuf",
        ".kml": "KML",
        ".gml": "GML",
    }
    for suffix, driver in drivers.items():
        pyogrio.write_dataframe(POINTS.to_crs(4326), folder / f"a{suffix}", driver=driver)
    write_csv(folder / "a.csv", POINTS, excel=True)
    write_xlsx(folder / "a.xlsx", {"t": POINTS})
    write_pack(pack_template, folder / "a.aqahpack")
    with ProjectFile.create(folder / "a.aqah") as opened:
        opened.add_vector(vector_layer("t", "sites", ()), POINTS)
        opened.add_raster(raster_layer(2019), values, GRID)
        opened.save()
    return {suffix: (folder / f"a{suffix}").read_bytes() for suffix in READERS}


def attempt(path: Path, data: bytes, suffix: str) -> str:
    """Give a file to its reader; return the key of the error, told in both languages."""
    path.write_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[suffix](path)
    except AqahError as error:
        for catalogue in CATALOGUES:
            told = catalogue.error(error)
            assert not any(part.startswith(error.key) for part in (told.message, told.cause, told.remedy)), (
                error
            )
        return error.key
    return "read"


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Truncate, flip, overwrite, repeat or remove part of a file."""
    altered = bytearray(data)
    at = rng.randrange(len(data))
    # Headers decide most: half of the damage goes there.
    near = at if rng.random() < 0.5 else rng.randrange(min(400, len(data)))
    length = rng.choice((1, 2, 4, 8, 64))
    how = rng.randrange(6)
    if how == 0:
        return data[:at]
    if how == 1:
        altered[near] ^= 1 << rng.randrange(8)
    elif how == 2:
        altered[near : near + length] = rng.randbytes(length)
    elif how == 3:
        altered[near : near + length] = b"\xff" * length
    elif how == 4:
        del altered[near : near + length]
    else:
        altered[near:near] = altered[near : near + length]
    return bytes(altered)


@pytest.mark.parametrize("suffix", READERS)
def test_a_sound_file_is_read(tmp_path: Path, seeds: dict[str, bytes], suffix: str) -> None:
    assert attempt(tmp_path / f"a{suffix}", seeds[suffix], suffix) == "read"


@pytest.mark.parametrize("suffix", READERS)
def test_damaged_files(tmp_path: Path, seeds: dict[str, bytes], suffix: str) -> None:
    rng = random.Random(f"aqah {suffix}")
    outcomes = set()
    for _ in range(25):
        outcomes.add(attempt(tmp_path / f"a{suffix}", damaged(seeds[suffix], rng), suffix))
    assert len(outcomes) > 1, "no damage was ever noticed"


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=400))
def test_random_bytes_behind_every_name(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("random")
    for suffix in READERS:
        outcome = attempt(folder / f"a{suffix}", data, suffix)
        assert outcome != "read" or suffix == ".csv"


@pytest.mark.parametrize("content", READERS)
@pytest.mark.parametrize("suffix", READERS)
def test_every_kind_of_file_under_every_name(
    tmp_path: Path, seeds: dict[str, bytes], suffix: str, content: str
) -> None:
    attempt(tmp_path / f"a{suffix}", seeds[content], suffix)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=120), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_text_is_a_table_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, encoding: str
) -> None:
    data = text.encode(encoding, "ignore")
    attempt(tmp_path_factory.mktemp("text") / "a.csv", data or b" ", ".csv")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=30)), max_size=4))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_zip_is_no_pack(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.aqahpack"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name.encode("utf-8", "ignore").decode() or "x", content)
    assert attempt(path, path.read_bytes(), ".aqahpack") != "read"
    assert attempt(path.with_suffix(".xlsx"), path.read_bytes(), ".xlsx") != "read"
