"""Tables behind the layers: read once, rows found by code or by place among the drawn ones."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from aqah_desktop.errors import AqahError, UnknownItemError
from aqah_desktop.models.frames import FrameStore, feature_at, id_column, name_of, placed_rows, row_of
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.storage.drawing_files import DrawingFiles
from aqah_desktop.storage.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def _frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"site_id": ["a", "b", "c"], "name": ["A", None, "C"]},
        geometry=[Point(700000, 7050000), None, Point(700005, 7050005)],
        crs="EPSG:2154",
    )


def test_a_table_is_read_once(pack: Pack) -> None:
    store = FrameStore(pack)
    entry = LayerEntry(pack.layer("ecoles"))
    assert store.frame(entry) is store.frame(entry)
    assert len(store.frame(entry)) == 756


def test_several_threads_may_ask_at_once(pack: Pack) -> None:
    store, sizes = FrameStore(pack), []
    entry = LayerEntry(pack.layer("hospitals"))
    threads = [threading.Thread(target=lambda: sizes.append(len(store.frame(entry)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [119] * 4


def test_a_table_without_geometry_is_read_too(pack: Pack) -> None:
    frame = FrameStore(pack).frame(LayerEntry(pack.layer("station_annual_means")))
    assert "geometry" not in frame
    assert len(placed_rows(frame)) == 0


def test_a_raster_has_no_table(pack: Pack) -> None:
    with pytest.raises(UnknownItemError) as raised:
        FrameStore(pack).frame(LayerEntry(pack.layer("no2_2019")))
    assert raised.value.key == "table.no_table"


def test_a_result_is_read_from_the_project_or_said_to_be_missing(pack: Pack) -> None:
    entry = LayerEntry(pack.layer("ecoles"), origin="project")
    with pytest.raises(UnknownItemError):
        FrameStore(pack).frame(entry)

    class File:
        def read_vector(self, layer_id: str) -> pd.DataFrame:
            return pd.DataFrame({"id": [layer_id]})

    @contextmanager
    def reading():
        yield File()

    @contextmanager
    def nothing():
        yield None

    assert FrameStore(pack, reading).frame(entry)["id"].tolist() == ["ecoles"]
    with pytest.raises(UnknownItemError):
        FrameStore(pack, nothing).frame(entry)


def test_a_users_file_is_read_and_its_loss_is_told(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "mine.gpkg"
    _frame().to_file(path)
    layer = replace(pack.layer("ecoles"), id="mine", source=replace(pack.layer("ecoles").source, table=""))
    entry = LayerEntry(layer, origin=f"file:{path}")
    assert len(FrameStore(pack).frame(entry)) == 3
    path.unlink()
    with pytest.raises(AqahError):
        FrameStore(pack).frame(entry)


def test_ids_are_columns_whose_values_are_all_different() -> None:
    assert id_column(_frame()) == "site_id"
    assert id_column(pd.DataFrame({"ID": [1, 1], "code": ["x", "y"]})) == "code"
    assert id_column(pd.DataFrame({"id": [1, None]})) == ""
    assert id_column(pd.DataFrame({"v": [1]})) == ""


def test_rows_are_found_by_code_then_by_place_among_the_drawn() -> None:
    frame = _frame()
    assert placed_rows(frame).tolist() == [0, 2]
    assert row_of(frame, Feature("l", "c")) == 2
    assert row_of(frame, Feature("l", "gone", 1)) == 2
    assert row_of(frame, Feature("l", "gone")) is None
    assert row_of(frame, Feature("l", "", 7)) is None


def test_the_feature_of_a_row_leads_back_to_it() -> None:
    frame = _frame()
    for row in range(3):
        feature = feature_at(frame, "l", row)
        assert row_of(frame, feature) == row
    assert feature_at(frame, "l", 1).placed is False
    assert feature_at(frame, "l", 1).index == -1
    assert feature_at(frame, "l", 2) == Feature("l", "c", 1, "C", 700005.0, 7050005.0)
    assert name_of(frame.iloc[1]) == ""


@pytest.mark.parametrize("layer_id", ["ecoles", "stations", "industrial_sites", "training_houses", "farms"])
def test_points_drawn_on_the_map_are_those_of_the_table_in_the_same_order(pack: Pack, layer_id: str) -> None:
    frame = FrameStore(pack).frame(LayerEntry(pack.layer(layer_id)))
    drawn = DrawingFiles(pack.folder).points(layer_id)
    assert drawn is not None
    rows = placed_rows(frame)
    assert np.allclose(frame.geometry.iloc[rows].x, drawn.x, atol=0.5)
    assert frame["name"].iloc[rows].fillna("").tolist() == list(drawn.names)


def test_communes_drawn_are_those_of_the_table_in_the_same_order(pack: Pack) -> None:
    frame = FrameStore(pack).frame(LayerEntry(pack.layer("communes")))
    drawn = DrawingFiles(pack.folder).outlines("communes")
    assert drawn is not None
    assert frame["commune_code"].tolist() == list(drawn.codes)
