"""``aqah.exposure.sites`` on a map whose answers are known, on foreign rasters and on real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from aqah_desktop.errors import AqahError, BadInputError, JobCancelledError, UnknownItemError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.algorithms.exposure.columns import KIND_COLUMNS, SITE_COLUMNS
from aqah_desktop.processing.algorithms.exposure.sites import SiteExposure
from aqah_desktop.processing.contract import Context
from aqah_desktop.processing.inputs import open_inputs
from aqah_desktop.processing.params import parse_params
from aqah_desktop.records import Method, Quality
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.tables import write_csv

ASKED = [
    "site_id",
    "name",
    "kind",
    "commune_code",
    "lon",
    "lat",
    "pollutant",
    "year",
    "value_ug_m3",
    "std_ug_m3",
    "radius_mean_ug_m3",
    "quality",
    "who_2021_exceeded",
    "eu_2030_exceeded",
    "rank",
]
X0, Y0 = 690_000.0, 7_060_000.0


def sites_of(results: Any) -> gpd.GeoDataFrame:
    return results.tables["sites"].frame.set_index("site_id")


def write_tif(
    path: Path,
    values: np.ndarray,
    cell: tuple[float, float],
    crs: str | None,
    origin: tuple[float, float],
    nodata: float | None = None,
) -> Path:
    height, width = values.shape
    kind = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": crs, "nodata": nodata}
    with rasterio.open(
        path, "w", height=height, width=width, transform=from_origin(*origin, *cell), **kind
    ) as target:
        target.write(values.astype("float32"), 1)
    return path


def ramp_tif(path: Path, cell_m: float = 100.0, **kwargs: Any) -> Path:
    """Cells hold their own x in km from the west edge."""
    nx, ny = int(12_000 / cell_m), int(8_000 / cell_m)
    values = np.tile((np.arange(nx) + 0.5) * cell_m / 1000, (ny, 1))
    return write_tif(path, values, (cell_m, cell_m), kwargs.pop("crs", "EPSG:2154"), (X0, Y0), **kwargs)


# --------------------------------------------------------------------------- the table


def test_every_site_of_the_territory_is_listed_and_none_is_zero(run: Any) -> None:
    results = run(SiteExposure())
    table = results.tables["sites"].frame
    assert list(table.columns[:15]) == ASKED
    assert [c for c in table.columns if c != "geometry"] == [f.name for f in SITE_COLUMNS]
    by_id = table.set_index("site_id")
    assert by_id["status"].to_dict() == {
        "H1": "ok", "E2": "ok", "E1": "ok", "E5": "outside", "E3": "unplaced", "E4": "nodata"
    }  # fmt: skip
    assert by_id.loc[["H1", "E2", "E1"], "value_ug_m3"].tolist() == [20.75, 15.25, 5.25]
    assert by_id.loc[["H1", "E2", "E1"], "rank"].tolist() == [1, 2, 3]
    assert by_id.loc[["H1", "E2", "E1"], "std_ug_m3"].tolist() == [0.5, 0.5, 0.5]
    unread = by_id.loc[["E3", "E4", "E5"]]
    for column in (
        "value_ug_m3",
        "std_ug_m3",
        "radius_mean_ug_m3",
        "rank",
        "who_2021_exceeded",
        "eu_2008_uncertain",
    ):
        assert unread[column].isna().all(), column
    assert (table["year"] == 2019).all() and (table["pollutant"] == "no2").all()


def test_the_written_table_has_empty_cells_and_true_or_false(run: Any, tmp_path: Path) -> None:
    write_csv(tmp_path / "sites.csv", run(SiteExposure()).tables["sites"].frame)
    rows = {
        line.split(",")[0]: line.split(",")
        for line in (tmp_path / "sites.csv").read_text("utf-8").splitlines()
    }
    header = rows["site_id"]
    who, value, rank = (header.index(c) for c in ("who_2021_exceeded", "value_ug_m3", "rank"))
    assert [rows[i][who] for i in ("H1", "E1", "E3")] == ["true", "false", ""]
    assert rows["E4"][value] == "" and rows["E4"][rank] == ""
    assert (rows["E1"][value], rows["E1"][rank]) == ("5.25", "3")


def test_positions_are_given_in_degrees(run: Any) -> None:
    table = sites_of(run(SiteExposure()))
    back = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), table.index, crs="EPSG:4326").to_crs(
        2154
    )
    placed = table.geometry.notna()
    assert back[placed].distance(table.geometry[placed]).max() < 0.2
    assert table.loc["E3", ["lon", "lat"]].isna().all()


def test_mean_within_a_radius_on_a_ramp_is_the_value_at_the_centre(run: Any) -> None:
    """E1 and H1 stand in the middle of a cell: the mean of a ramp over any centred disc is its value."""
    for radius in (200, 450, 1000):
        table = sites_of(run(SiteExposure(), radius_m=radius))
        assert table.loc["E1", "radius_mean_ug_m3"] == pytest.approx(5.25, abs=2e-3)
        assert table.loc["H1", "radius_mean_ug_m3"] == pytest.approx(20.75, abs=2e-3)


def test_mean_within_a_radius_weighs_cells_by_their_area(run: Any) -> None:
    """E2 is 50 m west of the middle of its cell; radius 200: chords at −50 and +150 from it."""

    def segment(distance: float) -> float:
        return 200**2 * np.arccos(distance / 200) - distance * np.sqrt(200**2 - distance**2)

    west, east = segment(50), segment(150)
    disc = np.pi * 200**2
    expected = 15.25 + 0.5 * (east - west) / disc
    table = sites_of(run(SiteExposure(), radius_m=200))
    assert table.loc["E2", "radius_mean_ug_m3"] == pytest.approx(expected, abs=1e-3)


def test_each_framework_is_compared_with_the_packs_own_value(run: Any) -> None:
    results = run(SiteExposure())
    table = sites_of(results)
    ranked = ["H1", "E2", "E1"]
    assert table.loc[ranked, "who_2021_exceeded"].tolist() == [True, True, False]
    assert table.loc[ranked, "eu_2030_exceeded"].tolist() == [True, False, False]
    assert table.loc[ranked, "eu_2008_exceeded"].tolist() == [False, False, False]
    frameworks = results.figures["frameworks"]
    assert {key: f["value_ug_m3"] for key, f in frameworks.items()} == {
        "who_2021": 10.0, "eu_2030": 20.0, "eu_2008": 40.0
    }  # fmt: skip
    assert [f["exceeded"] for f in frameworks.values()] == [2, 1, 0]


def test_a_value_is_not_above_the_limit_it_equals(run: Any, tmp_path: Path) -> None:
    values = np.full((40, 60), 20.0)
    path = write_tif(tmp_path / "flat.tif", values, (200, 200), "EPSG:2154", (X0, Y0))
    table = sites_of(run(SiteExposure(), raster=path))
    assert not table.loc[["H1", "E1"], "eu_2030_exceeded"].any()
    assert table.loc[["H1", "E1"], "rank"].tolist() == [1, 1]


def test_within_one_standard_deviation_is_uncertain(
    run: Any, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """std 0.5: 20.75 is clear of 20 by 0.75; with a limit of 20.3 it is not."""
    assert not sites_of(run(SiteExposure())).loc["H1", "eu_2030_uncertain"]
    real = pack.thresholds
    import dataclasses

    nearer = [dataclasses.replace(t, value_ug_m3=20.3) if t.value_ug_m3 == 20 else t for t in real("no2")]
    monkeypatch.setattr(pack, "thresholds", lambda pollutant: nearer)
    results = run(SiteExposure())
    table = sites_of(results)
    assert table.loc["H1", "eu_2030_uncertain"] and table.loc["H1", "eu_2030_exceeded"]
    assert not table.loc["E1", "eu_2030_uncertain"]
    assert results.figures["frameworks"]["eu_2030"]["uncertain"] == 1


def test_an_unverified_value_is_flagged_in_table_figures_and_notes(run: Any) -> None:
    results = run(SiteExposure())
    assert (results.tables["sites"].frame["thresholds_to_verify"] == "eu_2030").all()
    assert [f["verified"] for f in results.figures["frameworks"].values()] == [True, False, True]
    note = next(n for n in results.notes if n.key == "exposure.note_unverified")
    assert note.params["frameworks"] == ["eu_2030"]


def test_pupils_and_figures(run: Any) -> None:
    figures = run(SiteExposure()).figures
    assert figures["sites"] == 6
    assert [figures[f"sites_{s}"] for s in ("ok", "outside", "nodata", "unplaced")] == [3, 1, 1, 1]
    assert (figures["mean_ug_m3"], figures["median_ug_m3"], figures["max_ug_m3"]) == (13.75, 15.25, 20.75)
    assert figures["pupils_known"] == 260 and figures["sites_with_pupils"] == 3
    assert figures["frameworks"]["who_2021"]["pupils_known_above"] == 120
    json.dumps(figures)


def test_residents_weigh_the_mean(run: Any) -> None:
    """10 a cell in the west commune, 30 in the east; the whole territory has data."""
    figures = run(SiteExposure()).figures["population"]
    west, east = np.arange(691_100, 695_000, 200), np.arange(695_100, 699_000, 200)
    values = {x: 0.25 + 0.5 * ((x - X0) // 200) for x in (*west, *east)}
    people = {x: (10 if x < 695_000 else 30) * 35 for x in values}
    mean = sum(values[x] * people[x] for x in values) / sum(people.values())
    assert figures["mean_ug_m3"] == pytest.approx(mean, abs=5e-3)
    assert figures["residents"] == sum(people.values())
    above = sum(people[x] for x in values if values[x] > 20)
    assert figures["above"]["eu_2030"] == above > 0
    assert figures["covered_share"] == 1.0


def test_one_row_per_kind(run: Any) -> None:
    kinds = run(SiteExposure()).tables["kinds"].frame
    assert list(kinds.columns) == [f.name for f in KIND_COLUMNS]
    schools = kinds.set_index("kind").loc["ecole"]
    assert (schools["sites"], schools["with_value"], schools["mean_ug_m3"]) == (5, 2, 10.25)
    assert (schools["who_2021_exceeded"], schools["pupils"]) == (1, 260)


def test_standing_is_the_worst_of_the_inputs(run: Any) -> None:
    results = run(SiteExposure())
    assert results.standing.quality is Quality.INDICATIVE
    assert results.standing.method is Method.DERIVED
    assert (results.tables["sites"].frame["quality"] == "indicative").all()


def test_fictitious_sites_taint_the_result(run: Any) -> None:
    results = run(SiteExposure(), sites_layer="training_houses")
    assert results.standing.quality is Quality.FICTITIOUS
    assert (results.tables["sites"].frame["quality"] == "fictitious").all()


def test_the_table_says_that_no_verdict_follows(run: Any) -> None:
    note = next(n for n in run(SiteExposure()).notes if n.key == "exposure.note_no_verdict")
    assert "200" in Catalogue("fr").text(note)


def test_kinds_and_territory_choose_the_sites(run: Any) -> None:
    assert list(run(SiteExposure(), kinds="hospital").tables["sites"].frame["site_id"]) == ["H1"]
    assert list(
        run(SiteExposure(), territory="200000002", kinds="ecole").tables["sites"].frame["site_id"]
    ) == ["E6"]
    empty = run(SiteExposure(), territory="200000002", kinds="hospital")
    assert empty.tables["sites"].frame.empty and empty.figures["mean_ug_m3"] is None
    assert "exposure.note_no_sites" in [n.key for n in empty.notes]


# --------------------------------------------------------------------------- a user's raster


def test_a_finer_raster_replaces_the_packs_map(run: Any, tmp_path: Path) -> None:
    results = run(SiteExposure(), raster=ramp_tif(tmp_path / "fine.tif", 25.0), radius_m=30)
    table = sites_of(results)
    assert table.loc["E1", "value_ug_m3"] == pytest.approx(2.1125, abs=1e-3)
    assert table["std_ug_m3"].isna().all() and table["eu_2030_uncertain"].isna().all()
    assert (table["quality"] == "user-supplied").all() and results.figures["year"] is None
    assert {"exposure.note_user_raster", "exposure.note_no_std"} <= {n.key for n in results.notes}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3035", "EPSG:32631"])
def test_a_raster_of_another_system_gives_the_same_answer(run: Any, tmp_path: Path, crs: str) -> None:
    """A linear field in the other system: value under the point, and mean around, within a cell's step."""
    points = gpd.GeoSeries(sites_of(run(SiteExposure())).geometry.dropna(), crs=2154).to_crs(crs)
    cell = 0.002 if crs == "EPSG:4326" else 150.0
    x_min, y_min, x_max, y_max = points.total_bounds
    origin = (x_min - 40 * cell, y_max + 40 * cell)
    nx, ny = int((x_max - origin[0]) / cell) + 40, int((origin[1] - y_min) / cell) + 40
    values = np.tile(np.arange(nx) * 0.01, (ny, 1))
    path = write_tif(tmp_path / "other.tif", values, (cell, cell), crs, origin)
    table = sites_of(run(SiteExposure(), raster=path, radius_m=600))
    for site in ("E1", "H1", "E2"):
        column = int((points[site].x - origin[0]) // cell)
        assert table.loc[site, "value_ug_m3"] == pytest.approx(column * 0.01, abs=1e-3)
        exact = (points[site].x - origin[0]) / cell - 0.5
        assert table.loc[site, "radius_mean_ug_m3"] == pytest.approx(exact * 0.01, abs=1.5e-3)


def test_oblong_cells_are_read(run: Any, tmp_path: Path) -> None:
    values = np.tile(np.arange(120) * 0.1, (20, 1))
    path = write_tif(tmp_path / "oblong.tif", values, (100, 400), "EPSG:2154", (X0, Y0))
    table = sites_of(run(SiteExposure(), raster=path, radius_m=400))
    assert table.loc["E1", "value_ug_m3"] == pytest.approx(2.1, abs=1e-3)
    assert table.loc["E1", "radius_mean_ug_m3"] == pytest.approx(2.05, abs=2e-2)


@pytest.mark.parametrize(
    ("name", "kwargs", "key"),
    [
        ("no_crs", {"crs": None}, "storage.raster_no_crs"),
        ("coarse", {"cell_m": 500.0}, "exposure.radius_below_cell"),
    ],
)
def test_rasters_that_cannot_be_used_are_refused(
    pack: Pack, tmp_path: Path, name: str, kwargs: dict[str, Any], key: str
) -> None:
    path = ramp_tif(tmp_path / f"{name}.tif", **kwargs)
    with pytest.raises(AqahError) as caught:
        _run_unchecked(pack, raster=path)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("value", "nodata", "key"),
    [(-9999.0, -9999.0, "storage.raster_all_nodata"), (-3.0, None, "exposure.negative_values")],
)
def test_rasters_without_values_or_below_zero_are_refused(
    pack: Pack, tmp_path: Path, value: float, nodata: float | None, key: str
) -> None:
    values = np.full((40, 60), value)
    path = write_tif(tmp_path / "bad.tif", values, (200, 200), "EPSG:2154", (X0, Y0), nodata)
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, raster=path)
    assert caught.value.key == key


def test_a_raster_of_elsewhere_is_refused(pack: Pack, tmp_path: Path) -> None:
    path = write_tif(tmp_path / "far.tif", np.ones((40, 60)), (200, 200), "EPSG:2154", (100_000, 6_300_000))
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, raster=path)
    assert caught.value.key == "exposure.nothing_covered"


def _run_unchecked(pack: Pack, **given: Any) -> Any:
    """Parse, open and run without ``check``: ``run`` must refuse by itself."""
    given = {"territory": "200000001", "pollutant": "no2", "kinds": "ecole,hospital"} | given
    params = parse_params(SiteExposure.spec, given)
    from aqah_desktop.processing.contract import Feedback

    with open_inputs(SiteExposure.spec, params) as inputs:
        return SiteExposure().run(params, Context(pack, inputs), Feedback())


@pytest.mark.parametrize("name", [
    "float_nan.tif", "float_raster_with_nodata.tif", "all-nodata.tif", "rotated.tif", "test_esri_wkt.tif",
    "two-subs.h5", "goes.tif", "N10W110.hgt.zip", "rgb-byte-tenth.tif", "2d_test.tif", "nonstandard_dim.nc",
    "unicode.nc", "tmmx_20190121.nc", "MODIS_ARRAY.nc", "cint16.tif", "clip_bbox__out_of_bounds.tif",
    "veris.nc",
])  # fmt: skip
def test_real_rasters_that_are_hard_to_read_give_a_clear_error(pack: Pack, shared: Path, name: str) -> None:
    """None of them covers the territory: each is refused in words of the catalogue."""
    with pytest.raises(AqahError) as caught:
        _run_unchecked(pack, raster=shared / "realdata" / "tricky-rasters" / name, radius_m=10_000)
    text = Catalogue("fr").error(caught.value)
    assert caught.value.exit_code == 2
    assert not text.message.startswith(("exposure.", "storage.", "mapping.")), caught.value
    assert text.cause and text.remedy


# --------------------------------------------------------------------------- a user's sites


def test_a_table_of_sites_keeps_its_ids(run: Any, tmp_path: Path) -> None:
    place = gpd.GeoSeries(
        [shapely.Point(692_100, 7_056_100), shapely.Point(698_300, 7_054_300)], crs=2154
    ).to_crs(4326)
    rows = ["UAI;Nom;Longitude;Latitude;Effectif"]
    rows += [f"0{i}590001A;Crèche {i};{str(p.x).replace('.', ',')};{str(p.y).replace('.', ',')};2{i}"
             for i, p in enumerate(place)]  # fmt: skip
    rows.append("009;Sans position;;;")
    path = tmp_path / "creches.csv"
    path.write_text("\n".join(rows), encoding="cp1252")
    results = run(SiteExposure(), sites_file=path)
    table = sites_of(results)
    assert list(table.index) == ["01590001A", "00590001A", "009"]
    assert table["value_ug_m3"].tolist()[:2] == [20.75, 5.25]
    assert table["pupils"].tolist()[:2] == [21, 20]
    assert table["commune_code"].tolist()[:2] == ["59002", "59001"]
    assert table.loc["009", "status"] == "unplaced"
    beyond = next(n.params for n in results.notes if n.key == "exposure.note_beyond_territory")
    assert (beyond["count"], beyond["total"]) == (1, 3)
    assert table.loc["01590001A", "name"] == "Crèche 1"
    assert results.standing.quality is Quality.INDICATIVE  # the map is worse than the file
    results = run(SiteExposure(), sites_file=path, raster=ramp_tif(tmp_path / "r.tif"))
    assert (results.tables["sites"].frame["quality"] == "user-supplied").all()


def test_a_vector_file_of_buildings_is_read_at_a_point_inside(run: Any, tmp_path: Path) -> None:
    ring = shapely.box(692_010, 7_056_010, 692_190, 7_056_190)
    gpd.GeoDataFrame({"name": ["Bâtiment"]}, geometry=[ring], crs=2154).to_crs(4326).to_file(
        tmp_path / "b.geojson"
    )
    table = run(SiteExposure(), sites_file=tmp_path / "b.geojson").tables["sites"].frame
    assert table["site_id"].tolist() == ["1"]
    assert table["value_ug_m3"].tolist() == [5.25]
    assert table["kind"].tolist() == ["site"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("id,name\n1,a\n", "exposure.no_coordinates"),
        ("id,lon,lat\n1,692100,7056100\n", "exposure.coordinates_unclear"),
        ("id,x,y\n1,3.05,50.6\n", "exposure.coordinates_unclear"),
        ("id,lon,lat\n1,-70.5,45.0\n", "exposure.nothing_covered"),
    ],
)
def test_sites_files_that_cannot_be_placed(pack: Pack, tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, sites_file=tmp_path / "s.csv", year=2019)
    assert caught.value.key == key


def test_metric_columns_are_read_as_lambert_93(run: Any, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("id,X,Y\n007,692100,7056100\n", encoding="utf-8")
    table = sites_of(run(SiteExposure(), sites_file=tmp_path / "s.csv"))
    assert table.loc["007", "value_ug_m3"] == 5.25


def region_tif(path: Path) -> Path:
    """1 km cells over the region: 10 µg/m³, 1 more per 10 km eastwards."""
    values = np.tile(10 + np.arange(220) / 10, (270, 1))
    return write_tif(path, values, (1000, 1000), "EPSG:2154", (580_000, 7_120_000))


def test_the_real_hospitals_of_the_region(run: Any, shared: Path, tmp_path: Path) -> None:
    path = shared / "realdata" / "hospitals-hdf" / "hospitals_hdf.csv"
    raster = region_tif(tmp_path / "region.tif")
    table = run(SiteExposure(), sites_file=path, raster=raster, radius_m=1000).tables["sites"].frame
    assert len(table) == 440 and (table["status"] == "ok").all()
    assert table["value_ug_m3"].between(10, 32).all() and table["rank"].max() <= 440
    assert table["site_id"].str.len().min() >= 8 and table["name"].notna().all()
    near = (table["radius_mean_ug_m3"] - table["value_ug_m3"]).abs()
    assert near.max() <= 0.1


def test_the_real_colleges_of_the_region(run: Any, shared: Path, tmp_path: Path) -> None:
    path = shared / "realdata" / "schools-colleges-hdf" / "colleges_geoloc_hdf.csv"
    raster = region_tif(tmp_path / "region.tif")
    table = run(SiteExposure(), sites_file=path, raster=raster, radius_m=1000).tables["sites"].frame
    assert len(table) == 680 and (table["status"] == "unplaced").sum() == 4
    assert table["site_id"].str.fullmatch(r"\d{7}[A-Z]").all()
    assert table["rank"].notna().sum() == 676


# --------------------------------------------------------------------------- before and while running


def problems_of(pack: Pack, **given: Any) -> dict[str, str]:
    params = {p.name: p.default for p in SiteExposure.spec.parameters}
    params |= {"territory": "200000001", "pollutant": "no2", "year": 2019, "kinds": ("ecole",)} | given
    return {p.parameter: p.text.key for p in SiteExposure().check(params, Context(pack))}


def test_check_names_what_is_wrong(pack: Pack) -> None:
    assert problems_of(pack) == {}
    assert problems_of(pack, territory="123") == {"territory": "storage.unknown_territory.message"}
    assert problems_of(pack, year=1999) == {"year": "storage.no_concentration_year.message"}
    assert problems_of(pack, year=None) == {"year": "exposure.no_year.message"}
    assert problems_of(pack, pollutant="pm10") == {"year": "storage.no_concentration_pollutant.message"}
    assert problems_of(pack, radius_m=150.0) == {"radius_m": "exposure.radius_below_cell.message"}
    assert problems_of(pack, radius_m=-1.0) == {"radius_m": "processing.param_out_of_range.message"}
    assert problems_of(pack, sites_layer="nothing") == {"sites_layer": "storage.unknown_layer.message"}


def test_a_run_refuses_what_check_refuses(pack: Pack) -> None:
    with pytest.raises(BadInputError) as caught:
        _run_unchecked(pack, year=2019, radius_m=100)
    assert caught.value.key == "exposure.radius_below_cell"
    with pytest.raises(UnknownItemError):
        _run_unchecked(pack, year=2018)


def test_a_run_stops_when_asked(run: Any) -> None:
    from aqah_desktop.processing.contract import Feedback

    class Stop(Feedback):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(JobCancelledError):
        run(SiteExposure(), Stop())


def test_the_raster_is_closed_after_the_run(pack: Pack, tmp_path: Path) -> None:
    params = parse_params(
        SiteExposure.spec, {"territory": "1", "pollutant": "no2", "raster": ramp_tif(tmp_path / "r.tif")}
    )
    with open_inputs(SiteExposure.spec, params) as inputs:
        raster = inputs["raster"]
        assert raster.bands == 1
    with pytest.raises(Exception, match=r"(?i)closed|damaged"):
        raster.read()


def test_same_input_same_bytes(run: Any, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_csv(tmp_path / name, run(SiteExposure()).tables["sites"].frame)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_every_text_of_the_declaration_exists_in_both_languages() -> None:
    spec = SiteExposure.spec
    keys = [spec.title, spec.summary, *(o.label for o in spec.outputs)]
    keys += [k for p in spec.parameters for k in (p.label, p.help) if k]
    for language in ("fr", "en"):
        assert [k for k in keys if not Catalogue(language).has(k)] == []


def test_large_areas_are_read_in_tiles(run: Any, tmp_path: Path) -> None:
    """One pair of sites 150 km apart on a 10 m raster: only the cells around them are read."""
    path = tmp_path / "wide.tif"
    kind = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:2154", "tiled": True}
    place = from_origin(600_000, 7_060_000, 10, 10)
    with rasterio.open(
        path, "w", height=1000, width=16_000, transform=place, compress="deflate", **kind
    ) as target:
        target.write(np.full((1000, 16_000), 7, dtype="uint8"), 1)
    (tmp_path / "s.csv").write_text("id,x,y\na,600500,7055000\nb,759000,7055000\n", encoding="utf-8")
    table = run(SiteExposure(), raster=path, sites_file=tmp_path / "s.csv").tables["sites"].frame
    assert table["radius_mean_ug_m3"].tolist() == [7, 7]


def test_write_raster_of_the_pack_is_what_is_read(run: Any, tmp_path: Path) -> None:
    """A GeoTIFF the program itself exported serves as a user's raster."""
    from aqah_desktop.records import Grid

    grid = Grid(X0, Y0, 200.0, 60, 40)
    write_raster(tmp_path / "own.tif", np.full((40, 60), 12.34, "float32"), grid, scale=0.01, nodata=65535)
    table = sites_of(run(SiteExposure(), raster=tmp_path / "own.tif"))
    assert table.loc["E1", "value_ug_m3"] == 12.34
