"""The benchmarks say what was measured, and everyone measured does the same work."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pytest
import shapely


@pytest.fixture(scope="module")
def benchmarks(checkout: Path) -> dict[str, ModuleType]:
    sys.path.insert(0, str(checkout))
    names = ("generate", "jobs", "run")
    try:
        return {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    finally:
        sys.path.remove(str(checkout))


@pytest.fixture(scope="module")
def folder(benchmarks: dict[str, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The benchmark files, a hundred times smaller."""
    folder = tmp_path_factory.mktemp("bench")
    generate = benchmarks["generate"]
    random = np.random.default_rng(1)
    values = 10 + random.standard_normal((300, 300)).astype("float32")
    values[:20] = np.nan
    for name, cell in (("region_100m.tif", 100.0), ("region_25m.tif", 25.0)):
        generate.write_raster(folder / name, values, cell)
    corner = np.array([generate.X_MIN, generate.Y_MAX - 7_000])
    xy = corner + random.uniform(0, 7_000, (2_000, 2))
    np.save(folder / "points_everywhere.npy", xy, allow_pickle=False)
    squares = shapely.buffer(
        shapely.points(corner + random.uniform(0, 7_000, (60, 2))), 70, cap_style="square"
    )
    steps = np.arange(5) * 900.0
    communes = shapely.box(corner[0], corner[1] + steps, corner[0] + 5_000, corner[1] + steps + 900)
    for name, shapes in (("points", shapely.points(xy)), ("parcels", squares), ("communes", communes)):
        frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=2154)
        frame.to_file(folder / f"{name}.gpkg", layer=name)
    return folder


@pytest.mark.parametrize(
    "job",
    ["sample_100", "sample_25", "sample_25_everywhere", "within_20", "within_150", "nearest", "zonal_100"],
)
def test_everyone_gives_the_same_answer(benchmarks: dict[str, ModuleType], folder: Path, job: str) -> None:
    job = benchmarks["jobs"].JOBS[job]
    # rasterstats reads through a virtual raster, which the program forbids in its own process.
    able = [who for who in job.runnable() if who != "rasterstats"]
    answers = {who: job.implementations[who](folder)() for who in able}
    ours = answers[benchmarks["jobs"].OURS]
    assert len(answers) >= 2 and np.isfinite(ours) and ours > 0
    for who, answer in answers.items():
        # Drawn buffers miss a few points, pixel centres differ a little from covered areas.
        assert answer == pytest.approx(ours, rel=0.01), who


def test_the_points_are_the_same_every_time(benchmarks: dict[str, ModuleType]) -> None:
    generate = benchmarks["generate"]
    first, second = (generate.clustered_points(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second) and first.shape == (200_000, 2)


def test_what_was_not_run_is_not_given_a_time(benchmarks: dict[str, ModuleType]) -> None:
    row = {"median_s": 0.25, "best_s": 0.2, "peak_mb": 100.0, "answer": 3}
    rows = {"ours": row, "rasterio.sample": {**row, "median_s": 2.5}}
    text = benchmarks["run"].table({"sample_25": rows})
    assert "| rasterio.sample | 2.50 s | 200 ms | 10.0 × |" in text
    assert "| QGIS | not this run (elsewhere 0.49 s) |" in text
    assert "| rasterio read + index | not this run |" in text
