"""``aqah.exposure.farms``: parcels, farms and the sites near them, on closed forms and real declarations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from aqah_desktop.errors import AqahError, BadInputError, JobCancelledError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.algorithms.exposure.farms import FarmExposure, read_radii
from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.processing.inputs import open_inputs
from aqah_desktop.processing.params import parse_params
from aqah_desktop.records import Quality
from aqah_desktop.storage.pack import Pack

X0, Y0 = 690_000.0, 7_060_000.0
#: École E1 of the test pack.
SCHOOL = shapely.Point(692_100, 7_056_100)


def write_parcels(path: Path, *shapes: shapely.Geometry | None, **columns: list[Any]) -> Path:
    frame = gpd.GeoDataFrame({"parcel_id": [f"P{i}" for i in range(len(shapes))]} | columns,
                             geometry=list(shapes), crs=2154)  # fmt: skip
    frame.to_file(path, driver="GPKG")
    return path


def parcels_of(results: Any) -> gpd.GeoDataFrame:
    return results.tables["parcels"].frame.set_index("parcel_id")


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def test_mean_is_weighted_by_area_and_maximum_is_that_of_the_cells(run: Any, tmp_path: Path) -> None:
    """A parcel over a quarter of one cell (5.25) and three quarters of the next (5.75)."""
    path = write_parcels(
        tmp_path / "p.gpkg",
        shapely.box(692_150, 7_056_000, 692_350, 7_056_200),
        shapely.box(692_150, 7_056_000, 692_850, 7_056_200),
    )
    table = parcels_of(run(FarmExposure(), parcels_file=path))
    assert table.loc["P0", "mean_ug_m3"] == pytest.approx((50 * 5.25 + 150 * 5.75) / 200, abs=1e-3)
    assert table.loc["P0", "max_ug_m3"] == 5.75
    assert table.loc["P1", "max_ug_m3"] == 6.75
    assert table["area_ha"].tolist() == [4.0, 14.0]
    assert table["covered_share"].tolist() == [1.0, 1.0]


def test_the_maximum_is_never_below_the_mean(run: Any, tmp_path: Path) -> None:
    """A parcel of 40 m astride two cells holds no cell centre."""
    path = write_parcels(tmp_path / "p.gpkg", shapely.box(692_190, 7_056_000, 692_230, 7_056_040))
    row = parcels_of(run(FarmExposure(), parcels_file=path)).loc["P0"]
    assert row["mean_ug_m3"] == pytest.approx(5.625) and row["max_ug_m3"] >= row["mean_ug_m3"]


def test_distances_numbers_and_hectares_around_a_school(run: Any, tmp_path: Path) -> None:
    """A parcel from 40 m east of the school: the rest of a disc beyond a chord."""
    parcel = shapely.box(SCHOOL.x + 40, SCHOOL.y - 1_000, SCHOOL.x + 1_000, SCHOOL.y + 1_000)
    path = write_parcels(tmp_path / "p.gpkg", parcel)
    results = run(FarmExposure(), parcels_file=path, radii_m="20, 50, 150")
    row = parcels_of(results).loc["P0"]
    assert row["nearest_site_m"] == row["nearest_ecole_m"] == 40.0
    assert row["nearest_site_id"] == "E1"
    assert [row[f"schools_within_{r}_m"] for r in (20, 50, 150)] == [0, 1, 1]
    assert [row[f"care_within_{r}_m"] for r in (20, 50, 150)] == [0, 0, 0]

    def beyond(radius: float) -> float:
        return (radius**2 * np.arccos(40 / radius) - 40 * np.sqrt(radius**2 - 1600)) / 1e4

    assert row["ha_within_20_m"] == 0
    assert row["ha_within_50_m"] == pytest.approx(beyond(50), abs=1e-4)
    assert row["ha_within_150_m"] == pytest.approx(beyond(150), abs=1e-4)
    site = results.tables["sites"].frame.set_index("site_id").loc["E1"]
    assert site["nearest_parcel_m"] == 40.0 and site["parcels_within_50_m"] == 1
    assert site["ha_within_150_m"] == pytest.approx(beyond(150), abs=1e-4)
    assert site["nearest_farm_m"] == 100.0
    assert (site["farms_within_50_m"], site["farms_within_150_m"]) == (0, 1)
    assert site["value_ug_m3"] == 5.25


def test_a_site_inside_a_parcel_is_at_zero_and_covers_a_disc(run: Any, tmp_path: Path) -> None:
    path = write_parcels(tmp_path / "p.gpkg", square(SCHOOL.x - 500, SCHOOL.y - 500, 1_000))
    row = parcels_of(run(FarmExposure(), parcels_file=path, radii_m="150")).loc["P0"]
    assert row["nearest_site_m"] == 0
    assert row["ha_within_150_m"] == pytest.approx(np.pi * 2.25, abs=1e-4)


def test_declared_farms_are_read_with_their_sites(run: Any) -> None:
    results = run(FarmExposure())
    farm = results.tables["farms"].frame.set_index("farm_id").loc["F1"]
    assert farm["value_ug_m3"] == 5.25 and farm["std_ug_m3"] == 0.5
    assert farm["nearest_site_id"] == "E1" and farm["nearest_site_m"] == 100.0
    assert farm["schools_within_50_m"] == 0 and farm["schools_within_150_m"] == 1
    assert results.tables["parcels"].frame.empty
    assert results.figures["farms"] == 1 and results.figures["parcels"] == 0
    assert results.figures["within"][0]["hectares"] is None
    json.dumps(results.figures)


def test_without_parcels_or_farms_nothing_is_counted_as_zero(run: Any) -> None:
    results = run(FarmExposure(), territory="200000002")
    sites = results.tables["sites"].frame
    columns = (
        "nearest_parcel_m",
        "nearest_farm_m",
        "parcels_within_150_m",
        "ha_within_150_m",
        "farms_within_150_m",
    )
    assert len(sites) and sites[list(columns)].isna().all(axis=None)
    assert results.figures["within"][0]["sites_with_farms"] is None
    assert {"exposure.note_no_parcels", "exposure.note_declared_farms"} <= {n.key for n in results.notes}


def test_the_nearest_site_may_be_across_the_border(run: Any, tmp_path: Path) -> None:
    """The territory ends at x = 699 000; E6 stands 1.5 km beyond it."""
    path = write_parcels(tmp_path / "p.gpkg", square(698_800, 7_057_200, 200))
    results = run(FarmExposure(), parcels_file=path, radii_m="150, 1600", kinds="ecole")
    assert parcels_of(results).loc["P0", "nearest_site_id"] == "E6"
    assert results.tables["sites"].frame.set_index("site_id").loc["E6", "parcels_within_1600_m"] == 1
    results = run(FarmExposure(), parcels_file=path, radii_m="150")
    assert "E6" not in set(results.tables["sites"].frame["site_id"])


def test_unplaced_sites_are_listed_without_numbers(run: Any, tmp_path: Path) -> None:
    path = write_parcels(tmp_path / "p.gpkg", square(SCHOOL.x, SCHOOL.y, 100))
    results = run(FarmExposure(), parcels_file=path)
    site = results.tables["sites"].frame.set_index("site_id").loc["E3"]
    assert site["status"] == "unplaced"
    assert site[["nearest_parcel_m", "parcels_within_150_m", "ha_within_150_m", "value_ug_m3"]].isna().all()
    assert "exposure.note_unplaced" in [n.key for n in results.notes]


# --------------------------------------------------------------------------- where sites are not known


def test_beside_unplaced_sites_nothing_is_told(run: Any, tmp_path: Path) -> None:
    """École E3 of commune 59004 has no position: nothing is known of écoles there, of hospitals it is."""
    path = write_parcels(
        tmp_path / "p.gpkg", square(696_000, 7_031_000, 100), square(692_000, 7_055_000, 100)
    )
    raster = map_around(tmp_path / "m.tif", (690_000, 7_029_000, 700_000, 7_060_000))
    results = run(FarmExposure(), parcels_file=path, raster=raster, radii_m="150, 500")
    table = parcels_of(results)
    there, elsewhere = table.loc["P0"], table.loc["P1"]
    empty = [
        "nearest_site_m",
        "nearest_site_id",
        "nearest_ecole_m",
        "schools_within_500_m",
        "ha_within_500_m",
    ]
    assert there[empty].isna().all() and there["care_within_500_m"] == 0
    assert (there["sites_status"], there["unknown_kinds"]) == ("sites_unknown", "ecole,hospital")
    assert elsewhere["nearest_ecole_m"] > 0 and elsewhere["schools_within_500_m"] == 0
    assert (elsewhere["sites_status"], elsewhere["unknown_kinds"]) == ("known", "")
    assert results.figures["parcels_sites_unknown"] == 1
    notes = [n for n in results.notes if n.key == "exposure.note_sites_unknown"]
    assert [n.params["territory"] for n in notes] == ["Territoire d’essai"]
    assert "écoles (1 sans position sur 5)" in Catalogue("fr").text(notes[0])
    assert "écoles (1 of 5 without a position)" in Catalogue("en").text(notes[0])


def test_outside_the_territories_of_the_sites_every_distance_is_empty(run: Any, tmp_path: Path) -> None:
    """Beyond x = 702 000 no commune is known; in 59003 no hospital is."""
    path = write_parcels(
        tmp_path / "p.gpkg", square(705_000, 7_055_000, 100), square(700_500, 7_057_000, 100)
    )
    raster = map_around(tmp_path / "m.tif", (690_000, 7_050_000, 710_000, 7_060_000))
    results = run(FarmExposure(), parcels_file=path, raster=raster, radii_m="500")
    table = parcels_of(results)
    names = [c for c in table if c.startswith("nearest_") or "_within_" in c]
    assert table.loc["P0", names].isna().all() and table.loc["P0", "status"] == "ok"
    assert table.loc["P0", "sites_status"] == "sites_unknown"
    assert table.loc["P1", "schools_within_500_m"] == 1 and table.loc["P1", "nearest_ecole_m"] == 200.0
    assert table.loc["P1", ["nearest_hospital_m", "care_within_500_m", "nearest_site_m"]].isna().all()
    notes = {n.key: n.params for n in results.notes}
    assert notes["exposure.note_sites_elsewhere"]["count"] == 1


def test_the_sites_of_a_file_are_taken_as_they_are(run: Any, tmp_path: Path) -> None:
    path = write_parcels(tmp_path / "p.gpkg", square(696_000, 7_055_000, 100))
    (tmp_path / "s.csv").write_text("id,x,y\nA,696050,7055300\n", encoding="utf-8")
    row = parcels_of(run(FarmExposure(), parcels_file=path, sites_file=tmp_path / "s.csv")).loc["P0"]
    assert row["nearest_site_m"] == 200.0 and row["sites_status"] == "known"


@pytest.mark.parametrize("territory", ["200067965", "246000707"])
def test_no_distance_to_a_school_of_another_territory(checkout: Path, tmp_path: Path, territory: str) -> None:
    """No école is placed in the Oise territories: the nearest of the pack stands 100 km away."""
    pack = Pack.open(checkout / "data")
    x_min, y_min, x_max, y_max = pack.territory(territory).extent
    path = write_parcels(tmp_path / "p.gpkg", square((x_min + x_max) / 2, (y_min + y_max) / 2, 200))
    given = {"territory": territory, "year": 2019, "parcels_file": path, "kinds": "ecole,college,lycee"}
    results = _run_unchecked(pack, **given)
    row = parcels_of(results).loc["P0"]
    assert row["status"] == "ok" and row["sites_status"] == "sites_unknown"
    assert "ecole" in row["unknown_kinds"]
    columns = ["nearest_site_m", "nearest_ecole_m", *(f"schools_within_{r}_m" for r in (20, 50, 150, 500))]
    assert row[columns].isna().all()
    assert "exposure.note_sites_unknown" in [n.key for n in results.notes]


# --------------------------------------------------------------------------- the training set


def test_the_training_set_taints_everything(run: Any) -> None:
    results = run(FarmExposure(), dataset="training")
    assert results.standing.quality is Quality.FICTITIOUS
    for name in ("parcels", "farms", "sites"):
        frame = results.tables[name].frame
        assert len(frame) and (frame["quality"] == "fictitious").all(), name
    assert "exposure.note_training" in [n.key for n in results.notes]


def test_the_training_set_is_never_mixed_with_real_sites(run: Any, pack: Pack, tmp_path: Path) -> None:
    results = run(FarmExposure(), dataset="training")
    assert set(results.tables["sites"].frame["site_id"]) == {"M1"}
    parcel = parcels_of(results).loc["fictif-1"]
    assert parcel["nearest_fictitious_house_m"] == 100.0 and parcel["houses_within_150_m"] == 1
    assert not [c for c in results.tables["parcels"].frame if "ecole" in c]
    path = write_parcels(tmp_path / "p.gpkg", square(SCHOOL.x, SCHOOL.y, 100))
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, year=2019, dataset="training", parcels_file=path)
    assert caught.value.key == "exposure.two_parcel_sets"


# --------------------------------------------------------------------------- odd polygons


def test_rows_without_a_polygon_are_listed_and_repairs_are_told(run: Any, tmp_path: Path) -> None:
    bow_tie = shapely.Polygon(
        [(692_000, 7_056_000), (692_200, 7_056_200), (692_200, 7_056_000), (692_000, 7_056_200)]
    )
    features = [
        ("ok", square(692_000, 7_055_000, 100)),
        ("bow", bow_tie),
        ("empty", None),
        ("point", shapely.Point(692_000, 7_055_000)),
    ]
    frame = gpd.GeoDataFrame(
        {"parcel_id": [n for n, _ in features]}, geometry=[g for _, g in features], crs=2154
    )
    frame.to_file(tmp_path / "odd.gpkg")
    results = run(FarmExposure(), parcels_file=tmp_path / "odd.gpkg")
    table = parcels_of(results)
    assert table["status"].to_dict() == {
        "ok": "ok", "bow": "ok", "empty": "no_geometry", "point": "not_a_polygon"
    }  # fmt: skip
    assert table["geometry_repaired"].to_dict() == {"ok": False, "bow": True, "empty": False, "point": False}
    assert table.loc["bow", "area_ha"] == pytest.approx(2.0)
    unread = table.loc[["empty", "point"]]
    for column in (
        "mean_ug_m3",
        "max_ug_m3",
        "area_ha",
        "nearest_site_m",
        "schools_within_150_m",
        "ha_within_150_m",
    ):
        assert unread[column].isna().all(), column
    notes = {n.key: n.params for n in results.notes}
    assert notes["exposure.note_no_polygon"]["count"] == 2
    assert notes["exposure.note_repaired"]["count"] == 1
    assert results.figures["parcels_without_polygon"] == 2


def test_parcels_off_the_map_or_without_data_are_listed(run: Any, tmp_path: Path) -> None:
    path = write_parcels(
        tmp_path / "p.gpkg",
        square(692_000, 7_055_000, 100),
        square(701_200, 7_052_300, 100),
        square(760_000, 7_055_000, 100),
    )
    table = parcels_of(run(FarmExposure(), parcels_file=path))
    assert table["status"].tolist() == ["ok", "nodata", "outside"]
    assert table.loc[["P1", "P2"], ["mean_ug_m3", "max_ug_m3"]].isna().all(axis=None)
    assert table.loc["P0", "nearest_site_m"] > 0 and table.loc["P1", "nearest_ecole_m"] > 0


def test_a_parcel_half_off_the_map_says_how_much_was_read(run: Any, tmp_path: Path) -> None:
    path = write_parcels(tmp_path / "p.gpkg", shapely.box(689_900, 7_056_000, 690_100, 7_056_200))
    row = parcels_of(run(FarmExposure(), parcels_file=path)).loc["P0"]
    assert row["covered_share"] == pytest.approx(0.5) and row["mean_ug_m3"] == 0.25


@pytest.mark.parametrize(
    ("shapes", "key"),
    [
        ([], "exposure.no_rows"),
        ([shapely.Point(692_000, 7_055_000)], "exposure.no_polygon"),
    ],
)
def test_files_without_parcels_are_refused(pack: Pack, tmp_path: Path, shapes: list[Any], key: str) -> None:
    frame = gpd.GeoDataFrame({"parcel_id": ["x"] * len(shapes)}, geometry=shapes, crs=2154)
    frame.to_file(tmp_path / "none.gpkg")
    with pytest.raises(AqahError) as caught:
        _run_unchecked(pack, year=2019, parcels_file=tmp_path / "none.gpkg")
    assert caught.value.key == key


def _run_unchecked(pack: Pack, feedback: Feedback | None = None, **given: Any) -> Any:
    given = {"territory": "200000001", "pollutant": "no2", "kinds": "ecole,hospital"} | given
    params = parse_params(FarmExposure.spec, given)
    with open_inputs(FarmExposure.spec, params) as inputs:
        return FarmExposure().run(params, Context(pack, inputs), feedback or Feedback())


# --------------------------------------------------------------------------- radii


@pytest.mark.parametrize(
    ("given", "radii"),
    [
        ("20, 50,150", (20, 50, 150)),
        ("150;20", (20, 150)),
        (150, (150,)),
        ([5, 5.5], (5, 5.5)),
        ("50 m", (50,)),
    ],
)
def test_radii_are_read_in_any_writing(given: Any, radii: tuple[float, ...]) -> None:
    assert read_radii(given) == radii


@pytest.mark.parametrize("given", ["", "abc", "0", "-5", "20000", "1,2,3,4,5,6,7,8,9", [None], "nan"])
def test_other_radii_are_refused(given: Any) -> None:
    if given == "":
        assert read_radii(given) == (20, 50, 150, 500)
        return
    with pytest.raises(BadInputError, match=r"exposure\.radii"):
        read_radii(given)


def test_check_names_what_is_wrong(pack: Pack) -> None:
    params = {p.name: p.default for p in FarmExposure.spec.parameters}
    params |= {"territory": "200000001", "pollutant": "no2", "year": 2019}
    assert FarmExposure().check(params, Context(pack)) == []
    problems = FarmExposure().check(params | {"radii_m": "a", "year": 1999}, Context(pack))
    assert {p.parameter: p.text.key for p in problems} == {
        "year": "storage.no_concentration_year.message", "radii_m": "exposure.radii.message"
    }  # fmt: skip


def test_every_text_of_the_declaration_exists_in_both_languages() -> None:
    spec = FarmExposure.spec
    keys = [spec.title, spec.summary, *(o.label for o in spec.outputs)]
    keys += [k for p in spec.parameters for k in (p.label, p.help) if k]
    for language in ("fr", "en"):
        assert [k for k in keys if not Catalogue(language).has(k)] == []


# --------------------------------------------------------------------------- other maps, real declarations


def map_around(path: Path, bounds: tuple[float, float, float, float], crs: str = "EPSG:2154") -> Path:
    """A ramp of 50 m cells (1e-3 µg/m³ a metre eastwards) around ``bounds``."""
    x_min, y_min, x_max, y_max = bounds
    nx, ny = int((x_max - x_min) / 50) + 20, int((y_max - y_min) / 50) + 20
    origin = (x_min - 500, y_max + 500)
    values = np.tile((np.arange(nx) + 0.5) * 0.05, (ny, 1)).astype("float32")
    profile = {"driver": "GTiff", "height": ny, "width": nx, "count": 1, "dtype": "float32", "crs": crs}
    with rasterio.open(path, "w", transform=from_origin(*origin, 50, 50), **profile) as target:
        target.write(values, 1)
    return path


@pytest.mark.parametrize(
    ("name", "assumed", "ids"),
    [
        ("parcels-demo-2019.geojson", None, r"\d+-\d+"),
        ("telepac-parcelles-2024.shp", "EPSG:2154", r"\d+-\d+"),
    ],
)
def test_real_declarations(
    run: Any, shared: Path, tmp_path: Path, name: str, assumed: str | None, ids: str
) -> None:
    path = shared / "realdata" / "parcels-declared" / name
    given = {"assume_crs": assumed} if assumed else {}
    frame = gpd.read_file(path)
    frame = frame.set_crs(2154) if assumed else frame.to_crs(2154)
    raster = map_around(tmp_path / "map.tif", tuple(frame.total_bounds))
    table = run(FarmExposure(), parcels_file=path, raster=raster, **given).tables["parcels"].frame
    assert len(table) == 45 and (table["status"] == "ok").all()
    assert table["parcel_id"].str.fullmatch(ids).all() and table["crop_code"].notna().all()
    assert table["area_ha"].to_numpy() == pytest.approx(frame.area.to_numpy() / 1e4, abs=1e-3)
    # On a linear map the area-weighted mean is the value at the centroid.
    west = frame.total_bounds[0] - 500
    assert table["mean_ug_m3"].to_numpy() == pytest.approx((frame.centroid.x - west) / 1000, abs=6e-3)


def test_a_shapefile_without_projection_is_refused_in_words(pack: Pack, shared: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        path = shared / "realdata" / "parcels-declared" / "telepac-parcelles-2024.shp"
        _run_unchecked(pack, year=2019, parcels_file=path)
    assert caught.value.key == "storage.vector_no_crs"


def test_a_map_of_another_system_gives_the_same_means(run: Any, tmp_path: Path) -> None:
    path = write_parcels(
        tmp_path / "p.gpkg", square(692_000, 7_055_000, 730), square(695_100, 7_053_300, 410)
    )
    shapes = gpd.read_file(path).to_crs("EPSG:3035")
    raster = map_around(tmp_path / "m.tif", tuple(shapes.total_bounds), "EPSG:3035")
    table = run(FarmExposure(), parcels_file=path, raster=raster).tables["parcels"].frame
    west = shapes.total_bounds[0] - 500
    assert table["mean_ug_m3"].to_numpy() == pytest.approx((shapes.centroid.x - west) / 1000, abs=4e-3)


def test_parcels_far_from_the_map_are_refused(pack: Pack, shared: Path) -> None:
    path = shared / "realdata" / "parcels-declared" / "parcels-demo-2019.geojson"
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, year=2019, parcels_file=path)
    assert (caught.value.key, caught.value.params["count"]) == ("exposure.nothing_covered", 45)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_tables_of_parcels_and_of_sites_tell_the_same_story(run: Any, tmp_path: Path, seed: int) -> None:
    """Pairs counted from the parcels equal pairs counted from the sites; hectares agree for lone sites."""
    generator = np.random.default_rng(seed)
    corners = generator.uniform((691_000, 7_053_000), (695_000, 7_058_000), (6, 2)).round(1)
    sides = generator.uniform(50, 1_500, 6).round(1)
    shapes = [square(x, y, side) for (x, y), side in zip(corners, sides, strict=True)]
    path = write_parcels(tmp_path / f"p{seed}.gpkg", *shapes)
    results = run(FarmExposure(), parcels_file=path, radii_m="100, 700")
    parcels, sites = results.tables["parcels"].frame, results.tables["sites"].frame
    for radius in (100, 700):
        from_parcels = parcels[f"schools_within_{radius}_m"].sum() + parcels[f"care_within_{radius}_m"].sum()
        assert from_parcels == sites[f"parcels_within_{radius}_m"].sum()
        # Sites of the pack stand more than 1.4 km apart: no disc overlaps another.
        assert parcels[f"ha_within_{radius}_m"].sum() == pytest.approx(
            sites[f"ha_within_{radius}_m"].sum(), abs=2e-3
        )
        assert (parcels[f"ha_within_{radius}_m"] <= parcels["area_ha"] + 1e-3).all()
    # One disc over overlapping parcels counts an overlap twice, in both tables alike.
    assert (parcels["nearest_site_m"] <= parcels["nearest_ecole_m"]).all()
    nearest = parcels["nearest_site_m"].min()
    assert nearest == pytest.approx(sites["nearest_parcel_m"].min(), abs=0.11)


class Stop(Feedback):
    """Cancels at the ``n``-th look."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def cancelled(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("looks", [0, 2, 5])
def test_a_run_stops_when_asked(pack: Pack, looks: int) -> None:
    with pytest.raises(JobCancelledError):
        _run_unchecked(pack, Stop(looks), year=2019, dataset="training")
