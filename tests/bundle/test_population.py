"""Residents: census tables and the 200 m raster keep every total."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from rasterio.features import rasterize
from rasterio.transform import from_origin

from aqah_desktop.records import Flag, Method, Quality
from aqah_desktop.storage.pack import Pack

COUNTS = ("population", "age_0_19", "age_20_64", "age_65_plus", "dwellings")


def test_census_has_one_row_per_commune(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    table = pack.read_table("population_age")
    assert sorted(table["commune_code"]) == list(communes["commune_code"])
    assert table["population"].sum() == 5_995_298
    flags = table[table["flag"] != ""].set_index("commune_code")["flag"].to_dict()
    assert flags == {
        "02589": "merged", "59006": "merged", "62447": "merged", "80155": "merged",
        "60054": "split", "60694": "split",
    }  # fmt: skip


def test_census_of_iris_and_communes_agree(pack: Pack) -> None:
    table, iris = pack.read_table("population_age"), pack.read_table("population_iris")
    for name in COUNTS:
        assert table[name].sum() == iris[name].sum()
    assert iris["iris_code"].str.len().eq(9).all()
    ages = table[["age_0_19", "age_20_64", "age_65_plus"]].sum(axis=1)
    assert (ages - table["population"]).abs().max() <= 10


def test_former_communes_were_carried(pack: Pack) -> None:
    table = pack.read_table("population_age").set_index("commune_code")["population"]
    iris = pack.read_table("population_iris").groupby("commune_code")["population"].sum()
    assert table["62447"] == iris[["62447", "62461", "62549", "62743"]].sum()
    assert table["60054"] + table["60694"] == iris["60054"]


@pytest.fixture(scope="module")
def raster(pack: Pack) -> np.ndarray:
    with pack.open_raster("population") as file:
        values, grid = file.read()
    assert (grid.nx, grid.ny, grid.cell_m) == (1090, 1310, 200.0)
    return values.astype("float64")


def test_raster_keeps_the_residents_of_each_commune(
    pack: Pack, communes: gpd.GeoDataFrame, raster: np.ndarray
) -> None:
    grid = pack.layer("population").shape.grid
    transform = from_origin(grid.x_min, grid.y_max, grid.cell_m, grid.cell_m)
    shapes = ((outline, number) for number, outline in enumerate(communes.geometry))
    numbers = rasterize(shapes, raster.shape, fill=-1, transform=transform, dtype="int32")
    assert np.array_equal(np.isnan(raster), numbers < 0)
    inside = numbers >= 0
    sums = np.bincount(numbers[inside], raster[inside], len(communes))
    # float32 storage: 1e-9 holds in the recipe, 1e-6 in the file.
    assert np.abs(sums / communes["population"].to_numpy() - 1).max() < 1e-6
    assert np.nanmin(raster) > 0


def test_raster_stands_as_a_model(pack: Pack) -> None:
    standing = pack.dataset_of("population").standing
    assert (standing.quality, standing.method) == (Quality.INDICATIVE, Method.MODELLED)
    assert Flag.PROXY in standing.flags


def test_raster_places_independent_sites_better_than_an_even_map(pack: Pack) -> None:
    evidence = pack.dataset_of("population").evidence
    assert evidence["sites_log_gain_over_even"]["others"]["gain"] > 0.3
    correlation = evidence["no2_background_correlation"]
    assert correlation["rule"] > correlation["even"]
