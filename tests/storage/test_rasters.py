"""Windows, overviews, points, every way to say "no data", and rasters that must be refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from aqah_desktop.errors import AqahError, BadInputError, StorageError
from aqah_desktop.records import Grid
from aqah_desktop.storage.crs import transform_points
from aqah_desktop.storage.rasters import open_raster, write_raster

GRID = Grid(600000.0, 7050000.0, 200.0, 700, 600)


def field(grid: Grid = GRID) -> np.ndarray:
    """Row and column can be read from each value; a corner without data."""
    values = np.add.outer(np.arange(grid.ny) * 0.05, np.arange(grid.nx) * 0.01).astype("float32")
    values[:40, :30] = np.nan
    return values


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rasters") / "a.tif"
    write_raster(path, field(), GRID, scale=0.01, tags={"AQAH_PROVENANCE": json.dumps({"titre": "été"})})
    return path


def plain_tif(path: Path, values: np.ndarray, **profile: Any) -> Path:
    count = 1 if values.ndim == 2 else values.shape[0]
    options: dict[str, Any] = {
        "driver": "GTiff",
        "height": values.shape[-2],
        "width": values.shape[-1],
        "count": count,
        "dtype": values.dtype.name,
        "crs": "EPSG:2154",
        "transform": Affine(200, 0, 600000, 0, -200, 7050000),
    } | profile
    scales = options.pop("scales", None)
    offsets = options.pop("offsets", None)
    mask = options.pop("mask", None)
    with rasterio.open(path, "w", **options) as sink:
        sink.write(values if values.ndim == 3 else values[None])
        if scales:
            sink.scales, sink.offsets = scales, offsets
        if mask is not None:
            sink.write_mask(mask)
    return path


# --------------------------------------------------------------------------- writing


def test_what_is_written_is_read_with_its_grid_and_texts(written: Path) -> None:
    with open_raster(written) as raster:
        assert raster.grid == GRID
        assert (raster.dtype, raster.scale, raster.nodata, raster.bands) == ("uint16", 0.01, 65535.0, 1)
        assert json.loads(raster.tags["AQAH_PROVENANCE"]) == {"titre": "été"}
        values, grid = raster.read()
    assert grid == GRID
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, field(), atol=0.00501)
    np.testing.assert_array_equal(np.isnan(values), np.isnan(field()))


def test_the_file_is_cloud_optimised_and_the_same_each_time(tmp_path: Path, written: Path) -> None:
    again = tmp_path / "b.tif"
    write_raster(again, field(), GRID, scale=0.01, tags={"AQAH_PROVENANCE": json.dumps({"titre": "été"})})
    assert again.read_bytes() == written.read_bytes()
    with rasterio.open(written) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.overviews(1) == [2, 4]


def test_float_rasters_keep_their_values_exactly(tmp_path: Path) -> None:
    values = field()
    for nodata in (None, -9999.0):
        write_raster(tmp_path / "a.tif", values, GRID, nodata=nodata, overviews=False)
        with open_raster(tmp_path / "a.tif") as raster:
            np.testing.assert_array_equal(raster.read()[0], values)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (np.zeros((3, 3)), "storage.raster_shape"),
        (np.full((600, 700), -1.0), "storage.raster_scale"),
        (np.full((600, 700), 655.35), "storage.raster_scale"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path: Path, values: np.ndarray, key: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        write_raster(tmp_path / "a.tif", values, GRID, scale=0.01)
    assert caught.value.key == key
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------- windows


def test_a_window_is_whole_cells_cut_at_the_edge(written: Path) -> None:
    with open_raster(written) as raster:
        values, grid = raster.read((610000, 7030000, 620100, 7040000))
        assert (grid.nx, grid.ny) == (51, 50)
        assert grid.extent == (610000, 7030000, 620200, 7040000)
        np.testing.assert_allclose(values, field()[50:100, 50:101], atol=0.00501)
        values, grid = raster.read((0, 7049000, 601000, 9e6))
        assert grid == Grid(600000, 7050000, 200, 5, 5)
        with pytest.raises(BadInputError) as caught:
            raster.read((0, 0, 1000, 1000))
    assert caught.value.key == "storage.raster_outside"


def test_a_coarser_shape_keeps_square_cells_and_the_place(written: Path) -> None:
    with open_raster(written) as raster:
        values, grid = raster.read(out_shape=(100, 100))
    assert values.shape == (grid.ny, grid.nx) == (86, 100)
    assert grid.cell_m == 1400
    assert (grid.x_min, grid.y_max) == (GRID.x_min, GRID.y_max)
    rows, cols = np.mgrid[10:80, 10:90]
    expected = (rows * 7 + 3) * 0.05 + (cols * 7 + 3) * 0.01
    np.testing.assert_allclose(values[10:80, 10:90], expected, atol=0.3)
    assert np.isfinite(values[-1]).all()  # the last, partial row has values too


@pytest.mark.parametrize("shape", [(1, 1), (7, 5000), (5000, 7), (599, 699)])
def test_any_shape_asked_for_is_never_exceeded(written: Path, shape: tuple[int, int]) -> None:
    with open_raster(written) as raster:
        values, grid = raster.read(out_shape=shape)
    assert values.shape[0] <= shape[0]
    assert values.shape[1] <= shape[1]
    assert (grid.ny - 1) * grid.cell_m < 600 * 200 <= grid.ny * grid.cell_m


def test_a_raster_larger_than_memory_is_read_by_window(tmp_path: Path) -> None:
    """A sparse file of 4 TB: only the window exists."""
    path = tmp_path / "huge.tif"
    profile = {"driver": "GTiff", "height": 1_000_000, "width": 1_000_000, "count": 1, "dtype": "float32"}
    transform = Affine(1, 0, 0, 0, -1, 7_100_000)
    options = {"crs": "EPSG:2154", "transform": transform, "tiled": True, "sparse_ok": True, "bigtiff": "YES"}
    with rasterio.open(path, "w", **profile, **options, nodata=-1, blockxsize=4096, blockysize=4096):
        pass
    with rasterio.open(path, "r+") as sink:
        sink.write(
            np.full((10, 10), 5, "float32"), 1, window=rasterio.windows.Window(500_000, 99_990, 10, 10)
        )
    with open_raster(path) as raster:
        values, _ = raster.read((500_000, 7_000_000, 500_010, 7_000_010))
        assert (values == 5).all()
        assert raster.sample(np.array([500_005.0, 1.0]), np.array([7_000_005.0, 7_000_005.0]))[0] == 5
        with pytest.raises(BadInputError) as caught:
            raster.read()
        assert caught.value.key == "storage.raster_too_large"
        assert raster.read((500_000, 6_999_000, 510_000, 7_000_010), (20, 20))[0].shape == (3, 20)


def test_a_raster_stored_south_up_is_turned(tmp_path: Path) -> None:
    values = field()[::-1].copy()
    south = Affine(200, 0, 600000, 0, 200, 7050000 - 600 * 200)
    path = plain_tif(tmp_path / "a.tif", values, transform=south)
    with open_raster(path) as raster:
        assert raster.grid == GRID
        np.testing.assert_array_equal(raster.read()[0], field())
        window, grid = raster.read((610000, 7030000, 620000, 7040000))
        np.testing.assert_array_equal(window, field()[50:100, 50:100])
        assert grid.y_max == 7040000
        assert raster.sample(np.array([610100.0]), np.array([7039900.0]))[0] == field()[50, 50]


# --------------------------------------------------------------------------- points


def test_points_get_the_value_of_their_cell(written: Path) -> None:
    rng = np.random.default_rng(1)
    col, row = rng.integers(0, 700, 5000), rng.integers(0, 600, 5000)
    x = 600000 + (col + rng.uniform(0.01, 0.99, 5000)) * 200
    y = 7050000 - (row + rng.uniform(0.01, 0.99, 5000)) * 200
    with open_raster(written) as raster:
        np.testing.assert_allclose(raster.sample(x, y), field()[row, col], atol=0.00501)


def test_points_outside_and_on_nothing_have_no_value(written: Path) -> None:
    x = np.array([600100, 599999, 740001, 650000, 650000, np.nan, np.inf, 600000, 740000])
    y = np.array([7049900, 7000000, 7000000, 7050001, 6929999, 7000000, 7000000, 6930000.5, 7000000])
    with open_raster(written) as raster:
        values = raster.sample(x, y)
        assert raster.sample(np.array([]), np.array([])).shape == (0,)
    assert np.isfinite(values).tolist() == [False] * 7 + [True, False]


def test_only_touched_blocks_are_decoded(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    with open_raster(written) as raster:
        import aqah_desktop.storage.rasters as module

        real = module.sample_blocks

        def spy(read: Any, *arguments: Any, **options: Any) -> np.ndarray:
            def noting(*window: int) -> np.ndarray:
                reads.append(window)
                return read(*window)

            return real(noting, *arguments, **options)

        monkeypatch.setattr(module, "sample_blocks", spy)
        x = np.repeat([600100.0 + 256 * 200, 600100.0 + 512 * 200, 600100.0], 1000)
        raster.sample(x, np.repeat([7049900.0, 7049900.0, 7049900.0 - 300 * 200], 1000))
    assert sorted(reads) == [(0, 256, 256, 444), (256, 0, 256, 256)]


def test_points_in_a_raster_of_another_system(tmp_path: Path) -> None:
    """The value at a point is that of the raster's cell under the transformed point."""
    values = np.arange(200 * 300, dtype="float32").reshape(200, 300)
    path = plain_tif(
        tmp_path / "a.tif", values, crs="EPSG:4326", transform=Affine(0.005, 0, 2.0, 0, -0.004, 50.8)
    )
    rng = np.random.default_rng(2)
    col, row = rng.integers(0, 300, 500), rng.integers(0, 200, 500)
    x, y = transform_points(2.0 + (col + 0.5) * 0.005, 50.8 - (row + 0.5) * 0.004, "EPSG:4326", "EPSG:2154")
    with open_raster(path) as raster:
        np.testing.assert_array_equal(raster.sample(x, y), values[row, col])
        with pytest.raises(BadInputError) as caught:
            _ = raster.grid
    assert caught.value.key == "storage.raster_not_square"


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 128}])
def test_rasters_stored_by_rows_and_by_tiles_agree(tmp_path: Path, layout: dict[str, Any]) -> None:
    path = plain_tif(tmp_path / "a.tif", field(), **layout)
    rng = np.random.default_rng(3)
    col, row = rng.integers(0, 700, 3000), rng.integers(0, 600, 3000)
    with open_raster(path) as raster:
        sampled = raster.sample(600100.0 + col * 200, 7049900.0 - row * 200)
    np.testing.assert_array_equal(sampled, field()[row, col])


# --------------------------------------------------------------------------- no data


@pytest.mark.parametrize(
    ("values", "profile", "expected"),
    [
        (np.array([[1, 255]], "uint8"), {"nodata": 255}, [1, np.nan]),
        (np.array([[1, 255]], "uint8"), {}, [1, 255]),
        (np.array([[-1, 7]], "int16"), {"nodata": -1}, [np.nan, 7]),
        (np.array([[1.5, -9999]], "float32"), {"nodata": -9999}, [1.5, np.nan]),
        (np.array([[1.5, np.nan]], "float32"), {"nodata": -9999}, [1.5, np.nan]),
        (np.array([[1.5, np.inf]], "float32"), {}, [1.5, np.nan]),
        (np.array([[1.5, -3.4028235e38]], "float32"), {"nodata": -3.4028234663852886e38}, [1.5, np.nan]),
        (np.array([[1.5, -3.4e38]], "float32"), {}, [1.5, np.nan]),
        (np.array([[1.5, 1e300]], "float64"), {}, [1.5, np.nan]),
        (np.array([[-2.5, 3]], "float32"), {}, [-2.5, 3]),
        (
            np.array([[10, 65535]], "uint16"),
            {"nodata": 65535, "scales": (0.1,), "offsets": (5.0,)},
            [6, np.nan],
        ),
        (np.array([[4, 9]], "uint8"), {"mask": np.array([[255, 0]], "uint8")}, [4, np.nan]),
    ],
)
def test_every_way_to_say_no_data(
    tmp_path: Path, values: np.ndarray, profile: dict[str, Any], expected: list[float]
) -> None:
    path = plain_tif(tmp_path / "a.tif", values, **profile)
    x, y = np.array([600100.0, 600300.0]), np.array([7049900.0, 7049900.0])
    with open_raster(path) as raster:
        np.testing.assert_allclose(raster.read()[0][0], expected, rtol=1e-6)
        np.testing.assert_allclose(raster.sample(x, y), expected, rtol=1e-6)


def test_an_alpha_band_says_where_there_is_nothing(tmp_path: Path) -> None:
    values = np.array([[[4, 9]], [[255, 0]]], "uint8")
    path = plain_tif(tmp_path / "a.tif", values, photometric="MINISBLACK", alpha="YES")
    with open_raster(path) as raster:
        np.testing.assert_array_equal(raster.read()[0], [[4, np.nan]])


def test_a_raster_without_any_value_is_noticed(tmp_path: Path) -> None:
    empty = np.full((600, 700), np.nan, dtype="float32")
    one = empty.copy()
    one[577, 3] = 1
    for name, values, overviews in (
        ("a", empty, True),
        ("b", empty, False),
        ("c", one, True),
        ("d", one, False),
    ):
        write_raster(tmp_path / name, values, GRID, overviews=overviews)
        with open_raster(tmp_path / name) as raster:
            assert raster.is_all_nodata() is (values is empty)
            if values is empty:
                with pytest.raises(BadInputError) as caught:
                    raster.check_has_values()
                assert caught.value.key == "storage.raster_all_nodata"


def test_bands_are_told_apart(tmp_path: Path) -> None:
    path = plain_tif(tmp_path / "a.tif", np.stack([field(), field() + 1]))
    with open_raster(path) as raster:
        np.testing.assert_array_equal(raster.read(band=2)[0], field() + 1)
        assert raster.sample(np.array([700100.0]), np.array([7000100.0]), band=2) == field()[249, 500] + 1
        for wrong in (0, 3):
            with pytest.raises(BadInputError) as caught:
                raster.sample(np.array([1.0]), np.array([1.0]), band=wrong)
            assert caught.value.key == "storage.raster_bad_band"


# --------------------------------------------------------------------------- another grid


def test_the_mean_on_a_coarser_grid_is_the_mean_of_the_cells(written: Path) -> None:
    target = Grid(620000, 7030000, 1000, 40, 30)
    with open_raster(written) as raster:
        values = raster.read_on(target, average=True)
    expected = field()[100:250, 100:300].reshape(30, 5, 40, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(values, expected, atol=0.006)


def test_another_system_and_strips_do_not_move_the_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lon, lat = np.meshgrid(1.5 + (np.arange(500) + 0.5) * 0.006, 50.9 - (np.arange(400) + 0.5) * 0.004)
    path = plain_tif(
        tmp_path / "a.tif", (lon * 10 + lat).astype("float32"), crs="EPSG:4326",
        transform=Affine(0.006, 0, 1.5, 0, -0.004, 50.9),
    )  # fmt: skip
    target = Grid(650000, 7050000, 500, 100, 90)
    col, row = np.meshgrid(650250 + np.arange(100) * 500.0, 7049750 - np.arange(90) * 500.0)
    east, north = transform_points(col.ravel(), row.ravel(), "EPSG:2154", "EPSG:4326")
    with open_raster(path) as raster:
        whole = raster.read_on(target)
        np.testing.assert_allclose(whole.ravel(), east * 10 + north, atol=1e-3)
        monkeypatch.setattr("aqah_desktop.storage.raster_warping._STRIP_CELLS", 3000)
        np.testing.assert_allclose(raster.read_on(target), whole, atol=1e-4)
        assert np.isnan(raster.read_on(Grid(0, 0, 500, 10, 10))).all()


# --------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("values", "profile", "key"),
    [
        (np.ones((4, 4), "float32"), {"crs": None}, "storage.raster_no_crs"),
        (np.ones((4, 4), "complex64"), {}, "storage.raster_complex"),
        (np.ones((4, 4), "float32"), {"transform": Affine.identity()}, "storage.raster_no_grid"),
        (
            np.ones((4, 4), "float32"),
            {"transform": Affine(188, 68, 6e5, 68, -188, 7e6)},
            "storage.raster_rotated",
        ),
        (
            np.ones((4, 4), "float32"),
            {"crs": CRS.from_wkt('LOCAL_CS["Unknown",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]')},
            "storage.bad_crs",
        ),
        (
            np.ones((4, 4), "float32"),
            {"transform": Affine(-200, 0, 6e5, 0, -200, 7e6)},
            "storage.raster_no_grid",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_that_cannot_be_placed_are_refused(
    tmp_path: Path, values: np.ndarray, profile: dict[str, Any], key: str
) -> None:
    path = plain_tif(tmp_path / "a.tif", values, **profile)
    with pytest.raises(BadInputError) as caught:
        open_raster(path)
    assert caught.value.key == key


def test_a_system_given_by_the_user_replaces_a_missing_one_only(tmp_path: Path) -> None:
    bare = plain_tif(tmp_path / "a.tif", field(), crs=None)
    declared = plain_tif(tmp_path / "b.tif", field(), crs="EPSG:3857")
    with open_raster(bare, assume_crs="EPSG:2154") as raster:
        assert raster.grid.crs == "EPSG:2154"
    with open_raster(declared, assume_crs="EPSG:2154") as raster:
        assert raster.grid.crs == "EPSG:3857"
    with pytest.raises(BadInputError) as caught:
        open_raster(bare, assume_crs="EPSG:999999")
    assert caught.value.key == "storage.bad_crs"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_a_truncated_raster_is_a_clear_error_when_opened_or_read(
    tmp_path: Path, written: Path, share: float
) -> None:
    path = tmp_path / "cut.tif"
    data = written.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(StorageError) as caught, open_raster(path) as raster:
        raster.read()
    assert caught.value.key in ("storage.raster_unreadable", "storage.raster_damaged")


def test_files_that_are_no_rasters(tmp_path: Path) -> None:
    for name, content in {
        "a.tif": b"not a raster",
        "b.tif": os.urandom(5000),
        "c.tif": b"II*\0" + b"\xff" * 90,
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StorageError) as caught:
            open_raster(tmp_path / name)
        assert caught.value.key == "storage.raster_unreadable"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("float_nan.tif", "storage.raster_no_crs"),
        ("rotated.tif", "storage.raster_rotated"),
        ("2d_test.tif", "storage.raster_rotated"),
        ("cint16.tif", "storage.raster_complex"),
        ("two-subs.h5", "storage.raster_several"),
        ("veris.nc", "storage.raster_several"),
        ("issue1446.geojson", "storage.raster_unreadable"),
    ],
)
def test_real_files_that_are_refused(shared: Path, name: str, key: str) -> None:
    with pytest.raises(AqahError) as caught:
        open_raster(shared / "realdata/tricky-rasters" / name)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("name", "bands", "finite"),
    [
        ("float_raster_with_nodata.tif", 1, True),
        ("all-nodata.tif", 4, False),
        ("test_esri_wkt.tif", 1, True),
        ("goes.tif", 3, True),
        ("N10W110.hgt.zip", 1, None),
        ("rgb-byte-tenth.tif", 3, True),
        ("MODIS_ARRAY.nc", 1, True),
        ("clip_bbox__out_of_bounds.tif", None, None),
        ("tmmx_20190121.nc", None, None),
        ("unicode.nc", None, None),
        ("nonstandard_dim.nc", None, None),
    ],
)
def test_real_files_are_read_or_refused_in_words(
    shared: Path, name: str, bands: int | None, finite: bool | None
) -> None:
    try:
        raster = open_raster(shared / "realdata/tricky-rasters" / name)
    except BadInputError:
        assert bands is None
        return
    with raster:
        assert bands is None or raster.bands == bands
        assert finite is None or raster.is_all_nodata() is not finite
        assert np.isnan(raster.sample(np.array([700000.0]), np.array([7000000.0]))).all()
