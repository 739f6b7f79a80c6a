"""What goes through a folder between two processes comes back the same, and nothing is ever unpickled."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aqah_desktop.processing.contract import RasterResult, Results, TableResult
from aqah_desktop.processing.exchange import Folder, transferable
from aqah_desktop.records import (
    EmissionChange,
    Flag,
    Grid,
    Interval,
    LocalText,
    Measure,
    Method,
    Place,
    Pollutant,
    Quality,
    ReceptorChange,
    Sector,
    Standing,
    Statistic,
    Text,
)


def _frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["École", None, "Collège"],
            "code": ["02691", "59350", ""],
            "value": [1.5, np.nan, -3.0],
            "count": pd.array([1, None, 3], dtype="Int64"),
            "placed": [True, False, True],
            "when": pd.to_datetime(["2019-01-01", None, "2020-02-29"]),
            "group": pd.Categorical(["a", "b", "a"]),
        },
        geometry=[shapely.Point(1, 2), None, shapely.box(0, 0, 1, 1)],
        crs="EPSG:2154",
    )


def test_tables_with_holes_and_geometry(tmp_path: Path) -> None:
    frame = _frame()
    back = Folder(tmp_path).take(Folder(tmp_path).put(frame))
    assert isinstance(back, gpd.GeoDataFrame) and back.crs == frame.crs
    assert back.geometry.iloc[1] is None and back.geometry.iloc[2].equals(frame.geometry.iloc[2])
    for column in ("name", "code", "value", "count", "placed", "when"):
        pd.testing.assert_series_equal(back[column], frame[column], check_freq=False)
        assert str(back[column].dtype) == str(frame[column].dtype)
    assert back["group"].tolist() == ["a", "b", "a"]


def test_empty_table(tmp_path: Path) -> None:
    back = Folder(tmp_path).take(Folder(tmp_path).put(pd.DataFrame({"a": pd.Series([], dtype="float64")})))
    assert list(back.columns) == ["a"] and len(back) == 0


def test_results_survive_whole(tmp_path: Path) -> None:
    values = np.array([[1.0, np.nan], [2.0, 3.0]], dtype="float32")
    change = EmissionChange(
        Sector.ROAD, Pollutant.NOX, Place(communes=("59350",)), (2018, 2030), Interval(-0.1, -0.2, -0.3)
    )
    results = Results(
        Standing(Quality.INDICATIVE, Method.MODELLED, (Flag.PROXY,), limits=LocalText("à 200 m", "at 200 m")),
        {
            "map": RasterResult(
                values, Grid(0, 400, 200, 2, 2), Measure("µg/m³", Statistic.DIFFERENCE), Text("t")
            )
        },
        {"sites": TableResult(_frame(), Text("k", {"year": 2019}))},
        {"mean": 3.5, "list": [1, 2], "none": None},
        (change,),
        (ReceptorChange(("s1",), Pollutant.PM25, Interval(0.0, -0.1, -0.2, 95.0)),),
        (Text("note", {"values": [1, 2]}),),
    )
    back = Folder(tmp_path).take_results(Folder(tmp_path).put_results(results))
    np.testing.assert_array_equal(back.rasters["map"].values, values)
    assert back.rasters["map"].grid == results.rasters["map"].grid
    assert back.rasters["map"].measure == results.rasters["map"].measure
    for part in ("standing", "figures", "emission_changes", "receptor_changes", "notes"):
        assert getattr(back, part) == getattr(results, part)


def test_mapped_arrays_are_read_only(tmp_path: Path) -> None:
    description = Folder(tmp_path).put(np.zeros((3, 3)))
    mapped = Folder(tmp_path, mapped=True).take(description)
    assert isinstance(mapped, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 1


def test_an_array_of_objects_is_neither_written_nor_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pickle"):
        Folder(tmp_path).put(np.array([{}, {}], dtype=object))
    np.save(tmp_path / "evil.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        Folder(tmp_path).take({"array": "evil.npy"})


def test_a_description_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    np.save(tmp_path / "outside.npy", np.zeros(3))
    with pytest.raises(FileNotFoundError):
        Folder(inside).take({"array": "../outside.npy"})


def test_open_files_are_not_handed_over(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as stream:
        assert not transferable(stream)
    assert transferable(np.zeros(2)) and transferable(pd.DataFrame()) and transferable({"a": 1})
