"""Files of the user as layers: what is found in them, what is asked, what is refused and why."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from aqah_desktop.errors import AqahError, BadInputError, StorageError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import user_layers
from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.models.user_entries import Choice, make_entry, renewed
from aqah_desktop.models.user_layers import Probe, is_obvious, needs_system, probe, systems_for
from aqah_desktop.records import Flag, Pollutant, Quality, RasterShape, Statistic, VectorShape
from aqah_desktop.storage.records_json import from_plain, to_plain

WORDS = (Catalogue("fr"), Catalogue("en"))
LILLE = (704_000.0, 7_059_000.0)


def points(crs: str | None, x: float = LILLE[0], y: float = LILLE[1], count: int = 3) -> gpd.GeoDataFrame:
    places = [shapely.Point(x + 100 * i, y + 50 * i) for i in range(count)]
    return gpd.GeoDataFrame({"name": [f"n{i}" for i in range(count)]}, geometry=places, crs=crs)


def raster(path: Path, values: np.ndarray, crs: str | None = "EPSG:2154", **profile: object) -> Path:
    layers = values if values.ndim == 3 else values[None]
    options = {
        "driver": "GTiff", "height": layers.shape[1], "width": layers.shape[2], "count": layers.shape[0],
        "dtype": str(values.dtype), "crs": crs, "transform": from_origin(700_000, 7_062_000, 25, 25),
        **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as target:
        target.write(layers)
    return path


def add(found: Probe, **said: object) -> object:
    return make_entry(found, found.usable[0], Choice("Titre", **said), set(), WORDS)  # type: ignore[arg-type]


# --------------------------------------------------------------------------- vectors


def test_a_plain_vector_file_needs_no_question(tmp_path: Path) -> None:
    path = tmp_path / "crèches_2024.gpkg"
    points("EPSG:2154").to_file(path)
    found = probe(path)
    assert is_obvious(found)
    only = found.candidates[0]
    assert (only.kind, only.rows, only.geometry_type, only.crs) == ("vector", 3, "Point", "EPSG:2154")
    assert user_layers.default_title(found, only) == "crèches 2024"
    entry = make_entry(found, only, Choice("Crèches", publisher="Ville", vintage="2024"), set(), WORDS)
    assert entry.origin == f"file:{path}"
    assert entry.file is not None
    assert entry.file.dataset.standing.quality is Quality.USER_SUPPLIED
    assert entry.file.dataset.origin.publisher == "Ville"
    assert entry.file.dataset.lineage.retrieval_hash.startswith("sha256:")
    assert isinstance(entry.layer.shape, VectorShape)
    assert entry.layer.shape.extent == pytest.approx((704_000, 7_059_000, 704_200, 7_059_100))
    assert [f.name for f in entry.layer.shape.fields] == ["name"]
    assert from_plain(type(entry), to_plain(entry)) == entry, "kept in the project file"


def test_a_missing_system_is_asked_with_those_that_fit_first(tmp_path: Path) -> None:
    path = tmp_path / "old.shp"
    points(None, 652_000, 2_627_000).to_file(path)
    found = probe(path)
    only = found.candidates[0]
    assert needs_system(only)
    assert not is_obvious(found)
    choices = systems_for(only)
    assert choices[0].code == "EPSG:27572"
    assert choices[0].verdict == "region"
    assert [c.verdict for c in choices].count("region") == 1
    with pytest.raises(BadInputError) as caught:
        add(found)
    assert caught.value.key == "user_layers.no_system"
    entry = make_entry(found, only, Choice("Vieux", crs="EPSG:27572"), set(), WORDS)
    assert entry.file is not None
    assert entry.file.crs_forced
    assert entry.file.dataset.standing.flags == (Flag.TO_BE_VERIFIED,)
    assert "EPSG:27572" in entry.file.dataset.standing.limits.fr
    assert isinstance(entry.layer.shape, VectorShape)
    assert 690_000 < entry.layer.shape.extent[0] < 720_000


def test_a_wrong_system_is_doubted_and_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "wrong.gpkg"
    points("EPSG:27572").to_file(path)
    only = probe(path).candidates[0]
    assert needs_system(only)
    best = systems_for(only)[0]
    assert (best.code, best.verdict, best.declared) == ("EPSG:2154", "region", False)
    entry = make_entry(probe(path), only, Choice("x", crs="EPSG:2154"), set(), WORDS)
    assert entry.file is not None
    assert entry.file.crs_forced
    from aqah_desktop.storage.vectors import read_vector

    frame = read_vector(path, assume_crs=entry.file.crs, force_crs=True)
    assert frame.total_bounds == pytest.approx((704_000, 7_059_000, 704_200, 7_059_100))


def test_data_of_another_region_are_not_doubted(tmp_path: Path) -> None:
    path = tmp_path / "alps.gpkg"
    points("EPSG:2154", 950_000, 6_450_000).to_file(path)
    assert not needs_system(probe(path).candidates[0])


def test_several_tables_are_offered_and_a_table_without_geometry_cannot_be_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "several.gpkg"
    points("EPSG:2154").to_file(path, layer="one")
    points("EPSG:2154", count=5).to_file(path, layer="two", mode="a")
    points("EPSG:2154").drop(columns="geometry").to_csv(tmp_path / "plain.csv")
    import pyogrio

    pyogrio.write_dataframe(points("EPSG:2154").drop(columns="geometry"), path, layer="plain", append=True)
    pyogrio.write_dataframe(points("EPSG:2154").iloc[:0], path, layer="empty", append=True)
    found = probe(path)
    assert [c.name for c in found.usable] == ["one", "two"]
    refused = {c.name: c.error.key for c in found.candidates if c.error is not None}
    assert refused == {"plain": "user_layers.no_geometry", "empty": "user_layers.empty_table"}
    assert not is_obvious(found)
    assert user_layers.default_title(found, found.usable[1]) == "two"


def test_ids_are_stable_and_unique(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points("EPSG:2154").to_file(path)
    found = probe(path)
    first = make_entry(found, found.candidates[0], Choice("A"), set(), WORDS)
    again = make_entry(found, found.candidates[0], Choice("A"), set(), WORDS)
    second = make_entry(found, found.candidates[0], Choice("A"), {first.id}, WORDS)
    assert first.id == again.id
    assert second.id == f"{first.id}_2"


# --------------------------------------------------------------------------- rasters and pictures


def test_a_raster_of_values_with_what_the_user_says_of_it(tmp_path: Path) -> None:
    path = raster(tmp_path / "no2.tif", np.full((40, 60), 12.5, "float32"))
    found = probe(path)
    assert is_obvious(found)
    entry = make_entry(
        found, found.candidates[0], Choice("NO2", pollutant=Pollutant.NO2, year=2021, replaces="no2_2019"),
        set(), WORDS,
    )  # fmt: skip
    assert isinstance(entry.layer.shape, RasterShape)
    assert (entry.layer.shape.grid.nx, entry.layer.shape.grid.ny, entry.layer.shape.grid.cell_m) == (
        60,
        40,
        25,
    )
    assert entry.layer.measure is not None
    assert entry.layer.measure.statistic is Statistic.ANNUAL_MEAN
    assert entry.layer.measure.years == (2021, 2021)
    assert entry.file is not None
    assert entry.file.dataset.lineage.replaces == ("no2_2019",)
    with pytest.raises(BadInputError) as caught:
        add(found, pollutant=Pollutant.NO2, year=20219)
    assert caught.value.key == "user_layers.year_range"


def test_several_bands_are_asked(tmp_path: Path) -> None:
    path = raster(tmp_path / "years.tif", np.ones((3, 10, 10), "float32"))
    found = probe(path)
    assert found.candidates[0].kind == "raster"
    assert not is_obvious(found)
    entry = make_entry(found, found.candidates[0], Choice("b", band=2), set(), WORDS)
    assert entry.file is not None
    assert entry.file.band == 2


def test_a_picture_becomes_a_background(tmp_path: Path) -> None:
    path = raster(tmp_path / "photo.tif", np.zeros((3, 30, 30), "uint8"), photometric="RGB")
    entry = make_entry(probe(path), probe(path).candidates[0], Choice("Photo"), set(), WORDS)
    assert entry.layer.role == BACKGROUND
    assert entry.group == "background"
    assert entry.layer.measure is None


def test_a_raster_without_values_is_refused(tmp_path: Path) -> None:
    path = raster(tmp_path / "nan.tif", np.full((30, 30), np.nan, "float32"))
    with pytest.raises(BadInputError) as caught:
        probe(path)
    assert caught.value.key == "storage.raster_all_nodata"


def test_a_raster_larger_than_memory_is_described_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    options = {
        "driver": "GTiff", "height": 100_000, "width": 100_000, "count": 1, "dtype": "float32",
        "crs": "EPSG:2154", "transform": from_origin(600_000, 7_110_000, 2, 2), "tiled": True,
        "sparse_ok": True, "nodata": -9999.0, "BIGTIFF": "YES", "compress": "deflate",
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as target:
        target.write(np.ones((256, 256), "float32"), 1, window=rasterio.windows.Window(512, 512, 256, 256))
    found = probe(path)
    assert found.candidates[0].size == (100_000, 100_000)
    assert [n.key for n in found.candidates[0].notes] == ["user_layers.note_no_overviews"]


def mosaic(path: Path, tiles: list[str], relative: str = "1") -> Path:
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="{relative}">{t}</SourceFilename></SimpleSource>'
        for t in tiles
    )
    path.write_text(
        '<VRTDataset rasterXSize="60" rasterYSize="30"><SRS>EPSG:2154</SRS>'
        f'<VRTRasterBand dataType="Byte" band="1">{sources}</VRTRasterBand></VRTDataset>'
    )
    return path


def test_a_mosaic_of_local_pictures(tmp_path: Path) -> None:
    for i in range(2):
        raster(
            tmp_path / f"t{i}.tif", np.full((3, 30, 30), 50 + 100 * i, "uint8"), photometric="RGB",
            transform=from_origin(700_000 + 750 * i, 7_062_000, 25, 25),
        )  # fmt: skip
    found = probe(mosaic(tmp_path / "m.vrt", ["t0.tif", "t1.tif"]))
    entry = make_entry(found, found.candidates[0], Choice("Mosaïque"), set(), WORDS)
    assert isinstance(entry.layer.shape, RasterShape)
    assert entry.layer.shape.grid.extent[0] == 700_000
    assert entry.layer.shape.grid.extent[2] == pytest.approx(701_500, abs=2)


@pytest.mark.parametrize(
    ("tiles", "relative", "key"),
    [
        (["/vsicurl/http://127.0.0.1:9/a.tif"], "0", "storage.remote_content"),
        (["http://127.0.0.1:9/a.tif"], "1", "storage.remote_content"),
        (["gone.tif"], "1", "storage.mosaic_tile_missing"),
        ([], "1", "storage.raster_unreadable"),
    ],
)
def test_mosaics_that_name_addresses_or_nothing_are_refused(
    tmp_path: Path, tiles: list[str], relative: str, key: str
) -> None:
    with pytest.raises(StorageError) as caught:
        probe(mosaic(tmp_path / "m.vrt", tiles, relative))
    assert caught.value.key == key


@pytest.mark.parametrize(
    "inner",
    [
        '<VRTRasterBand band="1" subClass="VRTDerivedRasterBand"><PixelFunctionLanguage>Python'
        "</PixelFunctionLanguage></VRTRasterBand>",
        '<VRTRasterBand band="1"><SimpleSource><VRTDataset/></SimpleSource></VRTRasterBand>',
        "<GDALWarpOptions/>",
    ],
)
def test_mosaics_that_do_more_than_place_files_are_refused(tmp_path: Path, inner: str) -> None:
    path = tmp_path / "m.vrt"
    path.write_text(f'<VRTDataset rasterXSize="6" rasterYSize="3">{inner}</VRTDataset>')
    with pytest.raises(StorageError) as caught:
        probe(path)
    assert caught.value.key == "storage.remote_content"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_mosaic_with_entities_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.tif").touch()
    inner = "<SourceFilename relativeToVRT='1'>&a;</SourceFilename>"
    path = tmp_path / "m.vrt"
    path.write_text(f'<!DOCTYPE x [<!ENTITY a "t.tif">]><VRTDataset>{inner}</VRTDataset>', encoding=encoding)
    with pytest.raises(StorageError) as caught:
        probe(path)
    assert caught.value.key == "storage.remote_content"


# --------------------------------------------------------------------------- foreign files


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("letter.docx", b"PK\x03\x04 not a zip", "storage.bad_zip"),
        ("note.txt", "Bonjour à tous".encode(), "user_layers.not_a_layer"),
        ("cut.tif", b"II*\x00\x08\x00", "user_layers.not_a_layer"),
        ("empty.gpkg", b"", "storage.empty_file"),
        ("territory.aqahpack", b"PK", "user_layers.is_pack"),
        ("link.xml", b"<GDAL_WMS><ServerUrl>http://x</ServerUrl></GDAL_WMS>", "storage.remote_content"),
    ],
)
def test_foreign_files_are_refused_with_three_sentences(
    tmp_path: Path, name: str, content: bytes, key: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AqahError) as caught:
        probe(path)
    assert caught.value.key == key
    for words in WORDS:
        text = words.error(caught.value)
        assert "{" not in text.as_lines()
        assert not text.message.startswith(key.split(".", maxsplit=1)[0] + ".")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        probe(tmp_path / "gone.gpkg")
    assert caught.value.key == "storage.missing_file"


def test_dropped_files_without_their_companions(tmp_path: Path) -> None:
    names = [
        "a.shp",
        "a.dbf",
        "a.prj",
        "a.shx",
        "photo.tif",
        "photo.tfw",
        "photo.tif.aux.xml",
        "work.aqah",
        "b.dbf",
    ]
    projects, files = user_layers.split_dropped([tmp_path / n for n in names])
    assert [p.name for p in projects] == ["work.aqah"]
    assert [p.name for p in files] == ["a.shp", "photo.tif", "b.dbf"]


# --------------------------------------------------------------------------- read again


def test_a_changed_file_is_read_again_under_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points(None, 652_000, 2_627_000).to_file(path)
    found = probe(path)
    entry = make_entry(found, found.candidates[0], Choice("Titre", crs="EPSG:27572"), set(), WORDS)
    path.unlink()
    moved = tmp_path / "b.gpkg"
    points(None, 652_000, 2_627_000, count=9).to_file(moved, layer="a")
    layer, origin, file = renewed(entry, moved, WORDS)
    assert layer.id == entry.id
    assert origin == f"file:{moved}"
    assert (file.crs, file.crs_forced) == ("EPSG:27572", True)
    assert layer.content_hash != entry.layer.content_hash
    assert file.dataset.coverage.resolution.fr == "9 objets"


def test_a_file_that_no_longer_holds_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points("EPSG:2154").to_file(path, layer="one")
    entry = make_entry(probe(path), probe(path).candidates[0], Choice("x"), set(), WORDS)
    path.unlink()
    points("EPSG:2154").to_file(path, layer="two")
    points("EPSG:2154").to_file(path, layer="three", mode="a")
    with pytest.raises(BadInputError) as caught:
        renewed(entry, path, WORDS)
    assert caught.value.key == "user_layers.not_inside_any_more"


# --------------------------------------------------------------------------- real files


def test_every_real_file_becomes_a_layer_or_says_why_not(shared: Path) -> None:
    opened, refused = [], {}
    for path in sorted((shared / "realdata").rglob("*")):
        if path.is_dir() or path.suffix.lower() in user_layers.COMPANIONS | {".md", ".csv", ".json"}:
            continue
        try:
            found = probe(path)
            for candidate in found.usable:
                system = "" if candidate.crs else systems_for(candidate)[0].code
                make_entry(found, candidate, Choice("x", crs=system), set(), WORDS)
                opened.append(f"{path.name}:{candidate.name}")
        except AqahError as error:
            assert all(WORDS[0].has(f"{error.key}.{part}") for part in ("message", "cause", "remedy")), (
                error.key
            )
            refused[path.name] = error.key
    assert {"parcels-demo-2019.geojson:Demo", "veris.nc:Red", "N10W110.hgt.zip:"} <= set(opened)
    assert refused["rotated.tif"] == "storage.raster_rotated"
    assert refused["all-nodata.tif"] == "storage.raster_all_nodata"
    assert refused["empty_zipfile.zip"] == "user_layers.not_a_layer"


# --------------------------------------------------------------------------- in a project


def test_a_project_keeps_files_beside_it_and_says_what_became_of_them(tmp_path: Path) -> None:
    from aqah_desktop.models.document import read_state, write_state
    from aqah_desktop.models.state import ProjectState
    from aqah_desktop.records import LayerStatus
    from aqah_desktop.storage.pack import Pack
    from aqah_desktop.storage.project_file import ProjectFile

    pack = Pack.open()
    entries = []
    for name in ("kept", "gone", "changed"):
        path = tmp_path / f"{name}.gpkg"
        points("EPSG:2154").to_file(path)
        found = probe(path)
        entries.append(make_entry(found, found.candidates[0], Choice(name), set(), WORDS))
    project = tmp_path / "work.aqah"
    with ProjectFile.create(project) as file:
        write_state(file, ProjectState(territory="200093201", layers=tuple(entries)), pack)
        file.save()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in [*tmp_path.glob("*.gpkg"), project]:
        path.rename(moved / path.name)
    (moved / "gone.gpkg").unlink()
    (moved / "changed.gpkg").unlink()
    points("EPSG:2154", count=8).to_file(moved / "changed.gpkg")
    with ProjectFile.open(moved / "work.aqah") as file:
        state, problems = read_state(file, pack)
    status = {e.layer.title.fr: e.layer.status for e in state.layers}
    assert status == {
        "kept": LayerStatus.OK,
        "gone": LayerStatus.MISSING,
        "changed": LayerStatus.STALE,
    }
    assert state.layers[0].path == moved / "kept.gpkg"
    assert state.layers[0].file == entries[0].file
    assert sorted(p.key for p in problems) == ["models.layer_changed", "models.layer_missing"]
