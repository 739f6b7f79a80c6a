"""Records to JSON and back, loud about wrong types; hashes that do not depend on accidents."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.records import (
    AlgorithmSpec,
    Dataset,
    EmissionChange,
    Interval,
    Layer,
    Outcome,
    Output,
    Parameter,
    Place,
    Pollutant,
    RasterShape,
    RunLimits,
    RunRecord,
    Sector,
    Territory,
    Threshold,
    VectorShape,
)
from aqah_desktop.storage.records_json import (
    canonical_json,
    from_json,
    from_plain,
    hash_array,
    hash_bytes,
    hash_frame,
    to_json,
    to_plain,
)

from .conftest import dataset, raster_layer, vector_layer

RUN = RunRecord(
    "r1", "aqah.exposure.sites", "1", "{}", {"no2_2019": "sha256:ab"}, 7, RunLimits(), "2026-11-23T08:00:00Z",
    outcome=Outcome.DONE, messages=("une", "deux"), standing=dataset("x").standing,
)  # fmt: skip
SPEC = AlgorithmSpec(
    "a.b", "1", "t", "s", (Parameter("radius", "number", "l", minimum=200.0, default=200.0, choices=("a",)),),
    (Output("o", "table", "l"),),
)  # fmt: skip
CHANGE = EmissionChange(
    Sector.ROAD, Pollutant.NOX, Place(("59001",)), (2018, 2030), Interval(-0.1, -0.2, -0.3)
)
RECORDS = [dataset("x"), raster_layer(2019), vector_layer("a", "sites", ("x",)), RUN, SPEC, CHANGE]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_equal(record: Any) -> None:
    text = to_json(record)
    assert from_json(type(record), text) == record
    assert from_json(list[type(record)], to_json([record, record], indent=1)) == [record, record]
    assert to_json(from_json(type(record), text)) == text


def test_the_two_shapes_of_a_layer_are_told_apart() -> None:
    assert isinstance(from_json(Layer, to_json(raster_layer(2019))).shape, RasterShape)
    assert isinstance(from_json(Layer, to_json(vector_layer("a", "sites", ()))).shape, VectorShape)


def test_fields_of_a_newer_program_are_ignored() -> None:
    data = to_plain(raster_layer(2019))
    data["colour_of_the_sky"] = "grey"
    data["measure"]["confidence_in_the_sky"] = 3
    assert from_plain(Layer, data) == raster_layer(2019)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("shape", "grid", "nx"), "60", "shape.grid.nx"),
        (("shape", "grid", "nx"), 60.5, "shape.grid.nx"),
        (("shape", "grid", "nx"), True, "shape.grid.nx"),
        (("measure", "pollutant"), "no3", "measure.pollutant"),
        (("measure", "years"), [2019], "measure.years"),
        (("measure", "years"), [2019, "2019"], "measure.years.1"),
        (("editable",), 1, "editable"),
        (("title",), "texte", "title"),
        (("title", "fr"), None, "title.fr"),
        (("status",), "lost", "status"),
        (("shape", "scale"), math.nan, "shape.scale"),
        (("shape", "scale"), 10**400, "shape.scale"),
    ],
)
def test_a_wrong_type_is_refused_and_placed(path: tuple[str, ...], value: Any, place: str) -> None:
    data = to_plain(raster_layer(2019))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(StorageError) as caught:
        from_plain(Layer, data)
    assert caught.value.key == "storage.bad_record"
    assert caught.value.params["place"] == place
    with pytest.raises(StorageError) as caught:
        from_plain(list[Layer], [to_plain(raster_layer(2019)), data])
    assert caught.value.params["place"] == f"1.{place}"


def test_a_missing_field_is_named_and_a_default_is_used() -> None:
    data = to_plain(raster_layer(2019))
    del data["territory"]
    assert from_plain(Layer, data).territory == "32"
    del data["dataset_id"]
    with pytest.raises(StorageError) as caught:
        from_plain(Layer, data)
    assert "dataset_id" in caught.value.params["reason"]


class Size(StrEnum):
    SMALL = "small"


@dataclass(frozen=True)
class Mixed:
    a: int | str | None
    b: Literal["x", "y"]
    c: dict[str, list[tuple[int, ...]]]
    d: dict[Size, float]
    e: Any = None


def test_the_other_kinds_of_hint() -> None:
    value = Mixed(None, "y", {"k": [(1, 2), ()]}, {Size.SMALL: 2.0}, {"free": [1, None]})
    assert from_json(Mixed, to_json(value)) == value
    for wrong in ({"b": "z"}, {"a": 1.5}, {"c": {"k": [1]}}, {"d": {"big": 1}}):
        with pytest.raises(StorageError):
            from_plain(Mixed, {**to_plain(value), **wrong})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "fr", "en", "title", "code", "kind", "shape", "x"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from([Layer, Dataset, Territory, Threshold, RunRecord, list[Layer]]))
def test_any_json_gives_a_record_or_a_clear_error(data: Any, kind: Any) -> None:
    try:
        from_json(kind, json.dumps(data))
    except StorageError as error:
        assert error.key == "storage.bad_record"


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_a_clear_error(data: bytes) -> None:
    with pytest.raises(StorageError):
        from_json(Layer, data)


def test_deep_nesting_is_a_clear_error() -> None:
    with pytest.raises(StorageError):
        from_json(Layer, "[" * 100_000)


def test_canonical_json_is_sorted_without_spaces_and_refuses_what_json_has_not() -> None:
    assert canonical_json({"b": [1, 2.5], "a": "é"}) == '{"a":"é","b":[1,2.5]}'
    for wrong in (math.nan, math.inf, object()):
        with pytest.raises(BadInputError) as caught:
            canonical_json({"x": wrong})
        assert caught.value.key == "storage.not_json"
    with pytest.raises(BadInputError):
        to_json({"x": object()})


def test_numpy_and_paths_have_a_plain_form(tmp_path: Any) -> None:
    plain = to_plain(
        {"a": np.float32(1.5), "b": np.arange(2), "c": {3, 1}, "d": tmp_path, "e": pd.Timestamp(0)}
    )
    assert plain["a"] == 1.5
    assert plain["b"] == [0, 1]
    assert plain["c"] == [1, 3]
    assert plain["d"] == tmp_path.as_posix()
    assert plain["e"] == "1970-01-01T00:00:00"


# --------------------------------------------------------------------------- hashes


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["02", "59"], "n": [1, 2], "x": [0.1, None], "ok": [True, False]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.Point(3, 4)],
        crs=2154,
    )


def test_the_hash_of_a_table_ignores_order_types_of_storage_and_the_last_digits() -> None:
    base = hash_frame(frame())
    assert base.startswith("sha256:")
    assert hash_frame(frame().iloc[::-1]) == base
    assert hash_frame(frame()[["geometry", "ok", "x", "n", "code"]]) == base
    assert hash_frame(frame().assign(n=[1.0, 2.0])) == base
    assert hash_frame(frame().assign(n=pd.array([1, 2], dtype="Int64"))) == base
    assert hash_frame(frame().assign(ok=[1, 0])) == base
    assert hash_frame(frame().assign(x=[0.1 + 1e-12, np.nan])) == base
    moved = frame()
    moved["geometry"] = moved.translate(1e-5, 0)
    assert hash_frame(moved) == base
    turned = frame()
    turned["geometry"] = [shapely.MultiPolygon([shapely.box(0, 0, 1, 1).reverse()]), shapely.Point(3, 4)]
    assert hash_frame(turned) == base


@pytest.mark.parametrize(
    "change",
    [
        {"code": ["2", "59"]},
        {"n": [1, 3]},
        {"x": [0.1001, None]},
        {"x": [0.1, 0.0]},
        {"geometry": [shapely.box(0, 0, 1, 1.01), shapely.Point(3, 4)]},
        {"geometry": [shapely.box(0, 0, 1, 1), None]},
        {"new": [1, 2]},
    ],
)
def test_the_hash_of_a_table_changes_with_its_content(change: dict[str, Any]) -> None:
    assert hash_frame(frame().assign(**change)) != hash_frame(frame())
    assert hash_frame(frame().iloc[:1]) != hash_frame(frame())


def test_a_cell_cannot_pretend_to_be_two() -> None:
    one = pd.DataFrame({"a": ["x"], "b": ["y z"]})
    other = pd.DataFrame({"a": ["x y"], "b": ["z"]})
    assert hash_frame(one) != hash_frame(other)


def test_the_hash_of_an_array_counts_the_wanted_decimals_and_where_there_is_nothing() -> None:
    values = np.array([[1.234, np.nan], [-0.0, 2.0]], dtype="float32")
    base = hash_array(values, 2)
    assert hash_array(values.astype("float64") + 1e-4, 2) == base
    assert hash_array(np.asfortranarray(values), 2) == base
    assert hash_array(np.where(values == 0, 0.0, values), 2) == base
    assert hash_array(values + np.float32(0.01), 2) != base
    assert hash_array(values.ravel(), 2) != base
    assert hash_array(np.nan_to_num(values), 2) != base


def test_the_hash_of_bytes_is_sha256() -> None:
    assert hash_bytes(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_replaced_record_has_another_text() -> None:
    assert to_json(replace(RUN, seed=8)) != to_json(RUN)
