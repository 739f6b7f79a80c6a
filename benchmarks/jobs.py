"""The jobs and who can do them. An implementation prepares its inputs, then returns what is timed.

What is timed ends with an answer (a count, a mean) that makes sure the others did the same work.
Opening and decoding the raster is timed; reading the vector files is not, for anyone.
"""

# ruff: noqa: PLC0415 — each implementation imports its own library, so that peaks are its own
from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Work = Callable[[], Any]
Implementation = Callable[[Path], Work]
OURS = "ours"


@dataclass(frozen=True)
class Job:
    """What is measured, by whom, and the goal in seconds where one is set."""

    title: str
    implementations: dict[str, Implementation]
    goal_s: float | None = None
    #: Times stated elsewhere on comparable files, never measured in this run.
    quoted: dict[str, str] = field(default_factory=dict)
    #: Library each peer needs, when it is not one of ours.
    needs: dict[str, str] = field(default_factory=dict)

    def runnable(self) -> list[str]:
        """Implementations whose library is installed."""
        return [
            name
            for name in self.implementations
            if name not in self.needs or importlib.util.find_spec(self.needs[name]) is not None
        ]


# --------------------------------------------------------------------------- inputs


@functools.cache
def geometries(path: Path) -> np.ndarray:
    """Geometries of a benchmark file."""
    import geopandas as gpd

    return np.asarray(gpd.read_file(path).geometry)


def points_xy(folder: Path, where: str) -> np.ndarray:
    """``(n, 2)`` coordinates of the points, clustered or spread everywhere."""
    import shapely

    if where == "everywhere":
        return np.load(folder / "points_everywhere.npy", allow_pickle=False)
    return shapely.get_coordinates(geometries(folder / "points.gpkg"))


def frames(folder: Path) -> tuple[Any, Any]:
    """Points and parcels as GeoDataFrames."""
    import geopandas as gpd

    return tuple(
        gpd.GeoDataFrame({"n": np.arange(len(shapes))}, geometry=shapes, crs="EPSG:2154")
        for shapes in (geometries(folder / "points.gpkg"), geometries(folder / "parcels.gpkg"))
    )


def _mean(values: np.ndarray) -> float:
    return round(float(np.nanmean(values)), 4)


# --------------------------------------------------------------------------- sampling


def sample_ours(folder: Path, raster: str, where: str) -> Work:
    from aqah_desktop.storage.rasters import open_raster

    x, y = points_xy(folder, where).T.copy()

    def work() -> float:
        with open_raster(folder / raster) as source:
            return _mean(source.sample(x, y))

    return work


def sample_rasterio(folder: Path, raster: str, where: str) -> Work:
    import rasterio

    xy = points_xy(folder, where)

    def work() -> float:
        with rasterio.open(folder / raster) as source:
            values = np.array([value[0] for value in source.sample(xy)])
            return _mean(np.where(values == source.nodata, np.nan, values))

    return work


def sample_whole_band(folder: Path, raster: str, where: str) -> Work:
    """What one writes by hand: read everything, index."""
    import rasterio

    x, y = points_xy(folder, where).T

    def work() -> float:
        with rasterio.open(folder / raster) as source:
            band = source.read(1)
            column = ((x - source.bounds.left) / source.res[0]).astype(int)
            row = ((source.bounds.top - y) / source.res[1]).astype(int)
            values = band[row.clip(0, source.height - 1), column.clip(0, source.width - 1)]
            return _mean(np.where(values == source.nodata, np.nan, values))

    return work


def sampling(raster: str, where: str) -> dict[str, Implementation]:
    """The same job for everyone on one raster."""
    kinds = {
        OURS: sample_ours,
        "rasterio.sample": sample_rasterio,
        "rasterio read + index": sample_whole_band,
    }
    return {name: functools.partial(kind, raster=raster, where=where) for name, kind in kinds.items()}


# --------------------------------------------------------------------------- distances


def within_ours(folder: Path, distance_m: float) -> Work:
    from aqah_desktop.science.proximity import pairs_within

    points, parcels = geometries(folder / "points.gpkg"), geometries(folder / "parcels.gpkg")
    return lambda: len(np.unique(pairs_within(points, parcels, distance_m)[0]))


def within_strtree(folder: Path, distance_m: float) -> Work:
    import shapely

    points, parcels = geometries(folder / "points.gpkg"), geometries(folder / "parcels.gpkg")

    def work() -> int:
        return len(np.unique(shapely.STRtree(points).query(parcels, "dwithin", distance=distance_m)[1]))

    return work


def within_buffer(folder: Path, distance_m: float) -> Work:
    """Usual Python: buffers of 8 segments a quarter, then a spatial join."""
    points, parcels = frames(folder)

    def work() -> int:
        around = parcels.assign(geometry=parcels.buffer(distance_m, quad_segs=8))
        return int(points.sjoin(around, predicate="intersects")["n_left"].nunique())

    return work


def nearest_ours(folder: Path) -> Work:
    from aqah_desktop.science.proximity import nearest

    points, parcels = geometries(folder / "points.gpkg"), geometries(folder / "parcels.gpkg")
    return lambda: _mean(nearest(points, parcels)[1])


def nearest_strtree(folder: Path) -> Work:
    import shapely

    points, parcels = geometries(folder / "points.gpkg"), geometries(folder / "parcels.gpkg")

    def work() -> float:
        tree = shapely.STRtree(parcels)
        return _mean(tree.query_nearest(points, return_distance=True, all_matches=False)[1])

    return work


def nearest_geopandas(folder: Path) -> Work:
    points, parcels = frames(folder)
    return lambda: _mean(
        points.sjoin_nearest(parcels, distance_col="d").groupby(level=0)["d"].first().to_numpy()
    )


def within(distance_m: float) -> dict[str, Implementation]:
    """The same job for everyone at one distance."""
    kinds = {
        OURS: within_ours,
        "shapely STRtree dwithin": within_strtree,
        "geopandas buffer + sjoin": within_buffer,
    }
    return {name: functools.partial(kind, distance_m=distance_m) for name, kind in kinds.items()}


# --------------------------------------------------------------------------- polygons


def zonal_ours(folder: Path, raster: str) -> Work:
    from aqah_desktop.science.zonal import polygon_statistics
    from aqah_desktop.storage.rasters import open_raster

    communes = geometries(folder / "communes.gpkg")

    def work() -> float:
        with open_raster(folder / raster) as source:
            values, grid = source.read()
        return _mean(polygon_statistics(values, grid, communes)["mean"].to_numpy())

    return work


def zonal_exactextract(folder: Path, raster: str) -> Work:
    import geopandas as gpd
    from exactextract import exact_extract

    communes = gpd.read_file(folder / "communes.gpkg")

    def work() -> float:
        found = exact_extract(str(folder / raster), communes, ["mean", "max"], output="pandas")
        return _mean(found["mean"].to_numpy())

    return work


def zonal_rasterstats(folder: Path, raster: str) -> Work:
    import geopandas as gpd
    from rasterstats import zonal_stats

    communes = gpd.read_file(folder / "communes.gpkg")

    def work() -> float:
        found = zonal_stats(communes, str(folder / raster), stats=["mean", "max"])
        return _mean(np.array([np.nan if row["mean"] is None else row["mean"] for row in found], dtype=float))

    return work


def zonal(raster: str) -> dict[str, Implementation]:
    """The same job for everyone on one raster."""
    kinds = {OURS: zonal_ours, "exactextract": zonal_exactextract, "rasterstats": zonal_rasterstats}
    return {name: functools.partial(kind, raster=raster) for name, kind in kinds.items()}


# --------------------------------------------------------------------------- whole algorithms


def run_algorithm(name: str, given: dict[str, Any]) -> tuple[Any, Any]:
    """Run a core algorithm on the bundled pack, files opened by the host as in the program."""
    from aqah_desktop.processing.algorithms.exposure.farms import FarmExposure
    from aqah_desktop.processing.algorithms.exposure.sites import SiteExposure
    from aqah_desktop.processing.contract import Context, Feedback
    from aqah_desktop.processing.inputs import open_inputs
    from aqah_desktop.processing.params import parse_params
    from aqah_desktop.storage.pack import Pack

    algorithm = {"sites": SiteExposure, "farms": FarmExposure}[name]()
    params = parse_params(algorithm.spec, given)
    with open_inputs(algorithm.spec, params) as inputs:
        results = algorithm.run(params, Context(Pack.open(), inputs), Feedback())
    return results, results.figures


def sites_of_a_territory(_: Path) -> Work:
    given = {"territory": "200093201", "pollutant": "no2", "year": 2019}
    return lambda: run_algorithm("sites", given)[1]["sites_ok"]


def sites_in_bulk(folder: Path) -> Work:
    given = {"territory": "32", "pollutant": "no2", "raster": str(folder / "region_25m.tif"),
             "sites_file": str(folder / "points.gpkg"), "radius_m": 200}  # fmt: skip
    return lambda: run_algorithm("sites", given)[1]["sites_ok"]


def parcels_in_bulk(folder: Path) -> Work:
    given = {"territory": "32", "pollutant": "no2", "raster": str(folder / "region_25m.tif"),
             "parcels_file": str(folder / "parcels.gpkg")}  # fmt: skip
    return lambda: run_algorithm("farms", given)[1]["parcels_ok"]


def dispersion_of_the_region(_: Path) -> Work:
    from aqah_desktop.science.dispersion import disperse, sector_kernel
    from aqah_desktop.science.meteorology import wind_statistics
    from aqah_desktop.storage.pack import Pack

    pack = Pack.open()
    wind = wind_statistics(pack.read_table("wind_stability"))
    with pack.open_raster("road_nox_2018") as raster:
        emissions = np.nan_to_num(raster.read()[0].astype(float))
    return lambda: _mean(disperse(emissions, sector_kernel(wind)))


def map_page(_: Path) -> Work:
    from aqah_desktop.reporting.mapcontent import MapComposer
    from aqah_desktop.reporting.mapimage import render_map
    from aqah_desktop.storage.pack import Pack

    pack = Pack.open()
    request = MapComposer(pack, pack.territory("200093201")).layer("no2_2019")
    return lambda: len(render_map(request))


JOBS = {
    "sample_100": Job(
        "200,000 points on the 100 m raster",
        sampling("region_100m.tif", "towns"),
        0.05,
        {"QGIS": "0.47 s"},
    ),
    "sample_25": Job(
        "200,000 points on the 25 m raster",
        sampling("region_25m.tif", "towns"),
        0.2,
        {"QGIS": "0.49 s"},
    ),
    "sample_25_everywhere": Job("the same, points in every tile", sampling("region_25m.tif", "everywhere")),
    "within_20": Job(
        "points within 20 m of parcels", within(20.0), 0.07, {"QGIS": "3.8 s", "DuckDB": "0.036 s"}
    ),
    "within_150": Job(
        "points within 150 m of parcels", within(150.0), 0.07, {"QGIS": "4.2 s", "DuckDB": "0.043 s"}
    ),
    "nearest": Job(
        "nearest parcel of 200,000 points",
        {
            OURS: nearest_ours,
            "shapely STRtree nearest": nearest_strtree,
            "geopandas sjoin_nearest": nearest_geopandas,
        },
        0.9,
        {"QGIS": "4.0 s"},
    ),
    "zonal_100": Job(
        "mean and maximum of 3,782 communes, 100 m",
        zonal("region_100m.tif"),
        0.1,
        {"QGIS": "0.63 s"},
        {"rasterstats": "rasterstats"},
    ),
    "zonal_25": Job(
        "the same, 25 m",
        zonal("region_25m.tif"),
        0.8,
        {"QGIS": "8.66 s"},
        {"rasterstats": "rasterstats"},
    ),
    "exposure_territory": Job(
        "`aqah.exposure.sites`, one territory, the pack's map", {OURS: sites_of_a_territory}
    ),
    "exposure_bulk": Job("`aqah.exposure.sites`, 200,000 sites, 25 m raster", {OURS: sites_in_bulk}),
    "dispersion": Job(
        "annual road kernel and its convolution over the region", {OURS: dispersion_of_the_region}
    ),
    "map_page": Job("map page of a territory, 1600 × 1100", {OURS: map_page}, 1.5),
    "farms_bulk": Job(
        "`aqah.exposure.farms`, 20,000 parcels, 25 m raster, four radii", {OURS: parcels_in_bulk}
    ),
}
