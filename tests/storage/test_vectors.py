"""Vector files as people send them, and GeoPackages that are the same each time."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import wkt

from aqah_desktop.errors import AqahError, BadInputError, StorageError
from aqah_desktop.storage.records_json import hash_frame
from aqah_desktop.storage.vectors import list_tables, read_attributes, read_vector, write_geopackage

TRICKY = "realdata/tricky-vectors"


def write(path: Path, frame: gpd.GeoDataFrame, **options: Any) -> Path:
    pyogrio.write_dataframe(frame, path, **options)
    return path


# --------------------------------------------------------------------------- GeoPackage


def test_layers_and_tables_come_back(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"code": ["02", None], "share": [0.5, np.nan]})
    write_geopackage(tmp_path / "a.gpkg", {"points": points, "table": table})
    assert list_tables(tmp_path / "a.gpkg") == {"points": "Point", "table": "None"}
    back = read_vector(tmp_path / "a.gpkg", "points")
    assert back.crs.to_epsg() == 2154
    assert list(back["code"]) == ["02001", "59002"]
    assert back.geometry.geom_equals(points.geometry).all()
    assert hash_frame(back) == hash_frame(points)
    assert hash_frame(read_attributes(tmp_path / "a.gpkg", "table")) == hash_frame(table)
    assert "geometry" not in read_attributes(tmp_path / "a.gpkg", "points").columns


def test_the_only_layer_needs_no_name_and_a_table_is_no_layer(
    tmp_path: Path, points: gpd.GeoDataFrame
) -> None:
    write_geopackage(tmp_path / "a.gpkg", {"points": points, "table": pd.DataFrame({"a": [1]})})
    assert len(read_vector(tmp_path / "a.gpkg")) == 2
    for table, key in (("table", "vector_no_geometry"), ("absent", "vector_unknown_table")):
        with pytest.raises(BadInputError) as caught:
            read_vector(tmp_path / "a.gpkg", table)
        assert caught.value.key == f"storage.{key}"
    assert caught.value.params["tables"] == ["points", "table"]
    write_geopackage(tmp_path / "b.gpkg", {"one": points, "two": points})
    with pytest.raises(BadInputError) as caught:
        read_vector(tmp_path / "b.gpkg")
    assert caught.value.params["tables"] == ["one", "two"]


def test_equal_content_gives_equal_bytes(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage(tmp_path / name, {"p": points, "t": pd.DataFrame({"a": [1]})})
        time.sleep(1.1 if name == "a.gpkg" else 0)  # the clock has moved on
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_types_with_gaps_stay_what_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "whole_objects": pd.Series([1, None, 3], dtype=object),
            "flag": [True, None, False],
            "real": [1.5, np.nan, 2.0],
            "text": ["é", None, ""],
            "kind": pd.Categorical(["a", None, "b"]),
            "list": [[1, "x"], None, {"k": 1}],
            "day": pd.to_datetime(["2020-01-01", None, "2021-06-05"]),
        }
    )
    write_geopackage(tmp_path / "a.gpkg", {"t": frame})
    back = read_attributes(tmp_path / "a.gpkg")
    assert [str(back[name].dtype) for name in ("whole", "whole_objects", "flag", "real")] == [
        "Int64", "Int64", "boolean", "float64",
    ]  # fmt: skip
    assert list(back["flag"].fillna(True)) == [True, True, False]
    assert back["list"][0] == '[1,"x"]'
    assert back["text"].isna().tolist() == [False, True, False]
    assert hash_frame(back) == hash_frame(frame)


def test_awkward_names_empty_and_mixed_layers_can_be_written(tmp_path: Path) -> None:
    awkward = gpd.GeoDataFrame(
        {"fid": [1, 1], "geom": ["a", "b"], "Name": ["x", "y"], "name": ["u", "v"]},
        geometry=[shapely.Point(7e5, 7e6), None],
        crs=2154,
    )
    mixed = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], crs=2154)
    single = gpd.GeoDataFrame(
        {"a": [1, 2]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(2, 2, 3, 3)])],
        crs=2154,
    )
    empty = gpd.GeoDataFrame({"a": pd.Series([], dtype="int64")}, geometry=[], crs=2154)
    nowhere = gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=2154)
    path = tmp_path / "a.gpkg"
    write_geopackage(
        path, {"é \"t'": awkward, "mixed": mixed, "single": single, "empty": empty, "nowhere": nowhere}
    )
    back = read_vector(path, "é \"t'")
    assert list(back.columns) == ["fid", "geom", "Name", "name_2", "geometry"]
    assert list(back["fid"]) == [1, 1]
    assert back.attrs["without_geometry"] == 1
    assert list_tables(path)["single"] == "MultiPolygon"
    assert read_vector(path, "mixed", anywhere=True).attrs["mixed"] is True
    assert read_vector(path, "single", anywhere=True).attrs["mixed"] is False
    assert len(read_vector(path, "empty")) == 0
    assert read_vector(path, "nowhere").geometry.isna().all()


def test_the_old_geopackage_stays_when_writing_fails(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    path = tmp_path / "a.gpkg"
    write_geopackage(path, {"p": points})
    before = path.read_bytes()
    with pytest.raises(BadInputError):
        write_geopackage(path, {})
    with pytest.raises(StorageError):
        write_geopackage(path, {"p": points, "gpkg_contents": pd.DataFrame({"a": [1]})})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


# --------------------------------------------------------------------------- reading parts


def test_columns_box_and_condition(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    path = write(tmp_path / "a.gpkg", points.to_crs(4326))
    assert list(read_vector(path, columns=["value"]).columns) == ["value", "geometry"]
    assert list(read_vector(path, bbox=(705000, 7005000, 715000, 7015000))["code"]) == ["59002"]
    assert list(read_vector(path, where="value < 2")["code"]) == ["02001"]
    with pytest.raises(BadInputError) as caught:
        read_vector(path, columns=["value", "nothing"])
    assert caught.value.params["columns"] == ["nothing"]


# --------------------------------------------------------------------------- coordinate systems


@pytest.mark.parametrize("code", [4326, 3857, 27572, 3950, 32631])
def test_any_usual_system_is_brought_to_lambert_93(
    tmp_path: Path, points: gpd.GeoDataFrame, code: int
) -> None:
    path = write(tmp_path / "a.gpkg", points.to_crs(code))
    back = read_vector(path)
    assert back.crs.to_epsg() == 2154
    assert (back.distance(points) < 3).all()  # without grids the old datum is good to metres
    assert back.attrs["declared_crs"] == f"EPSG:{code}"


def test_a_missing_system_is_asked_for_never_guessed(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    path = write(tmp_path / "a.shp", points.set_crs(None, allow_override=True))
    (tmp_path / "a.prj").unlink(missing_ok=True)
    with pytest.raises(BadInputError) as caught:
        read_vector(path)
    assert caught.value.key == "storage.vector_no_crs"
    assert read_vector(path, assume_crs="EPSG:2154").geometry.geom_equals(points.geometry).all()
    with pytest.raises(BadInputError) as caught:
        read_vector(path, assume_crs="EPSG:27572")
    assert caught.value.key == "storage.vector_wrong_crs"


@pytest.mark.parametrize(
    ("true", "declared", "likely"),
    [
        (2154, 27572, "EPSG:2154"),
        (27572, 2154, "EPSG:27572"),
        (4326, 2154, "EPSG:4326"),
        (3857, 2154, "EPSG:3857"),
    ],
)
def test_a_wrong_declaration_is_caught_by_where_the_data_fall(
    tmp_path: Path, points: gpd.GeoDataFrame, true: int, declared: int, likely: str
) -> None:
    path = write(tmp_path / "a.gpkg", points.to_crs(true).set_crs(declared, allow_override=True))
    with pytest.raises(BadInputError) as caught:
        read_vector(path)
    assert caught.value.key == "storage.vector_wrong_crs"
    assert likely in caught.value.params["likely"]


def test_exchanged_longitude_and_latitude_are_named(tmp_path: Path, points: gpd.GeoDataFrame) -> None:
    swapped = points.to_crs(4326)
    swapped["geometry"] = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    with pytest.raises(BadInputError) as caught:
        read_vector(write(tmp_path / "a.geojson", swapped))
    assert caught.value.params["likely"] == ["EPSG:4326 (y, x)"]


def test_data_of_another_country_are_refused_unless_wanted(tmp_path: Path) -> None:
    tokyo = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(139.7, 35.7)], crs=4326)
    path = write(tmp_path / "a.gpkg", tokyo)
    with pytest.raises(BadInputError) as caught:
        read_vector(path)
    assert caught.value.key == "storage.vector_wrong_place"
    assert len(read_vector(path, anywhere=True)) == 1


# --------------------------------------------------------------------------- geometries


def test_invalid_geometries_are_repaired_and_counted(tmp_path: Path) -> None:
    bow_tie = wkt.loads(
        "POLYGON ((700000 7000000, 700100 7000100, 700100 7000000, 700000 7000100, 700000 7000000))"
    )
    spike = wkt.loads(
        "POLYGON ((700000 7000000, 700100 7000000, 700100 7000100, 700100 7000500, 700100 7000100,"
        " 700000 7000100, 700000 7000000))"
    )
    good = shapely.box(700000, 7000000, 700010, 7000010)
    frame = gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=[bow_tie, spike, good], crs=2154)
    back = read_vector(write(tmp_path / "a.gpkg", frame))
    assert back.is_valid.all()
    assert back.attrs["repaired"] == 2
    assert set(back.geom_type) <= {"Polygon", "MultiPolygon"}
    assert back.area.round(6).tolist() == [5000, 10000, 100]


def test_missing_empty_and_infinite_geometries_are_counted_not_dropped(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"a": [1, 2, 3]}, geometry=[shapely.Point(), None, shapely.Point(700000, 7000000, 35)], crs=2154
    )
    back = read_vector(write(tmp_path / "a.gpkg", frame, geometry_type="Point Z"))
    assert back.attrs["without_geometry"] == 2
    assert back.geometry.isna().tolist() == [True, True, False]
    assert not back.has_z.any()


# --------------------------------------------------------------------------- text


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1"])
def test_accents_of_a_shapefile_without_declaration(
    tmp_path: Path, points: gpd.GeoDataFrame, encoding: str
) -> None:
    path = write(
        tmp_path / "a.shp", points.assign(name=["Bâtiment d'élevage", "Cœur"[:1]]), encoding=encoding
    )
    (tmp_path / "a.cpg").unlink()
    assert read_vector(path)["name"][0] == "Bâtiment d'élevage"


def test_the_user_may_name_the_encoding(shared: Path) -> None:
    path = shared / TRICKY / "periphereies.dbf"
    assert read_attributes(path, encoding="CP1253")["PER"][0].startswith("Π. ΑΝΑΤΟΛΙΚΗΣ")


# --------------------------------------------------------------------------- real files


def test_a_shapefile_without_index_is_read_and_left_alone(shared: Path, tmp_path: Path) -> None:
    for name in ("latin1.shp", "latin1.dbf"):
        shutil.copy(shared / TRICKY / name, tmp_path)
    frame = read_vector(tmp_path / "latin1.shp", assume_crs="EPSG:4326", anywhere=True)
    assert len(frame) == 1
    assert "Ñandú" in frame.drop(columns="geometry").astype(str).to_string()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latin1.dbf", "latin1.shp"]


def test_columns_of_the_same_name_are_numbered(shared: Path) -> None:
    columns = list(read_attributes(shared / TRICKY / "duplicate_fields.dbf").columns)
    assert {"unemployed", "unemployed_2", "not_in_lab", "not_in_lab_2"} <= set(columns)
    assert len(columns) == len(set(columns))


@pytest.mark.parametrize(
    ("name", "table", "key"),
    [
        ("empty_zipfile.zip", None, "vector_unreadable"),
        ("mixed_crs.gpkg", None, "vector_choose_table"),
        ("missing_crs_mixed_ranges.gpkg", "OR_land_2269", "vector_no_crs"),
        ("three_points.shp", None, "bad_crs"),
        ("duplicate_fields.dbf", None, "vector_no_geometry"),
        ("utf16_le_bom.csv", None, "vector_unreadable"),
        ("test_gpx.gpx", None, "vector_choose_table"),
        ("Oregon_customCRS.gpkg", None, "vector_wrong_place"),
    ],
)
def test_real_files_that_are_refused(shared: Path, name: str, table: str | None, key: str) -> None:
    with pytest.raises(AqahError) as caught:
        read_vector(shared / TRICKY / name, table)
    assert caught.value.key == f"storage.{key}"


@pytest.mark.parametrize(
    ("name", "table", "rows", "without"),
    [
        ("Oregon_customCRS.gpkg", None, 1, 0),
        ("mixed_crs.gpkg", "oregon_2269", 1, 0),
        ("curvepolygon.gpkg", None, 1, 0),
        ("data_corruption_error.shp", None, 8, 0),
        ("gre.shp", None, 1, 0),
        ("invalid_coordinates.shp", None, 1, 1),
        ("issue627.geojson", None, 3, 0),
        ("test_gpkg_nulls.gpkg", None, 4, 0),
        ("test_gpx.gpx", "track_points", 19, 0),
        ("b_utm.shp", None, 1, 0),
    ],
)
def test_real_files_that_are_read(
    shared: Path, tmp_path: Path, name: str, table: str | None, rows: int, without: int
) -> None:
    frame = read_vector(shared / TRICKY / name, table, anywhere=True)
    assert len(frame) == rows
    assert frame.attrs["without_geometry"] == without
    assert frame.geometry.dropna().is_valid.all()
    write_geopackage(tmp_path / "a.gpkg", {"t": frame})
    assert hash_frame(read_vector(tmp_path / "a.gpkg", anywhere=True)) == hash_frame(frame)


def test_curves_become_lines(shared: Path) -> None:
    frame = read_vector(shared / TRICKY / "curvepolygon.gpkg", anywhere=True)
    assert frame.geom_type.tolist() == ["Polygon"]


def test_names_in_many_scripts_without_declaration(shared: Path) -> None:
    row = read_vector(shared / TRICKY / "gre.shp", anywhere=True).iloc[0]
    assert row["name_ru"] == "Гренада"
    assert row["name_ta"] == "கிரெனடா"


def test_declared_parcels_are_read(shared: Path) -> None:
    parcels = read_vector(shared / "realdata/parcels-declared/parcels-demo-2019.geojson", anywhere=True)
    assert len(parcels) == 45
    assert parcels.is_valid.all()
    with pytest.raises(BadInputError) as caught:
        read_vector(shared / "realdata/parcels-declared/telepac-parcelles-2024.shp")
    assert caught.value.key == "storage.vector_no_crs"
