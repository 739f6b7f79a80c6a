"""Deterministic files for the benchmarks: the region's size and density, no real data.

``python -m benchmarks.generate`` writes to ``out/bench/``:

- ``region_100m.tif`` (2,074 × 2,517) and ``region_25m.tif`` (8,296 × 10,068): float32, tiled, deflate, with
  overviews, nodata outside an irregular outline, values rounded to 0.01 as a concentration file would be;
- ``points.gpkg``: 200,000 points, nine in ten within towns (so some tiles hold none), ids and lon/lat too;
- ``points_everywhere.npy``: 200,000 points over the whole region, the case where every tile is touched;
- ``parcels.gpkg``: 20,000 contiguous parcels of about 4 ha, in blocks around villages;
- ``communes.gpkg``: 3,782 cells of about 24 vertices covering the region.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.transform import from_origin
from scipy import ndimage

SEED = 20261123
X_MIN, Y_MAX = 580_000.0, 7_112_000.0
NX_100, NY_100 = 2_074, 2_517
WIDTH_M, HEIGHT_M = NX_100 * 100.0, NY_100 * 100.0
N_POINTS, N_PARCELS, N_COMMUNES, N_TOWNS = 200_000, 20_000, 3_782, 250
NODATA = -9999.0
DEFAULT_FOLDER = Path("out/bench")
#: Two 25 m tiles of the outline stay free of points and parcels.
MARGIN_M = 12_800.0


def towns(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Centres ``(n, 2)`` in m and weights ``(n,)`` (Zipf) of the towns everything gathers around."""
    low = np.array([X_MIN, Y_MAX - HEIGHT_M]) + MARGIN_M
    high = np.array([X_MIN + WIDTH_M, Y_MAX]) - MARGIN_M
    weights = 1.0 / np.arange(1, N_TOWNS + 1) ** 0.8
    return generator.uniform(low, high, (N_TOWNS, 2)), weights / weights.sum()


def field_100m(generator: np.random.Generator) -> np.ndarray:
    """Concentration-like field ``(ny, nx) float32``, µg/m³, NaN outside a wavy outline."""
    centres, weights = towns(np.random.default_rng(SEED))
    field = np.zeros((NY_100, NX_100), dtype=np.float32)
    columns = ((centres[:, 0] - X_MIN) / 100).astype(int)
    rows = ((Y_MAX - centres[:, 1]) / 100).astype(int)
    np.add.at(field, (rows, columns), weights.astype(np.float32))
    field = ndimage.gaussian_filter(field, 40) * 60_000 + ndimage.gaussian_filter(field, 12) * 12_000
    field += 8 + np.linspace(0, 4, NX_100, dtype=np.float32)
    field += ndimage.gaussian_filter(generator.standard_normal(field.shape, dtype=np.float32), 3) * 6
    wave = 30 + 20 * np.sin(np.arange(NX_100) / 90)
    inside = np.arange(NY_100)[:, None] > wave[None, :]
    return np.where(inside, np.maximum(field, 1), np.nan)


def write_raster(path: Path, values: np.ndarray, cell_m: float) -> None:
    """Write a tiled deflate GeoTIFF with overviews, as GDAL's defaults make it."""
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
        "dtype": "float32", "crs": "EPSG:2154", "nodata": NODATA, "tiled": True, "compress": "deflate",
        "transform": from_origin(X_MIN, Y_MAX, cell_m, cell_m),
    }  # fmt: skip
    stored = np.where(np.isnan(values), NODATA, np.round(values, 2)).astype(np.float32)
    with rasterio.open(path, "w", **profile) as target:
        target.write(stored, 1)
        target.build_overviews([2, 4, 8, 16], Resampling.average)


def rasters(folder: Path) -> None:
    """Both rasters; the finer one is the coarser one interpolated, with a little noise of its own."""
    generator = np.random.default_rng(SEED + 1)
    coarse = field_100m(generator)
    write_raster(folder / "region_100m.tif", coarse, 100.0)
    fine = ndimage.zoom(np.nan_to_num(coarse, nan=1.0), 4, order=1, grid_mode=True, mode="nearest")
    fine += generator.standard_normal(fine.shape, dtype=np.float32) * 0.02
    fine[np.repeat(np.repeat(np.isnan(coarse), 4, axis=0), 4, axis=1)] = np.nan
    write_raster(folder / "region_25m.tif", fine, 25.0)


def clustered_points(generator: np.random.Generator) -> np.ndarray:
    """``(n, 2)`` coordinates, m: nine in ten around towns (σ 1.5 km), one in ten around villages."""
    centres, weights = towns(np.random.default_rng(SEED))
    villages = centres[generator.integers(0, N_TOWNS, 400)] + generator.normal(0, 4_000, (400, 2))
    n_villages = N_POINTS // 10
    in_towns = centres[generator.choice(N_TOWNS, N_POINTS - n_villages, p=weights)]
    around = villages[generator.integers(0, len(villages), n_villages)]
    near = generator.normal(0, 1_500, in_towns.shape) + in_towns
    return np.concatenate([near, generator.normal(0, 500, around.shape) + around])


def points(folder: Path) -> None:
    """The clustered points (GeoPackage) and the spread ones (array)."""
    generator = np.random.default_rng(SEED + 2)
    xy = clustered_points(generator)
    names = [f"P{i:06d}" for i in range(len(xy))]
    frame = gpd.GeoDataFrame(
        {"site_id": names, "name": names, "kind": generator.choice(["ecole", "house"], len(xy))},
        geometry=shapely.points(xy), crs="EPSG:2154",
    )  # fmt: skip
    frame.to_file(folder / "points.gpkg", layer="points")
    spread = generator.uniform((X_MIN, Y_MAX - HEIGHT_M), (X_MIN + WIDTH_M, Y_MAX), (N_POINTS, 2))
    np.save(folder / "points_everywhere.npy", spread, allow_pickle=False)


def cells(seeds: np.ndarray, outline: shapely.Geometry) -> np.ndarray:
    """Voronoi cells of ``seeds`` cut by ``outline``, without empty ones."""
    diagram = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=outline)
    cut = shapely.intersection(shapely.get_parts(diagram), outline)
    return cut[(shapely.get_type_id(cut) == 3) & (shapely.area(cut) > 1)]


def wiggle(polygons: np.ndarray, step_m: float, size_m: float) -> np.ndarray:
    """More vertices on every edge, moved by a function of their position (shared edges stay shared)."""
    dense = shapely.segmentize(polygons, step_m)

    def moved(xy: np.ndarray) -> np.ndarray:
        phase = np.sin(xy[:, ::-1] / step_m * 1.7) * size_m
        return xy + phase

    return shapely.make_valid(shapely.transform(dense, moved))


def parcels(folder: Path) -> None:
    """20,000 parcels: 100 blocks of contiguous cells of about 4 ha around towns."""
    generator = np.random.default_rng(SEED + 3)
    centres, _ = towns(np.random.default_rng(SEED))
    blocks = []
    for centre in centres[generator.choice(N_TOWNS, 100, replace=False)]:
        corner = centre + generator.normal(0, 2_500, 2)
        seeds = corner + generator.uniform(0, 2_900, (230, 2))
        blocks.append(wiggle(cells(seeds, shapely.box(*corner, *(corner + 2_900))), 80, 8)[:215])
    every = np.concatenate(blocks)
    every = every[shapely.get_type_id(every) == 3][:N_PARCELS]
    frame = gpd.GeoDataFrame(
        {"parcel_id": [f"R{i:05d}" for i in range(len(every))]}, geometry=every, crs="EPSG:2154"
    )
    frame.to_file(folder / "parcels.gpkg", layer="parcels")


def communes(folder: Path) -> None:
    """3,782 communes covering the outline of the region."""
    generator = np.random.default_rng(SEED + 4)
    low = (X_MIN, Y_MAX - HEIGHT_M)
    seeds = generator.uniform(low, (X_MIN + WIDTH_M, Y_MAX), (N_COMMUNES, 2))
    polygons = wiggle(cells(seeds, shapely.box(*low, X_MIN + WIDTH_M, Y_MAX)), 1_000, 120)
    codes = [f"{i:05d}" for i in range(len(polygons))]
    frame = gpd.GeoDataFrame({"commune_code": codes}, geometry=polygons, crs="EPSG:2154")
    frame.to_file(folder / "communes.gpkg", layer="communes")


def generate(folder: Path) -> None:
    """Write what is missing in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    recipes = {
        "region_25m.tif": rasters,
        "points.gpkg": points,
        "parcels.gpkg": parcels,
        "communes.gpkg": communes,
    }
    for name, recipe in recipes.items():
        if not (folder / name).exists():
            recipe(folder)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    folder = parser.parse_args().folder
    generate(folder)
    for path in sorted(folder.glob("*.*")):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
