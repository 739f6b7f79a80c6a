"""Rasters and pictures as a screen needs them: where they belong, bounded in work, from local files only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_bounds, from_origin
from rasterio.warp import transform_bounds

from aqah_desktop.errors import StorageError
from aqah_desktop.storage import mosaics, raster_screen
from aqah_desktop.storage.crs import extent_in_work_crs, placement
from aqah_desktop.storage.file_facts import raster_facts, table_facts
from aqah_desktop.storage.pictures import Opening, extent_of_picture, read_picture
from aqah_desktop.storage.raster_screen import make_overview, read_screen
from aqah_desktop.storage.rasters import open_raster

VIEW = (690_000.0, 7_050_000.0, 700_000.0, 7_060_000.0)


def write(path: Path, values: np.ndarray, transform: object, crs: str, **profile: object) -> Path:
    layers = values if values.ndim == 3 else values[None]
    options = {
        "driver": "GTiff", "height": layers.shape[1], "width": layers.shape[2], "count": layers.shape[0],
        "dtype": str(values.dtype), "crs": crs, "transform": transform, **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as target:
        target.write(layers)
    return path


def gradient(crs: str, size: int = 400) -> tuple[np.ndarray, object]:
    """Values that are the EPSG:2154 northing of each cell, km, in any system."""
    box = VIEW if crs == "EPSG:2154" else transform_bounds("EPSG:2154", crs, *VIEW)
    transform = from_bounds(*box, size, size)
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    x, y = transform * (columns, rows)
    _, north = Transformer.from_crs(crs, "EPSG:2154", always_xy=True).transform(x, y)
    return (np.asarray(north) / 1000).astype("float32"), transform


@pytest.mark.parametrize("crs", ["EPSG:2154", "EPSG:4326", "EPSG:3857", "EPSG:27572", "EPSG:3035"])
def test_values_are_where_they_belong_in_any_system(tmp_path: Path, crs: str) -> None:
    path = write(tmp_path / "v.tif", *gradient(crs), crs)
    view = (692_000.0, 7_052_000.0, 697_000.0, 7_057_000.0)
    with open_raster(path) as raster:
        found = read_screen(raster, view, (250, 250))
    assert found is not None
    grid = found.grid
    north = (grid.y_max - (np.arange(grid.ny) + 0.5) * grid.cell_m) / 1000
    error = np.abs(found.values - north[:, None])
    assert np.nanmax(error) < 0.08, "less than two cells"
    assert np.isfinite(found.values).mean() > 0.95
    assert grid.crs == "EPSG:2154"


def test_a_view_beside_the_raster_is_empty(tmp_path: Path) -> None:
    path = write(tmp_path / "v.tif", *gradient("EPSG:2154"), "EPSG:2154")
    with open_raster(path) as raster:
        assert read_screen(raster, (600_000.0, 6_900_000.0, 610_000.0, 6_910_000.0), (100, 100)) is None


def test_a_raster_too_large_for_a_moment_is_sampled_then_read_from_its_overview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, transform = gradient("EPSG:2154", 800)
    path = write(tmp_path / "v.tif", values, transform, "EPSG:2154", tiled=True, blockxsize=64, blockysize=64)
    monkeypatch.setattr(raster_screen, "MAX_DECODED", 200_000)
    monkeypatch.setattr(raster_screen, "_OVERVIEW_SIDE", 100)
    monkeypatch.setattr(raster_screen, "_STRIP_CELLS", 100_000)
    told: list[float] = []
    with open_raster(path) as raster:
        coarse = read_screen(raster, VIEW, (200, 200))
        assert coarse is not None
        assert coarse.coarse
        assert coarse.values.size < 100
        overview = make_overview(raster, progress=told.append)
        assert overview is not None
        assert overview.values.shape == (100, 100)
        better = read_screen(raster, VIEW, (200, 200), overview=overview)
        near = read_screen(raster, (691_000.0, 7_051_000.0, 691_500.0, 7_051_500.0), (200, 200))
    assert better is not None
    assert not better.coarse
    north = (better.grid.y_max - (np.arange(better.grid.ny) + 0.5) * better.grid.cell_m) / 1000
    assert np.nanmax(np.abs(better.values - north[:, None])) < 0.2
    assert near is not None
    assert not near.coarse
    assert told[0] == 0
    assert told == sorted(told)


def test_an_overview_is_given_up_on_request(tmp_path: Path) -> None:
    path = write(tmp_path / "v.tif", *gradient("EPSG:2154"), "EPSG:2154")
    with open_raster(path) as raster:
        assert make_overview(raster, dropped=lambda: True) is None


@pytest.mark.parametrize("kind", ["rgb", "rgba", "grey", "palette"])
def test_pictures_of_every_kind(tmp_path: Path, kind: str) -> None:
    box = transform_bounds("EPSG:2154", "EPSG:3857", *VIEW)
    size, transform = 200, from_bounds(*box, 200, 200)
    bands = {"rgb": 3, "rgba": 4, "grey": 1, "palette": 1}[kind]
    values = np.full((bands, size, size), 7, "uint8")
    if bands > 2:
        values[0], values[1], values[2] = 200, 100, 50
    if bands == 4:
        values[3, :, : size // 2], values[3, :, size // 2 :] = 255, 0
    profile = {"photometric": "RGB", "alpha": "YES" if bands == 4 else "NO"} if bands > 2 else {}
    path = write(tmp_path / "p.tif", values, transform, "EPSG:3857", **profile)
    if kind == "palette":
        with rasterio.open(path, "r+") as target:
            target.write_colormap(1, {7: (200, 100, 50, 255), 0: (0, 0, 0, 255)})
    found = read_picture(Opening(path), VIEW, (100, 100))
    assert found.colours is not None
    left, right = found.colours[50, 25], found.colours[50, 75]
    wanted = (7, 7, 7, 255) if kind == "grey" else (200, 100, 50, 255)
    assert tuple(int(v) for v in left) == wanted
    assert int(right[3]) == (0 if kind == "rgba" else 255)


def test_a_mosaic_is_put_together_from_its_tiles(tmp_path: Path) -> None:
    for i, colour in enumerate((40, 90, 140, 190)):
        left, top = 690_000 + 5000 * (i % 2), 7_060_000 - 5000 * (i // 2)
        tile = np.full((3, 100, 100), colour, "uint8")
        write(tmp_path / f"t{i}.tif", tile, from_origin(left, top, 50, 50), "EPSG:2154", photometric="RGB")
    names = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">t{i}.tif</SourceFilename></SimpleSource>'
        for i in range(4)
    )
    path = tmp_path / "m.vrt"
    path.write_text(f'<VRTDataset><VRTRasterBand band="1">{names}</VRTRasterBand></VRTDataset>')
    assert extent_of_picture(Opening(path)) == VIEW
    found = read_picture(Opening(path), VIEW, (100, 100))
    assert found.colours is not None
    corners = [int(found.colours[y, x, 0]) for y in (20, 80) for x in (20, 80)]
    assert corners == [40, 90, 140, 190]
    outside = read_picture(Opening(path), (600_000.0, 6_900_000.0, 601_000.0, 6_901_000.0), (10, 10))
    assert outside.colours is None
    (tmp_path / "t3.tif").unlink()
    path.write_text(path.read_text() + "\n")
    with pytest.raises(StorageError) as caught:
        read_picture(Opening(path), VIEW, (100, 100))
    assert caught.value.key == "storage.mosaic_tile_missing"


def test_a_picture_without_reduced_views_is_not_read_from_too_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aqah_desktop.storage import pictures

    values = np.full((3, 600, 600), 90, "uint8")
    path = write(tmp_path / "p.tif", values, from_origin(690_000, 7_060_000, 10, 10), "EPSG:2154",
                 photometric="RGB", tiled=True, blockxsize=64, blockysize=64)  # fmt: skip
    monkeypatch.setattr(pictures, "MAX_DECODED", 50_000)
    assert read_picture(Opening(path), VIEW, (100, 100)).too_far
    near = (690_100.0, 7_059_000.0, 690_600.0, 7_059_500.0)
    assert read_picture(Opening(path), near, (100, 100)).colours is not None


def test_what_gdal_would_follow_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "m.vrt"
    path.write_text("<VRTDataset><VRTRasterBand/></VRTDataset>")
    with pytest.raises(StorageError):
        mosaics.tiles_of(path)
    with pytest.raises(StorageError) as caught:
        open_raster(path)
    assert caught.value.key == "storage.remote_content"


def test_where_an_extent_would_lie() -> None:
    lille = (700_000.0, 7_050_000.0, 710_000.0, 7_060_000.0)
    assert placement(lille, "EPSG:2154") == "region"
    assert placement(lille, "EPSG:27572") != "region"
    assert placement((5.0, 45.0, 6.0, 46.0), "EPSG:4326") == "france"
    assert placement((-60.0, 10.0, -59.0, 11.0), "EPSG:4326") == "elsewhere"
    assert extent_in_work_crs((500.0, 500.0, 501.0, 501.0), "EPSG:4326") is None


def test_facts_of_files(tmp_path: Path) -> None:
    path = write(tmp_path / "v.tif", *gradient("EPSG:4326", 50), "EPSG:4326")
    only = raster_facts(path)[0]
    assert (only.size, only.bands, only.picture, only.has_overviews) == ((50, 50), 1, False, False)
    assert only.crs == "EPSG:4326"
    with pytest.raises(StorageError):
        table_facts(path)
